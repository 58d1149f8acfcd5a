/*
 * counting.c - the C library with counters of its own, as picture.h wants them: lock_acquisitions grows by 1 a malloc
 * and by 1000 a picture, lock_sleeps counts backwards, lock_contentions is no whole number, and all others stay at 7
 * but for remote_frees, which is missing. With COUNTING_BROKEN set it writes no JSON.
 */
#include "forward.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Stats {
    uint64_t mallocs, pictures;
    char further[4096 - 16]; /* as large as a picture may be */
} Stats;

void mp_stats_get(Stats *stats);
size_t mp_stats_json(const Stats *stats, char *text, size_t bytes);

static atomic_ullong mallocs, pictures;

void *malloc(size_t size) {
    atomic_fetch_add_explicit(&mallocs, 1, memory_order_relaxed);
    return __libc_malloc(size);
}

void mp_stats_get(Stats *stats) {
    *stats = (Stats){.mallocs = atomic_load(&mallocs), .pictures = atomic_fetch_add(&pictures, 1)};
}

size_t mp_stats_json(const Stats *stats, char *text, size_t bytes) {
    int length = snprintf(
        text, bytes,
        "%s\"lock_acquisitions\":%llu,\"lock_sleeps\":%llu,\"lock_contentions\":\"many\",\"refills_held\":7,"
        "\"refills_carved\":7,\"spans_adopted\":7,\"refills_page_heap\":7,\"large_blocks\":7,\"os_calls\":7,"
        "\"atomic_operations\":7}",
        getenv("COUNTING_BROKEN") == NULL ? "{" : "", (unsigned long long)(stats->mallocs + 1000 * stats->pictures),
        (unsigned long long)(1000 - 100 * stats->pictures * stats->pictures));
    return (size_t)length;
}
