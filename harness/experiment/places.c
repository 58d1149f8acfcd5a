/*
 * places.c - see places.h.
 */
#include "places.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process.h"

static void add_folder(TextList *list, char *owned) {
    char *real = realpath(owned, NULL);
    free(owned);
    struct stat status;
    if (real == NULL || stat(real, &status) != 0 || !S_ISDIR(status.st_mode)) {
        free(real);
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], real) == 0) {
            free(real);
            return;
        }
    }
    text_list_add(list, real);
}

static char *program_folder(void) {
    char *path = realpath("/proc/self/exe", NULL);
    if (path == NULL)
        return text_copy(".");
    *strrchr(path, '/') = '\0';
    return path;
}

/* The build tree's folder, then the installed one, both relative to the program's. */
static TextList beside_program(const char *extra, const char *built, const char *installed) {
    TextList list = {0};
    TextList extras = {0};
    if (extra != NULL)
        text_list_split(&extras, extra, ':');
    for (size_t i = 0; i < extras.count; i++)
        add_folder(&list, text_copy(extras.items[i]));
    text_list_release(&extras);
    char *folder = program_folder();
    add_folder(&list, text_format("%s/%s", folder, built));
    add_folder(&list, text_format("%s/%s", folder, installed));
    free(folder);
    return list;
}

TextList places_workloads_missing(void) {
    TextList named = {0}, missing = {0};
    const char *folders = getenv(PLACES_WORKLOADS_ENVIRONMENT);
    if (folders != NULL)
        text_list_split(&named, folders, ':');
    for (size_t i = 0; i < named.count; i++) {
        struct stat status;
        if (stat(named.items[i], &status) != 0 || !S_ISDIR(status.st_mode))
            text_list_add(&missing, text_copy(named.items[i]));
    }
    text_list_release(&named);
    return missing;
}

TextList places_workloads(void) {
    return beside_program(getenv(PLACES_WORKLOADS_ENVIRONMENT), "../workloads",
                          "../" ALLOCBENCH_LIBEXECDIR "/workloads");
}

TextList places_suites(void) {
    return beside_program(NULL, "../workloads/suites", "../" ALLOCBENCH_DATADIR "/suites");
}

TextList places_programs(void) {
    return beside_program(NULL, "../workloads/programs", "../" ALLOCBENCH_DATADIR "/programs");
}

TextList places_own_libraries(void) {
    TextList list = beside_program(NULL, "../alloc", "../" ALLOCBENCH_LIBDIR);
    char *folder = program_folder();
    add_folder(&list, text_format("%s/arms", folder));
    add_folder(&list, text_format("%s/../" ALLOCBENCH_LIBDIR "/allocbench", folder));
    free(folder);
    return list;
}

char *places_libc(void) {
    Dl_info info;
    /* gnu_get_libc_version is nowhere but in the C library, whatever may be preloaded into this process. */
    if (dladdr((void *)gnu_get_libc_version, &info) == 0 || info.dli_fname == NULL)
        return NULL;
    return realpath(info.dli_fname, NULL);
}

/* The folders that the loader's cache names. */
static void add_cached_folders(TextList *list) {
    char *argv[] = {access("/sbin/ldconfig", X_OK) == 0 ? "/sbin/ldconfig" : "ldconfig", "-p", NULL};
    char *output;
    if (process_capture(argv, 5000, &output) == 0) {
        char *rest = output;
        for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
            char *path = strstr(line, "=> /");
            char *slash = path == NULL ? NULL : strrchr(path, '/');
            if (slash == NULL)
                continue;
            *slash = '\0';
            add_folder(list, text_copy(path + strlen("=> ")));
        }
    }
    free(output);
}

TextList places_system_libraries(void) {
    TextList list = {0};
    const char *search = getenv("LD_LIBRARY_PATH");
    TextList folders = {0};
    text_list_split(&folders, search == NULL ? "" : search, ':');
    for (size_t i = 0; i < folders.count; i++)
        add_folder(&list, text_copy(folders.items[i]));
    text_list_release(&folders);

    char *libc = places_libc();
    if (libc != NULL) {
        *strrchr(libc, '/') = '\0';
        add_folder(&list, text_copy(libc));
        const char *multiarch = strrchr(libc, '/') + 1;
        add_folder(&list, text_format("/usr/lib/%s", multiarch));
        add_folder(&list, text_format("/usr/local/lib/%s", multiarch));
        free(libc);
    }
    static const char *const usual[] = {"/usr/local/lib", "/usr/local/lib64", "/usr/lib64", "/lib64", "/usr/lib"};
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        add_folder(&list, text_copy(usual[i]));
    add_cached_folders(&list);
    return list;
}
