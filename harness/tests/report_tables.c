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
    assert_word(word_percent(0.0183), "1.8 %");
    assert_word(word_percent(NAN), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_shows_everything),      cmocka_unit_test(text_fits_a_terminal),
        cmocka_unit_test(markdown_keeps_its_columns), cmocka_unit_test(csv_has_one_width),
        cmocka_unit_test(json_is_complete),           cmocka_unit_test(unstable_drifting_and_empty_runs_print),
        cmocka_unit_test(shifts_print_in_every_form), cmocka_unit_test(numbers_read_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
