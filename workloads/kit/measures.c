/* measures.c - further numbers of the workload and the kit, in the slot page. See workload.h. */
#include <math.h>
#include <string.h>

#include "slot.h"
#include "workload.h"

/* Release: a parent that reads the count with acquire sees complete entries before it. */
static void add(const char *name, double value, const char *reason) {
    SlotPage *page = slot_page();
    uint32_t count = atomic_load_explicit(&page->measure_count, memory_order_relaxed);
    if (strlen(name) >= SLOT_MEASURE_NAME_BYTES || strlen(reason) >= SLOT_MEASURE_REASON_BYTES)
        slot_fail(SLOT_VERDICT_UNSUPPORTED, "the measure %s or its reason is too long for the slot page", name);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(page->measures[i].name, name) == 0)
            slot_fail(SLOT_VERDICT_UNSUPPORTED, "the measure %s is given twice", name);
    }
    if (count == SLOT_MEASURES)
        slot_fail(SLOT_VERDICT_UNSUPPORTED, "more than %d measures", SLOT_MEASURES);
    SlotMeasure *measure = &page->measures[count];
    strcpy(measure->name, name);
    strcpy(measure->reason, reason);
    measure->value = value;
    atomic_store_explicit(&page->measure_count, count + 1, memory_order_release);
}

void kit_measure(const char *name, double value) {
    if (!isfinite(value))
        slot_fail(SLOT_VERDICT_UNSUPPORTED, "the measure %s is no number and has no reason", name);
    add(name, value, "");
}

void kit_note(const char *name, uint64_t value) {
    kit_measure(name, (double)value);
}

void kit_measure_missing(const char *name, const char *reason) {
    if (reason[0] == '\0')
        slot_fail(SLOT_VERDICT_UNSUPPORTED, "the measure %s is missing without a reason", name);
    add(name, NAN, reason);
}
