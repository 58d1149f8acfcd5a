/*
 * chart_tips.h - what the marks and curves of a chart say when they are pointed at on the page: written beside the
 * chart's data, and found again by place and colour in the picture that gnuplot has drawn.
 */
#ifndef ALLOCBENCH_REPORT_CHART_TIPS_H
#define ALLOCBENCH_REPORT_CHART_TIPS_H

#include "chart.h"

/* "larson t2, jemalloc: 1.40 [1.20, 1.59]" for the mark of this colour at (x, y) of the current panel. `text` is taken;
 * nothing is written where the chart has no tips, x or y is NAN or the text is NULL. */
void chart_tip_mark(Chart *chart, double x, double y, unsigned colour, char *text);
/* The same for the curve of this colour in the current panel. */
void chart_tip_curve(Chart *chart, unsigned colour, char *text);

/* "1.5 MiB", "2.107", "p99.9": a value of the axis. Owned. */
char *chart_axis_value(const Axis *axis, double value);
/* " [1.20, 1.59]" in the unit of the axis; "" where there is no interval. Owned. */
char *chart_axis_interval(const Axis *axis, double low, double high);

typedef struct ChartTip {
    char kind; /* that of the tag: 'u'se is a mark, 'p'ath a curve */
    size_t page;
    double left, right, top, bottom; /* pixels of the picture, y downwards */
    unsigned colour;
    char *text;
} ChartTip;
typedef struct ChartTips {
    ChartTip *items;
    size_t count;
} ChartTips;

/* Those of a chart that was written with them; none where there are none. */
ChartTips chart_tips_read(const char *folder, const char *name);
void chart_tips_release(ChartTips *tips);
/* What this <use> or <path> of the page's picture says; NULL for one that says nothing. */
const char *chart_tip_of(const ChartTips *tips, size_t page, const char *tag, size_t length);

#endif
