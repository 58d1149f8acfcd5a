/*
 * drawing.h - what commands that draw have in common: folders, and pictures of a chart whose data is written.
 */
#ifndef ALLOCBENCH_COMMANDS_DRAWING_H
#define ALLOCBENCH_COMMANDS_DRAWING_H

#include <stdbool.h>
#include <stddef.h>

enum { EXIT_CODE_NO_GNUPLOT = 7 };

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

#endif
