/*
 * signed_rank.h - one sample of differences: where is its centre, and could the centre be 0?
 *
 * The Wilcoxon signed-rank test and the Hodges-Lehmann estimate that belongs to it (Hodges and Lehmann 1963; Hollander,
 * Wolfe and Chicken 2014, chapter 3). Exact up to SIGNED_RANK_EXACT_MAXIMUM differences, by the normal approximation
 * above. Needs only that equal arms give differences symmetric about 0, which the shuffled order of a block provides.
 *
 * Ties and zeros: tied magnitudes share their midrank; zeros are ranked with the others and then dropped (Pratt 1959).
 * The distribution is conditional on the observed ranks, so the test stays exact with either.
 */
#ifndef ALLOCBENCH_ANALYSIS_SIGNED_RANK_H
#define ALLOCBENCH_ANALYSIS_SIGNED_RANK_H

#include "statistics.h"

enum { SIGNED_RANK_EXACT_MAXIMUM = 200 };

/* Two-sided p; 1 when every difference is 0 or n is 0. */
double signed_rank_p(const double *differences, size_t n);

/* The median of the n(n+1)/2 Walsh averages, and as interval the k-th smallest and k-th largest of them, k being the
 * largest count that keeps the coverage at CONFIDENCE_LEVEL or above. NAN interval under 6 differences. */
Estimate signed_rank_estimate(const double *differences, size_t n);

/* The estimate alone, written over `walsh`, which has room for n(n+1)/2 values: for those that need it very often. */
double hodges_lehmann(const double *differences, size_t n, double *walsh);

#endif
