/*
 * observer.c - see observer.h. A reading is one pread of an open file and a walk over the counters of the threads that
 * run, about a microsecond in all.
 *
 * When the series is full every second point is dropped and only every second reading is kept from then on, so that the
 * points stay evenly spaced however long a slot runs.
 */
#include "observer.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../store/text.h"

uint64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void observer_start(Observer *observer, const SlotPage *page) {
    *observer = (Observer){.page = page, .statm_fd = -1, .start_ns = monotonic_ns(), .stride = 1};
    observer->series = (Series){
        .time_ns = zeroed(SERIES_CAPACITY, sizeof(uint64_t)),
        .rss_bytes = zeroed(SERIES_CAPACITY, sizeof(uint64_t)),
        .live_bytes = zeroed(SERIES_CAPACITY, sizeof(int64_t)),
    };
    if (page != NULL && (page->observe & SLOT_OBSERVE_LIVE) != 0)
        observer->series.usable_bytes = zeroed(SERIES_CAPACITY, sizeof(int64_t));
}

/* Relaxed: each counter is exact, the sums are of a moment about a microsecond long. -1 where nothing is counted, of
   usable bytes also where the arm cannot tell them. */
static void read_counters(const SlotPage *page, int64_t *live_bytes, int64_t *usable_bytes) {
    *live_bytes = *usable_bytes = -1;
    if (page == NULL || (page->observe & SLOT_OBSERVE_LIVE) == 0 ||
        atomic_load_explicit(&page->phase, memory_order_acquire) < SLOT_PHASE_SETUP)
        return;
    uint32_t lines = page->threads == 0 || page->threads > SLOT_LINES ? SLOT_LINES : page->threads;
    int64_t live = 0, usable = 0;
    for (uint32_t i = 0; i < lines; i++) {
        live += atomic_load_explicit(&page->lines[i].live_bytes, memory_order_relaxed);
        usable += atomic_load_explicit(&page->lines[i].usable_bytes, memory_order_relaxed);
    }
    *live_bytes = live < 0 ? 0 : live;
    if (usable > 0 || live <= 0)
        *usable_bytes = usable < 0 ? 0 : usable;
}

static void thin_out(Observer *observer) {
    Series *series = &observer->series;
    for (size_t i = 0; i < SERIES_CAPACITY / 2; i++) {
        series->time_ns[i] = series->time_ns[2 * i];
        series->rss_bytes[i] = series->rss_bytes[2 * i];
        series->live_bytes[i] = series->live_bytes[2 * i];
        if (series->usable_bytes != NULL)
            series->usable_bytes[i] = series->usable_bytes[2 * i];
    }
    series->count = SERIES_CAPACITY / 2;
    observer->stride *= 2;
}

static void reopen(Observer *observer, pid_t pid) {
    if (observer->statm_fd >= 0)
        close(observer->statm_fd);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    observer->statm_fd = pid == 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    observer->pid = pid;
}

void observer_read(Observer *observer, pid_t pid) {
    if (pid != observer->pid)
        reopen(observer, pid);
    char text[128];
    ssize_t length = observer->statm_fd < 0 ? 0 : pread(observer->statm_fd, text, sizeof text - 1, 0);
    if (length <= 0)
        return;
    text[length] = '\0';
    char *second;
    (void)strtoull(text, &second, 10);
    uint64_t pages = strtoull(second, NULL, 10);
    if (pages == 0)
        return; /* its memory is gone already */
    observer->rss_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
    if (observer->rss_bytes > observer->peak_bytes)
        observer->peak_bytes = observer->rss_bytes;
    if (observer->skip > 0) {
        observer->skip--;
        return;
    }
    if (observer->series.count == SERIES_CAPACITY)
        thin_out(observer);
    observer->skip = observer->stride - 1;
    Series *series = &observer->series;
    series->time_ns[series->count] = monotonic_ns() - observer->start_ns;
    series->rss_bytes[series->count] = observer->rss_bytes;
    int64_t usable_bytes;
    read_counters(observer->page, &series->live_bytes[series->count], &usable_bytes);
    if (series->usable_bytes != NULL)
        series->usable_bytes[series->count] = usable_bytes;
    series->count++;
}

Series observer_finish(Observer *observer) {
    reopen(observer, 0);
    Series series = observer->series;
    observer->series = (Series){0};
    return series;
}
