/*
 * statistics.c - medians, order-statistic intervals, Spearman, Benjamini-Hochberg.
 *
 * GSL does what it has: sorting, medians, selection and quantiles, Spearman's correlation, the binomial and normal
 * distributions, random numbers. It has neither the signed-rank nor the rank-sum test with their intervals, no midranks
 * (its Spearman keeps them to itself) and no control of the false discovery rate: those are written here and checked
 * against enumeration (tests/analysis_statistics.c).
 */
#include "statistics.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"

enum { SMALLEST_N_FOR_INTERVAL = 6 };

static double *sorted_copy(const double *values, size_t n) {
    double *sorted = zeroed(n, sizeof *sorted);
    memcpy(sorted, values, n * sizeof *sorted);
    gsl_sort(sorted, 1, n);
    return sorted;
}

double median_of(const double *values, size_t n) {
    if (n == 0)
        return NAN;
    double *sorted = sorted_copy(values, n);
    double median = gsl_stats_median_from_sorted_data(sorted, 1, n);
    free(sorted);
    return median;
}

Estimate median_with_interval(const double *values, size_t n) {
    Estimate result = {median_of(values, n), NAN, NAN};
    if (n < SMALLEST_N_FOR_INTERVAL)
        return result;
    const double tail = (1 - CONFIDENCE_LEVEL) / 2;
    size_t k = 1;
    while (k < n / 2 && gsl_cdf_binomial_P((unsigned)k, 0.5, (unsigned)n) <= tail)
        k++;
    double *sorted = sorted_copy(values, n);
    result.low = sorted[k - 1];
    result.high = sorted[n - k];
    free(sorted);
    return result;
}

double drift_of(const double *values, size_t n) {
    if (n < SMALLEST_N_FOR_INTERVAL)
        return NAN;
    double *position = zeroed(n, sizeof *position);
    double *work = zeroed(2 * n, sizeof *work);
    for (size_t i = 0; i < n; i++)
        position[i] = (double)i;
    double rho = gsl_stats_spearman(position, 1, values, 1, n, work);
    free(position);
    free(work);
    return isnan(rho) ? 0 : rho;
}

void benjamini_hochberg(const double *p, size_t n, double rate, bool *passes) {
    double *sorted = zeroed(n, sizeof *sorted);
    size_t tests = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(p[i]))
            sorted[tests++] = p[i];
    gsl_sort(sorted, 1, tests);
    double cut = -1;
    for (size_t i = 0; i < tests; i++)
        if (sorted[i] <= (double)(i + 1) / (double)tests * rate)
            cut = sorted[i];
    for (size_t i = 0; i < n; i++)
        passes[i] = p[i] <= cut; /* false for NAN */
    free(sorted);
}

void doubled_midranks(const double *values, size_t n, size_t *ranks) {
    size_t *order = zeroed(n, sizeof *order);
    gsl_sort_index(order, values, 1, n);
    for (size_t first = 0; first < n;) {
        size_t end = first + 1;
        while (end < n && values[order[end]] == values[order[first]])
            end++;
        for (size_t i = first; i < end; i++) /* ranks first + 1 .. end share their mean (first + 1 + end) / 2 */
            ranks[order[i]] = first + 1 + end;
        first = end;
    }
    free(order);
}
