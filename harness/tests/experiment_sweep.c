/*
 * experiment_sweep.c - lists and ranges of threads and of parameters' values, and the rows that come of them.
 */
#include "assembled.h"
#include "experiment/sweep.h"

static void expect_threads(const char *text, const char *expected) {
    uint32_t *threads;
    size_t count;
    StoreError problem = {""};
    if (!sweep_parse_threads(text, 3, &threads, &count, &problem))
        fail_msg("%s: %s", text, problem.text);
    char *got = text_copy("");
    for (size_t i = 0; i < count; i++) {
        char *longer = text_format("%s%s%u", got, i == 0 ? "" : " ", (unsigned)threads[i]);
        free(got);
        got = longer;
    }
    assert_string_equal(got, expected);
    free(got);
    free(threads);
}

static void expect_no_threads(const char *text, const char *message) {
    uint32_t *threads;
    size_t count;
    StoreError problem = {""};
    assert_false(sweep_parse_threads(text, 3, &threads, &count, &problem));
    assert_null(threads);
    if (strstr(problem.text, message) == NULL)
        fail_msg("'%s' is not in '%s'", message, problem.text);
}

static void threads_are_lists_and_ranges(void **state) {
    (void)state;
    expect_threads("1,2,4", "1 2 4");
    expect_threads("1..4", "1 2 3 4");
    expect_threads(" 1, 2, 4..6 ", "1 2 4 5 6");
    expect_threads("1..64*2", "1 2 4 8 16 32 64");
    expect_threads("1..20*3", "1 3 9");
    expect_threads("2..9+3", "2 5 8");
    expect_threads("7..7", "7");
    /* Three processors; what comes twice counts once. */
    expect_threads("n", "3");
    expect_threads("1..2n", "1 2 3 4 5 6");
    expect_threads("1,3,n,2n", "1 3 6");
    expect_threads("4096", "4096");
    expect_no_threads("0", "from 1 to 4096 threads, not 0");
    expect_no_threads("1,0..2", "from 1 to 4096 threads, not 0..2");
    expect_no_threads("4097", "not 4097");
    expect_no_threads("1366n", "not 1366n");
    expect_no_threads("8..1", "runs backwards");
    expect_no_threads("1..4096", "has over 256 values; give it a larger step, such as 1..4096*2");
    expect_no_threads("1..4000000000", "from 1 to 4096");
    expect_no_threads("1..64*1", "never ends");
    expect_no_threads("1..64+0", "never ends");
    static const char *const nonsense[] = {"x", "-1", "1.5", "1..", "..2", "1..2..3", "n2", "1..4/2", "1..4*", "1 2"};
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++)
        expect_no_threads(nonsense[i], "is no number of threads");
    expect_no_threads("", "is empty");
    expect_no_threads(",,", "is empty");
    static const char *const with_gaps[] = {"1,,2", ",1", "1,", "1, ,2"};
    for (size_t i = 0; i < sizeof with_gaps / sizeof with_gaps[0]; i++)
        expect_no_threads(with_gaps[i], "a part of the list is empty");
}

static void expect_values(const char *text, const char *parameter, const char *expected) {
    Sweeps sweeps = {0};
    StoreError problem = {""};
    if (!sweeps_add(&sweeps, text, &problem))
        fail_msg("%s: %s", text, problem.text);
    const Sweep *sweep = sweeps_find(&sweeps, parameter);
    assert_non_null(sweep);
    char *got = text_copy("");
    for (size_t i = 0; i < sweep->values.count; i++) {
        char *longer = text_format("%s%s%s", got, i == 0 ? "" : " ", sweep->values.items[i]);
        free(got);
        got = longer;
    }
    assert_string_equal(got, expected);
    free(got);
    sweeps_release(&sweeps);
}

static void expect_no_values(const char *text, const char *message) {
    Sweeps sweeps = {0};
    StoreError problem = {""};
    assert_false(sweeps_add(&sweeps, text, &problem));
    if (strstr(problem.text, message) == NULL)
        fail_msg("'%s' is not in '%s'", message, problem.text);
    sweeps_release(&sweeps);
}

static void values_are_lists_and_ranges(void **state) {
    (void)state;
    expect_values("size=16,64,4K", "size", "16 64 4K");
    expect_values("--size=16", "size", "16");
    /* A range is written as its ends are. */
    expect_values("size=512..4K*2", "size", "512 1K 2K 4K");
    expect_values("size=512..4096*2", "size", "512 1024 2048 4096");
    expect_values("size=1M..4G*64", "size", "1M 64M 4G");
    expect_values("slots=100..500+200", "slots", "100 300 500");
    expect_values("size=4K,4096,4K..8K*2", "size", "4K 8K");
    expect_values("queue=lifo,fifo,lifo", "queue", "lifo fifo");
    /* Blanks separate as commas do, so that lists read well in a suite. */
    expect_values("size=16, 64 slots=5,6", "size", "16 64");
    expect_values("size=16, 64 slots=5,6", "slots", "5 6");
    expect_values("size=16,64,slots=5,6", "slots", "5 6");
    /* Up to the end of the numbers that there are. */
    expect_values("size=9223372036854775808..18446744073709551615*2", "size", "9223372036854775808");
    expect_no_values("size", "'size' is not NAME=VALUE");
    expect_no_values("", "is empty");
    expect_no_values("size=", "size has no value");
    expect_no_values("size= slots=3", "size has no value");
    static const char *const with_gaps[] = {"size=16,,64", "size=,16", "size=16,", "size=16 slots=1,,2"};
    for (size_t i = 0; i < sizeof with_gaps / sizeof with_gaps[0]; i++)
        expect_no_values(with_gaps[i], "a part of the list is empty");
    expect_no_values("=4", "is no parameter's name");
    expect_no_values("size=4 size=5", "size is given twice");
    expect_no_values("size=32K..8*2", "runs backwards");
    expect_no_values("size=1..2000", "has over 256 values");
    expect_no_values("size=0..64*2", "never ends");
    expect_no_values("size=a..b", "size=a..b is no range");
    expect_no_values("size=1..8/2", "is no range");
    expect_no_values("size=-3", "size=-3 is no value");
    expect_no_values("size=$(id)", "is no value");
    expect_no_values("size=1..200,1001..1200", "over 256 values; take fewer");
}

static void words_have_distances(void **state) {
    (void)state;
    assert_int_equal(sweep_distance("size", "size"), 0);
    assert_int_equal(sweep_distance("sizes", "size"), 1);
    assert_int_equal(sweep_distance("szie", "size"), 2);
    assert_int_equal(sweep_distance("", "size"), 4);
    assert_int_equal(sweep_distance("kitten", "sitting"), 3);
}

static void write_workload(const char *folder, const char *name, const char *parameters) {
    char *path = text_format("%s/%s", folder, name);
    char *script = text_format("#!/bin/sh\necho '{\"name\":\"%s\",\"unit\":\"operations\",\"scaled\":true,"
                               "\"parameters\":[%s],\"presets\":[{\"name\":\"%s_preset\",\"arguments\":\"\"}]}'\n",
                               name, parameters, name);
    test_write(path, script, strlen(script));
    assert_int_equal(chmod(path, 0755), 0);
    free(script);
    free(path);
}

/* A suite of these sections; there are the workloads "wide" (size, slots, queue, free) and "plain" (rounds). */
static Assembled *with_sections(const char *sections) {
    char *folder = test_folder();
    write_workload(folder, "wide",
                   "{\"name\":\"size\",\"minimum\":1,\"maximum\":65536},{\"name\":\"slots\",\"minimum\":1,"
                   "\"maximum\":1000000},{\"name\":\"queue\",\"choices\":[\"lifo\",\"fifo\"]},{\"name\":\"free\"}");
    write_workload(folder, "plain", "{\"name\":\"rounds\",\"minimum\":1,\"maximum\":100}");
    setenv("ALLOCBENCH_WORKLOADS", folder, 1);
    char *path = text_format("%s/suite.ini", folder);
    char *text = text_format("[suite]\nallocators = glibc\n%s", sections);
    test_write(path, text, strlen(text));
    Assembled *it = assembled_of(folder, path);
    free(text);
    free(path);
    return it;
}

static void request(Assembled *it, const char *values) {
    StoreError problem = {""};
    if (!sweeps_add(&it->choices.sweeps, values, &problem))
        fail_msg("%s", problem.text);
}

static void expect_row(const Assembled *it, size_t row, const char *name, const char *arguments, const char *sweep) {
    assert_true(row < it->meta.row_count);
    assert_string_equal(it->meta.rows[row].name, name);
    assert_string_equal(it->meta.rows[row].arguments, arguments);
    assert_string_equal(it->meta.rows[row].sweep, sweep);
    assert_true(it->meta.rows[row].scaled && it->meta.rows[row].operations == 0);
}

static void a_sweep_makes_rows_where_its_parameter_is_known(void **state) {
    (void)state;
    Assembled *it = with_sections("[a]\nworkload = wide\narguments = --size 5 --free x\nthreads = 1,2\n"
                                  "[b]\nworkload = plain\n");
    request(it, "size=16,4K");
    assemble(it);
    assert_int_equal(it->meta.row_count, 5);
    expect_row(it, 0, "a size=16 t1", "--free x --size 16", "size=16");
    expect_row(it, 1, "a size=16 t2", "--free x --size 16", "size=16");
    expect_row(it, 2, "a size=4K t1", "--free x --size 4096", "size=4K");
    expect_row(it, 4, "b", "", "");
    done_with(it);
}

static void several_sweeps_are_combined(void **state) {
    (void)state;
    Assembled *it = with_sections("[a]\nworkload = wide_preset\nset = size=8..32*2 queue=lifo\n");
    request(it, "queue=fifo,lifo");
    request(it, "slots=5");
    it->choices.thp = 1u << THP_INHERIT | 1u << THP_NEVER;
    assemble(it);
    assert_int_equal(it->meta.row_count, 12);
    /* The command line's values stand in place of the section's. */
    expect_row(it, 0, "a size=8 queue=fifo slots=5 thp=inherit", "--preset wide_preset --size 8 --queue fifo --slots 5",
               "size=8 queue=fifo slots=5");
    expect_row(it, 2, "a size=8 queue=lifo slots=5 thp=inherit", "--preset wide_preset --size 8 --queue lifo --slots 5",
               "size=8 queue=lifo slots=5");
    expect_row(it, 11, "a size=32 queue=lifo slots=5 thp=never",
               "--preset wide_preset --size 32 --queue lifo --slots 5", "size=32 queue=lifo slots=5");
    done_with(it);
}

static void expect_refused(const char *sections, const char *values, const char *message) {
    Assembled *it = with_sections(sections);
    if (values != NULL)
        request(it, values);
    bool good = it->suite != NULL && assemble_run(it->suite, &it->choices, &it->catalogue, &it->meta, &it->error);
    assert_false(good);
    if (strstr(it->error.text, message) == NULL)
        fail_msg("'%s' is not in '%s'", message, it->error.text);
    done_with(it);
}

static void mistakes_are_named(void **state) {
    (void)state;
    static const char both[] = "[a]\nworkload = wide\n[b]\nworkload = plain\n";
    expect_refused(both, "sizes=3",
                   "--set sizes: no chosen workload has such a parameter; did you mean 'size' of wide?");
    expect_refused(both, "nothing-like-it=3", "'allocbench list workloads -v' shows");
    expect_refused(both, "threads=3", "numbers of threads are given by --threads");
    expect_refused(both, "size=1,0", "--set size=0: workload wide takes whole numbers from 1 to 65536");
    expect_refused(both, "size=1..128K*2", "--set size=128K: workload wide takes whole numbers from 1 to 65536");
    expect_refused(both, "size=many", "--set size=many: workload wide takes whole numbers");
    expect_refused(both, "queue=filo", "--set queue=filo: workload wide takes lifo or fifo");
    expect_refused(both, "size=1..200,slots=1..200", "make over 1024 rows; take fewer values");
    expect_refused("[a]\nworkload = wide\nset = size=0\n", NULL, "[a] set size=0: workload wide takes");
    expect_refused("[a]\nworkload = plain\nset = round=3\n", NULL,
                   "[a] set: workload plain has no parameter 'round'; did you mean 'rounds' of plain?");
    expect_refused("[a]\nworkload = wide\nset = size\n", NULL, "suite.ini:5: set = size: 'size' is not NAME=VALUE");
    expect_refused("[a]\nworkload = wide\nthreads = 4..1\n", NULL, "suite.ini:5: threads = 4..1: the range 4..1 runs");
    expect_refused("[a]\nprogram = x\nset = size=3\n", NULL, "is a program: threads, arguments, set");
    expect_refused("[a]\nworkload = wide\nthreads = 1..256\nset = size=1..5\n", NULL, "over 1024 rows");
    expect_refused("[a]\nworkload = wide\n", "rounds=3", "no chosen workload has such a parameter");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_are_lists_and_ranges),
        cmocka_unit_test(values_are_lists_and_ranges),
        cmocka_unit_test(words_have_distances),
        cmocka_unit_test(a_sweep_makes_rows_where_its_parameter_is_known),
        cmocka_unit_test(several_sweeps_are_combined),
        cmocka_unit_test(mistakes_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
