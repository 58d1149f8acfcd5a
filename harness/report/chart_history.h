/*
 * chart_history.h - how the ratios to the baseline went from commit to commit: a panel for each host and metric.
 */
#ifndef ALLOCBENCH_REPORT_CHART_HISTORY_H
#define ALLOCBENCH_REPORT_CHART_HISTORY_H

#include "../store/history.h"

#define CHART_HISTORY_NAME "history"

/* Writes folder/data/history.{dat,layout}; returns the number of pages, 0 when there is nothing to draw, -1 with errno.
 * Geometric means, with their intervals. Runs of one host, suite, mode and baseline are one series, in the order of the
 * file. */
int chart_write_history(const History *history, const char *folder);

#endif
