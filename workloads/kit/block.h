/*
 * block.h - what a workload writes into a block to prove later that nobody else wrote there.
 *
 * The pattern depends on the block's address, its size and a tag (who allocated it, or when), so that two blocks that
 * overlap, a block that moved without its content and a block that was handed out twice all show. Every byte is
 * written and every byte is checked.
 */
#ifndef ALLOCBENCH_KIT_BLOCK_H
#define ALLOCBENCH_KIT_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "random.h"

/* malloc's promise on 64-bit Linux: any object that fits is aligned; 8 bytes cannot hold what needs 16. */
static inline bool block_is_aligned(const void *block, size_t size) {
    return ((uintptr_t)block & (size > 8 ? 15u : 7u)) == 0;
}

static inline uint64_t block_pattern(uintptr_t origin, size_t size, uint64_t tag) {
    return random_mix((uint64_t)origin ^ random_mix((uint64_t)size + random_mix(tag)));
}

static inline void block_fill(void *block, size_t size, uint64_t tag) {
    uint64_t word = block_pattern((uintptr_t)block, size, tag);
    unsigned char *at = block;
    for (; size >= sizeof word; size -= sizeof word, at += sizeof word, word += UINT64_C(0x9e3779b97f4a7c15))
        memcpy(at, &word, sizeof word);
    memcpy(at, &word, size);
}

/*
 * Checks the first `bytes` of a block that was filled at address `origin` with `size` bytes: after a realloc the
 * content has the old address and size, and only the smaller of both sizes is kept.
 */
static inline bool block_check_moved(const void *block, size_t bytes, uintptr_t origin, size_t size, uint64_t tag) {
    uint64_t word = block_pattern(origin, size, tag);
    const unsigned char *at = block;
    for (; bytes >= sizeof word; bytes -= sizeof word, at += sizeof word, word += UINT64_C(0x9e3779b97f4a7c15)) {
        if (memcmp(at, &word, sizeof word) != 0)
            return false;
    }
    return memcmp(at, &word, bytes) == 0;
}

static inline bool block_check(const void *block, size_t size, uint64_t tag) {
    return block_check_moved(block, size, (uintptr_t)block, size, tag);
}

static inline bool block_is_zero(const void *block, size_t size) {
    const unsigned char *at = block;
    for (size_t i = 0; i < size; i++) {
        if (at[i] != 0)
            return false;
    }
    return true;
}

#endif
