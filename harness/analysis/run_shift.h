/*
 * run_shift.h - two runs against each other: did an arm move relative to its own run's baseline?
 *
 * There are no block pairs across runs. For each row and arm of the same name, the log-ratios to each run's own
 * baseline form two independent samples; their Hodges-Lehmann difference and rank-sum test are judged together by
 * Benjamini-Hochberg. Before and after of one's own change belong in one run as two arms instead: pairs see more.
 */
#ifndef ALLOCBENCH_ANALYSIS_RUN_SHIFT_H
#define ALLOCBENCH_ANALYSIS_RUN_SHIFT_H

#include "comparison.h"

/* One arm of one row that both runs have. Names belong to the first run. */
typedef struct ShiftCell {
    const char *row, *arm;
    size_t first_pairs, second_pairs;
    double first_ratio, second_ratio; /* to each run's own baseline; NAN without pairs */
    Interval shift;                   /* second over first: over 1 the arm gained on its baseline */
    double p;                         /* rank-sum, two-sided; NAN where there is no interval */
    Verdict verdict;
    Gate gate;
    char *refused; /* why these two must not be compared; NULL when they may. Owned */
} ShiftCell;

typedef struct RunShift {
    Metric metric;
    ShiftCell *cells; /* in the order of the first run: rows, then arms; without the baseline */
    size_t cell_count;
    size_t compared; /* cells that were not refused */
} RunShift;

/* Why the runs as a whole must not be compared, as one line without a full stop: another host, another baseline. Owned;
 * NULL when they may. */
char *run_shift_refusal(const Run *first, const Run *second);

RunShift *run_shift_of_runs(const Run *first, const Run *second, Metric metric);
void run_shift_free(RunShift *shift);

#endif
