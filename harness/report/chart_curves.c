/*
 * chart_curves.c - see chart_curves.h.
 */
#include "chart_curves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart_lines.h"
#include "chart_tips.h"
#include "processors.h"
#include "wording.h"

/* Arms stand a little beside each other at the same x, so that their bars do not hide each other: this share of the
 * axis at most, and no farther than DODGED_GAP of the way to the next x all together. */
static const double DODGE_STEP = 0.009, DODGED_GAP = 0.6;

static const double TIC_GAP = 12; /* pixels between names under an axis */

/* ---- groups ---- */

static bool same_workload(const Row *a, const Row *b) {
    const char *left = a->arguments ? a->arguments : "", *right = b->arguments ? b->arguments : "";
    return a->kind == b->kind && a->thp == b->thp && a->host == b->host && !strcmp(a->workload, b->workload) &&
           !strcmp(left, right);
}

static bool belongs(const RunMeta *meta, const RowGroup *group, size_t row) {
    if (!same_workload(&meta->rows[group->rows[0]], &meta->rows[row]))
        return false;
    for (size_t i = 0; i < group->count; i++) /* two rows alike but for their name are two panels */
        if (meta->rows[group->rows[i]].threads == meta->rows[row].threads)
            return false;
    return true;
}

/* "larson t1" and "larson t2" share the title "larson", "larson t1 thp=never" and its like "larson thp=never". Owned.
 */
static char *title_without_threads(const ChartSource *source, const RowGroup *group) {
    const Row *row = &source->run->meta.rows[group->rows[0]];
    char *threads = text_format(" t%u", (unsigned)row->threads);
    const char *found = group->count > 1 ? strstr(row->name, threads) : NULL;
    size_t length = found ? strlen(threads) : 0;
    char *title;
    if (found && (found[length] == '\0' || found[length] == ' '))
        title = text_format("%.*s%s", (int)(found - row->name), row->name, found + length);
    else
        title = text_copy(group->count > 1 ? row->name : source->titles[group->rows[0]]);
    free(threads);
    return title;
}

void row_group_insert(RowGroup *group, double *keys, size_t row, double key) {
    size_t at = group->count++;
    for (; at > 0 && keys[at - 1] > key; at--) {
        keys[at] = keys[at - 1];
        group->rows[at] = group->rows[at - 1];
    }
    keys[at] = key;
    group->rows[at] = row;
}

RowGroups row_groups_by_threads(const ChartSource *source) {
    const RunMeta *meta = &source->run->meta;
    const Comparison *speed = chart_comparison(source, METRIC_THROUGHPUT);
    RowGroups groups = {.items = zeroed(meta->row_count, sizeof *groups.items)};
    double **keys = zeroed(meta->row_count, sizeof *keys);
    for (size_t row = 0; row < meta->row_count; row++) {
        size_t g = 0;
        if (!chart_row_has(source, speed, row) || meta->rows[row].unsupported)
            continue;
        while (g < groups.count && !belongs(meta, &groups.items[g], row))
            g++;
        if (g == groups.count) {
            groups.items[groups.count++].rows = zeroed(meta->row_count, sizeof *groups.items[g].rows);
            keys[g] = zeroed(meta->row_count, sizeof *keys[g]);
        }
        row_group_insert(&groups.items[g], keys[g], row, meta->rows[row].threads);
    }
    for (size_t g = 0; g < groups.count; g++) {
        groups.items[g].title = title_without_threads(source, &groups.items[g]);
        free(keys[g]);
    }
    free(keys);
    return groups;
}

void row_groups_release(RowGroups *groups) {
    for (size_t g = 0; g < groups->count; g++) {
        free(groups->items[g].rows);
        free(groups->items[g].title);
    }
    free(groups->items);
    *groups = (RowGroups){0};
}

/* ---- curves ---- */

Curves curves_without_rows(const ChartSource *source, const RowGroup *group) {
    size_t count = group->count * source->run->meta.arm_count;
    Curves curves = {
        .group = group,
        .x = zeroed(group->count, sizeof *curves.x),
        .joined = true,
        .points = zeroed(count, sizeof *curves.points),
        .failures = zeroed(source->run->meta.arm_count, sizeof *curves.failures),
    };
    for (size_t i = 0; i < count; i++)
        curves.points[i] = (CurvePoint){NAN, NAN, NAN};
    for (size_t i = 0; i < IDEAL_POINTS; i++)
        curves.ideal_x[i] = curves.ideal_y[i] = NAN;
    return curves;
}

/* What a curve of this arm lacks: how the slots of some row ended, NULL where every row has values. */
static const char *failure_of(const ChartSource *source, const RowGroup *group, uint32_t arm) {
    const Comparison *about = NULL;
    for (size_t i = 0; i < group->count; i++) {
        about = chart_comparison(source, metric_of_row(&source->run->meta, (uint32_t)group->rows[i]));
        const Cell *cell = comparison_cell(&about->rows[group->rows[i]], arm, false);
        if (cell && cell->ok == 0 && cell->failed > 0)
            return sample_status_name(cell->worst_status);
    }
    return NULL;
}

Curves curves_new(const ChartSource *source, const RowGroup *group) {
    Curves curves = curves_without_rows(source, group);
    for (uint32_t arm = 0; arm < source->run->meta.arm_count; arm++)
        curves.failures[arm] = failure_of(source, group, arm);
    return curves;
}

Curves curves_over_threads(const ChartSource *source, const RowGroup *group) {
    Curves curves = curves_new(source, group);
    for (size_t i = 0; i < group->count; i++)
        curves.x[i] = source->run->meta.rows[group->rows[i]].threads;
    return curves;
}

CurvePoint *curves_point(const ChartSource *source, const Curves *curves, size_t place, uint32_t arm) {
    return &curves->points[place * source->run->meta.arm_count + arm];
}

void curves_release(Curves *curves) {
    free(curves->x);
    free(curves->points);
    free(curves->failures);
}

void curves_include(const ChartSource *source, const Curves *curves, Axis *y) {
    for (size_t i = 0; i < curves->group->count * source->run->meta.arm_count; i++) {
        axis_include(y, curves->points[i].value);
        axis_include(y, curves->points[i].high);
        if (y->logarithmic)
            axis_include(y, curves->points[i].low);
    }
    for (size_t i = 0; i < IDEAL_POINTS; i++)
        axis_include(y, curves->ideal_y[i]);
}

Axis curves_threads_axis(const RunMeta *meta, const RowGroup *group) {
    uint32_t least = meta->rows[group->rows[0]].threads, most = meta->rows[group->rows[group->count - 1]].threads;
    Axis x = axis_empty(AXIS_THREADS, most > 8);
    axis_include(&x, least);
    axis_include(&x, most);
    axis_finish(&x);
    if (x.logarithmic) { /* room for the arms beside the first and last number */
        x.low *= 0.9;
        x.high *= 1.1;
    } else {
        x.low = 0.8 * least;
        x.high = 1.05 * most;
    }
    chart_lines_make_room(&x);
    return x;
}

/* A line at the number of processors and a band beyond it, where some row has more threads; the axis is finished. */
static void mark_oversubscribed(const RunMeta *meta, const RowGroup *group, Panel *panel) {
    size_t last = group->rows[group->count - 1];
    if (!row_is_oversubscribed(meta, last))
        return;
    /* The band begins between the last number that has a processor for each thread and the next one. */
    double processors = processors_of_row(meta, last);
    double border = panel->x.logarithmic ? sqrt(processors * (processors + 1)) : processors + 0.5;
    panel->band_x.low = fmax(border, panel->x.low);
    panel->band_x.high = panel->x.tic_high;
    if (panel->y.logarithmic) /* room for the band's name below the curves; a linear axis begins at 0 */
        panel->y.low /= pow(panel->y.high / panel->y.low, 0.12);
    panel->line_x = processors >= panel->x.low ? processors : NAN;
}

/* Every `stride`-th, or NULL when two of these would touch. */
static char *every_tic(const Axis *x, double pixels, char *const *names, const double *values, size_t count,
                       size_t stride) {
    char *tics = text_copy("");
    double end = -INFINITY;
    for (size_t i = 0; i < count && tics; i += stride) {
        char *word = text_copy(names[i]);
        for (char *at = word; *at; at++)
            if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-", *at))
                *at = '_';
        double place = axis_share(x, values[i]) * pixels, half = chart_text_width(strlen(word)) / 2;
        bool touches = place - half < end + TIC_GAP;
        end = place + half;
        char *longer = touches ? NULL : text_format("%s%s\"%s\" %.10g", tics, *tics ? ", " : "", word, values[i]);
        free(word);
        free(tics);
        tics = longer;
    }
    return tics;
}

char *curves_name_tics(const Axis *x, double pixels, char *const *names, const double *values, size_t count) {
    char *tics = NULL;
    for (size_t stride = 1; !tics; stride++)
        tics = every_tic(x, pixels, names, values, count, stride);
    return tics;
}

char *curves_noise(const ChartSource *source, const RowGroup *group) {
    double floor = NAN;
    for (size_t i = 0; i < group->count; i++)
        floor = fmax(floor, chart_comparison(source, METRIC_THROUGHPUT)->rows[group->rows[i]].noise_floor);
    char *percent = word_percent(floor);
    char *text = text_format("A/A noise floor %s%s", group->count > 1 && !isnan(floor) ? "up to " : "", percent);
    free(percent);
    return text;
}

static double dodge_step(const Axis *x, const Curves *curves, size_t arms) {
    double step = DODGE_STEP;
    for (size_t i = 1; i < curves->group->count; i++)
        step = fmin(step, DODGED_GAP * (axis_share(x, curves->x[i]) - axis_share(x, curves->x[i - 1])) / (double)arms);
    return step;
}

static double dodged(const Axis *x, double value, double step, uint32_t arm, size_t arms) {
    double share = step * ((double)arm - (double)(arms - 1) / 2);
    return x->logarithmic ? value * pow(x->high / x->low, share) : value + (x->high - x->low) * share;
}

static void put_point(Chart *chart, uint32_t curve, double x, const CurvePoint *point) {
    fprintf(chart->data, "%u", (unsigned)curve);
    chart_put_number(chart->data, x);
    chart_put_number(chart->data, point->value);
    chart_put_number(chart->data, point->low);
    chart_put_number(chart->data, point->high);
    fputc('\n', chart->data);
}

/* The row by its name: a chart that has tips has rows of the run in its groups, which one of the history has not. */
static void put_tip(Chart *chart, const ChartSource *source, const Panel *panel, const Curves *curves, size_t place,
                    uint32_t arm, double x, const CurvePoint *point) {
    if (!chart->tips)
        return;
    const RunMeta *meta = &source->run->meta;
    const char *row = meta->rows[curves->group->rows[place]].name;
    char *value = chart_axis_value(&panel->y, point->value);
    char *interval = chart_axis_interval(&panel->y, point->low, point->high);
    chart_tip_mark(chart, x, point->value, source->styles[arm].colour,
                   text_format("%s, %s: %s%s", row, meta->arms[arm].name, value, interval));
    free(value);
    free(interval);
}

static void write_curve(Chart *chart, const ChartSource *source, const Panel *panel, const Curves *curves, uint32_t arm,
                        LineLabel *label) {
    const RunMeta *meta = &source->run->meta;
    double step = dodge_step(&panel->x, curves, meta->arm_count);
    *label = (LineLabel){NAN, NAN, source->styles[arm].colour, NULL};
    for (size_t i = 0; i < curves->group->count; i++) {
        const CurvePoint *point = curves_point(source, curves, i, arm);
        double x = dodged(&panel->x, curves->x[i], step, arm, meta->arm_count);
        put_point(chart, arm, x, point);
        put_tip(chart, source, panel, curves, i, arm, x, point);
        if (!curves->joined)
            fputc('\n', chart->data); /* gnuplot lifts the pen */
        if (!isnan(point->value)) {
            label->x = x;
            label->y = point->value;
        }
    }
    const char *failure = curves->failures[arm];
    if (!failure && isnan(label->y))
        failure = "no data";
    label->text = text_format("%s%s%s", meta->arms[arm].name, failure ? " " : "", failure ? failure : "");
    label->x = failure ? NAN : label->x; /* its name stands beside no curve's end */
}

void curves_write(Chart *chart, const ChartSource *source, const Panel *panel, const Curves *curves) {
    const RunMeta *meta = &source->run->meta;
    LineLabel *labels = zeroed(meta->arm_count, sizeof *labels);
    size_t label_count = 0;
    fputs("-1 NaN NaN NaN NaN\n", chart->data);
    for (uint32_t arm = 0; arm < meta->arm_count; arm++)
        if (meta->arms[arm].available)
            write_curve(chart, source, panel, curves, arm, &labels[label_count++]);
    for (size_t i = 0; i < IDEAL_POINTS; i++)
        if (!isnan(curves->ideal_y[i]))
            put_point(chart, (uint32_t)meta->arm_count, curves->ideal_x[i],
                      &(CurvePoint){curves->ideal_y[i], NAN, NAN});
    chart_lines_write_labels(chart, panel, labels, label_count);
    chart_lines_release(labels, label_count);
}

void curves_write_over_threads(Chart *chart, const ChartSource *source, Panel *panel, const Curves *curves) {
    const RunMeta *meta = &source->run->meta;
    curves_include(source, curves, &panel->y);
    axis_finish(&panel->y);
    mark_oversubscribed(meta, curves->group, panel);
    chart_panel(chart, panel);
    curves_write(chart, source, panel, curves);
}
