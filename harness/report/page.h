/*
 * page.h - a run as one HTML page that needs nothing but itself: no network, no other file, no script to be read.
 *
 * The same samples, the same pictures and the same style give the same bytes: no date, no path of this machine.
 */
#ifndef ALLOCBENCH_REPORT_PAGE_H
#define ALLOCBENCH_REPORT_PAGE_H

#include <stdio.h>

#include "chart.h"

/* A file beside the page. */
typedef struct PageLink {
    const char *href, *text;
} PageLink;

/* At most so many pages of a chart are in the page, which has to open at once also where a run has a thousand rows. */
enum { PAGE_MOST_PICTURES = 8 };

typedef struct PageParts {
    const char *pictures; /* folder with NAME.svg, NAME_2.svg, ... up to PAGE_MOST_PICTURES, and data/NAME.tips */
    size_t pages[CHART_COUNT];
    const char *style, *script; /* the texts of report.css and report.js */
    const char *gnuplot;        /* its version */
    const PageLink *links;
    size_t link_count;
} PageParts;

/* 0; or -1 with errno when a picture cannot be read or `out` not be written. */
int page_write(const Run *run, const PageParts *parts, FILE *out);

/* "allocbench 0.1.0, gnuplot 5.4 patchlevel 4": what a page says it was made by. Owned. */
char *page_generator(const char *gnuplot);

#endif
