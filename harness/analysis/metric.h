/*
 * metric.h - what can be compared: each metric's names, words and unit, and its value in one sample. A new metric is
 * one line of the table in metric.c; ratios, intervals, verdicts, tables and charts follow from it.
 */
#ifndef ALLOCBENCH_ANALYSIS_METRIC_H
#define ALLOCBENCH_ANALYSIS_METRIC_H

#include "../store/run_store.h"

typedef enum Metric {
    METRIC_THROUGHPUT, /* operations a second between the marks */
    METRIC_PEAK_RSS,   /* high-water mark without the kit's tables and the row's floor */
    METRIC_MEAN_RSS,   /* time-weighted mean of the series, without both */
    /* Of memory blocks, as multiples of live bytes: mean of RSS over mean of live = 1 + waste + retention. */
    METRIC_OVERHEAD,
    METRIC_INTERNAL_WASTE, /* usable beyond requested: rounding up to size classes */
    METRIC_RETENTION,      /* resident beyond usable: free memory kept, metadata, holes */
    /* Of rows with an idle phase: RSS after everything was freed, silent or with light traffic; without both. */
    METRIC_IDLE_RSS_0S,
    METRIC_IDLE_RSS_1S,
    METRIC_IDLE_RSS_3S,
    METRIC_LIGHT_RSS_1S,
    METRIC_LIGHT_RSS_3S,
    METRIC_FIRST_ALLOCATIONS, /* mean time of the first allocations after idling */
    METRIC_MEMORY_LIMIT,      /* smallest limit under which the work completes */
    METRIC_INSTRUCTIONS,      /* under callgrind, per operation, by marginal cost */
    /* Latency percentiles in ns; p50 to p99 by sampling, beyond by chaining. */
    METRIC_MALLOC_P50,
    METRIC_MALLOC_P99,
    METRIC_MALLOC_P999,
    METRIC_MALLOC_P9999,
    METRIC_CALLOC_P50,
    METRIC_CALLOC_P99,
    METRIC_CALLOC_P999,
    METRIC_CALLOC_P9999,
    METRIC_REALLOC_P50,
    METRIC_REALLOC_P99,
    METRIC_REALLOC_P999,
    METRIC_REALLOC_P9999,
    METRIC_FREE_P50,
    METRIC_FREE_P99,
    METRIC_FREE_P999,
    METRIC_FREE_P9999,
    /* Per 1,000 operations; from the kernel's accounting, hardware counters (counter blocks), system calls (their own
     * blocks). */
    METRIC_MINOR_FAULTS,
    METRIC_CONTEXT_SWITCHES,
    METRIC_HW_INSTRUCTIONS,
    METRIC_HW_CYCLES,
    METRIC_HW_CACHE_MISSES,
    METRIC_HW_BRANCH_MISSES,
    METRIC_HW_DTLB_MISSES,
    METRIC_SYSCALLS,        /* all */
    METRIC_MEMORY_SYSCALLS, /* mmap, munmap, mremap, madvise, mprotect, brk */
    METRIC_FUTEX_SYSCALLS,
    /* The same, counted by the allocator itself (tier blocks). Allocations that found their thread's list empty, by
     * what served them: */
    METRIC_REFILLS_HELD,
    METRIC_REFILLS_CARVED,
    METRIC_SPANS_ADOPTED,
    METRIC_REFILLS_PAGE_HEAP,
    METRIC_LARGE_BLOCKS,
    METRIC_OS_CALLS,
    METRIC_LOCKS,
    METRIC_LOCK_CONTENTIONS,
    METRIC_LOCK_SLEEPS,
    METRIC_ATOMICS,
    METRIC_REMOTE_FREES,
    METRIC_COUNT
} Metric;

typedef enum MetricUnit {
    UNIT_PER_SECOND, /* of the row's own unit */
    UNIT_BYTES,
    UNIT_NANOSECONDS,
    UNIT_MULTIPLE, /* of live bytes */
    UNIT_PER_OPERATION,
    UNIT_PER_THOUSAND, /* operations */
} MetricUnit;

typedef struct MetricInfo {
    const char *key;   /* "peak_rss": in flags and files */
    const char *title; /* "Peak RSS": above tables and charts */
    MetricUnit unit;
    bool larger_is_better;
    const char *better, *worse; /* "leaner", "fatter": the words of a verdict */
    BlockKind blocks;           /* which blocks its values come from */
    const char *measure;        /* the sample's measure that holds it; NULL: computed */
} MetricInfo;

const MetricInfo *metric_info(Metric metric);
/* By key; false when there is none of that name. */
bool metric_parse(const char *key, Metric *metric);

/* The metric's value in one sample; false when the slot failed or has none. Pure. */
bool metric_value(const RunMeta *meta, const Sample *sample, Metric metric, double *value);
/* Why the sample has no value, in its own words; NULL when it says nothing. */
const char *metric_missing_reason(const Sample *sample, Metric metric);

/* Which blocks of this row its values come from: a memory row counts live bytes in its compared blocks too. */
BlockKind metric_blocks(const RunMeta *meta, Metric metric, uint32_t row);

/* True for what comes from the kernel's counters of resident pages, which are inexact: memory.h. */
bool metric_reads_rss(Metric metric);
/* True for what tells one allocator from its own next version only: its values are shown without ratio or verdict. */
bool metric_is_ratio_free(Metric metric);

/* True when any sample of the run has a value. */
bool metric_is_in_run(const Run *run, Metric metric);

/* What a row is about: throughput, or peak RSS of a memory row, or what the run's mode measures. */
Metric metric_of_row(const RunMeta *meta, uint32_t row);
/* True when the row's missing value is worth showing, since every slot that ends ok has one. */
bool metric_is_expected(const RunMeta *meta, Metric metric, uint32_t row);

/* The metrics that a run is shown by unless others are asked for, at most METRIC_COUNT; returns how many. */
size_t metrics_of_run(const Run *run, Metric *chosen);
/* Those counted per 1,000 operations of which the run has a value, or a reason for having none. */
size_t metrics_counted(const Run *run, Metric *chosen);
/* True when the run has blocks for counting only. */
bool metrics_observes_counts(const RunMeta *meta);

#endif
