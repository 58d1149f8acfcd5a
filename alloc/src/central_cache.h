/*
 * central_cache.h - tier 2: one CentralFreeList a size class. Holds spans that nobody owns and that are partly free, by
 * how full they are, and moves whole spans between threads. It is also where blocks freed by foreign threads arrive.
 *
 * Whatever a thread learns here about a span it acts on itself: no step waits for the span's former owner to run.
 */
#ifndef MINIPOOL_CENTRAL_CACHE_H
#define MINIPOOL_CENTRAL_CACHE_H

#include "lock.h"
#include "span.h"

/* The fullest span of the class, now OWNED by `owner` (a ThreadCache's address). NULL: none. The span's free objects
 * are all in its remote bits. */
Span *central_cache_adopt(unsigned size_class, uintptr_t owner);

/* Owner only; the span's list is empty and it is carved. OWNED -> FULL. False: objects came back meanwhile and the
 * caller still owns it. */
bool central_cache_retire(Span *span);

/* A thread that frees into a FULL span wants to own it: its home thread, or another when the home thread has ended.
 * True: the control word was still `control`, and the span is OWNED by `owner` now. */
bool central_cache_take(Span *span, uintptr_t control, uintptr_t owner);

/* Owner only. The span becomes everybody's: OWNED -> CENTRAL, or FULL when nothing in it is free. True: it was wholly
 * free and is the caller's to return to the PageHeap. */
bool central_cache_accept(Span *span);

/* Frees objects of a span that the caller does not own: those whose bits are in `freed`, all in one word of the span's
 * bits; `block` is one of them. True: that made an unowned span wholly free, and it is the caller's to return to the
 * PageHeap. Ends the process when one of the objects is already free. */
bool central_cache_free(Span *span, uint32_t word, uint64_t freed, const void *block);

/* A span of the lists in which whole OS pages may lie free, for the caller to give them back with span_purge(); it has
 * been there for `least_age_ms`. The caller gives it away again by central_cache_accept(); until then it is OWNED, by
 * no thread. NULL: none among the few that are looked at in one call. */
Span *central_cache_take_hollow(uint32_t least_age_ms);

/* For fork(): all classes in order. */
void central_cache_lock(void);
void central_cache_unlock(void);
void central_cache_reset_lock(void);

/* Adds what happened to the classes' locks; returns the atomic read-modify-writes besides, without those that one call
 * of central_cache_free() or central_cache_retire() makes. */
uint64_t central_cache_add_counts(LockCounts *locks);

/* Aborts where a list holds a span that does not say so itself, or the counts differ. */
void central_cache_check(void);

#endif
