/*
 * chart_limit.c - time under ever tighter memory limits, up to the one under which the work no longer completes.
 *
 * Of each arm the slot with the median smallest limit is drawn. Times are relative to the arm's median time without a
 * limit, or where that is not known to the slot's under its widest limit.
 */
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>

#include "../analysis/statistics.h"
#include "chart_lines.h"
#include "chart_tips.h"
#include "wording.h"

static const double PLOT_HEIGHT = 170, LEGEND_LINE = 16;

/* A completed try, by ascending limit. */
typedef struct Curve {
    double *limit, *time; /* bytes; multiple of the time without a limit */
    size_t count;
    double failed; /* the widest limit that did not suffice; NAN when none was tried */
} Curve;

static bool smallest_limit(const RunMeta *meta, const Sample *sample, double *value) {
    return sample->probe_count > 0 && metric_value(meta, sample, METRIC_MEMORY_LIMIT, value);
}

/* Adds a completed try; one more under the same limit is averaged with those before it. */
static void add_try(Curve *curve, double limit, double time, size_t *tries) {
    if (curve->count > 0 && curve->limit[curve->count - 1] == limit) {
        double *mean = &curve->time[curve->count - 1];
        *mean += (time - *mean) / (double)++*tries;
        return;
    }
    curve->limit[curve->count] = limit;
    curve->time[curve->count++] = time;
    *tries = 1;
}

/* The median time of an arm without a limit; NAN when that was not measured. */
static double free_run_of(const BlockTable *table, size_t column) {
    double *times = zeroed(table->blocks, sizeof *times);
    size_t count = 0;
    for (size_t block = 0; block < table->blocks; block++) {
        const Sample *sample = table->slots[block * table->columns + column];
        double time = sample && sample->status == SAMPLE_OK ? sample_measure(sample, "free_run_elapsed_ns") : NAN;
        if (!isnan(time))
            times[count++] = time;
    }
    double median = median_of(times, count);
    free(times);
    return median;
}

static Curve curve_of(const BlockTable *table, size_t column) {
    const Sample *sample = chart_median_slot(table, column, smallest_limit);
    Curve curve = {.failed = NAN};
    double smallest, free_run = free_run_of(table, column);
    if (!sample || !smallest_limit(table->meta, sample, &smallest))
        return curve;
    double *limits = zeroed(sample->probe_count, sizeof *limits);
    size_t *order = zeroed(sample->probe_count, sizeof *order), tries = 0;
    curve.limit = zeroed(sample->probe_count, sizeof *curve.limit);
    curve.time = zeroed(sample->probe_count, sizeof *curve.time);
    for (size_t i = 0; i < sample->probe_count; i++)
        limits[i] = (double)sample->probes[i].limit_bytes;
    gsl_sort_index(order, limits, 1, sample->probe_count);
    for (size_t i = 0; i < sample->probe_count; i++) {
        double limit = limits[order[i]], time = (double)sample->probes[order[i]].elapsed_ns;
        /* Under the result some tries may complete by luck: they were not confirmed. */
        if (limit >= smallest && time > 0)
            add_try(&curve, limit, time, &tries);
        else if (limit < smallest && time <= 0)
            curve.failed = limit;
    }
    if (isnan(free_run) && curve.count > 0)
        free_run = curve.time[curve.count - 1];
    for (size_t i = 0; i < curve.count; i++)
        curve.time[i] /= free_run;
    free(limits);
    free(order);
    return curve;
}

static Curve *curves_of_row(const ChartSource *source, size_t row) {
    const BlockTable *table = &source->compared[row];
    Curve *curves = zeroed(table->columns, sizeof *curves);
    for (size_t column = 0; column < table->columns; column++)
        curves[column] = curve_of(table, column);
    return curves;
}

static void release_curves(Curve *curves, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(curves[i].limit);
        free(curves[i].time);
    }
    free(curves);
}

static bool row_has(const ChartSource *source, size_t row) {
    const BlockTable *table = &source->compared[row];
    for (size_t column = 0; column < table->columns; column++)
        if (chart_median_slot(table, column, smallest_limit))
            return true;
    return false;
}

static void finish_axes(const Curve *curves, size_t count, Panel *panel) {
    panel->x = axis_empty(AXIS_BYTES, true);
    panel->y = axis_empty(AXIS_RATIO, true);
    panel->x.reversed = true; /* tighter is harder: time rises to the right */
    axis_include(&panel->y, 1);
    for (size_t column = 0; column < count; column++) {
        axis_include(&panel->x, curves[column].failed);
        for (size_t i = 0; i < curves[column].count; i++) {
            axis_include(&panel->x, curves[column].limit[i]);
            axis_include(&panel->y, curves[column].time[i]);
        }
    }
    axis_finish(&panel->x);
    axis_finish(&panel->y);
    chart_lines_make_room(&panel->x);
}

/* Where the marks of the legend stand: just left of the names. */
static double legend_x(const Axis *x, double pixels) {
    static const double FROM_NAME = 10;
    return x->low * pow(x->high / x->low, FROM_NAME / pixels);
}

/* Curves end close together at the limits, so that names beside their ends would be tied to them by crossing leaders:
 * they stand in a column in the order of the arms, each with its mark. */
static double legend_y(const Axis *y, size_t line, double pixels) {
    return y->high * pow(y->low / y->high, ((double)line + 0.5) * LEGEND_LINE / pixels);
}

static void write_curve(Chart *chart, size_t number, const Curve *curve) {
    for (size_t i = curve->count; i-- > 0;)
        chart_lines_put(chart, number, curve->limit[i], curve->time[i]);
}

/* Where an arm fails, and its mark in the legend, in columns of their own. */
static void write_marks(Chart *chart, size_t arm, const Curve *curve, double x, double y) {
    bool ends = curve->count > 0 && !isnan(curve->failed);
    fprintf(chart->data, "%zu NaN NaN", arm);
    chart_put_number(chart->data, ends ? curve->failed : NAN);
    chart_put_number(chart->data, ends ? curve->time[0] : NAN);
    chart_put_number(chart->data, curve->count > 0 ? x : NAN);
    chart_put_number(chart->data, y);
    fputc('\n', chart->data);
}

static void put_tips(Chart *chart, const Panel *panel, const char *arm, const Curve *curve, unsigned colour) {
    for (size_t i = 0; i < curve->count; i++) {
        char *limit = chart_axis_value(&panel->x, curve->limit[i]), *time = chart_axis_value(&panel->y, curve->time[i]);
        chart_tip_mark(chart, curve->limit[i], curve->time[i], colour,
                       text_format("%s, %s: %s times as long under %s", panel->title, arm, time, limit));
        free(limit);
        free(time);
    }
    if (curve->count > 0 && !isnan(curve->failed)) {
        char *failed = chart_axis_value(&panel->x, curve->failed);
        chart_tip_mark(chart, curve->failed, curve->time[0], colour,
                       text_format("%s, %s: %s does not suffice", panel->title, arm, failed));
        free(failed);
    }
}

static void write_row(Chart *chart, const ChartSource *source, size_t row) {
    const RunMeta *meta = &source->run->meta;
    const ComparisonRow *limits = &chart_comparison(source, METRIC_MEMORY_LIMIT)->rows[row];
    size_t columns = source->compared[row].columns, label_count = 0;
    Curve *curves = curves_of_row(source, row);
    char *noise = word_percent(limits->noise_floor);
    char *note = text_format("time / time without a limit; A/A noise floor of the smallest limit %s", noise);
    Panel panel = chart_new_panel(PANEL_LINES, source->titles[row], note);
    panel.left = 40;
    panel.right = chart_lines_margin(source->run) + 50;
    panel.line_y = 1;
    finish_axes(curves, columns, &panel);
    chart_panel(chart, &panel);
    LineLabel *labels = zeroed(columns, sizeof *labels);
    fputs("-1 NaN NaN NaN NaN NaN NaN\n", chart->data);
    for (size_t column = 0; column < columns; column++) {
        bool control = column == meta->arm_count;
        write_curve(chart, control ? column + 1 : column, &curves[column]);
        if (control || !meta->arms[column].available)
            continue;
        LineLabel *label = &labels[label_count];
        *label = chart_lines_label(source, limits, (uint32_t)column, curves[column].count > 0);
        label->y = legend_y(&panel.y, label_count++, chart_plot_height(chart));
        put_tips(chart, &panel, meta->arms[column].name, &curves[column], label->colour);
        write_marks(chart, column, &curves[column], legend_x(&panel.x, chart_plot_width(chart, &panel)), label->y);
    }
    chart_lines_write_labels(chart, &panel, labels, label_count);
    chart_lines_release(labels, label_count);
    release_curves(curves, columns);
    free(noise);
    free(note);
}

int chart_write_limit_curve(const ChartSource *source, const char *folder) {
    const RunMeta *meta = &source->run->meta;
    size_t rows = 0;
    for (size_t row = 0; row < meta->row_count; row++)
        rows += row_has(source, row);
    Chart chart;
    if (rows == 0)
        return 0;
    double legend = LEGEND_LINE * (double)(chart_arm_count(source->run) + 1);
    if (!chart_begin(&chart, folder, "limit_curve", source, rows, fmax(PLOT_HEIGHT, legend)))
        return -1;
    char *second = text_format("Cross: the widest limit that did not suffice. Dashed: %s again (A/A), the noise floor.",
                               meta->arms[meta->baseline].name);
    chart_titles(
        &chart, "Time under a memory limit",
        "Tighter limits to the right; a curve ends at the smallest limit under which the work completes. Of each "
        "arm the slot with the median limit.",
        second);
    free(second);
    for (size_t row = 0; row < meta->row_count; row++)
        if (row_has(source, row))
            write_row(&chart, source, row);
    return chart_end(&chart);
}
