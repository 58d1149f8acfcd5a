/*
 * report_commands.c - compare and charts on stored runs: what they return, and what they say when they refuse.
 */
#include <fcntl.h>
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
#include "../commands/command.h"
#include "../report/gnuplot.h"
#include "analysis_fake_run.h"

static char base[] = "/tmp/report_commands_XXXXXX";
static char output[65536]; /* what the last command printed, stdout and stderr */

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static double speed(size_t row, size_t arm) {
    return arm == 1 ? 1.3 + 0.1 * (double)row : 1;
}

/* Stores the run, which it takes, as base/name. */
static char *store_run(Run *run, const char *name) {
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
    return store_run(fake_run(&spec), name);
}

/* Two blocks of three arms; the second and third need so many instructions. */
static char *store_counts(const char *name, double second, double third) {
    FakeSpec spec = {.rows = 1, .arms = 3, .blocks = 2, .seed = 1};
    Run *run = fake_run(&spec);
    run->meta.mode = MODE_ICOUNT;
    const double values[] = {90.5, second, third};
    for (size_t i = 0; i < run->sample_count; i++)
        sample_add_measure(&run->samples[i], "instructions_per_operation", values[run->samples[i].arm], NULL);
    return store_run(run, name);
}

static int run_command(int (*command)(int, char **), ...) {
    char *argv[16] = {"allocbench"};
    int argc = 1;
    va_list arguments;
    va_start(arguments, command);
    while ((argv[argc] = va_arg(arguments, char *)))
        argc++;
    va_end(arguments);

    char *path = text_format("%s/output", base);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600), saved[2] = {dup(1), dup(2)};
    fflush(stdout);
    dup2(file, 1);
    dup2(file, 2);
    int code = command(argc, argv);
    fflush(stdout);
    dup2(saved[0], 1);
    dup2(saved[1], 2);
    ssize_t length = pread(file, output, sizeof output - 1, 0);
    output[length > 0 ? length : 0] = '\0';
    close(file);
    close(saved[0]);
    close(saved[1]);
    free(path);
    return code;
}

/* The same in a process of its own, for what the command ends by exit(); `arguments` is a line for the shell. */
static int run_program(const char *arguments) {
    char *command = text_format("%s %s 2>&1", TEST_ALLOCBENCH, arguments);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    output[fread(output, 1, sizeof output - 1, pipe)] = '\0';
    free(command);
    return WEXITSTATUS(pclose(pipe));
}

static void assert_said(const char *part) {
    if (!strstr(output, part))
        fail_msg("\"%s\" is not in:\n%s", part, output);
}

static void compare_judges_one_run(void **state) {
    (void)state;
    char *run = store("good", 12, 0.005, 1);
    assert_int_equal(run_command(command_compare, run, NULL), 0);
    assert_said("faster");
    assert_int_equal(run_command(command_compare, run, "--metric", "peak_rss", "--format", "csv", NULL), 0);
    assert_said("peak_rss,row 0");
    assert_int_equal(run_command(command_compare, run, "--ref", "jemalloc", NULL), 0);
    assert_said("against jemalloc");
    assert_int_equal(run_command(command_compare, run, "--ref", "nobody", NULL), 2);
    assert_said("--ref nobody");
    char *missing = text_format("%s/missing", base);
    assert_int_equal(run_command(command_compare, missing, NULL), 2);
    assert_said("allocbench: ");
    assert_int_equal(run_command(command_compare, "--nonsense", NULL), 2);
    assert_string_equal(output, "allocbench: compare: '--nonsense' is no option; see 'allocbench compare --help'\n");
    assert_int_equal(run_command(command_compare, run, "-sr", NULL), 2);
    assert_said("'-sr' needs a value");
    assert_int_equal(run_command(command_compare, run, "-s", "-sq", NULL), 2);
    assert_said("'-sq' is no option");
    assert_int_equal(run_command(command_charts, run, "--check=yes", NULL), 2);
    assert_said("'--check=yes' takes no value");
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
    assert_said("imprecise");
    free(few);
    free(noisy);
}

static void compare_sets_two_runs_side_by_side(void **state) {
    (void)state;
    char *first = store("first", 12, 0.005, 1), *second = store("second", 12, 0.005, 2);
    assert_int_equal(run_command(command_compare, first, second, NULL), 0);
    assert_said("~");
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
    char *run = store_run(built, "metrics");
    assert_int_equal(run_command(command_compare, run, "--metric", "mean_rss,minor_faults", NULL), 0);
    assert_said("Mean RSS over time against glibc");
    assert_said("Minor page faults against glibc: ratio over 1 is more");
    assert_null(strstr(output, "Throughput"));
    assert_int_equal(run_command(command_compare, run, "--metric", "counts", NULL), 0);
    assert_said("Counts per 1,000 operations");
    assert_said("Minor page faults");
    assert_said("6.000");
    assert_null(strstr(output, "against glibc"));
    assert_int_equal(run_command(command_compare, run, "--metric", "counts", "--format", "csv", NULL), 0);
    assert_said("minor_faults,row 0,work0,1,jemalloc,0,glibc,11,11,11,0,ok,,2,2,2,");
    assert_int_equal(run_command(command_compare, run, "--metric", "all", NULL), 0);
    assert_said("Throughput against");
    assert_said("RSS / live bytes against");
    assert_said("Counts per 1,000 operations");
    assert_int_equal(run_command(command_compare, run, "--metric", "malloc_p99.9", NULL), 2);
    assert_said("has no values of malloc_p99.9");
    assert_int_equal(run_program("compare x --metric memory"), 2);
    assert_said("--metric memory is unknown");
    assert_int_equal(run_program("compare x --metric ''"), 2);
    assert_said("--metric needs a name");
    free(run);
}

/* Power curves are made of one long run: the first blocks of it are a short one. */
static void compare_takes_the_first_blocks(void **state) {
    (void)state;
    char *run = store("long", 20, 0.01, 1);
    assert_int_equal(run_command(command_compare, run, "--blocks", "12", "--metric", "throughput", NULL), 0);
    assert_said("row 0  12 blocks");
    assert_said("faster");
    assert_int_equal(run_command(command_compare, run, "--blocks", "9", "--metric", "throughput", NULL), 0);
    assert_said("n too small");
    assert_int_equal(run_command(command_compare, run, "--blocks", "99", "--metric", "throughput", NULL), 0);
    assert_said("row 0  20 blocks");
    assert_int_equal(run_program("compare x --blocks 0"), 2);
    assert_said("--blocks 0 is no number of blocks");
    free(run);
}

/* Against jemalloc, glibc is 1/1.3 and 1/1.4 as fast: slower by 23 % and 29 %, known to a percent. */
static void a_gate_fails_by_verdict_and_interval(void **state) {
    (void)state;
    char *run = store("gate", 12, 0.005, 1), *few = store("gate_few", 7, 0.005, 1);
    assert_int_equal(run_command(command_compare, run, "--ref", "jemalloc", "--fail-if", "glibc slower 26%", NULL), 6);
    assert_said("--fail-if 'glibc slower 26%': row 1, throughput: ratio 0.71");
    assert_null(strstr(output, "row 0, throughput: ratio"));
    assert_int_equal(run_command(command_compare, run, "--ref", "jemalloc", "--fail-if", "glibc slower 40%", NULL), 0);
    assert_int_equal(run_command(command_compare, run, "--fail-if", "jemalloc slower 0%", NULL), 0);
    assert_int_equal(
        run_command(command_compare, run, "--fail-if", "mimalloc slower 0%", "--fail-if", "mimalloc fatter 0%", NULL),
        0); /* equal arms: whatever the ratio, no verdict */
    assert_int_equal(run_command(command_compare, few, "--fail-if", "jemalloc slower 1%", NULL), 5);
    assert_said("row 0, throughput: could not be judged: n too small");

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
        assert_said(wrong[i][1]);
    }
    free(run);
    free(few);
}

static void a_gate_stands_between_two_runs(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 1, .arms = 2, .blocks = 12, .noise = 0.005, .seed = 2};
    char *slow = store_run(fake_run(&spec), "slow");
    spec.speed = speed;
    spec.seed = 3;
    char *fast = store_run(fake_run(&spec), "fast");
    assert_int_equal(run_command(command_compare, fast, slow, "--fail-if", "jemalloc slower 15%", NULL), 6);
    assert_said("row 0, throughput: ratio 0.7");
    assert_int_equal(run_command(command_compare, fast, slow, "--fail-if", "jemalloc slower 30%", NULL), 0);
    assert_int_equal(run_command(command_compare, slow, fast, "--fail-if", "jemalloc slower 0%", NULL), 0);
    assert_int_equal(run_command(command_compare, slow, fast, "--fail-if", "mimalloc slower 0%", NULL), 2);
    assert_said("no arm of both runs");
    free(slow);
    free(fast);
}

static void what_a_run_lacks_opens_no_gate(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 2, .arms = 2, .blocks = 12, .noise = 0.005, .seed = 2};
    char *whole = store_run(fake_run(&spec), "whole");
    Run *renamed = fake_run(&spec);
    fake_name_row(renamed, 1, "renamed", "work1", 1);
    char *lacking = store_run(renamed, "lacking");
    assert_int_equal(run_command(command_compare, whole, whole, "--fail-if", "jemalloc slower 15%", NULL), 0);
    assert_int_equal(run_command(command_compare, whole, lacking, "--fail-if", "jemalloc slower 15%", NULL), 5);
    assert_said("row 1, throughput: could not be judged: the second run has no row of this name");
    assert_int_equal(run_command(command_compare, whole, lacking, NULL), 0);
    assert_said("renamed is in the second run only");
    assert_int_equal(run_command(command_compare, whole, lacking, "--strict", NULL), 5);
    /* Nor does an arm that crashed in a third of its slots, in either way of comparing. */
    Run *crashing = fake_run(&spec);
    fake_fail(crashing, 1, 1, 4, SAMPLE_CRASHED, "ended by SIGSEGV");
    char *crashed = store_run(crashing, "crashed");
    assert_int_equal(run_command(command_compare, whole, crashed, "--fail-if", "jemalloc slower 15%", NULL), 5);
    assert_said("row 1, throughput: ");
    assert_int_equal(run_command(command_compare, crashed, "--fail-if", "jemalloc slower 15%", NULL), 5);
    assert_said("row 1, throughput: could not be judged: n too small");
    free(crashed);
    assert_int_equal(run_command(command_compare, whole, whole, "--fail-if", "glibc slower 5%", NULL), 2);
    assert_int_equal(run_command(command_compare, whole, "--fail-if", "jemalloc slower 100%", NULL), 2);
    assert_said("nothing loses 100 %");
    free(whole);
    free(lacking);
}

static void counted_instructions_are_a_gate(void **state) {
    (void)state;
    char *before = store_counts("before", 100, 50), *after = store_counts("after", 100, 50.6);
    assert_int_equal(run_command(command_compare, before, NULL), 0);
    assert_said("ranks no allocators");
    assert_said("exact");
    assert_null(strstr(output, "geometric mean"));
    assert_int_equal(run_command(command_compare, before, after, "--fail-if", "mimalloc more 1%", NULL), 6);
    assert_said("1.012  [1.012, 1.012]     more (exact)");
    assert_said("row 0, instructions: ratio 1.012 [1.012, 1.012]");
    assert_int_equal(run_command(command_compare, before, after, "--fail-if", "mimalloc more 2%", "--fail-if",
                                 "jemalloc more 0%", NULL),
                     0);
    assert_int_equal(run_command(command_compare, after, before, "--fail-if", "mimalloc more 0%", NULL), 0);
    assert_said("fewer");
    assert_int_equal(run_command(command_compare, after, "--fail-if", "mimalloc more 0%", NULL), 2);
    assert_said("give two runs");
    free(before);
    free(after);
}

/* The help names every metric that --metric takes; percentiles are named once and for all calls. */
static void help_names_every_metric(void **state) {
    (void)state;
    assert_int_equal(run_program("compare --help"), 0);
    for (unsigned metric = 0; metric < METRIC_COUNT; metric++)
        if (metric < METRIC_CALLOC_P50 || metric > METRIC_FREE_P9999)
            assert_said(metric_info((Metric)metric)->key);
}

static void charts_are_drawn_and_checked(void **state) {
    (void)state;
    char *version = gnuplot_version();
    if (!version)
        skip();
    char *run = store("drawn", 10, 0.02, 3);
    assert_int_equal(run_command(command_charts, run, "--check", NULL), 6);
    assert_said("holds no charts");
    assert_int_equal(run_command(command_charts, run, "--format", "svg", NULL), 0);
    assert_said("/charts/throughput_ratio.svg");
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
    assert_said("peak_rss");
    file = fopen(recorded, "w");
    fputs("gnuplot 9.9\n", file);
    fclose(file);
    assert_int_equal(run_command(command_charts, run, "--check", NULL), 0); /* another version: the data decide */
    assert_said("gnuplot 9.9");
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
    assert_said("apt-get install gnuplot-nox");
    free(path);
    free(run);
}

static int make_base(void **state) {
    (void)state;
    return mkdtemp(base) ? 0 : -1;
}

static int remove_base(void **state) {
    (void)state;
    return nftw(base, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
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
