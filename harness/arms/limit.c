/*
 * limit.c - an optimistic bound for general allocators: what malloc could cost if it never had to be considerate.
 *
 * A thread has one LIFO stack of free blocks for each size class and no locks. Whoever frees a block keeps it; nothing
 * is ever coalesced, balanced between threads or returned to the system. A pop and a push are all that a call costs
 * once blocks circulate. Where one thread only allocates and another only frees it must map fresh memory for ever:
 * there it is no bound, and its peak RSS says so.
 *
 * Every block lies in a unit of 1 MiB, aligned to 1 MiB, that starts with a Header. Blocks of small classes are cut
 * from shared units, others have units of their own. No block starts at a unit's first byte, so the unit of a block
 * is found by rounding down its address minus one: that also holds for blocks aligned to 1 MiB or more, which start
 * where their header's unit ends.
 *
 * A Heap belongs to one thread. When a thread ends, its heap goes to a list from which new threads take theirs, so that
 * programs with many short threads do not start from nothing each time.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "arm.h"

enum {
    UNIT_BYTES = 1 << 20,
    REGION_BYTES = 32 << 20, /* small units are mapped this many bytes at a time */
    FINE_LIMIT = 1024,       /* classes are 16 bytes apart up to here, then four a doubling */
    FINE_CLASSES = FINE_LIMIT / 16,
    LARGEST_EXPONENT = 46,
    CLASSES = FINE_CLASSES + 1 + 4 * (LARGEST_EXPONENT - 9),
    SMALL_LIMIT = 256 << 10, /* larger blocks have a unit of their own */
    PAGE = 4096,
};

typedef struct Header {
    size_t block_bytes;
    uint32_t class;
} Header;

typedef struct FreeBlock {
    struct FreeBlock *next;
} FreeBlock;

typedef struct Heap {
    FreeBlock *free_blocks[CLASSES];
    unsigned char *cursor[CLASSES], *end[CLASSES]; /* uncut rest of the class's current unit */
    unsigned char *region, *region_end;            /* units not yet given to a class */
    struct Heap *next;                             /* while its thread has ended */
} Heap;

ARM_THREAD_LOCAL Heap *own_heap;
/* Threads push with compare-exchange and take the whole list with one exchange: no address can come back in between. */
static _Atomic(Heap *) abandoned_heaps;
static pthread_key_t heap_key;
static pthread_once_t heap_key_once = PTHREAD_ONCE_INIT;

/* Release, partner of the acquire in adopt_heap(): the next owner sees the stacks as they were left. */
static void push_abandoned(Heap *first, Heap *last) {
    Heap *head = atomic_load_explicit(&abandoned_heaps, memory_order_relaxed);
    do {
        last->next = head;
    } while (!atomic_compare_exchange_weak_explicit(&abandoned_heaps, &head, first, memory_order_release,
                                                    memory_order_relaxed));
}

static void abandon_heap(void *heap) {
    own_heap = NULL;
    push_abandoned(heap, heap);
}

static void create_heap_key(void) {
    pthread_key_create(&heap_key, abandon_heap);
}

static Heap *adopt_heap(void) {
    Heap *heap = atomic_exchange_explicit(&abandoned_heaps, NULL, memory_order_acquire);
    if (heap && heap->next) {
        Heap *last = heap->next;
        while (last->next)
            last = last->next;
        push_abandoned(heap->next, last);
    }
    if (!heap)
        heap = arm_map(sizeof *heap, PAGE);
    if (!heap)
        return NULL;
    heap->next = NULL;
    own_heap = heap; /* before the calls below, which may allocate */
    pthread_once(&heap_key_once, create_heap_key);
    pthread_setspecific(heap_key, heap);
    return heap;
}

static inline uint32_t class_of(size_t size) {
    if (size <= FINE_LIMIT)
        return size == 0 ? 1 : (uint32_t)((size + 15) / 16);
    uint32_t exponent = 63u - (uint32_t)__builtin_clzll(size - 1);
    return FINE_CLASSES + 1 + 4 * (exponent - 10) + (uint32_t)(((size - 1) >> (exponent - 2)) & 3);
}

static inline size_t class_bytes(uint32_t class) {
    if (class <= FINE_CLASSES)
        return (size_t) class * 16;
    uint32_t step = class - FINE_CLASSES - 1;
    return (size_t)(5 + step % 4) << (10 + step / 4 - 2);
}

static inline Header *header_of(const void *block) {
    return (Header *)(((uintptr_t)block - 1) & ~(uintptr_t)(UNIT_BYTES - 1));
}

static unsigned char *take_unit(Heap *heap) {
    if (heap->region == heap->region_end) {
        heap->region = arm_map(REGION_BYTES, UNIT_BYTES);
        heap->region_end = heap->region ? heap->region + REGION_BYTES : NULL;
        if (!heap->region)
            return NULL;
    }
    unsigned char *unit = heap->region;
    heap->region += UNIT_BYTES;
    return unit;
}

/* Blocks of power-of-two classes are aligned to their size, which is what aligned requests rely on. */
static void *cut_block(Heap *heap, uint32_t class) {
    size_t bytes = class_bytes(class);
    if ((size_t)(heap->end[class] - heap->cursor[class]) < bytes) {
        unsigned char *unit = take_unit(heap);
        if (!unit)
            return NULL;
        *(Header *)unit = (Header){bytes, class};
        bool power_of_two = (bytes & (bytes - 1)) == 0;
        heap->cursor[class] = unit + (power_of_two && bytes > 64 ? bytes : 64);
        heap->end[class] = unit + UNIT_BYTES;
    }
    void *block = heap->cursor[class];
    heap->cursor[class] += bytes;
    return block;
}

/* A block in units of its own, at a multiple of `alignment` (at least a page). */
static void *map_block(uint32_t class, size_t alignment) {
    size_t bytes = class_bytes(class);
    size_t offset = alignment < PAGE ? PAGE : alignment;
    unsigned char *start = arm_map(offset + bytes, offset > UNIT_BYTES ? offset : UNIT_BYTES);
    if (!start)
        return NULL;
    void *block = start + offset;
    *header_of(block) = (Header){bytes, class};
    return block;
}

/* `fresh` tells calloc that the block comes zeroed from the system. */
static inline void *allocate(size_t size, size_t alignment, bool *fresh) {
    *fresh = false;
    if (size > (size_t)1 << LARGEST_EXPONENT)
        return arm_out_of_memory();
    Heap *heap = own_heap;
    if (__builtin_expect(!heap, 0) && !(heap = adopt_heap()))
        return NULL;
    uint32_t class = class_of(size);
    FreeBlock *block = heap->free_blocks[class];
    if (__builtin_expect(block != NULL && ((uintptr_t)block & (alignment - 1)) == 0, 1)) {
        heap->free_blocks[class] = block->next;
        return block;
    }
    *fresh = true;
    return class_bytes(class) <= SMALL_LIMIT && alignment <= class_bytes(class) ? cut_block(heap, class)
                                                                                : map_block(class, alignment);
}

ARM_EXPORT void *malloc(size_t size) {
    bool fresh;
    return allocate(size, 1, &fresh);
}

ARM_EXPORT void free(void *block) {
    if (!block)
        return;
    Heap *heap = own_heap;
    if (__builtin_expect(!heap, 0) && !(heap = adopt_heap()))
        return;
    uint32_t class = header_of(block)->class;
    ((FreeBlock *)block)->next = heap->free_blocks[class];
    heap->free_blocks[class] = block;
}

ARM_EXPORT void *calloc(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return arm_out_of_memory();
    bool fresh;
    void *block = allocate(bytes, 1, &fresh);
    return block && !fresh ? memset(block, 0, bytes) : block;
}

ARM_EXPORT size_t malloc_usable_size(void *block) {
    return block ? header_of(block)->block_bytes : 0;
}

void *arm_allocate_aligned(size_t alignment, size_t size) {
    if (alignment > (size_t)1 << LARGEST_EXPONENT || size > (size_t)1 << LARGEST_EXPONENT)
        return arm_out_of_memory();
    size_t least = size < alignment ? alignment : size;
    if (least <= SMALL_LIMIT) /* the next power of two: its class is aligned to it */
        least = (size_t)1 << (64 - __builtin_clzll(least - 1));
    else
        least = size;
    bool fresh;
    return allocate(least, alignment, &fresh);
}
