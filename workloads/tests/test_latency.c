/* test_latency.c - every call between the marks stands in one place: sampled or dropped, chained or broken. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../kit/latency.h"
#include "../kit/probe.h"
#include "slot_for_test.h"

enum { ROUNDS = 100000, BREAKS = 1000 };

static Probe *probe;
static ProbeTotals totals;

static uint64_t hits(SlotMethod method, SlotCall call) {
    uint64_t sum = 0;
    for (int i = 0; i < SLOT_HISTOGRAM_BUCKETS; i++)
        sum += slot_page()->latency[method][call].hits[i];
    return sum;
}

static double measure(const char *name) {
    for (uint32_t i = 0; i < atomic_load(&slot_page()->measure_count); i++) {
        if (strcmp(slot_page()->measures[i].name, name) == 0)
            return slot_page()->measures[i].value;
    }
    return NAN;
}

static void a_round_of_calls(void) {
    void *block = probe_malloc(probe, 24);
    void *zeroed = probe_calloc(probe, 3, 8);
    void *aligned = probe_aligned_alloc(probe, 64, 24);
    assert_true(block && zeroed && aligned);
    block = probe_realloc(probe, block, 24, 48);
    assert_non_null(block);
    probe_free(probe, block, 48);
    probe_free(probe, zeroed, 24);
    probe_free(probe, aligned, 24);
}

static void every_call_between_the_marks_is_in_one_place(void **state) {
    (void)state;
    enum { CALLS = 7 };
    static const struct {
        SlotCall call;
        uint64_t calls;
    } expected[] = {{SLOT_CALL_MALLOC, 2}, {SLOT_CALL_CALLOC, 1}, {SLOT_CALL_REALLOC, 1}, {SLOT_CALL_FREE, 3}};
    uint64_t sampled = 0, chained = 0;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        uint64_t calls = expected[i].calls * ROUNDS, here = hits(SLOT_METHOD_SAMPLED, expected[i].call);
        assert_in_range(here, calls / 64 * 9 / 10, calls / 64 * 11 / 10); /* 4 standard deviations and more */
        sampled += here;
        chained += hits(SLOT_METHOD_CHAIN, expected[i].call);
    }
    assert_int_equal(sampled + chained + totals.dropped + totals.broken, (uint64_t)ROUNDS * CALLS);
    /* The intervals without a beginning: after a sample, after a break, the first. Two may fall on one call, or on a
       sampled one. */
    assert_true(totals.broken <= sampled + totals.dropped + BREAKS + 1);
    assert_true(totals.broken >= (sampled + BREAKS) * 9 / 10);
}

static void nothing_is_measured_too(void **state) {
    (void)state;
    uint64_t sampled = hits(SLOT_METHOD_SAMPLED, SLOT_CALL_EMPTY), chained = hits(SLOT_METHOD_CHAIN, SLOT_CALL_EMPTY);
    assert_true(sampled >= 30000 && chained >= 1900000);
}

static void the_measures_say_what_was_lost_and_what_a_tick_is(void **state) {
    (void)state;
    assert_true(measure("latency_dropped") == (double)totals.dropped);
    assert_true(measure("latency_broken") == (double)totals.broken);
    assert_true(measure("tick_ps") > 1); /* below 1000 GHz */
    assert_true(isfinite(measure("tick_drift_ppm")));
}

static void a_tick_is_converted_to_picoseconds(void **state) {
    (void)state;
    Latency *latency = latency_create(9);
    uint64_t ticks = (uint64_t)(1e6 / measure("tick_ps")); /* a microsecond, rounded down to ticks */
    latency_record(latency, SLOT_METHOD_CHAIN, SLOT_CALL_FREE, ticks);
    latency_record(latency, SLOT_METHOD_CHAIN, SLOT_CALL_FREE, UINT64_MAX);
    const uint64_t *recorded = latency->histograms[SLOT_METHOD_CHAIN][SLOT_CALL_FREE].hits;
    uint32_t bucket = 0;
    while (recorded[bucket] == 0)
        bucket++;
    assert_true(slot_histogram_value(bucket) <= 1000000);
    assert_true((double)slot_histogram_value(bucket + 1) > 1e6 - 2 * measure("tick_ps"));
    assert_int_equal(recorded[SLOT_HISTOGRAM_BUCKETS - 1], 1);
}

int main(void) {
    open_slot_observing(SLOT_OBSERVE_LATENCY);
    probe_prepare();
    probe = probe_create(0);
    if (!probe)
        return 1;
    a_round_of_calls(); /* before the first mark: not counted */
    slot_begin();
    for (int i = 0; i < ROUNDS; i++) {
        if (i % (ROUNDS / BREAKS) == 0)
            probe_break(probe);
        a_round_of_calls();
    }
    slot_end();
    a_round_of_calls();
    probe_merge(probe, &totals);
    probe_report(&totals);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_between_the_marks_is_in_one_place),
        cmocka_unit_test(nothing_is_measured_too),
        cmocka_unit_test(the_measures_say_what_was_lost_and_what_a_tick_is),
        cmocka_unit_test(a_tick_is_converted_to_picoseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
