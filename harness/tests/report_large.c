/*
 * report_large.c - the page of a thousand rows stays small enough to open at once: what decides that is asserted, how
 * long a browser takes is printed where there is one.
 */
#include "command_testing.h"

enum { ROWS = 1000, ARMS = 6, BLOCKS = 10, THREADS = 4 };

/* Bytes of the page, and elements that a browser builds on opening it: of what is folded away none. */
static const size_t MOST_BYTES = 12 << 20, MOST_ELEMENTS = 30000;

static double speed(size_t row, size_t arm) {
    return 1 + 0.1 * (double)arm * (row % 3 ? 1 : -1);
}

static double memory(size_t row, size_t arm) {
    return 1 + 0.15 * (double)((row + arm) % ARMS);
}

/* Workloads at 1, 2, 4 and 8 threads. */
static Run *large_run(void) {
    FakeSpec spec = {
        .rows = ROWS, .arms = ARMS, .blocks = BLOCKS, .noise = 0.02, .seed = 8, .speed = speed, .memory = memory};
    spec.series = true;
    spec.series_points = 12;
    Run *run = fake_run(&spec);
    for (uint32_t row = 0; row < ROWS; row++) {
        uint32_t threads = 1u << row % THREADS;
        char *workload = text_format("workload_%u", row / THREADS), *name = text_format("%s t%u", workload, threads);
        fake_name_row(run, row, name, workload, threads);
        free(workload);
        free(name);
    }
    return run;
}

static size_t elements_on_opening(const char *page) {
    size_t count = 0;
    for (const char *at = page; (at = strchr(at, '<')) != NULL; at++) {
        count += (at[1] >= 'a' && at[1] <= 'z');
        const char *end = strncmp(at, "<noscript>", 10) == 0 ? strstr(at, "</noscript>") : NULL;
        at = end ? end : at;
    }
    return count;
}

static void a_thousand_rows_open_at_once(void **state) {
    (void)state;
    if (system("command -v gnuplot >/dev/null 2>&1") != 0)
        skip();
    char *base = test_folder(), *folder = text_format("%s/run", base), *path = text_format("%s/report.html", folder);
    Run *run = large_run();
    store_run(run, folder);
    run_free(run);
    assert_int_equal(run_command(command_report, folder, NULL), EXIT_CODE_OK);
    size_t length;
    char *page = read_whole_file(path, &length);
    size_t elements = elements_on_opening(page);
    printf("%d rows, %d arms: %.1f MiB, %zu elements on opening\n", ROWS, ARMS, (double)length / (1 << 20), elements);
    assert_true(length < MOST_BYTES);
    assert_true(elements < MOST_ELEMENTS);
    assert_non_null(strstr(page, "<th scope=\"row\">workload_249 t8</th>"));
    assert_non_null(strstr(page, "are not in this report"));
    char *command = text_format("bash %s/report_load.sh %s", TEST_DATA_DIR, path);
    fflush(stdout);
    assert_int_equal(system(command), 0);
    free(command);
    free(page);
    free(path);
    free(folder);
    test_folder_remove(base);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_thousand_rows_open_at_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
