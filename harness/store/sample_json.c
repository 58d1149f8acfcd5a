/*
 * sample_json.c - one sample as one JSON object.
 */
#include "json.h"

#include <math.h>
#include <stdlib.h>

#include "../../workloads/kit/slot_protocol.h"
#include "text.h"

/* The counters that are plain numbers: one table for both directions, so that they cannot drift apart. */
static const struct {
    const char *key;
    size_t offset;
} counters[] = {
    {"operations", offsetof(Sample, operations)},
    {"elapsed_ns", offsetof(Sample, elapsed_ns)},
    {"user_ns", offsetof(Sample, user_ns)},
    {"system_ns", offsetof(Sample, system_ns)},
    {"minor_faults", offsetof(Sample, minor_faults)},
    {"major_faults", offsetof(Sample, major_faults)},
    {"voluntary_switches", offsetof(Sample, voluntary_switches)},
    {"involuntary_switches", offsetof(Sample, involuntary_switches)},
    {"start_rss_bytes", offsetof(Sample, start_rss_bytes)},
    {"kit_bytes", offsetof(Sample, kit_bytes)},
    {"peak_rss_bytes", offsetof(Sample, peak_rss_bytes)},
    {"canary_ns", offsetof(Sample, canary_ns)},
    {"steal_ticks", offsetof(Sample, steal_ticks)},
    {"foreign_ticks", offsetof(Sample, foreign_ticks)},
    {"memory_pressure_us", offsetof(Sample, memory_pressure_us)},
    {"io_pressure_us", offsetof(Sample, io_pressure_us)},
};
enum { COUNTER_COUNT = sizeof counters / sizeof counters[0] };

static json_t *series_to_json(const Series *series) {
    json_t *times = json_array();
    json_t *rss = json_array();
    json_t *live = json_array();
    for (size_t i = 0; i < series->count; i++) {
        json_array_append_new(times, json_integer((json_int_t)series->time_ns[i]));
        json_array_append_new(rss, json_integer((json_int_t)series->rss_bytes[i]));
        json_array_append_new(live, json_integer(series->live_bytes[i]));
    }
    json_t *object = json_object();
    json_object_set_new(object, "time_ns", times);
    json_object_set_new(object, "rss_bytes", rss);
    json_object_set_new(object, "live_bytes", live);
    if (series->usable_bytes != NULL) {
        json_t *usable = json_array();
        for (size_t i = 0; i < series->count; i++)
            json_array_append_new(usable, json_integer(series->usable_bytes[i]));
        json_object_set_new(object, "usable_bytes", usable);
    }
    return object;
}

/* A value that could not be had is null and has its reason under "reasons". */
static void measures_to_json(json_t *object, const Sample *sample) {
    json_t *values = json_object(), *reasons = json_object();
    for (size_t i = 0; i < sample->measure_count; i++) {
        const Measure *measure = &sample->measures[i];
        json_object_set_new(values, measure->name, isfinite(measure->value) ? json_real(measure->value) : json_null());
        if (measure->reason != NULL)
            json_object_set_new(reasons, measure->name, json_string(measure->reason));
    }
    json_object_set_new(object, "measures", values);
    if (json_object_size(reasons) > 0)
        json_object_set_new(object, "reasons", reasons);
    else
        json_decref(reasons);
}

/* Flat pairs, bucket and hits: a third of the size that objects would have. */
static void histograms_to_json(json_t *object, const Sample *sample) {
    json_t *histograms = json_object();
    for (size_t i = 0; i < sample->histogram_count; i++) {
        const Histogram *histogram = &sample->histograms[i];
        json_t *pairs = json_array();
        for (size_t j = 0; j < histogram->count; j++) {
            json_array_append_new(pairs, json_integer(histogram->bucket[j]));
            json_array_append_new(pairs, json_integer((json_int_t)histogram->hits[j]));
        }
        json_object_set_new(histograms, histogram->name, pairs);
    }
    json_object_set_new(object, "histograms", histograms);
}

static void probes_to_json(json_t *object, const Sample *sample) {
    json_t *pairs = json_array();
    for (size_t i = 0; i < sample->probe_count; i++) {
        json_array_append_new(pairs, json_integer((json_int_t)sample->probes[i].limit_bytes));
        json_array_append_new(pairs, json_integer((json_int_t)sample->probes[i].elapsed_ns));
    }
    json_object_set_new(object, "limit_probes", pairs);
}

json_t *sample_to_json(const Sample *sample) {
    json_t *object = json_object();
    json_set_u64(object, "row", sample->row);
    json_set_u64(object, "block", sample->block);
    json_set_u64(object, "attempt", sample->attempt);
    json_set_u64(object, "arm", sample->arm);
    json_object_set_new(object, "control", json_boolean(sample->control));
    json_set_u64(object, "position", sample->position);
    json_set_hex(object, "seed", sample->seed);
    json_set_text(object, "status", sample_status_name(sample->status));
    json_set_text(object, "message", sample->message);
    for (size_t i = 0; i < COUNTER_COUNT; i++)
        json_set_u64(object, counters[i].key, *(const uint64_t *)((const char *)sample + counters[i].offset));
    json_set_hex(object, "checksum", sample->checksum);
    json_object_set_new(object, "peak_is_exact", json_boolean(sample->peak_is_exact));
    json_set_text(object, "malloc_library", sample->malloc_library);
    if (sample->series.count > 0)
        json_object_set_new(object, "series", series_to_json(&sample->series));
    if (sample->measure_count > 0)
        measures_to_json(object, sample);
    if (sample->histogram_count > 0)
        histograms_to_json(object, sample);
    if (sample->probe_count > 0)
        probes_to_json(object, sample);
    return object;
}

static bool series_from_json(const json_t *object, Series *series) {
    const json_t *times = json_object_get(object, "time_ns");
    const json_t *rss = json_object_get(object, "rss_bytes");
    const json_t *live = json_object_get(object, "live_bytes");
    size_t count = json_array_size(times);
    if (count > SERIES_CAPACITY || json_array_size(rss) != count || json_array_size(live) != count)
        return false;
    series->count = count;
    series->time_ns = zeroed(count, sizeof *series->time_ns);
    series->rss_bytes = zeroed(count, sizeof *series->rss_bytes);
    series->live_bytes = zeroed(count, sizeof *series->live_bytes);
    for (size_t i = 0; i < count; i++) {
        const json_t *time = json_array_get(times, i);
        const json_t *resident = json_array_get(rss, i);
        const json_t *alive = json_array_get(live, i);
        if (!json_is_integer(time) || !json_is_integer(resident) || !json_is_integer(alive))
            return false;
        series->time_ns[i] = (uint64_t)json_integer_value(time);
        series->rss_bytes[i] = (uint64_t)json_integer_value(resident);
        series->live_bytes[i] = json_integer_value(alive);
    }
    const json_t *usable = json_object_get(object, "usable_bytes");
    if (usable == NULL)
        return true;
    if (json_array_size(usable) != count)
        return false;
    series->usable_bytes = zeroed(count, sizeof *series->usable_bytes);
    for (size_t i = 0; i < count; i++) {
        if (!json_is_integer(json_array_get(usable, i)))
            return false;
        series->usable_bytes[i] = json_integer_value(json_array_get(usable, i));
    }
    return true;
}

static bool measures_from_json(const json_t *json, Sample *sample) {
    const json_t *reasons = json_object_get(json, "reasons");
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(json, "measures"), name, value) {
        if (!json_is_number(value) && !json_is_null(value))
            return false;
        sample_add_measure(sample, name, json_is_null(value) ? NAN : json_number_value(value),
                           json_string_value(json_object_get(reasons, name)));
    }
    return true;
}

/* The value at an index of an array of whole numbers; false when it is none. */
static bool element(const json_t *array, size_t index, uint64_t *value) {
    const json_t *number = json_array_get(array, index);
    *value = (uint64_t)json_integer_value(number);
    return json_is_integer(number) && json_integer_value(number) >= 0;
}

static bool histograms_from_json(const json_t *json, Sample *sample) {
    json_t *histograms = json_object_get(json, "histograms");
    sample->histograms = zeroed(json_object_size(histograms), sizeof *sample->histograms);
    const char *name;
    json_t *pairs;
    json_object_foreach(histograms, name, pairs) {
        Histogram *histogram = &sample->histograms[sample->histogram_count++];
        histogram->name = text_copy(name);
        histogram->count = json_array_size(pairs) / 2;
        histogram->bucket = zeroed(histogram->count, sizeof *histogram->bucket);
        histogram->hits = zeroed(histogram->count, sizeof *histogram->hits);
        for (size_t i = 0; i < histogram->count; i++) {
            uint64_t bucket;
            if (!element(pairs, 2 * i, &bucket) || bucket >= SLOT_HISTOGRAM_BUCKETS ||
                (i > 0 && bucket <= histogram->bucket[i - 1]) || !element(pairs, 2 * i + 1, &histogram->hits[i]))
                return false;
            histogram->bucket[i] = (uint32_t)bucket;
        }
    }
    return true;
}

static bool probes_from_json(const json_t *json, Sample *sample) {
    const json_t *pairs = json_object_get(json, "limit_probes");
    sample->probe_count = json_array_size(pairs) / 2;
    sample->probes = zeroed(sample->probe_count, sizeof *sample->probes);
    for (size_t i = 0; i < sample->probe_count; i++) {
        if (!element(pairs, 2 * i, &sample->probes[i].limit_bytes) ||
            !element(pairs, 2 * i + 1, &sample->probes[i].elapsed_ns))
            return false;
    }
    return true;
}

static uint32_t get_u32(const json_t *object, const char *key, const char **wrong) {
    uint64_t value = json_get_u64(object, key, wrong);
    if (value > UINT32_MAX)
        *wrong = key;
    return (uint32_t)value;
}

bool sample_from_json(const json_t *json, Sample *sample) {
    *sample = (Sample){0};
    const char *wrong = NULL;
    static const char *const required[] = {"row", "block", "attempt", "arm"};
    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
        if (!json_is_integer(json_object_get(json, required[i])))
            return false;
    }
    const char *status = json_string_value(json_object_get(json, "status"));
    if (status == NULL || !sample_status_parse(status, &sample->status))
        return false;

    sample->row = get_u32(json, "row", &wrong);
    sample->block = get_u32(json, "block", &wrong);
    sample->attempt = get_u32(json, "attempt", &wrong);
    sample->arm = get_u32(json, "arm", &wrong);
    sample->control = json_get_flag(json, "control", &wrong);
    sample->position = get_u32(json, "position", &wrong);
    sample->seed = json_get_hex(json, "seed", &wrong);
    sample->message = json_get_text(json, "message", &wrong);
    for (size_t i = 0; i < COUNTER_COUNT; i++)
        *(uint64_t *)((char *)sample + counters[i].offset) = json_get_u64(json, counters[i].key, &wrong);
    sample->checksum = json_get_hex(json, "checksum", &wrong);
    sample->peak_is_exact = json_get_flag(json, "peak_is_exact", &wrong);
    sample->malloc_library = json_get_text(json, "malloc_library", &wrong);
    const json_t *series = json_object_get(json, "series");
    if (wrong != NULL || (series != NULL && !series_from_json(series, &sample->series)) ||
        !measures_from_json(json, sample) || !histograms_from_json(json, sample) || !probes_from_json(json, sample)) {
        sample_release(sample);
        return false;
    }
    return true;
}
