/*
 * analysis_stored.c - a stored run judged anew: the same bytes from a copy of its folder, and how long ten thousand
 * samples take.
 */
#include "testing.h"

#include <time.h>

#include "../commands/command.h"
#include "../report/report.h"
#include "analysis_fake_run.h"

static char *output_of(const char *command, int *code) {
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    char buffer[4096];
    for (size_t got; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;)
        fwrite(buffer, 1, got, out);
    fclose(out);
    *code = WEXITSTATUS(pclose(pipe));
    return text;
}

static double speed(size_t row, size_t arm) {
    return 1 + 0.02 * (double)(arm * (row + 1));
}

static Run *stored_run(const char *folder, const FakeSpec *spec) {
    Run *run = fake_run(spec);
    for (size_t i = 0; i < run->sample_count; i++) {
        sample_add_measure(&run->samples[i], "floor_rss_bytes", 1500000 + (double)(i % 7) * 4096, NULL);
        run->samples[i].minor_faults = 1000 + i % 13;
    }
    StoreError error;
    if (!fake_store(run, folder, &error))
        fail_msg("%s", error.text);
    return run;
}

/* Nothing but the two files counts: neither the folder's name nor when or where it is read. */
static void a_copy_gives_the_same_bytes(void **state) {
    (void)state;
    char *base = test_folder(), *folder = text_format("%s/run", base), *copy = text_format("%s/elsewhere/copy", base);
    FakeSpec spec = {.rows = 3, .arms = 3, .blocks = 12, .noise = 0.02, .seed = 4, .speed = speed, .series = true};
    run_free(stored_run(folder, &spec));
    char *copying = text_format("mkdir -p %s/elsewhere && cp -r %s %s && touch -d @0 %s/*", base, folder, copy, copy);
    assert_int_equal(system(copying), 0);
    static const char *const formats[] = {"text", "markdown", "csv", "json"};
    for (size_t i = 0; i < 4; i++) {
        int codes[2];
        char *one = text_format("%s compare %s --metric all --format %s 2>&1", TEST_ALLOCBENCH, folder, formats[i]);
        char *other = text_format("cd / && TZ=Asia/Tokyo %s compare %s --metric all --format %s 2>&1", TEST_ALLOCBENCH,
                                  copy, formats[i]);
        char *first = output_of(one, &codes[0]), *second = output_of(other, &codes[1]);
        assert_int_equal(codes[0], 0);
        assert_int_equal(codes[1], 0);
        assert_true(strlen(first) > 1000);
        assert_string_equal(first, second);
        free(one);
        free(other);
        free(first);
        free(second);
    }
    free(copying);
    free(copy);
    free(folder);
    test_folder_remove(base);
}

static double seconds_since(const struct timespec *begin) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)(now.tv_sec - begin->tv_sec) + (double)(now.tv_nsec - begin->tv_nsec) / 1e9;
}

/* No limit is asserted: the time depends on the machine. What is: every sample is read and every row has its table. */
static void ten_thousand_samples_are_loaded_and_judged(void **state) {
    (void)state;
    char *base = test_folder(), *folder = text_format("%s/run", base);
    FakeSpec spec = {.rows = 20, .arms = 8, .blocks = 56, .noise = 0.03, .block_noise = 0.1, .seed = 6, .speed = speed};
    spec.series = true;
    spec.series_points = 40;
    Run *written = stored_run(folder, &spec);
    struct timespec begin;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    StoreError error;
    Run *run = run_load(folder, &error);
    double loaded = seconds_since(&begin);
    assert_non_null(run);
    assert_int_equal(run->sample_count, written->sample_count);
    assert_true(run->sample_count >= 10000);
    assert_int_equal(run->unreadable_lines, 0);
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    assert_int_equal(report_print_run(run, out), 0);
    double judged = seconds_since(&begin);
    fclose(out);
    print_message("%zu samples: %.2f s to load, %.2f s to judge and print\n", run->sample_count, loaded,
                  judged - loaded);
    assert_non_null(strstr(text, "row 19"));
    assert_non_null(strstr(text, "geometric mean"));
    free(text);
    run_free(run);
    run_free(written);
    free(folder);
    test_folder_remove(base);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_gives_the_same_bytes),
        cmocka_unit_test(ten_thousand_samples_are_loaded_and_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
