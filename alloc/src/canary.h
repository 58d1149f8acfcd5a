/*
 * canary.h - bytes that stand where nobody may write, and that tell when somebody did. What they are depends on the
 * address and on a secret of the process. Never zero: a string's terminator written one too far is always seen.
 */
#ifndef MINIPOOL_CANARY_H
#define MINIPOOL_CANARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A number for an address, the same all through the process's life. */
uint64_t canary_of(const void *address);

void canary_fill(char *from, const char *end);
bool canary_intact(const char *from, const char *end);

#endif
