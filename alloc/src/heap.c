/*
 * heap.c - see heap.h: the slow halves of malloc and free, and everything built on them.
 */
#include "heap.h"

#include <errno.h>
#include <string.h>

#include "central_cache.h"
#include "fault.h"
#include "hardening.h"
#include "page_heap.h"

static void *no_memory(void) {
    errno = ENOMEM;
    return NULL;
}

/* -- large blocks ----------------------------------------------------------------------------------------------- */

static size_t pages_for(size_t size) {
    return (size + PAGE_BYTES - 1) >> PAGE_SHIFT;
}

static Span *large_span(size_t size, size_t alignment) {
    if (size > PTRDIFF_MAX)
        return NULL;
    size_t pages = pages_for(size);
    size_t alignment_pages = alignment <= PAGE_BYTES ? 1 : alignment >> PAGE_SHIFT;
    bool of_its_own = size > DIRECT_MAP_BYTES || alignment > DIRECT_MAP_BYTES;
    Span *span =
        of_its_own ? page_heap_map(pages, alignment_pages) : page_heap_allocate(pages, alignment_pages, PAGE_USE_LARGE);
    if (span == NULL && of_its_own) /* free pages may be there even when the system has no more to give */
        span = page_heap_allocate(pages, alignment_pages, PAGE_USE_LARGE);
    if (span != NULL) {
        span->object_count = 1;
        atomic_store_explicit(&span->control, SPAN_LARGE, memory_order_release);
        if (span->zeroed) /* what is resident grows */
            thread_cache_make_room(size);
    }
    return span;
}

/* `zeroed`: whether it reads as zero. */
static void *allocate_large(size_t size, size_t alignment, bool *zeroed) {
    void *block;
    if (unlikely(hardening_level() > 1)) {
        *zeroed = true;
        block = hardening_allocate(alignment, size);
    } else {
        Span *span = large_span(size == 0 ? 1 : size, alignment);
        block = span == NULL ? NULL : span->base;
        *zeroed = span != NULL && span->zeroed;
    }
    return likely(block != NULL) ? block : no_memory();
}

static __attribute__((noinline)) void free_large(Span *span, void *block) {
    if (block != span->base)
        fault_interior("free", block, span->base);
    int saved = errno;
    atomic_store_explicit(&span->control, 0, memory_order_relaxed);
    if (span->run_state == RUN_MAPPED)
        page_heap_unmap(span);
    else
        page_heap_free(span);
    errno = saved;
}

/* -- allocation ------------------------------------------------------------------------------------------------- */

/* No list has it. `zeroed`: whether it is known to read as zero. */
static void *allocate_unlisted(unsigned size_class, size_t alignment, size_t size, bool *zeroed) {
    *zeroed = false;
    void *block = unlikely(hardening_level() != 0) ? hardening_allocate(alignment, size)
                                                   : thread_cache_allocate(size_class, zeroed);
    return likely(block != NULL) ? block : no_memory();
}

static inline void *allocate_of_class(unsigned size_class, size_t alignment, size_t size, bool *zeroed) {
    FreeList *list = thread_cache_list_at(thread_cache_current, free_list_offset(size_class));
    if (unlikely(list->head == NULL))
        return allocate_unlisted(size_class, alignment, size, zeroed);
    *zeroed = false;
    return free_list_pop(list);
}

static __attribute__((noinline)) void *refill_and_allocate(size_t size, unsigned size_class) {
    bool zeroed;
    return allocate_unlisted(size_class, 1, size, &zeroed);
}

static __attribute__((noinline)) void *allocate_slower(size_t size) {
    bool zeroed;
    if (likely(size <= SMALL_MAX_BYTES))
        return allocate_of_class(size_class_of(size), 1, size, &zeroed);
    return allocate_large(size, 1, &zeroed);
}

/* Nothing but jumps to what takes longer, so that blocks of some KiB are still served without a stack frame. */
void *heap_allocate_slow(size_t size) {
    if (likely(size - MEDIUM_MIN_BYTES - 1 < MEDIUM_MAX_BYTES - MEDIUM_MIN_BYTES)) {
        unsigned size_class = medium_classes[(size - 1) / MEDIUM_STEP];
        FreeList *list = thread_cache_list_at(thread_cache_current, free_list_offset(size_class));
        return likely(list->head != NULL) ? free_list_pop(list) : refill_and_allocate(size, size_class);
    }
    return allocate_slower(size);
}

void *heap_allocate_aligned(size_t alignment, size_t size) {
    bool zeroed;
    unsigned size_class = size_class_of_aligned(alignment, size);
    if (size_class < SIZE_CLASS_COUNT)
        return allocate_of_class(size_class, alignment, size, &zeroed);
    return allocate_large(size, alignment, &zeroed);
}

void *heap_allocate_zeroed(size_t count, size_t size) {
    size_t bytes;
    if (unlikely(__builtin_mul_overflow(count, size, &bytes)))
        return no_memory();
    bool zeroed = false;
    void *block = bytes <= DIRECT_MAX_BYTES  ? heap_allocate(bytes)
                  : bytes <= SMALL_MAX_BYTES ? allocate_of_class(size_class_of(bytes), 1, bytes, &zeroed)
                                             : allocate_large(bytes, 1, &zeroed);
    return block == NULL || zeroed ? block : memset(block, 0, bytes);
}

/* -- free ------------------------------------------------------------------------------------------------------- */

/* The span of a block that the program holds; ends the process when `block` is no such thing. */
static Span *span_of(const char *function, const void *block) {
    Span *span = page_map_get(block);
    if (span == NULL || atomic_load_explicit(&span->control, memory_order_relaxed) == 0)
        hardening_stray(function, block);
    return span;
}

void heap_free_slow(void *block) {
    Span *span = page_map_span_or_none(block);
    uintptr_t control = atomic_load_explicit(&span->control, memory_order_relaxed);
    if (likely(control != 0 && (control & SPAN_LARGE) == 0))
        thread_cache_free(span, block);
    else if (control == SPAN_LARGE)
        free_large(span, block);
    else if (control != 0)
        hardening_free(span, block);
    else if (block != NULL)
        span_of("free", block); /* does not return */
}

void heap_free_sized_slow(const char *function, void *block, size_t alignment, size_t size) {
    Span *span = page_map_span_or_none(block);
    uintptr_t control = atomic_load_explicit(&span->control, memory_order_relaxed);
    if (unlikely((control & SPAN_LARGE) != 0) && hardening_level() != 0)
        hardening_check_size(function, span, block, alignment, size);
    heap_free_slow(block);
}

/* -- sizes ------------------------------------------------------------------------------------------------------ */

/* What the program may use of a block of `span`. */
static size_t usable(const char *function, const Span *span, const void *block) {
    uintptr_t control = atomic_load_explicit(&span->control, memory_order_relaxed);
    if (unlikely(hardening_owns(control)))
        return hardening_usable_size(function, span, block);
    return control == SPAN_LARGE ? span_bytes(span) : span->object_bytes;
}

size_t heap_usable_size(const void *block) {
    return block == NULL ? 0 : usable("malloc_usable_size", span_of("malloc_usable_size", block), block);
}

/* True: the large block now has room for `size` where span->base says. */
static bool resize_large(Span *span, size_t size) {
    size_t pages = pages_for(size);
    if (pages == span->page_count)
        return true;
    if (span->run_state == RUN_MAPPED)
        return size > DIRECT_MAP_BYTES / 2 && page_heap_remap(span, pages);
    return size <= DIRECT_MAP_BYTES && page_heap_resize(span, pages);
}

void *heap_reallocate(void *block, size_t size) {
    if (block == NULL)
        return heap_allocate(size);
    if (size == 0) {
        heap_free(block);
        return NULL;
    }
    if (unlikely(size > PTRDIFF_MAX))
        return no_memory();
    Span *span = span_of("realloc", block);
    size_t old = usable("realloc", span, block);
    uintptr_t control = atomic_load_explicit(&span->control, memory_order_relaxed);
    if (control == SPAN_LARGE) {
        if (block != span->base)
            fault_interior("realloc", block, span->base);
        if (size > SMALL_MAX_BYTES && resize_large(span, size))
            return span->base;
    } else if (unlikely(hardening_owns(control))) {
        if (hardening_resize(span, block, size))
            return block;
    } else if (size <= old && (size > old / 2 || size_class_of(size) == span->size_class)) {
        return block; /* moving would save less than half of the block */
    }
    void *moved = heap_allocate(size);
    if (unlikely(moved == NULL))
        /* To shrink never fails, but where a later free may compare sizes. */
        return size <= old && hardening_level() == 0 ? block : NULL;
    memcpy(moved, block, old < size ? old : size);
    heap_free(block);
    return moved;
}
