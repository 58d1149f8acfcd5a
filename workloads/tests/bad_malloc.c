/*
 * bad_malloc.c - allocators that are wrong on purpose, preloaded to see that the workloads notice. After a number of
 * good blocks BAD_KIND 1 returns NULL, 2 a misaligned block, 3 a block that overlaps the one before it. BAD_KIND 0 is
 * right, but like the others it has no malloc_usable_size.
 */
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum { GOOD_BLOCKS = 5000, HEAP_BYTES = 1 << 30 };

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);
void free(void *block);

static _Atomic uintptr_t cursor;
static _Atomic unsigned calls;

static uintptr_t heap(void) {
    static _Atomic uintptr_t start;
    uintptr_t found = atomic_load(&start);
    if (found)
        return found;
    void *mapped = mmap(NULL, HEAP_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    atomic_compare_exchange_strong(&start, &found, (uintptr_t)mapped);
    return atomic_load(&start);
}

void *malloc(size_t size) {
    size_t step = (size + 15 + 16) & ~(size_t)15;
    uintptr_t offset = atomic_fetch_add(&cursor, step);
    if (offset + step > HEAP_BYTES)
        return NULL;
    uintptr_t block = heap() + offset + 16;
    *(size_t *)(block - 16) = size;
    /* Only blocks the workload asks for, not those of its first thread or of stdio. */
    if (atomic_fetch_add(&calls, 1) < GOOD_BLOCKS || size > 4096)
        return (void *)block;
#if BAD_KIND == 0
    return (void *)block;
#elif BAD_KIND == 1
    return NULL;
#elif BAD_KIND == 2
    return (void *)(block + 8);
#else
    return (void *)(block - 32);
#endif
}

void *calloc(size_t count, size_t size) {
    return malloc(count * size);
}

void *realloc(void *block, size_t size) {
    void *moved = malloc(size);
    if (block && moved) {
        size_t old = *(size_t *)((uintptr_t)block - 16);
        memcpy(moved, block, old < size ? old : size);
    }
    return moved;
}

void free(void *block) {
    (void)block;
}
