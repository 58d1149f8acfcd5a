/*
 * page_map.c - see page_map.h.
 */
#include "page_map.h"

#include "os_memory.h"

PageMap page_map;

static _Atomic size_t leaf_bytes;

static _Atomic uintptr_t *root_entry(uintptr_t address) {
    return &page_map.root[(address >> PAGE_MAP_LEAF_SHIFT) & (((size_t)1 << PAGE_MAP_ROOT_BITS) - 1)];
}

bool page_map_reserve(const void *address, size_t bytes) {
    uintptr_t first = (uintptr_t)address >> PAGE_MAP_LEAF_SHIFT;
    uintptr_t last = ((uintptr_t)address + bytes - 1) >> PAGE_MAP_LEAF_SHIFT;
    if (last >> PAGE_MAP_ROOT_BITS != 0)
        return false;
    for (uintptr_t index = first; index <= last; index++) {
        _Atomic uintptr_t *entry = root_entry(index << PAGE_MAP_LEAF_SHIFT);
        if (atomic_load_explicit(entry, memory_order_relaxed) != 0)
            continue;
        void *leaf = os_map(PAGE_MAP_LEAF_BYTES, CACHE_LINE, NULL);
        if (leaf == NULL)
            return false;
        atomic_store_explicit(entry, (uintptr_t)leaf - (uintptr_t)page_map.empty_leaf, memory_order_relaxed);
        atomic_fetch_add_explicit(&leaf_bytes, PAGE_MAP_LEAF_BYTES, memory_order_relaxed);
    }
    return true;
}

void page_map_set_list(const void *address, Span *span, uint16_t list_offset) {
    uintptr_t bits = (uintptr_t)address;
    uintptr_t leaf = (uintptr_t)page_map.empty_leaf + atomic_load_explicit(root_entry(bits), memory_order_relaxed);
    size_t index = (bits >> PAGE_SHIFT) & (((size_t)1 << PAGE_MAP_LEAF_BITS) - 1);
    uintptr_t distance = span == NULL ? 0 : (uintptr_t)span - (uintptr_t)page_map.no_span;
    atomic_store_explicit((_Atomic uintptr_t *)leaf + index, distance << PAGE_MAP_LIST_BITS | list_offset,
                          memory_order_relaxed);
}

void page_map_set(const void *address, Span *span) {
    page_map_set_list(address, span, 0);
}

size_t page_map_bytes(void) {
    return atomic_load_explicit(&leaf_bytes, memory_order_relaxed);
}
