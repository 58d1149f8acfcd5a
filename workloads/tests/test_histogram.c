/* test_histogram.c - the buckets of the slot page's latency histograms cover every value once, two digits wide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../kit/random.h"
#include "../kit/slot_protocol.h"

static const uint32_t overflow = SLOT_HISTOGRAM_BUCKETS - 1;

static void every_bucket_holds_its_ends(void **state) {
    (void)state;
    for (uint32_t bucket = 0; bucket < overflow; bucket++) {
        uint64_t first = slot_histogram_value(bucket), beyond = slot_histogram_value(bucket + 1);
        assert_true(first < beyond);
        assert_int_equal(slot_histogram_bucket(first), bucket);
        assert_int_equal(slot_histogram_bucket(beyond - 1), bucket);
    }
}

static void small_values_are_exact_and_others_two_digits(void **state) {
    (void)state;
    for (uint64_t value = 0; value < 128; value++)
        assert_int_equal(slot_histogram_value(slot_histogram_bucket(value)), value);
    for (uint32_t bucket = 128; bucket < overflow; bucket++) {
        uint64_t first = slot_histogram_value(bucket);
        assert_true((slot_histogram_value(bucket + 1) - first) * 64 <= first);
    }
}

static void everything_is_within_the_table(void **state) {
    (void)state;
    const uint64_t top = UINT64_C(1) << SLOT_HISTOGRAM_TOP_BITS;
    assert_int_equal(slot_histogram_bucket(top - 1), overflow - 1);
    assert_int_equal(slot_histogram_bucket(top), overflow);
    assert_int_equal(slot_histogram_bucket(UINT64_MAX), overflow);
    assert_true(slot_histogram_value(overflow) == top);
    Random random = random_seeded(1, 1);
    for (int i = 0; i < 100000; i++) {
        uint64_t value = random_next(&random) >> random_below(&random, 64);
        uint32_t bucket = slot_histogram_bucket(value);
        assert_true(bucket <= overflow && slot_histogram_value(bucket) <= value);
        assert_true(bucket == overflow || value < slot_histogram_value(bucket + 1));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bucket_holds_its_ends),
        cmocka_unit_test(small_values_are_exact_and_others_two_digits),
        cmocka_unit_test(everything_is_within_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
