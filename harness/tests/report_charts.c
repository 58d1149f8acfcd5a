/*
 * report_charts.c - chart data holds what happened and nothing that changes; gnuplot draws the same bytes twice.
 */
#include <ftw.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "../report/chart.h"
#include "../report/gnuplot.h"
#include "analysis_fake_run.h"

#define SCRIPTS TEST_DATA_DIR "/../../scripts/charts"
enum { CHARTS = 5 };

static double speed(size_t row, size_t arm) {
    return 1 + 0.1 * (double)arm + 0.05 * (double)row;
}

static Run *eventful_run(size_t rows, size_t arms, size_t blocks, bool series) {
    FakeSpec spec = {.rows = rows, .arms = arms, .blocks = blocks, .noise = 0.02, .seed = 31, .speed = speed};
    spec.series = series;
    return fake_run(&spec);
}

static char *new_folder(void) {
    char *folder = text_copy("/tmp/report_charts_XXXXXX");
    assert_non_null(mkdtemp(folder));
    char *data = text_format("%s/data", folder);
    assert_int_equal(mkdir(data, 0777), 0);
    free(data);
    return folder;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static void remove_folder(char *folder) {
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(folder);
}

static char *content(const char *folder, const char *name) {
    char *path = text_format("%s/%s", folder, name), *text = NULL;
    size_t capacity = 0;
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s is missing", path);
    if (getdelim(&text, &capacity, '\0', file) < 0)
        fail_msg("%s is empty", path);
    fclose(file);
    free(path);
    return text;
}

static void assert_holds(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

/* Draws what is in `folder`; fails with gnuplot's own words. */
static void draw(const char *folder, const bool *drawn, const char *format) {
    for (size_t i = 0; CHART_NAMES[i]; i++) {
        char *error = NULL;
        if (drawn[i] && !gnuplot_draw(SCRIPTS, folder, CHART_NAMES[i], format, &error))
            fail_msg("%s: %s", CHART_NAMES[i], error);
    }
}

static bool have_gnuplot(void) {
    char *version = gnuplot_version();
    free(version);
    return version != NULL;
}

static void failures_and_gaps_are_in_the_data(void **state) {
    (void)state;
    Run *run = eventful_run(3, 5, 12, true);
    fake_make_unavailable(run, 4, "apt-get install libtbbmalloc2");
    fake_fail(run, 1, 2, 12, SAMPLE_CRASHED, NULL);
    fake_fail(run, 0, 3, 2, SAMPLE_TIMEOUT, NULL);
    fake_find(run, 2, 4, 1, false)->peak_is_exact = false;
    fake_name_row(run, 2, "it's_a \"long\" {name} with ^all& that~gnuplot @takes for \\markup t1", "work2", 1);
    char *folder = new_folder();
    bool drawn[CHARTS];
    assert_int_equal(chart_write_all(run, folder, drawn), CHARTS);
    char *ratio = content(folder, "data/throughput_ratio.dat"), *peak = content(folder, "data/peak_rss.dat");
    char *layout = content(folder, "data/throughput_ratio.layout"), *rss = content(folder, "data/rss_over_time.dat");
    char *scatter = content(folder, "data/speed_memory.dat");
    assert_holds(ratio, "crashed 12/12");
    assert_holds(ratio, "timeout 2/12");
    assert_holds(ratio, "glibc again");
    assert_holds(peak, ">= ");
    assert_holds(layout, "Not measured: tbb (apt-get install libtbbmalloc2)");
    assert_holds(layout, "'it''s\\_a \"long\" \\{name\\} with \\^all\\& that\\~gnuplot \\@takes for \\\\markup t1'");
    assert_holds(rss, "mimalloc crashed");
    assert_holds(scatter, "mimalloc (2 of 3 rows)");
    if (have_gnuplot()) {
        draw(folder, drawn, "svg");
        char *svg = content(folder, "throughput_ratio.svg");
        assert_holds(svg, "it's_a \"long\" {name} with ^all&amp; that~gnuplot @takes for \\markup t1");
        assert_holds(svg, "font-family=\"sans-serif\"");
        free(svg);
    }
    free(ratio);
    free(peak);
    free(layout);
    free(rss);
    free(scatter);
    remove_folder(folder);
    run_free(run);
}

static void the_same_samples_give_the_same_bytes(void **state) {
    (void)state;
    char *folders[2];
    for (size_t i = 0; i < 2; i++) {
        Run *run = eventful_run(4, 4, 10, true);
        bool drawn[CHARTS];
        folders[i] = new_folder();
        assert_int_equal(chart_write_all(run, folders[i], drawn), CHARTS);
        if (have_gnuplot())
            draw(folders[i], drawn, "svg");
        run_free(run);
    }
    for (size_t i = 0; CHART_NAMES[i]; i++)
        for (size_t kind = 0; kind < (have_gnuplot() ? 3 : 2); kind++) {
            char name[64];
            snprintf(name, sizeof name, kind == 2 ? "%s.svg" : kind ? "data/%s.layout" : "data/%s.dat", CHART_NAMES[i]);
            char *left = content(folders[0], name), *right = content(folders[1], name);
            assert_string_equal(left, right);
            assert_null(strstr(left, folders[0]));
            free(left);
            free(right);
        }
    remove_folder(folders[0]);
    remove_folder(folders[1]);
}

/* Runs of every shape are drawn without an error: one row, many rows, few blocks, no samples at all. */
static void runs_of_every_shape_are_drawn(void **state) {
    (void)state;
    static const struct {
        size_t rows, arms, blocks;
        bool series;
    } shapes[] = {{1, 2, 12, true}, {1, 1, 1, false}, {20, 8, 6, true}, {3, 3, 0, false}, {2, 12, 3, true}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        Run *run = eventful_run(shapes[i].rows, shapes[i].arms, shapes[i].blocks, shapes[i].series);
        for (uint32_t row = 0; row + 1 < shapes[i].rows && row < 6; row += 2) { /* pairs of rows over threads */
            char *name = text_format("pair%u t1", row), *next = text_format("pair%u t16", row);
            fake_name_row(run, row, name, name, 1);
            fake_name_row(run, row + 1, next, name, 16);
            free(name);
            free(next);
        }
        bool drawn[CHARTS];
        char *folder = new_folder();
        assert_true(chart_write_all(run, folder, drawn) >= 0);
        assert_int_equal(drawn[3], shapes[i].series);
        if (have_gnuplot()) {
            draw(folder, drawn, "svg");
            draw(folder, drawn, "png");
        }
        remove_folder(folder);
        run_free(run);
    }
}

static void labels_move_apart_and_no_further(void **state) {
    (void)state;
    double places[] = {50, 10, 50.001, 52};
    chart_spread(places, 4, 10, 0, 100);
    const double expected[] = {40 + 2 / 3.0, 10, 50 + 2 / 3.0, 60 + 2 / 3.0};
    for (size_t i = 0; i < 4; i++)
        assert_true(fabs(places[i] - expected[i]) < 0.01);
    double crowded[] = {99, 99, 99};
    chart_spread(crowded, 3, 60, 0, 100); /* the gap shrinks to what there is */
    assert_true(fabs(crowded[0]) < 1e-9 && fabs(crowded[2] - 100) < 1e-9);
}

static void tics_are_round_and_apart(void **state) {
    (void)state;
    Axis ratio = axis_empty(AXIS_RATIO, true);
    axis_include(&ratio, 0.5);
    axis_include(&ratio, 2);
    axis_include(&ratio, NAN);
    axis_finish(&ratio);
    char *text = axis_tics(&ratio, 240, 34);
    assert_string_equal(text, "\"0.5\" 0.5, \"0.7\" 0.7, \"1\" 1, \"1.5\" 1.5, \"2\" 2");
    free(text);
    Axis far = axis_empty(AXIS_RATIO, true);
    axis_include(&far, 40);
    axis_include(&far, 70);
    axis_finish(&far);
    text = axis_tics(&far, 240, 34);
    assert_string_equal(text, "\"40\" 40, \"50\" 50, \"60\" 60");
    free(text);
    Axis bytes = axis_empty(AXIS_BYTES, false);
    axis_include(&bytes, 95.0 * 1024 * 1024);
    axis_finish(&bytes);
    text = axis_tics(&bytes, 240, 60);
    assert_string_equal(text, "\"0\" 0, \"50 MiB\" 5.24288e+07");
    free(text);
    Axis nothing = axis_empty(AXIS_PER_SECOND, true);
    axis_finish(&nothing);
    text = axis_tics(&nothing, 240, 60);
    assert_non_null(text);
    free(text);
}

static void known_names_keep_their_style(void **state) {
    (void)state;
    Run *small = eventful_run(1, 2, 1, false), *large = eventful_run(1, 12, 1, false);
    ArmStyle *few = arm_styles(&small->meta), *many = arm_styles(&large->meta);
    assert_memory_equal(few, many, 2 * sizeof *few);
    for (size_t a = 0; a < 12; a++)
        for (size_t b = 0; b < a; b++)
            assert_true(many[a].colour != many[b].colour || many[a].mark != many[b].mark);
    free(few);
    free(many);
    run_free(small);
    run_free(large);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_and_gaps_are_in_the_data), cmocka_unit_test(the_same_samples_give_the_same_bytes),
        cmocka_unit_test(runs_of_every_shape_are_drawn),     cmocka_unit_test(labels_move_apart_and_no_further),
        cmocka_unit_test(tics_are_round_and_apart),          cmocka_unit_test(known_names_keep_their_style),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
