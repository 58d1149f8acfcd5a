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
/* Four significant digits: "12.35 M" operations a second, "1.204 MiB"; "-" for NAN. */
char *word_value(double value, Metric metric);

/* The verdict and everything that qualifies it: "faster", "~ (noise floor)", "slower, imprecise", "crashed 10/10",
 * "skipped: install libtbbmalloc2", "crashed 3/10, n too small". */
char *word_verdict(const Run *run, const ComparisonRow *row, const Cell *cell, const Comparison *comparison);
/* "crashed 3/10"; "" when nothing failed. */
char *word_failures(const Cell *cell);

/* "Throughput" or "Peak RSS". */
const char *word_metric(Metric metric);
/* "ratio over 1 is faster" or "ratio over 1 is fatter". */
const char *word_direction(Metric metric);
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
