/*
 * processors.h - on how many processors a row was measured, and whether it had more threads than that.
 */
#ifndef ALLOCBENCH_REPORT_PROCESSORS_H
#define ALLOCBENCH_REPORT_PROCESSORS_H

#include "../store/sample.h"

/* Those that the run was allowed to use on the row's host; 0 where its record does not say. */
uint32_t processors_of_row(const RunMeta *meta, size_t row);

/* More threads than processors: they take turns, and a thread that waits for one without a processor waits for long. */
bool row_is_oversubscribed(const RunMeta *meta, size_t row);

/* "larson t4 (oversubscribed)", or the row's name alone. Owned. */
char *row_title(const RunMeta *meta, size_t row);

#endif
