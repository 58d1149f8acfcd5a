/*
 * chart.h - what gnuplot draws from. A chart is a grid of panels, on several pages where they are many; C decides where
 * things stand, gnuplot draws them.
 *
 * Each chart NAME has two files in the folder `data`:
 *     NAME.layout  gnuplot assignments: size of the figure, texts, place and axes of every panel; `page` is given to it
 *     NAME.dat     numbers, blocks separated by two empty lines: 2i for the marks of panel i, 2i + 1 for its labels
 * Both depend on the samples alone: four significant digits, fixed order, no dates, no paths.
 */
#ifndef ALLOCBENCH_REPORT_CHART_H
#define ALLOCBENCH_REPORT_CHART_H

#include <stdio.h>

#include "../analysis/block_table.h"
#include "../analysis/comparison.h"
#include "../store/text.h"
#include "arm_style.h"
#include "axis.h"

/* Everything the charts of one run are made of; computed once. */
typedef struct ChartSource {
    const Run *run;
    Comparison *
        *comparisons;     /* METRIC_COUNT of them against the baseline, each made when chart_comparison() is asked */
    BlockTable *compared; /* of the blocks that are compared, one table a row */
    BlockTable *observed; /* of those in which live bytes were counted; the compared ones where a run has none */
    ArmStyle *styles;
    char **titles;   /* of the rows' panels: the name, and whether there were more threads than processors */
    TextList footer; /* lines at the foot of every chart */
    bool tips;       /* charts get NAME.tips beside their data, for the page (chart_tips.h) */
} ChartSource;

/* The comparison of all arms with the baseline; owned by the source. */
const Comparison *chart_comparison(const ChartSource *source, Metric metric);

/* What every chart says at its foot: how many blocks stand behind it and how many were discarded, on which machine,
 * which arms were not measured. Owned by the caller. */
TextList chart_footer(const Run *run);

typedef enum PanelKind { PANEL_DOTS, PANEL_LINES } PanelKind;

typedef struct Panel {
    PanelKind kind;
    const char *title, *note;
    double left, right; /* pixels inside the panel for names and for remarks */
    Axis x, y;
    const char *x_tics;      /* in place of round numbers, as axis_tics() gives them; NULL for none */
    Interval band_x, band_y; /* shaded from low to high; NAN for none. The estimate is not drawn */
    double line_x, line_y;   /* a vertical line at this x, a horizontal one at this y; NAN for none */
} Panel;

/* A panel without bands and lines. */
Panel chart_new_panel(PanelKind kind, const char *title, const char *note);

/* Where the current panel draws: pixels of its page's picture, y downwards. */
typedef struct ChartPlace {
    size_t page;
    double left, right, top, bottom;
    Axis x, y;
} ChartPlace;

typedef struct Chart {
    FILE *layout, *data, *tips; /* tips: NULL where none are asked for */
    ChartPlace place;
    size_t panel_count, next_panel, columns;
    size_t pages, page_lines; /* lines of panels on each page but the last, which may have fewer */
    double width, panel_height;
    double frame_height, height, last_height; /* of what is no panel; of each page but the last; of the last */
} Chart;

/* All charts in the order they are drawn; the last has no name. */
typedef struct ChartInfo {
    const char *name;
    int (*write)(const ChartSource *source, const char *folder); /* pages; 0 nothing to show, -1 with errno */
    const char *needs;                                           /* what a run must hold for it, and how to get that */
} ChartInfo;
enum { CHART_COUNT = 16 };
extern const ChartInfo CHARTS[CHART_COUNT + 1];

/* Writes the data of every chart into folder/data, which exists. Returns how many were written, in `pages` on how
 * many pages each of CHARTS is; -1 with errno when a file could not be written. One without anything to show has none.
 */
int chart_write_all(const Run *run, const char *folder, size_t pages[CHART_COUNT]);
/* The same with what marks say when they are pointed at. */
int chart_write_all_with_tips(const Run *run, const char *folder, size_t pages[CHART_COUNT]);

/* The writers of CHARTS. */
int chart_write_ratio(const ChartSource *source, const char *folder);
int chart_write_throughput(const ChartSource *source, const char *folder);
int chart_write_scaling(const ChartSource *source, const char *folder);
int chart_write_sweep(const ChartSource *source, const char *folder);
int chart_write_peak(const ChartSource *source, const char *folder);
int chart_write_rss(const ChartSource *source, const char *folder);
int chart_write_scatter(const ChartSource *source, const char *folder);
int chart_write_latency(const ChartSource *source, const char *folder);
int chart_write_latency_ratio(const ChartSource *source, const char *folder);
int chart_write_overhead(const ChartSource *source, const char *folder);
int chart_write_waste(const ChartSource *source, const char *folder);
int chart_write_idle(const ChartSource *source, const char *folder);
int chart_write_limit(const ChartSource *source, const char *folder);
int chart_write_limit_curve(const ChartSource *source, const char *folder);
int chart_write_thp(const ChartSource *source, const char *folder);
int chart_write_tiers(const ChartSource *source, const char *folder);

/* The frame. chart_begin() returns false, chart_end() -1 with errno, or the number of pages; in between errors stay in
 * the streams. */
bool chart_begin(Chart *chart, const char *folder, const char *name, const ChartSource *source, size_t panels,
                 double panel_height);
/* A title and two lines that say how to read the chart. */
void chart_titles(Chart *chart, const char *title, const char *first, const char *second);
/* Describes the next panel and opens its block of marks. */
void chart_panel(Chart *chart, const Panel *panel);
/* Opens the block of labels of the current panel. */
void chart_labels(Chart *chart);
int chart_end(Chart *chart);

/* One line of a dot panel: where its dot stands, and what is written left and right of it. */
typedef struct DotLine {
    uint32_t arm;
    bool control;
    double value, low, high; /* NAN: no dot, no bar */
    char *name, *remark;     /* owned by the list they stand in */
    char *interval;          /* " [1.20, 1.59]" for the tip, owned as well; NULL for none */
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
/* An axis for absolute values of a metric; logarithmic where one arm would squeeze all others together. */
Axis chart_dots_axis(const DotLines *dots, Metric metric);
/* Pixels for the widest name and the widest remark. */
void chart_dots_margins(const DotLines *dots, double *left, double *right);
/* Writes a panel; panel->y is filled in here. */
void chart_dots_write(Chart *chart, const ChartSource *source, Panel *panel, const DotLines *dots);
double chart_dots_height(size_t lines);
/* False where histograms, callgrind or limits change the memory of a slot. */
bool chart_mode_shows_memory(RunMode mode);
/* How many arms were measured. */
size_t chart_arm_count(const Run *run);
/* "10 blocks, A/A noise floor 1.8 %" and what else must be known of a row. Owned. */
char *chart_row_note(const ComparisonRow *row);
/* What the baseline differs from itself in this row, as ratios; NAN where that is unknown. */
Interval chart_noise_band(const ChartSource *source, const ComparisonRow *row);
/* The same as values around the baseline's median. */
Interval chart_noise_band_of_values(const ChartSource *source, const ComparisonRow *row);
/* False for a row that has no such number; true where it has one or every arm failed at it. */
bool chart_row_has(const ChartSource *source, const Comparison *comparison, size_t row);

/* A dot chart of metrics: a panel for every row and metric that has values. */
typedef struct DotChart {
    const char *name;
    const Metric *metrics;
    size_t metric_count;
    bool values; /* absolute medians, each panel on its own axis; else ratios on a common one */
    const char *title, *first, *second;
} DotChart;
int chart_write_dots(const ChartSource *source, const char *folder, const DotChart *dots);

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

#endif
