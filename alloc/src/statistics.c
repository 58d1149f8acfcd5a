/*
 * statistics.c - numbers summed on demand by walking the spans, and printed at exit if so wished. The fast paths count
 * nothing.
 */
#include "statistics.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "central_cache.h"
#include "hardening.h"
#include "lock.h"
#include "options.h"
#include "os_memory.h"
#include "page_heap.h"
#include "text.h"
#include "thread_cache.h"

/* Length of the free list of a span that another thread may be using: every link is checked before it is followed, so a
 * racing walk gives a wrong number, never a wild read. */
static uint32_t listed_objects(const Span *span) {
    uint32_t count = 0;
    FreeObject *object = __atomic_load_n(&span->free_list, __ATOMIC_RELAXED);
    while (object != NULL && count < span->object_count && span_index(span, object) < span->object_count) {
        count++;
        object = (FreeObject *)(__atomic_load_n(&object->link, __ATOMIC_RELAXED) - object_link_key);
    }
    return count;
}

static void add_span(Span *span, void *argument) {
    mp_stats *stats = argument;
    uintptr_t control = atomic_load_explicit(&span->control, memory_order_relaxed);
    if (control == 0)
        return;
    stats->span_bytes += span_bytes(span);
    if (control == SPAN_LARGE) {
        stats->allocated_blocks++;
        stats->allocated_bytes += span_bytes(span);
        return;
    }
    if ((control & SPAN_LARGE) != 0) {
        size_t bytes = hardening_held_bytes(span, &stats->allocated_blocks);
        stats->allocated_bytes += bytes;
        return;
    }
    bool owned = (control & SPAN_STATE_MASK) == 0;
    uint32_t carved = owned ? span->carved : span->object_count;
    const _Atomic uint64_t *bits = __atomic_load_n(&span->remote_bits, __ATOMIC_RELAXED);
    if (bits == NULL)
        return; /* on its way back to the PageHeap */
    uint32_t idle = span_remote_count(bits, span->remote_words) + (owned ? listed_objects(span) : 0);
    uint32_t held = idle < carved ? carved - idle : 0;
    stats->allocated_blocks += held;
    stats->allocated_bytes += (size_t)held * span->object_bytes;
}

void statistics_get(mp_stats *stats) {
    *stats = (mp_stats){0};
    page_heap_each(add_span, stats);
    PageHeapStats pages = page_heap_stats();
    ThreadCacheStats threads = thread_cache_stats();
    stats->mapped_bytes = pages.mapped_bytes;
    stats->metadata_bytes = metadata_bytes() + page_map_bytes();
    stats->page_heap_dirty_bytes = pages.dirty_bytes;
    stats->page_heap_clean_bytes = pages.clean_bytes;
    /* A racing picture may have more in the lists than in use. */
    stats->allocated_blocks -=
        threads.listed_blocks < stats->allocated_blocks ? threads.listed_blocks : stats->allocated_blocks;
    stats->allocated_bytes -=
        threads.listed_bytes < stats->allocated_bytes ? threads.listed_bytes : stats->allocated_bytes;
    stats->thread_caches = threads.live;
    stats->spans_created = pages.spans_created;
    stats->spans_adopted = threads.adopted;
    stats->released_bytes = pages.released_bytes + threads.purged_bytes;
    stats->refills_held = threads.held;
    stats->refills_carved = threads.carved;
    stats->refills_page_heap = threads.new_spans;
    stats->large_blocks = pages.large_blocks;
    stats->os_calls = os_calls();

    LockCounts locks = threads.locks;
    locks.acquired += pages.locks.acquired;
    locks.contended += pages.locks.contended;
    metadata_add_counts(&locks);
    hardening_add_counts(&locks);
    uint64_t accepts = central_cache_add_counts(&locks);
    stats->lock_acquisitions = locks.acquired;
    stats->lock_contentions = locks.contended;
    stats->lock_sleeps = lock_sleeps();
    stats->remote_frees = threads.bits;
    stats->atomic_operations = 2 * locks.acquired + threads.atomics + accepts;
}

/* -- as text ---------------------------------------------------------------------------------------------------- */

_Static_assert(sizeof(size_t) == sizeof(uint64_t), "all members of mp_stats are words of 64 bits");
#define MEMBER(name)                                                                                                   \
    { #name, offsetof(mp_stats, name) }
static const struct {
    const char *name;
    size_t offset;
} members[] = {
    MEMBER(mapped_bytes),      MEMBER(metadata_bytes),        MEMBER(allocated_bytes),       MEMBER(allocated_blocks),
    MEMBER(span_bytes),        MEMBER(page_heap_dirty_bytes), MEMBER(page_heap_clean_bytes), MEMBER(thread_caches),
    MEMBER(spans_created),     MEMBER(spans_adopted),         MEMBER(released_bytes),        MEMBER(refills_held),
    MEMBER(refills_carved),    MEMBER(refills_page_heap),     MEMBER(large_blocks),          MEMBER(os_calls),
    MEMBER(lock_acquisitions), MEMBER(lock_contentions),      MEMBER(lock_sleeps),           MEMBER(remote_frees),
    MEMBER(atomic_operations),
};
enum { MEMBERS = sizeof members / sizeof members[0], LONGEST_MEMBER = 64 };
_Static_assert(sizeof(mp_stats) == MEMBERS * sizeof(uint64_t), "every member is in the table");
_Static_assert(MEMBERS *LONGEST_MEMBER + LONGEST_MEMBER <= TEXT_BYTES, "all of it fits into a Text");

static void add_member(Text *text, const mp_stats *stats, unsigned member, const char *between) {
    uint64_t value;
    memcpy(&value, (const char *)stats + members[member].offset, sizeof value);
    text_add(text, members[member].name);
    text_add(text, between);
    text_add_number(text, value);
}

size_t statistics_json(const mp_stats *stats, char *to, size_t bytes) {
    Text text = {.used = 0};
    for (unsigned member = 0; member < MEMBERS; member++) {
        text_add(&text, member == 0 ? "{\"" : ",\"");
        add_member(&text, stats, member, "\":");
    }
    text_add(&text, "}");
    if (bytes != 0) {
        size_t written = text.used < bytes ? text.used : bytes - 1;
        memcpy(to, text.bytes, written);
        to[written] = '\0';
    }
    return text.used;
}

static void write_text(const mp_stats *stats) {
    Text text = {.used = 0};
    text_add(&text, "minipool: statistics of process ");
    text_add_number(&text, (uint64_t)getpid());
    for (unsigned member = 0; member < MEMBERS; member++) {
        text_add(&text, "\n  ");
        add_member(&text, stats, member, " ");
    }
    text_write(&text);
}

__attribute__((destructor)) static void when_process_ends(void) {
    if (option_value(MP_OPTION_STATISTICS) == 0)
        return;
    mp_stats stats;
    statistics_get(&stats);
    write_text(&stats);
}
