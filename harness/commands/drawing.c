/*
 * drawing.c - see drawing.h.
 */
#include "drawing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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
