/*
 * thread_cache.c - see thread_cache.h.
 */
#define _GNU_SOURCE
#include "thread_cache.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>

#include "central_cache.h"
#include "fault.h"
#include "lock.h"
#include "options.h"
#include "page_heap.h"

/* Stands for "no span": its list is always empty and its owner nobody. Never written. */
static Span no_span;

/* clang-format off */
#define OWNS_NOTHING { .direct = {[0 ... DIRECT_ENTRIES - 1] = &no_span}, \
                       .active = {[0 ... SIZE_CLASS_COUNT - 1] = &no_span} }
/* clang-format on */
static ThreadCache no_cache = OWNS_NOTHING;

/* Serves allocations of threads that are past their last destructor. Under orphan_lock; no thread is its owner, so
 * frees of its blocks are always foreign. */
static ThreadCache orphan_cache = OWNS_NOTHING;
static Lock orphan_lock;

__thread ThreadCache *thread_cache_current __attribute__((tls_model("initial-exec"))) = &no_cache;
static __thread unsigned ended_times __attribute__((tls_model("initial-exec")));

static struct {
    Lock lock;
    ThreadCache *all, *idle;
    bool has_key;
    bool has_fork_handlers;
    pthread_key_t key;
    _Atomic size_t live;
    _Atomic uint64_t bits; /* as ThreadCacheCounters.bits, of threads without a cache */
} caches;

/* A thread without a cache passes its count on at every so many: one shared atomic operation instead of as many. */
enum { PASS_ON = 64 };
static __thread uint32_t own_bits __attribute__((tls_model("initial-exec")));

static void thread_ends(void *argument);
static void before_fork(void);
static void after_fork_in_parent(void);
static void after_fork_in_child(void);

/* -- a thread's cache ------------------------------------------------------------------------------------------- */

/* Under the list's lock, so that plain loads and stores do. */
static void change_live(size_t change) {
    size_t live = atomic_load_explicit(&caches.live, memory_order_relaxed);
    atomic_store_explicit(&caches.live, live + change, memory_order_relaxed);
}

static ThreadCache *cache_take(void) {
    lock_acquire(&caches.lock);
    if (!caches.has_key && pthread_key_create(&caches.key, thread_ends) == 0)
        caches.has_key = true;
    ThreadCache *cache = caches.idle;
    if (cache != NULL) {
        caches.idle = cache->next_idle;
    } else if ((cache = metadata_allocate(sizeof *cache)) != NULL) {
        for (unsigned entry = 0; entry < DIRECT_ENTRIES; entry++)
            cache->direct[entry] = &no_span;
        for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++)
            cache->active[size_class] = &no_span;
        cache->next = caches.all;
        caches.all = cache;
    }
    if (cache != NULL) {
        atomic_store_explicit(&cache->in_use, true, memory_order_relaxed);
        change_live(1);
    }
    lock_release(&caches.lock);
    return cache;
}

static void install_fork_handlers(void) {
    lock_acquire(&caches.lock);
    bool first = !caches.has_fork_handlers;
    caches.has_fork_handlers = true;
    lock_release(&caches.lock);
    if (first)
        pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

/* Handlers that others register before ours and that allocate would run while we hold our locks: be early. Allocation
 * does not depend on this having run. */
__attribute__((constructor(101))) static void when_loaded(void) {
    install_fork_handlers();
}

/* NULL: this thread gets none (no memory, or it is past its last destructor) and uses the orphans'. */
static ThreadCache *cache_of_this_thread(void) {
    if (thread_cache_current != &no_cache)
        return thread_cache_current;
    /* Destructors of other keys may allocate after ours ran; setting the value again makes the system call us again,
     * but only so many times. */
    if (ended_times + 1 >= PTHREAD_DESTRUCTOR_ITERATIONS)
        return NULL;
    ThreadCache *cache = cache_take();
    if (cache == NULL)
        return NULL;
    thread_cache_current = cache;
    counter_add(&cache->counters.bits, own_bits);
    own_bits = 0;
    /* Both calls below may allocate: that works from here on. */
    if (caches.has_key)
        pthread_setspecific(caches.key, cache);
    install_fork_handlers();
    return cache;
}

/* -- spans of a cache ------------------------------------------------------------------------------------------- */

/* What the control word of a span says while `cache` owns it. */
static uintptr_t owner_word(const ThreadCache *cache, unsigned size_class) {
    return (uintptr_t)cache | (size_class == 0 ? SPAN_TINY : 0);
}

static bool counts_while_active(const Span *span) {
    return span->object_bytes > MEDIUM_MAX_BYTES;
}

static void set_active(ThreadCache *cache, unsigned size_class, Span *span) {
    cache->active[size_class] = span;
    uint32_t last = size_classes[size_class].object_bytes / 8;
    if (size_class != 0 && last < DIRECT_ENTRIES) {
        uint32_t first = size_classes[size_class - 1].object_bytes / 8 + 1;
        for (uint32_t entry = first; entry <= last; entry++)
            cache->direct[entry] = span;
    }
}

static void activate(ThreadCache *cache, unsigned size_class, Span *span) {
    if (span->place != SPAN_STASH) {
        span->place = SPAN_ACTIVE;
        if (!counts_while_active(span))
            span->used = SPAN_USED_UNKNOWN;
    }
    set_active(cache, size_class, span);
}

static void return_to_page_heap(Span *span) {
    int saved = errno;
    atomic_store_explicit(&span->control, 0, memory_order_relaxed);
    span->free_list = NULL;
    span->place = SPAN_NOWHERE;
    span_drop_bits(span);
    page_heap_free(span);
    errno = saved;
}

/* An owned span, in no place of its owner's, becomes everybody's. */
static void give_away(Span *span) {
    span->place = SPAN_NOWHERE;
    if (central_cache_accept(span))
        return_to_page_heap(span);
}

static size_t partial_limit(void) {
    size_t live = atomic_load_explicit(&caches.live, memory_order_relaxed);
    size_t share = PARTIAL_TOTAL_BYTES / (live == 0 ? 1 : live);
    return share < PARTIAL_MIN_BYTES ? PARTIAL_MIN_BYTES : share;
}

static void partial_remove(ThreadCache *cache, unsigned size_class, Span *span) {
    span_list_remove(&cache->partial[size_class], span);
    cache->partial_count[size_class]--;
    cache->partial_bytes -= span_bytes(span);
    span->place = SPAN_NOWHERE;
}

/* The next to be used stands first: the longest rested below LIFO_FROM_BYTES, the most recent from there on. */
static void partial_insert(ThreadCache *cache, unsigned size_class, Span *span) {
    SpanList *list = &cache->partial[size_class];
    bool lifo = span->object_bytes >= LIFO_FROM_BYTES;
    if (lifo && span->free_list != NULL)
        span_list_push_front(list, span);
    else
        span_list_push_back(list, span);
    span->place = SPAN_PARTIAL;
    cache->partial_count[size_class]++;
    cache->partial_bytes += span_bytes(span);
    if (unlikely(cache->partial_bytes > partial_limit())) {
        Span *surplus = lifo ? list->last : list->first;
        partial_remove(cache, size_class, surplus);
        give_away(surplus);
    }
}

/* -- the stash ---------------------------------------------------------------------------------------------------- */

static uint32_t index_or_fault(const Span *span, const void *block) {
    uint32_t index = span_index(span, block);
    if (unlikely(index >= span->object_count))
        fault("free", block, "pointer into the middle of a block");
    return index;
}

static bool is_listed(const Span *span, const FreeObject *object) {
    const FreeObject *at = span->free_list;
    while (at != NULL && at != object)
        at = at->next;
    return at != NULL;
}

/* Called when the thread allocates in the class: from now on what it frees there may wait for reuse. A process of one
 * thread frees no foreign objects and gets no stashes. */
static void stash_open(ThreadCache *cache, unsigned size_class) {
    Span *stash = cache->stash[size_class];
    if (stash == NULL) {
        uint32_t object_bytes = size_classes[size_class].object_bytes;
        if (size_class == 0 || object_bytes > MEDIUM_MAX_BYTES || cache == &orphan_cache ||
            atomic_load_explicit(&caches.live, memory_order_relaxed) < 2 || (stash = span_new()) == NULL)
            return;
        size_t bound = STASH_BYTES / object_bytes;
        stash->object_bytes = object_bytes;
        stash->object_count = (uint32_t)(bound < 2 ? 2 : bound > STASH_MAX_OBJECTS ? STASH_MAX_OBJECTS : bound);
        stash->size_class = (uint8_t)size_class;
        stash->place = SPAN_STASH;
        stash->free_list = NULL;
        stash->used = 0;
        stash->bits_from = 0;
        cache->stash[size_class] = stash;
    }
    stash->carved = 1;
}

/* Frees a chain of objects, those in one word of one span together. */
static void free_chain(ThreadCache *cache, FreeObject *object);

/* The key of a stashed object holds its depth, too, so that the length of the list is known without a walk although
 * allocation counts nothing: depths rise by one from the end of the list, modulo 2^16, above the stash's floor. */
enum { DEPTH_SHIFT = 48 };

static uint16_t depth_of(const FreeObject *object) {
    return (uint16_t)(object->key >> DEPTH_SHIFT);
}

static bool is_stashed_by(const ThreadCache *cache, const FreeObject *object) {
    return object->key << (64 - DEPTH_SHIFT) == (uintptr_t)cache << (64 - DEPTH_SHIFT);
}

/* The stash holds as many objects as it may. The later half stays, unless the thread used none since the last time:
 * then it only frees, and everything goes back. */
static cold void stash_overflows(ThreadCache *cache, Span *stash) {
    FreeObject **cut = &stash->free_list;
    uint32_t offered = (uint32_t)stash->used;
    bool used_some = offered - offered / STASH_LEAK > stash->object_count - stash->object_count / 2;
    stash->used = 0;
    if (used_some)
        for (uint32_t kept = 0; kept < stash->object_count / 2; kept++)
            cut = &(*cut)->next;
    else
        stash->carved = 0;
    FreeObject *chain = *cut;
    *cut = NULL;
    stash->bits_from = depth_of(chain);
    free_chain(cache, chain);
}

static void stash_close(ThreadCache *cache, unsigned size_class) {
    Span *stash = cache->stash[size_class];
    if (stash == NULL)
        return;
    FreeObject *chain = stash->free_list;
    if (cache->active[size_class] == stash)
        set_active(cache, size_class, &no_span);
    cache->stash[size_class] = NULL;
    span_delete(stash);
    free_chain(cache, chain);
}

/* -- where spans come from and go to ------------------------------------------------------------------------------ */

static Span *new_span(ThreadCache *cache, unsigned size_class) {
    Span *span = page_heap_allocate(size_classes[size_class].page_count, 1, PAGE_USE_SMALL);
    if (span == NULL)
        return NULL;
    if (!span_begin(span, size_class)) {
        page_heap_free(span);
        return NULL;
    }
    /* release: a child of fork() takes a span with an owner for complete */
    atomic_store_explicit(&span->control, owner_word(cache, size_class), memory_order_release);
    return span;
}

static bool collect(ThreadCache *cache, Span *span) {
    if (!span_collect(span))
        return false;
    counter_add(&cache->counters.collects, 1);
    return true;
}

/* The span that was active has no free object left. */
static void put_down(ThreadCache *cache, unsigned size_class, Span *span) {
    if (cache->spare == span)
        cache->spare = NULL;
    span->used = (int32_t)span->carved;
    if (span->carved < span->object_count) {
        span->place = SPAN_FRESH;
        cache->fresh[size_class] = span;
        return;
    }
    span->place = SPAN_NOWHERE;
    if (cache->partial_count[size_class] < REST_SPANS) {
        partial_insert(cache, size_class, span);
        return;
    }
    counter_add(&cache->counters.retires, 1);
    if (!central_cache_retire(span)) { /* objects came back at the last moment */
        bool any = collect(cache, span);
        if (!any)
            fault("malloc", span->base, "remote bits vanished");
        if (span->used == 0)
            return_to_page_heap(span);
        else
            partial_insert(cache, size_class, span);
    }
}

/* The next waiting span that has a free object, out of its list. Looks as far as spans without one may stand. */
static Span *partial_take(ThreadCache *cache, unsigned size_class) {
    Span *span = cache->partial[size_class].first;
    for (int looked = 0; span != NULL && looked < REST_SPANS; span = span->next, looked++)
        if (span->free_list != NULL || collect(cache, span)) {
            partial_remove(cache, size_class, span);
            return span;
        }
    return NULL;
}

/* Makes a span with free objects active, in the order that touches the least new memory. NULL: no memory. */
static Span *refill(ThreadCache *cache, unsigned size_class) {
    Span *active = cache->active[size_class];
    Span *stash = cache->stash[size_class];
    if (active == &no_span || active == stash)
        active = NULL;
    if (stash != NULL && stash->free_list != NULL) {
        if (active != NULL)
            put_down(cache, size_class, active);
        activate(cache, size_class, stash);
        counter_add(&cache->counters.held, 1);
        return stash;
    }
    if (active != NULL && collect(cache, active)) {
        counter_add(&cache->counters.held, 1);
        if (!counts_while_active(active))
            active->used = SPAN_USED_UNKNOWN;
        return active;
    }
    if ((++cache->refills & 15) == 0)
        page_heap_tick();
    stash_open(cache, size_class);

    Span *fresh = cache->fresh[size_class];
    Span *next = NULL;
    Counter *served_by = &cache->counters.held;
    if (fresh != NULL && (fresh->free_list != NULL || collect(cache, fresh))) {
        next = fresh;
    } else if ((next = partial_take(cache, size_class)) != NULL) {
        /* it is out of its list */
    } else if ((next = central_cache_adopt(size_class, owner_word(cache, size_class))) != NULL) {
        served_by = &cache->counters.adopted;
        if (!collect(cache, next))
            fault("malloc", next->base, "CentralFreeList held a span without free objects");
    } else if (active != NULL && span_carve(active)) {
        counter_add(&cache->counters.carved, 1);
        return active;
    } else if (fresh != NULL) {
        next = fresh;
        span_carve(next);
        served_by = &cache->counters.carved;
    } else {
        next = new_span(cache, size_class);
        if (next == NULL)
            return NULL;
        span_carve(next);
        served_by = &cache->counters.new_spans;
    }
    counter_add(served_by, 1);

    /* At most one span of a class has objects to carve: a new one is made only when there is none. */
    if (next == fresh)
        cache->fresh[size_class] = NULL;
    if (active != NULL)
        put_down(cache, size_class, active);
    activate(cache, size_class, next);
    return next;
}

static void *allocate_from(ThreadCache *cache, unsigned size_class) {
    Span *span = cache->active[size_class];
    if (span->free_list == NULL && (span = refill(cache, size_class)) == NULL)
        return NULL;
    FreeObject *object = span->free_list;
    span->free_list = object->next;
    if (size_class == 0) {
        uint32_t index = span_index(span, object);
        span_tiny_bits(span)[index / 64] &= ~((uint64_t)1 << (index % 64));
    } else {
        object->key = 0;
    }
    if (counts_while_active(span))
        span->used++;
    return object;
}

void *thread_cache_allocate(unsigned size_class) {
    ThreadCache *cache = cache_of_this_thread();
    if (likely(cache != NULL))
        return allocate_from(cache, size_class);
    lock_acquire(&orphan_lock);
    void *block = allocate_from(&orphan_cache, size_class);
    lock_release(&orphan_lock);
    return block;
}

/* -- free ------------------------------------------------------------------------------------------------------- */

void thread_cache_span_empty(Span *span) {
    ThreadCache *cache = thread_cache_current;
    unsigned size_class = span->size_class;
    switch ((SpanPlace)span->place) {
    case SPAN_ACTIVE:
        if (!counts_while_active(span)) { /* 2^30 frees without the list ever running out */
            span->used = SPAN_USED_UNKNOWN;
            return;
        }
        /* One such span is kept, so that a thread that needs one large buffer after another need not ask below. */
        if (cache->spare == span)
            return;
        Span *spare = cache->spare;
        cache->spare = span;
        if (spare == NULL || spare->used != 0)
            return;
        span = spare;
        set_active(cache, span->size_class, &no_span);
        break;
    case SPAN_FRESH:
        cache->fresh[size_class] = NULL;
        break;
    case SPAN_PARTIAL:
        partial_remove(cache, size_class, span);
        break;
    case SPAN_NOWHERE:
    case SPAN_STASH:
        break;
    }
    return_to_page_heap(span);
}

/* The span is the calling thread's and `object` one of its objects. The caller looks whether it was the last in use. */
static void push(Span *span, FreeObject *object, uint32_t index) {
    if (span_is_tiny(span)) {
        uint64_t *word = &span_tiny_bits(span)[index / 64];
        uint64_t bit = (uint64_t)1 << (index % 64);
        if ((*word & bit) != 0)
            fault("free", object, "double free");
        *word |= bit;
    } else {
        uintptr_t key = (uintptr_t)thread_cache_current;
        if (object->key == key && is_listed(span, object))
            fault("free", object, "double free");
        object->key = key;
    }
    object->next = span->free_list;
    atomic_signal_fence(memory_order_release); /* as in heap_free() */
    span->free_list = object;
    atomic_signal_fence(memory_order_release);
    span->used--;
}

/* Another thread's span is FULL, and `cache` should own it: it is its home, or it allocates in the class and the home
 * thread has ended. A cache is never unmapped, so looking into one whose thread ends just now gives a late answer, not
 * a wrong one. */
static bool should_own(const ThreadCache *cache, uintptr_t control, unsigned size_class) {
    const ThreadCache *home = (const ThreadCache *)(control & SPAN_HOME_MASK & ~SPAN_TINY);
    if (cache == &no_cache)
        return false;
    if (home == cache)
        return true;
    bool ended = home == NULL || !atomic_load_explicit(&home->in_use, memory_order_relaxed);
    return ended && home != &orphan_cache && cache->active[size_class] != &no_span;
}

static void count_bits(ThreadCache *cache) {
    if (likely(cache != &no_cache))
        counter_add(&cache->counters.bits, 1);
    else if (++own_bits == PASS_ON) {
        own_bits = 0;
        atomic_fetch_add_explicit(&caches.bits, PASS_ON, memory_order_relaxed);
    }
}

/* All that thread_cache_free_foreign() does not decide: tiny objects, suspected double frees, spans to take over, and
 * frees that go home as a bit. */
static cold void free_uncommon(Span *span, FreeObject *object) {
    ThreadCache *cache = thread_cache_current;
    uintptr_t owner = owner_word(cache, span->size_class);
    uintptr_t control = atomic_load_explicit(&span->control, memory_order_relaxed);
    uint32_t index = index_or_fault(span, object);
    bool taken = (control & SPAN_FULL) != 0 && should_own(cache, control, span->size_class) &&
                 central_cache_take(span, control, owner);
    if (taken || control == owner) {
        push(span, object, index);
        if (span->used == 0)
            thread_cache_span_empty(span);
        else if (taken)
            partial_insert(cache, span->size_class, span);
        return;
    }
    const Span *stash = cache->stash[span->size_class];
    if (stash != NULL && is_stashed_by(cache, object) && is_listed(stash, object))
        fault("free", object, "double free");
    count_bits(cache);
    if (central_cache_free(span, index / 64, (uint64_t)1 << (index % 64), object))
        return_to_page_heap(span);
}

/* Counts the frees offered to the stash, modulo 2^32: a stash that never overflows goes on for ever. */
static inline bool is_due_home(Span *stash) {
    uint32_t offered = (uint32_t)stash->used + 1;
    stash->used = (int32_t)offered;
    return offered % STASH_LEAK == 0;
}

/* Short, because it often waits for the object's cache line from another processor: the fewer instructions a free
 * takes, the more such waits overlap. Whatever is not the stash is a tail call. */
void thread_cache_free_foreign(Span *span, void *block) {
    ThreadCache *cache = thread_cache_current;
    FreeObject *object = block;
    uintptr_t control = atomic_load_explicit(&span->control, memory_order_relaxed);
    Span *stash = cache->stash[span->size_class];
    const ThreadCache *home = (const ThreadCache *)(control & SPAN_HOME_MASK);
    if (stash == NULL || stash->carved == 0 || (control & SPAN_CENTRAL) != 0 || home == NULL || home == cache ||
        !atomic_load_explicit(&home->in_use, memory_order_relaxed) || is_due_home(stash) ||
        is_stashed_by(cache, object)) {
        free_uncommon(span, object);
        return;
    }
    FreeObject *head = stash->free_list;
    uint16_t depth = (uint16_t)((head == NULL ? stash->bits_from : depth_of(head)) + 1);
    object->key = (uintptr_t)cache | (uintptr_t)depth << DEPTH_SHIFT;
    object->next = head;
    atomic_signal_fence(memory_order_release); /* as in heap_free() */
    stash->free_list = object;
    if (unlikely((uint16_t)(depth - stash->bits_from) >= stash->object_count))
        stash_overflows(cache, stash);
}

static void free_chain(ThreadCache *cache, FreeObject *object) {
    while (object != NULL) {
        Span *span = page_map_get(object);
        uint32_t index = index_or_fault(span, object);
        FreeObject *next = object->next;
        object->key = 0;
        if (atomic_load_explicit(&span->control, memory_order_relaxed) == (uintptr_t)cache) { /* adopted meanwhile */
            push(span, object, index);
            if (span->used == 0)
                thread_cache_span_empty(span);
            object = next;
            continue;
        }
        uint64_t freed = (uint64_t)1 << (index % 64);
        for (; next != NULL && page_map_get(next) == span; next = next->next) {
            uint32_t other = span_index(span, next);
            uint64_t bit = (uint64_t)1 << (other % 64);
            if (other / 64 != index / 64 || (freed & bit) != 0)
                break;
            freed |= bit;
        }
        count_bits(cache);
        if (central_cache_free(span, index / 64, freed, object))
            return_to_page_heap(span);
        object = next;
    }
}

/* -- the end of a thread, fork ------------------------------------------------------------------------------------ */

static void flush(ThreadCache *cache) {
    cache->spare = NULL;
    for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++) {
        stash_close(cache, size_class);
        Span *active = cache->active[size_class];
        if (active != &no_span) {
            set_active(cache, size_class, &no_span);
            give_away(active);
        }
        Span *fresh = cache->fresh[size_class];
        if (fresh != NULL) {
            cache->fresh[size_class] = NULL;
            give_away(fresh);
        }
        Span *span;
        while ((span = cache->partial[size_class].first) != NULL) {
            partial_remove(cache, size_class, span);
            give_away(span);
        }
    }
}

void thread_cache_flush(void) {
    if (thread_cache_current != &no_cache)
        flush(thread_cache_current);
}

static void cache_put_idle(ThreadCache *cache) {
    atomic_store_explicit(&cache->in_use, false, memory_order_relaxed);
    cache->next_idle = caches.idle;
    caches.idle = cache;
    change_live((size_t)-1);
}

static void thread_ends(void *argument) {
    ThreadCache *cache = argument;
    flush(cache); /* while it is still current: what is flushed may empty a span of its own */
    thread_cache_current = &no_cache;
    ended_times++;
    lock_acquire(&caches.lock);
    cache_put_idle(cache);
    lock_release(&caches.lock);
}

static void before_fork(void) {
    lock_acquire(&caches.lock);
    lock_acquire(&orphan_lock);
    central_cache_lock();
    page_heap_lock();
    metadata_lock();
    options_lock();
}

static void after_fork_in_parent(void) {
    options_unlock();
    metadata_unlock();
    page_heap_unlock();
    central_cache_unlock();
    lock_release(&orphan_lock);
    lock_release(&caches.lock);
}

static void find_abandoned(Span *span, void *argument) {
    uintptr_t control = atomic_load_explicit(&span->control, memory_order_relaxed);
    uintptr_t owner = control & ~SPAN_TINY;
    if (control == 0 || (control & SPAN_STATE_MASK) != 0 || owner == (uintptr_t)thread_cache_current ||
        owner == (uintptr_t)&orphan_cache)
        return;
    Span **found = argument;
    span->next = *found; /* the lists of the thread that is gone are not to be trusted, and not needed */
    *found = span;
}

static void after_fork_in_child(void) {
    options_reset_lock();
    metadata_reset_lock();
    page_heap_after_fork();
    central_cache_reset_lock();
    lock_reset(&orphan_lock);
    lock_reset(&caches.lock);

    /* Only this thread lives on. What the others owned becomes everybody's. */
    Span *abandoned = NULL;
    page_heap_each(find_abandoned, &abandoned);
    while (abandoned != NULL) {
        Span *span = abandoned;
        abandoned = span->next;
        give_away(span);
    }
    for (ThreadCache *cache = caches.all; cache != NULL; cache = cache->next) {
        if (!atomic_load_explicit(&cache->in_use, memory_order_relaxed) || cache == thread_cache_current)
            continue;
        for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++) {
            set_active(cache, size_class, &no_span);
            stash_close(cache, size_class);
            cache->fresh[size_class] = NULL;
            cache->partial[size_class] = (SpanList){NULL, NULL};
            cache->partial_count[size_class] = 0;
        }
        cache->partial_bytes = 0;
        cache->spare = NULL;
        cache_put_idle(cache);
    }
}

/* -- looking at it ---------------------------------------------------------------------------------------------- */

/* Length of a stash that another thread may be using. Every link is looked up before it is followed, with the page heap
 * locked so that what it leads to stays mapped: a racing walk gives a wrong number, never a wild read. */
static size_t stash_length(const Span *stash) {
    size_t length = 0;
    const FreeObject *object = __atomic_load_n(&stash->free_list, __ATOMIC_RELAXED);
    while (object != NULL && length < STASH_MAX_OBJECTS) {
        const Span *span = page_map_get(object);
        if (span == NULL || span->run_state != RUN_IN_USE || span_index(span, object) >= span->object_count)
            break;
        length++;
        object = __atomic_load_n(&object->next, __ATOMIC_RELAXED);
    }
    return length;
}

static void add_counters(ThreadCacheStats *stats, const ThreadCacheCounters *counters) {
    stats->held += counter_read(&counters->held);
    stats->carved += counter_read(&counters->carved);
    stats->adopted += counter_read(&counters->adopted);
    stats->new_spans += counter_read(&counters->new_spans);
    stats->bits += counter_read(&counters->bits);
    stats->atomics += counter_read(&counters->collects) + counter_read(&counters->retires);
}

ThreadCacheStats thread_cache_stats(void) {
    ThreadCacheStats stats = {0};
    lock_acquire(&caches.lock);
    page_heap_lock();
    for (ThreadCache *cache = caches.all; cache != NULL; cache = cache->next) {
        stats.live += atomic_load_explicit(&cache->in_use, memory_order_relaxed);
        add_counters(&stats, &cache->counters);
        for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++) {
            const Span *stash = __atomic_load_n(&cache->stash[size_class], __ATOMIC_RELAXED);
            if (stash == NULL)
                continue;
            size_t length = stash_length(stash);
            stats.stashed_blocks += length;
            stats.stashed_bytes += length * size_classes[size_class].object_bytes;
        }
    }
    page_heap_unlock();
    lock_release(&caches.lock);
    add_counters(&stats, &orphan_cache.counters);
    stats.bits += atomic_load_explicit(&caches.bits, memory_order_relaxed) + own_bits;
    stats.atomics += stats.bits;
    lock_add_counts(&caches.lock, &stats.locks);
    lock_add_counts(&orphan_lock, &stats.locks);
    return stats;
}

static void check_owned(const ThreadCache *cache, const Span *span, SpanPlace place) {
    if (atomic_load_explicit(&span->control, memory_order_relaxed) != owner_word(cache, span->size_class))
        fault("mp_check", span->base, "a thread's span has another owner");
    if (span->place != place)
        fault("mp_check", span->base, "a thread's span is in another place than it says");
    uint32_t listed = 0;
    for (FreeObject *object = span->free_list; object != NULL; object = object->next, listed++)
        if (span_index(span, object) >= span->carved || listed >= span->carved)
            fault("mp_check", object, "free list leaves its span or has a loop");
    bool exact = place != SPAN_ACTIVE || counts_while_active(span);
    if (exact && span->used != (int32_t)(span->carved - listed))
        fault("mp_check", span->base, "a span's count of used objects is wrong");
    if (place == SPAN_PARTIAL && span->used == 0)
        fault("mp_check", span->base, "a waiting span is wholly free");
}

void thread_cache_check(void) {
    ThreadCache *cache = thread_cache_current;
    if (cache == &no_cache)
        return;
    size_t bytes = 0;
    for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++) {
        if (cache->active[size_class] != &no_span && cache->active[size_class] != cache->stash[size_class])
            check_owned(cache, cache->active[size_class], SPAN_ACTIVE);
        if (cache->fresh[size_class] != NULL)
            check_owned(cache, cache->fresh[size_class], SPAN_FRESH);
        uint32_t count = 0;
        for (Span *span = cache->partial[size_class].first; span != NULL; span = span->next, count++) {
            check_owned(cache, span, SPAN_PARTIAL);
            bytes += span_bytes(span);
        }
        if (count != cache->partial_count[size_class])
            fault("mp_check", cache, "a thread's waiting spans are counted wrong");
    }
    if (bytes != cache->partial_bytes)
        fault("mp_check", cache, "a thread's partly free bytes are counted wrong");
}
