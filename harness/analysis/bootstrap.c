/*
 * bootstrap.c - the hierarchical bootstrap of a mean over rows.
 *
 * The estimate inside a row costs n^2, so each row's block draws are made once (POOL of them) and the outer draws pick
 * from these pools: the same two-level distribution at a fiftieth of the price.
 */
#include "bootstrap.h"

#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#include "../store/text.h"
#include "signed_rank.h"

enum { POOL = 200, DRAWS = 4000 };
/* Beyond this many blocks an estimate's own noise is small beside that between rows, and beyond this many rows it is
 * averaged over all their pools: POOL shrinks to keep the price. */
enum { FULL_POOL_BLOCKS = 32, FULL_POOL_ROWS = 6, SMALLEST_POOL = 40 };
/* An interval needs as many rows, or blocks in a row, as one of signed ranks: fewer cannot reach its level. */
enum { SMALLEST_COUNT = 6 };

/* Fills pool[0..size) with estimates of redrawn blocks. */
static void fill_pool(const LogRatios *row, gsl_rng *rng, double *pool, size_t size) {
    size_t n = row->count;
    double *drawn = zeroed(n, sizeof *drawn);
    double *walsh = zeroed(n * (n + 1) / 2, sizeof *walsh);
    for (size_t i = 0; i < size; i++) {
        for (size_t j = 0; j < n; j++)
            drawn[j] = row->values[gsl_rng_uniform_int(rng, n)];
        pool[i] = hodges_lehmann(drawn, n, walsh);
    }
    free(drawn);
    free(walsh);
}

static size_t pool_size(size_t blocks, size_t rows) {
    size_t size = POOL;
    if (blocks > FULL_POOL_BLOCKS)
        size = size * FULL_POOL_BLOCKS * FULL_POOL_BLOCKS / (blocks * blocks);
    if (rows > FULL_POOL_ROWS)
        size = size * FULL_POOL_ROWS / rows;
    return size < SMALLEST_POOL ? SMALLEST_POOL : size;
}

Estimate bootstrap_mean_over_rows(const LogRatios *rows, size_t row_count, uint64_t seed) {
    Estimate result = {NAN, NAN, NAN};
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, (unsigned long)seed);
    double *pools = zeroed(row_count * POOL, sizeof *pools);
    size_t *sizes = zeroed(row_count, sizeof *sizes);
    double *means = zeroed(DRAWS, sizeof *means);

    size_t used = 0, largest = 0, wanted = 0;
    double sum = 0;
    for (size_t i = 0; i < row_count; i++)
        wanted += rows[i].count > 0;
    for (size_t i = 0; i < row_count; i++) {
        if (rows[i].count == 0)
            continue;
        double *walsh = zeroed(rows[i].count * (rows[i].count + 1) / 2, sizeof *walsh);
        sum += hodges_lehmann(rows[i].values, rows[i].count, walsh);
        free(walsh);
        sizes[used] = pool_size(rows[i].count, wanted);
        fill_pool(&rows[i], rng, pools + used * POOL, sizes[used]);
        largest = rows[i].count > largest ? rows[i].count : largest;
        used++;
    }
    if (used > 0) {
        result.estimate = sum / (double)used;
        for (size_t draw = 0; draw < DRAWS; draw++) {
            double total = 0;
            for (size_t i = 0; i < used; i++) {
                size_t row = gsl_rng_uniform_int(rng, used);
                total += pools[row * POOL + gsl_rng_uniform_int(rng, sizes[row])];
            }
            means[draw] = total / (double)used;
        }
    }
    if (used >= SMALLEST_COUNT || largest >= SMALLEST_COUNT) {
        gsl_sort(means, 1, DRAWS);
        result.low = gsl_stats_quantile_from_sorted_data(means, 1, DRAWS, (1 - CONFIDENCE_LEVEL) / 2);
        result.high = gsl_stats_quantile_from_sorted_data(means, 1, DRAWS, (1 + CONFIDENCE_LEVEL) / 2);
    }
    gsl_rng_free(rng);
    free(pools);
    free(sizes);
    free(means);
    return result;
}
