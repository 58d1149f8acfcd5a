/*
 * counts.h - what the instrument's verdicts were where the truth is known, counted from reduced runs. Pure functions of
 * their input; each returns a new JSON object.
 */
#ifndef ALLOCBENCH_SELFTEST_COUNTS_H
#define ALLOCBENCH_SELFTEST_COUNTS_H

#include "reduced.h"

/* Names that scripts/selftest gives its arms. */
#define ARM_SAME "same" /* the baseline once more, under another name */

/* Equal arms: raw tests under 5 %, verdicts, unstable rows, the p values themselves; for throughput and peak RSS. */
json_t *counts_of_equal_arms(const ReducedRuns *runs);

/* Delayed arms (all but the baseline): of all runs the share that found the delay with the first n blocks. */
json_t *counts_of_power(const ReducedRuns *runs);

/* A disturbed machine: verdicts of the equal arm and of the delayed one `slow`, and widths beside those of the same arm
 * in `quiet` runs of the same rows. */
json_t *counts_of_noise(const ReducedRuns *disturbed, const ReducedRuns *quiet, const char *slow);

/* P(p < 0.05) of the exact test over `pairs` pairs without ties: under 5 %, because its p values are discrete. */
double counts_attainable_level(size_t pairs);

#endif
