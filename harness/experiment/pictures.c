/*
 * pictures.c - see pictures.h.
 */
#include "pictures.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"

static const char *const counters[] = {
    "refills_held",      "refills_carved",   "spans_adopted", "refills_page_heap", "large_blocks", "os_calls",
    "lock_acquisitions", "lock_contentions", "lock_sleeps",   "atomic_operations", "remote_frees",
};

/* A picture adds the same to a counter each time. Threads that worked while the first two were taken would count as
 * picture, too, hence no less than 0. */
static double growth(json_t *const pictures[SLOT_PICTURE_COUNT], const char *counter) {
    double values[SLOT_PICTURE_COUNT];
    for (size_t i = 0; i < SLOT_PICTURE_COUNT; i++) {
        const json_t *value = json_object_get(pictures[i], counter);
        if (!json_is_integer(value))
            return NAN;
        values[i] = (double)json_integer_value(value);
    }
    double picture = values[SLOT_PICTURE_BEGIN] - values[SLOT_PICTURE_FIRST];
    return fmax(0, values[SLOT_PICTURE_END] - values[SLOT_PICTURE_BEGIN] - picture);
}

void pictures_take(const SlotPage *page, Sample *sample) {
    json_t *pictures[SLOT_PICTURE_COUNT];
    bool any = false, all = true;
    for (size_t i = 0; i < SLOT_PICTURE_COUNT; i++) {
        size_t length = strnlen(page->pictures[i], SLOT_PICTURE_BYTES);
        pictures[i] = json_loadb(page->pictures[i], length, 0, NULL);
        any = any || length > 0;
        all = all && json_is_object(pictures[i]);
    }
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
        char *name = text_format("heap_%s", counters[i]);
        double value = growth(pictures, counters[i]);
        const char *reason = !isnan(value) ? NULL
                             : !any        ? "the allocator exports no counters of its own (mp_stats_json)"
                             : !all        ? "what mp_stats_json wrote is no JSON object"
                                           : "what mp_stats_json wrote does not have it as a whole number";
        sample_add_measure(sample, name, value, reason);
        free(name);
    }
    for (size_t i = 0; i < SLOT_PICTURE_COUNT; i++)
        json_decref(pictures[i]);
}
