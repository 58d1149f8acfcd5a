/*
 * central_cache.c - see central_cache.h, and span.h for the states.
 *
 * The one subtle place is a foreign free that races with the owner giving the span up. The freer sets its bit, then
 * looks at the control word; the owner changes the control word, then looks at the bits. Both use sequentially
 * consistent operations, so at least one of them sees the other: a bit set while the freer saw OWNED is seen by the
 * owner's look, and a free that the owner's look missed finds the span FULL or CENTRAL and acts on it.
 * alloc/tests/model/span.pml has these steps once more, and all their interleavings are searched there: what changes
 * here changes there.
 */
#include "central_cache.h"

#include "fault.h"
#include "lock.h"
#include "os_memory.h"
#include "page_heap.h"

/* Spans by eighths that are free; bucket 0 is the fullest. Within a bucket first-in first-out, so that spans rest. A
 * span stays in the bucket in which it came: what is freed meanwhile only makes it a better catch. */
enum { BUCKETS = 8 };

/* A multi-word span is looked at when one of its words has this many bits, and when one is complete. */
enum { WORD_EVENT = 64 / CLAIM_FRACTION };

/* Who owns a span while its hollow pages are given back: no thread. */
static _Alignas(CACHE_LINE) const char purger[CACHE_LINE];

static with_written _Atomic unsigned purge_next; /* the class in which hollow spans are looked for next; a hint */

typedef struct CentralFreeList {
    _Alignas(CACHE_LINE) Lock lock;
    _Atomic uint32_t span_count; /* read without the lock: is it worth locking? */
    Counter accept_atomics;      /* atomic read-modify-writes of central_cache_accept() but for the lock's */
    SpanList buckets[BUCKETS];
} CentralFreeList;

static CentralFreeList lists[SIZE_CLASS_COUNT];

static uintptr_t class_bits(unsigned size_class) {
    return (uintptr_t)size_class << SPAN_CLASS_SHIFT;
}

static uint32_t claim_threshold(uint32_t object_count) {
    return object_count < 2 * CLAIM_FRACTION ? 1 : object_count / CLAIM_FRACTION;
}

/* Under the lock, so that plain loads and stores do. */
static void change_span_count(CentralFreeList *list, int32_t change) {
    uint32_t count = atomic_load_explicit(&list->span_count, memory_order_relaxed);
    atomic_store_explicit(&list->span_count, count + (uint32_t)change, memory_order_relaxed);
}

static void push_back(CentralFreeList *list, Span *span, uint32_t free_count) {
    uint32_t bucket = free_count * BUCKETS / (span->object_count + 1);
    span->bucket = (uint8_t)bucket;
    span_list_push_back(&list->buckets[bucket], span);
}

/* FULL -> CENTRAL. */
static void insert(CentralFreeList *list, Span *span, uint32_t free_count) {
    atomic_store_explicit(&span->control, SPAN_CENTRAL | class_bits(span->size_class), memory_order_relaxed);
    span->freed_at_ms = page_heap_now();
    push_back(list, span, free_count);
    change_span_count(list, 1);
}

static void take_out(CentralFreeList *list, Span *span) {
    span_list_remove(&list->buckets[span->bucket], span);
    change_span_count(list, -1);
}

/* To a thread, or to the purger. Under the lock. */
static void own(Span *span, uintptr_t owner) {
    span->used = span->object_count;
    atomic_store_explicit(&span->control, owner, memory_order_seq_cst);
}

/* A wholly free span leaves the unowned states. Nobody holds a pointer to an object of it, so nobody looks any more. */
static void dissolve(Span *span) {
    for (uint32_t word = 0; word < span->remote_words; word++)
        atomic_store_explicit(&span->remote_bits[word], 0, memory_order_relaxed);
    atomic_store_explicit(&span->control, 0, memory_order_relaxed);
}

Span *central_cache_adopt(unsigned size_class, uintptr_t owner) {
    CentralFreeList *list = &lists[size_class];
    if (atomic_load_explicit(&list->span_count, memory_order_relaxed) == 0)
        return NULL;
    Span *span = NULL;
    lock_acquire(&list->lock);
    for (int bucket = 0; bucket < BUCKETS && span == NULL; bucket++)
        span = list->buckets[bucket].first;
    if (span != NULL) {
        take_out(list, span);
        span->purged_used = SPAN_NEVER_PURGED;
        own(span, owner);
    }
    lock_release(&list->lock);
    return span;
}

/* Whether giving back whole pages in the span is worth a try. At random places it takes fewer and fewer survivors until
 * pages of small objects are free, so it is tried each time half of them are gone. */
static bool may_be_hollow(const Span *span, uint32_t free_count) {
    uint32_t in_use = span->object_count - free_count;
    if (span->object_bytes >= os_page_bytes())
        return in_use < span->purged_used;
    return in_use <= (span->purged_used == SPAN_NEVER_PURGED ? span->object_count : span->purged_used) / 2;
}

/* The first of the emptiest few spans of a list that may be hollow. The others go to the back of their buckets. */
static Span *take_hollow_of(CentralFreeList *list, uint32_t least_age_ms) {
    enum { LOOK_AT = 4 };
    int looked = 0;
    for (int bucket = BUCKETS; bucket-- > 0 && looked < LOOK_AT;)
        for (Span *span; looked < LOOK_AT && (span = list->buckets[bucket].first) != NULL; looked++) {
            if (page_heap_age(span->freed_at_ms) < least_age_ms)
                break;
            uint32_t free_count = span_remote_count(span->remote_bits, span->remote_words);
            if (may_be_hollow(span, free_count)) {
                take_out(list, span);
                own(span, (uintptr_t)purger);
                return span;
            }
            span_list_remove(&list->buckets[bucket], span);
            push_back(list, span, free_count);
        }
    return NULL;
}

Span *central_cache_take_hollow(uint32_t least_age_ms) {
    enum { CLASSES_AT_A_TIME = 16 };
    unsigned size_class = atomic_load_explicit(&purge_next, memory_order_relaxed);
    Span *span = NULL;
    for (int tried = 0; tried < CLASSES_AT_A_TIME; tried++) {
        CentralFreeList *list = &lists[size_class];
        if (atomic_load_explicit(&list->span_count, memory_order_relaxed) != 0) {
            lock_acquire(&list->lock);
            span = take_hollow_of(list, least_age_ms);
            lock_release(&list->lock);
            if (span != NULL)
                break;
        }
        size_class = size_class + 1 == SIZE_CLASS_COUNT ? 0 : size_class + 1;
    }
    atomic_store_explicit(&purge_next, size_class, memory_order_relaxed);
    return span;
}

bool central_cache_take(Span *span, uintptr_t control, uintptr_t owner) {
    CentralFreeList *list = &lists[control >> SPAN_CLASS_SHIFT];
    lock_acquire(&list->lock);
    bool ours = atomic_load_explicit(&span->control, memory_order_relaxed) == control;
    if (ours) {
        span->purged_used = SPAN_NEVER_PURGED;
        own(span, owner);
    }
    lock_release(&list->lock);
    return ours;
}

bool central_cache_retire(Span *span) {
    uintptr_t owner = atomic_load_explicit(&span->control, memory_order_relaxed);
    uintptr_t full = owner | SPAN_FULL | class_bits(span->size_class);
    const _Atomic uint64_t *bits = span->remote_bits;
    uint32_t words = span->remote_words;
    /* seq_cst: partner of the freer's fetch_or and load in central_cache_free(); also releases the owner's last writes
     * to whoever takes the span next */
    atomic_exchange_explicit(&span->control, full, memory_order_seq_cst);
    /* From here the span may be another's. Memory of spans and bits stays readable for ever; the look is a hint, and
     * central_cache_take() decides under the lock. */
    return span_remote_count(bits, words) == 0 || !central_cache_take(span, full, owner);
}

bool central_cache_accept(Span *span) {
    CentralFreeList *list = &lists[span->size_class];
    uint32_t bits = span_scatter(span);
    lock_acquire(&list->lock);
    counter_add(&list->accept_atomics, bits + 1);
    /* seq_cst: as in central_cache_retire(). FULL without a home: nobody's, until something in it is free. */
    atomic_exchange_explicit(&span->control, SPAN_FULL | class_bits(span->size_class), memory_order_seq_cst);
    uint32_t free_count = span_remote_count(span->remote_bits, span->remote_words);
    bool whole = free_count == span->object_count;
    if (whole)
        dissolve(span);
    else if (free_count != 0)
        insert(list, span, free_count);
    lock_release(&list->lock);
    return whole;
}

/* A foreign free saw something worth a look. All of the span's fields may belong to a later use of it until the control
 * word, read under the class's lock, says that it is still unowned and of this class. */
static cold bool look(Span *span, unsigned size_class) {
    CentralFreeList *list = &lists[size_class];
    bool whole = false;
    lock_acquire(&list->lock);
    uintptr_t control = atomic_load_explicit(&span->control, memory_order_acquire);
    bool unowned = (control & (SPAN_FULL | SPAN_CENTRAL)) != 0 && control >> SPAN_CLASS_SHIFT == size_class;
    if (unowned) {
        uint32_t free_count = span_remote_count(span->remote_bits, span->remote_words);
        whole = free_count == span->object_count;
        if (whole) {
            if ((control & SPAN_CENTRAL) != 0)
                take_out(list, span);
            dissolve(span);
        } else if ((control & SPAN_FULL) != 0 && free_count >= claim_threshold(span->object_count)) {
            insert(list, span, free_count);
        }
    }
    lock_release(&list->lock);
    return whole;
}

bool central_cache_free(Span *span, uint32_t word, uint64_t freed, const void *block) {
    /* Read before the bits are set: until then the objects keep the span what it is. */
    uint32_t object_count = span->object_count;
    unsigned size_class = span->size_class;
    _Atomic uint64_t *bits = span->remote_bits;
    uint32_t words = span->remote_words;

    /* seq_cst: see the top; as a release it hands the objects' last content to whoever collects them */
    uint64_t old = atomic_fetch_or_explicit(&bits[word], freed, memory_order_seq_cst);
    if (unlikely((old & freed) != 0))
        fault("free", block, "double free");
    uintptr_t control = atomic_load_explicit(&span->control, memory_order_seq_cst);
    if ((control & (SPAN_FULL | SPAN_CENTRAL)) == 0)
        return false; /* the owner will collect them */

    uint32_t threshold = claim_threshold(object_count);
    uint32_t event = words == 1 ? threshold : WORD_EVENT;
    bool complete = (old | freed) == span_word_mask(object_count, word);
    bool crossed = (uint32_t)__builtin_popcountll(old) < event && (uint32_t)__builtin_popcountll(old | freed) >= event;
    if (!complete && !crossed)
        return false;
    if (words > 1) {
        uint32_t free_count = span_remote_count(bits, words);
        if (free_count != object_count && ((control & SPAN_CENTRAL) != 0 || free_count < threshold))
            return false;
    }
    return look(span, size_class);
}

cold void central_cache_lock(void) {
    for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++)
        lock_acquire(&lists[size_class].lock);
}

cold void central_cache_unlock(void) {
    for (unsigned size_class = SIZE_CLASS_COUNT; size_class-- > 0;)
        lock_release(&lists[size_class].lock);
}

cold void central_cache_reset_lock(void) {
    for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++)
        lock_reset(&lists[size_class].lock);
}

cold uint64_t central_cache_add_counts(LockCounts *locks) {
    uint64_t atomics = 0;
    for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++) {
        lock_add_counts(&lists[size_class].lock, locks);
        atomics += counter_read(&lists[size_class].accept_atomics);
    }
    return atomics;
}

cold void central_cache_check(void) {
    for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++) {
        CentralFreeList *list = &lists[size_class];
        uint32_t count = 0;
        lock_acquire(&list->lock);
        for (int bucket = 0; bucket < BUCKETS; bucket++)
            for (Span *span = list->buckets[bucket].first; span != NULL; span = span->next, count++) {
                if (atomic_load_explicit(&span->control, memory_order_relaxed) !=
                    (SPAN_CENTRAL | class_bits(size_class)))
                    fault("mp_check", span->base, "span in a CentralFreeList is not in that state");
                if (span->free_list != NULL)
                    fault("mp_check", span->base, "unowned span has a free list");
            }
        if (count != atomic_load_explicit(&list->span_count, memory_order_relaxed))
            fault("mp_check", NULL, "CentralFreeList counts wrong");
        lock_release(&list->lock);
    }
}
