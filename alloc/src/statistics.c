/*
 * statistics.c - numbers summed on demand by walking the spans, and printed at exit if so wished. The fast paths count
 * nothing.
 */
#include "statistics.h"

#include <unistd.h>

#include "options.h"
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
        object = __atomic_load_n(&object->next, __ATOMIC_RELAXED);
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
    /* A racing picture may have more in the stashes than in use. */
    stats->allocated_blocks -=
        threads.stashed_blocks < stats->allocated_blocks ? threads.stashed_blocks : stats->allocated_blocks;
    stats->allocated_bytes -=
        threads.stashed_bytes < stats->allocated_bytes ? threads.stashed_bytes : stats->allocated_bytes;
    stats->thread_caches = threads.live;
    stats->spans_created = pages.spans_created;
    stats->spans_adopted = threads.adopted;
    stats->released_bytes = pages.released_bytes;
}

/* -- at the end of the process ------------------------------------------------------------------------------------ */

static void add_number(Text *text, const char *name, uint64_t number) {
    text_add(text, "\n  ");
    text_add(text, name);
    text_add(text, " ");
    text_add_number(text, number);
}

/* By the names of mp_stats, so that one explanation does for both. */
static void write_text(const mp_stats *stats) {
    Text text = {.used = 0};
    text_add(&text, "minipool: statistics of process ");
    text_add_number(&text, (uint64_t)getpid());
    add_number(&text, "mapped_bytes", stats->mapped_bytes);
    add_number(&text, "metadata_bytes", stats->metadata_bytes);
    add_number(&text, "allocated_bytes", stats->allocated_bytes);
    add_number(&text, "allocated_blocks", stats->allocated_blocks);
    add_number(&text, "span_bytes", stats->span_bytes);
    add_number(&text, "page_heap_dirty_bytes", stats->page_heap_dirty_bytes);
    add_number(&text, "page_heap_clean_bytes", stats->page_heap_clean_bytes);
    add_number(&text, "thread_caches", stats->thread_caches);
    add_number(&text, "spans_created", stats->spans_created);
    add_number(&text, "spans_adopted", stats->spans_adopted);
    add_number(&text, "released_bytes", stats->released_bytes);
    text_write(&text);
}

__attribute__((destructor)) static void when_process_ends(void) {
    if (option_value(MP_OPTION_STATISTICS) == 0)
        return;
    mp_stats stats;
    statistics_get(&stats);
    write_text(&stats);
}
