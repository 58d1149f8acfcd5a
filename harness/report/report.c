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

int report_print_counts(const Run *run, const Comparison *const *comparisons, size_t count, ReportFormat format,
                        FILE *out) {
    if (count > 0 && format == REPORT_TEXT)
        table_print_counts(run, comparisons, count, out);
    else if (count > 0 && format == REPORT_MARKDOWN)
        markdown_print_counts(run, comparisons, count, out);
    return fflush(out) == 0 && !ferror(out) ? 0 : -1;
}

int report_print_history(const History *history, FILE *out) {
    csv_print_history(history, out);
    return fflush(out) == 0 && !ferror(out) ? 0 : -1;
}

/* The comparisons of these metrics with the baseline, owned by the array. */
static void compare_all(const Run *run, const Metric *metrics, size_t count, Comparison **comparisons) {
    for (size_t i = 0; i < count; i++)
        comparisons[i] = comparison_of_run(run, metrics[i], run->meta.baseline);
}

static void free_all(Comparison **comparisons, size_t count) {
    for (size_t i = 0; i < count; i++)
        comparison_free(comparisons[i]);
}

int report_print_run(const Run *run, FILE *out) {
    Metric metrics[METRIC_COUNT], counts[METRIC_COUNT];
    Comparison *comparisons[METRIC_COUNT], *counted[METRIC_COUNT];
    size_t count = metrics_of_run(run, metrics);
    size_t counts_count = metrics_observes_counts(&run->meta) ? metrics_counted(run, counts) : 0;
    compare_all(run, metrics, count, comparisons);
    compare_all(run, counts, counts_count, counted);
    int result = report_print_comparisons(run, (const Comparison *const *)comparisons, count, REPORT_TEXT, out);
    result |= report_print_counts(run, (const Comparison *const *)counted, counts_count, REPORT_TEXT, out);
    free_all(comparisons, count);
    free_all(counted, counts_count);
    return result;
}

int report_print_csv(const Run *run, FILE *out) {
    Metric metrics[2 * METRIC_COUNT];
    Comparison *comparisons[2 * METRIC_COUNT];
    size_t count = metrics_of_run(run, metrics);
    count += metrics_observes_counts(&run->meta) ? metrics_counted(run, metrics + count) : 0;
    compare_all(run, metrics, count, comparisons);
    int result = report_print_comparisons(run, (const Comparison *const *)comparisons, count, REPORT_CSV, out);
    free_all(comparisons, count);
    return result;
}
