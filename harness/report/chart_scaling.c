/*
 * chart_scaling.c - thread scaling: how many times the throughput of its fewest threads each arm has with more. One
 * panel a workload that has several numbers of threads.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../analysis/rank_sum.h"
#include "../store/text.h"
#include "chart_curves.h"
#include "chart_lines.h"
#include "processors.h"

static const double PLOT_HEIGHT = 200;

/* Logarithms of the throughputs of an arm's slots; returns how many. */
static size_t log_values(const BlockTable *table, uint32_t arm, double *values) {
    size_t count = block_table_values(table, METRIC_THROUGHPUT, arm, values);
    for (size_t i = 0; i < count; i++)
        values[i] = log(values[i]);
    return count;
}

/* Rows are no pairs: minutes may lie between a block of one and the same block of the other. So it is the shift between
 * two independent samples, as between two runs. */
static CurvePoint speed_up(const BlockTable *few, const BlockTable *many, uint32_t arm) {
    double *one = zeroed(few->blocks, sizeof *one), *other = zeroed(many->blocks, sizeof *other);
    size_t one_count = log_values(few, arm, one), other_count = log_values(many, arm, other);
    CurvePoint point = {NAN, NAN, NAN};
    if (one_count > 0 && few == many)
        point.value = 1;
    else if (one_count > 0 && other_count > 0) {
        Estimate shift = rank_sum_shift(other, other_count, one, one_count);
        point = (CurvePoint){exp(shift.estimate), exp(shift.low), exp(shift.high)};
    }
    free(one);
    free(other);
    return point;
}

/* Every thread on a processor of its own adds as much as the first ones did; those beyond add nothing. */
static void set_ideal(Curves *curves, uint32_t processors) {
    double fewest = curves->x[0], most = curves->x[curves->group->count - 1];
    double bend = processors > 0 ? fmin(fmax(processors, fewest), most) : most;
    const double x[IDEAL_POINTS] = {fewest, bend, most}, y[IDEAL_POINTS] = {1, bend / fewest, bend / fewest};
    memcpy(curves->ideal_x, x, sizeof x);
    memcpy(curves->ideal_y, y, sizeof y);
}

static char *note_of(const ChartSource *source, const RowGroup *group) {
    const RunMeta *meta = &source->run->meta;
    uint32_t fewest = meta->rows[group->rows[0]].threads, processors = processors_of_row(meta, group->rows[0]);
    char *noise = curves_noise(source, group);
    char *on = processors > 0 ? text_format(" on %u processor%s", (unsigned)processors, processors == 1 ? "" : "s")
                              : text_copy("");
    char *note = text_format("multiple of %u thread%s%s, %s", (unsigned)fewest, fewest == 1 ? "" : "s", on, noise);
    free(on);
    free(noise);
    return note;
}

static void write_group(Chart *chart, const ChartSource *source, const RowGroup *group) {
    const RunMeta *meta = &source->run->meta;
    Curves curves = curves_over_threads(source, group);
    char *note = note_of(source, group);
    Panel panel = chart_new_panel(PANEL_LINES, group->title, note);
    panel.left = 40;
    panel.right = chart_lines_margin(source->run) + 50;
    panel.x = curves_threads_axis(meta, group);
    panel.y = axis_empty(AXIS_RATIO, panel.x.logarithmic);
    for (size_t i = 0; i < group->count; i++)
        for (uint32_t arm = 0; arm < meta->arm_count; arm++)
            if (meta->arms[arm].available)
                *curves_point(source, &curves, i, arm) =
                    speed_up(&source->compared[group->rows[0]], &source->compared[group->rows[i]], arm);
    set_ideal(&curves, processors_of_row(meta, group->rows[0]));
    curves_write_over_threads(chart, source, &panel, &curves);
    curves_release(&curves);
    free(note);
}

int chart_write_scaling(const ChartSource *source, const char *folder) {
    RowGroups groups = row_groups_by_threads(source);
    size_t panels = 0;
    for (size_t g = 0; g < groups.count; g++)
        panels += groups.items[g].count > 1;
    Chart chart;
    int written = panels == 0 ? 0 : -1;
    if (panels > 0 && chart_begin(&chart, folder, "thread_scaling", source, panels, PLOT_HEIGHT)) {
        chart_titles(&chart, "Scaling with threads",
                     "Throughput over threads as a multiple of the same arm's with the fewest: it compares shapes, not "
                     "speeds. Bars are 95 % intervals.",
                     "Dashed: ideal, which ends at the number of processors (line). Grey: more threads than "
                     "processors, which take turns.");
        for (size_t g = 0; g < groups.count; g++)
            if (groups.items[g].count > 1)
                write_group(&chart, source, &groups.items[g]);
        written = chart_end(&chart);
    }
    row_groups_release(&groups);
    return written;
}
