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
/* All of this as CSV, counts too. */
int report_print_csv(const Run *run, FILE *out);

/* What lines of report_print_dots() are sorted by. */
typedef enum DotsOrder {
    DOTS_BY_ROW,
    DOTS_BY_ARM,
    DOTS_BY_RATIO,
    DOTS_BY_LOW,
    DOTS_BY_HIGH,
    DOTS_BY_VERDICT
} DotsOrder;
/* False when there is no such column: row, arm, ratio, low, high, verdict. */
bool report_parse_order(const char *name, DotsOrder *order);
/* For a terminal of 80 columns: the answer, then of each metric one line a row and arm with its ratio, interval,
 * verdict and a dot between the ends of its interval. Only lines in whose row, arm or verdict `filter` stands, in any
 * case; NULL: all. */
int report_print_dots(const Run *run, DotsOrder order, const char *filter, FILE *out);

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
