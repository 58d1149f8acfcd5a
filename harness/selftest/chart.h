/*
 * chart.h - the power curve: share of runs that found a delay, over the number of blocks.
 */
#ifndef ALLOCBENCH_SELFTEST_CHART_H
#define ALLOCBENCH_SELFTEST_CHART_H

#include <jansson.h>
#include <stdbool.h>

/* Writes FOLDER/data/selftest_power.{layout,dat} and draws FOLDER/selftest_power.svg. Without gnuplot only the data,
 * with one line on standard error. False when something could not be written. */
bool chart_draw_power(const char *folder, const json_t *results);

#endif
