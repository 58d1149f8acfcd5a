/*
 * override.c - the names of the C library's malloc family. Linked into libminipool.so and libminipool.a only.
 */
#define _GNU_SOURCE
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>

#include "api.h"
#include "heap.h"
#include "os_memory.h"
#include "page_heap.h"
#include "statistics.h"

#define EXPORT __attribute__((visibility("default")))

/* C23 names that this C library's headers may not declare yet. */
void free_sized(void *block, size_t size);
void free_aligned_sized(void *block, size_t alignment, size_t size);

EXPORT begins_line void *malloc(size_t size) {
    return heap_allocate(size);
}
EXPORT begins_line void free(void *block) {
    heap_free(block);
}
EXPORT void *calloc(size_t count, size_t size) {
    return heap_allocate_zeroed(count, size);
}
EXPORT void *realloc(void *block, size_t size) {
    return heap_reallocate(block, size);
}
EXPORT void *reallocarray(void *block, size_t count, size_t size) {
    return api_reallocarray(block, count, size);
}
EXPORT void *aligned_alloc(size_t alignment, size_t size) {
    return api_aligned_alloc(alignment, size);
}
EXPORT int posix_memalign(void **out, size_t alignment, size_t size) {
    return api_posix_memalign(out, alignment, size);
}
EXPORT void *memalign(size_t alignment, size_t size) {
    return api_memalign(alignment, size);
}
EXPORT void *valloc(size_t size) {
    return heap_allocate_aligned(os_page_bytes(), size);
}
EXPORT void *pvalloc(size_t size) {
    return api_pvalloc(size);
}
EXPORT size_t malloc_usable_size(void *block) {
    return heap_usable_size(block);
}

EXPORT void free_sized(void *block, size_t size) {
    heap_free_sized("free_sized", block, 1, size);
}

EXPORT void free_aligned_sized(void *block, size_t alignment, size_t size) {
    heap_free_sized("free_aligned_sized", block, alignment, size);
}

EXPORT int malloc_trim(size_t keep) {
    return api_malloc_trim(keep);
}

EXPORT struct mallinfo2 mallinfo2(void) {
    mp_stats stats;
    statistics_get(&stats);
    size_t idle = stats.span_bytes - stats.allocated_bytes + stats.page_heap_dirty_bytes;
    return (struct mallinfo2){
        .arena = stats.mapped_bytes - stats.page_heap_clean_bytes,
        .ordblks = stats.spans_created,
        .uordblks = stats.allocated_bytes,
        .fordblks = idle,
        .keepcost = stats.page_heap_dirty_bytes,
    };
}
