/*
 * chart_idle.c - what stays resident after everything was freed: at once, after 1 s and 3 s, silent or with light
 * traffic.
 */
#include <math.h>
#include <stdlib.h>

#include "chart_lines.h"
#include "chart_tips.h"
#include "wording.h"

static const double PLOT_HEIGHT = 170;
static const double LOGARITHMIC_FROM = 10; /* highest value over lowest */
static const double STEP = 0.04;           /* seconds between arms at the same moment, so that none hides another */
static const double LIGHT_AFTER = 0.15;    /* seconds that light traffic is drawn beside silence, for that reason too */

typedef struct Moment {
    Metric metric;
    double second;
    bool light;
} Moment;
static const Moment MOMENTS[] = {
    {METRIC_IDLE_RSS_0S, 0, false}, {METRIC_IDLE_RSS_1S, 1, false}, {METRIC_IDLE_RSS_3S, 3, false},
    {METRIC_LIGHT_RSS_1S, 1, true}, {METRIC_LIGHT_RSS_3S, 3, true},
};
enum { MOMENT_COUNT = sizeof MOMENTS / sizeof *MOMENTS };

static const ComparisonRow *row_of(const ChartSource *source, size_t moment, size_t row) {
    return &chart_comparison(source, MOMENTS[moment].metric)->rows[row];
}

/* NULL where the arm has no value. */
static const Cell *value_of(const ChartSource *source, size_t moment, size_t row, uint32_t arm) {
    const Cell *cell = comparison_cell(row_of(source, moment, row), arm, false);
    return cell && cell->ok > 0 ? cell : NULL;
}

static bool row_has(const ChartSource *source, size_t row) {
    for (size_t moment = 0; moment < MOMENT_COUNT; moment++)
        for (uint32_t arm = 0; arm < source->run->meta.arm_count; arm++)
            if (value_of(source, moment, row, arm))
                return true;
    return false;
}

/* The values' axis, logarithmic where they are far apart. */
static Axis axis_of_row(const ChartSource *source, size_t row) {
    Axis range = axis_empty(AXIS_BYTES, true);
    for (size_t moment = 0; moment < MOMENT_COUNT; moment++)
        for (uint32_t arm = 0; arm < source->run->meta.arm_count; arm++) {
            const Cell *cell = value_of(source, moment, row, arm);
            axis_include(&range, cell ? cell->median : NAN);
            axis_include(&range, cell ? cell->median_low : NAN);
            axis_include(&range, cell ? cell->median_high : NAN);
        }
    range.logarithmic = range.high > LOGARITHMIC_FROM * range.low;
    axis_finish(&range);
    return range;
}

/* The widest noise floor of the moments. Owned. */
static char *note_of(const ChartSource *source, size_t row, bool logarithmic) {
    double floor = NAN;
    for (size_t moment = 0; moment < MOMENT_COUNT; moment++)
        floor = fmax(floor, row_of(source, moment, row)->noise_floor);
    char *percent = word_percent(floor);
    char *note = text_format("RSS, seconds after the last free, A/A noise floor %s%s%s", isnan(floor) ? "" : "up to ",
                             percent, logarithmic ? ", logarithmic axis" : "");
    free(percent);
    return note;
}

static void put(Chart *chart, size_t arm, const Moment *moment, double x, const Cell *cell) {
    fprintf(chart->data, "%zu %d", arm, moment->light);
    chart_put_number(chart->data, x);
    chart_put_number(chart->data, cell->median);
    chart_put_number(chart->data, cell->median_low);
    chart_put_number(chart->data, cell->median_high);
    fputc('\n', chart->data);
}

static void put_tip(Chart *chart, const ChartSource *source, const Panel *panel, uint32_t arm, const Moment *moment,
                    double x, const Cell *cell) {
    char *value = chart_axis_value(&panel->y, cell->median);
    char *interval = chart_axis_interval(&panel->y, cell->median_low, cell->median_high);
    chart_tip_mark(chart, x, cell->median, source->styles[arm].colour,
                   text_format("%s, %s after %g s%s: %s%s", panel->title, source->run->meta.arms[arm].name,
                               moment->second, moment->light ? " with light traffic" : "", value, interval));
    free(value);
    free(interval);
}

static void write_row(Chart *chart, const ChartSource *source, size_t row) {
    const RunMeta *meta = &source->run->meta;
    Panel panel = chart_new_panel(PANEL_LINES, source->titles[row], "");
    panel.left = 64;
    panel.right = chart_lines_margin(source->run) + 50;
    panel.x = (Axis){.unit = AXIS_SECONDS, .low = -0.2, .high = 3.3};
    panel.y = axis_of_row(source, row);
    chart_lines_make_room(&panel.x);
    panel.x.tic_low = 0;
    panel.x.tic_high = 3;
    char *note = note_of(source, row, panel.y.logarithmic);
    panel.note = note;
    chart_panel(chart, &panel);
    free(note);
    LineLabel *labels = zeroed(meta->arm_count, sizeof *labels);
    size_t count = 0;
    fputs("-1 0 NaN NaN NaN NaN\n", chart->data);
    for (uint32_t arm = 0; arm < meta->arm_count; arm++) {
        if (!meta->arms[arm].available)
            continue;
        LineLabel label = {NAN, NAN, 0, NULL};
        for (size_t moment = 0; moment < MOMENT_COUNT; moment++) {
            const Cell *cell = value_of(source, moment, row, arm);
            double x = MOMENTS[moment].second + (MOMENTS[moment].light ? LIGHT_AFTER : 0) +
                       STEP * ((double)arm - (double)(meta->arm_count - 1) / 2);
            if (!cell)
                continue;
            put(chart, arm, &MOMENTS[moment], x, cell);
            put_tip(chart, source, &panel, arm, &MOMENTS[moment], x, cell);
            if (isnan(label.x) || !MOMENTS[moment].light) { /* the name stands at the end of the silent curve */
                label.x = x;
                label.y = cell->median;
            }
        }
        labels[count] = chart_lines_label(source, row_of(source, 0, row), arm, !isnan(label.x));
        labels[count].x = label.x;
        labels[count++].y = label.y;
    }
    chart_lines_write_labels(chart, &panel, labels, count);
    chart_lines_release(labels, count);
}

int chart_write_idle(const ChartSource *source, const char *folder) {
    size_t rows = 0, all = source->run->meta.row_count;
    for (size_t row = 0; row < all; row++)
        rows += row_has(source, row);
    Chart chart;
    if (rows == 0)
        return 0;
    if (!chart_begin(&chart, folder, "idle_return", source, rows, PLOT_HEIGHT))
        return -1;
    chart_titles(
        &chart, "Memory that stays after everything was freed",
        "Median of each arm, bars are 95 % intervals. Filled: the process is silent. Hollow, dashed: with light "
        "traffic, which lets allocators clean up.",
        "Lower is leaner. A/A noise floor: by how much the baseline differs from itself.");
    for (size_t row = 0; row < all; row++)
        if (row_has(source, row))
            write_row(&chart, source, row);
    return chart_end(&chart);
}
