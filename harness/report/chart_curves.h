/*
 * chart_curves.h - one curve an arm over rows that differ in one number: threads, or a swept parameter. Private to the
 * charts.
 */
#ifndef ALLOCBENCH_REPORT_CHART_CURVES_H
#define ALLOCBENCH_REPORT_CHART_CURVES_H

#include "chart.h"

/* Rows that are alike but for one number, in its ascending order. */
typedef struct RowGroup {
    size_t *rows;
    size_t count;
    char *title;
} RowGroup;

typedef struct RowGroups {
    RowGroup *items;
    size_t count;
} RowGroups;

/* Rows that have a throughput, those that differ in threads alone together; a workload with one number of threads is a
 * group of one. */
RowGroups row_groups_by_threads(const ChartSource *source);
/* Puts a row that stands at `key` into its place in the group; keys[i] belongs to rows[i], and both have room. */
void row_group_insert(RowGroup *group, double *keys, size_t row, double key);
void row_groups_release(RowGroups *groups);

/* A value with its interval; NAN where there is none. */
typedef struct CurvePoint {
    double value, low, high;
} CurvePoint;

enum { IDEAL_POINTS = 3 };

typedef struct Curves {
    const RowGroup *group;
    double *x;                                           /* one a row of the group, ascending */
    bool joined;                                         /* lines from point to point; not where x has no order */
    CurvePoint *points;                                  /* [place in the group * arms + arm] */
    double ideal_x[IDEAL_POINTS], ideal_y[IDEAL_POINTS]; /* a dashed line; NAN where there is none */
    const char **failures; /* one an arm: how slots that a curve lacks have ended; NULL where it lacks none */
} Curves;

/* Every point NAN; over threads x is filled in. Without rows the group only says how many places there are. */
Curves curves_without_rows(const ChartSource *source, const RowGroup *group);
Curves curves_new(const ChartSource *source, const RowGroup *group);
Curves curves_over_threads(const ChartSource *source, const RowGroup *group);
CurvePoint *curves_point(const ChartSource *source, const Curves *curves, size_t place, uint32_t arm);
void curves_release(Curves *curves);
void curves_include(const ChartSource *source, const Curves *curves, Axis *y);

/* An x axis for the numbers of threads of a group, with room for the names of the curves. */
Axis curves_threads_axis(const RunMeta *meta, const RowGroup *group);

/* Names under an axis at these values, in ascending order, all or every second, third and so on, so that they do not
 * touch: for Panel.x_tics. What gnuplot might evaluate in them becomes an underscore. Owned. */
char *curves_name_tics(const Axis *x, double pixels, char *const *names, const double *values, size_t count);

/* "A/A noise floor up to 1.8 %" of the throughput of these rows. Owned. */
char *curves_noise(const ChartSource *source, const RowGroup *group);

/* The panel's marks and labels. Lines "ARM X VALUE LOW HIGH"; the ideal has the number after the last arm's. */
void curves_write(Chart *chart, const ChartSource *source, const Panel *panel, const Curves *curves);

/* The same with the panel itself, whose x axis is curves_threads_axis() and whose y axis has been begun: it is finished
 * here, and rows with more threads than processors are marked. */
void curves_write_over_threads(Chart *chart, const ChartSource *source, Panel *panel, const Curves *curves);

#endif
