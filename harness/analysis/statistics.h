/*
 * statistics.h - what several tables need: medians, order-statistic intervals, Spearman, Benjamini-Hochberg.
 *
 * Pure functions of their arguments, safe to call from any thread. Inputs are never reordered.
 */
#ifndef ALLOCBENCH_ANALYSIS_STATISTICS_H
#define ALLOCBENCH_ANALYSIS_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>

/* All intervals of this program are at this level. */
#define CONFIDENCE_LEVEL 0.95

/* An estimate of location with its interval; low and high are NAN where n allows none at CONFIDENCE_LEVEL. */
typedef struct Estimate {
    double estimate, low, high;
} Estimate;

/* The median, mean of the middle two for an even n; NAN for n = 0. */
double median_of(const double *values, size_t n);

/* Median with its order-statistic interval: [x(k), x(n+1-k)] for the largest k with P(Binomial(n, 1/2) < k) <= 2.5 %.
 * Distribution-free; exists from n = 6. */
Estimate median_with_interval(const double *values, size_t n);

/* Spearman's rank correlation of value and position; NAN under 6 values, 0 when all are equal. */
double drift_of(const double *values, size_t n);

/* Benjamini and Hochberg 1995: the step-up procedure at false discovery rate `rate`. passes[i] says whether p[i] is
 * rejected; a NAN is no test: it never passes and does not count. */
void benjamini_hochberg(const double *p, size_t n, double rate, bool *passes);

/* Midranks of `values`, doubled so that they are integers: 2, 4, 6 without ties; 3, 3, 6 when the first two tie. */
void doubled_midranks(const double *values, size_t n, size_t *ranks);

#endif
