/*
 * arm.h - what the two reference allocators give to api.c, which builds the rest of the malloc interface on it.
 *
 * They also define malloc, free, calloc and malloc_usable_size. Neither is a usable allocator: they are the bounds that
 * real ones are held against.
 */
#ifndef ALLOCBENCH_ARMS_ARM_H
#define ALLOCBENCH_ARMS_ARM_H

#include <stddef.h>
#include <stdint.h>

#define ARM_EXPORT __attribute__((visibility("default")))
/* Preloaded libraries are there before the first thread: their thread-local variables have fixed places. */
#define ARM_THREAD_LOCAL static _Thread_local __attribute__((tls_model("initial-exec")))

enum { ARM_MINIMUM_ALIGNMENT = 16 };

/* `alignment` is a power of two above ARM_MINIMUM_ALIGNMENT. NULL and ENOMEM when there is no memory. */
void *arm_allocate_aligned(size_t alignment, size_t size);

/* Fresh zeroed pages whose start is a multiple of `alignment` (a power of two, at least a page); NULL and ENOMEM. */
void *arm_map(size_t bytes, size_t alignment);

/* NULL with errno ENOMEM. */
void *arm_out_of_memory(void);

static inline uintptr_t arm_round_up(uintptr_t value, size_t alignment) {
    return (value + alignment - 1) & ~(uintptr_t)(alignment - 1);
}

#endif
