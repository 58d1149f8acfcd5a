/*
 * analysis_fake_run.h - a run built in memory with known truth, for the tests of analysis and report.
 *
 * Values are log-normal around a true value per (row, arm): a block effect that all slots of a block share, and a noise
 * of their own. Everything is drawn from the seed, so a failing test fails again.
 */
#ifndef ALLOCBENCH_TESTS_ANALYSIS_FAKE_RUN_H
#define ALLOCBENCH_TESTS_ANALYSIS_FAKE_RUN_H

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../workloads/kit/slot_protocol.h"
#include "../store/run_store.h"
#include "../store/text.h"

enum { FAKE_SERIES_POINTS = 60 };

typedef struct FakeSpec {
    size_t rows, arms, blocks;
    double noise;       /* standard deviation of a slot's log value */
    double block_noise; /* of what a whole block shares */
    uint64_t seed;
    double (*speed)(size_t row, size_t arm);  /* true ratio of operations a second; NULL: 1 everywhere */
    double (*memory)(size_t row, size_t arm); /* true ratio of peak RSS; NULL: 1 everywhere */
    bool series;
    size_t series_points; /* 0: FAKE_SERIES_POINTS */
} FakeSpec;

static inline const char *fake_arm_name(size_t arm) {
    static const char *const names[] = {"glibc", "jemalloc", "mimalloc", "tcmalloc",
                                        "tbb",   "minipool", "limit",    "bump"};
    return arm < sizeof names / sizeof *names ? names[arm] : "other";
}

static inline void fake_series(Sample *sample, size_t points, gsl_rng *rng) {
    Series *series = &sample->series;
    series->count = points ? points : FAKE_SERIES_POINTS;
    series->time_ns = zeroed(series->count, sizeof *series->time_ns);
    series->rss_bytes = zeroed(series->count, sizeof *series->rss_bytes);
    series->live_bytes = zeroed(series->count, sizeof *series->live_bytes);
    for (size_t i = 0; i < series->count; i++) {
        double share = (double)(i + 1) / (double)series->count;
        double shape = share < 0.3 ? share / 0.3 : share < 0.7 ? 1 : 1 - 0.8 * (share - 0.7) / 0.3;
        double held = share < 0.7 ? shape : 1 - 0.3 * (share - 0.7) / 0.3;
        series->time_ns[i] = (uint64_t)(share * (double)sample->elapsed_ns);
        series->rss_bytes[i] = (uint64_t)((double)sample->peak_rss_bytes * held * (1 - 0.01 * gsl_rng_uniform(rng)));
        series->live_bytes[i] = (int64_t)(20e6 * (1 + sample->row) * shape);
    }
}

static inline void fake_sample(const FakeSpec *spec, Sample *sample, double block_effect, gsl_rng *rng) {
    double speed = spec->speed ? spec->speed(sample->row, sample->arm) : 1;
    double memory = spec->memory ? spec->memory(sample->row, sample->arm) : 1;
    double noise = gsl_ran_gaussian(rng, spec->noise);
    sample->operations = 4000000;
    sample->elapsed_ns = (uint64_t)(0.25e9 / speed * exp(block_effect + noise));
    sample->peak_rss_bytes =
        (uint64_t)(30e6 * (1 + sample->row) * memory * exp(gsl_ran_gaussian(rng, spec->noise / 4)));
    sample->peak_is_exact = true;
    if (spec->series)
        fake_series(sample, spec->series_points, rng);
}

/* Row names are "row 0", ...; arms are glibc (the baseline), jemalloc, .... Freed by run_free(). */
static inline Run *fake_run(const FakeSpec *spec) {
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, (unsigned long)spec->seed);
    Run *run = zeroed(1, sizeof *run);
    run->folder = text_copy("fake");
    RunMeta *meta = &run->meta;
    meta->format_version = RUN_FORMAT_VERSION;
    meta->id = text_copy("20260101T000000Z-fake");
    meta->created = text_copy("2026-01-01T00:00:00Z");
    meta->suite = text_copy("fake");
    meta->command = text_copy("allocbench run");
    meta->host_json = text_copy("{\"cpu_model\":\"a cpu\",\"kernel\":\"6.1\",\"load\":\"0.1\"}");
    meta->seed = spec->seed;
    meta->precision = 0.03;
    meta->threshold = 0.01;
    meta->arm_count = spec->arms;
    meta->row_count = spec->rows;
    meta->arms = zeroed(spec->arms, sizeof *meta->arms);
    meta->rows = zeroed(spec->rows, sizeof *meta->rows);
    for (size_t arm = 0; arm < spec->arms; arm++)
        meta->arms[arm] = (Arm){.name = text_copy(fake_arm_name(arm)),
                                .label = text_format("%s 1.0", fake_arm_name(arm)),
                                .path = text_format("/lib/%s.so", fake_arm_name(arm)),
                                .environment = text_copy(""),
                                .sha256 = text_format("%064zx", arm),
                                .available = true};
    for (size_t row = 0; row < spec->rows; row++)
        meta->rows[row] = (Row){.name = text_format("row %zu", row),
                                .workload = text_format("work%zu", row),
                                .threads = 1,
                                .arguments = text_copy(""),
                                .unit = text_copy("operations"),
                                .operations = 4000000,
                                .scaled = true};
    run->samples = zeroed(spec->rows * spec->blocks * (spec->arms + 1), sizeof *run->samples);
    for (uint32_t row = 0; row < spec->rows; row++)
        for (uint32_t block = 0; block < spec->blocks; block++) {
            double effect = gsl_ran_gaussian(rng, spec->block_noise);
            for (uint32_t column = 0; column <= spec->arms; column++) {
                bool control = column == spec->arms;
                Sample *sample = &run->samples[run->sample_count++];
                *sample = (Sample){.row = row, .block = block, .arm = control ? 0 : column, .control = control};
                sample->position = column;
                fake_sample(spec, sample, effect, rng);
            }
        }
    gsl_rng_free(rng);
    return run;
}

static inline Sample *fake_find(Run *run, uint32_t row, uint32_t block, uint32_t arm, bool control) {
    for (size_t i = 0; i < run->sample_count; i++) {
        Sample *sample = &run->samples[i];
        if (sample->row == row && sample->block == block && sample->arm == arm && sample->control == control)
            return sample;
    }
    return NULL;
}

static inline void fake_fail(Run *run, uint32_t row, uint32_t arm, size_t blocks, SampleStatus status,
                             const char *message) {
    for (uint32_t block = 0; block < blocks; block++) {
        Sample *sample = fake_find(run, row, block, arm, false);
        sample->status = status;
        free(sample->message);
        sample->message = text_copy(message);
        sample->elapsed_ns /= 3; /* a failed slot is short: it must never count as a fast one */
    }
}

/* Removes every sample of an arm, as the experiment does for one that is not installed. */
static inline void fake_make_unavailable(Run *run, uint32_t arm, const char *reason) {
    size_t kept = 0;
    for (size_t i = 0; i < run->sample_count; i++) {
        if (run->samples[i].arm == arm && !run->samples[i].control)
            sample_release(&run->samples[i]);
        else
            run->samples[kept++] = run->samples[i];
    }
    run->sample_count = kept;
    run->meta.arms[arm].available = false;
    run->meta.arms[arm].reason = text_copy(reason);
}

/* Stores the run as a folder that run_load() reads; false with a line in `error`. */
static inline bool fake_store(const Run *run, const char *folder, StoreError *error) {
    RunWriter *writer = run_writer_create(folder, &run->meta, error);
    bool good = writer != NULL;
    for (size_t i = 0; i < run->sample_count && good; i++)
        good = run_writer_append(writer, &run->samples[i], error);
    run_writer_close(writer);
    return good;
}

static inline void fake_name_row(Run *run, uint32_t row, const char *name, const char *workload, uint32_t threads) {
    Row *plan = &run->meta.rows[row];
    free(plan->name);
    free(plan->workload);
    plan->name = text_copy(name);
    plan->workload = text_copy(workload);
    plan->threads = threads;
}

/* Gives every slot histograms of these calls ("malloc", ...) and of nothing, by both methods: log-normal around
 * `median_ns` times 1 + arm / 5, one call in 500 forty times as slow. Counts are the expected ones, so that
 * percentiles are known; slots differ by `noise` of the spec. */
static inline void fake_add_latencies(Run *run, const char *const *calls, double median_ns, uint64_t samples,
                                      double noise, uint64_t seed) {
    enum { BUCKETS = SLOT_HISTOGRAM_BUCKETS };
    static const char *const methods[] = {"sampled", "chain"};
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, (unsigned long)seed);
    size_t call_count = 0;
    while (calls[call_count])
        call_count++;
    for (size_t i = 0; i < run->sample_count; i++) {
        Sample *sample = &run->samples[i];
        sample->histograms = zeroed(2 * (call_count + 1), sizeof *sample->histograms);
        for (size_t c = 0; c <= call_count; c++)
            for (size_t m = 0; m < 2; m++) {
                Histogram *histogram = &sample->histograms[sample->histogram_count++];
                const char *call = c < call_count ? calls[c] : "empty";
                double typical = c < call_count ? median_ns * (1 + sample->arm / 5.0) * (1 + (double)c / 2) : 8;
                typical *= exp(gsl_ran_gaussian(rng, noise)) * (m == 1 ? 1.4 : 1);
                double slow = c < call_count ? 40 : 1, total = (double)samples * (m == 1 ? 64 : 1);
                histogram->name = text_format("%s %s", call, methods[m]);
                histogram->bucket = zeroed(BUCKETS, sizeof *histogram->bucket);
                histogram->hits = zeroed(BUCKETS, sizeof *histogram->hits);
                for (uint32_t b = 0; b + 1 < BUCKETS; b++) {
                    double low = (double)slot_histogram_value(b) / 1000,
                           high = (double)slot_histogram_value(b + 1) / 1000;
                    double share = 0.998 * (gsl_cdf_lognormal_P(high, log(typical), 0.25) -
                                            gsl_cdf_lognormal_P(low, log(typical), 0.25)) +
                                   0.002 * (gsl_cdf_lognormal_P(high, log(slow * typical), 0.4) -
                                            gsl_cdf_lognormal_P(low, log(slow * typical), 0.4));
                    uint64_t hits = (uint64_t)(share * total + 0.5);
                    if (hits == 0)
                        continue;
                    histogram->bucket[histogram->count] = b;
                    histogram->hits[histogram->count++] = hits;
                }
            }
    }
    gsl_rng_free(rng);
}

/* Makes the first blocks of a run with series those in which memory was counted: usable bytes are live bytes times
 * 1.05 + 0.05 * arm. */
static inline void fake_count_usable(Run *run, uint32_t blocks) {
    run->meta.memory_blocks = blocks;
    for (size_t i = 0; i < run->sample_count; i++) {
        Sample *sample = &run->samples[i];
        Series *series = &sample->series;
        series->usable_bytes = zeroed(series->count, sizeof *series->usable_bytes);
        for (size_t point = 0; point < series->count; point++)
            series->usable_bytes[point] = (int64_t)((double)series->live_bytes[point] * (1.05 + 0.05 * sample->arm));
    }
}

/* Gives the slots of a row what an idle phase measures: memory falls by half a second, by light traffic to a tenth. */
static inline void fake_add_idle(Run *run, uint32_t row) {
    static const struct {
        const char *name;
        double share;
    } moments[] = {{"idle_rss_0s_bytes", 1},
                   {"idle_rss_1s_bytes", 0.5},
                   {"idle_rss_3s_bytes", 0.25},
                   {"light_rss_1s_bytes", 0.2},
                   {"light_rss_3s_bytes", 0.1}};
    for (size_t i = 0; i < run->sample_count; i++) {
        Sample *sample = &run->samples[i];
        for (size_t m = 0; sample->row == row && m < sizeof moments / sizeof *moments; m++)
            sample_add_measure(sample, moments[m].name,
                               (double)sample->peak_rss_bytes * (sample->arm == 0 ? 0.9 : moments[m].share) *
                                   (1 + 0.1 * sample->arm),
                               NULL);
    }
}

/* Lets the first block after those of memory be one in which this arm counts itself: per 1,000 operations it has 1, 2
 * ... refills of each kind in row 0, ten times as many in row 1 and so on, 0.5 large blocks, and no calls for memory.
 * Other arms do not count. */
static inline void fake_add_tiers(Run *run, uint32_t arm) {
    static const char *const refills[] = {"heap_refills_held", "heap_refills_carved", "heap_spans_adopted",
                                          "heap_refills_page_heap"};
    run->meta.tier_blocks = 1;
    for (size_t i = 0; i < run->sample_count; i++) {
        Sample *sample = &run->samples[i];
        if (sample->block != run->meta.memory_blocks)
            continue;
        double thousands = (double)sample->operations / 1000;
        for (size_t m = 0; m < sizeof refills / sizeof *refills; m++)
            sample_add_measure(sample, refills[m],
                               sample->arm == arm ? (double)(m + 1) * pow(10, sample->row) * thousands : NAN,
                               sample->arm == arm ? NULL : "it does not count");
        if (sample->arm == arm) {
            sample_add_measure(sample, "heap_large_blocks", 0.5 * thousands, NULL);
            sample_add_measure(sample, "heap_os_calls", 0, NULL);
        }
    }
}

/* Turns every slot into a search for the smallest limit, which is the peak times 0.7 + 0.05 * arm. */
static inline void fake_add_limits(Run *run) {
    enum { PROBES = 7 };
    run->meta.mode = MODE_LIMIT;
    for (size_t i = 0; i < run->sample_count; i++) {
        Sample *sample = &run->samples[i];
        double smallest = (double)sample->peak_rss_bytes * (0.7 + 0.05 * sample->arm), free_run = 1e8;
        sample->elapsed_ns = 0;
        sample->probe_count = PROBES;
        sample->probes = zeroed(PROBES, sizeof *sample->probes);
        for (size_t p = 0; p < PROBES; p++) {
            static const double factors[PROBES] = {1.4, 0.7, 1.05, 0.9, 1, 0.96, 1.2};
            double limit = smallest * factors[p];
            sample->probes[p].limit_bytes = (uint64_t)limit;
            if (factors[p] >= 1)
                sample->probes[p].elapsed_ns = (uint64_t)(free_run * (1 + 0.02 / (factors[p] - 0.99)));
        }
        sample_add_measure(sample, "memory_limit_bytes", (double)(uint64_t)smallest, NULL);
        sample_add_measure(sample, "free_run_elapsed_ns", free_run, NULL);
    }
}

/* Makes row + 1 the same work as row without huge pages. */
static inline void fake_pair_rows(Run *run, uint32_t row) {
    Row *inherit = &run->meta.rows[row], *never = &run->meta.rows[row + 1];
    char *first = text_format("%s thp=inherit", inherit->name), *second = text_format("%s thp=never", inherit->name);
    char *workload = text_copy(inherit->workload);
    fake_name_row(run, row, first, workload, inherit->threads);
    fake_name_row(run, row + 1, second, workload, inherit->threads);
    never->thp = THP_NEVER;
    free(first);
    free(second);
    free(workload);
}

#endif
