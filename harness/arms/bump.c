/*
 * bump.c - an allocator that only moves a pointer and never frees: the floor of what malloc can cost where fresh pages
 * cost nothing. Where they do cost, page faults make it slower than any real allocator, and its RSS only grows.
 *
 * A thread cuts blocks from a chunk of its own. Sixteen bytes before each block stands its size, for realloc.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "arm.h"

enum { HEADER_BYTES = 16, CHUNK_BYTES = 4 << 20, LARGEST_CUT = CHUNK_BYTES / 8, PAGE = 4096 };

ARM_THREAD_LOCAL unsigned char *cursor, *end;

static inline void *place(unsigned char *block, size_t size) {
    *(size_t *)(void *)(block - HEADER_BYTES) = size;
    return block;
}

static void *allocate_slowly(size_t alignment, size_t size) {
    if (size > PTRDIFF_MAX || alignment > PTRDIFF_MAX)
        return arm_out_of_memory();
    if (size > LARGEST_CUT || alignment > LARGEST_CUT) {
        /* In pages of its own; the header stands just below the block. */
        size_t offset = alignment < PAGE ? PAGE : alignment;
        unsigned char *start;
        size_t bytes;
        if (__builtin_add_overflow(size, offset, &bytes) || !(start = arm_map(bytes, offset)))
            return arm_out_of_memory();
        return place(start + offset, size);
    }
    unsigned char *chunk = arm_map(CHUNK_BYTES, PAGE);
    if (!chunk)
        return NULL;
    unsigned char *block = (unsigned char *)arm_round_up((uintptr_t)chunk + HEADER_BYTES, alignment);
    cursor = block + arm_round_up(size, HEADER_BYTES);
    end = chunk + CHUNK_BYTES;
    return place(block, size);
}

/* Sizes are rounded up to 16, so that the cursor stays aligned to 16. */
static inline void *allocate(size_t alignment, size_t size) {
    uintptr_t block = arm_round_up((uintptr_t)cursor + HEADER_BYTES, alignment);
    if (__builtin_expect(size > LARGEST_CUT || alignment > LARGEST_CUT ||
                             block + arm_round_up(size, HEADER_BYTES) > (uintptr_t)end,
                         0))
        return allocate_slowly(alignment, size);
    cursor = (unsigned char *)block + arm_round_up(size, HEADER_BYTES);
    return place((unsigned char *)block, size);
}

ARM_EXPORT void *malloc(size_t size) {
    return allocate(ARM_MINIMUM_ALIGNMENT, size);
}

ARM_EXPORT void free(void *block) {
    (void)block;
}

/* Memory is fresh from the system, so it is zero. */
ARM_EXPORT void *calloc(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return arm_out_of_memory();
    return malloc(bytes);
}

ARM_EXPORT size_t malloc_usable_size(void *block) {
    return block ? *(const size_t *)(const void *)((unsigned char *)block - HEADER_BYTES) : 0;
}

void *arm_allocate_aligned(size_t alignment, size_t size) {
    return allocate(alignment, size);
}
