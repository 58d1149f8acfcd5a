/*
 * conclusive.c - see conclusive.h.
 */
#include "conclusive.h"

bool comparison_is_conclusive(const Comparison *comparison) {
    for (size_t r = 0; r < comparison->row_count; r++) {
        const ComparisonRow *row = &comparison->rows[r];
        for (size_t c = 0; c < row->cell_count; c++) {
            const Cell *cell = &row->cells[c];
            if (cell->imprecise || cell->verdict == VERDICT_UNSTABLE || cell->verdict == VERDICT_TOO_FEW)
                return false;
        }
    }
    return true;
}

bool run_is_conclusive(const Run *run) {
    static const struct {
        RunMode mode;
        Metric metric;
    } asked[] = {
        {MODE_THROUGHPUT, METRIC_THROUGHPUT}, {MODE_THROUGHPUT, METRIC_PEAK_RSS}, {MODE_LATENCY, METRIC_MALLOC_P50},
        {MODE_LATENCY, METRIC_MALLOC_P99},    {MODE_LATENCY, METRIC_FREE_P50},    {MODE_LATENCY, METRIC_FREE_P99},
        {MODE_ICOUNT, METRIC_INSTRUCTIONS},   {MODE_LIMIT, METRIC_MEMORY_LIMIT},
    };
    bool conclusive = true;
    for (size_t i = 0; i < sizeof asked / sizeof asked[0] && conclusive; i++) {
        if (asked[i].mode != run->meta.mode || !metric_is_in_run(run, asked[i].metric))
            continue;
        Comparison *comparison = comparison_of_run(run, asked[i].metric, run->meta.baseline);
        conclusive = comparison_is_conclusive(comparison);
        comparison_free(comparison);
    }
    return conclusive;
}
