/* probe.c - the observed side of each call. See probe.h. */
#include "probe.h"

#include "mapping.h"
#include "slot.h"

struct Probe {
    SlotLine *live; /* NULL: not counted */
};

Probe *probe_create(uint32_t thread) {
    if (!slot_observes(SLOT_OBSERVE_LIVE))
        return NULL;
    Probe *probe = mapping_create(1, sizeof *probe);
    probe->live = slot_line(thread);
    return probe;
}

/* Adds `blocks` blocks of `size` bytes; the allocator's own number is asked while the block is valid. */
static void count(const Probe *probe, void *block, size_t size, int64_t blocks) {
    if (!probe->live || !block)
        return;
    slot_add_signed(&probe->live->live_bytes, blocks * (int64_t)size);
    slot_add_signed(&probe->live->live_blocks, blocks);
    slot_add_signed(&probe->live->usable_bytes, blocks * (int64_t)slot_usable_bytes(block));
}

void *probe_malloc_observed(Probe *probe, size_t size) {
    void *block = malloc(size);
    count(probe, block, size, 1);
    return block;
}

void *probe_calloc_observed(Probe *probe, size_t elements, size_t size) {
    void *block = calloc(elements, size);
    count(probe, block, elements * size, 1); /* a block says that the product did not overflow */
    return block;
}

/* Counted as gone beforehand, since nothing can be asked about the old block afterwards; as back where it stayed. */
void *probe_realloc_observed(Probe *probe, void *block, size_t old_size, size_t size) {
    count(probe, block, old_size, -1);
    void *moved = realloc(block, size);
    if (moved)
        count(probe, moved, size, 1);
    else if (size != 0)
        count(probe, block, old_size, 1);
    return moved;
}

void *probe_aligned_alloc_observed(Probe *probe, size_t alignment, size_t size) {
    void *block;
    if (posix_memalign(&block, alignment, size) != 0)
        block = NULL;
    count(probe, block, size, 1);
    return block;
}

void probe_free_observed(Probe *probe, void *block, size_t size) {
    count(probe, block, size, -1);
    free(block);
}

void probe_note_malloc_observed(Probe *probe, void *block, size_t size) {
    count(probe, block, size, 1);
}

void probe_note_free_observed(Probe *probe, void *block, size_t size) {
    count(probe, block, size, -1);
}
