/*
 * gnuplot.h - running gnuplot on the data of a chart. The only part of report/ that starts a process.
 */
#ifndef ALLOCBENCH_REPORT_GNUPLOT_H
#define ALLOCBENCH_REPORT_GNUPLOT_H

#include <stdbool.h>
#include <stddef.h>

/* "gnuplot 5.4 patchlevel 4", owned; NULL when gnuplot cannot be started. */
char *gnuplot_version(void);

/* The folder with the chart scripts: beside the source of a build tree, installed, or where it was compiled from.
 * Owned; NULL when it is nowhere. */
char *gnuplot_scripts_folder(void);

/* The file of a chart's page, counted from 1: NAME.FORMAT, NAME_2.FORMAT and so on. Owned. */
char *gnuplot_picture(const char *name, size_t page, const char *format);

/* Draws this page from folder/data. False when gnuplot failed; *error then has its own words, owned. */
bool gnuplot_draw(const char *scripts, const char *folder, const char *name, size_t page, const char *format,
                  char **error);

#endif
