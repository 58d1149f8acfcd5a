/*
 * doctor.c - see doctor.h. Each check reads one thing and gives one finding; what a machine does not have, such as
 * frequency control in a guest, is no complaint.
 */
#include "doctor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <time.h>

#include "../store/run_archive.h"
#include "../store/text.h"
#include "allocator.h"
#include "cores.h"
#include "host.h"
#include "machine.h"
#include "process.h"

static const uint64_t MIB = UINT64_C(1) << 20, GIB = UINT64_C(1) << 30;

typedef struct Examination {
    Diagnosis diagnosis;
    const char *root;
    const char *results;
    unsigned watch_ms;
    uint32_t cpus;
} Examination;

const char *doctor_level_name(DoctorLevel level) {
    static const char *const names[] = {"ok", "note", "warning", "problem"};
    return names[level];
}

/* Takes value and finding; the cure is copied and left out when all is well. */
static void report(Examination *examination, const char *id, DoctorLevel level, char *value, char *finding,
                   const char *cure) {
    Diagnosis *diagnosis = &examination->diagnosis;
    diagnosis->findings = grow(diagnosis->findings, diagnosis->count + 1, sizeof *diagnosis->findings);
    diagnosis->findings[diagnosis->count++] = (Finding){
        .id = id,
        .level = level,
        .finding = finding,
        .value = value,
        .cure = level == DOCTOR_OK ? NULL : text_copy(cure),
    };
}

static bool number_at(const Examination *examination, const char *path, int64_t *value) {
    return machine_number(examination->root, path, value);
}

static char *bytes_text(uint64_t bytes) {
    return bytes < GIB ? text_format("%" PRIu64 " MiB", bytes / MIB)
                       : text_format("%.1f GiB", (double)bytes / (double)GIB);
}

/* ---- processors ---- */

static void check_governor(Examination *examination) {
    char *governors = machine_lines_of_all(examination->root, "/sys/devices/system/cpu/cpu[0-9]*/cpufreq/"
                                                              "scaling_governor");
    bool good = governors == NULL || strcmp(governors, "performance") == 0;
    char *finding = governors == NULL ? text_copy("the frequency is not controlled from here")
                    : good            ? text_copy("the frequency governor is performance")
                                      : text_copy("the frequency follows the load: speed depends on what ran before");
    report(examination, "cpu.governor", good ? DOCTOR_OK : DOCTOR_WARNING, governors, finding,
           "sudo cpupower frequency-set -g performance");
}

static void check_turbo(Examination *examination) {
    bool on, known = machine_turbo(examination->root, &on);
    bool intel = machine_has(examination->root, "/sys/devices/system/cpu/intel_pstate/no_turbo");
    report(examination, "cpu.turbo", known && on ? DOCTOR_WARNING : DOCTOR_OK,
           known ? text_copy(on ? "on" : "off") : NULL,
           text_copy(!known ? "turbo is not controlled from here"
                     : on   ? "turbo: speed depends on heat and on how many cores are busy"
                            : "turbo is off"),
           intel ? "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo"
                 : "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost");
}

static void check_smt(Examination *examination) {
    int64_t active;
    bool known = number_at(examination, "/sys/devices/system/cpu/smt/active", &active), on = known && active != 0;
    report(examination, "cpu.smt", on ? DOCTOR_NOTE : DOCTOR_OK, known ? text_copy(on ? "on" : "off") : NULL,
           text_copy(on ? "two hardware threads share each core: rows with many threads share caches"
                        : "no hardware threads share a core"),
           "echo off | sudo tee /sys/devices/system/cpu/smt/control, or no more threads than cores");
}

static void check_count(Examination *examination) {
    uint32_t cpus = examination->cpus;
    DoctorLevel level = cpus == 0 || cpus > 4 ? DOCTOR_OK : cpus > 1 ? DOCTOR_NOTE : DOCTOR_WARNING;
    report(examination, "cpu.count", level, cpus == 0 ? NULL : text_format("%" PRIu32, cpus),
           level == DOCTOR_OK ? text_copy("processors enough for workload and observer")
                              : text_format("rows with %" PRIu32 " thread%s share %s with the observer", cpus,
                                            cpus == 1 ? "" : "s", cpus == 1 ? "the one processor" : "processors"),
           "believe rows with fewer threads first (--threads), or use a larger machine");
}

static void check_nodes(Examination *examination) {
    uint32_t nodes = machine_count_list(examination->root, "/sys/devices/system/node/online");
    report(examination, "cpu.numa", nodes > 1 ? DOCTOR_NOTE : DOCTOR_OK,
           nodes == 0 ? NULL : text_format("%" PRIu32 " node%s", nodes, nodes == 1 ? "" : "s"),
           text_copy(nodes > 1 ? "memory may be on another node than the thread that uses it"
                               : "memory is equally far from all processors"),
           "numactl --cpunodebind=0 --membind=0 allocbench run ...");
}

static void check_heat(Examination *examination) {
    int64_t count;
    bool known = number_at(examination, "/sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", &count);
    bool hot = known && count > 0;
    report(examination, "cpu.heat", hot ? DOCTOR_WARNING : DOCTOR_OK, known ? text_format("%" PRId64, count) : NULL,
           text_copy(hot ? "the processor has slowed down because of heat since it was started"
                         : "no slowing down because of heat"),
           "better cooling, turbo off, shorter runs");
}

static void check_battery(Examination *examination) {
    char *online = machine_lines_of_all(examination->root, "/sys/class/power_supply/A*/online");
    bool battery = online != NULL && strcmp(online, "0") == 0;
    report(examination, "power", battery ? DOCTOR_WARNING : DOCTOR_OK,
           online == NULL ? NULL : text_copy(battery ? "battery" : "mains"),
           text_copy(battery ? "on battery: firmware may hold the frequency down" : "mains, or no battery"),
           "plug the machine in");
    free(online);
}

static void check_clock(Examination *examination) {
    static const char *const slow[] = {"hpet", "acpi_pm", "refined-jiffies", "jiffies", "pit", "xen"};
    char *source = machine_line(examination->root, "/sys/devices/system/clocksource/clocksource0/current_clocksource");
    bool bad = false;
    for (size_t i = 0; i < sizeof slow / sizeof slow[0] && source != NULL; i++)
        bad = bad || strcmp(source, slow[i]) == 0;
    report(examination, "clock.source", bad ? DOCTOR_WARNING : DOCTOR_OK, source,
           text_copy(bad ? "each reading of the clock is a system call: latencies are too long"
                         : "the clock is read without a system call"),
           "see why the kernel gave up tsc (dmesg | grep -i tsc); where it is sound, boot with tsc=reliable");
}

/* ---- who else uses them ---- */

/* What cannot be read is no reason to be content: it is said as a note. True when that was so. */
static bool report_unknown(Examination *examination, const char *id, bool known, const char *source) {
    if (!known)
        report(examination, id, DOCTOR_NOTE, NULL, text_format("unknown: %s cannot be read", source),
               "look at it by another way, or mount what is missing");
    return !known;
}

static void check_load(Examination *examination) {
    char *line = machine_line(examination->root, "/proc/loadavg");
    double load = 0, per_cpu;
    bool known = line != NULL && sscanf(line, "%lf", &load) == 1;
    per_cpu = load / (examination->cpus > 0 ? examination->cpus : 1);
    free(line);
    if (report_unknown(examination, "load", known, "/proc/loadavg"))
        return;
    DoctorLevel level = load < 0.5 ? DOCTOR_OK : per_cpu < 0.5 ? DOCTOR_NOTE : DOCTOR_WARNING;
    report(examination, "load", level, text_format("%.2f", load),
           text_copy(level == DOCTOR_OK ? "nothing else has run lately"
                                        : "other programs have been running in the last minute"),
           "end what is not needed (top shows it), then wait a minute");
}

static void check_steal_since_boot(Examination *examination) {
    CpuTicks ticks = {0};
    bool known = machine_cpu_ticks(examination->root, &ticks) && ticks.total > 0;
    if (report_unknown(examination, "cpu.steal", known, "/proc/stat"))
        return;
    uint64_t busy = ticks.total - ticks.idle;
    double share = busy > 0 ? 100.0 * (double)ticks.steal / (double)busy : 0;
    DoctorLevel level = share < 0.1 ? DOCTOR_OK : share < 1 ? DOCTOR_NOTE : DOCTOR_WARNING;
    report(examination, "cpu.steal", level, text_format("%.1f %% of busy time", share),
           text_copy(level == DOCTOR_OK ? "no processor time was taken by a hypervisor"
                                        : "the hypervisor gives processor time to other guests"),
           "a guest with processors of its own, or another time of day; disturbed blocks are redone");
}

static void check_foreign_now(Examination *examination) {
    CpuTicks before, after;
    const struct timespec wait = {examination->watch_ms / 1000, (long)(examination->watch_ms % 1000) * 1000000};
    bool known = machine_cpu_ticks(examination->root, &before);
    (void)nanosleep(&wait, NULL);
    known = known && machine_cpu_ticks(examination->root, &after) && after.total > before.total;
    if (report_unknown(examination, "cpu.foreign", known, "/proc/stat"))
        return;
    uint64_t idle = after.idle > before.idle ? after.idle - before.idle : 0; /* it may step back a little */
    uint64_t total = after.total - before.total;
    double share = idle < total ? 100.0 * (double)(total - idle) / (double)total : 0;
    DoctorLevel level = share < 3 ? DOCTOR_OK : share < 10 ? DOCTOR_NOTE : DOCTOR_WARNING;
    report(examination, "cpu.foreign", level, text_format("%.0f %% just now", share),
           text_copy(level == DOCTOR_OK ? "other programs leave the processors alone"
                                        : "other programs are using the processors right now"),
           "end what is not needed; top shows it");
}

static void check_virtualisation(Examination *examination) {
    char *kind = machine_virtualisation(examination->root);
    report(examination, "virtualisation", kind == NULL ? DOCTOR_OK : DOCTOR_NOTE, kind,
           text_copy(kind == NULL ? "no hypervisor and no container are seen"
                                  : "a guest or container: neighbours share caches and memory bandwidth unseen"),
           "measure on a machine of its own where small differences matter");
}

static void check_quota(Examination *examination) {
    CgroupLimits limits = machine_cgroup(examination->root);
    if (report_unknown(examination, "cgroup.cpu", machine_has(examination->root, "/proc/self/cgroup"),
                       "/proc/self/cgroup"))
        return;
    bool limited = limits.cpus > 0;
    report(examination, "cgroup.cpu", limited ? DOCTOR_PROBLEM : DOCTOR_OK,
           limited ? text_format("%.2f processors, stopped %" PRIu64 " times", limits.cpus, limits.throttled)
                   : text_copy("none"),
           text_copy(limited ? "a quota stops all threads whenever it is used up: times say little"
                             : "no quota of processor time"),
           "without a quota: docker run --cpuset-cpus in place of --cpus, systemd CPUQuota= empty");
}

/* ---- memory ---- */

static void check_cgroup_memory(Examination *examination) {
    CgroupLimits limits = machine_cgroup(examination->root);
    uint64_t total = 0;
    bool known = machine_memory(examination->root, "MemTotal", &total);
    if (report_unknown(examination, "cgroup.memory", machine_has(examination->root, "/proc/self/cgroup"),
                       "/proc/self/cgroup"))
        return;
    bool limited = limits.memory_bytes > 0 && (!known || limits.memory_bytes < total);
    bool tight = limited && limits.memory_bytes < 4 * GIB;
    report(examination, "cgroup.memory",
           tight     ? DOCTOR_WARNING
           : limited ? DOCTOR_NOTE
                     : DOCTOR_OK,
           limited ? bytes_text(limits.memory_bytes) : text_copy("none"),
           text_copy(tight     ? "a group's limit may end slots or reclaim their pages before the memory cap is met"
                     : limited ? "a group's limit bounds all slots together"
                               : "no group limits the memory"),
           "raise it (docker run --memory, systemd MemoryMax=), or give --memory-cap under half of it");
}

static void check_available(Examination *examination) {
    uint64_t bytes = 0;
    bool known = machine_memory(examination->root, "MemAvailable", &bytes);
    if (report_unknown(examination, "memory.available", known, "/proc/meminfo"))
        return;
    DoctorLevel level = bytes >= 2 * GIB ? DOCTOR_OK : bytes >= 512 * MIB ? DOCTOR_WARNING : DOCTOR_PROBLEM;
    report(examination, "memory.available", level, bytes_text(bytes),
           text_copy(level == DOCTOR_OK ? "memory enough"
                                        : "little memory is free: slots meet the memory cap or the machine reclaims"),
           "end programs that hold memory; leave out the large workloads (--workloads)");
}

static void check_swap(Examination *examination) {
    uint64_t total = 0, left = 0;
    bool known =
        machine_memory(examination->root, "SwapTotal", &total) && machine_memory(examination->root, "SwapFree", &left);
    if (report_unknown(examination, "memory.swap", known, "/proc/meminfo"))
        return;
    uint64_t used = total > left ? total - left : 0;
    DoctorLevel level = total == 0 ? DOCTOR_OK : used >= 16 * MIB ? DOCTOR_WARNING : DOCTOR_NOTE;
    char *total_text = bytes_text(total), *used_text = bytes_text(used);
    report(examination, "memory.swap", level,
           total == 0 ? text_copy("none") : text_format("%s of %s used", used_text, total_text),
           text_copy(level == DOCTOR_OK     ? "no swap"
                     : level == DOCTOR_NOTE ? "pages may be swapped out: RSS would shrink without a release"
                                            : "pages are swapped out: RSS is not all that a process holds"),
           "sudo swapoff -a");
    free(total_text);
    free(used_text);
}

static void check_thp(Examination *examination) {
    char *choice = machine_choice(examination->root, "/sys/kernel/mm/transparent_hugepage/enabled");
    bool always = choice != NULL && strcmp(choice, "always") == 0;
    report(examination, "memory.thp", always ? DOCTOR_NOTE : DOCTOR_OK, choice,
           text_copy(always           ? "huge pages are given unasked: they change speed and RSS of every allocator"
                     : choice == NULL ? "the kernel has no transparent huge pages"
                                      : "huge pages only where they are asked for, if at all"),
           "measure both: --thp inherit,never");
}

static void check_overcommit(Examination *examination) {
    int64_t mode;
    bool known = number_at(examination, "/proc/sys/vm/overcommit_memory", &mode), strict = known && mode == 2;
    report(examination, "memory.overcommit", strict ? DOCTOR_WARNING : DOCTOR_OK,
           known ? text_format("%" PRId64, mode) : NULL,
           text_copy(strict ? "reserved address space counts as used: allocators that reserve much fail early"
                            : "address space may be reserved freely"),
           "sudo sysctl vm.overcommit_memory=0");
}

static void check_merging(Examination *examination) {
    int64_t run;
    bool known = number_at(examination, "/sys/kernel/mm/ksm/run", &run), on = known && run == 1;
    report(examination, "memory.ksm", on ? DOCTOR_WARNING : DOCTOR_OK, known ? text_copy(on ? "on" : "off") : NULL,
           text_copy(on ? "the kernel merges equal pages in the background: work and RSS that are not the workload's"
                        : "equal pages are not merged"),
           "echo 0 | sudo tee /sys/kernel/mm/ksm/run");
}

/* ---- what is seen and what is not ---- */

static void check_aslr(Examination *examination) {
    int64_t mode;
    bool known = number_at(examination, "/proc/sys/kernel/randomize_va_space", &mode), full = !known || mode == 2;
    report(examination, "kernel.aslr", full ? DOCTOR_OK : DOCTOR_WARNING, known ? text_format("%" PRId64, mode) : NULL,
           text_copy(full ? "addresses differ from process to process, which averages luck of placement out"
                          : "every process has the same addresses: luck of placement stays in all slots"),
           "sudo sysctl kernel.randomize_va_space=2");
}

static void check_pressure(Examination *examination) {
    bool there = machine_has(examination->root, "/proc/pressure/memory");
    report(examination, "kernel.psi", there ? DOCTOR_OK : DOCTOR_NOTE, text_copy(there ? "yes" : "no"),
           text_copy(there ? "stalls for memory and disk are seen" : "stalls for memory and disk are not seen"),
           "boot with psi=1, on a kernel built with CONFIG_PSI");
}

static void check_perf(Examination *examination) {
    int64_t paranoid;
    bool known = number_at(examination, "/proc/sys/kernel/perf_event_paranoid", &paranoid);
    bool allowed = known && paranoid <= 2;
    report(examination, "kernel.perf", allowed ? DOCTOR_OK : DOCTOR_NOTE,
           known ? text_format("paranoid %" PRId64, paranoid) : NULL,
           text_copy(allowed ? "processes may count their own events" : "hardware counters are not allowed"),
           "sudo sysctl kernel.perf_event_paranoid=1");
    bool pmu = machine_has_pmu(examination->root);
    report(
        examination, "cpu.counters", pmu ? DOCTOR_OK : DOCTOR_NOTE, text_copy(pmu ? "yes" : "no"),
        text_copy(pmu ? "the processor's counters are visible" : "there are no hardware counters, as in many guests"),
        "a machine without hypervisor, or a guest with a virtual PMU; --mode icount counts without them");
}

static void check_ptrace(Examination *examination) {
    int64_t scope;
    bool known = number_at(examination, "/proc/sys/kernel/yama/ptrace_scope", &scope), barred = known && scope >= 2;
    report(
        examination, "kernel.ptrace", barred ? DOCTOR_NOTE : DOCTOR_OK, known ? text_format("%" PRId64, scope) : NULL,
        text_copy(barred ? "system calls cannot be counted: tracing is for administrators, or for nobody"
                         : "own processes may be traced"),
        scope == 3 && known ? "restart without kernel.yama.ptrace_scope=3" : "sudo sysctl kernel.yama.ptrace_scope=1");
}

/* ---- this process's own surroundings ---- */

static void check_disk(Examination *examination) {
    struct statvfs status;
    if (examination->results == NULL)
        return;
    char *folder = text_copy(examination->results);
    while (statvfs(folder, &status) != 0) { /* the nearest folder that exists is where it will be created */
        char *slash = strrchr(folder, '/');
        if (slash == NULL || slash == folder) {
            free(folder);
            folder = text_copy(slash == NULL ? "." : "/");
            if (statvfs(folder, &status) != 0) {
                free(folder);
                return;
            }
            break;
        }
        *slash = '\0';
    }
    uint64_t bytes = (uint64_t)status.f_bavail * status.f_frsize;
    DoctorLevel level = bytes >= GIB ? DOCTOR_OK : bytes >= 100 * MIB ? DOCTOR_WARNING : DOCTOR_PROBLEM;
    report(examination, "disk", level, bytes_text(bytes),
           text_format("free space for results in %s%s", folder, level == DOCTOR_OK ? "" : " is little"),
           "delete old runs in results/runs, or store elsewhere with --out");
    free(folder);
}

static void check_environment(Examination *examination) {
    char *variables = host_allocator_variables();
    bool set = *variables != '\0';
    report(examination, "environment", set ? DOCTOR_WARNING : DOCTOR_OK, set ? text_copy(variables) : NULL,
           text_copy(set ? "variables that steer allocators reach every slot"
                         : "no variables that steer allocators are set"),
           "unset them; give settings to one arm as NAME?VARIABLE=value");
    free(variables);
}

static void check_resource_limits(Examination *examination) {
    struct rlimit space, data;
    const char *limited = NULL;
    if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY)
        limited = "-v";
    else if (getrlimit(RLIMIT_DATA, &data) == 0 && data.rlim_cur != RLIM_INFINITY)
        limited = "-d";
    report(examination, "limits", limited == NULL ? DOCTOR_OK : DOCTOR_WARNING,
           limited == NULL ? NULL : text_format("ulimit %s", limited),
           text_copy(limited == NULL ? "no limit on address space or data"
                                     : "a limit on address space or data: some allocators fail under it"),
           "start a shell without it: ulimit -v unlimited, ulimit -d unlimited");
}

static void check_allocators(Examination *examination) {
    char *missing = text_copy(""), *cures = text_copy("");
    for (const char *const *name = allocator_names(); *name != NULL; name++) {
        RunMeta holder = {.arms = zeroed(1, sizeof(Arm)), .arm_count = 1};
        StoreError error;
        const Arm *arm = &holder.arms[0];
        if (allocator_resolve(*name, &holder.arms[0], &error) && !arm->available) {
            char *longer = text_format("%s%s%s", missing, *missing == '\0' ? "" : ", ", *name);
            char *cure = text_format("%s%s%s: %s", cures, *cures == '\0' ? "" : "; ", *name,
                                     arm->reason == NULL ? "not available" : arm->reason);
            free(missing);
            free(cures);
            missing = longer;
            cures = cure;
        }
        run_meta_release(&holder);
    }
    bool all = *missing == '\0';
    report(examination, "allocators", all ? DOCTOR_OK : DOCTOR_NOTE,
           all ? text_copy("all") : text_format("no %s", missing),
           text_copy(all ? "every known allocator is installed" : "some known allocators are missing: skipped rows"),
           cures);
    free(missing);
    free(cures);
}

static void check_tools(Examination *examination) {
    static const struct {
        const char *id, *program, *purpose, *cure;
    } tools[] = {
        {"tool.gnuplot", "gnuplot", "charts", "apt-get install gnuplot-nox"},
        {"tool.hyperfine", "hyperfine", "real programs", "apt-get install hyperfine"},
        {"tool.valgrind", "valgrind", "counted instructions (--mode icount)", "apt-get install valgrind"},
        {"tool.strace", "strace", "counted system calls", "apt-get install strace"},
        {"tool.nm", "nm", "checks of libraries", "apt-get install binutils"},
    };
    for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++) {
        bool there = process_find(tools[i].program, NULL);
        report(examination, tools[i].id, there ? DOCTOR_OK : DOCTOR_NOTE, text_copy(there ? "installed" : "missing"),
               text_format("%s: %s%s", tools[i].program, there ? "" : "missing for ", tools[i].purpose), tools[i].cure);
    }
#if HAVE_HWLOC
    bool topology = true;
#else
    bool topology = false;
#endif
    report(examination, "build.hwloc", topology ? DOCTOR_OK : DOCTOR_NOTE, text_copy(topology ? "yes" : "no"),
           text_copy(topology ? "built with hwloc: the observer avoids sibling threads"
                              : "built without hwloc: the observer may share a core with the workload"),
           "apt-get install libhwloc-dev and build again");
    bool archives = run_archive_supported();
    report(examination, "build.libarchive", archives ? DOCTOR_OK : DOCTOR_NOTE, text_copy(archives ? "yes" : "no"),
           text_copy(archives ? "built with libarchive: runs can be bundled"
                              : "built without libarchive: runs cannot be bundled"),
           "apt-get install libarchive-dev nettle-dev and build again");
}

Diagnosis doctor_examine(const char *root, const char *results, unsigned watch_ms) {
    static void (*const of_files[])(Examination *) = {
        check_governor,
        check_turbo,
        check_smt,
        check_count,
        check_nodes,
        check_heat,
        check_battery,
        check_clock,
        check_load,
        check_steal_since_boot,
        check_virtualisation,
        check_quota,
        check_cgroup_memory,
        check_available,
        check_swap,
        check_thp,
        check_overcommit,
        check_merging,
        check_aslr,
        check_pressure,
        check_perf,
        check_ptrace,
    };
    static void (*const of_this_process[])(Examination *) = {
        check_foreign_now, check_resource_limits, check_environment, check_disk, check_allocators, check_tools,
    };
    Examination examination = {.root = root, .results = results, .watch_ms = watch_ms};
    bool here = *root == '\0';
    examination.cpus = here ? cores_count() : machine_count_list(root, "/sys/devices/system/cpu/online");
    for (size_t i = 0; i < sizeof of_files / sizeof of_files[0]; i++)
        of_files[i](&examination);
    for (size_t i = 0; i < sizeof of_this_process / sizeof of_this_process[0] && here; i++)
        of_this_process[i](&examination);
    return examination.diagnosis;
}

void diagnosis_release(Diagnosis *diagnosis) {
    for (size_t i = 0; i < diagnosis->count; i++) {
        free(diagnosis->findings[i].finding);
        free(diagnosis->findings[i].value);
        free(diagnosis->findings[i].cure);
    }
    free(diagnosis->findings);
    *diagnosis = (Diagnosis){0};
}

const Finding *diagnosis_find(const Diagnosis *diagnosis, const char *id) {
    for (size_t i = 0; i < diagnosis->count; i++) {
        if (strcmp(diagnosis->findings[i].id, id) == 0)
            return &diagnosis->findings[i];
    }
    return NULL;
}

DoctorLevel diagnosis_worst(const Diagnosis *diagnosis) {
    DoctorLevel worst = DOCTOR_OK;
    for (size_t i = 0; i < diagnosis->count; i++) {
        if (diagnosis->findings[i].level > worst)
            worst = diagnosis->findings[i].level;
    }
    return worst;
}
