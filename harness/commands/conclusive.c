/*
 * conclusive.c - see conclusive.h.
 */
#include "conclusive.h"

bool comparison_is_conclusive(const Comparison *comparison) {
    if (metric_info(comparison->metric)->blocks != BLOCKS_COMPARED)
        return true; /* a few blocks that were only looked at: never enough for a verdict, nor meant to be */
    for (size_t r = 0; r < comparison->row_count; r++) {
        const ComparisonRow *row = &comparison->rows[r];
        for (size_t c = 0; row->applies && c < row->cell_count; c++) {
            const Cell *cell = &row->cells[c];
            if (cell->verdict == VERDICT_FAILED && cell->failed > 0)
                return false;
            if (cell->imprecise || cell->verdict == VERDICT_UNSTABLE || cell->verdict == VERDICT_TOO_FEW)
                return false;
        }
    }
    return true;
}

bool run_is_conclusive(const Run *run) {
    Metric metrics[METRIC_COUNT];
    size_t count = metrics_of_run(run, metrics);
    bool conclusive = true;
    for (size_t i = 0; i < count && conclusive; i++) {
        Comparison *comparison = comparison_of_run(run, metrics[i], run->meta.baseline);
        conclusive = comparison_is_conclusive(comparison);
        comparison_free(comparison);
    }
    return conclusive;
}
