/*
 * thread_cache.h - tier 1: what a thread can allocate and free without a lock and without an atomic operation.
 *
 * A ThreadCache owns spans. For each class one of them is active: allocation pops its free list. A free of an object
 * whose span the thread owns, active or not, pushes onto that span's own list, so objects go back to where they came
 * from and an empty span is seen at once.
 *
 * Objects of other threads' spans that this thread frees while it allocates in the same class go into the class's
 * stash: a Span without pages whose list they form. It becomes active like any other, so threads that both allocate and
 * free blocks of each other reuse them without an atomic operation. To their spans, stashed objects are still in use.
 *
 * Every span that a cache owns is in one place: active[class]; fresh[class], the one span of the class that is not
 * wholly carved while another is active; or partial[class], spans that have free objects and wait for their turn. A
 * span without free objects is owned by nobody (FULL).
 */
#ifndef MINIPOOL_THREAD_CACHE_H
#define MINIPOOL_THREAD_CACHE_H

#include "span.h"

enum { DIRECT_ENTRIES = DIRECT_MAX_BYTES / 8 + 1 };

typedef struct ThreadCacheCounters {
    /* Allocations that found the active span's list empty, by what served them: */
    Counter held;      /* objects that came back to a span the thread held, or its stash */
    Counter carved;    /* more of a span the thread held */
    Counter adopted;   /* a span from the CentralCache */
    Counter new_spans; /* a span from the PageHeap */
    Counter collects;  /* words of remote bits taken over */
    Counter retires;   /* spans without free objects given up */
    Counter bits;      /* frees into spans of others: fetch_or operations */
} ThreadCacheCounters;

typedef struct ThreadCache {
    _Alignas(CACHE_LINE) Span *direct[DIRECT_ENTRIES]; /* active span for size s at (s + 7) / 8; never NULL. The first
                                                          two, for tiny objects, always stand for none */
    Span *active[SIZE_CLASS_COUNT];                    /* never NULL: a shared span without objects stands for none */
    Span *fresh[SIZE_CLASS_COUNT];                     /* NULL: none */
    SpanList partial[SIZE_CLASS_COUNT];
    uint32_t partial_count[SIZE_CLASS_COUNT];
    /* NULL: the class has none. object_count is its bound, bits_from the depth under its last object, used the frees
     * that were offered to it since it overflowed, carved 0 while it takes none. */
    Span *stash[SIZE_CLASS_COUNT];
    size_t partial_bytes; /* length of all spans in partial */
    Span *spare;          /* the one active span of objects over MEDIUM_MAX_BYTES that may be wholly free; or NULL */
    uint32_t refills;
    ThreadCacheCounters counters;

    /* A line of its own, hardly ever written: other threads read it when they free into this thread's full spans. */
    _Alignas(CACHE_LINE) _Atomic bool in_use; /* by a thread that lives; written under the list's lock */
    struct ThreadCache *next;                 /* in the list of all caches, for ever */
    struct ThreadCache *next_idle;            /* in the list of caches without a thread */
} ThreadCache;

/* This thread's cache; before its first allocation and after its end a shared cache that owns nothing, so the fast
 * paths need no test. */
extern __thread ThreadCache *thread_cache_current __attribute__((tls_model("initial-exec")));

/* Allocation when the active span has nothing, or the thread has no cache yet. NULL: the system has no memory. */
void *thread_cache_allocate(unsigned size_class);

/* Frees a block of a small span in all cases that heap_free() does not decide at once: the span is another's or
 * nobody's, its objects are tiny, or the block looks as if it were free already. */
void thread_cache_free_foreign(Span *span, void *block);

/* The last object of a span of this thread came back (its `used` is 0). */
void thread_cache_span_empty(Span *span);

/* Gives all that the calling thread's cache holds to the lower tiers. */
void thread_cache_flush(void);

typedef struct ThreadCacheStats {
    size_t live;
    size_t stashed_blocks, stashed_bytes; /* free, though their spans count them as in use */
    uint64_t held, carved, adopted, new_spans, bits;
    uint64_t atomics; /* atomic read-modify-writes but for those of locks */
    LockCounts locks;
} ThreadCacheStats;
ThreadCacheStats thread_cache_stats(void);

/* Aborts where the calling thread's lists contradict their spans. */
void thread_cache_check(void);

#endif
