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

/* Stores a run of two rows and three arms as base/name. */
static char *store(const char *name, size_t blocks, double noise, uint64_t seed) {
    FakeSpec spec = {
        .rows = 2, .arms = 3, .blocks = blocks, .noise = noise, .seed = seed, .speed = speed, .series = true};
    Run *run = fake_run(&spec);
    char *folder = text_format("%s/%s", base, name);
    StoreError error;
    RunWriter *writer = run_writer_create(folder, &run->meta, &error);
    if (!writer)
        fail_msg("%s", error.text);
    for (size_t i = 0; i < run->sample_count; i++)
        assert_true(run_writer_append(writer, &run->samples[i], &error));
    run_writer_close(writer);
    run_free(run);
    return folder;
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
        cmocka_unit_test(charts_are_drawn_and_checked),
        cmocka_unit_test(a_missing_gnuplot_is_named),
    };
    return cmocka_run_group_tests(tests, make_base, remove_base);
}
