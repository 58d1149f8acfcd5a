/*
 * guard.h - a large block as a mapping of its own between pages that nobody can touch. It ends, but for its alignment,
 * where the pages behind it begin: a write over the end stops the process there and then. When freed its memory goes
 * back and its addresses rest a while, untouchable too, so that what is done to it after that stops the process.
 *
 * States: GUARDED -> RESTING by the thread that frees it, by one compare-exchange -> 0 when enough others came after.
 */
#ifndef MINIPOOL_GUARD_H
#define MINIPOOL_GUARD_H

#include "span.h"

/* Reads as zero. NULL: no memory. */
void *guard_allocate(size_t alignment, size_t size);

/* `block` leads to `span`, which is GUARDED or RESTING. */
void guard_free(Span *span, void *block);

/* Ends the process, naming `function`, when the program does not hold `block` or wrote over its end. */
size_t guard_size(const char *function, const Span *span, const void *block);

/* Unmaps what rests. */
void guard_flush(void);

/* For fork(). */
void guard_lock(void);
void guard_unlock(void);
void guard_reset_lock(void);
void guard_add_counts(LockCounts *locks);

#endif
