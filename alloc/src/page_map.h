/*
 * page_map.h - page number -> Span, for any address whatever.
 *
 * Two levels: a root in zero-filled static memory and leaves of 4 GiB each, mapped when first needed. A root entry
 * holds the distance of its leaf from a leaf that is for ever empty, so an entry never set (0) leads to that one: NULL,
 * stack, libc and foreign pointers all give a NULL Span, without a branch and before anything was initialised.
 *
 * What the entries hold: every page of a span of small objects; the first page of a large block; the first and the last
 * page of a free run; NULL elsewhere. Written under the page heap's lock, read by anybody.
 */
#ifndef MINIPOOL_PAGE_MAP_H
#define MINIPOOL_PAGE_MAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "config.h"

typedef struct Span Span;

#define PAGE_MAP_LEAF_BITS 16
#define PAGE_MAP_ROOT_BITS (ADDRESS_BITS - PAGE_SHIFT - PAGE_MAP_LEAF_BITS)
#define PAGE_MAP_LEAF_SHIFT (PAGE_SHIFT + PAGE_MAP_LEAF_BITS)
#define PAGE_MAP_LEAF_BYTES (sizeof(Span *) << PAGE_MAP_LEAF_BITS)

typedef struct PageMap {
    _Atomic uintptr_t root[1 << PAGE_MAP_ROOT_BITS]; /* address of the leaf - address of empty_leaf */
    _Atomic(Span *) empty_leaf[1 << PAGE_MAP_LEAF_BITS];
} PageMap;

extern PageMap page_map;

_Static_assert(PAGE_MAP_ROOT_BITS == 16 && PAGE_MAP_LEAF_BITS == 16,
               "page_map_get() cuts the indices out as 16-bit numbers");

/* Relaxed: whoever holds a pointer to a block got it by means that order the block's creation before. */
static inline Span *page_map_get(const void *address) {
    uintptr_t bits = (uintptr_t)address;
    uint16_t root_index = (uint16_t)(bits >> PAGE_MAP_LEAF_SHIFT);
    uint32_t leaf_index = (uint32_t)bits >> PAGE_SHIFT; /* the leaf's bits end at bit 32 */
    uintptr_t distance = atomic_load_explicit(&page_map.root[root_index], memory_order_relaxed);
    uintptr_t leaf = (uintptr_t)&page_map + distance;
    __asm__("" : "+r"(leaf)); /* keeps the sum as it is: the position of empty_leaf then folds into the load */
    return atomic_load_explicit((_Atomic(Span *) *)(leaf + offsetof(PageMap, empty_leaf)) + leaf_index,
                                memory_order_relaxed);
}

/* Makes sure that entries for [address, address + bytes) can be set. False: no memory. */
bool page_map_reserve(const void *address, size_t bytes);

/* The page must have been reserved. */
void page_map_set(const void *address, Span *span);

/* Address space taken by leaves. */
size_t page_map_bytes(void);

#endif
