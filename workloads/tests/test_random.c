/* test_random.c - the generator is repeatable, its streams differ, its numbers stay in bounds and spread evenly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../kit/random.h"

static void same_seed_gives_same_numbers(void **state) {
    (void)state;
    Random one = random_seeded(7, 3), other = random_seeded(7, 3);
    for (int i = 0; i < 1000; i++)
        assert_true(random_next(&one) == random_next(&other));
}

static void streams_and_seeds_differ(void **state) {
    (void)state;
    Random base = random_seeded(7, 0), stream = random_seeded(7, 1), seed = random_seeded(8, 0);
    int equal = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t number = random_next(&base);
        equal += number == random_next(&stream);
        equal += number == random_next(&seed);
    }
    assert_int_equal(equal, 0);
}

static void scaled_numbers_stay_below_the_bound(void **state) {
    (void)state;
    assert_int_equal(random_scale(UINT32_MAX, 1000), 999);
    assert_int_equal(random_scale(0, 1000), 0);
    assert_int_equal(random_scale(UINT32_MAX, 0), 0);
    assert_int_equal(random_scale(UINT32_MAX, UINT32_MAX), UINT32_MAX - 1);
}

/* Chi-square over 64 cells with 64000 draws of each half: mean 63, deviation 11; 150 is 8 deviations away. */
static void both_halves_are_even(void **state) {
    (void)state;
    enum { CELLS = 64, DRAWS = 64000 };
    Random random = random_seeded(1, 1);
    unsigned high[CELLS] = {0}, low[CELLS] = {0};
    for (int i = 0; i < DRAWS; i++) {
        uint64_t draw = random_next(&random);
        high[random_scale(random_high(draw), CELLS)]++;
        low[random_scale(random_low(draw), CELLS)]++;
    }
    double chi_high = 0, chi_low = 0, expected = (double)DRAWS / CELLS;
    for (int i = 0; i < CELLS; i++) {
        chi_high += (high[i] - expected) * (high[i] - expected) / expected;
        chi_low += (low[i] - expected) * (low[i] - expected) / expected;
    }
    assert_true(chi_high < 150);
    assert_true(chi_low < 150);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_gives_same_numbers),
        cmocka_unit_test(streams_and_seeds_differ),
        cmocka_unit_test(scaled_numbers_stay_below_the_bound),
        cmocka_unit_test(both_halves_are_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
