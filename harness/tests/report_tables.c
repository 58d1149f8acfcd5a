/*
 * report_tables.c - everything that happened in a run is visible in every form of its table.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <jansson.h>

#include "../report/report.h"
#include "../report/wording.h"
#include "analysis_fake_run.h"

static double speed(size_t row, size_t arm) {
    return row == 0 && arm == 1 ? 1.5 : 1;
}

/* Three rows, five arms: a missing one, one that crashes throughout, one that times out now and then, one lower bound.
 */
static Run *eventful_run(void) {
    FakeSpec spec = {
        .rows = 3, .arms = 5, .blocks = 12, .noise = 0.01, .block_noise = 0.05, .seed = 21, .speed = speed};
    Run *run = fake_run(&spec);
    fake_make_unavailable(run, 4, "apt-get install libtbbmalloc2");
    fake_fail(run, 1, 2, 12, SAMPLE_CRASHED, "signal 11 | in \"malloc\", once");
    fake_fail(run, 0, 3, 3, SAMPLE_TIMEOUT, "60 s");
    fake_find(run, 2, 2, 1, false)->peak_is_exact = false;
    fake_name_row(run, 2, "a row, with \"quotes\" | and bars t1", "work", 1);
    run->discarded_blocks = 2;
    return run;
}

static char *printed(const Run *run, ReportFormat format) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    Comparison *throughput = comparison_of_run(run, METRIC_THROUGHPUT, 0);
    Comparison *memory = comparison_of_run(run, METRIC_PEAK_RSS, 0);
    const Comparison *both[] = {throughput, memory};
    assert_int_equal(report_print_comparisons(run, both, 2, format, out), 0);
    fclose(out);
    comparison_free(throughput);
    comparison_free(memory);
    return text;
}

static void assert_holds(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void text_shows_everything(void **state) {
    (void)state;
    Run *run = eventful_run();
    char *text = printed(run, REPORT_TEXT);
    static const char *const parts[] = {"skipped: apt-get install libtbbmalloc2",
                                        "crashed 12/12",
                                        "timeout 3/12",
                                        "n too small",
                                        "faster",
                                        ">=",
                                        "A/A noise floor",
                                        "glibc again",
                                        "geometric mean",
                                        "2 disturbed or torn blocks discarded",
                                        "How to read",
                                        "Peak RSS",
                                        "signal 11",
                                        "reference"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_holds(text, parts[i]);
    assert_null(strchr(text, '\033')); /* not a terminal: no colour */
    free(text);
    run_free(run);
}

static void text_fits_a_terminal(void **state) {
    (void)state;
    Run *run = eventful_run();
    char *text = printed(run, REPORT_TEXT);
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        assert_in_range(strcspn(line, "\n"), 0, 100);
    free(text);
    run_free(run);
}

static void markdown_keeps_its_columns(void **state) {
    (void)state;
    Run *run = eventful_run();
    char *text = printed(run, REPORT_MARKDOWN);
    assert_holds(text, "a row, with \"quotes\" \\| and bars t1");
    assert_holds(text, "**faster**");
    assert_holds(text, "crashed 12/12");
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        if (*line != '|' || line[1] == '-')
            continue;
        size_t bars = 0;
        for (const char *at = line; *at != '\n'; at++)
            bars += *at == '|' && (at == line || at[-1] != '\\');
        assert_int_equal(bars, 7);
    }
    free(text);
    run_free(run);
}

static void csv_has_one_width(void **state) {
    (void)state;
    Run *run = eventful_run();
    char *text = printed(run, REPORT_CSV);
    assert_holds(text, "\"a row, with \"\"quotes\"\" | and bars t1\"");
    size_t lines = 0, fields = 1, expected = 0;
    bool quoted = false;
    for (const char *at = text; *at; at++) {
        quoted ^= *at == '"';
        fields += *at == ',' && !quoted;
        if (*at == '\n' && !quoted) {
            expected = expected ? expected : fields;
            assert_int_equal(fields, expected);
            fields = 1;
            lines++;
        }
    }
    assert_int_equal(lines, 1 + 2 * 3 * 6);
    free(text);
    run_free(run);
}

static void json_is_complete(void **state) {
    (void)state;
    Run *run = eventful_run();
    char *text = printed(run, REPORT_JSON);
    json_t *document = json_loads(text, 0, NULL);
    assert_non_null(document);
    json_t *tables = json_object_get(document, "comparisons");
    assert_int_equal(json_array_size(tables), 2);
    json_t *rows = json_object_get(json_array_get(tables, 0), "rows");
    assert_int_equal(json_array_size(rows), 3);
    json_t *cell = json_array_get(json_object_get(json_array_get(rows, 0), "cells"), 1);
    assert_string_equal(json_string_value(json_object_get(cell, "verdict")), "faster");
    double ratio = json_real_value(json_object_get(json_object_get(cell, "ratio"), "estimate"));
    assert_true(fabs(ratio - 1.5) < 0.03);
    json_t *dead = json_array_get(json_object_get(json_array_get(rows, 1), "cells"), 2);
    assert_string_equal(json_string_value(json_object_get(dead, "status")), "crashed");
    assert_true(json_is_null(json_object_get(json_object_get(dead, "ratio"), "estimate")));
    json_decref(document);
    free(text);
    run_free(run);
}

static char *printed_metric(const Run *run, Metric metric, uint32_t reference, ReportFormat format) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    Comparison *comparison = comparison_of_run(run, metric, reference);
    const Comparison *one[] = {comparison};
    assert_int_equal(report_print_comparisons(run, one, 1, format, out), 0);
    assert_int_equal(report_print_counts(run, one, 1, format, out), 0);
    fclose(out);
    comparison_free(comparison);
    return text;
}

/* The A/A line belongs to the baseline in a table against another arm, too, and says so. */
static void the_control_is_not_misread(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 1, .arms = 3, .blocks = 12, .noise = 0.01, .seed = 3, .speed = speed};
    Run *run = fake_run(&spec);
    char *text = printed_metric(run, METRIC_THROUGHPUT, 1, REPORT_TEXT);
    assert_holds(text, "Throughput against jemalloc");
    assert_holds(text, "A/A: against glibc, the same library");
    free(text);
    text = printed_metric(run, METRIC_THROUGHPUT, 1, REPORT_CSV);
    assert_holds(text, ",glibc,1,glibc,12,"); /* control, and its own reference */
    assert_holds(text, ",glibc,0,jemalloc,12,");
    free(text);
    run_free(run);
}

/* What was subtracted, and what a clock reading itself takes, stands above the numbers that it concerns. */
static void floors_stand_beside_what_they_concern(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 1, .arms = 2, .blocks = 12, .noise = 0.01, .seed = 3, .series = true};
    Run *run = fake_run(&spec);
    run->meta.rows[0].floor_bytes = 1677722;
    char *text = printed_metric(run, METRIC_PEAK_RSS, 0, REPORT_TEXT);
    assert_holds(text, "instrument floor 1.600 MiB subtracted");
    free(text);
    text = printed_metric(run, METRIC_THROUGHPUT, 0, REPORT_TEXT);
    assert_null(strstr(text, "instrument floor"));
    free(text);
    static const char *const calls[] = {"malloc", "free", NULL};
    fake_add_latencies(run, calls, 40, 100000, 0.01, 1);
    run->meta.mode = MODE_LATENCY;
    text = printed_metric(run, METRIC_MALLOC_P99, 0, REPORT_TEXT);
    assert_holds(text, "malloc, p99 against glibc: ratio over 1 is slower");
    assert_holds(text, "an empty call reads 8.0");
    assert_holds(text, " ns ");
    free(text);
    text = printed_metric(run, METRIC_MALLOC_P99, 0, REPORT_MARKDOWN);
    assert_holds(text, "an empty call reads 8.0");
    free(text);
    run_free(run);
}

/* Side by side, without ratios; what could not be counted says why, once. */
static void counts_stand_side_by_side(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 2, .arms = 3, .blocks = 2, .seed = 3};
    Run *run = fake_run(&spec);
    run->meta.counter_blocks = 1;
    for (size_t i = 0; i < run->sample_count; i++)
        if (run->samples[i].arm == 2)
            sample_add_measure(&run->samples[i], "hw_cycles", NAN, "not | permitted");
        else
            sample_add_measure(&run->samples[i], "hw_cycles", 4e9 * (1 + run->samples[i].arm), NULL);
    char *text = printed_metric(run, METRIC_HW_CYCLES, 0, REPORT_TEXT);
    assert_holds(text, "Cycles                      1.000 M   2.000 M       n/a\n  n/a: not | permitted\n");
    free(text);
    text = printed_metric(run, METRIC_HW_CYCLES, 0, REPORT_MARKDOWN);
    assert_holds(text, "| row 1 | Cycles | 1.000 M | 2.000 M | n/a |");
    free(text);
    text = printed_metric(run, METRIC_HW_CYCLES, 0, REPORT_CSV);
    assert_holds(text, "hw_cycles,row 1,work1,1,mimalloc,0,glibc,1,0,0,0,ok,not | permitted,,,,");
    free(text);
    run_free(run);
}

static double speed_under_the_bound(size_t row, size_t arm) {
    (void)row;
    return arm == 6 ? 4 : arm == 5 ? 3 : 1;
}

/* An arm named limit is a bound: how near the others came stands under each row of throughput, and nowhere else. */
static void the_bound_is_a_distance(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 2, .arms = 7, .blocks = 12, .seed = 3, .speed = speed_under_the_bound};
    Run *run = fake_run(&spec);
    fake_fail(run, 1, 1, 12, SAMPLE_CRASHED, "signal 11");
    static const char line[] =
        "of limit's throughput: glibc 25 %, jemalloc 25 %, mimalloc 25 %, tcmalloc 25 %, tbb 25 %, "
        "minipool 75 %";
    char *text = printed_metric(run, METRIC_THROUGHPUT, 0, REPORT_MARKDOWN);
    assert_holds(text, line);
    assert_holds(text, "of limit's throughput: glibc 25 %, mimalloc 25 %");
    free(text);
    text = printed_metric(run, METRIC_THROUGHPUT, 0, REPORT_TEXT);
    assert_holds(text, "\n  of limit's throughput: glibc 25 %, jemalloc 25 %");
    free(text);
    text = printed_metric(run, METRIC_PEAK_RSS, 0, REPORT_TEXT);
    assert_null(strstr(text, "of limit's"));
    free(text);
    text = printed_metric(run, METRIC_THROUGHPUT, 6, REPORT_TEXT); /* then the ratios say it */
    assert_null(strstr(text, "of limit's"));
    free(text);
    run_free(run);
}

static void unstable_drifting_and_empty_runs_print(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 1, .arms = 2, .blocks = 12, .noise = 0.001, .seed = 3};
    Run *run = fake_run(&spec);
    for (uint32_t block = 0; block < 12; block++) {
        fake_find(run, 0, block, 0, true)->elapsed_ns += 20000000;
        fake_find(run, 0, block, 0, false)->elapsed_ns += 5000000 * block;
    }
    char *text = printed(run, REPORT_TEXT);
    assert_holds(text, "drift");
    free(text);
    run_free(run);

    spec.blocks = 0;
    run = fake_run(&spec);
    for (int format = REPORT_TEXT; format <= REPORT_JSON; format++)
        free(printed(run, (ReportFormat)format));
    run_free(run);
    spec.rows = 0;
    run = fake_run(&spec);
    assert_int_equal(report_print_run(run, stdout), 0);
    run_free(run);
}

static void shifts_print_in_every_form(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 2, .arms = 2, .blocks = 12, .noise = 0.01, .seed = 3};
    Run *first = fake_run(&spec);
    spec.seed = 4;
    spec.speed = speed;
    Run *second = fake_run(&spec);
    second->meta.rows[1].threads = 2;
    RunShift *shift = run_shift_of_runs(first, second, METRIC_THROUGHPUT);
    const RunShift *one[] = {shift};
    for (int format = REPORT_TEXT; format <= REPORT_JSON; format++) {
        char *text = NULL;
        size_t length = 0;
        FILE *out = open_memstream(&text, &length);
        assert_int_equal(report_print_shifts(one, 1, (ReportFormat)format, out), 0);
        fclose(out);
        assert_holds(text, "faster");
        assert_holds(text, "threads differ: 1 and 2");
        free(text);
    }
    run_shift_free(shift);
    run_free(first);
    run_free(second);
}

static void assert_word(char *word, const char *expected) {
    assert_string_equal(word, expected);
    free(word);
}

static void numbers_read_well(void **state) {
    (void)state;
    assert_word(word_ratio(1.03449), "1.034");
    assert_word(word_ratio(0.01234), "0.0123");
    assert_word(word_ratio(12.34), "12.3");
    assert_word(word_ratio(NAN), "-");
    assert_word(word_value(12345678, METRIC_THROUGHPUT), "12.35 M");
    assert_word(word_value(999.99, METRIC_THROUGHPUT), "1.000 k");
    assert_word(word_value(0.8123, METRIC_THROUGHPUT), "0.812");
    assert_word(word_value(1048576, METRIC_PEAK_RSS), "1.000 MiB");
    assert_word(word_value(41.204, METRIC_MALLOC_P50), "41.20 ns");
    assert_word(word_value(3351, METRIC_FREE_P9999), "3.351 us");
    assert_word(word_value(1.5, METRIC_OVERHEAD), "1.500");
    assert_word(word_value(-0.02, METRIC_RETENTION), "-0.020");
    assert_word(word_value(0, METRIC_FUTEX_SYSCALLS), "0");
    assert_word(word_value(147.06, METRIC_INSTRUCTIONS), "147.1");
    assert_word(word_percent(0.0183), "1.8 %");
    assert_word(word_percent(NAN), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_shows_everything),      cmocka_unit_test(text_fits_a_terminal),
        cmocka_unit_test(markdown_keeps_its_columns), cmocka_unit_test(csv_has_one_width),
        cmocka_unit_test(json_is_complete),           cmocka_unit_test(unstable_drifting_and_empty_runs_print),
        cmocka_unit_test(shifts_print_in_every_form), cmocka_unit_test(numbers_read_well),
        cmocka_unit_test(the_control_is_not_misread), cmocka_unit_test(floors_stand_beside_what_they_concern),
        cmocka_unit_test(counts_stand_side_by_side),  cmocka_unit_test(the_bound_is_a_distance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
