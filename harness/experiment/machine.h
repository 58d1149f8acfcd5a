/*
 * machine.h - what /proc, /sys and /etc tell about a machine. Every path is read below `root`: "" is this machine, a
 * folder with such trees another one, which is how the tests show laptops, guests and containers.
 *
 * Nothing here is ever guessed: what cannot be read is NULL, or false.
 */
#ifndef ALLOCBENCH_EXPERIMENT_MACHINE_H
#define ALLOCBENCH_EXPERIMENT_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/* The first line of a file, trimmed; owned; NULL when it cannot be read or is empty. */
char *machine_line(const char *root, const char *path);

/* The value of the first line "key : value", "key=value" or "key value" of a file; quotes around it removed; owned. */
char *machine_value(const char *root, const char *path, const char *key);

/* What a file such as "always [madvise] never" has in brackets; its first line where it has none; owned. */
char *machine_choice(const char *root, const char *path);

/* A file that begins with a whole number, which may be negative. */
bool machine_number(const char *root, const char *path, int64_t *value);

/* A line of /proc/meminfo in bytes. */
bool machine_memory(const char *root, const char *key, uint64_t *bytes);

bool machine_has(const char *root, const char *path);

/* How many a list such as "0-3,8" names; 0 when the file cannot be read. */
uint32_t machine_count_list(const char *root, const char *path);

/* The different first lines of the files that match a shell pattern, in order, joined by ", "; owned; NULL for none. */
char *machine_lines_of_all(const char *root, const char *pattern);

/* Whether the processors may run above their nominal frequency; false when nothing says. */
bool machine_turbo(const char *root, bool *on);

/* Whether the kernel offers hardware counters of a processor at all. */
bool machine_has_pmu(const char *root);

/* Limits of the control groups that this process is in, the tightest on the way to the root. */
typedef struct CgroupLimits {
    int version;           /* 2, 1, or 0: none mounted */
    uint64_t memory_bytes; /* 0: no limit */
    double cpus;           /* quota in processors; 0: no limit */
    uint64_t throttled;    /* periods in which the quota stopped this group, since it began */
} CgroupLimits;
CgroupLimits machine_cgroup(const char *root);

/* Sums of /proc/stat's first line, in ticks since the machine started. */
typedef struct CpuTicks {
    uint64_t total, idle, steal; /* idle includes waiting for I/O */
} CpuTicks;
bool machine_cpu_ticks(const char *root, CpuTicks *ticks);

/* The hypervisor or container this machine is in, as far as files tell: "kvm", "docker", "a hypervisor", ...; owned;
 * NULL when nothing speaks for one. */
char *machine_virtualisation(const char *root);

#endif
