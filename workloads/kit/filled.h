/*
 * filled.h - a block as most workloads use one: allocated, written as a whole, checked before it is freed.
 *
 * For measured loops: the calls of malloc and free stand in the loop itself. `tag` says who wrote the block and is the
 * same in both calls; it matters only with --verify. A write of every byte makes every page of the block resident.
 */
#ifndef ALLOCBENCH_KIT_FILLED_H
#define ALLOCBENCH_KIT_FILLED_H

#include <string.h>

#include "caller.h"

KIT_INLINE void *filled_malloc(Probe *probe, size_t size, bool verify, uint64_t tag) {
    void *block = caller_malloc((Caller){probe, tag, verify}, size);
    if (!verify)
        memset(block, (int)(size & 0xff), size);
    return block;
}

KIT_INLINE void filled_free(Probe *probe, void *block, size_t size, bool verify, uint64_t tag) {
    caller_free((Caller){probe, tag, verify}, block, size);
}

#endif
