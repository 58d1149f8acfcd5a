/*
 * filled.h - a block as most workloads use one: allocated, written as a whole, checked before it is freed.
 *
 * For measured loops: the calls of malloc and free stand in the loop itself. `tag` says who wrote the block and is the
 * same in both calls; it matters only with --verify. A write of every byte makes every page of the block resident.
 */
#ifndef ALLOCBENCH_KIT_FILLED_H
#define ALLOCBENCH_KIT_FILLED_H

#include <string.h>

#include "block.h"
#include "probe.h"
#include "slot.h"

KIT_INLINE void *filled_malloc(Probe *probe, size_t size, bool verify, uint64_t tag) {
    void *block = probe_malloc(probe, size);
    if (!block)
        slot_out_of_memory("malloc", size);
    if (!verify) {
        memset(block, (int)(size & 0xff), size);
        return block;
    }
    if (!block_is_aligned(block, size))
        slot_corrupt(block, size, "not aligned as malloc promises");
    block_fill(block, size, tag);
    return block;
}

KIT_INLINE void filled_free(Probe *probe, void *block, size_t size, bool verify, uint64_t tag) {
    if (verify && !block_check(block, size, tag))
        slot_corrupt(block, size, "content changed since it was written");
    probe_free(probe, block, size);
}

#endif
