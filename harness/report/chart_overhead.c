/*
 * chart_overhead.c - overhead(t): resident bytes without the instrument's own, as a multiple of the live bytes at the
 * same moment. The same slots as in the chart of resident memory.
 */
#include <math.h>
#include <stdlib.h>

#include "../analysis/memory.h"
#include "chart_lines.h"
#include "chart_tips.h"
#include "wording.h"

static const double PLOT_HEIGHT = 170;
/* While a workload fills up or empties, a multiple of next to nothing says nothing: only points at which it holds this
 * share of its own peak are drawn. */
static const double SMALLEST_SHARE = 0.05;

typedef struct Curve {
    double *share, *overhead; /* percent of the slot's running time; multiple of live bytes, NAN for a gap */
    size_t count;
} Curve;

static double live_peak(const Series *series) {
    double peak = 0;
    for (size_t i = 0; i < series->count; i++)
        peak = fmax(peak, (double)series->live_bytes[i]);
    return peak;
}

/* Empty for NULL and for a slot whose live bytes were not counted. */
static Curve curve_of(const RunMeta *meta, const Sample *sample) {
    Curve curve = {0};
    if (!sample || !sample->series.live_bytes)
        return curve;
    const Series *series = &sample->series;
    double *times = zeroed(series->count, sizeof *times), *values = zeroed(series->count, sizeof *values);
    size_t all = memory_overhead_curve(meta, sample, times, values);
    double least = SMALLEST_SHARE * live_peak(series);
    curve.share = zeroed(series->count, sizeof *curve.share);
    curve.overhead = zeroed(series->count, sizeof *curve.overhead);
    for (size_t point = 0, i = 0; point < series->count; point++) {
        bool has_value = i < all && (double)series->time_ns[point] >= times[i];
        double value = has_value ? values[i++] : NAN;
        if ((double)series->live_bytes[point] < least)
            value = NAN;
        if (isnan(value) && (curve.count == 0 || isnan(curve.overhead[curve.count - 1])))
            continue; /* no gap before the first point, and one is enough */
        curve.share[curve.count] = chart_share_at(series, point);
        curve.overhead[curve.count++] = value;
    }
    if (curve.count > 0 && isnan(curve.overhead[curve.count - 1]))
        curve.count--;
    if (curve.count < 2) /* a point is no curve */
        curve.count = 0;
    free(times);
    free(values);
    return curve;
}

/* One curve a column of the table: the arms, then the baseline's second slot. Owned; released by release_curves(). */
static Curve *curves_of_row(const ChartSource *source, size_t row) {
    const BlockTable *table = &source->observed[row];
    Curve *curves = zeroed(table->columns, sizeof *curves);
    for (size_t column = 0; column < table->columns; column++)
        curves[column] = curve_of(table->meta, chart_median_slot(table, column, chart_value_of_series));
    return curves;
}

static void release_curves(Curve *curves, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(curves[i].share);
        free(curves[i].overhead);
    }
    free(curves);
}

static bool has_curve(const ChartSource *source, size_t row) {
    Curve *curves = curves_of_row(source, row);
    bool any = false;
    for (size_t column = 0; column < source->observed[row].columns; column++)
        any = any || curves[column].count > 0;
    release_curves(curves, source->observed[row].columns);
    return any;
}

static void write_row(Chart *chart, const ChartSource *source, size_t row) {
    const RunMeta *meta = &source->run->meta;
    size_t columns = source->observed[row].columns, label_count = 0;
    Curve *curves = curves_of_row(source, row);
    Panel panel = chart_new_panel(PANEL_LINES, source->titles[row], "RSS / live bytes, logarithmic axis");
    panel.left = 46;
    panel.right = chart_lines_margin(source->run) + 50;
    panel.line_y = 1;
    panel.x = (Axis){.unit = AXIS_SHARE, .low = 0, .high = 100};
    panel.y = axis_empty(AXIS_RATIO, true);
    axis_include(&panel.y, 1);
    for (size_t column = 0; column < columns; column++)
        for (size_t i = 0; i < curves[column].count; i++)
            axis_include(&panel.y, curves[column].overhead[i]);
    axis_finish(&panel.y);
    chart_lines_make_room(&panel.x);
    chart_panel(chart, &panel);
    LineLabel *labels = zeroed(columns, sizeof *labels);
    fputs("-1 NaN NaN NaN NaN\n", chart->data);
    for (size_t column = 0; column < columns; column++) {
        const Curve *curve = &curves[column];
        bool control = column == meta->arm_count;
        for (size_t i = 0; i < curve->count; i++)
            if (isnan(curve->overhead[i]))
                fputc('\n', chart->data); /* gnuplot lifts the pen */
            else
                chart_lines_put(chart, control ? column + 1 : column, curve->share[i], curve->overhead[i]);
        if (control || !meta->arms[column].available)
            continue;
        const ComparisonRow *peaks = &chart_comparison(source, METRIC_PEAK_RSS)->rows[row];
        LineLabel *label = &labels[label_count++];
        *label = chart_lines_label(source, peaks, (uint32_t)column, curve->count > 0);
        if (curve->count > 0) {
            label->x = curve->share[curve->count - 1];
            label->y = curve->overhead[curve->count - 1];
            char *last = word_ratio(label->y);
            chart_tip_curve(
                chart, label->colour,
                text_format("%s, %s: %s times the live bytes at last", panel.title, meta->arms[column].name, last));
            free(last);
        }
    }
    chart_lines_write_labels(chart, &panel, labels, label_count);
    chart_lines_release(labels, label_count);
    release_curves(curves, columns);
}

int chart_write_overhead(const ChartSource *source, const char *folder) {
    const RunMeta *meta = &source->run->meta;
    size_t rows = 0;
    for (size_t row = 0; row < meta->row_count; row++)
        rows += has_curve(source, row);
    Chart chart;
    if (rows == 0 || !chart_mode_shows_memory(meta->mode))
        return 0;
    if (!chart_begin(&chart, folder, "overhead_over_time", source, rows, PLOT_HEIGHT))
        return -1;
    char *second = text_format("Drawn while the workload holds at least %g %% of its peak. Dashed: %s again (A/A), the "
                               "noise floor.",
                               100 * SMALLEST_SHARE, meta->arms[meta->baseline].name);
    chart_titles(
        &chart, "Memory overhead over time",
        "Resident bytes without the instrument's own, as a multiple of live bytes; over the share of the slot's "
        "running time. Lower is leaner.",
        second);
    free(second);
    for (size_t row = 0; row < meta->row_count; row++)
        if (has_curve(source, row))
            write_row(&chart, source, row);
    return chart_end(&chart);
}
