/*
 * probe.c - the observed side of each call. See probe.h. Timing encloses the call alone; counting comes after it, or
 * before a free, and so falls into the next interval of a chain: slots do not ask for both at once.
 */
#include "probe.h"

#include "latency.h"
#include "mapping.h"
#include "slot.h"

struct Probe {
    SlotLine *live;   /* NULL: not counted */
    Latency *latency; /* NULL: not timed */
};

/* Enough for 100 samples beyond the 99th percentile of SAMPLED and the 99.99th of CHAIN. */
enum { EMPTY_CALLS = 1 << 21 };

/* The timing path of every function below, around nothing. */
__attribute__((noinline)) static void empty_observed(const Probe *probe) {
    Latency *latency = probe->latency;
    const bool sampled = latency && latency_enter(latency);
    __asm__ volatile("" ::: "memory");
    if (latency)
        latency_leave(latency, SLOT_CALL_EMPTY, sampled);
}

void probe_prepare(void) {
    if (!slot_observes(SLOT_OBSERVE_LATENCY))
        return;
    latency_calibrate();
    const Probe probe = {NULL, latency_create(UINT32_MAX)};
    for (int i = 0; i < EMPTY_CALLS; i++)
        empty_observed(&probe);
    latency_merge(probe.latency);
}

Probe *probe_create(uint32_t thread) {
    if (!slot_observes(SLOT_OBSERVE_LIVE | SLOT_OBSERVE_LATENCY))
        return NULL;
    Probe *probe = mapping_create(1, sizeof *probe);
    probe->live = slot_observes(SLOT_OBSERVE_LIVE) ? slot_line(thread) : NULL;
    probe->latency = slot_observes(SLOT_OBSERVE_LATENCY) ? latency_create(thread) : NULL;
    return probe;
}

void probe_merge(const Probe *probe, ProbeTotals *totals) {
    if (!probe || !probe->latency)
        return;
    latency_merge(probe->latency);
    totals->dropped += probe->latency->dropped;
    totals->broken += probe->latency->broken;
}

void probe_report(const ProbeTotals *totals) {
    if (slot_observes(SLOT_OBSERVE_LATENCY))
        latency_report(totals->dropped, totals->broken);
}

/* Only between the marks. */
KIT_INLINE Latency *timing(const Probe *probe) {
    return slot_is_running ? probe->latency : NULL;
}

static void count(SlotLine *live, int64_t bytes, int64_t blocks, int64_t usable) {
    slot_add_signed(&live->live_bytes, bytes);
    slot_add_signed(&live->live_blocks, blocks);
    slot_add_signed(&live->usable_bytes, usable);
}

/* Both ask the allocator for its own number, so the block is valid. */
static void count_malloc(const Probe *probe, void *block, size_t size) {
    if (probe->live && block)
        count(probe->live, (int64_t)size, 1, (int64_t)slot_usable_bytes(block));
}

static void count_free(const Probe *probe, void *block, size_t size) {
    if (probe->live && block)
        count(probe->live, -(int64_t)size, -1, -(int64_t)slot_usable_bytes(block));
}

void *probe_malloc_observed(Probe *probe, size_t size) {
    Latency *latency = timing(probe);
    const bool sampled = latency && latency_enter(latency);
    void *block = malloc(size);
    if (latency)
        latency_leave(latency, SLOT_CALL_MALLOC, sampled);
    count_malloc(probe, block, size);
    return block;
}

void *probe_calloc_observed(Probe *probe, size_t elements, size_t size) {
    Latency *latency = timing(probe);
    const bool sampled = latency && latency_enter(latency);
    void *block = calloc(elements, size);
    if (latency)
        latency_leave(latency, SLOT_CALL_CALLOC, sampled);
    count_malloc(probe, block, elements * size); /* a block says that the product did not overflow */
    return block;
}

/* Counted as gone beforehand, since nothing can be asked about the old block afterwards; as back where it stayed. */
void *probe_realloc_observed(Probe *probe, void *block, size_t old_size, size_t size) {
    count_free(probe, block, old_size);
    Latency *latency = timing(probe);
    const bool sampled = latency && latency_enter(latency);
    void *moved = realloc(block, size);
    if (latency)
        latency_leave(latency, SLOT_CALL_REALLOC, sampled);
    if (moved)
        count_malloc(probe, moved, size);
    else if (size != 0)
        count_malloc(probe, block, old_size);
    return moved;
}

void *probe_aligned_alloc_observed(Probe *probe, size_t alignment, size_t size) {
    Latency *latency = timing(probe);
    const bool sampled = latency && latency_enter(latency);
    void *block;
    int error = posix_memalign(&block, alignment, size);
    if (latency)
        latency_leave(latency, SLOT_CALL_MALLOC, sampled);
    if (error != 0)
        return NULL;
    count_malloc(probe, block, size);
    return block;
}

void probe_free_observed(Probe *probe, void *block, size_t size) {
    count_free(probe, block, size);
    Latency *latency = timing(probe);
    const bool sampled = latency && latency_enter(latency);
    free(block);
    if (latency)
        latency_leave(latency, SLOT_CALL_FREE, sampled);
}

void probe_note_malloc_observed(Probe *probe, void *block, size_t size) {
    count_malloc(probe, block, size);
}

void probe_note_free_observed(Probe *probe, void *block, size_t size) {
    count_free(probe, block, size);
}

void probe_break_observed(Probe *probe) {
    if (probe->latency)
        latency_break(probe->latency);
}
