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

/* A leaf's entry is a Span's distance from `no_span`. So an entry that was never set leads to that one, which is all
 * zero: neither the root nor a leaf needs a test. */
typedef struct PageMap {
    _Atomic uintptr_t root[1 << PAGE_MAP_ROOT_BITS]; /* address of the leaf - address of empty_leaf */
    _Atomic uintptr_t empty_leaf[1 << PAGE_MAP_LEAF_BITS];
    _Alignas(CACHE_LINE) char no_span[3 * CACHE_LINE]; /* room for a Span */
} PageMap;

extern PageMap page_map;

_Static_assert(PAGE_MAP_ROOT_BITS == 16 && PAGE_MAP_LEAF_BITS == 16,
               "page_map_distance() cuts the indices out as 16-bit numbers");

/* 0: the address is in no span. Relaxed: whoever holds a pointer to a block got it by means that order the block's
 * creation before. */
static inline uintptr_t page_map_distance(uintptr_t map, const void *address) {
    uintptr_t bits = (uintptr_t)address;
    uint16_t root_index = (uint16_t)(bits >> PAGE_MAP_LEAF_SHIFT);
    uint32_t leaf_index = (uint32_t)bits >> PAGE_SHIFT; /* the leaf's bits end at bit 32 */
    uintptr_t leaf = map + atomic_load_explicit((_Atomic uintptr_t *)(map + offsetof(PageMap, root)) + root_index,
                                                memory_order_relaxed);
    __asm__("" : "+r"(leaf)); /* keeps the sum as it is: empty_leaf's offset then folds into the load */
    return atomic_load_explicit((_Atomic uintptr_t *)(leaf + offsetof(PageMap, empty_leaf)) + leaf_index,
                                memory_order_relaxed);
}

/* The map's address as a number that the compiler takes as it is, so that the offsets of what is in the map fold into
 * the loads. */
static inline uintptr_t page_map_address(void) {
    uintptr_t map = (uintptr_t)&page_map;
    __asm__("" : "+r"(map));
    return map;
}

/* The span or, for any address in none, the map's no_span; never NULL. */
static inline Span *page_map_span_or_none(const void *address) {
    uintptr_t map = page_map_address();
    return (Span *)(map + offsetof(PageMap, no_span) + page_map_distance(map, address));
}

static inline Span *page_map_get(const void *address) {
    uintptr_t map = page_map_address(), distance = page_map_distance(map, address);
    return distance == 0 ? NULL : (Span *)(map + offsetof(PageMap, no_span) + distance);
}

/* Makes sure that entries for [address, address + bytes) can be set. False: no memory. */
bool page_map_reserve(const void *address, size_t bytes);

/* The page must have been reserved. */
void page_map_set(const void *address, Span *span);

/* Address space taken by leaves. */
size_t page_map_bytes(void);

#endif
