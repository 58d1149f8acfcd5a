/*
 * disturbance.h - is the machine itself quiet? A block that was measured while it was not is redone whole.
 *
 * Decided from the machine alone, never from an arm's result, and over whole blocks: /proc/stat counts in hundredths of
 * a second, too coarse for one slot. What an allocator under test does to the machine must not throw its blocks away:
 *   - its processor time is subtracted from what was used, so only that of others counts;
 *   - waiting for memory or I/O, and the kernel's reclaim threads, may be its own doing: an allocator that needs too
 *     much memory makes everybody wait. So pressure and foreign time are judged only in blocks whose largest process
 *     took less than a quarter of the memory that was available when the block began. Looking at the gaps between slots
 *     instead would not do: what a slot pushed out comes back in the gap after it;
 *   - a program reads and writes files as its work, so its I/O is not judged.
 */
#ifndef ALLOCBENCH_EXPERIMENT_DISTURBANCE_H
#define ALLOCBENCH_EXPERIMENT_DISTURBANCE_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Half a million dependent multiplications, no memory: about a millisecond. Returns how long it took. */
uint64_t canary_run(void);

/* What is normal on this machine: the canaries of all slots of this run so far. */
typedef struct Canary {
    uint64_t *seen;
    size_t count, capacity;
} Canary;
void canary_note(Canary *canary, uint64_t canary_ns);
void canary_release(Canary *canary);

/* Sums since boot, or what was added between two readings. What the kernel does not tell is 0. */
typedef struct MachineUse {
    uint64_t time_ns;     /* CLOCK_MONOTONIC */
    uint64_t busy_ticks;  /* of the processors that we may use: neither idle, nor waiting for I/O, nor stolen */
    uint64_t steal_ticks; /* of the same: what the hypervisor took */
    uint64_t own_ns;      /* processor time of this process and of the children that it has waited for */
    uint64_t memory_pressure_us, io_pressure_us; /* "some" of /proc/pressure */
} MachineUse;

MachineUse machine_use_read(void);
/* What was added from one reading to a later one. */
MachineUse machine_use_between(const MachineUse *before, const MachineUse *after);
/* Busy ticks that are not ours; 0 where clocks of different resolution say less than nothing. */
uint64_t machine_use_foreign_ticks(const MachineUse *use);

/* /proc/stat as text: sums over these processors. False when none of them is in it. */
bool machine_use_parse_stat(const char *text, const cpu_set_t *processors, uint64_t *busy_ticks, uint64_t *steal_ticks);
/* The "some" total of a file of /proc/pressure, microseconds; 0 when there is none. */
uint64_t machine_use_parse_pressure(const char *text);
/* What a process could still get, as far as the kernel and the control group tell; UINT64_MAX when they do not. */
uint64_t machine_available_bytes(void);
/* /proc/loadavg; owned, NULL where there is none. */
char *machine_load_average(void);

/* One block's own readings. */
typedef struct BlockConditions {
    uint64_t worst_canary_ns;
    MachineUse use;
    uint64_t available_bytes;   /* when it began */
    uint64_t largest_rss_bytes; /* of its slots */
    bool does_io;               /* a program row */
} BlockConditions;

/* Why a block is disturbed, as one line of static text; NULL when it is not. In this order:
 *   - its worst canary is over median + max(5 MAD, half the median) of those seen, once there are 20;
 *   - over 5 % of the machine's processor time was stolen during it;
 *   - over 5 % of it, and 2 ticks a processor that the clock cannot resolve, went to other processes;
 *   - some process waited for memory, or for I/O, for over 5 % of the block's time. */
const char *disturbance_of_block(const Canary *canary, const BlockConditions *block);

/* How often a row's blocks may be redone: a fifth of them in all, and each at most twice, for what lasts would only use
 * up the time of the others. A disturbed block that is kept is marked. */
bool disturbance_may_redo(uint32_t redone_of_row, uint32_t redone_of_block, uint32_t maximum_blocks);

#endif
