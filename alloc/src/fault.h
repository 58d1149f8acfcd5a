/*
 * fault.h - the last words: one line on standard error by write(2), then abort(). Allocates nothing.
 */
#ifndef MINIPOOL_FAULT_H
#define MINIPOOL_FAULT_H

#include <stddef.h>

/* "minipool: <function>(<pointer>): <what>" */
_Noreturn void fault(const char *function, const void *pointer, const char *what);
/* `pointer` points into the block at `start`. */
_Noreturn void fault_interior(const char *function, const void *pointer, const void *start);
/* The block has `held` bytes and is given back as one of `given`. */
_Noreturn void fault_size(const char *function, const void *pointer, size_t given, size_t held);

#endif
