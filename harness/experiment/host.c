/*
 * host.c - see host.h.
 */
#include "host.h"

#include <gnu/libc-version.h>
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../store/text.h"
#include "cores.h"
#include "machine.h"
#include "process.h"

/* Takes `owned`; what is not known is null in the record. */
static void set(json_t *object, const char *key, char *owned) {
    json_object_set_new(object, key, owned == NULL || *owned == '\0' ? json_null() : json_string(owned));
    free(owned);
}

static void set_line(json_t *object, const char *key, const char *path) {
    set(object, key, machine_line("", path));
}

static void set_number(json_t *object, const char *key, const char *path) {
    int64_t value;
    json_object_set_new(object, key, machine_number("", path, &value) ? json_integer(value) : json_null());
}

static void set_flag(json_t *object, const char *key, const char *path) {
    int64_t value;
    json_object_set_new(object, key, machine_number("", path, &value) ? json_boolean(value != 0) : json_null());
}

static void set_memory(json_t *object, const char *key, const char *name) {
    uint64_t bytes;
    json_object_set_new(object, key, machine_memory("", name, &bytes) ? json_integer((json_int_t)bytes) : json_null());
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

/* ---- what programs have to be asked, all at the same time: starting them one by one would be most of the work ---- */

typedef struct Question {
    char *(*ask)(const void *about);
    const void *about;
    char *answer; /* owned; NULL when there is none */
    pthread_t thread;
    bool started;
} Question;

static void *answer_question(void *question) {
    Question *mine = question;
    mine->answer = mine->ask(mine->about);
    return NULL;
}

static void ask_all(Question *questions, size_t count) {
    for (size_t i = 0; i < count; i++)
        questions[i].started = pthread_create(&questions[i].thread, NULL, answer_question, &questions[i]) == 0;
    for (size_t i = 0; i < count; i++) {
        if (questions[i].started)
            pthread_join(questions[i].thread, NULL);
        else
            answer_question(&questions[i]);
    }
}

static char *ask_version(const void *name) {
    return process_version(name);
}

static char *output_of(char *const argv[]) {
    char *output;
    int code = process_capture(argv, 5000, &output);
    char *result = code == 0 ? text_copy(text_trim(output)) : NULL;
    free(output);
    return result;
}

/* The folder that this program lies in, NULL where git cannot be asked about it. */
static char *program_folder(void) {
    char *program = process_find("git", NULL) ? realpath("/proc/self/exe", NULL) : NULL;
    if (program != NULL)
        *strrchr(program, '/') = '\0';
    return program;
}

static char *ask_commit(const void *folder) {
    char *argv[] = {"git", "-C", (char *)folder, "rev-parse", "HEAD", NULL};
    return folder == NULL ? NULL : output_of(argv);
}

/* Measured results are no part of what measures. */
static char *ask_changes(const void *folder) {
    char *argv[] = {"git", "-C", (char *)folder,          "status", "--porcelain", "--untracked-files=no",
                    "--",  ":/", ":(top,exclude)results", NULL};
    return folder == NULL ? NULL : output_of(argv);
}

/* Lines "package: path" for the files of the arms that a Debian package brought. */
static char *ask_packages(const void *about) {
    const RunMeta *run = about;
    TextList argv = {0};
    if (run == NULL || !process_find("dpkg-query", NULL))
        return NULL;
    text_list_add(&argv, text_copy("dpkg-query"));
    text_list_add(&argv, text_copy("--search"));
    for (size_t i = 0; i < run->arm_count; i++) {
        const char *path = run->arms[i].path;
        if (path != NULL)
            text_list_add(&argv, text_copy(path));
        if (path != NULL && strncmp(path, "/usr/lib", 8) == 0) /* as a package of before merged /usr lists it */
            text_list_add(&argv, text_copy(path + 4));
    }
    char *output = NULL;
    if (argv.count > 2)
        (void)process_capture(argv.items, 5000, &output); /* code 1: some belong to no package */
    text_list_release(&argv);
    return output;
}

/* "name version" of the package that brought a file; owned; NULL when none did. Debian's merged /usr lets a package
 * list a file as /lib/... that lies in /usr/lib/..., so the ends of the paths are compared. */
static char *package_of(const char *lines, const char *path) {
    const char *file = strncmp(path, "/usr/", 5) == 0 ? path + 4 : path;
    for (const char *line = lines; line != NULL && *line != '\0';) {
        size_t length = strcspn(line, "\n"), name = strcspn(line, " ");
        size_t ending = strlen(file);
        if (length > ending && name < length && line[name - 1] == ':' &&
            strncmp(line + length - ending, file, ending) == 0) {
            char *package = text_copy_part(line, name - 1);
            char *argv[] = {"dpkg-query", "-W", "-f", "${binary:Package} ${Version}", package, NULL};
            char *version = output_of(argv);
            free(package);
            return version;
        }
        line += length + (line[length] == '\n' ? 1 : 0);
    }
    return NULL;
}

/* ---- the record ---- */

/* Tells equal machines apart without giving away /etc/machine-id, which is meant to stay secret. */
static char *machine_id(void) {
    char *id = machine_line("", "/etc/machine-id"), *hash = NULL;
    int file = id == NULL ? -1 : memfd_create("machine-id", MFD_CLOEXEC);
    if (file >= 0 && dprintf(file, "allocbench host record\n%s\n", id) > 0) {
        char *path = text_format("/proc/%ld/fd/%d", (long)getpid(), file);
        hash = process_sha256(path);
        free(path);
    }
    if (file >= 0)
        close(file);
    free(id);
    if (hash != NULL)
        hash[16] = '\0';
    return hash;
}

static char *ask_machine_id(const void *nothing) {
    (void)nothing;
    return machine_id();
}

static json_t *caches(void) {
    json_t *array = json_array();
    for (int i = 0; i < 8; i++) {
        char *folder = text_format("/sys/devices/system/cpu/cpu0/cache/index%d", i);
        if (machine_has("", folder)) {
            json_t *cache = json_object();
            static const char *const files[] = {"level", "type", "size", "shared_cpu_list"};
            for (size_t f = 0; f < sizeof files / sizeof files[0]; f++) {
                char *path = text_format("%s/%s", folder, files[f]);
                set_line(cache, files[f], path);
                free(path);
            }
            json_array_append_new(array, cache);
        }
        free(folder);
    }
    return array;
}

/* The parameters of the kernel's command line that change what is measured; others may name disks or users. */
static json_t *kernel_parameters(void) {
    static const char *const telling[] = {"mitigations",
                                          "spectre",
                                          "pti",
                                          "nopti",
                                          "nosmt",
                                          "isolcpus",
                                          "nohz",
                                          "rcu_nocbs",
                                          "intel_pstate",
                                          "amd_pstate",
                                          "intel_idle",
                                          "processor.",
                                          "idle",
                                          "cpufreq",
                                          "transparent_",
                                          "hugepage",
                                          "default_huge",
                                          "numa",
                                          "tsc",
                                          "clocksource",
                                          "psi",
                                          "cgroup",
                                          "systemd.unified_cgroup",
                                          "swapaccount",
                                          "preempt",
                                          "mem=",
                                          "maxcpus",
                                          "nr_cpus",
                                          "kaslr",
                                          "nokaslr",
                                          "norandmaps",
                                          "init_on_",
                                          "slub_debug",
                                          "page_"};
    json_t *array = json_array();
    char *line = machine_line("", "/proc/cmdline");
    TextList words = {0};
    text_list_split(&words, line == NULL ? "" : line, ' ');
    for (size_t i = 0; i < words.count; i++) {
        for (size_t k = 0; k < sizeof telling / sizeof telling[0]; k++) {
            if (strncmp(words.items[i], telling[k], strlen(telling[k])) == 0) {
                json_array_append_new(array, json_string(words.items[i]));
                break;
            }
        }
    }
    text_list_release(&words);
    free(line);
    return array;
}

static json_t *mitigations(void) {
    static const char *const names[] = {"itlb_multihit",
                                        "l1tf",
                                        "mds",
                                        "meltdown",
                                        "mmio_stale_data",
                                        "retbleed",
                                        "spec_store_bypass",
                                        "spectre_v1",
                                        "spectre_v2",
                                        "srbds",
                                        "tsx_async_abort",
                                        "gather_data_sampling",
                                        "spec_rstack_overflow",
                                        "reg_file_data_sampling"};
    json_t *object = json_object();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *path = text_format("/sys/devices/system/cpu/vulnerabilities/%s", names[i]);
        char *line = machine_line("", path);
        if (line != NULL)
            set(object, names[i], line);
        free(path);
    }
    return object;
}

static void add_processors(json_t *object) {
    set(object, "cpu_model", machine_value("", "/proc/cpuinfo", "model name"));
    set(object, "microcode", machine_value("", "/proc/cpuinfo", "microcode"));
    json_object_set_new(object, "cpus_allowed", json_integer(cores_count()));
    json_object_set_new(object, "cpus_online", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
    json_object_set_new(object, "topology", cores_describe());
    json_object_set_new(object, "caches", caches());
    set_flag(object, "smt", "/sys/devices/system/cpu/smt/active");
    uint32_t nodes = machine_count_list("", "/sys/devices/system/node/online");
    json_object_set_new(object, "numa_nodes", nodes == 0 ? json_null() : json_integer(nodes));
    set_flag(object, "numa_balancing", "/proc/sys/kernel/numa_balancing");
    set(object, "governor", machine_lines_of_all("", "/sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor"));
    set_line(object, "scaling_driver", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_driver");
    set_line(object, "energy_preference", "/sys/devices/system/cpu/cpu0/cpufreq/energy_performance_preference");
    set_number(object, "frequency_min_khz", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_min_freq");
    set_number(object, "frequency_max_khz", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq");
    bool turbo;
    json_object_set_new(object, "turbo", machine_turbo("", &turbo) ? json_boolean(turbo) : json_null());
    set_line(object, "clock_source", "/sys/devices/system/clocksource/clocksource0/current_clocksource");
    json_object_set_new(object, "mitigations", mitigations());
}

static void add_memory(json_t *object) {
    json_object_set_new(object, "page_bytes", json_integer(sysconf(_SC_PAGESIZE)));
    set(object, "memory_total", machine_value("", "/proc/meminfo", "MemTotal"));
    set(object, "swap_total", machine_value("", "/proc/meminfo", "SwapTotal"));
    set_number(object, "swappiness", "/proc/sys/vm/swappiness");
    set(object, "thp", machine_choice("", "/sys/kernel/mm/transparent_hugepage/enabled"));
    set(object, "thp_defrag", machine_choice("", "/sys/kernel/mm/transparent_hugepage/defrag"));
    set(object, "thp_shmem", machine_choice("", "/sys/kernel/mm/transparent_hugepage/shmem_enabled"));
    set_flag(object, "ksm", "/sys/kernel/mm/ksm/run");
    set_line(object, "zswap", "/sys/module/zswap/parameters/enabled");
    set_line(object, "aslr", "/proc/sys/kernel/randomize_va_space");
    set_line(object, "overcommit", "/proc/sys/vm/overcommit_memory");
    set_number(object, "maximum_mappings", "/proc/sys/vm/max_map_count");
}

static json_t *cgroup(void) {
    CgroupLimits limits = machine_cgroup("");
    json_t *object = json_object();
    json_object_set_new(object, "version", limits.version == 0 ? json_null() : json_integer(limits.version));
    json_object_set_new(object, "memory_bytes",
                        limits.memory_bytes == 0 ? json_null() : json_integer((json_int_t)limits.memory_bytes));
    json_object_set_new(object, "cpus", limits.cpus > 0 ? json_real(limits.cpus) : json_null());
    return object;
}

/* What changes from minute to minute: kept for judging a run, never a reason to call two records different. */
static json_t *at_start(void) {
    json_t *object = json_object();
    set_line(object, "load", "/proc/loadavg");
    set_line(object, "boot_id", "/proc/sys/kernel/random/boot_id");
    set_number(object, "uptime_s", "/proc/uptime");
    set_memory(object, "memory_available_bytes", "MemAvailable");
    set_memory(object, "swap_free_bytes", "SwapFree");
    return object;
}

static void add_machine(json_t *object) {
    struct utsname system;
    if (uname(&system) == 0) {
        json_object_set_new(object, "kernel", json_sprintf("%s %s", system.sysname, system.release));
        json_object_set_new(object, "machine", json_string(system.machine));
        json_object_set_new(object, "hostname", json_string(system.nodename));
    }
    set(object, "distribution", machine_value("", "/etc/os-release", "PRETTY_NAME"));
    set(object, "virtualisation", machine_virtualisation(""));
    json_object_set_new(object, "kernel_parameters", kernel_parameters());
    add_processors(object);
    add_memory(object);
    json_object_set_new(object, "cgroup", cgroup());
    json_object_set_new(object, "psi", json_boolean(machine_has("", "/proc/pressure/memory")));
    json_object_set_new(object, "pmu", json_boolean(machine_has_pmu("")));
    set_number(object, "perf_event_paranoid", "/proc/sys/kernel/perf_event_paranoid");
    set_number(object, "ptrace_scope", "/proc/sys/kernel/yama/ptrace_scope");
    json_object_set_new(object, "at_start", at_start());
}

/* The harness, the workloads and the reference arms come from one build. */
static void add_build(json_t *object) {
    json_object_set_new(object, "allocbench", json_string(ALLOCBENCH_VERSION));
    json_object_set_new(object, "compiler", json_string(ALLOCBENCH_COMPILER));
    json_object_set_new(object, "build_type", json_string(ALLOCBENCH_BUILD_TYPE));
    json_object_set_new(object, "compiler_flags", json_string(ALLOCBENCH_CFLAGS));
    json_object_set_new(object, "libc", json_sprintf("glibc %s", gnu_get_libc_version()));
}

static json_t *arms_of(const RunMeta *run, const char *packages) {
    json_t *array = json_array();
    for (size_t i = 0; run != NULL && i < run->arm_count; i++) {
        const Arm *arm = &run->arms[i];
        json_t *object = json_object();
        json_object_set_new(object, "name", json_string(arm->name));
        json_object_set_new(object, "sha256", arm->sha256 == NULL ? json_null() : json_string(arm->sha256));
        set(object, "package", arm->path == NULL ? NULL : package_of(packages, arm->path));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *variables(void) {
    TextList list = allocator_variables();
    json_t *array = json_array();
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(array, json_string(list.items[i]));
    text_list_release(&list);
    return array;
}

char *host_record(const RunMeta *run) {
    char *folder = program_folder();
    enum { COMMIT, CHANGES, PACKAGES, MACHINE_ID, TOOLS };
    static const char *const tools[] = {"hyperfine", "gnuplot", "valgrind", "strace"};
    enum { TOOL_COUNT = sizeof tools / sizeof tools[0], QUESTIONS = TOOLS + TOOL_COUNT };
    Question questions[QUESTIONS] = {
        [COMMIT] = {.ask = ask_commit, .about = folder},
        [CHANGES] = {.ask = ask_changes, .about = folder},
        [PACKAGES] = {.ask = ask_packages, .about = run},
        [MACHINE_ID] = {.ask = ask_machine_id},
    };
    for (size_t i = 0; i < TOOL_COUNT; i++)
        questions[TOOLS + i] = (Question){.ask = ask_version, .about = tools[i]};
    ask_all(questions, QUESTIONS);

    json_t *object = json_object();
    add_machine(object);
    add_build(object);
    const char *changes = questions[CHANGES].answer;
    json_object_set_new(object, "dirty", changes == NULL ? json_null() : json_boolean(*changes != '\0'));
    set(object, "commit", questions[COMMIT].answer);
    set(object, "machine_id", questions[MACHINE_ID].answer);
    for (size_t i = 0; i < TOOL_COUNT; i++)
        set(object, tools[i], questions[TOOLS + i].answer);
    json_object_set_new(object, "arms", arms_of(run, questions[PACKAGES].answer));
    json_object_set_new(object, "allocator_variables", variables());
    free(questions[CHANGES].answer);
    free(questions[PACKAGES].answer);
    free(folder);
    char *text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(object);
    return text;
}

/* Records of older versions leave out what newer ones call null. */
static const json_t *known(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

bool host_is_same(const char *one, const char *other, StoreError *what) {
    static const char *const keys[] = {
        "machine", "kernel", "cpu_model", "cpus_allowed", "memory_total",       "governor",
        "thp",     "libc",   "aslr",      "overcommit",   "allocator_variables"};
    /* Those that older records do not have: compared where both do. */
    static const char *const newer[] = {"machine_id", "turbo", "smt", "cgroup", "clock_source"};
    enum { OLD = sizeof keys / sizeof keys[0], ALL = OLD + sizeof newer / sizeof newer[0] };
    json_t *a = json_loads(one, 0, NULL), *b = json_loads(other, 0, NULL);
    bool same = true;
    for (size_t i = 0; i < ALL && same; i++) {
        const char *key = i < OLD ? keys[i] : newer[i - OLD];
        const json_t *was = known(a, key), *is = known(b, key);
        if (i < OLD)
            same = was == NULL || is == NULL ? was == is : json_equal(was, is) == 1;
        else
            same = was == NULL || is == NULL || json_equal(was, is) == 1;
        if (!same)
            snprintf(what->text, sizeof what->text, "%s", key);
    }
    json_decref(a);
    json_decref(b);
    return same;
}
