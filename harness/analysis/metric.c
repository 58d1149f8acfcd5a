/*
 * metric.c - see metric.h.
 */
#include "metric.h"

#include <math.h>
#include <string.h>

#include "latency.h"
#include "memory.h"

#define SPEED true, "faster", "slower"
#define MEMORY false, "leaner", "fatter"
#define LATENCY false, "faster", "slower"
#define COUNT false, "fewer", "more"

static const MetricInfo metrics[METRIC_COUNT] = {
    [METRIC_THROUGHPUT] = {"throughput", "Throughput", UNIT_PER_SECOND, SPEED, BLOCKS_COMPARED, NULL},
    [METRIC_PEAK_RSS] = {"peak_rss", "Peak RSS", UNIT_BYTES, MEMORY, BLOCKS_COMPARED, NULL},
    [METRIC_MEAN_RSS] = {"mean_rss", "Mean RSS over time", UNIT_BYTES, MEMORY, BLOCKS_COMPARED, NULL},
    [METRIC_OVERHEAD] = {"overhead", "RSS / live bytes", UNIT_MULTIPLE, MEMORY, BLOCKS_OF_MEMORY, NULL},
    [METRIC_INTERNAL_WASTE] = {"internal_waste", "Internal waste / live bytes", UNIT_MULTIPLE, MEMORY, BLOCKS_OF_MEMORY,
                               NULL},
    [METRIC_RETENTION] = {"retention", "Retention / live bytes", UNIT_MULTIPLE, MEMORY, BLOCKS_OF_MEMORY, NULL},
    [METRIC_IDLE_RSS_0S] = {"idle_rss_0s", "RSS at once after all was freed", UNIT_BYTES, MEMORY, BLOCKS_COMPARED,
                            "idle_rss_0s_bytes"},
    [METRIC_IDLE_RSS_1S] = {"idle_rss_1s", "RSS 1 s after all was freed", UNIT_BYTES, MEMORY, BLOCKS_COMPARED,
                            "idle_rss_1s_bytes"},
    [METRIC_IDLE_RSS_3S] = {"idle_rss_3s", "RSS 3 s after all was freed", UNIT_BYTES, MEMORY, BLOCKS_COMPARED,
                            "idle_rss_3s_bytes"},
    [METRIC_LIGHT_RSS_1S] = {"light_rss_1s", "RSS after 1 s of light traffic", UNIT_BYTES, MEMORY, BLOCKS_COMPARED,
                             "light_rss_1s_bytes"},
    [METRIC_LIGHT_RSS_3S] = {"light_rss_3s", "RSS after 3 s of light traffic", UNIT_BYTES, MEMORY, BLOCKS_COMPARED,
                             "light_rss_3s_bytes"},
    [METRIC_FIRST_ALLOCATIONS] = {"first_allocations", "First allocations after idling", UNIT_NANOSECONDS, LATENCY,
                                  BLOCKS_COMPARED, "first_allocations_ns"},
    [METRIC_MEMORY_LIMIT] = {"memory_limit", "Smallest memory limit", UNIT_BYTES, MEMORY, BLOCKS_COMPARED,
                             "memory_limit_bytes"},
    [METRIC_INSTRUCTIONS] = {"instructions", "Instructions an operation (callgrind)", UNIT_PER_OPERATION, COUNT,
                             BLOCKS_COMPARED, "instructions_per_operation"},
    [METRIC_MALLOC_P50] = {"malloc_p50", "malloc, median", UNIT_NANOSECONDS, LATENCY, BLOCKS_COMPARED, NULL},
    [METRIC_MALLOC_P99] = {"malloc_p99", "malloc, p99", UNIT_NANOSECONDS, LATENCY, BLOCKS_COMPARED, NULL},
    [METRIC_MALLOC_P999] = {"malloc_p99.9", "malloc, p99.9", UNIT_NANOSECONDS, LATENCY, BLOCKS_COMPARED, NULL},
    [METRIC_MALLOC_P9999] = {"malloc_p99.99", "malloc, p99.99", UNIT_NANOSECONDS, LATENCY, BLOCKS_COMPARED, NULL},
    [METRIC_CALLOC_P50] = {"calloc_p50", "calloc, median", UNIT_NANOSECONDS, LATENCY, BLOCKS_COMPARED, NULL},
    [METRIC_CALLOC_P99] = {"calloc_p99", "calloc, p99", UNIT_NANOSECONDS, LATENCY, BLOCKS_COMPARED, NULL},
    [METRIC_CALLOC_P999] = {"calloc_p99.9", "calloc, p99.9", UNIT_NANOSECONDS, LATENCY, BLOCKS_COMPARED, NULL},
    [METRIC_CALLOC_P9999] = {"calloc_p99.99", "calloc, p99.99", UNIT_NANOSECONDS, LATENCY, BLOCKS_COMPARED, NULL},
    [METRIC_REALLOC_P50] = {"realloc_p50", "realloc, median", UNIT_NANOSECONDS, LATENCY, BLOCKS_COMPARED, NULL},
    [METRIC_REALLOC_P99] = {"realloc_p99", "realloc, p99", UNIT_NANOSECONDS, LATENCY, BLOCKS_COMPARED, NULL},
    [METRIC_REALLOC_P999] = {"realloc_p99.9", "realloc, p99.9", UNIT_NANOSECONDS, LATENCY, BLOCKS_COMPARED, NULL},
    [METRIC_REALLOC_P9999] = {"realloc_p99.99", "realloc, p99.99", UNIT_NANOSECONDS, LATENCY, BLOCKS_COMPARED, NULL},
    [METRIC_FREE_P50] = {"free_p50", "free, median", UNIT_NANOSECONDS, LATENCY, BLOCKS_COMPARED, NULL},
    [METRIC_FREE_P99] = {"free_p99", "free, p99", UNIT_NANOSECONDS, LATENCY, BLOCKS_COMPARED, NULL},
    [METRIC_FREE_P999] = {"free_p99.9", "free, p99.9", UNIT_NANOSECONDS, LATENCY, BLOCKS_COMPARED, NULL},
    [METRIC_FREE_P9999] = {"free_p99.99", "free, p99.99", UNIT_NANOSECONDS, LATENCY, BLOCKS_COMPARED, NULL},
    [METRIC_MINOR_FAULTS] = {"minor_faults", "Minor page faults", UNIT_PER_THOUSAND, COUNT, BLOCKS_COMPARED, NULL},
    [METRIC_CONTEXT_SWITCHES] = {"context_switches", "Context switches", UNIT_PER_THOUSAND, COUNT, BLOCKS_COMPARED,
                                 NULL},
    [METRIC_HW_INSTRUCTIONS] = {"hw_instructions", "Instructions", UNIT_PER_THOUSAND, COUNT, BLOCKS_OF_COUNTERS,
                                "hw_instructions"},
    [METRIC_HW_CYCLES] = {"hw_cycles", "Cycles", UNIT_PER_THOUSAND, COUNT, BLOCKS_OF_COUNTERS, "hw_cycles"},
    [METRIC_HW_CACHE_MISSES] = {"hw_cache_misses", "Cache misses", UNIT_PER_THOUSAND, COUNT, BLOCKS_OF_COUNTERS,
                                "hw_cache_misses"},
    [METRIC_HW_BRANCH_MISSES] = {"hw_branch_misses", "Branch misses", UNIT_PER_THOUSAND, COUNT, BLOCKS_OF_COUNTERS,
                                 "hw_branch_misses"},
    [METRIC_HW_DTLB_MISSES] = {"hw_dtlb_misses", "Data TLB misses", UNIT_PER_THOUSAND, COUNT, BLOCKS_OF_COUNTERS,
                               "hw_dtlb_misses"},
    [METRIC_SYSCALLS] = {"syscalls", "System calls", UNIT_PER_THOUSAND, COUNT, BLOCKS_OF_SYSCALLS, "syscalls"},
    [METRIC_MEMORY_SYSCALLS] = {"memory_syscalls", "System calls for memory", UNIT_PER_THOUSAND, COUNT,
                                BLOCKS_OF_SYSCALLS, "memory_syscalls"},
    [METRIC_FUTEX_SYSCALLS] = {"futex_syscalls", "futex calls", UNIT_PER_THOUSAND, COUNT, BLOCKS_OF_SYSCALLS,
                               "futex_syscalls"},
    [METRIC_REFILLS_HELD] = {"heap_refills_held", "Refill: own spans", UNIT_PER_THOUSAND, COUNT, BLOCKS_OF_TIERS,
                             "heap_refills_held"},
    [METRIC_REFILLS_CARVED] = {"heap_refills_carved", "Refill: carved", UNIT_PER_THOUSAND, COUNT, BLOCKS_OF_TIERS,
                               "heap_refills_carved"},
    [METRIC_SPANS_ADOPTED] = {"heap_spans_adopted", "Refill: CentralCache", UNIT_PER_THOUSAND, COUNT, BLOCKS_OF_TIERS,
                              "heap_spans_adopted"},
    [METRIC_REFILLS_PAGE_HEAP] = {"heap_refills_page_heap", "Refill: PageHeap", UNIT_PER_THOUSAND, COUNT,
                                  BLOCKS_OF_TIERS, "heap_refills_page_heap"},
    [METRIC_LARGE_BLOCKS] = {"heap_large_blocks", "Large blocks", UNIT_PER_THOUSAND, COUNT, BLOCKS_OF_TIERS,
                             "heap_large_blocks"},
    [METRIC_OS_CALLS] = {"heap_os_calls", "Calls for memory", UNIT_PER_THOUSAND, COUNT, BLOCKS_OF_TIERS,
                         "heap_os_calls"},
    [METRIC_LOCKS] = {"heap_lock_acquisitions", "Lock acquisitions", UNIT_PER_THOUSAND, COUNT, BLOCKS_OF_TIERS,
                      "heap_lock_acquisitions"},
    [METRIC_LOCK_CONTENTIONS] = {"heap_lock_contentions", "Failed first attempts", UNIT_PER_THOUSAND, COUNT,
                                 BLOCKS_OF_TIERS, "heap_lock_contentions"},
    [METRIC_LOCK_SLEEPS] = {"heap_lock_sleeps", "Sleeps for a lock", UNIT_PER_THOUSAND, COUNT, BLOCKS_OF_TIERS,
                            "heap_lock_sleeps"},
    [METRIC_ATOMICS] = {"heap_atomic_operations", "Atomic operations", UNIT_PER_THOUSAND, COUNT, BLOCKS_OF_TIERS,
                        "heap_atomic_operations"},
    [METRIC_REMOTE_FREES] = {"heap_remote_frees", "Remote frees", UNIT_PER_THOUSAND, COUNT, BLOCKS_OF_TIERS,
                             "heap_remote_frees"},
};

const MetricInfo *metric_info(Metric metric) {
    return &metrics[metric];
}

bool metric_parse(const char *key, Metric *metric) {
    for (unsigned i = 0; i < METRIC_COUNT; i++) {
        if (strcmp(metrics[i].key, key) == 0) {
            *metric = (Metric)i;
            return true;
        }
    }
    return false;
}

bool metric_reads_rss(Metric metric) {
    return metric == METRIC_PEAK_RSS || metric == METRIC_MEAN_RSS || metric == METRIC_OVERHEAD ||
           metric == METRIC_RETENTION || (metric >= METRIC_IDLE_RSS_0S && metric <= METRIC_LIGHT_RSS_3S);
}

bool metric_is_ratio_free(Metric metric) {
    return metric == METRIC_INSTRUCTIONS;
}

BlockKind metric_blocks(const RunMeta *meta, Metric metric, uint32_t row) {
    BlockKind kind = metrics[metric].blocks;
    return kind == BLOCKS_OF_MEMORY && meta->rows[row].memory ? BLOCKS_COMPARED : kind;
}

static bool throughput(const RunMeta *meta, const Sample *sample, double *value) {
    if (meta->mode != MODE_THROUGHPUT || meta->rows[sample->row].memory || sample->operations == 0 ||
        sample->elapsed_ns == 0)
        return false;
    *value = (double)sample->operations * 1e9 / (double)sample->elapsed_ns;
    return true;
}

static bool peak_rss(const RunMeta *meta, const Sample *sample, double *value) {
    if (meta->mode != MODE_THROUGHPUT || sample->peak_rss_bytes == 0)
        return false;
    *value = memory_above_floor(meta, sample, (double)sample->peak_rss_bytes);
    return true;
}

/* As multiples of live bytes. */
static bool memory_multiple(const RunMeta *meta, const Sample *sample, Metric metric, double *value) {
    MemoryUse use;
    if (!memory_use(meta, sample, &use))
        return false;
    *value = metric == METRIC_OVERHEAD         ? use.resident / use.live
             : metric == METRIC_INTERNAL_WASTE ? (use.usable - use.live) / use.live
                                               : (use.resident - use.usable) / use.live;
    return !isnan(*value);
}

static bool per_thousand(const Sample *sample, double events, double *value) {
    if (sample->operations == 0)
        return false;
    *value = events * 1000 / (double)sample->operations;
    return true;
}

static bool from_measure(const RunMeta *meta, const Sample *sample, Metric metric, double *value) {
    const MetricInfo *info = &metrics[metric];
    double measured = sample_measure(sample, info->measure);
    if (isnan(measured))
        return false;
    if (info->unit == UNIT_PER_THOUSAND)
        return per_thousand(sample, measured, value);
    *value = metric_reads_rss(metric) ? memory_above_floor(meta, sample, measured) : measured;
    return true;
}

bool metric_value(const RunMeta *meta, const Sample *sample, Metric metric, double *value) {
    if (sample == NULL || sample->status != SAMPLE_OK)
        return false;
    if (metrics[metric].measure != NULL)
        return from_measure(meta, sample, metric, value);
    switch (metric) {
    case METRIC_THROUGHPUT:
        return throughput(meta, sample, value);
    case METRIC_PEAK_RSS:
        return peak_rss(meta, sample, value);
    case METRIC_MEAN_RSS:
        return meta->mode == MODE_THROUGHPUT && memory_mean_resident(meta, sample, value);
    case METRIC_OVERHEAD:
    case METRIC_INTERNAL_WASTE:
    case METRIC_RETENTION:
        return memory_multiple(meta, sample, metric, value);
    case METRIC_MINOR_FAULTS:
        return per_thousand(sample, (double)sample->minor_faults, value);
    case METRIC_CONTEXT_SWITCHES:
        return per_thousand(sample, (double)(sample->voluntary_switches + sample->involuntary_switches), value);
    default:
        return latency_metric_value(sample, metric, value);
    }
}

const char *metric_missing_reason(const Sample *sample, Metric metric) {
    for (size_t i = 0; metrics[metric].measure && i < sample->measure_count; i++)
        if (strcmp(sample->measures[i].name, metrics[metric].measure) == 0)
            return sample->measures[i].reason;
    return NULL;
}

bool metric_is_in_run(const Run *run, Metric metric) {
    for (size_t i = 0; i < run->sample_count; i++) {
        double value;
        const Sample *sample = &run->samples[i];
        if (run_block_kind(&run->meta, sample->block) == metric_blocks(&run->meta, metric, sample->row) &&
            metric_value(&run->meta, sample, metric, &value))
            return true;
    }
    return false;
}

Metric metric_of_row(const RunMeta *meta, uint32_t row) {
    static const Metric of_mode[MODE_COUNT] = {METRIC_THROUGHPUT, METRIC_MALLOC_P50, METRIC_INSTRUCTIONS,
                                               METRIC_MEMORY_LIMIT};
    return meta->mode == MODE_THROUGHPUT && meta->rows[row].memory ? METRIC_PEAK_RSS : of_mode[meta->mode];
}

bool metric_is_expected(const RunMeta *meta, Metric metric, uint32_t row) {
    return metric == metric_of_row(meta, row) || (metric == METRIC_PEAK_RSS && meta->mode == MODE_THROUGHPUT);
}

size_t metrics_of_run(const Run *run, Metric *chosen) {
    static const Metric of_memory_rows[] = {METRIC_MEAN_RSS, METRIC_OVERHEAD, METRIC_IDLE_RSS_0S, METRIC_IDLE_RSS_1S,
                                            METRIC_IDLE_RSS_3S};
    size_t count = 0;
    bool memory = false;
    for (uint32_t row = 0; row < run->meta.row_count; row++)
        memory = memory || run->meta.rows[row].memory;
    for (unsigned metric = 0; metric < METRIC_COUNT; metric++) {
        bool wanted = run->meta.mode == MODE_LATENCY && metric >= METRIC_MALLOC_P50 && metric <= METRIC_FREE_P9999;
        for (size_t i = 0; memory && i < sizeof of_memory_rows / sizeof *of_memory_rows; i++)
            wanted = wanted || metric == of_memory_rows[i];
        bool taken = wanted && metric_is_in_run(run, (Metric)metric);
        for (uint32_t row = 0; row < run->meta.row_count && !taken; row++)
            taken = metric_is_expected(&run->meta, (Metric)metric, row);
        if (taken)
            chosen[count++] = (Metric)metric;
    }
    return count;
}

bool metrics_observes_counts(const RunMeta *meta) {
    return meta->counter_blocks + meta->syscall_blocks + meta->tier_blocks > 0;
}

size_t metrics_counted(const Run *run, Metric *chosen) {
    size_t count = 0;
    for (unsigned metric = 0; metric < METRIC_COUNT; metric++) {
        bool wanted = metrics[metric].unit == UNIT_PER_THOUSAND,
             there = wanted && metric_is_in_run(run, (Metric)metric);
        for (size_t i = 0; wanted && !there && i < run->sample_count; i++)
            there = metric_missing_reason(&run->samples[i], (Metric)metric) != NULL;
        if (there)
            chosen[count++] = (Metric)metric;
    }
    return count;
}
