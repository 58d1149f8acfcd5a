/*
 * thread_spans.c - see thread_spans.h.
 */
#include "thread_spans.h"

#include <errno.h>

#include "central_cache.h"
#include "fault.h"
#include "options.h"
#include "page_heap.h"

void thread_spans_return(Span *span) {
    int saved = errno;
    atomic_store_explicit(&span->control, 0, memory_order_relaxed);
    span->free_list = NULL;
    span->place = SPAN_NOWHERE;
    span_drop_bits(span);
    page_heap_free(span);
    errno = saved;
}

void thread_spans_give_away(Span *span) {
    span->place = SPAN_NOWHERE;
    if (central_cache_accept(span))
        thread_spans_return(span);
}

static Span *new_span(ThreadCache *cache, unsigned size_class) {
    Span *span = page_heap_allocate(size_classes[size_class].page_count, 1, PAGE_USE_SMALL);
    if (span == NULL)
        return NULL;
    if (!span_begin(span, size_class)) {
        page_heap_free(span);
        return NULL;
    }
    for (size_t page = 0; page < span->page_count; page++)
        page_map_set_list(span->base + (page << PAGE_SHIFT), span, free_list_offset(size_class));
    /* release: a child of fork() takes a span with an owner for complete */
    atomic_store_explicit(&span->control, thread_spans_owner(cache), memory_order_release);
    if (span->zeroed) /* what is resident grows */
        thread_spans_make_room(cache, span_bytes(span));
    return span;
}

static bool collect(ThreadCache *cache, Span *span) {
    if (!span_collect(span))
        return false;
    counter_add(&cache->counters.collects, 1);
    return true;
}

static bool is_lifo(unsigned size_class) {
    return size_classes[size_class].object_bytes >= LIFO_FROM_BYTES;
}

/* -- spans that wait ---------------------------------------------------------------------------------------------- */

static void partial_remove(ThreadCache *cache, Span *span) {
    ThreadClass *class = &cache->classes[span->size_class];
    span_list_remove(&class->partial, span);
    class->partial_count--;
    cache->partial_bytes -= span_bytes(span);
    span->place = SPAN_NOWHERE;
}

/* The waiting span that would be used last becomes everybody's. */
static void give_last(ThreadCache *cache, ThreadClass *class, bool lifo) {
    Span *surplus = lifo ? class->partial.last : class->partial.first;
    partial_remove(cache, surplus);
    thread_spans_give_away(surplus);
}

/* A thread's share, written when a thread begins or ends. */
static _Atomic size_t most_bytes = PARTIAL_TOTAL_BYTES;

static bool waits_too_much(const ThreadCache *cache) {
    return cache->partial_bytes > atomic_load_explicit(&most_bytes, memory_order_relaxed);
}

/* The next to be used stands first: the longest rested below LIFO_FROM_BYTES, the most recent from there on. */
void thread_spans_add(ThreadCache *cache, Span *span) {
    ThreadClass *class = &cache->classes[span->size_class];
    bool lifo = is_lifo(span->size_class);
    if (lifo && span->free_list != NULL)
        span_list_push_front(&class->partial, span);
    else
        span_list_push_back(&class->partial, span);
    span->place = SPAN_PARTIAL;
    class->partial_count++;
    cache->partial_bytes += span_bytes(span);
    if (unlikely(waits_too_much(cache)))
        give_last(cache, class, lifo);
}

/* The next waiting span that has a free object, out of its list. Spans without one are at most REST_SPANS, so a look at
 * one more finds what there is; else a second span could be carved beside one that waits. */
static Span *partial_take(ThreadCache *cache, ThreadClass *class) {
    Span *span = class->partial.first;
    for (int looked = 0; span != NULL && looked <= REST_SPANS; span = span->next, looked++)
        if (span->free_list != NULL || collect(cache, span)) {
            partial_remove(cache, span);
            return span;
        }
    return NULL;
}

/* The span that was active has no free object left. */
static inline void put_down(ThreadCache *cache, Span *span) {
    ThreadClass *class = &cache->classes[span->size_class];
    if (span->carved < span->object_count) {
        span->place = SPAN_FRESH;
        class->fresh = span;
        return;
    }
    span->place = SPAN_NOWHERE;
    if (class->partial_count < REST_SPANS) {
        thread_spans_add(cache, span);
        return;
    }
    counter_add(&cache->counters.retires, 1);
    if (!central_cache_retire(span)) { /* objects came back at the last moment */
        if (!collect(cache, span))
            fault("malloc", span->base, "remote bits vanished");
        if (span->used == 0)
            thread_spans_return(span);
        else
            thread_spans_add(cache, span);
    }
}

/* -- memory in partly free spans ------------------------------------------------------------------------------------
 */

static void next_idle_class(ThreadCache *cache) {
    cache->idle_next = cache->idle_next + 1 == SIZE_CLASS_COUNT ? 0 : cache->idle_next + 1;
}

void thread_spans_set_most(size_t bytes) {
    atomic_store_explicit(&most_bytes, bytes, memory_order_relaxed);
}

void thread_spans_limit(ThreadCache *cache) {
    for (; waits_too_much(cache); next_idle_class(cache)) {
        ThreadClass *class = &cache->classes[cache->idle_next];
        if (class->partial.first != NULL)
            give_last(cache, class, is_lifo(cache->idle_next));
    }
}

size_t thread_spans_held(const ThreadCache *cache) {
    size_t bytes = cache->partial_bytes;
    for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++) {
        const ThreadClass *class = &cache->classes[size_class];
        bytes += class->active != NULL ? span_bytes(class->active) : 0;
        bytes += class->fresh != NULL ? span_bytes(class->fresh) : 0;
    }
    return bytes;
}

/* A few of the waiting spans of a class that the thread has not used lately. */
static void give_idle(ThreadCache *cache) {
    enum { CLASSES_AT_A_TIME = 8, SPANS_AT_A_TIME = 2 };
    for (int tried = 0; tried < CLASSES_AT_A_TIME && cache->partial_bytes != 0; tried++) {
        ThreadClass *class = &cache->classes[cache->idle_next];
        if (!class->touched && class->partial.first != NULL) {
            for (int given = 0; given < SPANS_AT_A_TIME && class->partial.first != NULL; given++)
                give_last(cache, class, is_lifo(cache->idle_next));
            return;
        }
        next_idle_class(cache);
    }
}

static void purge(ThreadCache *cache, size_t bytes, uint32_t least_age_ms) {
    enum { LOOK_AT = 16 };
    int saved = errno;
    size_t released = 0;
    for (int looked = 0; looked < LOOK_AT && released < bytes; looked++) {
        Span *span = central_cache_take_hollow(least_age_ms);
        if (span == NULL)
            break;
        released += span_purge(span);
        thread_spans_give_away(span);
    }
    if (released != 0)
        counter_add(&cache->counters.purged_bytes, released);
    errno = saved;
}

__attribute__((noinline)) void thread_spans_make_room(ThreadCache *cache, size_t bytes) {
    give_idle(cache);
    purge(cache, 2 * bytes, 0); /* no size exceeds PTRDIFF_MAX */
}

void thread_spans_tick(ThreadCache *cache) {
    purge(cache, PAGE_BYTES, (uint32_t)option_value(MP_OPTION_RELEASE_DELAY_MS));
}

/* -- the next to be used ------------------------------------------------------------------------------------------ */

/* Whether there is something never used in the span. It is on free_list now, unless it is carved singly. */
static bool carve_span(Span *span) {
    return span_carves_singly(span) ? span->carved < span->object_count : span_carve(span);
}

/* The span that is not wholly carved, with its next objects. NULL: all are. */
static Span *carve(ThreadCache *cache, const ThreadClass *class) {
    Span *span = NULL;
    if (class->active != NULL && carve_span(class->active))
        span = class->active;
    else if (class->fresh != NULL && carve_span(class->fresh))
        span = class->fresh;
    if (span != NULL)
        counter_add(&cache->counters.carved, 1);
    return span;
}

/* A span, in no list, on whose free_list are objects that came back. NULL: none found. */
static Span *find_returned(ThreadCache *cache, unsigned size_class) {
    ThreadClass *class = &cache->classes[size_class];
    Span *span = NULL;
    if (class->active != NULL && collect(cache, class->active))
        span = class->active;
    else if (class->fresh != NULL && (class->fresh->free_list != NULL || collect(cache, class->fresh)))
        span = class->fresh;
    else
        span = partial_take(cache, class);
    if (span != NULL) {
        counter_add(&cache->counters.held, 1);
        return span;
    }
    span = central_cache_adopt(size_class, thread_spans_owner(cache));
    if (span != NULL) {
        counter_add(&cache->counters.adopted, 1);
        if (!collect(cache, span))
            fault("malloc", span->base, "CentralFreeList held a span without free objects");
    }
    return span;
}

/* At most one span of a class has objects to carve: a new one is made only when there is none. */
static inline void make_active(ThreadCache *cache, Span *next) {
    ThreadClass *class = &cache->classes[next->size_class];
    Span *active = class->active;
    if (next == active)
        return;
    if (next == class->fresh)
        class->fresh = NULL;
    if (active != NULL)
        put_down(cache, active);
    next->place = SPAN_ACTIVE;
    class->active = next;
}

Span *thread_spans_next(ThreadCache *cache, unsigned size_class) {
    ThreadClass *class = &cache->classes[size_class];
    Span *active = class->active, *next = NULL;
    if (active != NULL && active->free_list != NULL) {
        counter_add(&cache->counters.held, 1);
        return active;
    }
    if (class->unsearched != 0) {
        class->unsearched--;
        next = carve(cache, class);
    }
    if (next == NULL && (next = find_returned(cache, size_class)) == NULL) {
        class->unsearched = UNSEARCHED_CARVES;
        next = carve(cache, class);
    }
    if (next != NULL)
        make_active(cache, next);
    return next;
}

Span *thread_spans_new(ThreadCache *cache, unsigned size_class) {
    Span *span = new_span(cache, size_class);
    if (span == NULL)
        return NULL;
    carve_span(span);
    counter_add(&cache->counters.new_spans, 1);
    make_active(cache, span);
    return span;
}

void thread_spans_half_empty(ThreadCache *cache, Span *span) {
    if (span->place == SPAN_ACTIVE) {
        cache->classes[span->size_class].active = NULL;
        thread_spans_add(cache, span);
    }
}

void thread_spans_empty(ThreadCache *cache, Span *span) {
    ThreadClass *class = &cache->classes[span->size_class];
    switch ((SpanPlace)span->place) {
    case SPAN_ACTIVE:
        if (span->object_bytes <= KEEP_EMPTY_BYTES)
            return;
        class->active = NULL;
        break;
    case SPAN_FRESH:
        class->fresh = NULL;
        break;
    case SPAN_PARTIAL:
        partial_remove(cache, span);
        break;
    case SPAN_NOWHERE:
        break;
    }
    thread_spans_return(span);
}

void thread_spans_give_all(ThreadCache *cache, unsigned size_class) {
    ThreadClass *class = &cache->classes[size_class];
    Span *active = class->active, *fresh = class->fresh, *span;
    class->active = class->fresh = NULL;
    if (active != NULL)
        thread_spans_give_away(active);
    if (fresh != NULL)
        thread_spans_give_away(fresh);
    while ((span = class->partial.first) != NULL) {
        partial_remove(cache, span);
        thread_spans_give_away(span);
    }
}

/* -- looking at it ------------------------------------------------------------------------------------------------ */

static cold void check_owned(const ThreadCache *cache, const Span *span, SpanPlace place) {
    if (atomic_load_explicit(&span->control, memory_order_relaxed) != thread_spans_owner(cache))
        fault("mp_check", span->base, "a thread's span has another owner");
    if (span->place != place)
        fault("mp_check", span->base, "a thread's span is in another place than it says");
    uint32_t listed = 0;
    for (FreeObject *object = span->free_list; object != NULL; object = object_next(object), listed++)
        if (span_index(span, object) >= span->carved || listed >= span->carved)
            fault("mp_check", object, "free list leaves its span or has a loop");
    if (span->used != span->carved - listed)
        fault("mp_check", span->base, "a span's count of used objects is wrong");
    if (place == SPAN_PARTIAL && span->used == 0)
        fault("mp_check", span->base, "a waiting span is wholly free");
}

typedef struct OwnedCount {
    uintptr_t owner;
    size_t spans;
} OwnedCount;

static cold void count_owned(Span *span, void *argument) {
    OwnedCount *owned = argument;
    owned->spans += atomic_load_explicit(&span->control, memory_order_relaxed) == owned->owner;
}

cold void thread_spans_check(const ThreadCache *cache) {
    size_t bytes = 0, in_places = 0;
    for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++) {
        const ThreadClass *class = &cache->classes[size_class];
        if (class->active != NULL)
            check_owned(cache, class->active, SPAN_ACTIVE);
        if (class->fresh != NULL)
            check_owned(cache, class->fresh, SPAN_FRESH);
        in_places += (size_t)(class->active != NULL) + (class->fresh != NULL) + class->partial_count;
        uint32_t count = 0;
        for (Span *span = class->partial.first; span != NULL; span = span->next, count++) {
            check_owned(cache, span, SPAN_PARTIAL);
            bytes += span_bytes(span);
        }
        if (count != class->partial_count)
            fault("mp_check", cache, "a thread's waiting spans are counted wrong");
    }
    if (bytes != cache->partial_bytes)
        fault("mp_check", cache, "a thread's partly free bytes are counted wrong");
    OwnedCount owned = {.owner = thread_spans_owner(cache)};
    page_heap_each(count_owned, &owned);
    if (owned.spans != in_places)
        fault("mp_check", cache, "a thread owns spans that it has no place for");
}
