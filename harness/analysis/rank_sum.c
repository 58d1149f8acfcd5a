/*
 * rank_sum.c - the null distribution of a rank sum by dynamic programming over subsets, the shift by all differences.
 */
#include "rank_sum.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"

/* Fills mass[s], s <= limit, with the probability that `picked` of the n ranks, drawn without replacement, sum to s.
 * counts[k][s] counts the subsets of size k with sum s among the ranks seen so far; at most C(60, 30), about 1e17, so
 * a double holds it to 16 digits. */
static void subset_sums(const size_t *ranks, size_t n, size_t picked, size_t limit, double *mass) {
    double *counts = zeroed((picked + 1) * (limit + 1), sizeof *counts);
    counts[0] = 1;
    for (size_t i = 0; i < n; i++)
        for (size_t k = picked < i + 1 ? picked : i + 1; k > 0; k--)
            for (size_t sum = limit + 1; sum-- > ranks[i];)
                counts[k * (limit + 1) + sum] += counts[(k - 1) * (limit + 1) + sum - ranks[i]];
    double subsets = 1;
    for (size_t i = 1; i <= picked; i++)
        subsets = subsets * (double)(n - picked + i) / (double)i;
    for (size_t sum = 0; sum <= limit; sum++)
        mass[sum] = counts[picked * (limit + 1) + sum] / subsets;
    free(counts);
}

/* Variance of the sum of doubled ranks when n1 of them are drawn: n1 n2 / (n (n - 1)) times their sum of squared
 * deviations. Ties shrink that sum, which is the tie correction. */
static double doubled_sum_deviation(const size_t *ranks, size_t first_count, size_t second_count) {
    double n = (double)(first_count + second_count), squares = 0;
    for (size_t i = 0; i < first_count + second_count; i++)
        squares += ((double)ranks[i] - (n + 1)) * ((double)ranks[i] - (n + 1));
    return sqrt((double)first_count * (double)second_count / (n * (n - 1)) * squares);
}

double rank_sum_p(const double *first, size_t first_count, const double *second, size_t second_count) {
    size_t n = first_count + second_count;
    if (first_count == 0 || second_count == 0)
        return 1;
    double *pooled = zeroed(n, sizeof *pooled);
    size_t *ranks = zeroed(n, sizeof *ranks);
    memcpy(pooled, first, first_count * sizeof *pooled);
    memcpy(pooled + first_count, second, second_count * sizeof *pooled);
    doubled_midranks(pooled, n, ranks);
    size_t sum = 0;
    for (size_t i = 0; i < first_count; i++)
        sum += ranks[i];

    double p;
    if (n <= RANK_SUM_EXACT_MAXIMUM) {
        size_t all = n * (n + 1);
        double *mass = zeroed(all + 1, sizeof *mass);
        subset_sums(ranks, n, first_count, all, mass);
        double below = 0, above = 0; /* ties make the distribution lopsided: both tails are summed */
        for (size_t s = 0; s <= all; s++) {
            below += s <= sum ? mass[s] : 0;
            above += s >= sum ? mass[s] : 0;
        }
        p = 2 * fmin(below, above);
        free(mass);
    } else {
        double mean = (double)first_count * (double)(n + 1);
        double distance = fmax(fabs((double)sum - mean) - 1, 0);
        double deviation = doubled_sum_deviation(ranks, first_count, second_count);
        p = deviation > 0 ? 2 * gsl_cdf_ugaussian_Q(distance / deviation) : 1;
    }
    free(pooled);
    free(ranks);
    return fmin(p, 1);
}

/* How many differences lie outside the interval on each side, plus one; 0 when the sizes allow no interval. */
static size_t interval_rank(size_t first_count, size_t second_count) {
    const double tail = (1 - CONFIDENCE_LEVEL) / 2;
    size_t n = first_count + second_count, pairs = first_count * second_count;
    if (n > RANK_SUM_EXACT_MAXIMUM) {
        double k = (double)pairs / 2 + gsl_cdf_ugaussian_Pinv(tail) * sqrt((double)pairs * (double)(n + 1) / 12);
        return k > 0 ? (size_t)k : 0;
    }
    size_t *ranks = zeroed(n, sizeof *ranks);
    for (size_t i = 0; i < n; i++)
        ranks[i] = i + 1;
    size_t lowest = first_count * (first_count + 1) / 2, limit = lowest + pairs;
    double *mass = zeroed(limit + 1, sizeof *mass);
    subset_sums(ranks, n, first_count, limit, mass);
    size_t k = 0;
    for (double below = mass[lowest]; below <= tail && k < pairs; below += mass[lowest + k])
        k++;
    free(ranks);
    free(mass);
    return k;
}

Estimate rank_sum_shift(const double *first, size_t first_count, const double *second, size_t second_count) {
    Estimate result = {NAN, NAN, NAN};
    size_t pairs = first_count * second_count, count = 0;
    if (pairs == 0)
        return result;
    double *differences = zeroed(pairs, sizeof *differences);
    for (size_t i = 0; i < first_count; i++)
        for (size_t j = 0; j < second_count; j++)
            differences[count++] = first[i] - second[j];
    result.estimate = gsl_stats_median(differences, 1, count);
    size_t k = interval_rank(first_count, second_count);
    if (k > 0) {
        result.low = gsl_stats_select(differences, 1, count, k - 1);
        result.high = gsl_stats_select(differences, 1, count, count - k);
    }
    free(differences);
    return result;
}
