/*
 * larson_without_malloc.c - larson whose malloc and free do nothing: what it reports is the kit's own cost of one
 * operation, the floor that no allocator can get below. Not a test; the numbers stand in ../kit/README.md.
 */
#include <stddef.h>
#include <stdlib.h>

static inline void *no_malloc(size_t size) {
    static _Thread_local _Alignas(16) unsigned char block[16];
    (void)size;
    return block;
}

static inline void no_free(void *block) {
    __asm__ volatile("" ::"r"(block) : "memory");
}

#define malloc no_malloc
#define free no_free
#include "../larson.c"
