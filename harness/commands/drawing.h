/*
 * drawing.h - what commands that draw have in common: folders, and pictures of a chart whose data is written.
 */
#ifndef ALLOCBENCH_COMMANDS_DRAWING_H
#define ALLOCBENCH_COMMANDS_DRAWING_H

#include <stdbool.h>
#include <stddef.h>

#include "../store/run_store.h"

enum { EXIT_CODE_DIFFERS = 6, EXIT_CODE_NO_GNUPLOT = 7 };

/* The folder with those above it; false with errno. */
bool drawing_make_folders(const char *path);

/* Draws the pages of a chart and removes pictures of later ones: what an earlier drawing left that had more of them.
 * Returns an exit code, after a line on stderr where it is not 0. */
int drawing_pages(const char *scripts, const char *folder, const char *name, size_t pages, const char *format);

/* Prints the pictures' paths. */
void drawing_print_pages(const char *folder, const char *name, size_t pages, const char *format);

/* The line on stderr; returns EXIT_CODE_NO_GNUPLOT. */
int drawing_without_gnuplot(void);
/* gnuplot_scripts_folder(), owned; NULL after a line on stderr. */
char *drawing_scripts(void);

/* Writes data for all charts into folder/data and draws them in these formats; a chart that has nothing to show is
 * removed. pages[CHART_COUNT] gets how many pages each has. Returns an exit code. */
int drawing_draw(const Run *run, const char *folder, const char *const *formats, size_t format_count, size_t *pages);

/* The same for a page that holds the pictures: SVG alone, at most `most` pages of each chart, and beside the data what
 * marks say when they are pointed at. */
int drawing_draw_for_page(const Run *run, const char *folder, size_t most, size_t *pages);

/* A new empty folder for things to compare with; owned, NULL after a line on stderr. Ended by drawing_remove_folder().
 */
char *drawing_temporary_folder(void);
void drawing_remove_folder(char *folder);

/* True when both files can be read and hold the same. */
bool drawing_same_files(const char *left, const char *right);

/* The folder `name` of a run; beside an archive NAME.tar.zst it is NAME-`name`. Owned. */
char *drawing_default_folder(const char *run, const char *name);
/* True when `run` is an archive rather than a folder. */
bool drawing_is_archive(const char *run);

#endif
