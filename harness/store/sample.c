/*
 * sample.c - names of the statuses and release of the plain structs.
 */
#include "run_store.h"

#include <stdlib.h>
#include <string.h>

static const char *const status_names[SAMPLE_STATUS_COUNT] = {
    "ok", "crashed", "out-of-memory", "timeout", "corrupt", "preload-failed", "unsupported",
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

void sample_release(Sample *sample) {
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
        free(row->unit);
        free(row->unsupported);
        free(row->sha256);
    }
    free(meta->rows);
    *meta = (RunMeta){0};
}
