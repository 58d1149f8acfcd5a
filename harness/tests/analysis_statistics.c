/*
 * analysis_statistics.c - the exact tests against independent computations (all sign patterns, all subsets) and against
 * published values.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "../analysis/bootstrap.h"
#include "../analysis/rank_sum.h"
#include "../analysis/signed_rank.h"

static void assert_near(double value, double expected, double tolerance) {
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.17g is not within %g of %.17g", value, tolerance, expected);
}

/* Midrank of |d[i]| by counting, without sorting. */
static double midrank(const double *d, size_t n, size_t i) {
    size_t below = 0, equal = 0;
    for (size_t j = 0; j < n; j++) {
        below += fabs(d[j]) < fabs(d[i]);
        equal += fabs(d[j]) == fabs(d[i]);
    }
    return (double)below + ((double)equal + 1) / 2;
}

/* The definition: among all 2^n ways to sign the magnitudes (zeros keep no sign), the share of rank sums that are at
 * least as far from the middle as the observed one. */
static double signed_rank_p_by_enumeration(const double *d, size_t n) {
    double rank[16], all = 0, observed = 0;
    for (size_t i = 0; i < n; i++) {
        rank[i] = d[i] == 0 ? 0 : midrank(d, n, i);
        all += rank[i];
        observed += d[i] > 0 ? rank[i] : 0;
    }
    size_t extreme = 0;
    for (size_t pattern = 0; pattern < (size_t)1 << n; pattern++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += pattern >> i & 1 ? rank[i] : 0;
        extreme += fabs(sum - all / 2) >= fabs(observed - all / 2) - 1e-9;
    }
    return (double)extreme / (double)((size_t)1 << n);
}

static void signed_rank_equals_all_sign_patterns(void **state) {
    (void)state;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    for (size_t n = 1; n <= 12; n++)
        for (int trial = 0; trial < 20; trial++) {
            double d[16];
            for (size_t i = 0; i < n; i++) /* odd trials: few distinct values, so ties and zeros abound */
                d[i] = trial % 2 ? (double)gsl_rng_uniform_int(rng, 7) - 3 : gsl_ran_gaussian(rng, 1) + 0.4;
            assert_near(signed_rank_p(d, n), signed_rank_p_by_enumeration(d, n), 1e-12);
        }
    gsl_rng_free(rng);
}

/* Two-sided 5 % critical values of the signed-rank statistic, as in every table (Wilcoxon and Wilcox 1964): the largest
 * T that is still significant. */
static void signed_rank_has_the_published_critical_values(void **state) {
    (void)state;
    static const struct {
        size_t n, critical;
    } table[] = {{6, 0}, {7, 2}, {8, 3}, {9, 5}, {10, 8}, {12, 13}, {15, 25}, {20, 52}, {25, 89}, {30, 137}};
    for (size_t row = 0; row < sizeof table / sizeof *table; row++)
        for (size_t more = 0; more < 2; more++) {
            double d[32];
            size_t left = table[row].critical + more;
            for (size_t rank = table[row].n; rank > 0; rank--) { /* magnitudes 1..n, negative ones sum to T */
                bool negative = rank <= left;
                left -= negative ? rank : 0;
                d[rank - 1] = negative ? -(double)rank : (double)rank;
            }
            assert_int_equal(left, 0);
            double p = signed_rank_p(d, table[row].n);
            assert_true(more ? p > 0.05 : p <= 0.05);
        }
}

/* How many of the 2^n ways to sign the ranks 1..n have a positive sum of at most `limit`, by counting them all. */
static size_t patterns_at_most(size_t n, size_t limit) {
    size_t patterns = (size_t)1 << n, count = 0;
    uint16_t *sums = malloc(patterns * sizeof *sums);
    sums[0] = 0;
    for (size_t pattern = 0; pattern < patterns; pattern++) {
        if (pattern > 0)
            sums[pattern] = (uint16_t)(sums[pattern & (pattern - 1)] + __builtin_ctzl(pattern) + 1);
        count += sums[pattern] <= limit;
    }
    free(sums);
    return count;
}

static int ascending(const void *a, const void *b) {
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

/* Every number behind an interval, by brute force: the p of the critical statistic from all sign patterns, the estimate
 * and the ends from all sorted Walsh averages. The interval leaves out as many averages on each side as there are
 * values of the statistic with a tail of at most 2.5 %. */
static void intervals_equal_brute_force(void **state) {
    (void)state;
    static const size_t sizes[] = {6, 10, 20};
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    for (size_t s = 0; s < 3; s++) {
        size_t n = sizes[s], critical = 0, count = 0;
        while ((double)patterns_at_most(n, critical) / (double)((size_t)1 << n) <= 0.025)
            critical++; /* tails of 0 .. critical - 1 are small enough */
        double d[20], walsh[210] = {0};
        for (size_t left = critical - 1, rank = n; rank > 0; rank--) { /* negative ranks sum to critical - 1 */
            bool negative = rank <= left;
            left -= negative ? rank : 0;
            d[rank - 1] = negative ? -(double)rank : (double)rank;
        }
        assert_near(signed_rank_p(d, n), 2 * (double)patterns_at_most(n, critical - 1) / (double)((size_t)1 << n),
                    1e-12);
        for (size_t i = 0; i < n; i++)
            d[i] = gsl_ran_gaussian(rng, 1);
        for (size_t i = 0; i < n; i++)
            for (size_t j = i; j < n; j++)
                walsh[count++] = (d[i] + d[j]) / 2;
        qsort(walsh, count, sizeof *walsh, ascending);
        Estimate estimate = signed_rank_estimate(d, n);
        assert_near(estimate.estimate, (walsh[(count - 1) / 2] + walsh[count / 2]) / 2, 0);
        assert_near(estimate.low, walsh[critical - 1], 0);
        assert_near(estimate.high, walsh[count - critical], 0);
    }
    gsl_rng_free(rng);
}

/* Hollander, Wolfe and Chicken, table 3.1 (Hamilton depression scale, 9 patients): T+ = 40 of 45, one-sided p 0.0195,
 * estimate 0.46, and 96.1 % interval (0.010, 0.786), which is the narrowest of at least 95 %. */
static void signed_rank_golden(void **state) {
    (void)state;
    const double before[] = {1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30};
    const double after[] = {0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
    double d[9];
    for (size_t i = 0; i < 9; i++)
        d[i] = before[i] - after[i];
    Estimate estimate = signed_rank_estimate(d, 9);
    assert_near(signed_rank_p(d, 9), 2 * 0.01953125, 1e-12);
    assert_near(estimate.estimate, 0.46, 1e-9);
    assert_near(estimate.low, 0.010, 1e-9);
    assert_near(estimate.high, 0.786, 1e-9);
}

/* The interval holds exactly the centres that the test does not reject. */
static void interval_and_test_agree(void **state) {
    (void)state;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    for (size_t n = 6; n <= 30; n += 3) {
        double d[32], moved[32];
        for (size_t i = 0; i < n; i++)
            d[i] = gsl_ran_gaussian(rng, 1);
        Estimate estimate = signed_rank_estimate(d, n);
        const double ends[] = {estimate.low, estimate.high};
        for (size_t end = 0; end < 2; end++)
            for (int side = -1; side <= 1; side += 2) {
                for (size_t i = 0; i < n; i++)
                    moved[i] = d[i] - (ends[end] + side * 1e-7);
                bool inside = (side > 0) == (end == 0);
                assert_int_equal(signed_rank_p(moved, n) > 0.05, inside);
            }
    }
    gsl_rng_free(rng);
}

static void too_few_values_have_no_interval(void **state) {
    (void)state;
    const double d[] = {1, 2, 3, 4, 5, 6};
    assert_true(isnan(signed_rank_estimate(d, 5).low));
    assert_true(!isnan(signed_rank_estimate(d, 6).low));
    assert_true(isnan(median_with_interval(d, 5).low));
    assert_near(median_with_interval(d, 6).low, 1, 0);
    assert_near(median_with_interval(d, 6).high, 6, 0);
    assert_true(isnan(signed_rank_estimate(d, 0).estimate));
    assert_near(signed_rank_p(d, 0), 1, 0);
    const double zeros[8] = {0};
    assert_near(signed_rank_p(zeros, 8), 1, 0);
}

/* The approximation for long runs continues the exact test: at the border both see the same p. */
static void long_runs_continue_the_exact_test(void **state) {
    (void)state;
    double d[SIGNED_RANK_EXACT_MAXIMUM + 1];
    for (size_t i = 0; i <= SIGNED_RANK_EXACT_MAXIMUM; i++)
        d[i] = (i % 5 < 2 ? -1.0 : 1.0) * (double)(i + 1);
    d[SIGNED_RANK_EXACT_MAXIMUM] = 0.5; /* one more, of the lowest rank */
    double exact = signed_rank_p(d, SIGNED_RANK_EXACT_MAXIMUM),
           normal = signed_rank_p(d, SIGNED_RANK_EXACT_MAXIMUM + 1);
    assert_true(exact < 0.05 && normal < 0.05);
    assert_near(log(normal), log(exact), 0.05);
    Estimate a = signed_rank_estimate(d, SIGNED_RANK_EXACT_MAXIMUM),
             b = signed_rank_estimate(d, SIGNED_RANK_EXACT_MAXIMUM + 1);
    assert_near(a.high - a.low, b.high - b.low, 2);
}

/* Median interval: n = 10 leaves one value outside on each side, n = 20 five (Conover, table of the sign test). */
static void median_interval_golden(void **state) {
    (void)state;
    double values[20];
    for (size_t i = 0; i < 20; i++)
        values[i] = (double)((i * 7) % 20 + 1);
    Estimate twenty = median_with_interval(values, 20);
    assert_near(twenty.estimate, 10.5, 0);
    assert_near(twenty.low, 6, 0);
    assert_near(twenty.high, 15, 0);
    const double ten[] = {10, 1, 9, 2, 8, 3, 7, 4, 6, 5};
    assert_near(median_with_interval(ten, 10).low, 2, 0);
    assert_near(median_with_interval(ten, 10).high, 9, 0);
}

/* The definition: among all ways to choose which m of the pooled values are the first sample, twice the smaller tail.
 */
static double rank_sum_p_by_enumeration(const double *first, size_t m, const double *second, size_t k) {
    double pooled[16], rank[16], observed = 0;
    size_t n = m + k, below = 0, above = 0, ways = 0;
    for (size_t i = 0; i < n; i++)
        pooled[i] = i < m ? first[i] : second[i - m];
    for (size_t i = 0; i < n; i++) {
        rank[i] = 0.5;
        for (size_t j = 0; j < n; j++)
            rank[i] += pooled[j] < pooled[i] ? 1 : pooled[j] == pooled[i] ? 0.5 : 0;
        observed += i < m ? rank[i] : 0;
    }
    for (size_t pattern = 0; pattern < (size_t)1 << n; pattern++) {
        if ((size_t)__builtin_popcountl(pattern) != m)
            continue;
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += pattern >> i & 1 ? rank[i] : 0;
        ways++;
        below += sum <= observed + 1e-9;
        above += sum >= observed - 1e-9;
    }
    return fmin(1, 2 * (double)(below < above ? below : above) / (double)ways);
}

static void rank_sum_equals_all_subsets(void **state) {
    (void)state;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    for (size_t m = 1; m <= 6; m++)
        for (size_t k = 1; k <= 6; k++)
            for (int trial = 0; trial < 6; trial++) {
                double first[8], second[8];
                for (size_t i = 0; i < m; i++)
                    first[i] = trial % 2 ? (double)gsl_rng_uniform_int(rng, 5) : gsl_ran_gaussian(rng, 1) + 1;
                for (size_t i = 0; i < k; i++)
                    second[i] = trial % 2 ? (double)gsl_rng_uniform_int(rng, 5) : gsl_ran_gaussian(rng, 1);
                assert_near(rank_sum_p(first, m, second, k), rank_sum_p_by_enumeration(first, m, second, k), 1e-12);
            }
    gsl_rng_free(rng);
}

/* Hollander, Wolfe and Chicken, table 4.1 (permeability of the chorioamnion, 10 against 5): one-sided p 0.1272, shift
 * 0.305, 96 % interval (-0.15, 0.76). */
static void rank_sum_golden(void **state) {
    (void)state;
    const double term[] = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
    const double early[] = {1.15, 0.88, 0.90, 0.74, 1.21};
    Estimate shift = rank_sum_shift(term, 10, early, 5);
    assert_near(rank_sum_p(term, 10, early, 5), 2 * 0.1272, 1e-4);
    assert_near(shift.estimate, 0.305, 1e-9);
    assert_near(shift.low, -0.15, 1e-9);
    assert_near(shift.high, 0.76, 1e-9);
    assert_true(isnan(rank_sum_shift(term, 3, early, 4).low)); /* smallest p there is 2/35 */
    assert_true(!isnan(rank_sum_shift(term, 4, early, 4).low));
    assert_true(isnan(rank_sum_shift(term, 0, early, 4).estimate));
}

static void large_rank_sums_are_approximated(void **state) {
    (void)state;
    double first[40], second[40];
    for (size_t i = 0; i < 40; i++) {
        first[i] = (double)(i * 2);
        second[i] = (double)(i * 2 + 1);
    }
    double exact = rank_sum_p(first, 30, second, 30), normal = rank_sum_p(first, 31, second, 31);
    assert_near(normal, exact, 0.02);
}

/* Benjamini and Hochberg 1995, the example of their section 4: 15 tests, the first four are rejected at 5 %, though
 * Bonferroni would reject three. */
static void benjamini_hochberg_golden(void **state) {
    (void)state;
    const double p[] = {0.4262, 0.0001, 0.0201, 0.0004, 0.5719, 0.0019, 0.6528, 0.0095,
                        0.0278, 0.7590, 0.0298, 1.0000, 0.0344, 0.0459, 0.3240, NAN};
    bool passes[16];
    benjamini_hochberg(p, 16, 0.05, passes);
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(passes[i], p[i] <= 0.0095);
    const double all[] = {0.04, 0.05, 0.03}; /* step-up: the largest passes, so all do */
    benjamini_hochberg(all, 3, 0.05, passes);
    assert_true(passes[0] && passes[1] && passes[2]);
}

/* By hand: sorted p 0.001, 0.012, 0.02, 0.03, 0.06 against 0.01, 0.02, 0.03, 0.04, 0.05. The largest that stays under
 * its limit is the fourth, so the first four pass. With 0.045 instead of 0.03 the third is the largest. */
static void benjamini_hochberg_by_hand(void **state) {
    (void)state;
    double p[] = {0.06, 0.02, 0.001, 0.03, 0.012};
    bool passes[5];
    benjamini_hochberg(p, 5, 0.05, passes);
    assert_true(!passes[0] && passes[1] && passes[2] && passes[3] && passes[4]);
    p[3] = 0.045;
    benjamini_hochberg(p, 5, 0.05, passes);
    assert_true(!passes[0] && passes[1] && passes[2] && !passes[3] && passes[4]);
}

/* Without ties 1 - 6 sum(d^2) / (n (n^2 - 1)): here ranks 3 1 4 2 6 5 7, d = 2 -1 1 -2 1 -1 0, sum 12, 1 - 72 / 336.
 * With ties the correlation of the midranks: 2 2 2 4 5 6 7 with 1 .. 7. */
static void drift_equals_its_formula(void **state) {
    (void)state;
    const double values[] = {30, 10, 40, 20, 60, 50, 70}, tied[] = {1, 1, 1, 4, 5, 6, 7};
    assert_near(drift_of(values, 7), 1 - 72.0 / 336, 1e-12);
    const double midranks[] = {2, 2, 2, 4, 5, 6, 7};
    double cross = 0, squares = 0, positions = 0;
    for (size_t i = 0; i < 7; i++) {
        double position = (double)i + 1 - 4, rank = midranks[i] - 4;
        cross += position * rank;
        squares += rank * rank;
        positions += position * position;
    }
    assert_near(drift_of(tied, 7), cross / sqrt(squares * positions), 1e-12);
}

static void drift_is_found_and_not_invented(void **state) {
    (void)state;
    const double rising[] = {1, 2, 4, 8, 16, 32, 64}, flat[] = {3, 3, 3, 3, 3, 3, 3};
    assert_near(drift_of(rising, 7), 1, 1e-12);
    assert_near(drift_of(flat, 7), 0, 0);
    assert_true(isnan(drift_of(rising, 5)));
}

/* Rows that agree exactly leave no doubt; rows that differ do, however quiet their blocks are. */
static void bootstrap_sees_both_levels(void **state) {
    (void)state;
    const double same[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1}, other[] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5};
    const double noisy[] = {0.0, 0.2, 0.05, 0.15, -0.1, 0.3};
    LogRatios agreeing[] = {{same, 6}, {same, 6}, {NULL, 0}}, differing[] = {{same, 6}, {other, 6}},
              one[] = {{noisy, 6}};
    Estimate a = bootstrap_mean_over_rows(agreeing, 3, 1), b = bootstrap_mean_over_rows(differing, 2, 1);
    assert_near(a.estimate, 0.1, 1e-12);
    assert_near(a.high - a.low, 0, 1e-12);
    assert_near(b.estimate, 0.3, 1e-12);
    assert_near(b.low, 0.1, 1e-12);
    assert_near(b.high, 0.5, 1e-12);
    Estimate c = bootstrap_mean_over_rows(one, 1, 1), again = bootstrap_mean_over_rows(one, 1, 1);
    assert_true(c.low < 0.1 && c.high > 0.1);
    assert_true(c.low == again.low && c.high == again.high);
    /* Neither rows nor blocks enough for an interval. */
    LogRatios few[] = {{same, 5}, {other, 5}};
    assert_true(isnan(bootstrap_mean_over_rows(few, 2, 1).low));
    LogRatios nothing[] = {{NULL, 0}};
    assert_true(isnan(bootstrap_mean_over_rows(nothing, 1, 1).estimate));
}

/*
 * What theory says of the width: drawing R of R rows with replacement has variance (between + within) / R, where
 * `between` is the rows' own variance (over R) and `within` that of a row's redrawn estimate. For n blocks of a normal
 * shape the Hodges-Lehmann estimate has, asymptotically, the variance s^2 / n * pi / 3. The mean of such draws is
 * nearly normal, so the half-width is 1.96 standard deviations. Averaged over seeds, since the bootstrap is itself
 * random.
 */
static void bootstrap_has_the_width_that_theory_expects(void **state) {
    (void)state;
    enum { ROWS = 30, BLOCKS = 25, SEEDS = 8 };
    static double values[ROWS][BLOCKS];
    static const double spreads[][2] = {{0.3, 0}, {0, 1}, {0.2, 1}}; /* between rows, within */
    for (size_t s = 0; s < sizeof spreads / sizeof *spreads; s++) {
        LogRatios rows[ROWS];
        double between = 0, within = 0, mean_width = 0;
        for (size_t r = 0; r < ROWS; r++) {
            double centre = spreads[s][0] * gsl_cdf_ugaussian_Pinv(((double)r + 0.5) / ROWS);
            between += centre * centre / ROWS;
            for (size_t b = 0; b < BLOCKS; b++)
                values[r][b] = centre + spreads[s][1] * gsl_cdf_ugaussian_Pinv(((double)b + 0.5) / BLOCKS);
            rows[r] = (LogRatios){values[r], BLOCKS};
        }
        for (size_t b = 0; b < BLOCKS; b++)
            within += pow(spreads[s][1] * gsl_cdf_ugaussian_Pinv(((double)b + 0.5) / BLOCKS), 2) / BLOCKS;
        double expected = 1.96 * sqrt((between + within / BLOCKS * M_PI / 3) / ROWS);
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            Estimate estimate = bootstrap_mean_over_rows(rows, ROWS, seed);
            assert_near(estimate.estimate, 0, 1e-12);
            mean_width += (estimate.high - estimate.low) / 2 / SEEDS;
        }
        assert_near(mean_width / expected, 1, 0.08);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signed_rank_equals_all_sign_patterns),
        cmocka_unit_test(signed_rank_has_the_published_critical_values),
        cmocka_unit_test(intervals_equal_brute_force),
        cmocka_unit_test(signed_rank_golden),
        cmocka_unit_test(interval_and_test_agree),
        cmocka_unit_test(too_few_values_have_no_interval),
        cmocka_unit_test(long_runs_continue_the_exact_test),
        cmocka_unit_test(median_interval_golden),
        cmocka_unit_test(rank_sum_equals_all_subsets),
        cmocka_unit_test(rank_sum_golden),
        cmocka_unit_test(large_rank_sums_are_approximated),
        cmocka_unit_test(benjamini_hochberg_golden),
        cmocka_unit_test(benjamini_hochberg_by_hand),
        cmocka_unit_test(drift_equals_its_formula),
        cmocka_unit_test(drift_is_found_and_not_invented),
        cmocka_unit_test(bootstrap_sees_both_levels),
        cmocka_unit_test(bootstrap_has_the_width_that_theory_expects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
