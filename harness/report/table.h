/*
 * table.h - the forms a comparison is printed in; report.c chooses. Private to report/.
 */
#ifndef ALLOCBENCH_REPORT_TABLE_H
#define ALLOCBENCH_REPORT_TABLE_H

#include "report.h"

void table_print(const Run *run, const Comparison *const *comparisons, size_t count, FILE *out);
void table_print_shifts(const RunShift *const *shifts, size_t count, FILE *out);

void markdown_print(const Run *run, const Comparison *const *comparisons, size_t count, FILE *out);
void markdown_print_shifts(const RunShift *const *shifts, size_t count, FILE *out);

void csv_print(const Run *run, const Comparison *const *comparisons, size_t count, FILE *out);
void csv_print_shifts(const RunShift *const *shifts, size_t count, FILE *out);
void csv_print_history(const History *history, FILE *out);

void json_print(const Run *run, const Comparison *const *comparisons, size_t count, FILE *out);
void json_print_shifts(const RunShift *const *shifts, size_t count, FILE *out);

void table_print_counts(const Run *run, const Comparison *const *comparisons, size_t count, FILE *out);
void markdown_print_counts(const Run *run, const Comparison *const *comparisons, size_t count, FILE *out);
/* The median of an arm's values in a row of such a table; "n/a" where there is none. Owned. */
char *counts_word(const Comparison *comparison, size_t row, size_t arm);
/* Why some have none: "hw_cycles: not permitted"; each reason once, NULL when there are none. Owned. */
char *counts_reasons(const Run *run, const Comparison *const *comparisons, size_t count, size_t row);
/* False when no arm has a value in this row nor a reason for having none: such a line is left out. */
bool counts_has_line(const Run *run, const Comparison *comparison, size_t row);

/* Words of `text` in lines of at most `width`, all indented. */
void table_print_wrapped(FILE *out, const char *text, int indent, int width);

/* A metric's unit as a value for programs: "bytes", "ns", ... */
const char *unit_key(MetricUnit unit);
/* The same for a gate: "none", "multiplicity", ... */
const char *gate_key(Gate gate);

#endif
