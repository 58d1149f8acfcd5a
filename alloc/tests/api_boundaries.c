/*
 * api_boundaries.c - the promises of the interface where sizes meet: realloc over every boundary between two size
 * classes, in both directions and for blocks of every alignment; alignment, zero sizes and errors of every function
 * that gives blocks, with what a failed call must leave as it was.
 */
#include "testing.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

enum { KIB = 1024, MIB = 1024 * 1024, MOST_BOUNDARIES = 256, AROUND = 4 };

/* The usable sizes that exist up to 1 MiB, found from outside, and the size from which blocks have mappings of their
 * own. */
static size_t boundaries[MOST_BOUNDARIES];
static size_t boundary_count;

static int find_boundaries(void **state) {
    (void)state;
    for (size_t size = 1; size <= MIB;) {
        void *block = mp_malloc(size);
        assert_non_null(block);
        size_t usable = mp_malloc_usable_size(block);
        mp_free(block);
        assert_true(usable >= size && boundary_count < MOST_BOUNDARIES - 1);
        boundaries[boundary_count++] = usable;
        size = usable + 1;
    }
    assert_true(boundary_count > 50); /* classes are closer to each other than powers of two */
    boundaries[boundary_count++] = 32 * MIB;
    return 0;
}

/* Filled over its whole usable size, a block keeps the smaller of the two sizes asked for; then all of the new one is
 * written and read. */
static void resize(void *block, size_t before, size_t after) {
    assert_non_null(block);
    size_t usable = mp_malloc_usable_size(block);
    assert_true(usable >= before);
    content_fill(block, usable, before);
    void *moved = mp_realloc(block, after);
    assert_non_null(moved);
    assert_true(is_aligned(moved, natural_alignment(after)));
    assert_true(content_wrong(moved, usable, before < after ? before : after, before) == SIZE_MAX);
    usable = mp_malloc_usable_size(moved);
    assert_true(usable >= after);
    content_fill(moved, usable, 9);
    assert_true(content_wrong(moved, usable, usable, 9) == SIZE_MAX);
    mp_free(moved);
}

static void realloc_over_every_boundary(void **state) {
    (void)state;
    for (size_t i = 0; i < boundary_count; i++)
        for (size_t from = boundaries[i] - 1; from <= boundaries[i] + 1; from++) {
            const size_t to[] = {1,
                                 boundaries[i] / 2,
                                 boundaries[i] / 2 + 1,
                                 boundaries[i] - 1,
                                 boundaries[i],
                                 boundaries[i] + 1,
                                 2 * boundaries[i],
                                 i + 1 < boundary_count ? boundaries[i + 1] : 40 * MIB};
            for (size_t j = 0; j < sizeof(to) / sizeof(to[0]); j++)
                resize(mp_malloc(from), from, to[j]);
        }
    mp_check();
}

static void realloc_of_aligned_blocks(void **state) {
    (void)state;
    for (size_t alignment = 1; alignment <= 1 * MIB; alignment *= 4)
        for (size_t i = 0; i < boundary_count - 1; i++) {
            resize(mp_aligned_alloc(alignment, boundaries[i]), boundaries[i], boundaries[i] + 1);
            resize(mp_memalign(alignment, boundaries[i] + 1), boundaries[i] + 1, boundaries[i] / 3 + 1);
        }
    mp_check();
}

/* Blocks between two others must not move over their borders, wherever realloc puts them. */
static void realloc_leaves_neighbours_alone(void **state) {
    (void)state;
    unsigned char *blocks[AROUND * 2 + 1];
    for (size_t i = 0; i < boundary_count - 1; i++) {
        size_t size = boundaries[i];
        for (size_t b = 0; b <= AROUND * 2; b++) {
            blocks[b] = mp_malloc(size);
            assert_non_null(blocks[b]);
            content_fill(blocks[b], mp_malloc_usable_size(blocks[b]), b);
        }
        for (size_t step = 0; step < 6; step++) {
            size_t other = step % 2 == 0 ? size + 1 + step * size / 4 : size - size / (step + 2);
            blocks[AROUND] = mp_realloc(blocks[AROUND], other);
            assert_non_null(blocks[AROUND]);
            memset(blocks[AROUND], 0xa5, mp_malloc_usable_size(blocks[AROUND]));
            for (size_t b = 0; b <= AROUND * 2; b++) {
                size_t usable = mp_malloc_usable_size(blocks[b]);
                assert_true(b == AROUND || content_wrong(blocks[b], usable, usable, b) == SIZE_MAX);
            }
        }
        for (size_t b = 0; b <= AROUND * 2; b++)
            mp_free(blocks[b]);
    }
    mp_check();
}

static void every_function_aligns_every_size(void **state) {
    (void)state;
    for (size_t size = 0; size <= 1 * MIB; size = size < 5000 ? size + 1 : size + size / 50) {
        void *out = NULL;
        assert_int_equal(mp_posix_memalign(&out, sizeof(void *), size), 0);
        void *blocks[] = {mp_malloc(size),
                          mp_calloc(1, size),
                          mp_calloc(size, 1),
                          mp_realloc(NULL, size),
                          mp_realloc(mp_malloc(40), size + 1),
                          mp_reallocarray(NULL, size, 1),
                          mp_aligned_alloc(1, size),
                          mp_memalign(0, size),
                          mp_valloc(size),
                          mp_pvalloc(size),
                          out};
        for (size_t b = 0; b < sizeof(blocks) / sizeof(blocks[0]); b++) {
            assert_non_null(blocks[b]);
            assert_true(is_aligned(blocks[b], natural_alignment(size)));
            assert_true(mp_malloc_usable_size(blocks[b]) >= size);
            mp_free(blocks[b]);
        }
    }
}

static void zero_sizes_of_all_functions(void **state) {
    (void)state;
    void *blocks[] = {mp_valloc(0),
                      mp_pvalloc(0),
                      mp_reallocarray(NULL, 0, 8),
                      mp_reallocarray(NULL, 8, 0),
                      mp_aligned_alloc(1, 0),
                      mp_aligned_alloc(1 * MIB, 0),
                      mp_memalign(1 * MIB, 0)};
    enum { ALL = sizeof(blocks) / sizeof(blocks[0]) };
    for (size_t i = 0; i < ALL; i++) {
        assert_non_null(blocks[i]);
        for (size_t j = 0; j < i; j++)
            assert_ptr_not_equal(blocks[i], blocks[j]);
        size_t usable = mp_malloc_usable_size(blocks[i]);
        content_fill(blocks[i], usable, i);
    }
    for (size_t i = 0; i < ALL; i++) {
        size_t usable = mp_malloc_usable_size(blocks[i]);
        assert_true(content_wrong(blocks[i], usable, usable, i) == SIZE_MAX);
        blocks[i] = mp_realloc(blocks[i], 100); /* a block of size 0 grows as any other */
        assert_non_null(blocks[i]);
        mp_free(blocks[i]);
    }
}

/* What fails changes nothing: the block, its size, its content, and what the heap holds. */
static void a_failed_call_changes_nothing(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 8, 100, 5000, 200000, 1 * MIB, 40 * MIB};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        void *block = mp_malloc(sizes[i]);
        assert_non_null(block);
        size_t usable = mp_malloc_usable_size(block);
        content_fill(block, usable, i);
        mp_stats before, after;
        mp_stats_get(&before);
        for (size_t bit = 47; bit < 64; bit++) { /* more than any address space has, up to more than a size may be */
            errno = 0;
            assert_null(mp_realloc(block, (size_t)1 << bit));
            assert_int_equal(errno, ENOMEM);
            errno = 0;
            assert_null(mp_malloc((size_t)1 << bit));
            assert_int_equal(errno, ENOMEM);
            errno = 0;
            assert_null(mp_calloc((size_t)1 << (bit - 8), 256));
            assert_int_equal(errno, ENOMEM);
            errno = 0;
            assert_null(mp_aligned_alloc(64, (size_t)1 << bit));
            assert_int_equal(errno, ENOMEM);
        }
        mp_stats_get(&after);
        assert_int_equal(after.allocated_blocks, before.allocated_blocks);
        assert_int_equal(after.allocated_bytes, before.allocated_bytes);
        assert_int_equal(after.mapped_bytes, before.mapped_bytes);
        assert_int_equal(mp_malloc_usable_size(block), usable);
        assert_true(content_wrong(block, usable, usable, i) == SIZE_MAX);
        mp_free(block);
    }
    mp_check();
}

/* POSIX: free() keeps errno. A program may rely on it for every way a block can go back. */
static void no_way_of_freeing_changes_errno(void **state) {
    (void)state;
    for (size_t i = 0; i < boundary_count; i++)
        for (size_t size = boundaries[i]; size <= boundaries[i] + 1; size++) {
            enum { COUNT = 3 };
            void *blocks[COUNT] = {mp_malloc(size), mp_calloc(1, size), mp_aligned_alloc(128, size)};
            for (size_t b = 0; b < COUNT; b++) {
                assert_non_null(blocks[b]);
                errno = 12345;
                mp_free(blocks[b]);
                assert_int_equal(errno, 12345);
            }
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(realloc_over_every_boundary),     cmocka_unit_test(realloc_of_aligned_blocks),
        cmocka_unit_test(realloc_leaves_neighbours_alone), cmocka_unit_test(every_function_aligns_every_size),
        cmocka_unit_test(zero_sizes_of_all_functions),     cmocka_unit_test(a_failed_call_changes_nothing),
        cmocka_unit_test(no_way_of_freeing_changes_errno),
    };
    return cmocka_run_group_tests(tests, find_boundaries, NULL);
}
