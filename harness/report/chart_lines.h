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

#endif
