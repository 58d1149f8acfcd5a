/*
 * unit_size_class.c - the table against the rule that it stands for, every size, every offset.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "size_class.h"

static void each_class_follows_the_rule(void **state) {
    (void)state;
    uint32_t expected = 8;
    for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++) {
        assert_int_equal(size_classes[size_class].object_bytes, expected);
        uint32_t step = 16;
        if (expected == 8)
            step = 8;
        else if (expected >= 256) {
            uint32_t power = 256;
            while (power * 2 <= expected)
                power *= 2;
            step = expected < MEDIUM_MAX_BYTES ? power / 8 : power / 4;
        }
        expected += step;
    }
    assert_int_equal(size_classes[SIZE_CLASS_COUNT - 1].object_bytes, SMALL_MAX_BYTES);
}

static void each_size_has_the_smallest_class_that_holds_it(void **state) {
    (void)state;
    unsigned size_class = 0;
    for (size_t size = 0; size <= SMALL_MAX_BYTES; size++) {
        if (size > size_classes[size_class].object_bytes)
            size_class++;
        assert_int_equal(size_class_of(size), size_class);
        if (size > MEDIUM_MIN_BYTES && size <= MEDIUM_MAX_BYTES)
            assert_int_equal(medium_classes[(size - 1) / MEDIUM_STEP], size_class);
    }
}

static void internal_waste_is_bounded(void **state) {
    (void)state;
    for (size_t size = 129; size <= SMALL_MAX_BYTES; size++) {
        size_t given = size_classes[size_class_of(size)].object_bytes;
        size_t limit = size <= MEDIUM_MAX_BYTES ? 8 : 4; /* waste at most 1/8 of the size, 1/4 above 32 KiB */
        assert_true((given - size) * limit <= size);
    }
}

static void each_span_is_the_shortest_with_a_small_tail(void **state) {
    (void)state;
    for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++) {
        const SizeClass *entry = &size_classes[size_class];
        uint32_t pages = 1;
        while (pages * PAGE_BYTES < entry->object_bytes ||
               pages * PAGE_BYTES % entry->object_bytes * 16 > pages * PAGE_BYTES)
            pages++;
        assert_int_equal(entry->page_count, pages);
        assert_int_equal(entry->object_count, pages * PAGE_BYTES / entry->object_bytes);
    }
}

static void the_reciprocal_divides_exactly(void **state) {
    (void)state;
    for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++) {
        const SizeClass *entry = &size_classes[size_class];
        uint64_t reciprocal = size_class_reciprocal(entry->object_bytes);
        uint64_t wrong = 0;
        for (uint64_t offset = 0; offset < entry->page_count * PAGE_BYTES; offset++)
            wrong += (offset * reciprocal >> RECIPROCAL_SHIFT) != offset / entry->object_bytes;
        assert_int_equal(wrong, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_class_follows_the_rule),
        cmocka_unit_test(each_size_has_the_smallest_class_that_holds_it),
        cmocka_unit_test(internal_waste_is_bounded),
        cmocka_unit_test(each_span_is_the_shortest_with_a_small_tail),
        cmocka_unit_test(the_reciprocal_divides_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
