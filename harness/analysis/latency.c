/*
 * latency.c - see latency.h.
 */
#include "latency.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"

const char *latency_call_name(SlotCall call) {
    static const char *const names[SLOT_CALL_COUNT] = {"malloc", "calloc", "realloc", "free", "empty"};
    return names[call];
}

const char *latency_method_name(SlotMethod method) {
    return method == SLOT_METHOD_SAMPLED ? "sampled" : "chain";
}

const Histogram *latency_histogram(const Sample *sample, SlotCall call, SlotMethod method) {
    const char *name = latency_call_name(call);
    size_t length = strlen(name);
    for (size_t i = 0; i < sample->histogram_count; i++) {
        const char *candidate = sample->histograms[i].name;
        if (strncmp(candidate, name, length) == 0 && candidate[length] == ' ' &&
            strcmp(candidate + length + 1, latency_method_name(method)) == 0)
            return &sample->histograms[i];
    }
    return NULL;
}

/* The rank of a quantile among so many samples, from 1; 0 where too few lie beyond it. */
static uint64_t rank_of(double quantile, uint64_t samples) {
    double rank = ceil(quantile * (double)samples - 1e-6); /* 0.99 of 10,000 is 9,900, not the next above */
    return rank >= 1 && rank + LATENCY_SAMPLES_BEYOND <= (double)samples ? (uint64_t)rank : 0;
}

/* The value, in ns, of the h-th of a bucket's n hits. The last bucket has no upper end: its lower one is all that is
 * known. */
static double value_in_bucket(uint32_t bucket, uint64_t h, uint64_t n) {
    double low = (double)slot_histogram_value(bucket);
    double width = bucket + 1 < SLOT_HISTOGRAM_BUCKETS ? (double)slot_histogram_value(bucket + 1) - low : 0;
    return (low + width * ((double)h - 0.5) / (double)n) / 1000;
}

bool latency_percentile_of_sample(const Sample *sample, SlotCall call, SlotMethod method, double quantile, double *ns) {
    const Histogram *histogram = latency_histogram(sample, call, method);
    uint64_t samples = 0, below = 0;
    for (size_t i = 0; histogram && i < histogram->count; i++)
        samples += histogram->hits[i];
    uint64_t rank = rank_of(quantile, samples);
    for (size_t i = 0; rank > 0 && i < histogram->count; i++) {
        if (below + histogram->hits[i] >= rank) {
            *ns = value_in_bucket(histogram->bucket[i], rank - below, histogram->hits[i]);
            return true;
        }
        below += histogram->hits[i];
    }
    return false;
}

static const struct {
    double quantile;
    SlotMethod method;
} percentiles[] = {
    {0.5, SLOT_METHOD_SAMPLED}, {0.99, SLOT_METHOD_SAMPLED}, {0.999, SLOT_METHOD_CHAIN}, {0.9999, SLOT_METHOD_CHAIN}};
enum { PERCENTILES = sizeof percentiles / sizeof *percentiles };
_Static_assert(METRIC_FREE_P9999 - METRIC_MALLOC_P50 + 1 == PERCENTILES * SLOT_CALL_EMPTY,
               "the percentiles of each call, in the order of SlotCall");

bool latency_metric_method(Metric metric, SlotMethod *method) {
    if (metric < METRIC_MALLOC_P50 || metric > METRIC_FREE_P9999)
        return false;
    *method = percentiles[(metric - METRIC_MALLOC_P50) % PERCENTILES].method;
    return true;
}

bool latency_metric_value(const Sample *sample, Metric metric, double *ns) {
    SlotMethod method;
    if (!latency_metric_method(metric, &method))
        return false;
    unsigned index = (unsigned)(metric - METRIC_MALLOC_P50);
    return latency_percentile_of_sample(sample, (SlotCall)(index / PERCENTILES), method,
                                        percentiles[index % PERCENTILES].quantile, ns);
}

static void merge(Latency *latency, const Sample *sample, SlotCall call, SlotMethod method) {
    if (!sample || sample->status != SAMPLE_OK)
        return;
    const Histogram *histogram = latency_histogram(sample, call, method);
    if (!histogram)
        return;
    for (size_t i = 0; i < histogram->count; i++) {
        latency->hits[histogram->bucket[i]] += histogram->hits[i];
        latency->samples += histogram->hits[i];
    }
    double dropped = sample_measure(sample, "latency_dropped");
    latency->dropped += dropped > 0 ? (uint64_t)dropped : 0;
    latency->slots++;
}

static Latency latency_of_columns(const BlockTable *table, size_t first, size_t end, SlotCall call, SlotMethod method) {
    Latency latency = {.hits = zeroed(SLOT_HISTOGRAM_BUCKETS, sizeof *latency.hits)};
    for (size_t block = 0; block < table->blocks; block++)
        for (size_t column = first; column < end; column++)
            merge(&latency, table->slots[block * table->columns + column], call, method);
    return latency;
}

Latency latency_of_column(const BlockTable *table, size_t column, SlotCall call, SlotMethod method) {
    return latency_of_columns(table, column, column + 1, call, method);
}

Latency latency_of_row(const BlockTable *table, SlotCall call, SlotMethod method) {
    return latency_of_columns(table, 0, table->columns, call, method);
}

void latency_release(Latency *latency) {
    free(latency->hits);
    *latency = (Latency){0};
}

bool latency_percentile(const Latency *latency, double quantile, double *ns) {
    uint64_t rank = rank_of(quantile, latency->samples), below = 0;
    for (uint32_t bucket = 0; rank > 0 && bucket < SLOT_HISTOGRAM_BUCKETS; bucket++) {
        if (below + latency->hits[bucket] >= rank) {
            *ns = value_in_bucket(bucket, rank - below, latency->hits[bucket]);
            return true;
        }
        below += latency->hits[bucket];
    }
    return false;
}

size_t latency_curve(const Latency *latency, LatencyPoint *points) {
    size_t count = 0;
    uint64_t reached = 0;
    uint32_t largest = 0;
    for (uint32_t bucket = 0; bucket < SLOT_HISTOGRAM_BUCKETS; bucket++) {
        uint64_t hits = latency->hits[bucket];
        if (hits == 0)
            continue;
        reached += hits;
        largest = bucket;
        if (latency->samples - reached >= LATENCY_SAMPLES_BEYOND)
            points[count++] =
                (LatencyPoint){(double)reached / (double)latency->samples, value_in_bucket(bucket, hits, hits)};
    }
    if (latency->samples > 0)
        points[count++] = (LatencyPoint){1, value_in_bucket(largest, latency->hits[largest], latency->hits[largest])};
    return count;
}
