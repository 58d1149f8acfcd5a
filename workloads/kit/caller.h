/*
 * caller.h - a workload's calls with all that belongs to them: NULL is out of memory, and with --verify every block is
 * checked for alignment, filled, and checked again before it is freed or moved. For measured loops: everything is
 * inlined, the Caller lives in locals.
 *
 * Whoever checks a block needs the tag it was filled with: blocks that change threads take a tag of their own.
 */
#ifndef ALLOCBENCH_KIT_CALLER_H
#define ALLOCBENCH_KIT_CALLER_H

#include "block.h"
#include "probe.h"
#include "slot.h"
#include "worker.h"

typedef struct Caller {
    Probe *probe;
    uint64_t tag;
    bool verify;
} Caller;

/* A block and what it was asked for with. */
typedef struct Held {
    void *block; /* NULL: none */
    size_t size;
} Held;

KIT_INLINE Caller caller_of(const Worker *worker) {
    return (Caller){worker->probe, worker->index, worker->verify};
}

/* For blocks that another thread may free. */
KIT_INLINE Caller caller_with_tag(const Worker *worker, uint64_t tag) {
    return (Caller){worker->probe, tag, worker->verify};
}

KIT_INLINE void caller_check(Caller caller, const void *block, size_t size) {
    if (caller.verify && !block_check(block, size, caller.tag))
        slot_corrupt(block, size, "content changed since it was written");
}

KIT_INLINE void caller_receive(Caller caller, const char *function, void *block, size_t size) {
    if (!block)
        slot_out_of_memory(function, size);
    if (!caller.verify)
        return;
    if (!block_is_aligned(block, size))
        slot_corrupt(block, size, "not aligned as malloc promises");
    block_fill(block, size, caller.tag);
}

KIT_INLINE void *caller_malloc(Caller caller, size_t size) {
    void *block = probe_malloc(caller.probe, size);
    caller_receive(caller, "malloc", block, size);
    return block;
}

/* With --verify every byte must be zero; without, that is the workload's to judge. */
KIT_INLINE void *caller_calloc(Caller caller, size_t count, size_t size) {
    void *block = probe_calloc(caller.probe, count, size);
    if (caller.verify && block && !block_is_zero(block, count * size))
        slot_corrupt(block, count * size, "calloc gave bytes that are not zero");
    caller_receive(caller, "calloc", block, count * size);
    return block;
}

/* Neither size is 0. */
KIT_INLINE void *caller_realloc(Caller caller, void *block, size_t old_size, size_t size) {
    const uintptr_t origin = (uintptr_t)block;
    caller_check(caller, block, block ? old_size : 0);
    void *moved = probe_realloc(caller.probe, block, old_size, size);
    if (caller.verify && moved &&
        !block_check_moved(moved, old_size < size ? old_size : size, origin, old_size, caller.tag))
        slot_corrupt(moved, size, "realloc did not keep the content");
    caller_receive(caller, "realloc", moved, size);
    return moved;
}

/*
 * The size to ask for with this alignment: one byte more where a size is a multiple of an alignment of 256 or above.
 * mimalloc 2.0.9, as Debian 12 has it, misplaces small ones of these (its issue 700), which is no reason not to measure
 * it in everything else.
 */
KIT_INLINE size_t caller_aligned_size(size_t alignment, size_t size) {
    return alignment >= 256 && (size & (alignment - 1)) == 0 ? size + 1 : size;
}

/* The alignment is checked always: one instruction. */
KIT_INLINE void *caller_aligned_alloc(Caller caller, size_t alignment, size_t size) {
    void *block = probe_aligned_alloc(caller.probe, alignment, size);
    if (((uintptr_t)block & (alignment - 1)) != 0)
        slot_corrupt(block, size, "not aligned as posix_memalign was asked for");
    if (!block)
        slot_out_of_memory("posix_memalign", size);
    if (caller.verify)
        block_fill(block, size, caller.tag);
    return block;
}

KIT_INLINE void caller_free(Caller caller, void *block, size_t size) {
    caller_check(caller, block, size);
    probe_free(caller.probe, block, size);
}

/* Frees what is held, if anything. */
KIT_INLINE void caller_release(Caller caller, Held *held) {
    if (held->block)
        caller_free(caller, held->block, held->size);
    held->block = NULL;
}

/* Writes the first and the last byte, as a program that uses its block would; with --verify it is full already. */
KIT_INLINE void caller_touch(Caller caller, void *block, size_t size) {
    volatile unsigned char *bytes = block;
    if (!caller.verify) {
        bytes[0] = (unsigned char)size;
        bytes[size - 1] = (unsigned char)size;
    }
}

/* Writes every byte and reads it back so many times, as a program's counters would be: nothing of it is kept in a
 * register. Not with --verify, which needs the content. */
KIT_INLINE void caller_rewrite(Caller caller, void *block, size_t size, uint64_t times) {
    volatile unsigned char *bytes = block;
    if (caller.verify)
        return;
    for (uint64_t i = 0; i < times; i++) {
        for (size_t at = 0; at < size; at++) {
            bytes[at] = (unsigned char)i;
            if (bytes[at] != (unsigned char)i)
                slot_corrupt(block, size, "a byte does not read back");
        }
    }
}

#endif
