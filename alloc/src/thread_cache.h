/*
 * thread_cache.h - tier 1: what a thread can allocate and free without a lock and without an atomic operation.
 *
 * A ThreadCache has a FreeList a class: malloc takes its head, free puts the block in front, whoever's span the block
 * is of. So the block that was touched last is used next, and blocks that wander between threads cost no atomic
 * operation as long as each thread frees about as much as it allocates.
 *
 * Behind the lists stand the spans that the thread owns (thread_spans.h). An empty list is filled from one of them,
 * though large objects that were never used are handed out one by one; what no longer fits into a list goes to its
 * span: onto the span's own list if the thread owns it, as a bit if not.
 *
 * How long a list may get starts small when the thread first allocates in the class, doubles when the list ran over and
 * empty in turn, and falls to nothing when the class is not used any more. All limits of a thread together stay within
 * its share of LISTS_TOTAL_BYTES: that is what a sleeping thread can withhold in lists.
 */
#ifndef MINIPOOL_THREAD_CACHE_H
#define MINIPOOL_THREAD_CACHE_H

#include "outbox.h"
#include "span.h"

typedef struct ThreadCacheCounters {
    /* Allocations that found the list empty, by what served them: */
    Counter held;         /* objects on the list of a span the thread held */
    Counter carved;       /* one more piece of a span the thread held */
    Counter adopted;      /* a span from the CentralCache */
    Counter new_spans;    /* a span from the PageHeap */
    Counter collects;     /* words of remote bits taken over */
    Counter retires;      /* spans without free objects given up */
    Counter bits;         /* frees into spans of others: fetch_or operations */
    Counter purged_bytes; /* given back out of partly free spans */
} ThreadCacheCounters;

/* What the slow paths know of a class. Every span that a cache owns is in one place: `active`, the one that was last
 * taken from; `fresh`, the one span that is not wholly carved while another is active; or `partial`, spans that wait
 * for their turn. */
typedef struct ThreadClass {
    Span *active, *fresh; /* NULL: none */
    SpanList partial;
    uint32_t partial_count;
    bool overflowed;    /* something did not fit into the list since it was last filled */
    bool touched;       /* filled or run over since trim() last looked */
    uint8_t unsearched; /* how often more is carved before the next search for objects that came back */
} ThreadClass;

typedef struct ThreadCache {
    _Alignas(CACHE_LINE) FreeList lists[SIZE_CLASS_COUNT + 1]; /* by free_list_offset(); the first stays closed */
    uint16_t direct[DIRECT_MAX_BYTES + 1];                     /* by size: free_list_offset() of its class */
    ThreadClass classes[SIZE_CLASS_COUNT];
    size_t list_bytes;    /* all lists at their limits */
    size_t partial_bytes; /* length of all spans in partial */
    unsigned trim_next;   /* the class that trim() looks at next */
    unsigned idle_next;   /* the class whose idle spans are given up next */
    uint32_t refills;
    uint32_t looked_ms;  /* when thread_spans_tick() last ran */
    uint32_t ended_ms;   /* an estate's: when the thread ended */
    size_t estate_bytes; /* and the length of its spans */
    bool holds_spans;    /* since it was taken; written under the list's lock */
    ThreadCacheCounters counters;
    Outbox outbox;

    /* A line of its own, hardly ever written: other threads read it when they free into this thread's full spans. */
    _Alignas(CACHE_LINE) _Atomic bool in_use; /* by a thread that lives; written under the list's lock */
    struct ThreadCache *next;                 /* in the list of all caches, for ever */
    struct ThreadCache *next_idle;            /* in the list of caches without a thread, or of estates */
} ThreadCache;

_Static_assert(sizeof(FreeList) * (SIZE_CLASS_COUNT + 1) <= UINT16_MAX, "offsets of lists fit into 16 bits");

/* This thread's cache; before its first allocation and after its end a shared one that owns nothing, all of whose lists
 * are empty and closed, so the fast paths need no test. Nobody writes it. It is not const because a constant is in the
 * library's file, and zeros that are only read there take memory; here they take none. */
extern __thread ThreadCache *thread_cache_current __attribute__((tls_model("initial-exec")));
extern ThreadCache no_thread_cache;

static inline FreeList *thread_cache_list_at(ThreadCache *cache, uintptr_t offset) {
    return (FreeList *)(void *)((char *)cache + offset);
}

/* Allocation when the list is empty, or the thread has no cache yet; `zeroed` says whether the block is known to read
 * as zero. NULL: the system has no memory. */
void *thread_cache_allocate(unsigned size_class, bool *zeroed);

/* Frees a block of a small span that heap_free() does not put into a list: the list is full or closed, or the block
 * looks as if it were free already. */
void thread_cache_free(Span *span, void *block);

/* A large block is about to use so many bytes of new memory: as thread_spans_make_room(). */
void thread_cache_make_room(size_t bytes);

/* Gives all that the calling thread's cache holds to the lower tiers. */
void thread_cache_flush(void);

typedef struct ThreadCacheStats {
    size_t live;
    size_t listed_blocks, listed_bytes; /* in lists and outboxes: free, though their spans count them as in use */
    uint64_t held, carved, adopted, new_spans, bits, purged_bytes;
    uint64_t atomics; /* atomic read-modify-writes but for those of locks */
    LockCounts locks;
} ThreadCacheStats;
ThreadCacheStats thread_cache_stats(void);

/* Aborts where the calling thread's lists contradict their spans. */
void thread_cache_check(void);

#endif
