/*
 * sample.c - names of the statuses and modes, access to and release of the plain structs.
 */
#include "run_store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static const char *const status_names[SAMPLE_STATUS_COUNT] = {
    "ok", "crashed", "out-of-memory", "timeout", "corrupt", "preload-failed", "unsupported", "failed", "wrong-output",
};

const char *sample_status_name(SampleStatus status) {
    return (unsigned)status < SAMPLE_STATUS_COUNT ? status_names[status] : "unknown";
}

bool sample_status_parse(const char *name, SampleStatus *status) {
    for (unsigned i = 0; i < SAMPLE_STATUS_COUNT; i++) {
        if (strcmp(name, status_names[i]) == 0) {
            *status = (SampleStatus)i;
            return true;
        }
    }
    return false;
}

static const char *const mode_names[MODE_COUNT] = {"throughput", "latency", "icount", "limit"};

const char *run_mode_name(RunMode mode) {
    return (unsigned)mode < MODE_COUNT ? mode_names[mode] : "unknown";
}

bool run_mode_parse(const char *name, RunMode *mode) {
    for (unsigned i = 0; i < MODE_COUNT; i++) {
        if (strcmp(name, mode_names[i]) == 0) {
            *mode = (RunMode)i;
            return true;
        }
    }
    return false;
}

bool run_row_has_arm(const RunMeta *meta, uint32_t row, size_t arm) {
    bool absent = arm < MERGED_ARMS_LIMIT && (meta->rows[row].absent_arms >> arm & 1) != 0;
    return meta->arms[arm].available && !absent;
}

uint32_t run_observed_blocks(const RunMeta *meta) {
    return meta->memory_blocks + meta->counter_blocks + meta->syscall_blocks + meta->tier_blocks;
}

BlockKind run_block_kind(const RunMeta *meta, uint32_t block) {
    if (block < meta->memory_blocks)
        return BLOCKS_OF_MEMORY;
    if (block < meta->memory_blocks + meta->counter_blocks)
        return BLOCKS_OF_COUNTERS;
    if (block < meta->memory_blocks + meta->counter_blocks + meta->syscall_blocks)
        return BLOCKS_OF_SYSCALLS;
    return block < run_observed_blocks(meta) ? BLOCKS_OF_TIERS : BLOCKS_COMPARED;
}

double sample_measure(const Sample *sample, const char *name) {
    for (size_t i = 0; i < sample->measure_count; i++) {
        if (strcmp(sample->measures[i].name, name) == 0)
            return sample->measures[i].value;
    }
    return NAN;
}

void sample_add_measure(Sample *sample, const char *name, double value, const char *reason) {
    sample->measures = grow(sample->measures, sample->measure_count + 1, sizeof *sample->measures);
    sample->measures[sample->measure_count++] = (Measure){
        .name = text_copy(name),
        .value = value,
        .reason = reason == NULL ? NULL : text_copy(reason),
    };
}

void sample_release(Sample *sample) {
    for (size_t i = 0; i < sample->measure_count; i++) {
        free(sample->measures[i].name);
        free(sample->measures[i].reason);
    }
    free(sample->measures);
    for (size_t i = 0; i < sample->histogram_count; i++) {
        free(sample->histograms[i].name);
        free(sample->histograms[i].bucket);
        free(sample->histograms[i].hits);
    }
    free(sample->histograms);
    free(sample->probes);
    free(sample->series.usable_bytes);
    free(sample->message);
    free(sample->malloc_library);
    free(sample->series.time_ns);
    free(sample->series.rss_bytes);
    free(sample->series.live_bytes);
    *sample = (Sample){0};
}

void run_meta_release(RunMeta *meta) {
    free(meta->id);
    free(meta->created);
    free(meta->suite);
    free(meta->command);
    free(meta->host_json);
    for (size_t i = 0; i < meta->arm_count; i++) {
        Arm *arm = &meta->arms[i];
        free(arm->name);
        free(arm->label);
        free(arm->path);
        free(arm->environment);
        free(arm->sha256);
        free(arm->reason);
    }
    free(meta->arms);
    for (size_t i = 0; i < meta->row_count; i++) {
        Row *row = &meta->rows[i];
        free(row->name);
        free(row->workload);
        free(row->arguments);
        free(row->sweep);
        free(row->unit);
        free(row->unsupported);
        free(row->sha256);
        free(row->own_program);
    }
    free(meta->rows);
    *meta = (RunMeta){0};
}
