/*
 * experiment.h - measuring a run: fits the work, then goes through the plan block by block and appends every slot to
 * the store at once. Judges nothing; tells progress through a callback.
 */
#ifndef ALLOCBENCH_EXPERIMENT_EXPERIMENT_H
#define ALLOCBENCH_EXPERIMENT_EXPERIMENT_H

#include <signal.h>

#include "catalogue.h"

typedef struct Progress {
    const char *activity; /* "fitting work" or "measuring" */
    const RunMeta *meta;
    uint32_t row, block;
    const char *arm;      /* of the slot that starts now; NULL between slots */
    size_t done, planned; /* slots; planned shrinks when rows are precise early */
    uint64_t elapsed_ns;
    uint64_t left_ns; /* estimate; 0 while work is fitted */
} Progress;

typedef void (*ProgressCallback)(void *user, const Progress *progress);

typedef enum ExperimentEnd {
    EXPERIMENT_COMPLETE,
    EXPERIMENT_OUT_OF_TIME, /* max_time_ns was over before the plan was */
    EXPERIMENT_INTERRUPTED,
    EXPERIMENT_FAILED, /* *error says why */
} ExperimentEnd;

typedef struct Experiment {
    RunMeta *meta; /* operations of scaled rows are filled in by experiment_fit_work() */
    const Catalogue *catalogue;
    const volatile sig_atomic_t *stop; /* non-zero: end soon */
    uint64_t max_time_ns;              /* 0: no limit */
    ProgressCallback progress;         /* may be NULL */
    void *user;
} Experiment;

/* Runs each scaled row without operations for the slot length on the baseline and notes how much it did, to two digits.
 * A row that cannot be fitted keeps the workload's default work. One whose arguments the workload refuses becomes
 * unsupported; a workload that refuses all its rows ends with EXPERIMENT_FAILED. */
ExperimentEnd experiment_fit_work(Experiment *experiment, StoreError *error);

/* For --dry-run: asks every workload whether it takes its rows' values, without running it. A refused row becomes
 * unsupported, and EXPERIMENT_FAILED is what it would be for experiment_fit_work(). */
ExperimentEnd experiment_check_rows(Experiment *experiment, StoreError *error);

/* Measures what the run in `folder` lacks; its writer is open. */
ExperimentEnd experiment_run(Experiment *experiment, const char *folder, RunWriter *writer, StoreError *error);

/* Time that the whole plan takes when nothing fails, for --dry-run. */
uint64_t experiment_estimate_ns(const RunMeta *meta);

#endif
