/*
 * heap.h - the allocation functions behind every exported name, their fast paths as inline code so that malloc,
 * operator new and mp_malloc each contain them without a call in between.
 *
 * heap_free() on the fast path: page map -> span, owned by me, not free already -> push. heap_allocate(): direct table
 * -> span -> pop. No lock, no atomic read-modify-write, no test whether anything is initialised, no counter in
 * allocation.
 */
#ifndef MINIPOOL_HEAP_H
#define MINIPOOL_HEAP_H

#include "thread_cache.h"

/* NULL and errno = ENOMEM when there is no memory. */
cold void *heap_allocate_slow(size_t size);

/* `function` names the caller in messages about misuse. */
cold void heap_free_slow(Span *span, void *block);
cold void heap_free_last(Span *span);

/* `alignment` is a power of two. */
void *heap_allocate_aligned(size_t alignment, size_t size);
void *heap_allocate_zeroed(size_t count, size_t size);
void *heap_reallocate(void *block, size_t size);
size_t heap_usable_size(const void *block);

static inline __attribute__((always_inline)) void *heap_allocate(size_t size) {
    if (likely(size <= DIRECT_MAX_BYTES)) {
        Span *span = thread_cache_current->direct[(size + 7) / 8];
        FreeObject *block = span->free_list;
        if (likely(block != NULL)) {
            span->free_list = block->next;
            block->key = 0;
            return block;
        }
    }
    return heap_allocate_slow(size);
}

static inline __attribute__((always_inline)) void heap_free(void *block) {
    Span *span = page_map_get(block);
    if (unlikely(span == NULL)) {
        heap_free_slow(span, block);
        return;
    }
    uintptr_t owner = atomic_load_explicit(&span->control, memory_order_relaxed);
    FreeObject *object = block;
    if (unlikely(owner != (uintptr_t)thread_cache_current) || unlikely(object->key == owner)) {
        heap_free_slow(span, block);
        return;
    }
    /* next, head, count: in this order a fork() in between leaks the object in the child but corrupts nothing. */
    object->key = owner;
    object->next = span->free_list;
    atomic_signal_fence(memory_order_release);
    span->free_list = object;
    atomic_signal_fence(memory_order_release);
    if (unlikely(--span->used == 0))
        heap_free_last(span);
}

#endif
