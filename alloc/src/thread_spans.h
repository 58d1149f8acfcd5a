/*
 * thread_spans.h - the spans that a ThreadCache owns: which one its lists are filled from, which ones wait, and when
 * one is given up. Called by the cache's own thread only, except where said otherwise.
 */
#ifndef MINIPOOL_THREAD_SPANS_H
#define MINIPOOL_THREAD_SPANS_H

#include "thread_cache.h"

/* What the control word of a span says while `cache` owns it. */
static inline uintptr_t thread_spans_owner(const ThreadCache *cache) {
    return (uintptr_t)cache;
}

/* The class's active span with something on its free_list or, where that is empty, an object to be carved singly; in
 * the order that touches the least new memory. NULL: it takes a new span. */
Span *thread_spans_next(ThreadCache *cache, unsigned size_class);

/* The same by a new span, where thread_spans_next() found none. NULL: no memory. */
Span *thread_spans_new(ThreadCache *cache, unsigned size_class);

/* A span that the thread has just come to own, with free objects on its list. */
void thread_spans_add(ThreadCache *cache, Span *span);

/* Half of the objects of a span of the thread have come back: */
void thread_spans_half_empty(ThreadCache *cache, Span *span);

/* The last object of a span of the thread came back. */
void thread_spans_empty(ThreadCache *cache, Span *span);

/* An owned span, in no place of its owner's, becomes everybody's. Any thread, in the child of fork(). */
void thread_spans_give_away(Span *span);

/* All of a class's spans become everybody's. */
void thread_spans_give_all(ThreadCache *cache, unsigned size_class);

/* What each thread may hold in waiting spans from now on. Any thread. */
void thread_spans_set_most(size_t bytes);

/* Waiting spans become everybody's, of one class after the other, until they are no more than that. */
void thread_spans_limit(ThreadCache *cache);

/* The length of all spans that the cache owns. */
size_t thread_spans_held(const ThreadCache *cache);

/* The thread is about to use so many bytes of new memory: gives back up to twice as much that lies free in spans nobody
 * uses, as far as a few looks find it. First a few spans of classes that the thread does not use now become
 * everybody's, then whole OS pages in such spans go back to the system. */
void thread_spans_make_room(ThreadCache *cache, size_t bytes);

/* The same for what has lain in everybody's spans for the release delay. Called now and then. */
void thread_spans_tick(ThreadCache *cache);

/* A wholly free span that nobody holds. Keeps errno. Any thread. */
void thread_spans_return(Span *span);

void thread_spans_check(const ThreadCache *cache);

#endif
