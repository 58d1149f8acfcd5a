/*
 * malloc_interface.c - the whole malloc interface, exercised under a preloaded arm: alignment, usable size, content
 * kept by realloc, zeroes from calloc after reuse, refused sizes, blocks freed by other threads, ended threads.
 * Says the first thing that is wrong and ends with 1.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(condition)                                                                                             \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                                                    \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

static bool is_aligned(const void *block, size_t alignment) {
    return ((uintptr_t)block & (alignment - 1)) == 0;
}

/* The whole usable size can be written, and two blocks of a size do not overlap. */
static void check_pair(unsigned char *one, unsigned char *two, size_t size, size_t alignment) {
    REQUIRE(one && two && is_aligned(one, alignment) && is_aligned(two, alignment));
    REQUIRE(malloc_usable_size(one) >= size && malloc_usable_size(two) >= size);
    memset(one, 1, malloc_usable_size(one));
    memset(two, 2, malloc_usable_size(two));
    REQUIRE(size == 0 || (one[0] == 1 && one[size - 1] == 1 && two[0] == 2 && two[size - 1] == 2));
    free(one);
    free(two);
}

static void check_sizes(void) {
    for (size_t size = 0; size < (size_t)40 << 20; size += 1 + size / 9) {
        check_pair(malloc(size), malloc(size), size, 16);
        unsigned char *zeroed = calloc(1, size);
        REQUIRE(zeroed);
        for (size_t i = 0; i < size; i++)
            REQUIRE(zeroed[i] == 0);
        free(zeroed);
    }
}

static void check_alignments(void) {
    for (size_t alignment = 16; alignment <= (size_t)8 << 20; alignment *= 2) {
        for (size_t size = 1; size <= (size_t)3 << 20; size = size * 5 + 3) {
            void *one, *two;
            REQUIRE(posix_memalign(&one, alignment, size) == 0 && posix_memalign(&two, alignment, size) == 0);
            check_pair(one, two, size, alignment);
            check_pair(memalign(alignment, size), aligned_alloc(alignment, size), size, alignment);
        }
    }
    check_pair(valloc(100), pvalloc(100), 100, 4096);
    void *whole_page = pvalloc(1);
    REQUIRE(malloc_usable_size(whole_page) >= 4096);
    free(whole_page);
}

static void check_realloc(void) {
    unsigned char *block = realloc(NULL, 1);
    REQUIRE(block);
    block[0] = 7;
    for (size_t old = 1, size = 2; size < (size_t)4 << 20; old = size, size += 1 + size / 3) {
        block = realloc(block, size);
        REQUIRE(block && block[0] == 7 && block[old / 2] == 7 && block[old - 1] == 7);
        memset(block, 7, size);
    }
    for (size_t size = (size_t)2 << 20; size > 0; size /= 3) {
        block = reallocarray(block, 1, size);
        REQUIRE(block && block[0] == 7 && block[size - 1] == 7);
    }
    REQUIRE(realloc(block, 0) == NULL);
}

/* Volatile, so that the compiler does not judge the sizes itself. */
static volatile size_t huge = SIZE_MAX;

static void check_refusals(void) {
    void *block = &block;
    REQUIRE(malloc(huge) == NULL && errno == ENOMEM);
    REQUIRE(malloc(huge / 2) == NULL && calloc(huge / 2, 3) == NULL && realloc(NULL, huge - 4096) == NULL);
    REQUIRE(reallocarray(NULL, huge / 2, 3) == NULL && pvalloc(huge) == NULL && aligned_alloc(64, huge) == NULL);
    REQUIRE(posix_memalign(&block, 3, 8) == EINVAL && posix_memalign(&block, 24, 8) == EINVAL);
    REQUIRE(posix_memalign(&block, 64, huge - 100) == ENOMEM && block == (void *)&block);
    REQUIRE(malloc_usable_size(NULL) == 0);
    free(NULL);
}

enum { BLOCKS = 2000, GENERATIONS = 200 };
static void *handed_over[BLOCKS];

/* Frees what another thread allocated, and leaves blocks to the next. */
static void *replace_all(void *argument) {
    for (size_t i = 0; i < BLOCKS; i++) {
        size_t size = 16 + i % 3000;
        REQUIRE(!handed_over[i] || memcmp(handed_over[i], &i, sizeof i) == 0);
        free(handed_over[i]);
        REQUIRE((handed_over[i] = malloc(size)));
        memcpy(handed_over[i], &i, sizeof i);
    }
    return argument;
}

static void check_threads(void) {
    for (int i = 0; i < GENERATIONS; i++) {
        pthread_t thread;
        REQUIRE(pthread_create(&thread, NULL, replace_all, NULL) == 0 && pthread_join(thread, NULL) == 0);
    }
    for (size_t i = 0; i < BLOCKS; i++)
        free(handed_over[i]);
}

int main(void) {
    check_sizes();
    check_alignments();
    check_realloc();
    check_refusals();
    check_threads();
    return 0;
}
