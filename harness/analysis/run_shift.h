/*
 * run_shift.h - two runs against each other: did an arm move relative to its own run's baseline?
 *
 * There are no block pairs across runs. For each row and arm of the same name, the log-ratios to each run's own
 * baseline form two independent samples; their Hodges-Lehmann difference and rank-sum test are judged together by
 * Benjamini-Hochberg. Before and after of one's own change belong in one run as two arms instead: pairs see more.
 *
 * Instructions an operation (metric_is_ratio_free) are different: they are counted, not timed, so each arm is compared
 * with itself, baseline included, and neither the host nor the baseline has to be the same. What has to be is all that
 * is counted beside the arm: mode, row, work, seed, the workload's executable, the C library and the kind of processor.
 */
#ifndef ALLOCBENCH_ANALYSIS_RUN_SHIFT_H
#define ALLOCBENCH_ANALYSIS_RUN_SHIFT_H

#include "comparison.h"

/* One arm of one row that both runs have. Names belong to the first run. */
typedef struct ShiftCell {
    const char *row, *arm;
    size_t first_pairs, second_pairs; /* of counts: slots that have a value */
    double first_ratio, second_ratio; /* to each run's own baseline; NAN without pairs, and of counts */
    double first_value, second_value; /* medians of the arm's own values, in the metric's unit */
    Interval shift;                   /* second over first: over 1 the arm's value grew against its baseline. Of counts:
                                         the median and the whole range of all pairs of slots with the same seed */
    double p;                         /* rank-sum, two-sided; NAN where there is no interval, and of counts */
    bool exact;                       /* counts: within each run all slots with the same seed gave the same value */
    double counter_error;             /* as of a ComparisonRow */
    bool unstable;                    /* the row is, in either run, by this metric */
    bool failing;                     /* over a fifth of the arm's slots failed, in either run */
    bool lower_bound;                 /* one of the peaks behind it is known only as ">=" */
    Verdict verdict;
    Gate gate;
    char *refused; /* why these two must not be compared; NULL when they may. Owned */
} ShiftCell;

typedef struct RunShift {
    Metric metric;
    ShiftCell *cells;  /* rows, then arms */
    size_t cell_count; /* in the order of the first run; the baseline only of counts */
    size_t compared;   /* cells that were not refused */
} RunShift;

/* Why the runs as a whole must not be compared, as one line without a full stop: another mode, host or baseline. Of
 * merged runs, which have several hosts, each row has its own answer. Owned; NULL when they may. */
char *run_shift_refusal(const Run *first, const Run *second);

/* Rows of the same name; that of a merged run without its host. */
bool run_shift_same_row(const RunMeta *mine, const Row *a, const RunMeta *theirs, const Row *b);

RunShift *run_shift_of_runs(const Run *first, const Run *second, Metric metric);
void run_shift_free(RunShift *shift);

#endif
