/* api.c - the part of the malloc interface that needs nothing but the basic calls, shared by the reference arms. */
#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arm.h"

void *arm_out_of_memory(void) {
    errno = ENOMEM;
    return NULL;
}

void *arm_map(size_t bytes, size_t alignment) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t spare = alignment > page ? alignment : 0, whole;
    if (__builtin_add_overflow(bytes, spare + page - 1, &whole) || whole > PTRDIFF_MAX)
        return arm_out_of_memory();
    bytes = arm_round_up(bytes, page);
    whole = bytes + spare;
    unsigned char *start =
        mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED)
        return arm_out_of_memory();
    unsigned char *aligned = (unsigned char *)arm_round_up((uintptr_t)start, alignment);
    if (aligned > start)
        munmap(start, (size_t)(aligned - start));
    if (aligned + bytes < start + whole)
        munmap(aligned + bytes, (size_t)(start + whole - aligned) - bytes);
    return aligned;
}

static bool is_power_of_two(size_t value) {
    return value != 0 && (value & (value - 1)) == 0;
}

static void *allocate_aligned(size_t alignment, size_t size) {
    return alignment <= ARM_MINIMUM_ALIGNMENT ? malloc(size) : arm_allocate_aligned(alignment, size);
}

/* Keeps the block while it fits and at least half of it is used. Size 0 frees, as in glibc. */
ARM_EXPORT void *realloc(void *block, size_t size) {
    if (!block)
        return malloc(size);
    if (size == 0) {
        free(block);
        return NULL;
    }
    size_t usable = malloc_usable_size(block);
    if (size <= usable && size >= usable / 2)
        return block;
    void *moved = malloc(size);
    if (!moved)
        return NULL;
    memcpy(moved, block, usable < size ? usable : size);
    free(block);
    return moved;
}

ARM_EXPORT void *reallocarray(void *block, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return arm_out_of_memory();
    return realloc(block, bytes);
}

ARM_EXPORT int posix_memalign(void **result, size_t alignment, size_t size) {
    if (!is_power_of_two(alignment) || alignment % sizeof(void *) != 0)
        return EINVAL;
    int saved = errno;
    void *block = allocate_aligned(alignment, size);
    errno = saved;
    if (!block)
        return ENOMEM;
    *result = block;
    return 0;
}

ARM_EXPORT void *memalign(size_t alignment, size_t size) {
    if (!is_power_of_two(alignment)) {
        errno = EINVAL;
        return NULL;
    }
    return allocate_aligned(alignment, size);
}

ARM_EXPORT void *aligned_alloc(size_t alignment, size_t size) {
    return memalign(alignment, size);
}

ARM_EXPORT void *valloc(size_t size) {
    return allocate_aligned((size_t)sysconf(_SC_PAGESIZE), size);
}

ARM_EXPORT void *pvalloc(size_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (size > PTRDIFF_MAX)
        return arm_out_of_memory();
    return allocate_aligned(page, arm_round_up(size, page));
}
