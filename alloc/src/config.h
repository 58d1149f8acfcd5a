/*
 * config.h - every number that shapes minipool, in one place, each with what it trades and why it stands where it does.
 */
#ifndef MINIPOOL_CONFIG_H
#define MINIPOOL_CONFIG_H

#include <stddef.h>
#include <stdint.h>

/* The PageHeap's page. Only touched OS pages count as resident, so a large page costs address space, not memory, and
 * keeps the page map and the number of spans small. */
#define PAGE_SHIFT 16
#define PAGE_BYTES ((size_t)1 << PAGE_SHIFT)

/* User addresses on x86-64 and aarch64 Linux (four-level paging; five levels are used only when asked for by hint). */
#define ADDRESS_BITS 48

/* Sizes up to here are looked up in a table of the thread cache. */
#define DIRECT_MAX_BYTES 1024
/* Eight size classes a doubling up to here, four above. */
#define MEDIUM_MAX_BYTES ((size_t)32 << 10)
/* Up to this object size a thread keeps its active span when it becomes empty; above, the span goes back at once. */
#define KEEP_EMPTY_BYTES ((size_t)32 << 10)
/* Above this a block is a run of pages of its own. */
#define SMALL_MAX_BYTES ((size_t)256 << 10)
/* Above this a block is a mapping of its own: returned to the system when freed, moved by mremap. */
#define DIRECT_MAP_BYTES ((size_t)32 << 20)

/* Objects are linked into a free list this many bytes at a time: memory is touched only when it is about to be used. */
#define CARVE_BYTES 4096
/* The same in a span whose pages were in use before, most of them resident still: time is to be saved there. */
#define CARVE_AGAIN_BYTES 16384

/* A search for objects that came back and found none is not repeated before so many pieces more were carved, as long as
 * there is something to carve: it looks at several spans, and a class whose objects are in use for long finds nothing
 * again and again. Costs no more than what is left of one span a class, touched a little earlier. */
#define UNSEARCHED_CARVES 3

/* Queues of partly free spans are first-in first-out below this object size: a span rests until many of its objects
 * are free, so one refill serves many allocations. Above, last-in first-out keeps fewer pages in use. */
#define LIFO_FROM_BYTES 1024

/* A full span that nobody owns is offered to all threads once this share of its objects (1/N) is free. */
#define CLAIM_FRACTION 4

/* A span whose objects are all in use stays with its owner while fewer spans of the class than this wait for their
 * turn: then frees into it need no lock, and at its next turn it has many free objects. */
#define REST_SPANS 4

/* How long a thread's free list of a class may be: at first, and once the thread has shown that it frees and allocates
 * more at a time. In bytes, but at least and at most so many objects. */
#define LIST_FIRST_BYTES ((size_t)8 << 10)
#define LIST_MAX_BYTES ((size_t)512 << 10)
#define LIST_MIN_OBJECTS 1
#define LIST_MAX_OBJECTS 32768
/* All lists of a thread together, at their limits: this much shared among the threads that have a cache, within bounds.
 */
#define LISTS_TOTAL_BYTES ((size_t)64 << 20)
#define LISTS_MIN_BYTES ((size_t)256 << 10)
#define LISTS_MAX_BYTES ((size_t)8 << 20)

/* What a thread may hold in partly free spans besides its active ones: this much shared among all threads that have a
 * cache, and at least the second number for each. More goes to the CentralCache, where any thread finds it. */
#define PARTIAL_TOTAL_BYTES ((size_t)32 << 20)
#define PARTIAL_MIN_BYTES ((size_t)256 << 10)

/* The spans of a thread that ended wait for the next one to begin: until another thread needs a new span, so long at
 * most where any thread fills its lists at all, and at most so many bytes of all such threads together. */
#define INHERIT_MS 100
#define INHERIT_BYTES ((size_t)32 << 20)

/* What a thread that frees into spans of others keeps back so that neighbours go together: bits of so many words, and
 * at most so many bytes of objects. Larger objects, of which a word holds few, go at once. */
#define OUTBOX_ENTRIES 64
#define OUTBOX_BYTES ((size_t)64 << 10)
#define OUTBOX_OBJECT_BYTES 1024

/* From so many threads with a cache on, the span that a thread fills a list from does not stay its own when half of it
 * is free: among many threads that sleep, that would be most of what is free. It costs a few percent where a thread
 * frees all it has and begins anew. */
#define CROWD_THREADS 16

/* How much free memory the PageHeap keeps resident (dirty). A small bound by amount alone makes churn of large blocks
 * many times slower (every block is faulted in again); a large one leaves peaks standing; age alone does nothing for a
 * process that frees everything and then makes no call at all. So it keeps what it lately proved to need: the pages it
 * handed out in the last one or two windows. That is bounded by what is in use, because after a free-all nothing more
 * may come, and the last frees decide what stays. The numbers without WINDOW or SWAP are defaults of options. */
#define RELEASE_SOFT_BYTES ((size_t)8 << 20)  /* always kept */
#define RELEASE_HARD_BYTES ((size_t)40 << 20) /* kept besides, at most, plus half of what is in use */
#define RELEASE_WINDOW_MS 100
#define RELEASE_DELAY_MS 1000 /* a run nobody wanted for so long goes whenever more than the soft bound is there */

/* What it gives back at most in a window because large blocks took clean pages while dirty ones were free in pieces.
 * Few enough that churn of large blocks, which does that all the time, costs a few percent; enough for a heap that
 * grows. */
#define RELEASE_SWAP_BYTES ((size_t)16 << 20)

/* The PageHeap asks the system for a quarter of what it already has, within these bounds. */
#define GROW_MIN_BYTES ((size_t)1 << 20)
#define GROW_MAX_BYTES ((size_t)64 << 20)

/* The level that holds where nobody chooses another (option HARDENING); the build's to set. */
#ifndef MINIPOOL_HARDENING
#define MINIPOOL_HARDENING 0
#endif
/* Hardened blocks are in so many heaps with a lock each, by thread. More: less waiting, more partly used spans. */
#define HARDENING_SHARDS 8
/* Level 2: a freed block rests until so many others, or so many bytes, were freed in its shard after it. */
#define QUARANTINE_BLOCKS 1024
#define QUARANTINE_BYTES ((size_t)1 << 20)
/* Level 2: freed blocks of a mapping of their own keep their addresses, without memory, until so many others came. */
#define QUARANTINE_MAPPINGS 32
/* Level 2: objects are chosen at random among those of so many bytes, and more as they are used up. */
#define HARDENING_CARVE_BYTES ((size_t)16 << 10)

#define CACHE_LINE 64

/* A process that does little pays for each page of the library that it touches, so what all processes touch stands
 * together: small state that is written beside the initialised data, on a page that the dynamic linker writes anyway,
 * not between tables of zeros on pages of their own; constants that are read beside the pointers that it relocates. So
 * the library's read-only pages are not read at all but for messages and unwinding. */
#define with_written __attribute__((section(".data")))
#define with_relocated __attribute__((section(".data.rel.ro")))

/* A fast path begins a line of code: malloc's is one line long. */
#define begins_line __attribute__((aligned(CACHE_LINE)))

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define cold __attribute__((noinline, cold))

#endif
