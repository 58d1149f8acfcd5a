/*
 * chart.h - what gnuplot draws from. A chart is a grid of panels; C decides where things stand, gnuplot draws them.
 *
 * Each chart NAME has two files in the folder `data`:
 *     NAME.layout  gnuplot assignments: size of the figure, texts, place and axes of every panel
 *     NAME.dat     numbers, blocks separated by two empty lines: 2i for the marks of panel i, 2i + 1 for its labels
 * Both depend on the samples alone: four significant digits, fixed order, no dates, no paths.
 */
#ifndef ALLOCBENCH_REPORT_CHART_H
#define ALLOCBENCH_REPORT_CHART_H

#include <stdio.h>

#include "../analysis/block_table.h"
#include "../analysis/comparison.h"
#include "arm_style.h"
#include "axis.h"

/* Everything the charts of one run are made of; computed once. */
typedef struct ChartSource {
    const Run *run;
    Comparison *speed, *memory; /* against the baseline */
    BlockTable *tables;         /* of the blocks in which live bytes were counted */
    ArmStyle *styles;
} ChartSource;

typedef enum PanelKind { PANEL_DOTS, PANEL_LINES } PanelKind;

typedef struct Panel {
    PanelKind kind;
    const char *title, *note;
    double left, right; /* pixels inside the panel for names and for remarks */
    Axis x, y;
    double band_low, band_high; /* shaded part of the x axis; NAN for none */
    double mark_line;           /* a vertical line at this x; NAN for none */
} Panel;

typedef struct Chart {
    FILE *layout, *data;
    size_t panel_count, next_panel, columns;
    double width, height, panel_height;
} Chart;

/* Names of all charts in the order they are drawn, NULL at the end. */
extern const char *const CHART_NAMES[];

/* Writes the data of every chart into folder/data, which exists. Returns how many were written, in `drawn` which of
 * CHART_NAMES; -1 with errno when a file could not be written. A chart without anything to show is left out. */
int chart_write_all(const Run *run, const char *folder, bool *drawn);

/* One a file; each returns 1 written, 0 nothing to show, -1 with errno. */
int chart_write_ratio(const ChartSource *source, const char *folder);
int chart_write_throughput(const ChartSource *source, const char *folder);
int chart_write_peak(const ChartSource *source, const char *folder);
int chart_write_rss(const ChartSource *source, const char *folder);
int chart_write_scatter(const ChartSource *source, const char *folder);

/* The frame. chart_begin() and chart_end() return false with errno; in between errors stay in the streams. */
bool chart_begin(Chart *chart, const char *folder, const char *name, const ChartSource *source, size_t panels,
                 double panel_height);
void chart_titles(Chart *chart, const char *title, const char *subtitle, const char *remark);
/* Describes the next panel and opens its block of marks. */
void chart_panel(Chart *chart, const Panel *panel);
/* Opens the block of labels of the current panel. */
void chart_labels(Chart *chart);
bool chart_end(Chart *chart);

/* One line of a dot panel: where its dot stands, and what is written left and right of it. */
typedef struct DotLine {
    uint32_t arm;
    bool control;
    double value, low, high; /* NAN: no dot, no bar */
    char *name, *remark;     /* owned by the list they stand in */
    bool emphasised;         /* the remark is a verdict, not a `~` */
} DotLine;
typedef struct DotLines {
    DotLine *lines;
    size_t count;
} DotLines;

/* The lines of a row: available arms in their order; `values` gives absolute medians, else ratios, in which the
 * baseline's own line is its second slot. Released by chart_dots_release(). */
DotLines chart_dots_of_row(const ChartSource *source, const Comparison *comparison, size_t row, bool values);
void chart_dots_release(DotLines *dots);
void chart_dots_include(const DotLines *dots, Axis *axis);
/* Pixels for the widest name and the widest remark. */
void chart_dots_margins(const DotLines *dots, double *left, double *right);
/* Writes a panel; panel->y is filled in here. */
void chart_dots_write(Chart *chart, const ChartSource *source, Panel *panel, const DotLines *dots);
double chart_dots_height(const Run *run);
/* "10 blocks, A/A noise floor 1.8 %" and what else must be known of a row. Owned. */
char *chart_row_note(const ComparisonRow *row);

/* The width in pixels that a panel of this chart has for its data. */
double chart_plot_width(const Chart *chart, const Panel *panel);
double chart_plot_height(const Chart *chart);

/* A text as a quoted field of a .dat file. */
void chart_put_text(FILE *out, const char *text);
/* " 1.234", " NaN". */
void chart_put_number(FILE *out, double value);

/* Pixels that `length` characters of the charts' font take at most. */
double chart_text_width(size_t length);

/* Moves positions[0..n), given in any order, apart until neighbours are `gap` apart, inside [low, high], keeping their
 * order and moving as little as needed. */
void chart_spread(double *positions, size_t n, double gap, double low, double high);

/* "not measured: tbb (apt-get install libtbbmalloc2)"; "" when every arm is there. Owned. */
char *chart_missing_arms(const Run *run);

#endif
