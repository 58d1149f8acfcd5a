/*
 * signed_rank.c - the null distribution by dynamic programming, the estimate and interval by Walsh averages.
 */
#include "signed_rank.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"

/* P(T <= limit), where T is the sum of those ranks[i] that a fair coin picks. The distribution of a partial sum is
 * built rank by rank: with probability 1/2 it stays, with 1/2 it grows by the rank. */
static double probability_at_most(const size_t *ranks, size_t n, size_t limit) {
    double *mass = zeroed(limit + 1, sizeof *mass);
    mass[0] = 1;
    for (size_t i = 0; i < n; i++)
        for (size_t sum = limit + 1; sum-- > 0;) {
            double grown = sum >= ranks[i] ? mass[sum - ranks[i]] : 0;
            mass[sum] = (mass[sum] + grown) / 2;
        }
    double total = 0;
    for (size_t sum = 0; sum <= limit; sum++)
        total += mass[sum];
    free(mass);
    return fmin(total, 1);
}

double signed_rank_p(const double *differences, size_t n) {
    double *magnitudes = zeroed(n, sizeof *magnitudes);
    size_t *ranks = zeroed(n, sizeof *ranks);
    for (size_t i = 0; i < n; i++)
        magnitudes[i] = fabs(differences[i]);
    doubled_midranks(magnitudes, n, ranks);

    size_t kept = 0, positive = 0, all = 0;
    double squares = 0;
    for (size_t i = 0; i < n; i++) {
        if (differences[i] == 0)
            continue;
        positive += differences[i] > 0 ? ranks[i] : 0;
        all += ranks[i];
        squares += (double)ranks[i] * (double)ranks[i];
        ranks[kept++] = ranks[i];
    }
    size_t smaller = positive < all - positive ? positive : all - positive;
    double p = 1;
    if (kept > 0 && n <= SIGNED_RANK_EXACT_MAXIMUM) {
        p = 2 * probability_at_most(ranks, kept, smaller);
    } else if (kept > 0) {
        /* Doubled ranks move in steps of 2 without ties: the continuity correction of half a step is 1. */
        double z = ((double)smaller + 1 - (double)all / 2) / (sqrt(squares) / 2);
        p = 2 * gsl_cdf_ugaussian_P(z);
    }
    free(magnitudes);
    free(ranks);
    return fmin(p, 1);
}

/* How many Walsh averages lie outside the interval on each side, plus one; 0 when n allows no interval. */
static size_t interval_rank(size_t n) {
    const double tail = (1 - CONFIDENCE_LEVEL) / 2;
    size_t sums = n * (n + 1) / 2;
    if (n > SIGNED_RANK_EXACT_MAXIMUM) {
        double mean = (double)sums / 2;
        double deviation = sqrt((double)sums * (double)(2 * n + 1) / 12);
        return (size_t)floor(mean + gsl_cdf_ugaussian_Pinv(tail) * deviation);
    }
    double *mass = zeroed(sums + 1, sizeof *mass);
    mass[0] = 1;
    for (size_t rank = 1; rank <= n; rank++)
        for (size_t sum = rank * (rank + 1) / 2 + 1; sum-- > 0;)
            mass[sum] = (mass[sum] + (sum >= rank ? mass[sum - rank] : 0)) / 2;
    size_t k = 0;
    for (double below = mass[0]; below <= tail && k < sums; below += mass[k])
        k++;
    free(mass);
    return k;
}

static size_t walsh_averages(const double *differences, size_t n, double *walsh) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++)
            walsh[count++] = (differences[i] + differences[j]) / 2;
    return count;
}

/* gsl_stats_median() selects twice for an even count; the second middle value is the next above the first, which one
 * pass finds. The bootstrap of a long run is mostly this function. */
double hodges_lehmann(const double *differences, size_t n, double *walsh) {
    size_t count = walsh_averages(differences, n, walsh);
    if (count == 0)
        return NAN;
    double middle = gsl_stats_select(walsh, 1, count, (count - 1) / 2), next = INFINITY;
    if (count % 2 == 1)
        return middle;
    size_t at_most = 0;
    for (size_t i = 0; i < count; i++) {
        at_most += walsh[i] <= middle;
        next = walsh[i] > middle && walsh[i] < next ? walsh[i] : next;
    }
    return (middle + (at_most > count / 2 ? middle : next)) / 2;
}

Estimate signed_rank_estimate(const double *differences, size_t n) {
    Estimate result = {NAN, NAN, NAN};
    double *walsh = zeroed(n * (n + 1) / 2, sizeof *walsh);
    result.estimate = hodges_lehmann(differences, n, walsh);
    size_t k = interval_rank(n);
    if (k > 0) {
        size_t count = n * (n + 1) / 2;
        result.low = gsl_stats_select(walsh, 1, count, k - 1);
        result.high = gsl_stats_select(walsh, 1, count, count - k);
    }
    free(walsh);
    return result;
}
