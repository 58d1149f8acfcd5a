/*
 * host.c - see host.h.
 */
#include "host.h"

#include <gnu/libc-version.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../store/text.h"
#include "cores.h"
#include "process.h"

static void set(json_t *object, const char *key, char *owned) {
    if (owned != NULL && *owned != '\0')
        json_object_set_new(object, key, json_string(owned));
    free(owned);
}

/* The first line of a small file; NULL when it cannot be read. */
static char *first_line(const char *path) {
    FILE *file = fopen(path, "re");
    char line[512];
    char *result = NULL;
    if (file != NULL && fgets(line, sizeof line, file) != NULL)
        result = text_copy(text_trim(line));
    if (file != NULL)
        fclose(file);
    return result;
}

/* The value of the first "key : value" line in a file such as /proc/cpuinfo. */
static char *value_of(const char *path, const char *key) {
    FILE *file = fopen(path, "re");
    char *line = NULL, *result = NULL;
    size_t capacity = 0, length = strlen(key);
    while (file != NULL && result == NULL && getline(&line, &capacity, file) > 0) {
        if (strncmp(line, key, length) != 0)
            continue;
        char *separator = strpbrk(line + length, ":=");
        if (separator == NULL)
            continue;
        result = text_trim(separator + 1);
        if (*result == '"')
            result++;
        size_t end = strlen(result);
        if (end > 0 && result[end - 1] == '"')
            result[end - 1] = '\0';
        result = text_copy(result);
    }
    free(line);
    if (file != NULL)
        fclose(file);
    return result;
}

/* What a choice file such as "always [madvise] never" has in brackets. */
static char *chosen(const char *path) {
    char *line = first_line(path);
    char *open = line == NULL ? NULL : strchr(line, '[');
    if (open != NULL) {
        char *choice = text_copy_part(open + 1, strcspn(open + 1, "]"));
        free(line);
        return choice;
    }
    return line;
}

static char *output_of(char *const argv[]) {
    char *output;
    int code = process_capture(argv, 5000, &output);
    char *result = code == 0 ? text_copy(text_trim(output)) : NULL;
    free(output);
    return result;
}

/* The repository that this program was built in, when it still runs from there. */
static void add_repository(json_t *object) {
    char *program = realpath("/proc/self/exe", NULL);
    if (program == NULL || !process_find("git", NULL)) {
        free(program);
        return;
    }
    *strrchr(program, '/') = '\0';
    char *head[] = {"git", "-C", program, "rev-parse", "HEAD", NULL};
    char *commit = output_of(head);
    if (commit != NULL) {
        char *status[] = {"git", "-C", program, "status", "--porcelain", "--untracked-files=no", NULL};
        char *changes = output_of(status);
        if (changes != NULL)
            json_object_set_new(object, "dirty", json_boolean(*changes != '\0'));
        free(changes);
    }
    set(object, "commit", commit);
    free(program);
}

static bool steers_an_allocator(const char *variable) {
    static const char *const prefixes[] = {
        "MALLOC_", "JE_MALLOC_",      "MIMALLOC_",   "TCMALLOC_",  "TBB_MALLOC_",  "MINIPOOL_",
        "MPOOL_",  "GLIBC_TUNABLES=", "LD_PRELOAD=", "HEAPCHECK=", "HEAPPROFILE=", "_RJEM_MALLOC_"};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (strncmp(variable, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    }
    return false;
}

static TextList allocator_variables(void) {
    TextList list = {0};
    for (char **variable = environ; *variable != NULL; variable++) {
        if (steers_an_allocator(*variable))
            text_list_add(&list, text_copy(*variable));
    }
    return list;
}

char *host_allocator_variables(void) {
    TextList list = allocator_variables();
    char *line = text_copy("");
    for (size_t i = 0; i < list.count; i++) {
        if (strncmp(list.items[i], "LD_PRELOAD=", 11) == 0)
            continue; /* the harness sets its own for every slot */
        char *longer = text_format("%s%s%s", line, *line == '\0' ? "" : " ", list.items[i]);
        free(line);
        line = longer;
    }
    text_list_release(&list);
    return line;
}

static void add_machine(json_t *object) {
    struct utsname system;
    if (uname(&system) == 0) {
        json_object_set_new(object, "kernel", json_sprintf("%s %s", system.sysname, system.release));
        json_object_set_new(object, "machine", json_string(system.machine));
    }
    set(object, "distribution", value_of("/etc/os-release", "PRETTY_NAME"));
    set(object, "cpu_model", value_of("/proc/cpuinfo", "model name"));
    set(object, "microcode", value_of("/proc/cpuinfo", "microcode"));
    json_object_set_new(object, "cpus_allowed", json_integer(cores_count()));
    json_object_set_new(object, "cpus_online", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
    json_object_set_new(object, "page_bytes", json_integer(sysconf(_SC_PAGESIZE)));
    json_object_set_new(object, "topology", cores_describe());
    set(object, "memory_total", value_of("/proc/meminfo", "MemTotal"));
    set(object, "swap_total", value_of("/proc/meminfo", "SwapTotal"));
    set(object, "governor", first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
    set(object, "turbo_off", first_line("/sys/devices/system/cpu/intel_pstate/no_turbo"));
    set(object, "clock_source", first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource"));
    set(object, "thp", chosen("/sys/kernel/mm/transparent_hugepage/enabled"));
    set(object, "thp_defrag", chosen("/sys/kernel/mm/transparent_hugepage/defrag"));
    set(object, "aslr", first_line("/proc/sys/kernel/randomize_va_space"));
    set(object, "overcommit", first_line("/proc/sys/vm/overcommit_memory"));
    set(object, "load", first_line("/proc/loadavg"));
    set(object, "cgroup_memory_max", first_line("/sys/fs/cgroup/memory.max"));
    set(object, "cgroup_cpu_max", first_line("/sys/fs/cgroup/cpu.max"));
    if (process_find("systemd-detect-virt", NULL)) {
        char *argv[] = {"systemd-detect-virt", NULL};
        char *output;
        (void)process_capture(argv, 5000, &output); /* "none" comes with code 1 */
        set(object, "virtualisation", text_copy(text_trim(output)));
        free(output);
    } else {
        char *flags = value_of("/proc/cpuinfo", "flags");
        if (flags != NULL && strstr(flags, " hypervisor") != NULL)
            json_object_set_new(object, "virtualisation", json_string("a hypervisor"));
        free(flags);
    }
}

static void add_software(json_t *object) {
    json_object_set_new(object, "allocbench", json_string(ALLOCBENCH_VERSION));
    json_object_set_new(object, "compiler", json_string(ALLOCBENCH_COMPILER));
    json_object_set_new(object, "build_type", json_string(ALLOCBENCH_BUILD_TYPE));
    json_object_set_new(object, "compiler_flags", json_string(ALLOCBENCH_CFLAGS));
    json_object_set_new(object, "libc", json_sprintf("glibc %s", gnu_get_libc_version()));
    set(object, "hyperfine", process_version("hyperfine"));
    set(object, "gnuplot", process_version("gnuplot"));
    add_repository(object);
}

char *host_record(void) {
    json_t *object = json_object();
    add_machine(object);
    add_software(object);
    TextList variables = allocator_variables();
    json_t *array = json_array();
    for (size_t i = 0; i < variables.count; i++)
        json_array_append_new(array, json_string(variables.items[i]));
    json_object_set_new(object, "allocator_variables", array);
    text_list_release(&variables);
    char *text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(object);
    return text;
}

bool host_is_same(const char *one, const char *other, StoreError *what) {
    static const char *const keys[] = {
        "machine", "kernel", "cpu_model", "cpus_allowed", "memory_total",       "governor",
        "thp",     "libc",   "aslr",      "overcommit",   "allocator_variables"};
    json_t *a = json_loads(one, 0, NULL), *b = json_loads(other, 0, NULL);
    bool same = true;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0] && same; i++) {
        const json_t *was = json_object_get(a, keys[i]), *is = json_object_get(b, keys[i]);
        same = was == NULL || is == NULL ? was == is : json_equal(was, is) == 1;
        if (!same)
            snprintf(what->text, sizeof what->text, "%s", keys[i]);
    }
    json_decref(a);
    json_decref(b);
    return same;
}
