/*
 * latency.h - how long single calls take, by two methods at once, into log-linear histograms.
 *
 * SAMPLED: one call in 64 on average, at geometric gaps from a generator of its own, stands between two fenced readings
 * of the processor's counter. A sample that began and ended on different processors is dropped and counted.
 *
 * CHAIN: one unfenced reading after every call. The interval from the previous call's reading to this one is this
 * call's, with what the workload did in between. An interval has no beginning, and is counted as broken, where it would
 * hold anything else: the first one, one after a wait (latency_break), one after a sampled call's readings.
 *
 * So every call is in exactly one place: sampled or dropped, chained or broken.
 *
 * A Latency belongs to one thread at a time and lives in kit memory. Readings cost what the EMPTY histograms say.
 */
#ifndef ALLOCBENCH_KIT_LATENCY_H
#define ALLOCBENCH_KIT_LATENCY_H

#include <stdbool.h>
#include <stdint.h>

#include "random.h"
#include "slot_protocol.h"
#include "ticks.h"

enum { LATENCY_MEAN_GAP = 64 };

typedef struct Latency {
    uint32_t gap; /* calls until the next sampled one, which is the one that makes it 0 */
    uint32_t cpu; /* where the running sample began */
    bool chained; /* `previous` is the beginning of the running interval */
    uint64_t start, previous;
    uint64_t dropped, broken;
    Random random;
    SlotHistogram histograms[SLOT_METHOD_COUNT][SLOT_CALL_COUNT];
} Latency;

/* Measures what a tick is worth, which takes 20 ms, and writes it as measure tick_ps. Main thread, before any other. */
void latency_calibrate(void);

/* Threads of different index sample at different calls; the same index at the same calls in every process. */
Latency *latency_create(uint32_t thread);

/* Adds to the slot page. The owner stands still. */
void latency_merge(const Latency *latency);

/* Once, after all were merged: how many samples and intervals were lost, and how far the clocks drifted apart. */
void latency_report(uint64_t dropped, uint64_t broken);

/* Out of line: one in 64. */
void latency_draw_gap(Latency *latency);

/* Set by latency_calibrate(): 2^32 times the picoseconds of a tick. */
extern uint64_t latency_tick_scale;

static inline void latency_record(Latency *latency, SlotMethod method, SlotCall call, uint64_t ticks) {
    __extension__ typedef unsigned __int128 Wide;
    Wide picoseconds = (Wide)ticks * latency_tick_scale >> 32;
    uint64_t value = picoseconds >> 64 ? UINT64_MAX : (uint64_t)picoseconds;
    latency->histograms[method][call].hits[slot_histogram_bucket(value)]++;
}

/* Before the call; true: it is a sampled one. */
static inline bool latency_enter(Latency *latency) {
    if (--latency->gap != 0)
        return false;
    latency->start = ticks_fenced(&latency->cpu);
    return true;
}

/* After the call, with what latency_enter() said. */
static inline void latency_leave(Latency *latency, SlotCall call, bool sampled) {
    if (!sampled) {
        uint64_t now = ticks_now();
        /* Counters of two processors may disagree by a little: an interval never ends before it began. */
        if (latency->chained && now >= latency->previous)
            latency_record(latency, SLOT_METHOD_CHAIN, call, now - latency->previous);
        else
            latency->broken++;
        latency->previous = now;
        latency->chained = true;
        return;
    }
    uint32_t cpu;
    uint64_t end = ticks_fenced(&cpu);
    if (cpu == latency->cpu)
        latency_record(latency, SLOT_METHOD_SAMPLED, call, end - latency->start);
    else
        latency->dropped++;
    latency->chained = false;
    latency_draw_gap(latency);
}

static inline void latency_break(Latency *latency) {
    latency->chained = false;
}

#endif
