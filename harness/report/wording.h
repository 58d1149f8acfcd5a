/*
 * wording.h - how numbers and cells read: the same words in every table and chart.
 *
 * Functions return an owned string unless they say otherwise; NAN is an empty string or "-" as noted.
 */
#ifndef ALLOCBENCH_REPORT_WORDING_H
#define ALLOCBENCH_REPORT_WORDING_H

#include <stdio.h>

#include "../analysis/comparison.h"

/* "1.034", "0.0123", "12.3", "145"; "-" for NAN. */
char *word_ratio(double ratio);
/* "[1.012, 1.056]"; "" where there is no interval. */
char *word_interval(Interval interval);
/* "1.8 %"; "unknown" for NAN. */
char *word_percent(double share);
/* Four significant digits in the metric's unit: "12.35 M" operations a second, "1.204 MiB", "41.20 ns"; "-" for NAN. */
char *word_value(double value, Metric metric);
/* What stands after "median" above such values: " a second", " per 1,000 operations"; "" where each has its unit. */
const char *word_unit(Metric metric);

/* The verdict and everything that qualifies it: "faster", "~ (noise floor)", "slower, imprecise", "crashed 10/10",
 * "skipped: install libtbbmalloc2", "crashed 3/10, n too small". */
char *word_verdict(const Run *run, const ComparisonRow *row, const Cell *cell, const Comparison *comparison);
/* What heads a row: "30 blocks, A/A noise floor 7.6 %, operations/s", or a memory row's instrument floor. */
char *word_row(const Run *run, const Comparison *comparison, const ComparisonRow *row);
/* Whether this is one of the bounds of harness/arms: something to measure the distance from, which no program should
 * use. They are neither recommended nor ranked. */
bool arm_is_bound(const Arm *arm);
/* "of limit's throughput: jemalloc 41 %, minipool 78 %": how near arms came to the one that is an optimistic bound.
 * NULL where it was not measured, is itself what they are compared with, or bounds something else. */
char *word_bound(const Run *run, const Comparison *comparison, const ComparisonRow *row);
/* "78 %": what word_bound() says of this cell; NULL where it says nothing of it. */
char *word_share_of_bound(const Run *run, const Comparison *comparison, const ComparisonRow *row, const Cell *cell);
/* "crashed 3/10"; "" when nothing failed. */
char *word_failures(const Cell *cell);

/* "Throughput", "Peak RSS", ...: the metric's title. */
const char *word_metric(Metric metric);
/* "ratio over 1 is faster" or "ratio over 1 is fatter": the word of a verdict over 1. */
char *word_direction(Metric metric);
/* The one line that says how to read a table; owned. */
char *word_legend(const Run *run);

/* SGR sequences, or empty strings: colour belongs on a terminal whose user did not set NO_COLOR. */
typedef struct Palette {
    const char *good, *bad, *warn, *dim, *bold, *reset;
} Palette;
Palette palette_for(FILE *out);
/* The colour of a cell; never NULL. */
const char *palette_of_verdict(const Palette *palette, Verdict verdict);

#endif
