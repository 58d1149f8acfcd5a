/*
 * chart_throughput.c - operations a second: curves over threads where a workload has several numbers of threads, dots
 * otherwise. One panel a workload with its arguments.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"
#include "chart_curves.h"
#include "chart_lines.h"

static const double CURVES_HEIGHT = 170;

static void write_curves(Chart *chart, const ChartSource *source, const RowGroup *group, Panel *panel) {
    const RunMeta *meta = &source->run->meta;
    const Comparison *speed = chart_comparison(source, METRIC_THROUGHPUT);
    Curves curves = curves_over_threads(source, group);
    for (size_t i = 0; i < group->count; i++)
        for (uint32_t arm = 0; arm < meta->arm_count; arm++) {
            const Cell *cell = comparison_cell(&speed->rows[group->rows[i]], arm, false);
            if (cell->ok)
                *curves_point(source, &curves, i, arm) =
                    (CurvePoint){cell->median, cell->median_low, cell->median_high};
        }
    panel->kind = PANEL_LINES;
    panel->x = curves_threads_axis(meta, group);
    panel->y = axis_empty(AXIS_PER_SECOND, false);
    curves_write_over_threads(chart, source, panel, &curves);
    curves_release(&curves);
}

static void write_dots(Chart *chart, const ChartSource *source, size_t row, Panel *panel, double left, double right) {
    const Comparison *speed = chart_comparison(source, METRIC_THROUGHPUT);
    DotLines dots = chart_dots_of_row(source, speed, row, true);
    panel->x = chart_dots_axis(&dots, METRIC_THROUGHPUT);
    panel->band_x = chart_noise_band_of_values(source, &speed->rows[row]);
    panel->left = left;
    panel->right = right;
    chart_dots_write(chart, source, panel, &dots);
    chart_dots_release(&dots);
}

/* "operations a second over threads, A/A noise floor up to 1.8 %". Owned. */
static char *group_note(const ChartSource *source, const RowGroup *group) {
    const Row *row = &source->run->meta.rows[group->rows[0]];
    char *noise = curves_noise(source, group);
    char *note = text_format("%s a second%s, %s", row->unit && *row->unit ? row->unit : "operations",
                             group->count > 1 ? " over threads" : "", noise);
    free(noise);
    return note;
}

static void write_group(Chart *chart, const ChartSource *source, const RowGroup *group, double left, double right) {
    char *note = group_note(source, group);
    Panel panel = chart_new_panel(group->count > 1 ? PANEL_LINES : PANEL_DOTS, group->title, note);
    panel.left = 64;
    panel.right = chart_lines_margin(source->run) + 50;
    if (group->count > 1)
        write_curves(chart, source, group, &panel);
    else
        write_dots(chart, source, group->rows[0], &panel, left, right);
    free(note);
}

int chart_write_throughput(const ChartSource *source, const char *folder) {
    RowGroups groups = row_groups_by_threads(source);
    const size_t count = groups.count;
    double left = 0, right = 0, height = chart_dots_height(chart_arm_count(source->run));
    for (size_t g = 0; g < count; g++) {
        DotLines dots =
            chart_dots_of_row(source, chart_comparison(source, METRIC_THROUGHPUT), groups.items[g].rows[0], true);
        if (groups.items[g].count == 1)
            chart_dots_margins(&dots, &left, &right);
        else
            height = fmax(height, CURVES_HEIGHT);
        chart_dots_release(&dots);
    }
    Chart chart;
    int written = count == 0 ? 0 : -1;
    if (count > 0 && chart_begin(&chart, folder, "throughput", source, count, height)) {
        chart_titles(&chart, "Throughput in absolute numbers",
                     "Median of each arm, bars are 95 % intervals. Curves over the number of threads where a workload "
                     "has several.",
                     "Right or up is faster. The grey band is what the baseline differs from itself (A/A).");
        for (size_t g = 0; g < count; g++)
            write_group(&chart, source, &groups.items[g], left, right);
        written = chart_end(&chart);
    }
    row_groups_release(&groups);
    return written;
}
