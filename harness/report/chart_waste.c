/*
 * chart_waste.c - where memory beyond live bytes goes: internal waste (sizes rounded up) and retention (free memory
 * kept, metadata, holes), stacked.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../analysis/statistics.h"
#include "chart.h"
#include "wording.h"

static const unsigned INK = 0x222222;

/* Medians over the slots of a column of means over time, as multiples of live bytes; NAN where there is none. */
typedef struct Bar {
    double waste, retention;
    double beyond; /* overhead - 1: both together, known also where usable bytes are not */
} Bar;

static double median_in(const BlockTable *table, Metric metric, size_t column) {
    double *values = zeroed(table->blocks, sizeof *values);
    double median = median_of(values, block_table_values(table, metric, column, values));
    free(values);
    return median;
}

static Bar bar_of(const BlockTable *table, size_t column) {
    return (Bar){median_in(table, METRIC_INTERNAL_WASTE, column), median_in(table, METRIC_RETENTION, column),
                 median_in(table, METRIC_OVERHEAD, column) - 1};
}

static bool is_split(const Bar *bar) {
    return !isnan(bar->waste) && !isnan(bar->retention);
}

static bool row_has(const BlockTable *table) {
    for (size_t column = 0; column < table->columns; column++) {
        Bar bar = bar_of(table, column);
        if (is_split(&bar) || !isnan(bar.beyond))
            return true;
    }
    return false;
}

/* The same colour, nearer to white. */
static unsigned lighter(unsigned colour) {
    unsigned light = 0;
    for (unsigned shift = 0; shift < 24; shift += 8) {
        unsigned part = colour >> shift & 0xFF;
        light |= (part + (255 - part) * 6 / 10) << shift;
    }
    return light;
}

/* "0.12 + 0.85"; owned. */
static char *remark_of(const Bar *bar) {
    if (is_split(bar))
        return text_format("%.2f waste, %.2f kept", fabs(bar->waste) < 0.005 ? 0 : bar->waste, bar->retention);
    return isnan(bar->beyond) ? text_copy("not counted") : text_format("%.2f, not split", bar->beyond);
}

static void put_bar(Chart *chart, double y, double from, double to, unsigned fill, unsigned border) {
    chart_put_number(chart->data, y);
    chart_put_number(chart->data, from);
    chart_put_number(chart->data, to);
    fprintf(chart->data, " %u %u\n", fill, border);
}

/* Waste stands at zero and retention behind it; a negative part (pages that were asked for and never touched) is drawn
 * left of zero. */
static void put_bars(Chart *chart, double y, const Bar *bar, unsigned colour) {
    if (is_split(bar)) {
        double from = bar->retention > 0 ? fmax(bar->waste, 0) : fmin(bar->waste, 0);
        put_bar(chart, y, 0, bar->waste, colour, colour);
        put_bar(chart, y, from, from + bar->retention, lighter(colour), colour);
    } else if (!isnan(bar->beyond)) {
        put_bar(chart, y, 0, bar->beyond, 0xFFFFFF, colour);
    }
}

static void include(Axis *axis, const Bar *bar) {
    if (is_split(bar)) {
        axis_include(axis, fmax(bar->waste, 0) + fmax(bar->retention, 0));
        axis_include(axis, fmin(bar->waste, 0) + fmin(bar->retention, 0));
    } else {
        axis_include(axis, bar->beyond);
    }
}

/* Line 0 is the baseline's second slot, the highest line the first arm. */
static void write_row(Chart *chart, const ChartSource *source, size_t row, double left) {
    const RunMeta *meta = &source->run->meta;
    const BlockTable *table = &source->observed[row];
    size_t lines = chart_arm_count(source->run) + 1, line = lines;
    Panel panel = chart_new_panel(PANEL_DOTS, source->titles[row], "multiples of live bytes");
    panel.left = left;
    panel.right = chart_text_width(strlen("0.00 waste, 0.00 kept") + 2);
    panel.line_x = 0;
    panel.x = axis_empty(AXIS_RATIO, false);
    panel.y = (Axis){.unit = AXIS_RATIO, .low = 0.4, .high = (double)lines + 0.6};
    Bar *bars = zeroed(table->columns, sizeof *bars);
    for (size_t column = 0; column < table->columns; column++) {
        bars[column] = bar_of(table, column);
        include(&panel.x, &bars[column]);
    }
    axis_finish(&panel.x);
    chart_panel(chart, &panel);
    fputs("NaN NaN NaN 0 0\n", chart->data);
    for (size_t column = 0; column < table->columns; column++) {
        bool control = column == meta->arm_count;
        if (control || meta->arms[column].available)
            put_bars(chart, (double)line--, &bars[column], source->styles[control ? meta->baseline : column].colour);
    }
    chart_labels(chart);
    fputs("NaN \"\" \"\" 0\n", chart->data);
    line = lines;
    for (size_t column = 0; column < table->columns; column++) {
        bool control = column == meta->arm_count;
        if (!control && !meta->arms[column].available)
            continue;
        char *name = text_format(control ? "%s again" : "%s", meta->arms[control ? meta->baseline : column].name);
        char *remark = remark_of(&bars[column]);
        fprintf(chart->data, "%zu", line--);
        chart_put_text(chart->data, name);
        chart_put_text(chart->data, remark);
        fprintf(chart->data, " %u\n", INK);
        free(name);
        free(remark);
    }
    free(bars);
}

int chart_write_waste(const ChartSource *source, const char *folder) {
    const RunMeta *meta = &source->run->meta;
    size_t rows = 0, longest = strlen(meta->arms[meta->baseline].name) + strlen(" again");
    for (size_t row = 0; row < meta->row_count; row++)
        rows += row_has(&source->observed[row]);
    for (size_t arm = 0; arm < meta->arm_count; arm++)
        longest = strlen(meta->arms[arm].name) > longest ? strlen(meta->arms[arm].name) : longest;
    Chart chart;
    if (rows == 0 || !chart_mode_shows_memory(meta->mode))
        return 0;
    if (!chart_begin(&chart, folder, "waste_retention", source, rows,
                     chart_dots_height(chart_arm_count(source->run) + 1)))
        return -1;
    char *second = text_format("Hollow: both together, where usable bytes were not counted. The difference between the "
                               "two lines of %s (A/A) is the noise floor.",
                               meta->arms[meta->baseline].name);
    chart_titles(&chart, "Internal waste and retention",
                 "Full colour: internal waste, sizes rounded up. Light: retention, resident beyond usable (free memory "
                 "kept, metadata, holes). Shorter is leaner.",
                 second);
    free(second);
    for (size_t row = 0; row < meta->row_count; row++)
        if (row_has(&source->observed[row]))
            write_row(&chart, source, row, chart_text_width(longest + 2));
    return chart_end(&chart);
}
