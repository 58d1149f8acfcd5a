/*
 * memory.c - see memory.h.
 */
#include "memory.h"

#include <math.h>

enum { SMALLEST_RESIDENT = 4096 };

static double not_the_allocators(const RunMeta *meta, const Sample *sample) {
    return (double)sample->kit_bytes + (double)meta->rows[sample->row].floor_bytes;
}

double memory_above_floor(const RunMeta *meta, const Sample *sample, double bytes) {
    return fmax(bytes - not_the_allocators(meta, sample), SMALLEST_RESIDENT);
}

static double resident_at(const RunMeta *meta, const Sample *sample, size_t point) {
    return fmax((double)sample->series.rss_bytes[point] - not_the_allocators(meta, sample), 0);
}

static double live_at(const Series *series, size_t point) {
    return series->live_bytes ? fmax((double)series->live_bytes[point], 0) : 0;
}

static double seconds_between(const Series *series, size_t point) {
    return ((double)series->time_ns[point + 1] - (double)series->time_ns[point]) / 1e9;
}

bool memory_mean_resident(const RunMeta *meta, const Sample *sample, double *bytes) {
    const Series *series = &sample->series;
    double area = 0, duration = 0;
    for (size_t i = 0; i + 1 < series->count; i++) {
        double seconds = seconds_between(series, i);
        area += seconds * (resident_at(meta, sample, i) + resident_at(meta, sample, i + 1)) / 2;
        duration += seconds;
    }
    if (!(duration > 0))
        return false;
    *bytes = fmax(area / duration, SMALLEST_RESIDENT);
    return true;
}

/* The first and the last point with live bytes; false when there are no two. */
static bool held_points(const Series *series, size_t *first, size_t *last) {
    *first = 0;
    *last = series->count;
    while (*first < series->count && live_at(series, *first) <= 0)
        (*first)++;
    while (*last > *first && live_at(series, *last - 1) <= 0)
        (*last)--;
    if (*last < *first + 2)
        return false;
    (*last)--;
    return true;
}

/* An arm without malloc_usable_size() leaves 0 while blocks are live. */
static bool usable_was_counted(const Series *series, size_t first, size_t last) {
    for (size_t i = first; i <= last && series->usable_bytes; i++)
        if (series->usable_bytes[i] < 0 || (series->usable_bytes[i] == 0 && series->live_bytes[i] > 0))
            return false;
    return series->usable_bytes != NULL;
}

bool memory_use(const RunMeta *meta, const Sample *sample, MemoryUse *use) {
    const Series *series = &sample->series;
    size_t first, last;
    if (!held_points(series, &first, &last))
        return false;
    bool usable = usable_was_counted(series, first, last);
    double duration = 0;
    *use = (MemoryUse){0, 0, 0};
    for (size_t i = first; i < last; i++) {
        double seconds = seconds_between(series, i);
        duration += seconds;
        use->resident += seconds * (resident_at(meta, sample, i) + resident_at(meta, sample, i + 1)) / 2;
        use->live += seconds * (live_at(series, i) + live_at(series, i + 1)) / 2;
        if (usable)
            use->usable += seconds * ((double)series->usable_bytes[i] + (double)series->usable_bytes[i + 1]) / 2;
    }
    if (!(duration > 0))
        return false;
    use->resident = fmax(use->resident / duration, SMALLEST_RESIDENT);
    use->live /= duration;
    use->usable = usable ? use->usable / duration : NAN;
    return true;
}

size_t memory_overhead_curve(const RunMeta *meta, const Sample *sample, double *time_ns, double *overhead) {
    size_t count = 0;
    for (size_t i = 0; i < sample->series.count; i++) {
        double live = live_at(&sample->series, i);
        if (live <= 0)
            continue;
        time_ns[count] = (double)sample->series.time_ns[i];
        overhead[count++] = resident_at(meta, sample, i) / live;
    }
    return count;
}
