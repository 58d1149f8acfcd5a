/*
 * drawing.c - see drawing.h.
 */
#include "drawing.h"

#include <errno.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../report/chart.h"
#include "../report/gnuplot.h"
#include "../store/text.h"
#include "command.h"

bool drawing_make_folders(const char *path) {
    char *copy = text_copy(path);
    bool good = true;
    for (char *at = copy + 1; good && *at; at++)
        if (*at == '/') {
            *at = '\0';
            good = mkdir(copy, 0777) == 0 || errno == EEXIST;
            *at = '/';
        }
    good = good && (mkdir(copy, 0777) == 0 || errno == EEXIST);
    free(copy);
    return good;
}

/* Removes the pictures of pages from this one on: what an earlier drawing left that had more of them. */
static void remove_pages(const char *folder, const char *name, size_t page, const char *format) {
    for (bool removed = true; removed; page++) {
        char *picture = gnuplot_picture(name, page, format), *path = text_format("%s/%s", folder, picture);
        removed = unlink(path) == 0;
        free(path);
        free(picture);
    }
}

int drawing_pages(const char *scripts, const char *folder, const char *name, size_t pages, const char *format) {
    for (size_t page = 1; page <= pages; page++) {
        char *error = NULL;
        if (!gnuplot_draw(scripts, folder, name, page, format, &error)) {
            int code = failure("gnuplot could not draw %s.%s: %s", name, format, error);
            free(error);
            return code;
        }
    }
    remove_pages(folder, name, pages + 1, format);
    return EXIT_CODE_OK;
}

void drawing_print_pages(const char *folder, const char *name, size_t pages, const char *format) {
    for (size_t page = 1; page <= pages; page++) {
        char *picture = gnuplot_picture(name, page, format);
        printf("%s/%s\n", folder, picture);
        free(picture);
    }
}

int drawing_without_gnuplot(void) {
    failure("gnuplot is not installed: apt-get install gnuplot-nox");
    return EXIT_CODE_NO_GNUPLOT;
}

char *drawing_scripts(void) {
    char *scripts = gnuplot_scripts_folder();
    if (!scripts)
        failure("the chart scripts are missing: reinstall, or run allocbench from its build folder");
    return scripts;
}

/* What is asked of gnuplot. */
typedef struct Order {
    const char *const *formats;
    size_t format_count, most_pages;
    bool tips;
} Order;

static int draw(const Run *run, const char *folder, const Order *order, size_t *pages) {
    char *scripts = drawing_scripts();
    if (!scripts)
        return EXIT_CODE_FAILURE;
    char *data = text_format("%s/data", folder);
    int code = EXIT_CODE_OK;
    if (!drawing_make_folders(data) ||
        (order->tips ? chart_write_all_with_tips : chart_write_all)(run, folder, pages) < 0)
        code = failure("%s: %s; choose another folder with --out", folder, strerror(errno));
    free(data);
    for (size_t i = 0; code == EXIT_CODE_OK && i < CHART_COUNT; i++) {
        size_t drawn = pages[i] < order->most_pages ? pages[i] : order->most_pages;
        for (size_t f = 0; f < order->format_count && code == EXIT_CODE_OK; f++)
            code = drawing_pages(scripts, folder, CHARTS[i].name, drawn, order->formats[f]);
    }
    free(scripts);
    return code;
}

int drawing_draw(const Run *run, const char *folder, const char *const *formats, size_t format_count, size_t *pages) {
    return draw(run, folder, &(Order){formats, format_count, SIZE_MAX, false}, pages);
}

int drawing_draw_for_page(const Run *run, const char *folder, size_t most, size_t *pages) {
    static const char *const svg[] = {"svg"};
    return draw(run, folder, &(Order){svg, 1, most, true}, pages);
}

bool drawing_same_files(const char *left, const char *right) {
    FILE *a = fopen(left, "r"), *b = fopen(right, "r");
    bool same = a && b;
    for (int x = 0, y = 0; same && x != EOF;) {
        x = getc(a);
        y = getc(b);
        same = x == y;
    }
    if (a)
        fclose(a);
    if (b)
        fclose(b);
    return same;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

char *drawing_temporary_folder(void) {
    const char *temporary = getenv("TMPDIR");
    char *folder = text_format("%s/allocbench-XXXXXX", temporary && *temporary ? temporary : "/tmp");
    if (mkdtemp(folder))
        return folder;
    failure("%s: %s; set TMPDIR to a folder that can be written to", folder, strerror(errno));
    free(folder);
    return NULL;
}

void drawing_remove_folder(char *folder) {
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(folder);
}

bool drawing_is_archive(const char *run) {
    struct stat status;
    return stat(run, &status) == 0 && S_ISREG(status.st_mode);
}

char *drawing_default_folder(const char *run, const char *name) {
    if (!drawing_is_archive(run))
        return text_format("%s/%s", run, name);
    static const char *const endings[] = {".tar.zst", ".tar.gz", ".tgz"};
    size_t length = strlen(run);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcmp(run + length - ending, endings[i]) == 0)
            return text_format("%.*s-%s", (int)(length - ending), run, name);
    }
    return text_format("%s-%s", run, name);
}
