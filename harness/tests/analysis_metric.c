/*
 * analysis_metric.c - each metric's value against a computation by hand, and what tables make of metrics that are no
 * plain times: memory near the kernel's counter error, counts of 0, instructions, percentiles.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../analysis/latency.h"
#include "../analysis/memory.h"
#include "../analysis/run_shift.h"
#include "analysis_fake_run.h"

static const double MIB = 1024 * 1024;

static void assert_near(double value, double expected, double tolerance) {
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.17g is not within %g of %.17g", value, tolerance, expected);
}

static double value_of(const Run *run, const Sample *sample, Metric metric) {
    double value = NAN;
    return metric_value(&run->meta, sample, metric, &value) ? value : NAN;
}

static void every_key_names_one_metric(void **state) {
    (void)state;
    for (unsigned metric = 0; metric < METRIC_COUNT; metric++) {
        Metric parsed;
        assert_true(metric_parse(metric_info((Metric)metric)->key, &parsed));
        assert_int_equal(parsed, metric);
        assert_non_null(metric_info((Metric)metric)->title);
        assert_string_not_equal(metric_info((Metric)metric)->better, metric_info((Metric)metric)->worse);
    }
    Metric none;
    assert_false(metric_parse("nonsense", &none));
}

/* A run of one row and two arms whose series is set by hand. */
static Run *small_run(void) {
    FakeSpec spec = {.rows = 1, .arms = 2, .blocks = 1, .seed = 1, .series = true, .series_points = 5};
    return fake_run(&spec);
}

static void set_series(Sample *sample, size_t count, const double *seconds, const double *rss_mib,
                       const double *live_mib, const double *usable_mib) {
    Series *series = &sample->series;
    series->count = count;
    if (usable_mib && !series->usable_bytes)
        series->usable_bytes = zeroed(8, sizeof *series->usable_bytes);
    for (size_t i = 0; i < count; i++) {
        series->time_ns[i] = (uint64_t)(seconds[i] * 1e9);
        series->rss_bytes[i] = (uint64_t)(rss_mib[i] * MIB);
        series->live_bytes[i] = (int64_t)(live_mib[i] * MIB);
        if (usable_mib)
            series->usable_bytes[i] = (int64_t)(usable_mib[i] * MIB);
    }
}

static void floor_and_kit_are_not_the_allocators(void **state) {
    (void)state;
    Run *run = small_run();
    Sample *sample = &run->samples[0];
    run->meta.rows[0].floor_bytes = (uint64_t)(1.5 * MIB);
    sample->kit_bytes = (uint64_t)MIB;
    sample->peak_rss_bytes = (uint64_t)(10 * MIB);
    assert_near(value_of(run, sample, METRIC_PEAK_RSS), 7.5 * MIB, 0);
    sample->peak_rss_bytes = (uint64_t)(2 * MIB); /* less than both: a page stays, so that a ratio exists */
    assert_near(value_of(run, sample, METRIC_PEAK_RSS), 4096, 0);
    sample_add_measure(sample, "idle_rss_3s_bytes", 4 * MIB, NULL);
    assert_near(value_of(run, sample, METRIC_IDLE_RSS_3S), 1.5 * MIB, 0);
    assert_true(isnan(value_of(run, sample, METRIC_IDLE_RSS_1S)));
    sample->status = SAMPLE_CRASHED;
    assert_true(isnan(value_of(run, sample, METRIC_PEAK_RSS)));
    run_free(run);
}

/* Above 1.5 MiB of floor and kit: 0.5, 2.5, 2.5 MiB at 0, 1 and 3 s. Area (0.5 + 2.5) / 2 * 1 + 2.5 * 2 = 6.5 MiB s
 * over 3 s. */
static void mean_rss_is_weighted_by_time(void **state) {
    (void)state;
    Run *run = small_run();
    Sample *sample = &run->samples[0];
    run->meta.rows[0].floor_bytes = (uint64_t)MIB;
    sample->kit_bytes = (uint64_t)(0.5 * MIB);
    const double seconds[] = {0, 1, 3}, rss[] = {2, 4, 4}, live[] = {-1, -1, -1};
    set_series(sample, 3, seconds, rss, live, NULL);
    assert_near(value_of(run, sample, METRIC_MEAN_RSS), 6.5 / 3 * MIB, 1);
    assert_true(isnan(value_of(run, sample, METRIC_OVERHEAD))); /* live bytes were not counted */
    sample->series.count = 1;
    assert_true(isnan(value_of(run, sample, METRIC_MEAN_RSS)));
    run_free(run);
}

/*
 * Floor 1 MiB. Live bytes are above 0 from 1 to 4 s; there, in MiB:
 *     t         1    2    4
 *     resident  2    6    6     mean ((2 + 6) / 2 * 1 + 6 * 2) / 3 = 16 / 3
 *     live      1    4    4     mean (2.5 + 8) / 3                 = 10.5 / 3
 *     usable    1.2  4.8  4.8   mean 1.2 times live                = 12.6 / 3
 * overhead 16 / 10.5, waste 0.2, retention the rest above 1.
 */
static void overhead_is_one_and_waste_and_retention(void **state) {
    (void)state;
    Run *run = small_run();
    Sample *sample = &run->samples[0];
    run->meta.rows[0].floor_bytes = (uint64_t)MIB;
    const double seconds[] = {0, 1, 2, 4, 5}, rss[] = {2, 3, 7, 7, 9}, live[] = {0, 1, 4, 4, 0};
    const double usable[] = {0, 1.2, 4.8, 4.8, 0};
    set_series(sample, 5, seconds, rss, live, usable);
    double overhead = value_of(run, sample, METRIC_OVERHEAD), waste = value_of(run, sample, METRIC_INTERNAL_WASTE),
           retention = value_of(run, sample, METRIC_RETENTION);
    assert_near(overhead, 16 / 10.5, 1e-9);
    assert_near(waste, 0.2, 1e-6);
    assert_near(1 + waste + retention, overhead, 1e-9);

    double times[5], multiples[5];
    assert_int_equal(memory_overhead_curve(&run->meta, sample, times, multiples), 3);
    assert_near(times[1], 2e9, 0);
    assert_near(multiples[0], 2, 0);
    assert_near(multiples[1], 1.5, 0);

    sample->series.usable_bytes[2] = 0; /* blocks are live and none is usable: the arm cannot say */
    assert_true(isnan(value_of(run, sample, METRIC_INTERNAL_WASTE)));
    assert_true(isnan(value_of(run, sample, METRIC_RETENTION)));
    assert_near(value_of(run, sample, METRIC_OVERHEAD), 16 / 10.5, 1e-9);
    run_free(run);
}

/* Two arms whose peaks differ by so many bytes in every one of 12 blocks. */
static Cell judged_difference(double bytes, Metric metric) {
    FakeSpec spec = {.rows = 1, .arms = 2, .blocks = 12, .seed = 1};
    Run *run = fake_run(&spec);
    for (size_t i = 0; i < run->sample_count; i++) {
        Sample *sample = &run->samples[i];
        double rss = 4 * MIB + (sample->arm == 1 ? bytes : 0) + 4096.0 * (double)(sample->block % 3);
        sample->peak_rss_bytes = (uint64_t)rss;
        sample_add_measure(sample, "memory_limit_bytes", rss, NULL);
    }
    Comparison *comparison = comparison_of_run(run, metric, 0);
    Cell cell = *comparison_cell(&comparison->rows[0], 1, false);
    cell.message = NULL;
    comparison_free(comparison);
    run_free(run);
    return cell;
}

static void memory_within_the_counter_error_proves_nothing(void **state) {
    (void)state;
    Cell within = judged_difference(RSS_COUNTER_ERROR_BYTES, METRIC_PEAK_RSS);
    assert_true(within.ratio.low > 1.01); /* all other gates are open */
    assert_int_equal(within.verdict, VERDICT_NO_DIFFERENCE);
    assert_int_equal(within.gate, GATE_COUNTER_ERROR);
    Cell beyond = judged_difference(RSS_COUNTER_ERROR_BYTES + 4096, METRIC_PEAK_RSS);
    assert_int_equal(beyond.verdict, VERDICT_WORSE);
    Cell limit = judged_difference(RSS_COUNTER_ERROR_BYTES * 3 / 4, METRIC_MEMORY_LIMIT); /* no counter is read */
    assert_int_equal(limit.verdict, VERDICT_WORSE);
    Cell step = judged_difference(RSS_COUNTER_ERROR_BYTES / 4, METRIC_MEMORY_LIMIT); /* less than the search resolves */
    assert_int_equal(step.verdict, VERDICT_NO_DIFFERENCE);
    assert_int_equal(step.gate, GATE_RESOLUTION);
}

/* 100 of 200 pairs of live bytes at 10 MiB: 256 KiB are 0.025 of what is live. */
static void the_counter_error_of_a_multiple_is_a_share_of_live_bytes(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 1, .arms = 1, .blocks = 4, .seed = 1, .series = true, .series_points = 5};
    Run *run = fake_run(&spec);
    run->meta.rows[0].memory = true;
    const double seconds[] = {0, 1, 2, 3, 4}, rss[] = {20, 20, 20, 20, 20}, live[] = {10, 10, 10, 10, 10};
    for (size_t i = 0; i < run->sample_count; i++)
        set_series(&run->samples[i], 5, seconds, rss, live, NULL);
    Comparison *comparison = comparison_of_run(run, METRIC_OVERHEAD, 0);
    assert_near(comparison->rows[0].counter_error, 0.025, 1e-12);
    assert_near(comparison->rows[0].cells[0].median, 2, 1e-12);
    comparison_free(comparison);
    run_free(run);
}

static void give_histogram(Sample *sample, const char *name, const uint32_t *buckets, const uint64_t *hits,
                           size_t count) {
    sample->histograms = grow(sample->histograms, sample->histogram_count + 1, sizeof *sample->histograms);
    Histogram *histogram = &sample->histograms[sample->histogram_count++];
    *histogram = (Histogram){.name = text_copy(name), .count = count};
    histogram->bucket = zeroed(count, sizeof *histogram->bucket);
    histogram->hits = zeroed(count, sizeof *histogram->hits);
    memcpy(histogram->bucket, buckets, count * sizeof *buckets);
    memcpy(histogram->hits, hits, count * sizeof *hits);
}

/* Buckets of 10,240 and 20,480 ps are 160 and 320 ps wide (1/64 of an octave's beginning at 10,240 = 160 * 64). */
static void percentiles_lie_inside_their_bucket(void **state) {
    (void)state;
    Run *run = small_run();
    run->meta.mode = MODE_LATENCY;
    Sample *sample = &run->samples[0];
    uint32_t buckets[] = {slot_histogram_bucket(10240), slot_histogram_bucket(20480)};
    double width = (double)(slot_histogram_value(buckets[0] + 1) - slot_histogram_value(buckets[0]));
    const uint64_t hits[] = {9000, 1000};
    give_histogram(sample, "malloc sampled", buckets, hits, 2);
    assert_near(value_of(run, sample, METRIC_MALLOC_P50),
                ((double)slot_histogram_value(buckets[0]) + width * (5000 - 0.5) / 9000) / 1000, 1e-9);
    /* Rank 9,900 is the 900th of the second bucket's 1,000; exactly 100 lie beyond. */
    double second = (double)slot_histogram_value(buckets[1]), end = (double)slot_histogram_value(buckets[1] + 1);
    assert_near(value_of(run, sample, METRIC_MALLOC_P99), (second + (end - second) * 0.8995) / 1000, 1e-9);
    sample->histograms[0].hits[1]--; /* 9,999 samples: 99 lie beyond p99 */
    assert_true(isnan(value_of(run, sample, METRIC_MALLOC_P99)));
    assert_true(isnan(value_of(run, sample, METRIC_MALLOC_P999))); /* the other method's */
    assert_true(isnan(value_of(run, sample, METRIC_FREE_P50)));
    assert_true(isnan(value_of(run, sample, METRIC_THROUGHPUT))); /* the clock readings are in it */
    run_free(run);
}

static int compare_doubles(const void *a, const void *b) {
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

/* Against the sorted values themselves: no percentile is off by more than a bucket, 1/64 of the value. */
static void percentiles_equal_those_of_the_values(void **state) {
    (void)state;
    enum { VALUES = 200000 };
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    double *values = zeroed(VALUES, sizeof *values);
    uint64_t *hits = zeroed(SLOT_HISTOGRAM_BUCKETS, sizeof *hits);
    for (size_t i = 0; i < VALUES; i++) {
        values[i] = floor(exp(gsl_ran_gaussian(rng, 1.5)) * 20000);
        hits[slot_histogram_bucket((uint64_t)values[i])]++;
    }
    qsort(values, VALUES, sizeof *values, compare_doubles);
    Latency latency = {.hits = hits, .samples = VALUES, .slots = 1};
    static const double quantiles[] = {0.01, 0.5, 0.9, 0.99, 0.999, 0.9995};
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        double ns, exact = values[(size_t)(quantiles[i] * VALUES + 0.5) - 1] / 1000;
        assert_true(latency_percentile(&latency, quantiles[i], &ns));
        assert_near(ns / exact, 1, 1.0 / 64);
    }
    double ns;
    assert_false(latency_percentile(&latency, 0.9999, &ns)); /* 20 beyond */

    LatencyPoint *points = zeroed(SLOT_HISTOGRAM_BUCKETS + 1, sizeof *points);
    size_t count = latency_curve(&latency, points);
    for (size_t i = 1; i < count; i++) {
        assert_true(points[i].quantile > points[i - 1].quantile);
        assert_true(points[i].ns > points[i - 1].ns);
    }
    assert_true((1 - points[count - 2].quantile) * VALUES >= LATENCY_SAMPLES_BEYOND - 1e-6);
    assert_near(points[count - 1].quantile, 1, 0);
    assert_near(points[count - 1].ns * 1000 / values[VALUES - 1], 1, 1.0 / 64);
    free(points);
    free(hits);
    free(values);
    gsl_rng_free(rng);
}

static void slots_are_merged_and_drops_counted(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 1, .arms = 2, .blocks = 3, .seed = 1};
    Run *run = fake_run(&spec);
    run->meta.mode = MODE_LATENCY;
    for (size_t i = 0; i < run->sample_count; i++) {
        const uint32_t buckets[] = {100 + run->samples[i].arm, 500};
        const uint64_t hits[] = {1000, 10}, empty[] = {400, 0};
        const uint32_t seven[] = {slot_histogram_bucket(7000), 2000};
        give_histogram(&run->samples[i], "free chain", buckets, hits, 2);
        give_histogram(&run->samples[i], "empty sampled", seven, empty, 2);
        give_histogram(&run->samples[i], "malloc sampled", buckets, hits, 2);
        sample_add_measure(&run->samples[i], "latency_dropped", 3, NULL);
    }
    fake_fail(run, 0, 1, 1, SAMPLE_CRASHED, NULL);
    BlockTable *tables = block_tables_of_run(run, BLOCKS_COMPARED);
    Latency baseline = latency_of_column(&tables[0], 0, SLOT_CALL_FREE, SLOT_METHOD_CHAIN),
            arm = latency_of_column(&tables[0], 1, SLOT_CALL_FREE, SLOT_METHOD_CHAIN),
            none = latency_of_column(&tables[0], 1, SLOT_CALL_FREE, SLOT_METHOD_SAMPLED);
    assert_int_equal(baseline.samples, 3 * 1010);
    assert_int_equal(baseline.hits[100], 3000);
    assert_int_equal(baseline.dropped, 9);
    assert_int_equal(arm.slots, 2);
    assert_int_equal(arm.hits[101], 2000);
    assert_int_equal(none.samples, 0);
    LatencyPoint point;
    assert_int_equal(latency_curve(&none, &point), 0);
    latency_release(&baseline);
    latency_release(&arm);
    latency_release(&none);
    block_tables_free(tables, 1);

    Comparison *comparison = comparison_of_run(run, METRIC_MALLOC_P50, 0);
    assert_near(comparison->rows[0].timer_floor_ns, 7, 7.0 / 64);
    comparison_free(comparison);
    comparison = comparison_of_run(run, METRIC_MALLOC_P999, 0); /* no empty chain was read */
    assert_true(isnan(comparison->rows[0].timer_floor_ns));
    comparison_free(comparison);
    run_free(run);
}

/* A count of 0 has no ratio; of the blocks in which it happens not to be 0 alone there would be one that flatters. */
static void counts_of_zero_have_no_ratio(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 1, .arms = 3, .blocks = 12, .seed = 1};
    Run *run = fake_run(&spec);
    for (size_t i = 0; i < run->sample_count; i++) {
        Sample *sample = &run->samples[i];
        sample->minor_faults = sample->arm == 1 && sample->block == 3 ? 0 : 4000;
        sample->voluntary_switches = 30;
        sample->involuntary_switches = sample->arm == 2 ? 10 : 30;
    }
    Comparison *faults = comparison_of_run(run, METRIC_MINOR_FAULTS, 0),
               *switches = comparison_of_run(run, METRIC_CONTEXT_SWITCHES, 0);
    const Cell *some = comparison_cell(&faults->rows[0], 1, false),
               *fewer = comparison_cell(&switches->rows[0], 2, false);
    assert_int_equal(some->ok, 12);
    assert_near(some->median, 1, 1e-12); /* 4,000 of 4,000,000 operations */
    assert_int_equal(some->pairs, 0);
    assert_true(isnan(some->ratio.estimate) && isnan(faults->geometric_mean[1].estimate));
    assert_int_equal(some->verdict, VERDICT_FAILED);
    assert_near(fewer->ratio.estimate, 40.0 / 60, 1e-12);
    assert_int_equal(fewer->verdict, VERDICT_BETTER);
    comparison_free(faults);
    comparison_free(switches);

    sample_add_measure(&run->samples[0], "hw_cycles", NAN, "perf_event_paranoid is 3");
    Metric counted[METRIC_COUNT];
    assert_int_equal(metrics_counted(run, counted), 3); /* faults, switches, and cycles for the reason */
    run_free(run);
}

static Run *icount_run(double factor, uint64_t seed, bool threads) {
    FakeSpec spec = {.rows = 1, .arms = 2, .blocks = 3, .seed = 1};
    Run *run = fake_run(&spec);
    run->meta.mode = MODE_ICOUNT;
    run->meta.rows[0].sha256 = text_copy("aa");
    for (size_t i = 0; i < run->sample_count; i++) {
        Sample *sample = &run->samples[i];
        sample->seed = seed;
        sample->elapsed_ns = 0;
        double value = sample->arm == 0 ? 90.25 : 41.5 * factor;
        sample_add_measure(sample, "instructions_per_operation",
                           value + (threads && sample->arm == 1 ? sample->block : 0), NULL);
    }
    return run;
}

static void instructions_rank_no_allocators(void **state) {
    (void)state;
    Run *run = icount_run(1, 5, false), *varying = icount_run(1, 5, true);
    Metric about[METRIC_COUNT];
    assert_int_equal(metrics_of_run(run, about), 1);
    assert_int_equal(about[0], METRIC_INSTRUCTIONS);
    Comparison *exact = comparison_of_run(run, METRIC_INSTRUCTIONS, 0),
               *varies = comparison_of_run(varying, METRIC_INSTRUCTIONS, 0);
    const Cell *arm = comparison_cell(&exact->rows[0], 1, false);
    assert_near(arm->median, 41.5, 0);
    assert_int_equal(arm->verdict, VERDICT_EXACT);
    assert_true(isnan(arm->ratio.estimate) && isnan(arm->p));
    assert_int_equal(exact->geometric_mean_rows[1], 0);
    assert_int_equal(comparison_cell(&exact->rows[0], 0, true)->verdict, VERDICT_EXACT);
    arm = comparison_cell(&varies->rows[0], 1, false);
    assert_int_equal(arm->verdict, VERDICT_VARIES);
    assert_near(arm->spread, 2 / 41.5, 1e-12);
    comparison_free(exact);
    comparison_free(varies);
    run_free(run);
    run_free(varying);
}

/* The arm of the second run needs 2 % more; another host does not matter, other code does. */
static void instructions_of_two_runs_differ_exactly(void **state) {
    (void)state;
    Run *before = icount_run(1, 5, false), *after = icount_run(1.02, 5, false), *varying = icount_run(1.02, 5, true);
    free(after->meta.host_json);
    after->meta.host_json = text_copy("{\"cpu_model\":\"another\",\"hostname\":\"b\",\"libc\":\"glibc 2.36\"}");
    after->meta.arms[0].sha256[0] = 'f'; /* nor does the baseline's library */
    assert_null(run_shift_refusal(before, after));
    RunShift *shift = run_shift_of_runs(before, after, METRIC_INSTRUCTIONS);
    assert_int_equal(shift->cell_count, 2); /* the baseline is compared with itself, too */
    assert_int_equal(shift->cells[0].verdict, VERDICT_NO_DIFFERENCE);
    assert_true(shift->cells[0].shift.low == 1 && shift->cells[0].shift.high == 1);
    assert_int_equal(shift->cells[1].verdict, VERDICT_WORSE);
    assert_true(shift->cells[1].exact);
    assert_near(shift->cells[1].shift.low, 1.02, 1e-12);
    assert_near(shift->cells[1].shift.high, 1.02, 1e-12);
    run_shift_free(shift);

    /* 42.33, 43.33, 44.33 against 41.5: the smallest and the largest of all pairs */
    shift = run_shift_of_runs(before, varying, METRIC_INSTRUCTIONS);
    assert_false(shift->cells[1].exact);
    assert_near(shift->cells[1].shift.low, 1.02, 1e-12);
    assert_near(shift->cells[1].shift.high, 44.33 / 41.5, 1e-12);
    run_shift_free(shift);

    free(after->meta.rows[0].sha256);
    after->meta.rows[0].sha256 = text_copy("bb");
    shift = run_shift_of_runs(before, after, METRIC_INSTRUCTIONS);
    assert_int_equal(shift->compared, 0);
    assert_non_null(strstr(shift->cells[0].refused, "executable of work0"));
    run_shift_free(shift);
    free(after->meta.rows[0].sha256);
    after->meta.rows[0].sha256 = text_copy("aa");
    free(before->meta.host_json);
    before->meta.host_json = text_copy("{\"libc\":\"glibc 2.31\"}");
    shift = run_shift_of_runs(before, after, METRIC_INSTRUCTIONS);
    assert_non_null(strstr(shift->cells[0].refused, "libc"));
    run_shift_free(shift);
    run_free(varying);

    Run *otherwise = icount_run(1, 6, false);
    shift = run_shift_of_runs(after, otherwise, METRIC_INSTRUCTIONS);
    assert_int_equal(shift->compared, 0);
    assert_non_null(strstr(shift->cells[0].refused, "seed"));
    run_shift_free(shift);
    otherwise->meta.mode = MODE_THROUGHPUT;
    char *refusal = run_shift_refusal(after, otherwise);
    assert_non_null(strstr(refusal, "modes differ"));
    free(refusal);
    run_free(otherwise);
    run_free(before);
    run_free(after);
}

/* What a run is about decides what it is shown by. */
static void each_kind_of_run_has_its_metrics(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 2, .arms = 2, .blocks = 2, .seed = 1, .series = true};
    Run *run = fake_run(&spec);
    Metric about[METRIC_COUNT];
    assert_int_equal(metrics_of_run(run, about), 2);
    assert_true(about[0] == METRIC_THROUGHPUT && about[1] == METRIC_PEAK_RSS);
    run->meta.rows[1].memory = true;
    sample_add_measure(fake_find(run, 1, 0, 0, false), "idle_rss_1s_bytes", 5e6, NULL);
    assert_int_equal(metrics_of_run(run, about), 5);
    static const Metric memory[] = {METRIC_THROUGHPUT, METRIC_PEAK_RSS, METRIC_MEAN_RSS, METRIC_OVERHEAD,
                                    METRIC_IDLE_RSS_1S};
    assert_memory_equal(about, memory, sizeof memory);
    Comparison *speed = comparison_of_run(run, METRIC_THROUGHPUT, 0);
    assert_true(speed->rows[0].applies);
    assert_false(speed->rows[1].applies);
    comparison_free(speed);
    run->meta.rows[0].memory = true;
    assert_int_equal(metrics_of_run(run, about), 4); /* no throughput left */
    assert_int_equal(about[0], METRIC_PEAK_RSS);
    run->meta.mode = MODE_LIMIT;
    assert_true(metrics_of_run(run, about) >= 1 && about[0] != METRIC_PEAK_RSS);
    run_free(run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_names_one_metric),
        cmocka_unit_test(floor_and_kit_are_not_the_allocators),
        cmocka_unit_test(mean_rss_is_weighted_by_time),
        cmocka_unit_test(overhead_is_one_and_waste_and_retention),
        cmocka_unit_test(memory_within_the_counter_error_proves_nothing),
        cmocka_unit_test(the_counter_error_of_a_multiple_is_a_share_of_live_bytes),
        cmocka_unit_test(percentiles_lie_inside_their_bucket),
        cmocka_unit_test(percentiles_equal_those_of_the_values),
        cmocka_unit_test(slots_are_merged_and_drops_counted),
        cmocka_unit_test(counts_of_zero_have_no_ratio),
        cmocka_unit_test(instructions_rank_no_allocators),
        cmocka_unit_test(instructions_of_two_runs_differ_exactly),
        cmocka_unit_test(each_kind_of_run_has_its_metrics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
