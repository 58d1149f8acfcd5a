/*
 * heap.h - the allocation functions behind every exported name, their fast paths as inline code so that malloc,
 * operator new and mp_malloc each contain them without a call in between.
 *
 * heap_allocate(): table -> list -> pop. heap_free(): page map -> list, room left, not free already -> push. No lock,
 * no atomic read-modify-write, no test whether anything is initialised or whose the block is.
 */
#ifndef MINIPOOL_HEAP_H
#define MINIPOOL_HEAP_H

#include "thread_cache.h"

/* NULL and errno = ENOMEM when there is no memory. */
void *heap_allocate_slow(size_t size);

void heap_free_slow(void *block);
void heap_free_sized_slow(const char *function, void *block, size_t alignment, size_t size);

/* `alignment` is a power of two. */
void *heap_allocate_aligned(size_t alignment, size_t size);
void *heap_allocate_zeroed(size_t count, size_t size);
void *heap_reallocate(void *block, size_t size);
size_t heap_usable_size(const void *block);

/* NULL: not this way. */
static inline __attribute__((always_inline)) void *heap_allocate_fast(size_t size) {
    if (unlikely(size > DIRECT_MAX_BYTES))
        return NULL;
    ThreadCache *cache = thread_cache_current;
    FreeList *list = thread_cache_list_at(cache, cache->direct[size]);
#if defined(__x86_64__)
    __asm__("" : "+d"(list)); /* keeps the result's register free for the block: a move less */
#endif
    return likely(list->head != NULL) ? free_list_pop(list) : NULL;
}

static inline __attribute__((always_inline)) void *heap_allocate(size_t size) {
    void *block = heap_allocate_fast(size);
    return likely(block != NULL) ? block : heap_allocate_slow(size);
}

/* False: not this way. */
static inline __attribute__((always_inline)) bool heap_free_fast(void *block) {
    FreeList *list = thread_cache_list_at(thread_cache_current, page_map_list_offset(block));
    FreeObject *object = block;
    int32_t room = list->room;
    bool full, looks_free;
    /* the block last: it may be in another processor's cache, and a full list does not need it */
#if defined(__clang__) && defined(__x86_64__)
    typedef int16_t __attribute__((may_alias)) Half;
    /* clang tests and subtracts apart and loads before it compares: two instructions more */
    __asm__("sub $1, %0" : "+r"(room), "=@ccs"(full));
    if (unlikely(full))
        return false;
    __asm__("cmpw %2, %1" : "=@cce"(looks_free) : "m"(((const Half *)block)[3]), "i"((int16_t)LINK_KEY_UPPER));
#else
    full = --room < 0;
    if (unlikely(full))
        return false;
    looks_free = object->link >> LINK_KEY_SHIFT == LINK_KEY_UPPER;
#endif
    if (unlikely(looks_free))
        return false;
    free_list_push(list, object, room);
    return true;
}

static inline __attribute__((always_inline)) void heap_free(void *block) {
    if (unlikely(!heap_free_fast(block)))
        heap_free_slow(block);
}

/* Where the lists are closed, as at a level of hardening, `alignment` and `size` are compared with what was asked for;
 * `function` names the caller then. */
static inline __attribute__((always_inline)) void heap_free_sized(const char *function, void *block, size_t alignment,
                                                                  size_t size) {
    if (unlikely(!heap_free_fast(block)))
        heap_free_sized_slow(function, block, alignment, size);
}

#endif
