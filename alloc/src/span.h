/*
 * span.h - a run of pages and what it is used for; lists of spans; memory for such bookkeeping.
 *
 * A Span lives out of band and is never unmapped, so a late reader of a recycled one reads stale numbers, never a hole.
 *
 * States of a span of small objects, all in its control word:
 *
 *   OWNED    control is the owner's ThreadCache, flag bits 0. The owner takes from and adds to `free_list` without
 *            atomics; other threads set bits in `remote_bits`, which only the owner collects.
 *   FULL     home cache | class | SPAN_FULL. No list holds it. Every free object is a bit. The home thread takes it
 *            back at its next free into it; any thread that frees enough of it passes it on.
 *   CENTRAL  class | SPAN_CENTRAL. In its CentralFreeList. Every free object is a bit. Any thread may adopt it.
 *   0        not a span of small objects: a free run or one being made.
 *   LARGE    SPAN_LARGE: one large block.
 *   HARDENED, GUARDED, RESTING: hardening.c's, see there. These, too, have the bit of SPAN_LARGE.
 *
 * To its span an object in a thread's FreeList is in use, whoever owns the span.
 *
 * OWNED -> FULL is the owner's alone and takes no lock. Every change from FULL or CENTRAL holds the lock of the class
 * named in the word itself; so a word once read under that lock stays true until the lock is released.
 */
#ifndef MINIPOOL_SPAN_H
#define MINIPOOL_SPAN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "lock.h"
#include "page_map.h"
#include "size_class.h"

#define SPAN_FULL ((uintptr_t)1)
#define SPAN_CENTRAL ((uintptr_t)2)
#define SPAN_LARGE ((uintptr_t)4)
#define SPAN_HARDENED (SPAN_LARGE | (uintptr_t)8)
#define SPAN_GUARDED (SPAN_LARGE | (uintptr_t)16)
#define SPAN_RESTING (SPAN_LARGE | (uintptr_t)24)
#define SPAN_STATE_MASK ((uintptr_t)31)
#define SPAN_CLASS_SHIFT 56
#define SPAN_HOME_MASK ((((uintptr_t)1 << SPAN_CLASS_SHIFT) - 1) & ~SPAN_STATE_MASK)

enum { SPAN_INLINE_WORDS = 8, SPAN_NEVER_PURGED = UINT16_MAX };

/* What an object is while it is free and in a list. The link is the next object's address plus a key whose upper 16
 * bits no address has; allocation clears it. A block that is being freed and has those bits is free already, but for
 * chance (one word in 2^16 if contents were random), so a search decides. The key's lower bits are the process's own: a
 * link that a stray write or an attacker made leads nowhere in particular. */
typedef struct FreeObject {
    uintptr_t link;
} FreeObject;

#define LINK_KEY_SHIFT ADDRESS_BITS
#define LINK_KEY_UPPER                                                                                                 \
    ((uintptr_t)0xf9b7) /* no UTF-8, no small number of either sign, no common floating-point number */

/* Free objects of one class that a thread has at hand, last freed first. */
typedef struct FreeList {
    FreeObject *head;
    uintptr_t key; /* the process's; 0, as the head, in lists that stand for none */
    int32_t room; /* how many more it takes: limit - length. Negative after a refill that brought more than the limit */
    int32_t limit; /* 0: nothing that the thread frees */
} FreeList;

/* Takes the first object off a list that is not empty. */
static inline FreeObject *free_list_pop(FreeList *list) {
    FreeObject *first = list->head;
    list->head = (FreeObject *)(first->link - list->key);
    list->room++;
    atomic_signal_fence(memory_order_release); /* a child of fork() must not find it in the list without its link */
    first->link = 0;
    return first;
}

/* Link, then head: in this order a fork() in between leaks the object in the child but corrupts nothing. */
static inline void free_list_push(FreeList *list, FreeObject *object, int32_t room) {
    object->link = (uintptr_t)list->head + list->key;
    atomic_signal_fence(memory_order_release);
    list->head = object;
    list->room = room;
}

/* Where a class's list is in a ThreadCache, in bytes. The first list takes and gives nothing, ever: it stands for all
 * that the fast paths must leave to the slow ones. */
static inline uint16_t free_list_offset(unsigned size_class) {
    return (uint16_t)((size_class + 1) * sizeof(FreeList));
}

/* Where an owned span is among its owner's spans. */
typedef enum SpanPlace { SPAN_NOWHERE, SPAN_ACTIVE, SPAN_FRESH, SPAN_PARTIAL } SpanPlace;

/* What the PageHeap thinks of a run. */
typedef enum RunState {
    RUN_UNUSED,    /* this Span describes no pages */
    RUN_IN_USE,    /* handed out */
    RUN_DIRTY,     /* free, resident */
    RUN_CLEAN,     /* free, reads as zero, not resident */
    RUN_RELEASING, /* on its way from dirty to clean, in no bin */
    RUN_MAPPED,    /* handed out, a mapping of its own */
} RunState;

struct Span {
    /* First line: read by every free that is not the fast path's, written only when the span changes its state or use.
     */
    _Alignas(CACHE_LINE) _Atomic uintptr_t control;
    char *base;
    uint64_t reciprocal; /* of object_bytes */
    uint32_t object_bytes;
    uint32_t object_count;
    size_t page_count;
    _Atomic uint64_t *remote_bits; /* a bit an object: freed, not yet collected. remote_words of them */
    uint16_t remote_words;
    uint8_t size_class;
    uint8_t run_state; /* RunState; under the page heap's lock */
    bool zeroed;       /* was all zero when the PageHeap handed it out */

    /* Second line: the owner's own while OWNED, the page heap's while free. */
    _Alignas(CACHE_LINE) FreeObject *free_list;
    uint32_t used; /* carved objects that are not on free_list */
    uint32_t carved;
    uint8_t place;        /* SpanPlace */
    uint8_t bucket;       /* of the CentralFreeList; under the class's lock */
    uint16_t bits_from;   /* where the last search for remote bits ended */
    uint32_t freed_at_ms; /* to the page heap, or to the CentralFreeList */
    uint16_t purged_used; /* objects in use when span_purge() last looked; SPAN_NEVER_PURGED: not since it was owned */
    Span *next, *prev;    /* SpanList links of whichever list holds it */
    Span *age_next, *age_prev; /* the page heap's dirty runs, oldest first */

    /* Third line: written by threads that free other threads' objects. Classes with more objects use memory elsewhere.
     */
    _Alignas(CACHE_LINE) _Atomic uint64_t inline_bits[SPAN_INLINE_WORDS];
};

_Static_assert(sizeof(Span) == 3 * CACHE_LINE, "a Span is three cache lines, by writer");

static inline size_t span_bytes(const Span *span) {
    return span->page_count << PAGE_SHIFT;
}

/* Index of the object that starts at `block`; object_count or more when none does. */
static inline uint32_t span_index(const Span *span, const void *block) {
    uint64_t offset = (uint64_t)((const char *)block - span->base);
    uint64_t index = offset * span->reciprocal >> RECIPROCAL_SHIFT;
    return index < span->object_count && index * span->object_bytes == offset ? (uint32_t)index : span->object_count;
}

/* Where the object begins that `block` points into. */
static inline char *span_object_start(const Span *span, const void *block) {
    size_t offset = (size_t)((const char *)block - span->base);
    return span->base + offset / span->object_bytes * span->object_bytes;
}

/* All bits that word `word` can have. */
static inline uint64_t span_word_mask(uint32_t object_count, uint32_t word) {
    uint32_t rest = object_count - word * 64;
    return rest >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << rest) - 1;
}

/* Objects freed remotely and not collected. A moving target unless the span is unowned and its class locked. */
uint32_t span_remote_count(const _Atomic uint64_t *bits, uint32_t words);

/* Makes a run of the class's length a span of its objects, none of them carved. False: no memory for its bits. The
 * control word is the caller's to set, last. */
bool span_begin(Span *span, unsigned size_class);

/* -- free objects -------------------------------------------------------------------------------------------------- */

/* The process's key for links. Set once, before there is any link. */
extern uintptr_t object_link_key;

static inline FreeObject *object_next(const FreeObject *object) {
    return (FreeObject *)(object->link - object_link_key);
}

static inline bool object_looks_free(const FreeObject *object) {
    return (object->link - object_link_key) >> LINK_KEY_SHIFT == 0;
}

/* Makes `object` a free one in front of `next`. The caller publishes it as some list's head, and puts a signal fence in
 * between: a child of fork() may see any prefix of these stores, and must see whole lists. */
static inline void object_link(FreeObject *object, const FreeObject *next) {
    object->link = (uintptr_t)next + object_link_key;
}

/* Moves the objects of the next word that has bits to free_list, which must be empty. False: no word has any. Owner
 * only. */
bool span_collect(Span *span);

/* Links the next few never used objects; free_list must be empty. False: all are carved. Owner only. */
bool span_carve(Span *span);

static inline uint32_t span_carve_bytes(const Span *span) {
    return span->zeroed ? CARVE_BYTES : CARVE_AGAIN_BYTES;
}

/* Objects so large that no two are carved at a time need no list, so that the first to touch one is who uses it. */
static inline bool span_carves_singly(const Span *span) {
    return span->object_bytes > span_carve_bytes(span) / 2;
}

/* The next never used object, in use from now on; there must be one. Its content: see span->zeroed. Owner only. */
void *span_carve_one(Span *span);

/* Turns free_list and what is not carved into bits, as the unowned states want it; returns the number of atomic
 * operations that took. Owner only. */
uint32_t span_scatter(Span *span);

/* Gives the OS pages back that lie wholly in free objects. Every free object must be a bit. Returns the bytes. Owner
 * only. */
size_t span_purge(Span *span);

/* Puts one object on free_list. The caller looks whether it was the last in use. Owner only. */
static inline void span_push(Span *span, FreeObject *object) {
    object_link(object, span->free_list);
    atomic_signal_fence(memory_order_release);
    span->free_list = object;
    atomic_signal_fence(memory_order_release);
    span->used--;
}

/* Takes at most `most` objects from free_list, which is not empty, as a list of their own; `taken` says how many. Owner
 * only. */
FreeObject *span_take(Span *span, uint32_t most, uint32_t *taken);

/* Doubly linked, intrusive. A span is in at most one. Empty: both NULL. */
typedef struct SpanList {
    Span *first, *last;
} SpanList;

void span_list_push_front(SpanList *list, Span *span);
void span_list_push_back(SpanList *list, Span *span);
void span_list_remove(SpanList *list, Span *span);

/* Gives the span remote bits for its class, all zero. False: no memory. */
bool span_prepare_bits(Span *span, uint32_t object_count);
void span_drop_bits(Span *span); /* all must be zero */

/* Bookkeeping memory: zeroed the first time, never returned to the system, thread-safe. NULL: none to be had. */
void *metadata_allocate(size_t bytes); /* for ever; multiples of a cache line */
size_t metadata_bytes(void);
void metadata_lock(void);
void metadata_unlock(void);
void metadata_reset_lock(void);
void metadata_add_counts(LockCounts *locks);

#endif
