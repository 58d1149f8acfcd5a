/*
 * fault.h - the last words: one line on standard error by write(2), then abort(). Allocates nothing.
 */
#ifndef MINIPOOL_FAULT_H
#define MINIPOOL_FAULT_H

/* "minipool: <function>(<pointer>): <what>" */
_Noreturn void fault(const char *function, const void *pointer, const char *what);

#endif
