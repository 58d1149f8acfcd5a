/*
 * latency.h - percentiles of single calls from the log-linear histograms of slot_protocol.h.
 *
 * A percentile is the value at rank ceil(quantile * samples), placed linearly inside its bucket (the h-th of the
 * bucket's n values at (h - 1/2) / n of its width; a bucket is at most 1/64 of its value wide). It exists only where at
 * least LATENCY_SAMPLES_BEYOND samples lie beyond that rank: p99 needs 10,000, p99.99 a million. Pure functions.
 */
#ifndef ALLOCBENCH_ANALYSIS_LATENCY_H
#define ALLOCBENCH_ANALYSIS_LATENCY_H

#include "../../workloads/kit/slot_protocol.h"
#include "block_table.h"

enum { LATENCY_SAMPLES_BEYOND = 100 };

/* "malloc", "calloc", "realloc", "free", "empty"; "sampled", "chain". */
const char *latency_call_name(SlotCall call);
const char *latency_method_name(SlotMethod method);

/* A sample's histogram of this call; NULL when it has none. */
const Histogram *latency_histogram(const Sample *sample, SlotCall call, SlotMethod method);

/* In nanoseconds; false where there are too few samples. */
bool latency_percentile_of_sample(const Sample *sample, SlotCall call, SlotMethod method, double quantile, double *ns);

/* The value of a percentile metric (METRIC_MALLOC_P50 to METRIC_FREE_P9999), and which method it is measured by; false
 * for any other metric. */
bool latency_metric_value(const Sample *sample, Metric metric, double *ns);
bool latency_metric_method(Metric metric, SlotMethod *method);

/* Several slots' histograms as one. Owns its counts; released by latency_release(). */
typedef struct Latency {
    uint64_t *hits; /* one a bucket of slot_protocol.h */
    uint64_t samples;
    uint64_t dropped; /* of both methods and all calls: those that changed their processor. From the slots' measure
                         "latency_dropped" */
    size_t slots;
} Latency;

/* All ok slots of a column of the table: an arm, or the control. */
Latency latency_of_column(const BlockTable *table, size_t column, SlotCall call, SlotMethod method);
/* All ok slots of a row: the reference curve of an empty call depends on the machine, not on the arm. */
Latency latency_of_row(const BlockTable *table, SlotCall call, SlotMethod method);
void latency_release(Latency *latency);

bool latency_percentile(const Latency *latency, double quantile, double *ns);

/* One point of a percentile curve: this share of the calls took at most so long. */
typedef struct LatencyPoint {
    double quantile, ns;
} LatencyPoint;

/* The curve, one point a bucket, as far as LATENCY_SAMPLES_BEYOND samples lie beyond a point; then the largest value at
 * quantile 1. Ascending in both. `points` has room for SLOT_HISTOGRAM_BUCKETS + 1; returns how many there are. */
size_t latency_curve(const Latency *latency, LatencyPoint *points);

#endif
