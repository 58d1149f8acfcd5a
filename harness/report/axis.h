/*
 * axis.h - ranges and tics of a chart's axis: round numbers, far enough apart to be read.
 */
#ifndef ALLOCBENCH_REPORT_AXIS_H
#define ALLOCBENCH_REPORT_AXIS_H

#include <stdbool.h>
#include <stddef.h>

/* AXIS_PERCENTILE: the value is log10(1 / (1 - p)), so that every further nine takes the same room. */
typedef enum AxisUnit {
    AXIS_RATIO,
    AXIS_PER_SECOND,
    AXIS_BYTES,
    AXIS_THREADS,
    AXIS_SHARE,
    AXIS_NANOSECONDS,
    AXIS_PERCENTILE,
    AXIS_SECONDS
} AxisUnit;

typedef struct Axis {
    AxisUnit unit;
    bool logarithmic;
    double low, high;         /* what the axis shows */
    double tic_low, tic_high; /* no tic outside: room for labels may follow the data */
    bool reversed;            /* large values at the left */
} Axis;

/* Grows by every value that is given; NAN is ignored. Start with axis_empty(). */
Axis axis_empty(AxisUnit unit, bool logarithmic);
void axis_include(Axis *axis, double value);
/* Adds a margin; a linear axis starts at 0, or below where values do. Call once, after the last axis_include(). */
void axis_finish(Axis *axis);

/* Where a value stands on the axis, from 0 at `low` to 1 at `high`. */
double axis_share(const Axis *axis, double value);

/* "'0.9' 0.9, '1' 1": what stands inside gnuplot's `set xtics (...)`. At most one tic per `spacing` of `pixels`. Owned.
 */
char *axis_tics(const Axis *axis, double pixels, double spacing);

/* How far apart, in pixels, the tics of a horizontal axis must stand so that their labels do not touch. */
double axis_spacing(const Axis *axis);

#endif
