/*
 * canary.h - is the machine itself quiet? A fixed piece of arithmetic timed before each slot, and the CPU time that the
 * hypervisor took away. A block measured while the machine was disturbed is redone whole, decided from these alone: no
 * allocator's numbers are looked at.
 */
#ifndef ALLOCBENCH_EXPERIMENT_CANARY_H
#define ALLOCBENCH_EXPERIMENT_CANARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* About two milliseconds of dependent integer arithmetic, no memory; returns how long it took. */
uint64_t canary_run(void);
/* Sum over all processors since boot, in the unit of /proc/stat; 0 where it is not told. */
uint64_t canary_steal_ticks(void);

/* What is normal on this machine: the canaries of all slots of this run so far. */
typedef struct Canary {
    uint64_t *seen;
    size_t count, capacity;
} Canary;

/* One block's own readings. */
typedef struct CanaryBlock {
    uint64_t worst_ns;
    uint64_t steal_ticks;
    uint64_t elapsed_ns;
} CanaryBlock;

/* A block is disturbed when its worst canary is over median + max(5 MAD, half the median) of those seen, or when more
 * than 5 % of the machine's CPU time was stolen during it. Needs 20 canaries; before that nothing is normal. */
bool canary_is_disturbed(const Canary *canary, const CanaryBlock *block, const char **reason);
void canary_note(Canary *canary, uint64_t canary_ns);
void canary_release(Canary *canary);

#endif
