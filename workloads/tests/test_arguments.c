/* test_arguments.c - what counts as a number, and that presets come before the user's own flags. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../kit/arguments.h"

static void whole_numbers(void **state) {
    (void)state;
    uint64_t value = 0;
    assert_true(arguments_parse_number("0", false, &value) && value == 0);
    assert_true(arguments_parse_number("18446744073709551615", false, &value) && value == UINT64_MAX);
    static const char *const wrong[] = {"", "-1", "+1", " 1", "1 ", "1.5", "0x10", "1e3", "K", "18446744073709551616"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(arguments_parse_number(wrong[i], false, &value));
}

static void byte_sizes(void **state) {
    (void)state;
    uint64_t value = 0;
    assert_true(arguments_parse_number("3", true, &value) && value == 3);
    assert_true(arguments_parse_number("3K", true, &value) && value == 3072);
    assert_true(arguments_parse_number("2M", true, &value) && value == 2 << 20);
    assert_true(arguments_parse_number("1G", true, &value) && value == 1 << 30);
    assert_false(arguments_parse_number("3K", false, &value));
    assert_false(arguments_parse_number("3KB", true, &value));
    assert_false(arguments_parse_number("3T", true, &value));
    assert_false(arguments_parse_number("18446744073709551615K", true, &value));
}

static void seconds(void **state) {
    (void)state;
    uint64_t duration = 0;
    assert_true(arguments_parse_seconds("0.25", &duration) && duration == 250000000);
    assert_true(arguments_parse_seconds("2", &duration) && duration == 2000000000);
    static const char *const wrong[] = {"", "0", "-1", "nan", "inf", "1s", "1e9", ".5"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(arguments_parse_seconds(wrong[i], &duration));
}

static uint64_t size, shape;
static const char *const shapes[] = {"round", "square", NULL};
static const Parameter parameters[] = {
    {"size", PARAMETER_BYTES, &size, 1, 1 << 20, NULL, "a size"},
    {"shape", PARAMETER_CHOICE, &shape, 0, 0, shapes, "a shape"},
};
static const Preset presets[] = {{"big_square", "--size 64K --shape square --threads 3", "big"}};
static const Workload workload = {.name = "test",
                                  .summary = "test",
                                  .default_operations = 100,
                                  .default_threads = 1,
                                  .parameters = parameters,
                                  .parameter_count = 2,
                                  .presets = presets,
                                  .preset_count = 1};

static Options read_arguments(int argc, const char *const *arguments) {
    char *argv[16] = {(char *)(uintptr_t) "test"};
    for (int i = 0; i < argc; i++)
        argv[i + 1] = (char *)(uintptr_t)arguments[i];
    Options options;
    size = 8;
    shape = 0;
    assert_true(arguments_read(&workload, argc + 1, argv, &options));
    return options;
}

static void defaults(void **state) {
    (void)state;
    Options options = read_arguments(0, NULL);
    assert_int_equal(options.threads, 1);
    assert_int_equal(options.operations, 100);
    assert_int_equal(options.duration_ns, 0);
    assert_false(options.threads_given || options.verify || options.json || options.pin);
    assert_int_equal(size, 8);
}

static void given_flags_override_the_preset(void **state) {
    (void)state;
    const char *const before[] = {"--size", "2K", "--preset", "big_square", "--seed", "9", "--verify"};
    Options options = read_arguments(7, before);
    assert_int_equal(size, 2048);
    assert_int_equal(shape, 1);
    assert_int_equal(options.threads, 3);
    assert_int_equal(options.seed, 9);
    assert_true(options.verify);
    assert_string_equal(options.preset, "big_square");
}

static void the_last_flag_wins(void **state) {
    (void)state;
    const char *const twice[] = {"--threads", "2", "--threads=5"};
    assert_int_equal(read_arguments(3, twice).threads, 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(byte_sizes),
        cmocka_unit_test(seconds),
        cmocka_unit_test(defaults),
        cmocka_unit_test(given_flags_override_the_preset),
        cmocka_unit_test(the_last_flag_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
