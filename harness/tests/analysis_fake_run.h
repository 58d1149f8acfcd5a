/*
 * analysis_fake_run.h - a run built in memory with known truth, for the tests of analysis and report.
 *
 * Values are log-normal around a true value per (row, arm): a block effect that all slots of a block share, and a noise
 * of their own. Everything is drawn from the seed, so a failing test fails again.
 */
#ifndef ALLOCBENCH_TESTS_ANALYSIS_FAKE_RUN_H
#define ALLOCBENCH_TESTS_ANALYSIS_FAKE_RUN_H

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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
} FakeSpec;

static inline const char *fake_arm_name(size_t arm) {
    static const char *const names[] = {"glibc", "jemalloc", "mimalloc", "tcmalloc",
                                        "tbb",   "minipool", "limit",    "bump"};
    return arm < sizeof names / sizeof *names ? names[arm] : "other";
}

static inline void fake_series(Sample *sample, gsl_rng *rng) {
    Series *series = &sample->series;
    series->count = FAKE_SERIES_POINTS;
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
        fake_series(sample, rng);
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

static inline void fake_name_row(Run *run, uint32_t row, const char *name, const char *workload, uint32_t threads) {
    Row *plan = &run->meta.rows[row];
    free(plan->name);
    free(plan->workload);
    plan->name = text_copy(name);
    plan->workload = text_copy(workload);
    plan->threads = threads;
}

#endif
