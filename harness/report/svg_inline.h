/*
 * svg_inline.h - gnuplot's SVG as a part of an HTML page.
 */
#ifndef ALLOCBENCH_REPORT_SVG_INLINE_H
#define ALLOCBENCH_REPORT_SVG_INLINE_H

#include "chart_tips.h"

/* Writes one picture of gnuplot's as an <svg> element, named by `label` for those who do not see it; marks and curves
 * of this page of the chart get what they say as their <title>. Left out is what a page of many pictures needs once or
 * not at all: the definitions of marks (svg_inline_marks() writes them), ids, gnuplot's own titles, the white ground,
 * empty groups. */
void svg_inline(FILE *out, const char *svg, const char *label, const ChartTips *tips, size_t page);

/* The definitions of marks that stand in `svg` as a hidden element; they are the same in every picture. */
void svg_inline_marks(FILE *out, const char *svg);

#endif
