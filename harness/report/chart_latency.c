/*
 * chart_latency.c - percentiles of single calls: a panel a row and call, x so that every further nine takes the same
 * room.
 *
 * Up to p99 values come from sampled calls, beyond from chained ones, which see every call but also what the workload
 * does between two: the two halves are two curves, parted by a line. Histograms of all slots of an arm are merged.
 */
#include <math.h>
#include <stdlib.h>

#include "../analysis/latency.h"
#include "chart_lines.h"
#include "chart_tips.h"

static const double PLOT_HEIGHT = 200;
static const double METHODS_PART_AT = 2, ENDS_AT = 4; /* p99 and p99.99, as values of the x axis */
static const double STEP = 0.05; /* between points of a curve; a tic of the axis is close to a point */

/* The curves of a panel are numbered like those of chart_lines_put(). */
typedef struct Curves {
    Latency (*of)[SLOT_METHOD_COUNT];
    size_t count;
} Curves;

static bool has_samples(const BlockTable *table, SlotCall call) {
    for (size_t column = 0; column < table->columns; column++) {
        Latency latency = latency_of_column(table, column, call, SLOT_METHOD_SAMPLED);
        bool has = latency.samples > LATENCY_SAMPLES_BEYOND;
        latency_release(&latency);
        if (has)
            return true;
    }
    return false;
}

/* Arms, the reference around nothing, the baseline again. */
static Curves merge(const BlockTable *table, SlotCall call) {
    size_t arms = table->columns - 1;
    Curves curves = {zeroed(arms + 2, sizeof *curves.of), arms + 2};
    for (SlotMethod method = 0; method < SLOT_METHOD_COUNT; method++) {
        for (size_t arm = 0; arm < arms; arm++)
            curves.of[arm][method] = latency_of_column(table, arm, call, method);
        curves.of[arms][method] = latency_of_row(table, SLOT_CALL_EMPTY, method);
        curves.of[arms + 1][method] = latency_of_column(table, arms, call, method);
    }
    return curves;
}

static void release(Curves *curves) {
    for (size_t i = 0; i < curves->count; i++)
        for (SlotMethod method = 0; method < SLOT_METHOD_COUNT; method++)
            latency_release(&curves->of[i][method]);
    free(curves->of);
}

/* The part of the x axis that a method may show of so many samples; empty when high <= low. */
static void range_of(const Latency *latency, SlotMethod method, double *low, double *high) {
    double most = latency->samples > 0 ? log10((double)latency->samples / LATENCY_SAMPLES_BEYOND) : 0;
    *low = method == SLOT_METHOD_SAMPLED ? 0 : METHODS_PART_AT;
    *high = fmin(most, method == SLOT_METHOD_SAMPLED ? METHODS_PART_AT : ENDS_AT);
}

/* Calls visit(x, ns, data) for the points of one curve in ascending order. */
typedef void (*Visit)(double x, double ns, void *data);
static void walk(const Latency *latency, SlotMethod method, Visit visit, void *data) {
    double low, high, ns;
    range_of(latency, method, &low, &high);
    for (size_t i = 0; low + (double)i * STEP < high + STEP / 2; i++) {
        double x = fmin(low + (double)i * STEP, high);
        if (latency_percentile(latency, 1 - pow(10, -x), &ns))
            visit(x, ns, data);
    }
}

typedef struct Axes {
    Axis *x, *y;
} Axes;
static void include(double x, double ns, void *data) {
    Axes *axes = data;
    axis_include(axes->x, x);
    axis_include(axes->y, ns);
}

typedef struct Pen {
    Chart *chart;
    size_t curve;
    SlotMethod method;
    LineLabel *label; /* NULL for curves without a name */
    const Panel *panel;
    const char *arm;
} Pen;
static void put(double x, double ns, void *data) {
    Pen *pen = data;
    fprintf(pen->chart->data, "%zu %d", pen->curve, (int)pen->method);
    chart_put_number(pen->chart->data, x);
    chart_put_number(pen->chart->data, ns);
    fputc('\n', pen->chart->data);
    if (pen->label) {
        pen->label->x = x;
        pen->label->y = ns;
        char *percentile = chart_axis_value(&pen->panel->x, x), *time = chart_axis_value(&pen->panel->y, ns);
        chart_tip_mark(pen->chart, x, ns, pen->label->colour,
                       text_format("%s, %s: %s is %s", pen->panel->title, pen->arm, percentile, time));
        free(percentile);
        free(time);
    }
}

static void finish_axes(const Curves *curves, Panel *panel) {
    Axes axes = {&panel->x, &panel->y};
    panel->x = (Axis){.unit = AXIS_PERCENTILE, .low = 0, .high = METHODS_PART_AT};
    panel->y = axis_empty(AXIS_NANOSECONDS, true);
    for (size_t i = 0; i < curves->count; i++)
        for (SlotMethod method = 0; method < SLOT_METHOD_COUNT; method++)
            walk(&curves->of[i][method], method, include, &axes);
    axis_finish(&panel->y);
    panel->y.high *= pow(panel->y.high / panel->y.low, 0.08); /* the words of the two methods stand above the curves */
    panel->y.tic_high = panel->y.high;
    chart_lines_make_room(&panel->x);
}

static void write_panel(Chart *chart, const ChartSource *source, size_t row, SlotCall call) {
    const RunMeta *meta = &source->run->meta;
    Curves curves = merge(&source->compared[row], call);
    const ComparisonRow *tails = &chart_comparison(source, METRIC_MALLOC_P999)->rows[row];
    char *title = text_format("%s: %s", source->titles[row], latency_call_name(call));
    Panel panel = chart_new_panel(PANEL_LINES, title, "logarithmic; grey: the same measurement around nothing");
    panel.left = 50;
    panel.right = chart_lines_margin(source->run) + 50;
    panel.line_x = METHODS_PART_AT;
    finish_axes(&curves, &panel);
    chart_panel(chart, &panel);
    LineLabel *labels = zeroed(meta->arm_count, sizeof *labels);
    size_t label_count = 0;
    fputs("-1 0 NaN NaN\n", chart->data);
    for (size_t i = 0; i < curves.count; i++) {
        LineLabel *label = i < meta->arm_count && meta->arms[i].available ? &labels[label_count++] : NULL;
        if (label)
            *label = chart_lines_label(source, tails, (uint32_t)i,
                                       curves.of[i][SLOT_METHOD_SAMPLED].samples > LATENCY_SAMPLES_BEYOND);
        for (SlotMethod method = 0; method < SLOT_METHOD_COUNT; method++)
            walk(&curves.of[i][method], method, put,
                 &(Pen){chart, i, method, label, &panel, label ? meta->arms[i].name : NULL});
    }
    chart_lines_write_labels(chart, &panel, labels, label_count);
    chart_lines_release(labels, label_count);
    release(&curves);
    free(title);
}

int chart_write_latency(const ChartSource *source, const char *folder) {
    const RunMeta *meta = &source->run->meta;
    size_t panels = 0;
    for (size_t row = 0; row < meta->row_count; row++)
        for (SlotCall call = 0; call < SLOT_CALL_EMPTY; call++)
            panels += has_samples(&source->compared[row], call);
    if (panels == 0)
        return 0;
    Chart chart;
    if (!chart_begin(&chart, folder, "latency", source, panels, PLOT_HEIGHT))
        return -1;
    char *second = text_format("A curve ends where fewer than %d calls lie beyond. Dashed: %s again (A/A), the noise "
                               "floor.",
                               LATENCY_SAMPLES_BEYOND, meta->arms[meta->baseline].name);
    chart_titles(
        &chart, "Latency of single calls",
        "Time over percentile, all slots of an arm merged. Sampled calls up to p99, beyond it every call, with "
        "what the workload does between. Lower is faster.",
        second);
    free(second);
    for (size_t row = 0; row < meta->row_count; row++)
        for (SlotCall call = 0; call < SLOT_CALL_EMPTY; call++)
            if (has_samples(&source->compared[row], call))
                write_panel(&chart, source, row, call);
    return chart_end(&chart);
}
