/*
 * chart_lines.h - curves with their names at the right. Private to the charts.
 */
#ifndef ALLOCBENCH_REPORT_CHART_LINES_H
#define ALLOCBENCH_REPORT_CHART_LINES_H

#include "chart.h"

typedef struct LineLabel {
    double x, y; /* the end of the curve; x is NAN when there is none, as for an arm that crashed */
    unsigned colour;
    char *text; /* owned by the caller */
} LineLabel;

/* Widens a finished x axis by the room for leaders. */
void chart_lines_make_room(Axis *x);
/* Pixels that the longest arm's name takes right of a panel. */
double chart_lines_margin(const Run *run);
/* Closes the block of marks and writes the labels, moved apart where they would overlap. */
void chart_lines_write_labels(Chart *chart, const Panel *panel, LineLabel *labels, size_t count);

/* Text and colour of an arm's label; it stands nowhere yet. Without a curve it says why there is none. */
LineLabel chart_lines_label(const ChartSource *source, const ComparisonRow *row, uint32_t arm, bool has_curve);
/* Frees the labels and their texts. */
void chart_lines_release(LineLabel *labels, size_t count);
/* One point: curves are numbered like the arms; the number after the last arm's is what lies below all arms, the next
 * one the baseline's second slot. */
void chart_lines_put(Chart *chart, size_t curve, double x, double y);

/* What orders the slots of an arm; false when the slot has nothing to draw. */
typedef bool (*SlotValue)(const RunMeta *meta, const Sample *sample, double *value);
/* The slot that stands for a column over time: of those that are ok the one with the median value, a real process,
 * neither the luckiest nor an average of several. NULL when there is none. */
const Sample *chart_median_slot(const BlockTable *table, size_t column, SlotValue value);
/* The peak, of slots that have a series. */
bool chart_value_of_series(const RunMeta *meta, const Sample *sample, double *value);
/* Where a point of a series stands in its slot's running time, in percent. */
double chart_share_at(const Series *series, size_t point);

#endif
