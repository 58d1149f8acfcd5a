/*
 * chart_testing.h - charts of fake runs: written into a folder of their own, drawn, and read back as numbers and texts.
 */
#ifndef ALLOCBENCH_TESTS_CHART_TESTING_H
#define ALLOCBENCH_TESTS_CHART_TESTING_H

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

static inline char *new_folder(void) {
    char *folder = text_copy("/tmp/report_charts_XXXXXX");
    assert_non_null(mkdtemp(folder));
    char *data = text_format("%s/data", folder);
    assert_int_equal(mkdir(data, 0777), 0);
    free(data);
    return folder;
}

static inline int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline void remove_folder(char *folder) {
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(folder);
}

static inline char *content(const char *folder, const char *name) {
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

static inline void assert_holds(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

/* Draws what is in `folder`; fails with gnuplot's own words. */
static inline void draw(const char *folder, const size_t *pages, const char *format) {
    for (size_t i = 0; i < CHART_COUNT; i++)
        for (size_t page = 1; page <= pages[i]; page++) {
            char *error = NULL;
            if (!gnuplot_draw(SCRIPTS, folder, CHARTS[i].name, page, format, &error))
                fail_msg("%s, page %zu: %s", CHARTS[i].name, page, error);
        }
}

static inline bool have_gnuplot(void) {
    char *version = gnuplot_version();
    free(version);
    return version != NULL;
}

/* The numbers of one block of a .dat file, `columns` a line; texts and what lies behind them are NAN. */
typedef struct Numbers {
    double (*line)[8];
    size_t count;
} Numbers;

static inline Numbers numbers_of(const char *folder, const char *chart, size_t block) {
    char *name = text_format("data/%s.dat", chart), *text = content(folder, name), *rest = text;
    Numbers numbers = {0};
    for (size_t i = 0; i < block; i++) {
        rest = strstr(rest, "\n\n\n");
        if (!rest)
            fail_msg("%s has no block %zu", name, block);
        rest += 3;
    }
    while (*rest && strncmp(rest, "\n\n", 2) != 0) {
        rest += *rest == '\n'; /* a single empty line lifts the pen */
        numbers.line = grow(numbers.line, numbers.count + 1, sizeof *numbers.line);
        double *line = numbers.line[numbers.count++];
        for (size_t column = 0; column < 8; column++)
            line[column] = NAN;
        for (size_t column = 0; column < 8 && *rest && *rest != '\n'; column++) {
            char *end;
            line[column] = strtod(rest, &end);
            if (end == rest)
                break;
            rest = end;
        }
        rest += strcspn(rest, "\n");
        rest += *rest == '\n';
    }
    free(name);
    free(text);
    return numbers;
}

/* The first or the last line that begins with these numbers. */
static inline const double *line_of(const Numbers *numbers, const double *key, size_t length, bool last) {
    const double *found = NULL;
    for (size_t i = 0; i < numbers->count && (last || !found); i++) {
        bool same = true;
        for (size_t column = 0; column < length; column++)
            same = same && fabs(numbers->line[i][column] - key[column]) <= 1e-9;
        found = same ? numbers->line[i] : found;
    }
    if (!found)
        fail_msg("no line begins with %g", key[0]);
    return found;
}
#define FIRST(numbers, ...)                                                                                            \
    line_of(&(numbers), (double[]){__VA_ARGS__}, sizeof((double[]){__VA_ARGS__}) / sizeof(double), false)
#define LAST(numbers, ...)                                                                                             \
    line_of(&(numbers), (double[]){__VA_ARGS__}, sizeof((double[]){__VA_ARGS__}) / sizeof(double), true)

/* Files hold four significant digits. */
static inline void assert_close(double value, double expected) {
    if (!(fabs(value - expected) <= 1e-3 * fabs(expected)))
        fail_msg("%g is not %g", value, expected);
}

/* Writes all charts, and draws them where that is possible. */
static inline char *written(Run *run, size_t pages[CHART_COUNT]) {
    char *folder = new_folder();
    assert_true(chart_write_all(run, folder, pages) > 0);
    if (have_gnuplot())
        draw(folder, pages, "svg");
    return folder;
}

static inline size_t pages_of(const size_t pages[CHART_COUNT], const char *name) {
    for (size_t i = 0; i < CHART_COUNT; i++)
        if (!strcmp(CHARTS[i].name, name))
            return pages[i];
    fail_msg("there is no chart %s", name);
    return 0;
}

static inline bool is_drawn(const size_t pages[CHART_COUNT], const char *name) {
    return pages_of(pages, name) > 0;
}

/* An SVG has every arm's name and these texts, and no number that is none. */
static inline void assert_svg(const char *folder, const char *chart, const Run *run, const char *const *texts) {
    if (!have_gnuplot())
        return;
    char *name = text_format("%s.svg", chart), *svg = content(folder, name);
    for (size_t arm = 0; arm < run->meta.arm_count; arm++)
        assert_holds(svg, run->meta.arms[arm].name);
    for (; *texts; texts++)
        assert_holds(svg, *texts);
    assert_null(strstr(svg, "nan"));
    assert_null(strstr(svg, "NaN"));
    free(name);
    free(svg);
}

#endif
