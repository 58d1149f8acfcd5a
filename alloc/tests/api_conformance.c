/*
 * api_conformance.c - what minipool.h, C17, POSIX and glibc's manual promise, function by function and alone in the
 * process: sizes, alignment, zeroing, contents, errors and errno, statistics.
 */
#include "testing.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cmocka.h>

enum { KIB = 1024, MIB = 1024 * 1024 };

static const size_t too_large[] = {(size_t)PTRDIFF_MAX, (size_t)PTRDIFF_MAX + 1, SIZE_MAX - 65536, SIZE_MAX - 1,
                                   SIZE_MAX};
enum { TOO_LARGE = sizeof(too_large) / sizeof(too_large[0]) };

/* The next size to try: all up to 5000, then about 200 a doubling. */
static size_t next_size(size_t size) {
    return size < 5000 ? size + 1 : size + size / 199;
}

static void assert_nothing_given(void *block) {
    assert_null(block);
    assert_int_equal(errno, ENOMEM);
    errno = 0;
}

static mp_stats stats_now(void) {
    mp_stats stats;
    memset(&stats, 0xa5, sizeof(stats)); /* every field must be written */
    mp_stats_get(&stats);
    return stats;
}

static void every_size_is_aligned_and_writable(void **state) {
    (void)state;
    for (size_t size = 0; size <= 4 * MIB; size = next_size(size)) {
        unsigned char *block = mp_malloc(size);
        assert_non_null(block);
        assert_true(is_aligned(block, natural_alignment(size)));
        size_t usable = mp_malloc_usable_size(block);
        assert_true(usable >= size);
        content_fill(block, usable, size);
        assert_true(content_wrong(block, usable, usable, size) == SIZE_MAX);
        mp_free(block);
    }
    mp_check();
}

static void usable_bytes_belong_to_one_block(void **state) {
    (void)state;
    enum { COUNT = 64 };
    unsigned char *blocks[COUNT];
    for (size_t size = 0; size <= 256 * KIB; size = next_size(size) + size / 16) {
        for (size_t i = 0; i < COUNT; i++) {
            blocks[i] = mp_malloc(size);
            assert_non_null(blocks[i]);
            content_fill(blocks[i], mp_malloc_usable_size(blocks[i]), i);
        }
        for (size_t i = 0; i < COUNT; i++) {
            size_t usable = mp_malloc_usable_size(blocks[i]);
            assert_true(content_wrong(blocks[i], usable, usable, i) == SIZE_MAX);
        }
        for (size_t i = 0; i < COUNT; i++)
            mp_free(blocks[(i * 37) % COUNT]);
    }
    mp_check();
}

static void size_zero_gives_unique_blocks(void **state) {
    (void)state;
    void *a = mp_malloc(0), *b = mp_malloc(0), *c = mp_calloc(0, 8), *d = mp_calloc(8, 0), *e = mp_realloc(NULL, 0);
    void *f = mp_aligned_alloc(64, 0), *g = mp_memalign(32, 0), *h = NULL;
    assert_int_equal(mp_posix_memalign(&h, 16, 0), 0);
    void *all[] = {a, b, c, d, e, f, g, h};
    enum { ALL = sizeof(all) / sizeof(all[0]) };
    for (size_t i = 0; i < ALL; i++) {
        assert_non_null(all[i]);
        for (size_t j = 0; j < i; j++)
            assert_ptr_not_equal(all[i], all[j]);
    }
    assert_true(is_aligned(f, 64) && is_aligned(g, 32) && is_aligned(h, 16));
    for (size_t i = 0; i < ALL; i++)
        mp_free(all[i]);
}

static void null_is_allowed(void **state) {
    (void)state;
    mp_free(NULL);
    mp_free_sized(NULL, 17);
    mp_free_aligned_sized(NULL, 64, 17);
    assert_int_equal(mp_malloc_usable_size(NULL), 0);
}

static void calloc_refuses_products_that_overflow(void **state) {
    (void)state;
    const size_t half = (size_t)1 << (sizeof(size_t) * 4);
    errno = 0;
    assert_nothing_given(mp_calloc(half, half));
    assert_nothing_given(mp_calloc(SIZE_MAX, 2));
    assert_nothing_given(mp_calloc(2, SIZE_MAX));
    assert_nothing_given(mp_calloc(SIZE_MAX / 2 + 2, 2)); /* the product wraps to 2 */
    assert_nothing_given(mp_calloc(SIZE_MAX / 3 + 1, 3));
    assert_nothing_given(mp_reallocarray(NULL, half, half));
    assert_nothing_given(mp_reallocarray(NULL, SIZE_MAX / 2 + 2, 2));
}

static void sizes_beyond_ptrdiff_max_are_refused(void **state) {
    (void)state;
    unsigned char *kept = mp_malloc(100);
    assert_non_null(kept);
    content_fill(kept, 100, 1);
    errno = 0;
    for (size_t i = 0; i < TOO_LARGE; i++) {
        size_t size = too_large[i];
        void *out = kept;
        assert_nothing_given(mp_malloc(size));
        assert_nothing_given(mp_calloc(1, size));
        assert_nothing_given(mp_calloc(size, 1));
        assert_nothing_given(mp_realloc(NULL, size));
        assert_nothing_given(mp_realloc(kept, size));
        assert_nothing_given(mp_reallocarray(kept, 1, size));
        assert_nothing_given(mp_reallocarray(kept, size, 1));
        assert_nothing_given(mp_reallocarray(kept, size, 16));
        assert_nothing_given(mp_aligned_alloc(8, size));
        assert_nothing_given(mp_aligned_alloc(1 * MIB, size));
        assert_nothing_given(mp_memalign(64, size));
        assert_nothing_given(mp_valloc(size));
        assert_nothing_given(mp_pvalloc(size));
        assert_int_equal(mp_posix_memalign(&out, 64, size), ENOMEM);
        assert_int_equal(mp_posix_memalign(&out, 1 * MIB, size), ENOMEM);
        assert_ptr_equal(out, kept);
        assert_int_equal(errno, 0);
    }
    assert_true(content_wrong(kept, 100, 100, 1) == SIZE_MAX);
    mp_free(kept);
}

static void alignments_beyond_memory_are_refused(void **state) {
    (void)state;
    void *out = NULL;
    for (size_t bit = 50; bit < 64; bit++) {
        size_t alignment = (size_t)1 << bit;
        errno = 0;
        assert_nothing_given(mp_aligned_alloc(alignment, 1));
        assert_nothing_given(mp_aligned_alloc(alignment, PTRDIFF_MAX));
        assert_nothing_given(mp_memalign(alignment, 1));
        assert_int_equal(mp_posix_memalign(&out, alignment, 1), ENOMEM);
        assert_null(out);
    }
}

static void alignments_that_are_none_are_invalid(void **state) {
    (void)state;
    static const size_t no_power[] = {0, 3, 5, 12, 24, 48, 100, 4095, 4097, 3 * MIB, SIZE_MAX};
    for (size_t i = 0; i < sizeof(no_power) / sizeof(no_power[0]); i++) {
        void *out = &out;
        errno = 0;
        assert_null(mp_aligned_alloc(no_power[i], 100));
        assert_int_equal(errno, EINVAL);
        errno = 0;
        assert_int_equal(mp_posix_memalign(&out, no_power[i], 100), EINVAL);
        assert_int_equal(errno, 0);
        assert_ptr_equal(out, &out);
    }
    for (size_t alignment = 1; alignment < sizeof(void *); alignment *= 2) {
        void *out = &out;
        assert_int_equal(mp_posix_memalign(&out, alignment, 100), EINVAL);
        assert_ptr_equal(out, &out);
        void *block = mp_aligned_alloc(alignment, 100);
        assert_non_null(block);
        mp_free(block);
    }
}

/* memalign is older than the standards: glibc rounds its alignment up, and programs count on it. */
static void memalign_rounds_its_alignment_up(void **state) {
    (void)state;
    static const size_t pairs[][2] = {{0, 8}, {1, 8}, {3, 8}, {12, 16}, {24, 32}, {100, 128}, {5000, 8192}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        void *block = mp_memalign(pairs[i][0], 100);
        assert_non_null(block);
        assert_true(is_aligned(block, pairs[i][1]));
        mp_free(block);
    }
    errno = 0;
    assert_null(mp_memalign(SIZE_MAX / 2 + 2, 100));
    assert_int_equal(errno, EINVAL);
}

static void every_power_of_two_aligns(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 8, 24, 100, 1000, 4096, 5000, 65536, 100000, 262144, 300000, 1 * MIB, 5 * MIB};
    for (size_t alignment = 1; alignment <= 4 * MIB; alignment *= 2)
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            void *blocks[4];
            blocks[0] = mp_aligned_alloc(alignment, sizes[i]);
            blocks[1] = mp_memalign(alignment, sizes[i]);
            blocks[2] = mp_aligned_alloc(alignment, sizes[i]);
            blocks[3] = NULL;
            if (alignment >= sizeof(void *))
                assert_int_equal(mp_posix_memalign(&blocks[3], alignment, sizes[i]), 0);
            for (size_t b = 0; b < 4; b++) {
                if (blocks[b] == NULL) {
                    assert_true(b == 3 && alignment < sizeof(void *));
                    continue;
                }
                assert_true(is_aligned(blocks[b], alignment));
                assert_true(is_aligned(blocks[b], natural_alignment(sizes[i])));
                assert_true(mp_malloc_usable_size(blocks[b]) >= sizes[i]);
                content_fill(blocks[b], mp_malloc_usable_size(blocks[b]), b);
            }
            for (size_t b = 0; b < 4; b++)
                if (blocks[b] != NULL) {
                    size_t usable = mp_malloc_usable_size(blocks[b]);
                    assert_true(content_wrong(blocks[b], usable, usable, b) == SIZE_MAX);
                }
            mp_free(blocks[0]);
            mp_free(blocks[1]);
            mp_free_aligned_sized(blocks[2], alignment, sizes[i]);
            mp_free(blocks[3]);
        }
    mp_check();
}

static void valloc_and_pvalloc_give_whole_pages(void **state) {
    (void)state;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    static const size_t sizes[] = {0, 1, 100, 4095, 4096, 4097, 70000, 1 * MIB + 1};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        void *v = mp_valloc(sizes[i]), *p = mp_pvalloc(sizes[i]);
        assert_non_null(v);
        assert_non_null(p);
        assert_true(is_aligned(v, page) && is_aligned(p, page));
        assert_true(mp_malloc_usable_size(v) >= sizes[i]);
        assert_true(mp_malloc_usable_size(p) >= (sizes[i] + page - 1) / page * page);
        mp_free(v);
        mp_free(p);
    }
}

static void calloc_is_zero_after_dirty_reuse(void **state) {
    (void)state;
    enum { COUNT = 16 };
    for (size_t size = 1; size <= 4 * MIB; size = next_size(size) + size / 8) {
        size_t count = size < 64 * KIB ? COUNT : 2;
        void *blocks[COUNT];
        for (size_t i = 0; i < count; i++) {
            blocks[i] = mp_malloc(size);
            assert_non_null(blocks[i]);
            memset(blocks[i], 0xff, mp_malloc_usable_size(blocks[i]));
        }
        for (size_t i = 0; i < count; i++)
            mp_free(blocks[i]);
        for (size_t i = 0; i < count; i++) {
            blocks[i] = i % 2 == 0 ? mp_calloc(1, size) : mp_calloc(size, 1);
            assert_non_null(blocks[i]);
            assert_true(is_aligned(blocks[i], natural_alignment(size)));
            assert_true(all_zero(blocks[i], size));
            memset(blocks[i], 0xff, size);
        }
        for (size_t i = 0; i < count; i++)
            mp_free(blocks[i]);
    }
    void *table = mp_calloc(1000, 24);
    assert_non_null(table);
    assert_true(mp_malloc_usable_size(table) >= 24000 && all_zero(table, 24000));
    mp_free(table);
}

/* The kernel's zeros do for blocks from a few pages on: the first whole page of such a block is not written. */
static void calloc_leaves_fresh_pages_alone(void **state) {
    (void)state;
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); /* or pages come by the hundred */
    enum { COUNT = 64 };
    static const size_t sizes[] = {8 * KIB, 30 * KIB, 64 * KIB, 200 * KIB, 1 * MIB};
    size_t page = (size_t)sysconf(_SC_PAGESIZE), hardening = 0;
    assert_int_equal(mp_option_get(MP_OPTION_HARDENING, &hardening), 0);
    if (hardening != 0) /* where free memory has marks in it */
        return;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        void *blocks[COUNT];
        size_t untouched = 0;
        if (sizes[i] < 2 * page)
            continue;
        mp_malloc_trim(0);
        for (size_t block = 0; block < COUNT; block++) {
            blocks[block] = mp_calloc(1, sizes[i]);
            assert_non_null(blocks[block]);
            unsigned char resident = 1;
            uintptr_t whole = ((uintptr_t)blocks[block] + page - 1) & ~(page - 1);
            assert_int_equal(mincore((void *)whole, 1, &resident), 0);
            untouched += (resident & 1) == 0;
            assert_true(all_zero(blocks[block], sizes[i]));
        }
        assert_true(untouched >= COUNT / 2); /* some may stand in memory that was in use before */
        for (size_t block = 0; block < COUNT; block++)
            mp_free(blocks[block]);
    }
}

/* One realloc from `before` to `after` bytes keeps what both have; the block may come from any function. */
static void realloc_keeps(void *block, size_t before, size_t after) {
    assert_non_null(block);
    content_fill(block, before, before);
    void *moved = mp_realloc(block, after);
    assert_non_null(moved);
    assert_true(is_aligned(moved, natural_alignment(after)));
    assert_true(mp_malloc_usable_size(moved) >= after);
    assert_true(content_wrong(moved, before, after, before) == SIZE_MAX);
    content_fill(moved, after, 7);
    assert_true(content_wrong(moved, after, after, 7) == SIZE_MAX);
    mp_free(moved);
}

static void realloc_keeps_contents(void **state) {
    (void)state;
    static const size_t sizes[] = {1,     8,     9,      16,     17,     100,     256,     1000,     4096,    5000,
                                   32768, 65536, 100000, 262144, 262145, 1 * MIB, 3 * MIB, 33 * MIB, 40 * MIB};
    enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };
    for (size_t i = 0; i < SIZES; i++)
        for (size_t j = 0; j < SIZES; j++) {
            realloc_keeps(mp_malloc(sizes[i]), sizes[i], sizes[j]);
            realloc_keeps(mp_aligned_alloc(4096, sizes[i]), sizes[i], sizes[j]);
            if (sizes[i] <= 1 * MIB)
                realloc_keeps(mp_aligned_alloc(2 * MIB, sizes[i]), sizes[i], sizes[j]);
        }
    mp_check();
}

static void realloc_grows_and_shrinks_step_by_step(void **state) {
    (void)state;
    unsigned char *block = mp_realloc(NULL, 1);
    assert_non_null(block);
    block[0] = content_byte(3, 0);
    size_t size = 1;
    while (size < 3 * MIB) {
        size_t grown = size + 1 + size / 7;
        block = mp_realloc(block, grown);
        assert_non_null(block);
        assert_true(content_wrong(block, size, size, 3) == SIZE_MAX);
        content_fill(block, grown, 3);
        size = grown;
    }
    while (size > 1) {
        size_t shrunk = size - size / 9 - 1;
        if (shrunk == 0)
            break;
        block = mp_reallocarray(block, shrunk, 1);
        assert_non_null(block);
        assert_true(content_wrong(block, size, shrunk, 3) == SIZE_MAX);
        size = shrunk;
        content_fill(block, size, 3);
    }
    mp_free(block);
}

static void realloc_to_zero_frees(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 8, 1000, 100000, 1 * MIB, 40 * MIB};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        void *block = mp_malloc(sizes[i]);
        assert_non_null(block);
        size_t held = stats_now().allocated_blocks;
        assert_null(mp_realloc(block, 0));
        assert_int_equal(stats_now().allocated_blocks, held - 1);
        block = mp_malloc(sizes[i]);
        assert_null(mp_reallocarray(block, 0, 8));
        assert_int_equal(stats_now().allocated_blocks, held - 1);
    }
}

static void sized_frees_take_the_size_asked_for(void **state) {
    (void)state;
    size_t held = stats_now().allocated_blocks;
    for (size_t size = 0; size <= 1 * MIB; size = next_size(size) + size / 8) {
        void *block = mp_malloc(size);
        assert_non_null(block);
        mp_free_sized(block, size);
        block = mp_calloc(1, size);
        assert_non_null(block);
        mp_free_sized(block, size);
        block = mp_aligned_alloc(256, size);
        assert_non_null(block);
        mp_free_aligned_sized(block, 256, size);
    }
    assert_int_equal(stats_now().allocated_blocks, held);
}

static void free_keeps_errno(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 8, 100, 5000, 100000, 1 * MIB, 40 * MIB, 100 * MIB};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        void *a = mp_malloc(sizes[i]), *b = mp_malloc(sizes[i]), *c = mp_aligned_alloc(64, sizes[i]);
        errno = ERANGE;
        mp_free(a);
        mp_free_sized(b, sizes[i]);
        mp_free_aligned_sized(c, 64, sizes[i]);
        mp_free(NULL);
        assert_int_equal(errno, ERANGE);
    }
}

static void statistics_follow_what_is_held(void **state) {
    (void)state;
    enum { COUNT = 2000 };
    static void *blocks[COUNT];
    uint64_t random = 5;
    mp_stats before = stats_now();
    size_t requested = 0, usable = 0;
    for (size_t i = 0; i < COUNT; i++) {
        size_t size = random_size(&random, 1 * MIB);
        blocks[i] = mp_malloc(size);
        assert_non_null(blocks[i]);
        requested += size;
        usable += mp_malloc_usable_size(blocks[i]);
    }
    mp_stats held = stats_now();
    assert_int_equal(held.allocated_blocks - before.allocated_blocks, COUNT);
    assert_true(held.allocated_bytes - before.allocated_bytes >= requested);
    size_t hardening = 0;
    assert_int_equal(mp_option_get(MP_OPTION_HARDENING, &hardening), 0);
    if (hardening < 2) /* then only what was asked for is usable */
        assert_int_equal(held.allocated_bytes - before.allocated_bytes, usable);
    assert_true(held.allocated_bytes - before.allocated_bytes >= usable);
    assert_true(held.span_bytes >= held.allocated_bytes);
    assert_true(held.mapped_bytes >= held.span_bytes + held.page_heap_dirty_bytes + held.page_heap_clean_bytes);
    assert_true(held.metadata_bytes > 0);
    assert_int_equal(held.thread_caches, hardening == 0);
    assert_true(held.spans_created > before.spans_created);

    for (size_t i = 0; i < COUNT; i++)
        mp_free(blocks[i]);
    mp_stats after = stats_now();
    assert_int_equal(after.allocated_blocks, before.allocated_blocks);
    assert_int_equal(after.allocated_bytes, before.allocated_bytes);
    mp_check();
}

static void trim_gives_free_memory_back(void **state) {
    (void)state;
    enum { COUNT = 64, SIZE = 512 * KIB };
    void *blocks[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        blocks[i] = mp_malloc(SIZE);
        assert_non_null(blocks[i]);
        memset(blocks[i], 1, SIZE);
    }
    for (size_t i = 0; i < COUNT; i++)
        mp_free(blocks[i]);
    size_t dirty = stats_now().page_heap_dirty_bytes;
    uint64_t released = stats_now().released_bytes;
    int given = mp_malloc_trim(0);
    mp_stats after = stats_now();
    assert_int_equal(given, after.released_bytes > released);
    assert_int_equal(given, dirty > 0);
    assert_int_equal(after.page_heap_dirty_bytes, 0);
    assert_int_equal(mp_malloc_trim(0), 0); /* nothing is left to give */
    void *block = mp_calloc(1, SIZE);
    assert_true(block != NULL && all_zero(block, SIZE));
    mp_free(block);
    mp_check();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_is_allowed),
        cmocka_unit_test(every_size_is_aligned_and_writable),
        cmocka_unit_test(usable_bytes_belong_to_one_block),
        cmocka_unit_test(size_zero_gives_unique_blocks),
        cmocka_unit_test(calloc_refuses_products_that_overflow),
        cmocka_unit_test(sizes_beyond_ptrdiff_max_are_refused),
        cmocka_unit_test(alignments_beyond_memory_are_refused),
        cmocka_unit_test(alignments_that_are_none_are_invalid),
        cmocka_unit_test(memalign_rounds_its_alignment_up),
        cmocka_unit_test(every_power_of_two_aligns),
        cmocka_unit_test(valloc_and_pvalloc_give_whole_pages),
        cmocka_unit_test(calloc_is_zero_after_dirty_reuse),
        cmocka_unit_test(calloc_leaves_fresh_pages_alone),
        cmocka_unit_test(realloc_keeps_contents),
        cmocka_unit_test(realloc_grows_and_shrinks_step_by_step),
        cmocka_unit_test(realloc_to_zero_frees),
        cmocka_unit_test(sized_frees_take_the_size_asked_for),
        cmocka_unit_test(free_keeps_errno),
        cmocka_unit_test(statistics_follow_what_is_held),
        cmocka_unit_test(trim_gives_free_memory_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
