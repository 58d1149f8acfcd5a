/*
 * comparison.h - from samples to ratios, intervals and verdicts. Pure functions: no I/O, no clock, no global state;
 * random draws are seeded from the run's seed, so the same samples give the same table on any machine.
 *
 * Method (docs/measurement.md): inside each block r = value(arm) / value(reference); the headline is the Hodges-Lehmann
 * estimate of log r over the blocks, its interval the exact Wilcoxon signed-rank interval. Several tests in a table are
 * judged together by Benjamini-Hochberg.
 */
#ifndef ALLOCBENCH_ANALYSIS_COMPARISON_H
#define ALLOCBENCH_ANALYSIS_COMPARISON_H

#include "block_table.h"

typedef enum Verdict {
    VERDICT_NO_DIFFERENCE, /* "~" */
    VERDICT_BETTER,        /* "faster" or "leaner" */
    VERDICT_WORSE,         /* "slower" or "fatter" */
    VERDICT_TOO_FEW,       /* "n too small": under 10 pairs no verdict, under 6 no interval either */
    VERDICT_UNSTABLE,      /* the baseline differs from itself: the row proves nothing */
    VERDICT_FAILED,        /* no pair at all; status says why */
    VERDICT_SKIPPED,       /* the arm is not available */
    VERDICT_REFERENCE,     /* the arm that the others are compared with */
    VERDICT_EXACT,         /* of metrics that rank no allocators: every slot gave the same value */
    VERDICT_VARIES,        /* the same: they did not */
} Verdict;

/* No interval under SMALLEST_INTERVAL pairs, no verdict under SMALLEST_VERDICT. */
enum { SMALLEST_INTERVAL = 6, SMALLEST_VERDICT = 10 };

/* A row of which a larger share of the compared blocks is disturbed is unstable. */
#define DISTURBED_TOO_OFTEN 0.2

/* What kept a '~' whose own interval excludes 1 from being a verdict. */
typedef enum Gate {
    GATE_NONE,
    GATE_MULTIPLICITY,  /* p does not pass Benjamini-Hochberg over the table */
    GATE_THRESHOLD,     /* smaller than the run's threshold */
    GATE_NOISE_FLOOR,   /* smaller than what the baseline differs from itself */
    GATE_COUNTER_ERROR, /* memory: the medians differ by no more than the kernel's counters may be off */
    GATE_RESOLUTION,    /* memory limits: smaller than the step of the search */
    GATE_LOWER_BOUND,   /* a peak known only as ">=" could be on the other side of 1 */
} Gate;

typedef struct Interval {
    double estimate, low, high; /* ratios; low and high are NAN where there is no interval */
} Interval;

typedef struct Cell {
    uint32_t arm;
    bool control;  /* the A/A cell of the row: the baseline's second slot against its first, whatever the reference */
    size_t pairs;  /* blocks in which both this arm and the reference are ok */
    size_t failed; /* slots of this arm that did not end ok */
    SampleStatus worst_status;      /* most frequent failure; SAMPLE_OK when none */
    const char *message;            /* what such a failure said, or why there is no value; NULL when nothing did */
    Interval ratio;                 /* against the reference */
    double p;                       /* exact two-sided signed-rank; NAN when too few */
    size_t ok;                      /* slots of this arm that ended ok: the values behind the median */
    double median;                  /* of this arm's own values, in the metric's unit */
    double median_low, median_high; /* its order-statistic 95 % interval; NAN when too few */
    bool lower_bound;               /* METRIC_PEAK_RSS: at least one value is only a lower bound (">=") */
    Verdict verdict;
    Gate gate;
    double spread;     /* of the arm's own values: largest over smallest - 1; NAN under two values or at 0 */
    double half_width; /* of the ratio's interval, relative: 0.03 = 3 %; NAN where there is no interval */
    bool imprecise;    /* the half-width is over the run's wished precision */
} Cell;

typedef struct ComparisonRow {
    uint32_t row;
    Cell *cells; /* one an arm in the order of the run's arms, then the control when there is one */
    size_t cell_count;
    size_t blocks; /* complete blocks of this row */
    bool unstable; /* the A/A ratio differs from 1 by more than the threshold, beyond chance over all rows; or: */
    bool disturbed_too_often; /* more than DISTURBED_TOO_OFTEN of its blocks */
    size_t disturbed;         /* blocks that stayed disturbed after being redone as often as allowed */
    bool applies;             /* false: the row has none of this metric and is not to be shown */
    double counter_error; /* medians that differ by no more than this prove nothing; in the metric's unit, 0: any may */
    double timer_floor_ns; /* of latency metrics: what an empty call reads, median over the row; NAN when unknown */
    double noise_floor;    /* farther bound of the A/A interval from 1, as |r - 1|; NAN when unknown */
    double drift;          /* Spearman correlation of block index and the reference's value; NAN when n < 6 */
} ComparisonRow;

typedef struct Comparison {
    Metric metric;
    uint32_t reference; /* index of the arm compared with */
    ComparisonRow *rows;
    size_t row_count;
    Interval *geometric_mean;    /* one an arm over the rows where it has a ratio; hierarchical bootstrap interval */
    size_t *geometric_mean_rows; /* over how many rows */
} Comparison;

Comparison *comparison_of_run(const Run *run, Metric metric, uint32_t reference);
void comparison_free(Comparison *comparison);

/* The widest half-width of the intervals of what the row is about (metric_of_row) by now (0.03 = 3 %); INFINITY while n
 * < 6. The experiment asks this to stop on precision, never on significance. An arm that keeps failing is left out, so
 * that it cannot hold a run open; 0 when no arm is left. */
double comparison_half_width(const Run *run, uint32_t row);

/* How far the medians of two columns must be apart to prove anything, in the metric's unit: RSS_COUNTER_ERROR_BYTES for
 * what is read from the kernel's counters, or as a multiple of what the reference column's slots held; else 0. */
double comparison_counter_error(const BlockTable *table, Metric metric, size_t reference);
/* True when a peak of this column is known only as ">=". */
bool comparison_has_lower_bound(const BlockTable *table, Metric metric, size_t column);

/* The cell of `arm` in `row`, or of the control; NULL when there is none. */
const Cell *comparison_cell(const ComparisonRow *row, uint32_t arm, bool control);

/* True when over a fifth of the arm's slots failed: what is left of it proves little. */
bool comparison_cell_is_failing(const Cell *cell);

/* "faster", "~", "n too small", ...: what a table shows. */
const char *verdict_name(Verdict verdict, Metric metric);
/* "threshold", "noise floor", ...; "" for GATE_NONE. */
const char *gate_name(Gate gate);

#endif
