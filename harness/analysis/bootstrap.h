/*
 * bootstrap.h - how sure is a mean over rows? A hierarchical bootstrap: rows are drawn with replacement, and inside
 * each drawn row its blocks are, because both the choice of workloads and the noise of a slot are sources of chance.
 */
#ifndef ALLOCBENCH_ANALYSIS_BOOTSTRAP_H
#define ALLOCBENCH_ANALYSIS_BOOTSTRAP_H

#include <stdint.h>

#include "statistics.h"

/* One row's log-ratios, one a block; owned by the caller. */
typedef struct LogRatios {
    const double *values;
    size_t count;
} LogRatios;

/* The mean over rows of their Hodges-Lehmann estimates with the percentile interval of the bootstrap. Rows without a
 * value are left out; NAN when none is left. The same seed gives the same interval. */
Estimate bootstrap_mean_over_rows(const LogRatios *rows, size_t row_count, uint64_t seed);

#endif
