/*
 * thread_cache.c - see thread_cache.h.
 */
#define _GNU_SOURCE
#include "thread_cache.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>

#include "central_cache.h"
#include "fault.h"
#include "hardening.h"
#include "lock.h"
#include "options.h"
#include "page_heap.h"
#include "thread_spans.h"

ThreadCache no_thread_cache;
__thread ThreadCache *thread_cache_current __attribute__((tls_model("initial-exec"))) = &no_thread_cache;
/* How often thread_ends() ran in this thread; NEVER_AGAIN where it would never run. */
static __thread unsigned ended_times __attribute__((tls_model("initial-exec")));
enum { NEVER_AGAIN = PTHREAD_DESTRUCTOR_ITERATIONS };

/* Serves allocations of threads that are past their last destructor. Under orphan_lock, the outermost of all locks. No
 * thread is its owner, so frees of its blocks are always foreign. */
static ThreadCache orphan_cache;
static with_written Lock orphan_lock;

static struct {
    _Alignas(CACHE_LINE) Lock lock;
    ThreadCache *all, *idle;
    ThreadCache *estates; /* of ended threads, with their spans: for the next that begin; the latest first */
    size_t estate_bytes;
    _Atomic bool has_estates; /* read without the lock: is it worth locking? */
    bool has_key;
    bool has_fork_handlers;
    pthread_key_t key;
    _Atomic size_t live;
    _Atomic uint64_t bits; /* as ThreadCacheCounters.bits, of threads without a cache */
} caches with_written;

/* A thread that only frees gets a cache, for its outbox, at so many frees into spans of others. Where there is none to
 * be had it passes its count on each time: one shared atomic operation instead of as many. */
enum { PASS_ON = 64 };
static __thread uint32_t own_bits __attribute__((tls_model("initial-exec")));

static void cache_give_back(ThreadCache *cache);
static void thread_ends(void *argument);
static bool settle_estates(uint32_t least_age_ms);
static void before_fork(void);
static void after_fork_in_parent(void);
static void after_fork_in_child(void);

/* -- a thread's cache ------------------------------------------------------------------------------------------- */

static FreeList *list_of(ThreadCache *cache, unsigned size_class) {
    return thread_cache_list_at(cache, free_list_offset(size_class));
}

static void list_open(FreeList *list) {
    *list = (FreeList){NULL, object_link_key, 0, 0};
}

static bool has_cache(void) {
    return thread_cache_current != &no_thread_cache;
}

static size_t share_of(size_t total, size_t least, size_t most) {
    size_t live = atomic_load_explicit(&caches.live, memory_order_relaxed);
    size_t share = total / (live == 0 ? 1 : live);
    return share < least ? least : share > most ? most : share;
}

/* Under the list's lock, so that plain loads and stores do. */
static void change_live(size_t change) {
    size_t live = atomic_load_explicit(&caches.live, memory_order_relaxed);
    atomic_store_explicit(&caches.live, live + change, memory_order_relaxed);
    thread_spans_set_most(share_of(PARTIAL_TOTAL_BYTES, PARTIAL_MIN_BYTES, SIZE_MAX));
}

/* Before there is any link. The upper bits are fixed, the lower ones differ from process to process. */
static void choose_link_key(void) {
    uint64_t random = (uintptr_t)&caches;
    const void *kernels = (const void *)getauxval(AT_RANDOM); /* 16 bytes; the C library has uses of its own for them */
    if (kernels != NULL) {
        uint64_t words[2];
        memcpy(words, kernels, sizeof words);
        random ^= words[0] * UINT64_C(0x9e3779b97f4a7c15) ^ words[1];
    }
    random = (random ^ random >> 32) * UINT64_C(0xd6e8feb86659fd93);
    object_link_key = LINK_KEY_UPPER << LINK_KEY_SHIFT | random >> (65 - LINK_KEY_SHIFT);
}

/* Unlinks an estate that is at least so old. NULL: there is none. Under the list's lock. */
static ThreadCache *estate_unlink(uint32_t least_age_ms) {
    ThreadCache **link = &caches.estates;
    while (*link != NULL && page_heap_age((*link)->ended_ms) < least_age_ms)
        link = &(*link)->next_idle;
    ThreadCache *cache = *link;
    if (cache != NULL) {
        *link = cache->next_idle;
        caches.estate_bytes -= cache->estate_bytes;
        atomic_store_explicit(&caches.has_estates, caches.estates != NULL, memory_order_relaxed);
    }
    return cache;
}

/* NULL: no memory. Under the list's lock. */
static ThreadCache *cache_make(void) {
    ThreadCache *cache = metadata_allocate(sizeof *cache);
    if (cache == NULL)
        return NULL;
    for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++)
        list_open(list_of(cache, size_class));
    for (size_t size = 0; size <= DIRECT_MAX_BYTES; size++)
        cache->direct[size] = free_list_offset(size_class_of(size));
    cache->next = caches.all;
    caches.all = cache;
    return cache;
}

static ThreadCache *cache_take(void) {
    lock_acquire(&caches.lock);
    if (object_link_key == 0) /* also where no cache can be had: the orphans' lists keep the key they began with */
        choose_link_key();
    if (!caches.has_key && pthread_key_create(&caches.key, thread_ends) == 0)
        caches.has_key = true;
    ThreadCache *cache = NULL;
    if (caches.has_key) { /* without a key nobody would take the cache back at the thread's end */
        cache = estate_unlink(0);
        if (cache == NULL && (cache = caches.idle) != NULL)
            caches.idle = cache->next_idle;
        else if (cache == NULL)
            cache = cache_make();
    }
    if (cache != NULL) {
        cache->holds_spans = true;
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

/* NULL: this thread gets none (no memory, no thread-specific data to be had, or it is past its last destructor) and
 * uses the orphans'. */
static ThreadCache *cache_of_this_thread(void) {
    if (has_cache())
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
    thread_spans_limit(cache); /* there may be more threads than when the spans began to wait */
    /* Both calls below may allocate: that works from here on. */
    if (pthread_setspecific(caches.key, cache) != 0) {
        cache_give_back(cache);
        ended_times = NEVER_AGAIN;
        return NULL;
    }
    install_fork_handlers();
    return cache;
}

static bool crowded(void) {
    return atomic_load_explicit(&caches.live, memory_order_relaxed) >= CROWD_THREADS;
}

/* -- lists ----------------------------------------------------------------------------------------------------------
 */

static uint32_t index_or_fault(const Span *span, const void *block) {
    uint32_t index = span_index(span, block);
    if (unlikely(index >= span->object_count))
        fault_interior("free", block, span_object_start(span, block));
    return index;
}

static void count_bits(ThreadCache *cache) {
    if (likely(cache != &no_thread_cache))
        counter_add(&cache->counters.bits, 1);
    else if (++own_bits == PASS_ON && cache_of_this_thread() == NULL) {
        own_bits = 0;
        atomic_fetch_add_explicit(&caches.bits, PASS_ON, memory_order_relaxed);
    }
}

/* Sends a chain of objects to their spans, neighbours in the chain that are in one word of one span together. */
static void free_chain(ThreadCache *cache, FreeObject *object) {
    while (object != NULL) {
        Span *span = page_map_get(object);
        FreeObject *next = object_next(object);
        uint32_t index = index_or_fault(span, object);
        if (atomic_load_explicit(&span->control, memory_order_relaxed) == thread_spans_owner(cache)) {
            span_push(span, object);
            if (span->used == 0)
                thread_spans_empty(cache, span);
            object = next;
            continue;
        }
        uint64_t freed = (uint64_t)1 << (index % 64);
        for (; next != NULL && page_map_get(next) == span; next = object_next(next)) {
            uint32_t other = span_index(span, next);
            uint64_t bit = (uint64_t)1 << (other % 64);
            if (other / 64 != index / 64 || (freed & bit) != 0)
                break;
            freed |= bit;
        }
        count_bits(cache);
        if (central_cache_free(span, index / 64, freed, object))
            thread_spans_return(span);
        object = next;
    }
}

/* Empties a list, and nothing goes into it until it is filled again. */
static void list_close(ThreadCache *cache, unsigned size_class) {
    FreeList *list = list_of(cache, size_class);
    FreeObject *chain = list->head;
    cache->list_bytes -= (size_t)list->limit * size_classes[size_class].object_bytes;
    list_open(list);
    free_chain(cache, chain);
}

/* Looks at one class after the other, one a call: a list that was not used since the last time is given up. */
static void trim(ThreadCache *cache) {
    unsigned size_class = cache->trim_next;
    cache->trim_next = size_class + 1 == SIZE_CLASS_COUNT ? 0 : size_class + 1;
    ThreadClass *class = &cache->classes[size_class];
    if (!class->touched && list_of(cache, size_class)->limit != 0)
        list_close(cache, size_class);
    class->touched = false;
}

/* The class's list may be longer from now on, as far as the thread's share of memory allows. */
static void list_grow(ThreadCache *cache, unsigned size_class) {
    FreeList *list = list_of(cache, size_class);
    size_t object_bytes = size_classes[size_class].object_bytes;
    size_t most = LIST_MAX_BYTES / object_bytes;
    most = most > LIST_MAX_OBJECTS ? LIST_MAX_OBJECTS : most < LIST_MIN_OBJECTS ? LIST_MIN_OBJECTS : most;
    size_t first = LIST_FIRST_BYTES / object_bytes;
    first = first > most ? most : first == 0 ? 1 : first;
    size_t limit = (size_t)list->limit;
    size_t more = limit == 0 ? first : limit < most / 2 ? limit : most - limit;
    size_t share = share_of(LISTS_TOTAL_BYTES, LISTS_MIN_BYTES, LISTS_MAX_BYTES);
    /* A few classes an attempt: one that is in use shows that before its turn comes round. */
    enum { LOOK_AT = 4 };
    for (int looked = 0; cache->list_bytes + more * object_bytes > share; looked++) {
        if (looked == LOOK_AT)
            return;
        trim(cache);
    }
    cache->list_bytes += more * object_bytes;
    list->limit += (int32_t)more;
    list->room += (int32_t)more;
}

/* -- allocation --------------------------------------------------------------------------------------------------- */

/* What is looked after now and then. */
static __attribute__((noinline)) void upkeep(ThreadCache *cache) {
    page_heap_tick();
    if (cache->looked_ms != page_heap_now()) {
        cache->looked_ms = page_heap_now();
        thread_spans_tick(cache);
    }
    trim(cache);
    outbox_flush(&cache->outbox, &cache->counters.bits);
    settle_estates(INHERIT_MS);
}

/* A block of the class, whose list is empty and is filled besides, but with objects that are carved singly. NULL: no
 * memory. */
static void *refill(ThreadCache *cache, unsigned size_class, bool *zeroed) {
    ThreadClass *class = &cache->classes[size_class];
    FreeList *list = list_of(cache, size_class);
    if (unlikely((++cache->refills & 15) == 0))
        upkeep(cache);
    class->touched = true;
    if (class->overflowed || list->limit == 0) {
        class->overflowed = false;
        list_grow(cache, size_class);
    }
    Span *span = thread_spans_next(cache, size_class);
    if (span == NULL && settle_estates(0))
        span = thread_spans_next(cache, size_class);
    if (span == NULL)
        span = thread_spans_new(cache, size_class);
    if (span == NULL)
        return NULL;
    if (span->free_list == NULL) {
        *zeroed = span->zeroed;
        return span_carve_one(span);
    }
    /* Half, so that as many can be freed as allocated before the next slow path. */
    uint32_t batch = CARVE_BYTES / span->object_bytes, half = ((uint32_t)list->limit + 1) / 2;
    batch = batch > half ? batch : half == 0 ? 1 : half;
    uint32_t taken;
    FreeObject *first = span_take(span, batch, &taken);
    list->room -= (int32_t)taken;
    list->head = first;
    return free_list_pop(list);
}

static void *allocate_from(ThreadCache *cache, unsigned size_class, bool *zeroed) {
    FreeList *list = list_of(cache, size_class);
    return list->head != NULL ? free_list_pop(list) : refill(cache, size_class, zeroed);
}

void *thread_cache_allocate(unsigned size_class, bool *zeroed) {
    *zeroed = false;
    ThreadCache *cache = cache_of_this_thread();
    if (likely(cache != NULL))
        return allocate_from(cache, size_class, zeroed);
    lock_acquire(&orphan_lock);
    if (list_of(&orphan_cache, 0)->key == 0)
        for (unsigned each = 0; each < SIZE_CLASS_COUNT; each++)
            list_open(list_of(&orphan_cache, each));
    void *block = allocate_from(&orphan_cache, size_class, zeroed);
    lock_release(&orphan_lock);
    return block;
}

/* -- free ------------------------------------------------------------------------------------------------------- */

/* Another thread's span is FULL, and `cache` should own it: it is its home, or it allocates in the class and the home
 * thread has ended. A cache is never unmapped, so looking into one whose thread ends just now gives a late answer, not
 * a wrong one. */
static bool should_own(const ThreadCache *cache, uintptr_t control, unsigned size_class) {
    const ThreadCache *home = (const ThreadCache *)(control & SPAN_HOME_MASK);
    if (cache == &no_thread_cache)
        return false;
    if (home == cache)
        return true;
    bool ended = home == NULL || !atomic_load_explicit(&home->in_use, memory_order_relaxed);
    return ended && home != &orphan_cache && cache->classes[size_class].active != NULL;
}

/* The number of links from `object` on, as far as they stay within spans of the class; stops at `wanted` and says so.
 * Another thread may be using the list: every link is looked up before it is followed, with the page heap locked so
 * that what it leads to stays mapped. A racing walk gives a wrong number, never a wild read. */
static size_t list_walk(const FreeObject *object, unsigned size_class, const void *wanted, bool *found) {
    size_t length = 0, most = (size_t)LIST_MAX_OBJECTS + CARVE_BYTES / 8;
    while (object != NULL && length < most) {
        if (object == wanted) {
            *found = true;
            break;
        }
        const Span *span = page_map_get(object);
        if (span == NULL || span->run_state != RUN_IN_USE || span->size_class != size_class ||
            span_index(span, object) >= span->object_count)
            break;
        length++;
        object = (const FreeObject *)(__atomic_load_n(&object->link, __ATOMIC_RELAXED) - object_link_key);
    }
    return length;
}

/* `object` looks as if it were free: is it in anybody's list, in its span's, or a bit? */
static cold void fault_if_free(const Span *span, const FreeObject *object) {
    unsigned size_class = span->size_class;
    uint32_t index = index_or_fault(span, object);
    const FreeObject *next = object_next(object);
    const Span *next_span = next == NULL ? span : page_map_get(next);
    if (next_span == NULL || next_span->size_class != size_class)
        return; /* chance, which is cheap that way */
    bool found = (atomic_load_explicit(&span->remote_bits[index / 64], memory_order_relaxed) >> (index % 64) & 1) != 0;
    lock_acquire(&caches.lock);
    page_heap_lock();
    if (!found)
        list_walk(__atomic_load_n(&span->free_list, __ATOMIC_RELAXED), size_class, object, &found);
    for (ThreadCache *cache = caches.all; cache != NULL && !found; cache = cache->next)
        list_walk(__atomic_load_n(&list_of(cache, size_class)->head, __ATOMIC_RELAXED), size_class, object, &found);
    page_heap_unlock();
    lock_release(&caches.lock);
    if (found)
        fault("free", object, "double free");
}

/* All that thread_cache_free() does not decide: spans of others, suspected double frees. */
static cold void free_uncommon(Span *span, FreeObject *object) {
    ThreadCache *cache = thread_cache_current;
    unsigned size_class = span->size_class;
    uintptr_t owner = thread_spans_owner(cache);
    uintptr_t control = atomic_load_explicit(&span->control, memory_order_relaxed);
    uint32_t index = index_or_fault(span, object);
    FreeList *list = list_of(cache, size_class);
    bool fits = list->room > 0;
    /* What goes to its span as a bit is not read: its cache line may be another processor's. */
    if ((fits || control == owner) && object_looks_free(object))
        fault_if_free(span, object);
    if (fits) {
        free_list_push(list, object, list->room - 1);
        return;
    }
    if (has_cache())
        cache->classes[size_class].overflowed = cache->classes[size_class].touched = true;
    bool taken = (control & SPAN_FULL) != 0 && should_own(cache, control, size_class) &&
                 central_cache_take(span, control, owner);
    if (taken || control == owner) {
        span_push(span, object);
        if (span->used == 0)
            thread_spans_empty(cache, span);
        else if (taken)
            thread_spans_add(cache, span);
        return;
    }
    if (has_cache() && span->object_bytes <= OUTBOX_OBJECT_BYTES) {
        outbox_add(&cache->outbox, span, index, &cache->counters.bits);
        return;
    }
    count_bits(cache);
    if (central_cache_free(span, index / 64, (uint64_t)1 << (index % 64), object))
        thread_spans_return(span);
}

/* The common cases are short. The list is full, as when many blocks are freed in a row, and the span the thread's own
 * or one of others to which more is on its way. */
void thread_cache_free(Span *span, void *block) {
    ThreadCache *cache = thread_cache_current;
    FreeObject *object = block;
    unsigned size_class = span->size_class;
    bool full = list_of(cache, size_class)->room <= 0;
    if (atomic_load_explicit(&span->control, memory_order_relaxed) != thread_spans_owner(cache)) {
        uint32_t index = span_index(span, block);
        if (unlikely(!full) || index >= span->object_count || !outbox_join(&cache->outbox, span, index))
            free_uncommon(span, object);
        return;
    }
    if (unlikely(!full) || unlikely(object_looks_free(object))) {
        free_uncommon(span, object);
        return;
    }
    ThreadClass *class = &cache->classes[size_class];
    class->overflowed = class->touched = true;
    span_push(span, object);
    if (unlikely(span->used == 0))
        thread_spans_empty(cache, span);
    else if (unlikely(span->used == span->carved / 2) && crowded())
        thread_spans_half_empty(cache, span); /* it may be another's from here on */
}

/* -- the end of a thread, fork ------------------------------------------------------------------------------------ */

void thread_cache_make_room(size_t bytes) {
    if (has_cache())
        thread_spans_make_room(thread_cache_current, bytes);
}

static void empty_lists(ThreadCache *cache) {
    outbox_flush(&cache->outbox, &cache->counters.bits);
    for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++)
        list_close(cache, size_class);
}

static void give_spans(ThreadCache *cache) {
    for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++)
        thread_spans_give_all(cache, size_class);
}

static void flush(ThreadCache *cache) {
    empty_lists(cache);
    give_spans(cache);
}

/* Under the list's lock. */
static void cache_put_idle(ThreadCache *cache) {
    cache->holds_spans = false;
    cache->next_idle = caches.idle;
    caches.idle = cache;
}

/* A cache without a thread, whose lists are empty: its spans become everybody's. */
static void cache_settle(ThreadCache *cache) {
    give_spans(cache);
    lock_acquire(&caches.lock);
    cache_put_idle(cache);
    lock_release(&caches.lock);
}

/* What ended threads had becomes everybody's, if that is so long ago. False: there was nothing. */
static bool settle_estates(uint32_t least_age_ms) {
    bool any = false;
    for (;; any = true) {
        if (likely(!atomic_load_explicit(&caches.has_estates, memory_order_relaxed)))
            return any;
        lock_acquire(&caches.lock);
        ThreadCache *cache = estate_unlink(least_age_ms);
        lock_release(&caches.lock);
        if (cache == NULL)
            return any;
        cache_settle(cache);
    }
}

void thread_cache_flush(void) {
    if (has_cache())
        flush(thread_cache_current);
    settle_estates(0);
    lock_acquire(&orphan_lock);
    if (list_of(&orphan_cache, 0)->key != 0)
        flush(&orphan_cache);
    lock_release(&orphan_lock);
}

/* Under the list's lock. */
static void thread_left(ThreadCache *cache) {
    atomic_store_explicit(&cache->in_use, false, memory_order_relaxed);
    change_live((size_t)-1);
}

/* Of this thread, which has none afterwards. What its spans have free goes to the next thread that begins, if that is
 * soon, since such threads tend to be alike; to give the spans to everybody costs both of them as much as all else. */
static void cache_give_back(ThreadCache *cache) {
    empty_lists(cache);
    page_heap_tick(); /* for the time */
    size_t bytes = thread_spans_held(cache);
    thread_cache_current = &no_thread_cache;
    lock_acquire(&caches.lock);
    thread_left(cache);
    bool leaves_estate = bytes != 0 && bytes <= INHERIT_BYTES - caches.estate_bytes;
    if (leaves_estate) {
        cache->ended_ms = page_heap_now();
        cache->estate_bytes = bytes;
        cache->next_idle = caches.estates;
        caches.estates = cache;
        caches.estate_bytes += bytes;
        atomic_store_explicit(&caches.has_estates, true, memory_order_relaxed);
    }
    lock_release(&caches.lock);
    if (!leaves_estate)
        cache_settle(cache);
}

static void thread_ends(void *argument) {
    cache_give_back(argument);
    ended_times++;
}

static cold void before_fork(void) {
    lock_acquire(&orphan_lock);
    lock_acquire(&caches.lock);
    hardening_lock();
    central_cache_lock();
    page_heap_lock();
    metadata_lock();
    options_lock();
}

static cold void after_fork_in_parent(void) {
    options_unlock();
    metadata_unlock();
    page_heap_unlock();
    central_cache_unlock();
    hardening_unlock();
    lock_release(&caches.lock);
    lock_release(&orphan_lock);
}

static cold void find_abandoned(Span *span, void *argument) {
    uintptr_t control = atomic_load_explicit(&span->control, memory_order_relaxed);
    if (control == 0 || (control & SPAN_STATE_MASK) != 0 || control == (uintptr_t)thread_cache_current ||
        control == (uintptr_t)&orphan_cache)
        return;
    Span **found = argument;
    span->next = *found; /* the lists of the thread that is gone are not to be trusted, and not needed */
    *found = span;
}

/* Only this thread lives on: what the others owned becomes everybody's. Their free lists are whole, for the order in
 * which malloc and free store; an object may be missing, which leaks it in this process. */
static cold void after_fork_in_child(void) {
    options_reset_lock();
    metadata_reset_lock();
    page_heap_after_fork();
    central_cache_reset_lock();
    hardening_reset_lock();
    lock_reset(&orphan_lock);
    lock_reset(&caches.lock);

    Span *abandoned = NULL;
    page_heap_each(find_abandoned, &abandoned);
    while (abandoned != NULL) {
        Span *span = abandoned;
        abandoned = span->next;
        thread_spans_give_away(span);
    }
    caches.estates = NULL;
    caches.estate_bytes = 0;
    atomic_store_explicit(&caches.has_estates, false, memory_order_relaxed);
    for (ThreadCache *cache = caches.all; cache != NULL; cache = cache->next) {
        if (!cache->holds_spans || cache == thread_cache_current)
            continue;
        for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++) {
            cache->classes[size_class] = (ThreadClass){.active = NULL};
            list_close(cache, size_class);
        }
        outbox_flush(&cache->outbox, &cache->counters.bits);
        cache->list_bytes = 0;
        cache->partial_bytes = 0;
        if (atomic_load_explicit(&cache->in_use, memory_order_relaxed))
            thread_left(cache);
        cache_put_idle(cache);
    }
}

/* -- looking at it ---------------------------------------------------------------------------------------------- */

static cold void add_cache(ThreadCacheStats *stats, ThreadCache *cache) {
    const ThreadCacheCounters *counters = &cache->counters;
    stats->held += counter_read(&counters->held);
    stats->carved += counter_read(&counters->carved);
    stats->adopted += counter_read(&counters->adopted);
    stats->new_spans += counter_read(&counters->new_spans);
    stats->bits += counter_read(&counters->bits);
    stats->purged_bytes += counter_read(&counters->purged_bytes);
    stats->atomics += counter_read(&counters->collects) + counter_read(&counters->retires);
    stats->listed_blocks += __atomic_load_n(&cache->outbox.blocks, __ATOMIC_RELAXED);
    stats->listed_bytes += __atomic_load_n(&cache->outbox.bytes, __ATOMIC_RELAXED);
    for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++) {
        const FreeList *list = list_of(cache, size_class);
        int32_t length =
            __atomic_load_n(&list->limit, __ATOMIC_RELAXED) - __atomic_load_n(&list->room, __ATOMIC_RELAXED);
        if (length <= 0) /* below 0 only for a racing look */
            continue;
        stats->listed_blocks += (size_t)length;
        stats->listed_bytes += (size_t)length * size_classes[size_class].object_bytes;
    }
}

cold ThreadCacheStats thread_cache_stats(void) {
    ThreadCacheStats stats = {0};
    lock_acquire(&caches.lock);
    for (ThreadCache *cache = caches.all; cache != NULL; cache = cache->next) {
        stats.live += atomic_load_explicit(&cache->in_use, memory_order_relaxed);
        add_cache(&stats, cache);
    }
    lock_release(&caches.lock);
    add_cache(&stats, &orphan_cache);
    stats.bits += atomic_load_explicit(&caches.bits, memory_order_relaxed) + own_bits;
    stats.atomics += stats.bits;
    lock_add_counts(&caches.lock, &stats.locks);
    lock_add_counts(&orphan_lock, &stats.locks);
    return stats;
}

static cold void check_no_thread_cache(void) {
    for (unsigned size_class = 0; size_class <= SIZE_CLASS_COUNT; size_class++) {
        const FreeList *list = &no_thread_cache.lists[size_class];
        if (list->head != NULL || list->key != 0 || list->room != 0 || list->limit != 0)
            fault("mp_check", list, "a list that stands for none was written");
    }
}

cold void thread_cache_check(void) {
    check_no_thread_cache();
    if (!has_cache())
        return;
    ThreadCache *cache = thread_cache_current;
    size_t bytes = 0;
    for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++) {
        const FreeList *list = list_of(cache, size_class);
        bytes += (size_t)list->limit * size_classes[size_class].object_bytes;
        int32_t length = 0;
        for (FreeObject *object = list->head; object != NULL; object = object_next(object), length++) {
            const Span *span = page_map_get(object);
            if (span == NULL || span->size_class != size_class || span_index(span, object) >= span->object_count)
                fault("mp_check", object, "a thread's free list leaves its class");
            if (length > list->limit - list->room)
                fault("mp_check", object, "a thread's free list is longer than it says");
        }
        if (length != list->limit - list->room)
            fault("mp_check", cache, "a thread's free list is shorter than it says");
    }
    if (bytes != cache->list_bytes)
        fault("mp_check", cache, "the limits of a thread's free lists do not add up");
    thread_spans_check(cache);
    size_t waiting = 0;
    for (unsigned i = 0; i < OUTBOX_ENTRIES; i++)
        waiting += (size_t)__builtin_popcountll(cache->outbox.entries[i].bits);
    if (waiting != cache->outbox.blocks)
        fault("mp_check", cache, "an outbox holds another number of blocks than it says");
}
