/*
 * machine_fixture.h - /proc and /sys of other machines, as far as the harness reads them, written below a root.
 */
#ifndef ALLOCBENCH_TESTS_MACHINE_FIXTURE_H
#define ALLOCBENCH_TESTS_MACHINE_FIXTURE_H

#include "store/text.h"
#include "testing.h"

/* Writes root + path, with its folders. */
static inline void fixture_file(const char *root, const char *path, const char *text) {
    char *full = text_format("%s%s", root, path);
    for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        (void)mkdir(full, 0777);
        *slash = '/';
    }
    test_write(full, text, strlen(text));
    free(full);
}

/* What is the same everywhere and no reason for complaint. */
static inline void fixture_quiet_machine(const char *root) {
    fixture_file(root, "/proc/cpuinfo", "processor\t: 0\nmodel name\t: A quiet CPU\nflags\t\t: fpu vme sse\n");
    fixture_file(root, "/proc/meminfo",
                 "MemTotal:       16777216 kB\nMemFree:  12000000 kB\nMemAvailable:   14000000 kB\n"
                 "SwapTotal:             0 kB\nSwapFree:              0 kB\n");
    fixture_file(root, "/proc/stat", "cpu  1000 0 500 98500 0 0 0 0 0 0\ncpu0 500 0 250 49250 0 0 0 0 0 0\n");
    fixture_file(root, "/proc/loadavg", "0.02 0.05 0.01 1/200 4242\n");
    fixture_file(root, "/proc/pressure/memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
    fixture_file(root, "/proc/sys/kernel/randomize_va_space", "2\n");
    fixture_file(root, "/proc/sys/kernel/perf_event_paranoid", "1\n");
    fixture_file(root, "/proc/sys/kernel/yama/ptrace_scope", "1\n");
    fixture_file(root, "/proc/sys/vm/overcommit_memory", "0\n");
    fixture_file(root, "/sys/bus/event_source/devices/cpu/type", "4\n");
    fixture_file(root, "/sys/devices/system/cpu/online", "0-7\n");
    fixture_file(root, "/sys/devices/system/node/online", "0\n");
    fixture_file(root, "/sys/devices/system/cpu/smt/active", "0\n");
    for (int cpu = 0; cpu < 8; cpu++) {
        char *path = text_format("/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", cpu);
        fixture_file(root, path, "performance\n");
        free(path);
    }
    fixture_file(root, "/sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
    fixture_file(root, "/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
    fixture_file(root, "/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
    fixture_file(root, "/sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
    fixture_file(root, "/proc/self/cgroup", "0::/\n");
}

#endif
