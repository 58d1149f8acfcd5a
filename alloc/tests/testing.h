/*
 * testing.h - what the allocator's tests share: a check that ends the test, a seeded generator, and block contents that
 * can be verified from the outside.
 *
 * The tests drive the mp_ names, beside the system's malloc. Compiled with TEST_AS_MALLOC the same code drives the
 * standard names instead and is linked with libminipool.so, so that libc, too, lives on the allocator under test.
 */
#ifndef ALLOC_TESTS_TESTING_H
#define ALLOC_TESTS_TESTING_H

#include "minipool.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef TEST_AS_MALLOC
#include <malloc.h>
void free_sized(void *block, size_t size);
void free_aligned_sized(void *block, size_t alignment, size_t size);
#define mp_malloc malloc
#define mp_calloc calloc
#define mp_realloc realloc
#define mp_free free
#define mp_aligned_alloc aligned_alloc
#define mp_free_sized free_sized
#define mp_free_aligned_sized free_aligned_sized
#define mp_posix_memalign posix_memalign
#define mp_memalign memalign
#define mp_valloc valloc
#define mp_pvalloc pvalloc
#define mp_reallocarray reallocarray
#define mp_malloc_usable_size(block) malloc_usable_size((void *)(uintptr_t)(block))
#define mp_malloc_trim malloc_trim
#endif

/* Unlike assert() it stays in release builds, and it says what the caller knows. */
#define CHECK(condition, ...)                                                                                          \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: not true: %s: ", __FILE__, __LINE__, #condition);                                  \
            fprintf(stderr, __VA_ARGS__);                                                                              \
            fputc('\n', stderr);                                                                                       \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

static inline uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* Are `held` bytes, by the statistics, the blocks that have `usable` bytes? At level 2 of hardening only what was asked
 * for is usable of what a block takes. */
static inline int holds_usable(size_t held, size_t usable) {
    size_t hardening = 0;
    mp_option_get(MP_OPTION_HARDENING, &hardening);
    return held == usable || (hardening > 1 && held > usable);
}

/* SplitMix64: one word of state, so every thread and every test has its own sequence. */
static inline uint64_t random_next(uint64_t *state) {
    return mix(*state += UINT64_C(0x9e3779b97f4a7c15));
}

static inline size_t random_below(uint64_t *state, size_t limit) {
    return (size_t)(random_next(state) % limit);
}

/* Logarithmic between 0 and `limit`: every order of magnitude is equally likely. */
static inline size_t random_size(uint64_t *state, size_t limit) {
    size_t bits = 1;
    while (bits < 63 && ((size_t)1 << bits) < limit)
        bits++;
    size_t size = random_below(state, (size_t)2 << random_below(state, bits));
    return size < limit ? size : limit;
}

/*
 * Contents. Byte i of a block filled under a seed depends on the seed and i only, so any prefix can be verified after
 * realloc. Beyond the first CONTENT_DENSE bytes only the first word of each CONTENT_STRIDE bytes and the block's last
 * bytes are written: large blocks are then tested in every page at little cost.
 */
enum { CONTENT_DENSE = 32 * 1024, CONTENT_STRIDE = 512 };

static inline uint64_t content_word(uint64_t seed, size_t offset) {
    return mix(seed + offset / sizeof(uint64_t));
}

static inline unsigned char content_byte(uint64_t seed, size_t offset) {
    return (unsigned char)(content_word(seed, offset) >> (8 * (offset % sizeof(uint64_t))));
}

static inline size_t content_next(size_t offset) {
    return offset < CONTENT_DENSE ? offset + sizeof(uint64_t) : offset + CONTENT_STRIDE;
}

static inline size_t content_tail(size_t size) {
    return size < sizeof(uint64_t) ? 0 : size - sizeof(uint64_t);
}

static inline void content_fill(void *block, size_t size, uint64_t seed) {
    unsigned char *bytes = block;
    for (size_t at = 0; at + sizeof(uint64_t) <= size; at = content_next(at))
        for (size_t i = 0; i < sizeof(uint64_t); i++)
            bytes[at + i] = content_byte(seed, at + i);
    for (size_t at = content_tail(size); at < size; at++)
        bytes[at] = content_byte(seed, at);
}

/* Returns the offset of the first wrong byte among the first `kept` bytes of a block filled with `filled`, or SIZE_MAX.
 */
static inline size_t content_wrong(const void *block, size_t filled, size_t kept, uint64_t seed) {
    const unsigned char *bytes = block;
    size_t end = kept < filled ? kept : filled;
    for (size_t at = 0; at + sizeof(uint64_t) <= end; at = content_next(at))
        for (size_t i = 0; i < sizeof(uint64_t); i++)
            if (bytes[at + i] != content_byte(seed, at + i))
                return at + i;
    if (end == filled)
        for (size_t at = content_tail(filled); at < filled; at++)
            if (bytes[at] != content_byte(seed, at))
                return at;
    return SIZE_MAX;
}

static inline int all_zero(const void *block, size_t size) {
    const unsigned char *bytes = block;
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

/* The alignment that every block of `size` bytes has, whatever function gave it. */
static inline size_t natural_alignment(size_t size) {
    return size <= 8 ? 8 : 16;
}

static inline int is_aligned(const void *block, size_t alignment) {
    return ((uintptr_t)block & (alignment - 1)) == 0;
}

#endif
