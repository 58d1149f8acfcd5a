/*
 * page_map.h - page number -> Span, for any address whatever.
 *
 * A flat table for the pages around the first ones that were ever asked for, where most processes' whole heaps lie;
 * for all others a root whose entries lead to leaves of 4 GiB each, mapped when first needed. Both are zero-filled
 * static memory, so NULL, stack, libc and foreign pointers all give a NULL Span, before anything was initialised.
 *
 * The flat table is not there to save a load but for the time from a pointer to its list. Where a block is freed and
 * allocated again at once, malloc waits for the store to the list's head, and that store for its address: one load
 * instead of two that depend on each other makes such pairs a third faster. The compare with the table's ends is
 * predicted, and nothing waits for it.
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

#define PAGE_MAP_NEAR_PAGES ((size_t)1 << 17) /* 8 GiB; 1 MiB of addresses, of which what is used is resident */
#define PAGE_MAP_LEAF_BITS 16
#define PAGE_MAP_ROOT_BITS (ADDRESS_BITS - PAGE_SHIFT - PAGE_MAP_LEAF_BITS)
#define PAGE_MAP_LEAF_SHIFT (PAGE_SHIFT + PAGE_MAP_LEAF_BITS)
#define PAGE_MAP_LEAF_BYTES (sizeof(PageMapEntry) << PAGE_MAP_LEAF_BITS)

/* A Span's distance from `no_span` above PAGE_MAP_LIST_BITS of the list's offset in a ThreadCache. So an entry that was
 * never set leads to that span, which is all zero, and to the list that is closed. */
#define PAGE_MAP_LIST_BITS 16
typedef _Atomic uintptr_t PageMapEntry;

typedef struct PageMap {
    PageMapEntry near[PAGE_MAP_NEAR_PAGES];
    _Atomic(PageMapEntry *) root[1 << PAGE_MAP_ROOT_BITS];
    _Alignas(CACHE_LINE) char no_span[3 * CACHE_LINE]; /* room for a Span */
} PageMap;

#define PAGE_MAP_HIDDEN __attribute__((visibility("hidden"))) /* addressed without the global offset table */
extern PageMap page_map PAGE_MAP_HIDDEN;

/* Added to an address it gives the distance from the first page of the flat table. Set once, before anything is entered
 * anywhere; until then no address of a program leads into the table. A thread that still reads the old value may only
 * miss blocks of which it knows nothing. */
typedef struct PageMapNear {
    _Alignas(CACHE_LINE) _Atomic uintptr_t offset;
} PageMapNear;
extern PageMapNear page_map_near PAGE_MAP_HIDDEN;

_Static_assert(PAGE_MAP_ROOT_BITS == 16 && PAGE_MAP_LEAF_BITS == 16,
               "page_map_far_entry() cuts the indices out as 16-bit numbers");

/* The page's place in the flat table; not below PAGE_MAP_NEAR_PAGES: it is none of the table's. */
static inline uintptr_t page_map_near_page(uintptr_t address) {
    return (address + atomic_load_explicit(&page_map_near.offset, memory_order_relaxed)) >> PAGE_SHIFT;
}

static inline bool page_map_is_near(uintptr_t address) {
    return page_map_near_page(address) < PAGE_MAP_NEAR_PAGES;
}

/* NULL: nothing was ever entered in the 4 GiB around the address. */
static inline PageMapEntry *page_map_far_entry(uintptr_t map, const void *address) {
    uintptr_t bits = (uintptr_t)address;
    uint16_t root_index = (uint16_t)(bits >> PAGE_MAP_LEAF_SHIFT);
    uint32_t leaf_index = (uint32_t)bits >> PAGE_SHIFT; /* the leaf's bits end at bit 32 */
    PageMapEntry *leaf = atomic_load_explicit((_Atomic(PageMapEntry *) *)(map + offsetof(PageMap, root)) + root_index,
                                              memory_order_relaxed);
    return leaf == NULL ? NULL : leaf + leaf_index;
}

static inline PageMapEntry *page_map_entry(uintptr_t map, const void *address) {
    uintptr_t near_page = page_map_near_page((uintptr_t)address);
    return likely(near_page < PAGE_MAP_NEAR_PAGES) ? (PageMapEntry *)(map + offsetof(PageMap, near)) + near_page
                                                   : page_map_far_entry(map, address);
}

/* 0: the address is in no span. Relaxed: whoever holds a pointer to a block got it by means that order the block's
 * creation before. */
static inline uintptr_t page_map_distance(uintptr_t map, const void *address) {
    const PageMapEntry *entry = page_map_entry(map, address);
    return entry == NULL
               ? 0
               : (uintptr_t)((intptr_t)atomic_load_explicit(entry, memory_order_relaxed) >> PAGE_MAP_LIST_BITS);
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
static inline uintptr_t page_map_list_offset(const void *address) {
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "an entry's lower half is read at the entry's address"
#endif
    typedef uint16_t __attribute__((may_alias)) Half;
    uintptr_t map = page_map_address(), near_page = page_map_near_page((uintptr_t)address);
    if (likely(near_page < PAGE_MAP_NEAR_PAGES))
        return __atomic_load_n((Half *)(map + offsetof(PageMap, near) + near_page * sizeof(PageMapEntry)),
                               __ATOMIC_RELAXED);
    PageMapEntry *entry = page_map_far_entry(map, address);
    uintptr_t list = entry == NULL ? 0 : __atomic_load_n((Half *)entry, __ATOMIC_RELAXED);
    __asm__("" : "+r"(list)); /* keeps clang from making one load of the two, which costs the other an instruction */
    return list;
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
