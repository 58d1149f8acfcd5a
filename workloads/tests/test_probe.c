/* test_probe.c - live bytes, blocks and usable bytes follow every kind of call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <malloc.h>

#include "../kit/probe.h"
#include "slot_for_test.h"

enum { THREAD = 3 };

static Probe *probe;
static volatile size_t too_many = SIZE_MAX / 2; /* volatile: the compiler would refuse to ask for as much */

static void expect(int64_t bytes, int64_t blocks, int64_t usable) {
    const SlotLine *line = slot_line(THREAD);
    assert_int_equal(atomic_load(&line->live_bytes), bytes);
    assert_int_equal(atomic_load(&line->live_blocks), blocks);
    assert_int_equal(atomic_load(&line->usable_bytes), usable);
}

static int64_t usable(void *block) {
    return (int64_t)malloc_usable_size(block);
}

static void malloc_calloc_and_free_count(void **state) {
    (void)state;
    void *block = probe_malloc(probe, 100);
    assert_non_null(block);
    assert_true(usable(block) >= 100);
    expect(100, 1, usable(block));
    void *zeroed = probe_calloc(probe, 7, 11);
    assert_non_null(zeroed);
    expect(177, 2, usable(block) + usable(zeroed));
    probe_free(probe, block, 100);
    expect(77, 1, usable(zeroed));
    probe_free(probe, NULL, 0);
    expect(77, 1, usable(zeroed));
    probe_free(probe, zeroed, 77);
    expect(0, 0, 0);
}

static void realloc_moves_or_leaves(void **state) {
    (void)state;
    void *block = probe_realloc(probe, NULL, 0, 40);
    assert_non_null(block);
    expect(40, 1, usable(block));
    block = probe_realloc(probe, block, 40, 5000);
    assert_non_null(block);
    expect(5000, 1, usable(block));
    void *volatile refused = probe_realloc(probe, block, 5000, too_many); /* the block stays */
    assert_null(refused);
    expect(5000, 1, usable(block));
    probe_free(probe, block, 5000);
    expect(0, 0, 0);
}

static void aligned_blocks_count(void **state) {
    (void)state;
    void *block = probe_aligned_alloc(probe, 256, 33);
    assert_non_null(block);
    assert_int_equal((uintptr_t)block % 256, 0);
    expect(33, 1, usable(block));
    probe_free(probe, block, 33);
    assert_null(probe_aligned_alloc(probe, 3, 33)); /* no power of two: refused, not counted */
    expect(0, 0, 0);
}

static void what_is_refused_does_not_count(void **state) {
    (void)state;
    assert_null(probe_malloc(probe, too_many));
    assert_null(probe_calloc(probe, too_many, 4));
    expect(0, 0, 0);
}

static void calls_by_other_means_count(void **state) {
    (void)state;
    void *block = malloc(50);
    assert_non_null(block);
    probe_note_malloc(probe, block, 50);
    expect(50, 1, usable(block));
    probe_note_free(probe, block, 50);
    free(block);
    expect(0, 0, 0);
}

int main(void) {
    open_slot_observing(SLOT_OBSERVE_LIVE);
    probe = probe_create(THREAD);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malloc_calloc_and_free_count), cmocka_unit_test(realloc_moves_or_leaves),
        cmocka_unit_test(aligned_blocks_count),         cmocka_unit_test(what_is_refused_does_not_count),
        cmocka_unit_test(calls_by_other_means_count),
    };
    return probe ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
