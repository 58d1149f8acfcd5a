/* test_block.c - every changed byte, every move and every overlap shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../kit/block.h"

static _Alignas(16) unsigned char memory[256], copy[256];

static void every_single_byte_counts(void **state) {
    (void)state;
    for (size_t size = 0; size <= 64; size++) {
        block_fill(memory, size, 5);
        assert_true(block_check(memory, size, 5));
        for (size_t i = 0; i < size; i++) {
            memory[i] ^= 1;
            assert_false(block_check(memory, size, 5));
            memory[i] ^= 1;
        }
    }
}

static void nothing_beyond_the_size_is_written(void **state) {
    (void)state;
    for (size_t size = 0; size <= 64; size++) {
        memset(memory, 0xee, sizeof memory);
        block_fill(memory, size, 1);
        for (size_t i = size; i < sizeof memory; i++)
            assert_int_equal(memory[i], 0xee);
    }
}

static void address_size_and_tag_matter(void **state) {
    (void)state;
    block_fill(memory, 64, 1);
    assert_false(block_check(memory, 64, 2));
    assert_false(block_check(memory, 63, 1));
    memcpy(copy, memory, 64);
    assert_false(block_check(copy, 64, 1));
    assert_true(block_check_moved(copy, 64, (uintptr_t)memory, 64, 1));
    assert_true(block_check_moved(copy, 30, (uintptr_t)memory, 64, 1)); /* a realloc that shrank it */
}

static void overlapping_blocks_destroy_each_other(void **state) {
    (void)state;
    block_fill(memory, 64, 1);
    block_fill(memory + 48, 64, 1);
    assert_false(block_check(memory, 64, 1));
}

static void alignment_is_eight_up_to_eight_bytes(void **state) {
    (void)state;
    assert_true(block_is_aligned(memory + 8, 8));
    assert_false(block_is_aligned(memory + 4, 8));
    assert_false(block_is_aligned(memory + 8, 9));
    assert_true(block_is_aligned(memory + 16, 9));
}

static void zero_is_zero(void **state) {
    (void)state;
    memset(memory, 0, sizeof memory);
    assert_true(block_is_zero(memory, sizeof memory));
    memory[255] = 1;
    assert_false(block_is_zero(memory, sizeof memory));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_single_byte_counts),
        cmocka_unit_test(nothing_beyond_the_size_is_written),
        cmocka_unit_test(address_size_and_tag_matter),
        cmocka_unit_test(overlapping_blocks_destroy_each_other),
        cmocka_unit_test(alignment_is_eight_up_to_eight_bytes),
        cmocka_unit_test(zero_is_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
