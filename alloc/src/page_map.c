/*
 * page_map.c - see page_map.h.
 */
#include "page_map.h"

#include "os_memory.h"

PageMap page_map;
PageMapNear page_map_near = {(uintptr_t)1 << 63};

static with_written _Atomic size_t leaf_bytes;

/* The flat table's middle is the first page asked for: the system puts what follows below it or, less often, above. */
static void place_near(uintptr_t address) {
    uintptr_t page = address >> PAGE_SHIFT, half = PAGE_MAP_NEAR_PAGES / 2;
    uintptr_t first = page < half ? 0 : page - half;
    atomic_store_explicit(&page_map_near.offset, -(first << PAGE_SHIFT), memory_order_relaxed);
}

static bool reserve_leaf(uintptr_t address) {
    _Atomic(PageMapEntry *) *entry = &page_map.root[address >> PAGE_MAP_LEAF_SHIFT];
    if (atomic_load_explicit(entry, memory_order_relaxed) != NULL)
        return true;
    PageMapEntry *leaf = os_map(PAGE_MAP_LEAF_BYTES, CACHE_LINE, NULL);
    if (leaf == NULL)
        return false;
    atomic_store_explicit(entry, leaf, memory_order_relaxed);
    atomic_fetch_add_explicit(&leaf_bytes, PAGE_MAP_LEAF_BYTES, memory_order_relaxed);
    return true;
}

bool page_map_reserve(const void *address, size_t bytes) {
    static with_written bool placed;
    uintptr_t first = (uintptr_t)address, last = first + bytes - 1;
    if (last >> ADDRESS_BITS != 0)
        return false;
    if (!placed) {
        placed = true;
        place_near(first);
    }
    for (uintptr_t leaf = first >> PAGE_MAP_LEAF_SHIFT; leaf <= last >> PAGE_MAP_LEAF_SHIFT; leaf++) {
        uintptr_t begin = leaf << PAGE_MAP_LEAF_SHIFT, end = begin + ((uintptr_t)1 << PAGE_MAP_LEAF_SHIFT) - 1;
        begin = begin < first ? first : begin;
        end = end > last ? last : end;
        if ((!page_map_is_near(begin) || !page_map_is_near(end)) && !reserve_leaf(begin))
            return false;
    }
    return true;
}

void page_map_set_list(const void *address, Span *span, uint16_t list_offset) {
    uintptr_t distance = span == NULL ? 0 : (uintptr_t)span - (uintptr_t)page_map.no_span;
    atomic_store_explicit(page_map_entry(page_map_address(), address), distance << PAGE_MAP_LIST_BITS | list_offset,
                          memory_order_relaxed);
}

void page_map_set(const void *address, Span *span) {
    page_map_set_list(address, span, 0);
}

size_t page_map_bytes(void) {
    return atomic_load_explicit(&leaf_bytes, memory_order_relaxed);
}
