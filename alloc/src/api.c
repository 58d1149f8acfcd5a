/*
 * api.c - see api.h.
 */
#include "api.h"

#include <errno.h>
#include <stdbool.h>

#include "hardening.h"
#include "heap.h"
#include "os_memory.h"
#include "page_heap.h"
#include "thread_cache.h"

static bool is_power_of_two(size_t number) {
    return number != 0 && (number & (number - 1)) == 0;
}

static void *fail(int error) {
    errno = error;
    return NULL;
}

void *api_reallocarray(void *block, size_t count, size_t size) {
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? fail(ENOMEM) : heap_reallocate(block, bytes);
}

void *api_aligned_alloc(size_t alignment, size_t size) {
    return is_power_of_two(alignment) ? heap_allocate_aligned(alignment, size) : fail(EINVAL);
}

int api_posix_memalign(void **out, size_t alignment, size_t size) {
    if (!is_power_of_two(alignment) || alignment % sizeof(void *) != 0)
        return EINVAL;
    int saved = errno;
    void *block = heap_allocate_aligned(alignment, size);
    errno = saved;
    if (block == NULL)
        return ENOMEM;
    *out = block;
    return 0;
}

void *api_memalign(size_t alignment, size_t size) {
    if (alignment > SIZE_MAX / 2 + 1)
        return fail(EINVAL);
    size_t power = 8;
    while (power < alignment)
        power <<= 1;
    return heap_allocate_aligned(power, size);
}

void *api_pvalloc(size_t size) {
    size_t page = os_page_bytes();
    size_t rounded = (size + page - 1) & ~(page - 1);
    if (rounded < size)
        return fail(ENOMEM);
    return heap_allocate_aligned(page, rounded == 0 ? page : rounded);
}

int api_malloc_trim(size_t keep) {
    thread_cache_flush();
    hardening_flush();
    return page_heap_release(keep) != 0;
}
