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

void json_print(const Run *run, const Comparison *const *comparisons, size_t count, FILE *out);
void json_print_shifts(const RunShift *const *shifts, size_t count, FILE *out);

/* "throughput", "peak_rss": the metric as a value for programs. */
const char *metric_key(Metric metric);
/* A verdict as a value for programs: "no-difference", "better", "worse", "too-few", ... */
const char *verdict_key(Verdict verdict);
/* The same for a gate: "none", "multiplicity", ... */
const char *gate_key(Gate gate);

#endif
