/*
 * allocator.c - see allocator.h.
 */
#include "allocator.h"

#include <ctype.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "elf_library.h"
#include "places.h"
#include "process.h"

typedef struct KnownAllocator {
    const char *name;
    const char *files[4]; /* searched in this order; none: the C library itself */
    const char *package;  /* Debian's; NULL: built in this project */
    const char *label;    /* printf format that takes the version */
} KnownAllocator;

static const KnownAllocator known[] = {
    {"glibc", {NULL}, NULL, "glibc %s"},
    {"jemalloc", {"libjemalloc.so.2", "libjemalloc.so"}, "libjemalloc2", "jemalloc %s"},
    {"mimalloc", {"libmimalloc.so.2", "libmimalloc.so.3", "libmimalloc.so"}, "libmimalloc2.0", "mimalloc %s"},
    {"tcmalloc",
     {"libtcmalloc_minimal.so.4", "libtcmalloc_minimal.so"},
     "libtcmalloc-minimal4",
     "tcmalloc (gperftools %s)"},
    {"tbb", {"libtbbmalloc_proxy.so.2", "libtbbmalloc_proxy.so"}, "libtbbmalloc2", "tbbmalloc %s"},
    {"minipool", {"libminipool.so"}, NULL, "minipool %s"},
    {"limit", {"liblimit.so"}, NULL, "limit %s"},
    {"bump", {"libbump.so"}, NULL, "bump %s"},
};
enum { KNOWN_COUNT = sizeof known / sizeof known[0] };

const char *const *allocator_names(void) {
    static const char *names[KNOWN_COUNT + 1];
    for (size_t i = 0; i < KNOWN_COUNT; i++)
        names[i] = known[i].name;
    return names;
}

static const KnownAllocator *find_known(const char *name) {
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        if (strcmp(known[i].name, name) == 0)
            return &known[i];
    }
    return NULL;
}

static bool is_own(const KnownAllocator *allocator) {
    return allocator->package == NULL && allocator->files[0] != NULL;
}

static char *find_file(const KnownAllocator *allocator) {
    if (allocator->files[0] == NULL)
        return places_libc();
    TextList folders = is_own(allocator) ? places_own_libraries() : places_system_libraries();
    char *found = NULL;
    for (size_t f = 0; f < 4 && allocator->files[f] != NULL && found == NULL; f++) {
        for (size_t i = 0; i < folders.count && found == NULL; i++) {
            char *path = text_format("%s/%s", folders.items[i], allocator->files[f]);
            found = realpath(path, NULL);
            free(path);
        }
    }
    text_list_release(&folders);
    return found;
}

/* Upstream's part of a Debian version: without epoch, Debian revision and repacking suffix. */
static char *upstream_version(const char *version) {
    const char *colon = strchr(version, ':');
    const char *start = colon == NULL ? version : colon + 1;
    return text_copy_part(start, strcspn(start, "-+~"));
}

/* The version of the package that the file came from; else what its own name tells after ".so."; else NULL. */
static char *file_version(const KnownAllocator *allocator, const char *path) {
    char *version = NULL;
    if (process_find("dpkg-query", NULL)) {
        char *argv[] = {"dpkg-query", "-W", "-f", "${Version}\n", (char *)allocator->package, NULL};
        char *output;
        bool from_package = strncmp(path, "/usr/lib/", 9) == 0 || strncmp(path, "/lib/", 5) == 0;
        if (from_package && process_capture(argv, 5000, &output) == 0 && isdigit((unsigned char)output[0]))
            version = upstream_version(output);
        if (from_package)
            free(output);
    }
    const char *suffix = strstr(path, ".so.");
    if (version == NULL && suffix != NULL)
        version = text_copy(suffix + strlen(".so."));
    return version;
}

static char *make_label(const KnownAllocator *allocator, const char *path) {
    char *version;
    if (allocator->files[0] == NULL)
        version = text_copy(gnu_get_libc_version());
    else if (is_own(allocator))
        version = text_copy(ALLOCBENCH_VERSION);
    else
        version = file_version(allocator, path);
    if (version == NULL)
        return text_copy(allocator->name);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    char *label = text_format(allocator->label, version);
#pragma GCC diagnostic pop
    free(version);
    return label;
}

/* A library of this kind by its known name: found, or not available with the cure. */
static void resolve_known(const KnownAllocator *allocator, Arm *arm) {
    arm->path = find_file(allocator);
    if (arm->path == NULL) {
        arm->label = text_copy(allocator->name);
        arm->reason = allocator->package != NULL
                          ? text_format("not installed: apt-get install %s", allocator->package)
                          : text_format("not built: build the target %s of this project", allocator->name);
        return;
    }
    char reason[STORE_ERROR_BYTES];
    arm->label = make_label(allocator, arm->path);
    arm->available = elf_library_provides_malloc(arm->path, reason, sizeof reason);
    if (!arm->available)
        arm->reason = text_copy(reason);
}

static void resolve_path(const char *path, Arm *arm) {
    static const char separators[] = ": \t\n"; /* of LD_PRELOAD, which knows no quotes */
    char reason[STORE_ERROR_BYTES];
    arm->path = realpath(path, NULL);
    arm->available = true;
    const char *file = strrchr(path, '/') + 1;
    arm->label = strcmp(arm->name, file) == 0 ? text_copy(file) : text_format("%s (%s)", arm->name, file);
    if (arm->path == NULL) {
        arm->broken = true;
        arm->reason = text_format("%s: %s", path, errno == ENOENT ? "no such file; correct the path" : strerror(errno));
    } else if (strpbrk(arm->path, separators) != NULL) {
        arm->broken = true;
        arm->reason = text_format(
            "%s: LD_PRELOAD takes no path with a space or a colon; copy the library to another place", arm->path);
    } else if (!elf_library_provides_malloc(arm->path, reason, sizeof reason)) {
        arm->broken = true;
        arm->reason = text_copy(reason);
    }
}

static bool check_settings(const char *specification, const char *settings, StoreError *error) {
    TextList parts = {0};
    text_list_split(&parts, settings, '&');
    bool good = parts.count > 0;
    for (size_t i = 0; i < parts.count; i++) {
        const char *part = parts.items[i];
        size_t name = strspn(part, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
        good = good && name > 0 && part[name] == '=' && !isdigit((unsigned char)part[0]) &&
               strncmp(part, "LD_PRELOAD=", 11) != 0;
    }
    text_list_release(&parts);
    if (!good)
        snprintf(error->text, sizeof error->text,
                 "allocator '%s': settings after '?' must be VARIABLE=value, several joined by '&'", specification);
    return good;
}

bool allocator_resolve(const char *specification, Arm *arm, StoreError *error) {
    *arm = (Arm){0};
    char *base = text_copy(specification);
    char *settings = strchr(base, '?');
    if (settings != NULL)
        *settings++ = '\0';
    char *equals = strchr(base, '=');
    const char *source = equals == NULL ? base : equals + 1;
    bool good = true;
    if (equals != NULL && (equals == base || strcspn(base, "/ \t\"'") < (size_t)(equals - base))) {
        snprintf(error->text, sizeof error->text, "allocator '%s': the name before '=' must be one plain word",
                 specification);
        good = false;
    }
    if (good && settings != NULL)
        good = check_settings(specification, settings, error);

    if (good && *source != '\0' && source[strlen(source) - 1] == '/') {
        snprintf(error->text, sizeof error->text, "allocator '%s': is a folder; give the library's file",
                 specification);
        good = false;
    }
    const KnownAllocator *allocator = find_known(source);
    if (good && allocator == NULL && strchr(source, '/') == NULL) {
        TextList names = {0};
        for (size_t i = 0; i < KNOWN_COUNT; i++)
            text_list_add(&names, text_copy(known[i].name));
        size_t length = 0;
        length += (size_t)snprintf(error->text, sizeof error->text,
                                   "unknown allocator '%s'; give a path with a '/', or one of", source);
        for (size_t i = 0; i < names.count && length < sizeof error->text; i++)
            length += (size_t)snprintf(error->text + length, sizeof error->text - length, "%s %s", i == 0 ? "" : ",",
                                       names.items[i]);
        text_list_release(&names);
        good = false;
    }
    if (good) {
        if (equals != NULL)
            arm->name = text_copy_part(base, (size_t)(equals - base));
        else if (settings != NULL)
            arm->name = text_format("%s?%s", allocator != NULL ? source : strrchr(source, '/') + 1, settings);
        else
            arm->name = text_copy(allocator != NULL ? source : strrchr(source, '/') + 1);
        arm->environment = text_copy(settings == NULL ? "" : settings);
        if (allocator != NULL)
            resolve_known(allocator, arm);
        else
            resolve_path(source, arm);
        if (arm->available && !arm->broken)
            arm->sha256 = process_sha256(arm->path);
    }
    free(base);
    return good;
}
