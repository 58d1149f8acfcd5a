/*
 * chart_tiers.c - where allocations were served that a thread's own list could not serve, as the allocator itself
 * counts them: a panel a row, a line for each tier.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart.h"
#include "wording.h"

/* From near to far. */
static const Metric TIERS[] = {METRIC_REFILLS_HELD,      METRIC_REFILLS_CARVED, METRIC_SPANS_ADOPTED,
                               METRIC_REFILLS_PAGE_HEAP, METRIC_LARGE_BLOCKS,   METRIC_OS_CALLS};
enum { TIER_COUNT = sizeof TIERS / sizeof *TIERS };
static const double EACH_OPERATION = 1000; /* events per 1,000 operations */

static const Cell *cell_of(const ChartSource *source, Metric metric, size_t row, uint32_t arm) {
    return comparison_cell(&chart_comparison(source, metric)->rows[row], arm, false);
}

/* Arms that count themselves, in any row. */
static bool arm_counts(const ChartSource *source, uint32_t arm) {
    for (size_t row = 0; row < source->run->meta.row_count; row++)
        for (size_t tier = 0; tier < TIER_COUNT; tier++) {
            const Cell *cell = cell_of(source, TIERS[tier], row, arm);
            if (cell && cell->ok > 0)
                return true;
        }
    return false;
}

static void add_line(const ChartSource *source, Metric metric, size_t row, uint32_t arm, bool name_arm,
                     DotLines *dots) {
    const Cell *cell = cell_of(source, metric, row, arm);
    if (!cell || (cell->ok == 0 && cell->failed == 0))
        return;
    DotLine *line = &dots->lines[dots->count++];
    const char *tier = word_metric(metric);
    *line = (DotLine){.arm = arm, .value = NAN, .low = NAN, .high = NAN};
    line->name = name_arm ? text_format("%s, %s", tier, source->run->meta.arms[arm].name) : text_copy(tier);
    if (cell->ok > 0) {
        line->value = cell->median > 0 ? cell->median : NAN; /* a logarithmic axis has no 0 */
        line->remark = text_format("%.3g", cell->median);
    } else {
        line->remark = word_failures(cell);
        line->emphasised = true;
    }
}

static DotLines dots_of_row(const ChartSource *source, size_t row, const uint32_t *arms, size_t arm_count) {
    DotLines dots = {zeroed(arm_count * TIER_COUNT, sizeof *dots.lines), 0};
    for (size_t tier = 0; tier < TIER_COUNT; tier++)
        for (size_t i = 0; i < arm_count; i++)
            add_line(source, TIERS[tier], row, arms[i], arm_count > 1, &dots);
    return dots;
}

static char *names_of(const Run *run, const uint32_t *arms, size_t count) {
    char *text = text_copy("");
    for (size_t i = 0; i < count; i++) {
        char *longer = text_format("%s%s%s", text, i ? ", " : "", run->meta.arms[arms[i]].name);
        free(text);
        text = longer;
    }
    return text;
}

int chart_write_tiers(const ChartSource *source, const char *folder) {
    const RunMeta *meta = &source->run->meta;
    uint32_t *arms = zeroed(meta->arm_count, sizeof *arms);
    size_t arm_count = 0, panels = 0;
    for (uint32_t arm = 0; arm < meta->arm_count; arm++)
        if (arm_counts(source, arm))
            arms[arm_count++] = arm;
    DotLines *rows = zeroed(meta->row_count, sizeof *rows);
    Panel panel = chart_new_panel(PANEL_DOTS, NULL, NULL);
    panel.x = axis_empty(AXIS_PER_SECOND, true);
    axis_include(&panel.x, EACH_OPERATION);
    panel.line_x = EACH_OPERATION;
    for (size_t row = 0; row < meta->row_count; row++) {
        rows[row] = dots_of_row(source, row, arms, arm_count);
        chart_dots_include(&rows[row], &panel.x);
        chart_dots_margins(&rows[row], &panel.left, &panel.right);
        panels += rows[row].count > 0;
    }
    axis_finish(&panel.x);
    Chart chart;
    int written = panels == 0 ? 0 : -1;
    if (panels > 0 && chart_begin(&chart, folder, "tiers", source, panels, chart_dots_height(arm_count * TIER_COUNT))) {
        char *names = names_of(source->run, arms, arm_count);
        char *title = text_format("Allocations that the thread's own list did not serve: %s", names);
        chart_titles(&chart, title,
                     "Events per 1,000 operations, logarithmic; the line is one in each operation. All other "
                     "allocations took an object from the list.",
                     "A refill brings an empty list up to half of what it may hold. Large blocks and calls for memory "
                     "pass the lists by.");
        for (size_t row = 0; row < meta->row_count; row++) {
            if (rows[row].count == 0)
                continue;
            panel.title = source->titles[row];
            char *note = text_format("per 1,000 %s", meta->rows[row].unit);
            panel.note = note;
            chart_dots_write(&chart, source, &panel, &rows[row]);
            free(note);
        }
        written = chart_end(&chart);
        free(title);
        free(names);
    }
    for (size_t row = 0; row < meta->row_count; row++)
        chart_dots_release(&rows[row]);
    free(rows);
    free(arms);
    return written;
}
