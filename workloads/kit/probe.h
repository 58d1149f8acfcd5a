/*
 * probe.h - the calls a workload makes, and everything a slot observes of single ones: live bytes, and how
 * long each takes.
 *
 * A measured loop calls the allocator through these functions with its worker's probe, kept in a local. Compared
 * throughput slots observe no single call: the probe is NULL there, and a call costs one predicted branch on a register
 * more than without; the calls themselves stand in the loop. What is observed is out of line.
 *
 * NULL results are returned as they come: the workload judges them. Sizes are those asked for.
 */
#ifndef ALLOCBENCH_KIT_PROBE_H
#define ALLOCBENCH_KIT_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* For helpers of a measured loop: compilers must not disagree about what is a call there. */
#define KIT_INLINE static inline __attribute__((always_inline))

/* One user at a time, like the Worker that holds it. */
typedef struct Probe Probe;

/* What observing needs to know about this machine, and the EMPTY histograms. Main thread, before any probe exists. */
void probe_prepare(void);

/* In kit memory; NULL when the slot observes no single calls. Threads of one index share a line of the slot page. */
Probe *probe_create(uint32_t thread);

/* What all probes of a slot lost; see latency.h. */
typedef struct ProbeTotals {
    uint64_t dropped, broken;
} ProbeTotals;

/* Adds what a probe saw to the slot page and to the totals. Its user stands still; NULL saw nothing. */
void probe_merge(const Probe *probe, ProbeTotals *totals);
/* Once, after all were merged: the totals as measures. */
void probe_report(const ProbeTotals *totals);

void *probe_malloc_observed(Probe *probe, size_t size);
void *probe_calloc_observed(Probe *probe, size_t count, size_t size);
void *probe_realloc_observed(Probe *probe, void *block, size_t old_size, size_t size);
void *probe_aligned_alloc_observed(Probe *probe, size_t alignment, size_t size);
void probe_free_observed(Probe *probe, void *block, size_t size);
void probe_note_malloc_observed(Probe *probe, void *block, size_t size);
void probe_note_free_observed(Probe *probe, void *block, size_t size);
void probe_break_observed(Probe *probe);

KIT_INLINE bool probe_is_off(const Probe *probe) {
    return __builtin_expect(probe == NULL, 1);
}

KIT_INLINE void *probe_malloc(Probe *probe, size_t size) {
    return probe_is_off(probe) ? malloc(size) : probe_malloc_observed(probe, size);
}

KIT_INLINE void *probe_calloc(Probe *probe, size_t count, size_t size) {
    return probe_is_off(probe) ? calloc(count, size) : probe_calloc_observed(probe, count, size);
}

/* `old_size` is what the block was asked for with, 0 for NULL. A NULL result leaves the block as it was, unless `size`
   is 0: then it was freed. */
KIT_INLINE void *probe_realloc(Probe *probe, void *block, size_t old_size, size_t size) {
    return probe_is_off(probe) ? realloc(block, size) : probe_realloc_observed(probe, block, old_size, size);
}

/* posix_memalign: any size, `alignment` a power of two that is a multiple of sizeof(void *). */
KIT_INLINE void *probe_aligned_alloc(Probe *probe, size_t alignment, size_t size) {
    if (!probe_is_off(probe))
        return probe_aligned_alloc_observed(probe, alignment, size);
    void *block;
    return posix_memalign(&block, alignment, size) == 0 ? block : NULL;
}

KIT_INLINE void probe_free(Probe *probe, void *block, size_t size) {
    if (probe_is_off(probe))
        free(block);
    else
        probe_free_observed(probe, block, size);
}

/* For calls made by other means (C++ operators): counted, not timed. note_malloc after the call, note_free before it.
 */
KIT_INLINE void probe_note_malloc(Probe *probe, void *block, size_t size) {
    if (!probe_is_off(probe))
        probe_note_malloc_observed(probe, block, size);
}

KIT_INLINE void probe_note_free(Probe *probe, void *block, size_t size) {
    if (!probe_is_off(probe))
        probe_note_free_observed(probe, block, size);
}

/* The thread has waited for others since its last call (a queue, a barrier, a thread's start): that time is no call's.
   Needed after waits in loops that allocate; team_begin() does it. */
KIT_INLINE void probe_break(Probe *probe) {
    if (!probe_is_off(probe))
        probe_break_observed(probe);
}

#endif
