/*
 * report_commands.c - compare and charts on stored runs: what they return, and what they say when they refuse.
 */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "../analysis/metric.h"
#include "../report/gnuplot.h"
#include "command_testing.h"

static char base[] = "/tmp/report_commands_XXXXXX";

static double speed(size_t row, size_t arm) {
    return arm == 1 ? 1.3 + 0.1 * (double)row : 1;
}

/* Stores the run, which it takes, as base/name. */
static char *store_as(Run *run, const char *name) {
    char *folder = text_format("%s/%s", base, name);
    StoreError error;
    if (!fake_store(run, folder, &error))
        fail_msg("%s", error.text);
    run_free(run);
    return folder;
}

/* Two rows and three arms. */
static char *store(const char *name, size_t blocks, double noise, uint64_t seed) {
    FakeSpec spec = {
        .rows = 2, .arms = 3, .blocks = blocks, .noise = noise, .seed = seed, .speed = speed, .series = true};
    return store_as(fake_run(&spec), name);
}

/* Two blocks of three arms; the second and third need so many instructions. */
static char *store_counts(const char *name, double second, double third) {
    FakeSpec spec = {.rows = 1, .arms = 3, .blocks = 2, .seed = 1};
    Run *run = fake_run(&spec);
    run->meta.mode = MODE_ICOUNT;
    const double values[] = {90.5, second, third};
    for (size_t i = 0; i < run->sample_count; i++)
        sample_add_measure(&run->samples[i], "instructions_per_operation", values[run->samples[i].arm], NULL);
    return store_as(run, name);
}

static void compare_judges_one_run(void **state) {
    (void)state;
    char *run = store("good", 12, 0.005, 1);
    assert_int_equal(run_command(command_compare, run, NULL), 0);
    assert_printed("faster");
    assert_int_equal(run_command(command_compare, run, "--metric", "peak_rss", "--format", "csv", NULL), 0);
    assert_printed("peak_rss,row 0");
    assert_int_equal(run_command(command_compare, run, "--ref", "jemalloc", NULL), 0);
    assert_printed("against jemalloc");
    assert_int_equal(run_command(command_compare, run, "--ref", "nobody", NULL), 2);
    assert_printed("--ref nobody");
    char *missing = text_format("%s/missing", base);
    assert_int_equal(run_command(command_compare, missing, NULL), 2);
    assert_printed("allocbench: ");
    assert_int_equal(run_command(command_compare, "--nonsense", NULL), 2);
    assert_string_equal(printed, "allocbench: compare: '--nonsense' is no option; see 'allocbench compare --help'\n");
    assert_int_equal(run_command(command_compare, run, "-sr", NULL), 2);
    assert_printed("'-sr' needs a value");
    assert_int_equal(run_command(command_compare, run, "-s", "-sq", NULL), 2);
    assert_printed("'-sq' is no option");
    assert_int_equal(run_command(command_charts, run, "--check=yes", NULL), 2);
    assert_printed("'--check=yes' takes no value");
    free(missing);
    free(run);
}

static void strict_asks_for_conclusions(void **state) {
    (void)state;
    char *few = store("few", 7, 0.005, 1);
    assert_int_equal(run_command(command_compare, few, NULL), 0);
    assert_int_equal(run_command(command_compare, few, "--strict", NULL), 5);
    char *noisy = store("noisy", 10, 0.2, 1);
    assert_int_equal(run_command(command_compare, noisy, "--strict", NULL), 5);
    assert_printed("imprecise");
    free(few);
    free(noisy);
}

static void compare_sets_two_runs_side_by_side(void **state) {
    (void)state;
    char *first = store("first", 12, 0.005, 1), *second = store("second", 12, 0.005, 2);
    assert_int_equal(run_command(command_compare, first, second, NULL), 0);
    assert_printed("~");
    assert_int_equal(run_command(command_compare, first, second, "--ref", "jemalloc", NULL), 2);
    free(first);
    free(second);
}

static void compare_takes_any_metric(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 2, .arms = 3, .blocks = 12, .noise = 0.01, .seed = 5, .series = true};
    Run *built = fake_run(&spec);
    for (size_t i = 0; i < built->sample_count; i++) {
        built->samples[i].minor_faults = 8000 * (built->samples[i].arm + 1);
        sample_add_measure(&built->samples[i], "hw_cycles", NAN, "not permitted");
    }
    built->meta.memory_blocks = 1;
    char *run = store_as(built, "metrics");
    assert_int_equal(run_command(command_compare, run, "--metric", "mean_rss,minor_faults", NULL), 0);
    assert_printed("Mean RSS over time against glibc");
    assert_printed("Minor page faults against glibc: ratio over 1 is more");
    assert_null(strstr(printed, "Throughput"));
    assert_int_equal(run_command(command_compare, run, "--metric", "counts", NULL), 0);
    assert_printed("Counts per 1,000 operations");
    assert_printed("Minor page faults");
    assert_printed("6.000");
    assert_null(strstr(printed, "against glibc"));
    assert_int_equal(run_command(command_compare, run, "--metric", "counts", "--format", "csv", NULL), 0);
    assert_printed("minor_faults,row 0,work0,1,jemalloc,0,glibc,11,11,11,0,ok,,2,2,2,");
    assert_int_equal(run_command(command_compare, run, "--metric", "all", NULL), 0);
    assert_printed("Throughput against");
    assert_printed("RSS / live bytes against");
    assert_printed("Counts per 1,000 operations");
    assert_int_equal(run_command(command_compare, run, "--metric", "malloc_p99.9", NULL), 2);
    assert_printed("has no values of malloc_p99.9");
    assert_int_equal(run_program("compare x --metric memory"), 2);
    assert_printed("--metric memory is unknown");
    assert_int_equal(run_program("compare x --metric ''"), 2);
    assert_printed("--metric needs a name");
    free(run);
}

/* Power curves are made of one long run: the first blocks of it are a short one. */
static void compare_takes_the_first_blocks(void **state) {
    (void)state;
    char *run = store("long", 20, 0.01, 1);
    assert_int_equal(run_command(command_compare, run, "--blocks", "12", "--metric", "throughput", NULL), 0);
    assert_printed("row 0  12 blocks");
    assert_printed("faster");
    assert_int_equal(run_command(command_compare, run, "--blocks", "9", "--metric", "throughput", NULL), 0);
    assert_printed("n too small");
    assert_int_equal(run_command(command_compare, run, "--blocks", "99", "--metric", "throughput", NULL), 0);
    assert_printed("row 0  20 blocks");
    assert_int_equal(run_program("compare x --blocks 0"), 2);
    assert_printed("--blocks 0 is no number of blocks");
    free(run);
}

/* Against jemalloc, glibc is 1/1.3 and 1/1.4 as fast: slower by 23 % and 29 %, known to a percent. */
static void a_gate_fails_by_verdict_and_interval(void **state) {
    (void)state;
    char *run = store("gate", 12, 0.005, 1), *few = store("gate_few", 7, 0.005, 1);
    assert_int_equal(run_command(command_compare, run, "--ref", "jemalloc", "--fail-if", "glibc slower 26%", NULL), 6);
    assert_printed("--fail-if 'glibc slower 26%': row 1, throughput: ratio 0.71");
    assert_null(strstr(printed, "row 0, throughput: ratio"));
    assert_int_equal(run_command(command_compare, run, "--ref", "jemalloc", "--fail-if", "glibc slower 40%", NULL), 0);
    assert_int_equal(run_command(command_compare, run, "--fail-if", "jemalloc slower 0%", NULL), 0);
    assert_int_equal(
        run_command(command_compare, run, "--fail-if", "mimalloc slower 0%", "--fail-if", "mimalloc fatter 0%", NULL),
        0); /* equal arms: whatever the ratio, no verdict */
    assert_int_equal(run_command(command_compare, few, "--fail-if", "jemalloc slower 1%", NULL), 5);
    assert_printed("row 0, throughput: could not be judged: n too small");

    static const char *const wrong[][2] = {{"jemalloc", "has the form"},
                                           {"jemalloc slower 5", "ends with a number and a percent sign"},
                                           {"jemalloc faster 5%", "slower, fatter or more"},
                                           {"jemalloc slower x%", "number from 0"},
                                           {"nobody slower 5%", "nobody is no arm"},
                                           {"glibc slower 5%", "what the others are compared with"},
                                           {"jemalloc more 5%", "has the verdict 'more'"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *arguments = text_format("compare %s --fail-if '%s'", run, wrong[i][0]);
        assert_int_equal(run_program(arguments), 2);
        free(arguments);
        assert_printed(wrong[i][1]);
    }
    free(run);
    free(few);
}

static void a_gate_stands_between_two_runs(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 1, .arms = 2, .blocks = 12, .noise = 0.005, .seed = 2};
    char *slow = store_as(fake_run(&spec), "slow");
    spec.speed = speed;
    spec.seed = 3;
    char *fast = store_as(fake_run(&spec), "fast");
    assert_int_equal(run_command(command_compare, fast, slow, "--fail-if", "jemalloc slower 15%", NULL), 6);
    assert_printed("row 0, throughput: ratio 0.7");
    assert_int_equal(run_command(command_compare, fast, slow, "--fail-if", "jemalloc slower 30%", NULL), 0);
    assert_int_equal(run_command(command_compare, slow, fast, "--fail-if", "jemalloc slower 0%", NULL), 0);
    assert_int_equal(run_command(command_compare, slow, fast, "--fail-if", "mimalloc slower 0%", NULL), 2);
    assert_printed("no arm of both runs");
    free(slow);
    free(fast);
}

static void what_a_run_lacks_opens_no_gate(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 2, .arms = 2, .blocks = 12, .noise = 0.005, .seed = 2};
    char *whole = store_as(fake_run(&spec), "whole");
    Run *renamed = fake_run(&spec);
    fake_name_row(renamed, 1, "renamed", "work1", 1);
    char *lacking = store_as(renamed, "lacking");
    assert_int_equal(run_command(command_compare, whole, whole, "--fail-if", "jemalloc slower 15%", NULL), 0);
    assert_int_equal(run_command(command_compare, whole, lacking, "--fail-if", "jemalloc slower 15%", NULL), 5);
    assert_printed("row 1, throughput: could not be judged: the second run has no row of this name");
    assert_int_equal(run_command(command_compare, whole, lacking, NULL), 0);
    assert_printed("renamed is in the second run only");
    assert_int_equal(run_command(command_compare, whole, lacking, "--strict", NULL), 5);
    /* Nor does an arm that crashed in a third of its slots, in either way of comparing. */
    Run *crashing = fake_run(&spec);
    fake_fail(crashing, 1, 1, 4, SAMPLE_CRASHED, "ended by SIGSEGV");
    char *crashed = store_as(crashing, "crashed");
    assert_int_equal(run_command(command_compare, whole, crashed, "--fail-if", "jemalloc slower 15%", NULL), 5);
    assert_printed("row 1, throughput: ");
    assert_int_equal(run_command(command_compare, crashed, "--fail-if", "jemalloc slower 15%", NULL), 5);
    assert_printed("row 1, throughput: could not be judged: n too small");
    free(crashed);
    assert_int_equal(run_command(command_compare, whole, whole, "--fail-if", "glibc slower 5%", NULL), 2);
    assert_int_equal(run_command(command_compare, whole, "--fail-if", "jemalloc slower 100%", NULL), 2);
    assert_printed("nothing loses 100 %");
    free(whole);
    free(lacking);
}

static void counted_instructions_are_a_gate(void **state) {
    (void)state;
    char *before = store_counts("before", 100, 50), *after = store_counts("after", 100, 50.6);
    assert_int_equal(run_command(command_compare, before, NULL), 0);
    assert_printed("ranks no allocators");
    assert_printed("exact");
    assert_null(strstr(printed, "geometric mean"));
    assert_int_equal(run_command(command_compare, before, after, "--fail-if", "mimalloc more 1%", NULL), 6);
    assert_printed("1.012  [1.012, 1.012]     more (exact)");
    assert_printed("row 0, instructions: ratio 1.012 [1.012, 1.012]");
    assert_int_equal(run_command(command_compare, before, after, "--fail-if", "mimalloc more 2%", "--fail-if",
                                 "jemalloc more 0%", NULL),
                     0);
    assert_int_equal(run_command(command_compare, after, before, "--fail-if", "mimalloc more 0%", NULL), 0);
    assert_printed("fewer");
    assert_int_equal(run_command(command_compare, after, "--fail-if", "mimalloc more 0%", NULL), 2);
    assert_printed("give two runs");
    free(before);
    free(after);
}

/* The help names every metric that --metric takes; percentiles are named once and for all calls. */
static void help_names_every_metric(void **state) {
    (void)state;
    assert_int_equal(run_program("compare --help"), 0);
    for (unsigned metric = 0; metric < METRIC_COUNT; metric++)
        if (metric < METRIC_CALLOC_P50 || metric > METRIC_FREE_P9999)
            assert_printed(metric_info((Metric)metric)->key);
}

static void charts_are_drawn_and_checked(void **state) {
    (void)state;
    char *version = gnuplot_version();
    if (!version)
        skip();
    char *run = store("drawn", 10, 0.02, 3);
    assert_int_equal(run_command(command_charts, run, "--check", NULL), 6);
    assert_printed("holds no charts");
    assert_int_equal(run_command(command_charts, run, "--format", "svg", NULL), 0);
    assert_printed("/charts/throughput_ratio.svg");
    char *left_over = text_format("%s/charts/throughput_ratio_2.svg", run); /* of a drawing with more pages */
    assert_int_equal(symlink("throughput_ratio.svg", left_over), 0);
    assert_int_equal(run_command(command_charts, run, "--format", "svg", NULL), 0);
    assert_int_not_equal(access(left_over, F_OK), 0);
    free(left_over);
    assert_int_equal(run_command(command_charts, run, "--check", NULL), 0);

    char *chart = text_format("%s/charts/peak_rss.svg", run),
         *recorded = text_format("%s/charts/gnuplot_version.txt", run);
    FILE *file = fopen(chart, "a");
    fputs("<!-- -->", file);
    fclose(file);
    assert_int_equal(run_command(command_charts, run, "--check", NULL), 6);
    assert_printed("peak_rss");
    file = fopen(recorded, "w");
    fputs("gnuplot 9.9\n", file);
    fclose(file);
    assert_int_equal(run_command(command_charts, run, "--check", NULL), 0); /* another version: the data decide */
    assert_printed("gnuplot 9.9");
    free(version);
    free(chart);
    free(recorded);
    free(run);
}

static void a_missing_gnuplot_is_named(void **state) {
    (void)state;
    char *run = store("no_gnuplot", 6, 0.02, 3), *path = text_copy(getenv("PATH"));
    setenv("PATH", "/nonexistent", 1);
    int code = run_command(command_charts, run, NULL);
    setenv("PATH", path, 1);
    assert_int_equal(code, 7);
    assert_printed("apt-get install gnuplot-nox");
    free(path);
    free(run);
}

static int make_base(void **state) {
    (void)state;
    return mkdtemp(base) ? 0 : -1;
}

static int remove_base(void **state) {
    (void)state;
    return nftw(base, test_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compare_judges_one_run),
        cmocka_unit_test(strict_asks_for_conclusions),
        cmocka_unit_test(compare_sets_two_runs_side_by_side),
        cmocka_unit_test(compare_takes_any_metric),
        cmocka_unit_test(compare_takes_the_first_blocks),
        cmocka_unit_test(a_gate_fails_by_verdict_and_interval),
        cmocka_unit_test(a_gate_stands_between_two_runs),
        cmocka_unit_test(what_a_run_lacks_opens_no_gate),
        cmocka_unit_test(counted_instructions_are_a_gate),
        cmocka_unit_test(help_names_every_metric),
        cmocka_unit_test(charts_are_drawn_and_checked),
        cmocka_unit_test(a_missing_gnuplot_is_named),
    };
    return cmocka_run_group_tests(tests, make_base, remove_base);
}
