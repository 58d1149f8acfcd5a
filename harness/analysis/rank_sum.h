/*
 * rank_sum.h - two independent samples: by how much is the first above the second, and could it be nothing?
 *
 * The Wilcoxon-Mann-Whitney rank-sum test and the Hodges-Lehmann shift that belongs to it (Hollander, Wolfe and Chicken
 * 2014, chapter 4). For two runs, whose blocks have no partners. Exact, conditional on the midranks where there are
 * ties, up to RANK_SUM_EXACT_MAXIMUM values in all; above that the normal approximation with tie correction.
 */
#ifndef ALLOCBENCH_ANALYSIS_RANK_SUM_H
#define ALLOCBENCH_ANALYSIS_RANK_SUM_H

#include "statistics.h"

enum { RANK_SUM_EXACT_MAXIMUM = 60 };

/* Two-sided p; 1 when either sample is empty. */
double rank_sum_p(const double *first, size_t first_count, const double *second, size_t second_count);

/* The median of all first[i] - second[j], and as interval the k-th smallest and k-th largest of them. NAN interval
 * where the sizes allow none at CONFIDENCE_LEVEL (as 3 against 4). */
Estimate rank_sum_shift(const double *first, size_t first_count, const double *second, size_t second_count);

#endif
