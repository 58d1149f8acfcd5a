/*
 * page_map.h - page number -> Span, for any address whatever.
 *
 * Two levels: a root in zero-filled static memory and leaves of 4 GiB each, mapped when first needed. A root entry
 * holds the distance of its leaf from a leaf that is for ever empty, so an entry never set (0) leads to that one: NULL,
 * stack, libc and foreign pointers all give a NULL Span, without a branch and before anything was initialised.
 *
 * What the entries hold: every page of a span of small objects; the first page of a large block; the first and the last
 * page of a free run; NULL elsewhere. Beside the span each says which list takes frees of blocks of that page, so
 * free() need not look at the span. Written under the page heap's lock, and of a span in use by who made it; read by
 * anybody.
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

/* A leaf's entry: a Span's distance from `no_span` above PAGE_MAP_LIST_BITS of the list's offset in a ThreadCache. So
 * an entry that was never set leads to that span, which is all zero, and to the list that is closed: neither the root
 * nor a leaf needs a test. */
#define PAGE_MAP_LIST_BITS 16
typedef struct PageMap {
    _Atomic uintptr_t root[1 << PAGE_MAP_ROOT_BITS]; /* address of the leaf - address of empty_leaf */
    _Atomic uintptr_t empty_leaf[1 << PAGE_MAP_LEAF_BITS];
    _Alignas(CACHE_LINE) char no_span[3 * CACHE_LINE]; /* room for a Span */
} PageMap;

extern PageMap page_map;

_Static_assert(PAGE_MAP_ROOT_BITS == 16 && PAGE_MAP_LEAF_BITS == 16,
               "page_map_entry() cuts the indices out as 16-bit numbers");

static inline _Atomic uintptr_t *page_map_entry(uintptr_t map, const void *address) {
    uintptr_t bits = (uintptr_t)address;
    uint16_t root_index = (uint16_t)(bits >> PAGE_MAP_LEAF_SHIFT);
    uint32_t leaf_index = (uint32_t)bits >> PAGE_SHIFT; /* the leaf's bits end at bit 32 */
    uintptr_t leaf = map + atomic_load_explicit((_Atomic uintptr_t *)(map + offsetof(PageMap, root)) + root_index,
                                                memory_order_relaxed);
    __asm__("" : "+r"(leaf)); /* keeps the sum as it is: empty_leaf's offset then folds into the load */
    return (_Atomic uintptr_t *)(leaf + offsetof(PageMap, empty_leaf)) + leaf_index;
}

/* 0: the address is in no span. Relaxed: whoever holds a pointer to a block got it by means that order the block's
 * creation before. */
static inline uintptr_t page_map_distance(uintptr_t map, const void *address) {
    return (uintptr_t)((intptr_t)atomic_load_explicit(page_map_entry(map, address), memory_order_relaxed) >>
                       PAGE_MAP_LIST_BITS);
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

/* The offset in any ThreadCache of the list that takes the block: 0, the closed one's, where a free is not the fast
 * path's. */
static inline uint16_t page_map_list_offset(const void *address) {
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "an entry's lower half is read at the entry's address"
#endif
    typedef uint16_t __attribute__((may_alias)) Half;
    return __atomic_load_n((Half *)page_map_entry(page_map_address(), address), __ATOMIC_RELAXED);
}

/* Makes sure that entries for [address, address + bytes) can be set. False: no memory. */
bool page_map_reserve(const void *address, size_t bytes);

/* The page must have been reserved. Frees of its blocks take the slow path. */
void page_map_set(const void *address, Span *span);

/* The same with a list that takes them. */
void page_map_set_list(const void *address, Span *span, uint16_t list_offset);

/* Address space taken by leaves. */
size_t page_map_bytes(void);

#endif
