/*
 * memory.h - what a slot's process held over time, and how much more than the workload asked for.
 *
 * Resident bytes are RSS without the kit's own tables and the row's floor; at a point where both are more than RSS (the
 * kit's tables are not all touched from the beginning) they count as 0. Means are over time, by trapezoids between the
 * points of the series. Pure functions.
 */
#ifndef ALLOCBENCH_ANALYSIS_MEMORY_H
#define ALLOCBENCH_ANALYSIS_MEMORY_H

#include "../store/run_store.h"

/* The kernel counts resident pages in batches, a thread's and a processor's apart (up to 64 pages of 4 KiB at a time):
 * two readings of equal processes may differ by this much. */
enum { RSS_COUNTER_ERROR_BYTES = 64 * 4096 };

/* `bytes` of RSS without the kit's tables and the row's floor; never under one page, so that a ratio exists. */
double memory_above_floor(const RunMeta *meta, const Sample *sample, double bytes);

/* Mean of the resident bytes over the whole series; false under two points. */
bool memory_mean_resident(const RunMeta *meta, const Sample *sample, double *bytes);

/* Means between the first and the last point at which the workload held anything, in bytes. */
typedef struct MemoryUse {
    double resident;
    double live;   /* asked for and not freed; above 0 */
    double usable; /* of the same blocks by malloc_usable_size(); NAN where it was not counted */
} MemoryUse;

/* False when live bytes were not counted, or at fewer than two points above 0. */
bool memory_use(const RunMeta *meta, const Sample *sample, MemoryUse *use);

/* The curve overhead(t) = resident / live of one sample, at those points of its series at which live bytes are above 0:
 * time_ns since the process was started, and the multiple. Both arrays have room for series.count values; returns how
 * many there are. */
size_t memory_overhead_curve(const RunMeta *meta, const Sample *sample, double *time_ns, double *overhead);

#endif
