/*
 * hardening.h - blocks that are looked after, at the levels 1 and 2 of MP_OPTION_HARDENING. docs/hardening.md says what
 * each finds and costs.
 *
 * At these levels no thread gets a cache: its lists stay the shared closed ones, so the fast paths fail of themselves
 * and every call comes here. The blocks lie in spans of the PageHeap as others do, but what is free is known from bits
 * beside the span alone, never from a block's content, under the lock of one of a few shards. A program without level 0
 * blocks and with them may be one and the same: each span says in its control word whose it is.
 */
#ifndef MINIPOOL_HARDENING_H
#define MINIPOOL_HARDENING_H

#include "options.h"
#include "span.h"

static inline size_t hardening_level(void) {
    return option_value(MP_OPTION_HARDENING);
}

/* A block that is looked after; `alignment` is a power of two. NULL: no memory, or too large for a class at level 1. */
void *hardening_allocate(size_t alignment, size_t size);

/* A hardened span is one whose control word is HARDENED, GUARDED or RESTING. */
static inline bool hardening_owns(uintptr_t control) {
    return (control & SPAN_LARGE) != 0 && control != SPAN_LARGE;
}

/* Every function below ends the process, with one line that names the caller's function, when `block` is not one that
 * the program holds, or when its end was written over. */
void hardening_free(Span *span, void *block);
size_t hardening_usable_size(const char *function, const Span *span, const void *block);
/* True: the block has `size` bytes now. */
bool hardening_resize(Span *span, void *block, size_t size);
/* free_sized() and its like: is it the size, and alignment, that was asked for? At level 1 as far as the size class
 * tells. Leaves what is wrong with the block itself to hardening_free(). */
void hardening_check_size(const char *function, const Span *span, const void *block, size_t alignment, size_t size);

/* What rests may be handed out again, and what is wholly free goes back to the PageHeap. */
void hardening_flush(void);

/* `block` lies in no span that the program has: says what it points to, and ends the process. */
_Noreturn void hardening_stray(const char *function, const void *block);

/* What the program holds in a hardened span; adds the number of blocks to `blocks`. */
size_t hardening_held_bytes(const Span *span, uint64_t *blocks);
void hardening_add_counts(LockCounts *locks);
void hardening_check(void);

/* For fork(): all locks. */
void hardening_lock(void);
void hardening_unlock(void);
void hardening_reset_lock(void);

#endif
