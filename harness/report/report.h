/*
 * report.h - what people and programs read: tables as text, Markdown, CSV and JSON. Never measures, never judges.
 *
 * Everything that happened is visible: arms that are missing, slots that failed, peaks that are only lower bounds, rows
 * that are unstable or imprecise, what the baseline differs from itself. Functions return 0, or -1 when `out` could not
 * be written.
 */
#ifndef ALLOCBENCH_REPORT_REPORT_H
#define ALLOCBENCH_REPORT_REPORT_H

#include <stdio.h>

#include "../analysis/comparison.h"
#include "../analysis/run_shift.h"
#include "../store/history.h"

typedef enum ReportFormat { REPORT_TEXT, REPORT_MARKDOWN, REPORT_CSV, REPORT_JSON } ReportFormat;

/* What the run is about (metrics_of_run) against the baseline as text, and its counts where it observed any. */
int report_print_run(const Run *run, FILE *out);

/* One or more comparisons of one run as a single document. */
int report_print_comparisons(const Run *run, const Comparison *const *comparisons, size_t count, ReportFormat format,
                             FILE *out);

/* Counts per 1,000 operations of all arms side by side, without ratios: as text or Markdown, after the tables. Nothing
 * where count is 0. */
int report_print_counts(const Run *run, const Comparison *const *comparisons, size_t count, ReportFormat format,
                        FILE *out);

/* One or more shifts between two runs as a single document. */
int report_print_shifts(const RunShift *const *shifts, size_t count, ReportFormat format, FILE *out);

/* A history as CSV, one line a ratio; `row` is empty and `rows` filled in where it is a geometric mean. */
int report_print_history(const History *history, FILE *out);

#endif
