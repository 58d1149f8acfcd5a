/* latency.c - calibration, gaps, merging. See latency.h. */
#include "latency.h"

#include <math.h>
#include <time.h>

#include "clock.h"
#include "mapping.h"
#include "slot.h"
#include "workload.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

enum { CALIBRATION_NS = 20000000, READING_TRIES = 16 };

uint64_t latency_tick_scale;

/* Both clocks at nearly the same moment. */
typedef struct Moment {
    uint64_t ns, ticks;
} Moment;

static Moment calibrated_from;
static double tick_ps;

static void require_ticks(void) {
#if defined(__x86_64__)
    unsigned a, b, c, d = 0;
    enum { RDTSCP = 1 << 27 };
    if (!__get_cpuid(0x80000001, &a, &b, &c, &d) || !(d & RDTSCP))
        slot_fail(SLOT_VERDICT_UNSUPPORTED, "latency cannot be measured: this processor has no rdtscp instruction");
#endif
}

/* The try that the scheduler and the caches disturbed least. */
static Moment take_moment(void) {
    Moment best = {0, 0};
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < READING_TRIES; i++) {
        uint32_t cpu;
        uint64_t before = ticks_fenced(&cpu), ns = clock_now_ns(), after = ticks_fenced(&cpu);
        if (after >= before && after - before < least) {
            least = after - before;
            best = (Moment){ns, before + (after - before) / 2};
        }
    }
    return best;
}

static double ps_of_a_tick(Moment from, Moment to) {
    return (double)(to.ns - from.ns) * 1e3 / (double)(to.ticks - from.ticks);
}

void latency_calibrate(void) {
    require_ticks();
    calibrated_from = take_moment();
    Moment to;
    do {
        const struct timespec pause = {0, CALIBRATION_NS};
        nanosleep(&pause, NULL);
        to = take_moment();
    } while (to.ns - calibrated_from.ns < CALIBRATION_NS); /* a signal may have ended the pause */
    if (to.ticks <= calibrated_from.ticks)
        slot_fail(SLOT_VERDICT_UNSUPPORTED, "latency cannot be measured: the processor's counter does not move");
    tick_ps = ps_of_a_tick(calibrated_from, to);
    latency_tick_scale = (uint64_t)(tick_ps * 0x1p32);
    kit_measure("tick_ps", tick_ps);
}

Latency *latency_create(uint32_t thread) {
    Latency *latency = mapping_create(1, sizeof *latency);
    latency->random = random_seeded(UINT64_C(0x6c6174656e6379), thread); /* "latency": no workload's stream */
    latency_draw_gap(latency);
    return latency;
}

/* Geometric: every call is sampled with probability 1/64, whatever came before, so no rhythm of the workload's hides.
 */
void latency_draw_gap(Latency *latency) {
    double uniform = (double)((random_next(&latency->random) >> 11) + 1) * 0x1p-53; /* (0, 1] */
    latency->gap = 1 + (uint32_t)(log(uniform) / log1p(-1.0 / LATENCY_MEAN_GAP));
}

void latency_merge(const Latency *latency) {
    SlotPage *page = slot_page();
    for (int method = 0; method < SLOT_METHOD_COUNT; method++) {
        for (int call = 0; call < SLOT_CALL_COUNT; call++) {
            const uint64_t *from = latency->histograms[method][call].hits;
            uint64_t *to = page->latency[method][call].hits;
            for (int i = 0; i < SLOT_HISTOGRAM_BUCKETS; i++) {
                if (from[i] != 0) /* most pages of the table are never touched */
                    to[i] += from[i];
            }
        }
    }
}

void latency_report(uint64_t dropped, uint64_t broken) {
    kit_note("latency_dropped", dropped);
    kit_note("latency_broken", broken);
    kit_measure("tick_drift_ppm", (ps_of_a_tick(calibrated_from, take_moment()) / tick_ps - 1) * 1e6);
}
