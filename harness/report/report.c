/*
 * report.c - one entry for every form.
 */
#include "report.h"

#include "table.h"

int report_print_comparisons(const Run *run, const Comparison *const *comparisons, size_t count, ReportFormat format,
                             FILE *out) {
    switch (format) {
    case REPORT_TEXT:
        table_print(run, comparisons, count, out);
        break;
    case REPORT_MARKDOWN:
        markdown_print(run, comparisons, count, out);
        break;
    case REPORT_CSV:
        csv_print(run, comparisons, count, out);
        break;
    case REPORT_JSON:
        json_print(run, comparisons, count, out);
        break;
    }
    return fflush(out) == 0 && !ferror(out) ? 0 : -1;
}

int report_print_shifts(const RunShift *const *shifts, size_t count, ReportFormat format, FILE *out) {
    switch (format) {
    case REPORT_TEXT:
        table_print_shifts(shifts, count, out);
        break;
    case REPORT_MARKDOWN:
        markdown_print_shifts(shifts, count, out);
        break;
    case REPORT_CSV:
        csv_print_shifts(shifts, count, out);
        break;
    case REPORT_JSON:
        json_print_shifts(shifts, count, out);
        break;
    }
    return fflush(out) == 0 && !ferror(out) ? 0 : -1;
}

int report_print_run(const Run *run, FILE *out) {
    Comparison *speed = comparison_of_run(run, METRIC_THROUGHPUT, run->meta.baseline);
    Comparison *memory = comparison_of_run(run, METRIC_PEAK_RSS, run->meta.baseline);
    const Comparison *both[] = {speed, memory};
    int result = report_print_comparisons(run, both, 2, REPORT_TEXT, out);
    comparison_free(speed);
    comparison_free(memory);
    return result;
}
