/*
 * chart_sweep.c - a swept parameter on the x axis: time an operation, and resident bytes over live bytes where live
 * bytes were counted. A workload whose rows sweep several parameters has its panels over the one with most values, a
 * pair of panels for each combination of the others.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"
#include "chart_curves.h"
#include "chart_lines.h"
#include "processors.h"

static const double PLOT_HEIGHT = 190;
/* Values that differ by more than this are drawn on a logarithmic axis. */
static const double WIDE = 8;

/* "size=4K" in the name and the sweep of a row. */
typedef struct Token {
    char *text;  /* whole; owned */
    char *value; /* points behind the '=' */
} Token;

/* The part of the row's sweep that sets this parameter; text is NULL when none does, or the row cannot be run at all.
 */
static Token token_of(const Row *row, const char *parameter) {
    Token token = {0};
    TextList parts = {0};
    text_list_split(&parts, row->sweep && !row->unsupported ? row->sweep : "", ' ');
    size_t length = strlen(parameter);
    for (size_t i = 0; i < parts.count && !token.text; i++)
        if (strncmp(parts.items[i], parameter, length) == 0 && parts.items[i][length] == '=') {
            token.text = text_copy(parts.items[i]);
            token.value = token.text + length + 1;
        }
    text_list_release(&parts);
    return token;
}

/* The row's name without the value of this parameter: what all rows of a panel share. NULL when the row does not sweep
 * it. Owned. */
static char *name_without(const Row *row, const char *parameter) {
    Token token = token_of(row, parameter);
    if (!token.text)
        return NULL;
    char *marked = text_format(" %s", token.text), *name = NULL;
    size_t length = strlen(marked);
    for (const char *found = strstr(row->name, marked); found && !name; found = strstr(found + 1, marked))
        if (found[length] == '\0' || found[length] == ' ')
            name = text_format("%.*s%s", (int)(found - row->name), row->name, found + length);
    free(marked);
    free(token.text);
    return name;
}

/* Rows of the run that would share a panel with this one. */
static size_t count_alike(const RunMeta *meta, const char *parameter, const char *name) {
    size_t count = 0;
    for (size_t row = 0; row < meta->row_count; row++) {
        char *other = name_without(&meta->rows[row], parameter);
        count += other && strcmp(other, name) == 0;
        free(other);
    }
    return count;
}

/* The parameter that is the x axis of this row's panel: of those it sweeps the one with the most values. Owned; NULL
 * where none has two. */
static char *axis_of_row(const RunMeta *meta, const Row *row) {
    TextList parts = {0};
    text_list_split(&parts, row->sweep && !row->unsupported ? row->sweep : "", ' ');
    char *chosen = NULL;
    size_t most = 1;
    for (size_t i = 0; i < parts.count; i++) {
        char *parameter = text_copy_part(parts.items[i], strcspn(parts.items[i], "="));
        char *name = name_without(row, parameter);
        size_t count = name ? count_alike(meta, parameter, name) : 0;
        free(name);
        if (count > most) {
            most = count;
            free(chosen);
            chosen = text_copy(parameter);
        }
        free(parameter);
    }
    text_list_release(&parts);
    return chosen;
}

/* Rows over one parameter, in the order of its values; words keep the order in which they were given. */
typedef struct Swept {
    RowGroup group;
    double *values;
    char *parameter;
    bool numeric;
} Swept;

static bool value_of(const Row *row, const char *parameter, double *value) {
    Token token = token_of(row, parameter);
    uint64_t number = 0;
    bool numeric = token.text && text_to_size(token.value, 0, UINT64_MAX, &number);
    free(token.text);
    *value = (double)number;
    return numeric;
}

/* Takes the parameter. */
static Swept make_swept(const RunMeta *meta, size_t first, char *parameter) {
    Swept swept = {.values = zeroed(meta->row_count, sizeof *swept.values), .parameter = parameter, .numeric = true};
    swept.group.rows = zeroed(meta->row_count, sizeof *swept.group.rows);
    swept.group.title = name_without(&meta->rows[first], parameter);
    size_t *rows = zeroed(meta->row_count, sizeof *rows), count = 0;
    for (size_t row = 0; row < meta->row_count; row++) {
        char *name = name_without(&meta->rows[row], parameter);
        double value;
        if (name && strcmp(name, swept.group.title) == 0) {
            swept.numeric = value_of(&meta->rows[row], parameter, &value) && swept.numeric;
            rows[count++] = row;
        }
        free(name);
    }
    for (size_t i = 0; i < count; i++) {
        double value = (double)i + 1;
        if (swept.numeric)
            (void)value_of(&meta->rows[rows[i]], parameter, &value);
        row_group_insert(&swept.group, swept.values, rows[i], value);
    }
    free(rows);
    return swept;
}

static void release_swept(Swept *swept, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(swept[i].group.rows);
        free(swept[i].group.title);
        free(swept[i].values);
        free(swept[i].parameter);
    }
    free(swept);
}

/* All groups of the run, in the order of their first rows. */
static Swept *all_swept(const RunMeta *meta, size_t *count) {
    Swept *swept = zeroed(meta->row_count, sizeof *swept);
    bool *drawn = zeroed(meta->row_count, sizeof *drawn);
    *count = 0;
    for (size_t row = 0; row < meta->row_count; row++) {
        char *parameter = drawn[row] ? NULL : axis_of_row(meta, &meta->rows[row]);
        if (!parameter)
            continue;
        Swept *one = &swept[(*count)++];
        *one = make_swept(meta, row, parameter);
        for (size_t i = 0; i < one->group.count; i++)
            drawn[one->group.rows[i]] = true;
    }
    free(drawn);
    return swept;
}

/* ---- one panel ---- */

/* Powers and the like: equal steps would press the small ones together. */
static bool is_geometric(const Swept *swept) {
    const double *values = swept->values;
    size_t last = swept->group.count - 1;
    double smallest = INFINITY, largest = 0;
    for (size_t i = 1; i <= last; i++) {
        smallest = fmin(smallest, values[i] - values[i - 1]);
        largest = fmax(largest, values[i] - values[i - 1]);
    }
    return swept->numeric && values[0] > 0 && (last == 1 ? values[1] >= 4 * values[0] : largest >= 1.9 * smallest);
}

static Axis axis_of(const Swept *swept) {
    Axis x = axis_empty(AXIS_RATIO, is_geometric(swept));
    double low = swept->values[0], high = swept->values[swept->group.count - 1];
    axis_include(&x, low);
    axis_include(&x, high);
    axis_finish(&x);
    if (!x.logarithmic) { /* not from 0 */
        x.low = low - 0.05 * (high - low);
        x.high = high + 0.05 * (high - low);
    }
    chart_lines_make_room(&x);
    return x;
}

static char *tics_of(const RunMeta *meta, const Swept *swept, const Axis *x, double pixels) {
    TextList names = {0};
    for (size_t i = 0; i < swept->group.count; i++) {
        Token token = token_of(&meta->rows[swept->group.rows[i]], swept->parameter);
        text_list_add(&names, text_copy(token.value));
        free(token.text);
    }
    char *tics = curves_name_tics(x, pixels, names.items, swept->values, names.count);
    text_list_release(&names);
    return tics;
}

static const Cell *cell_of(const ChartSource *source, Metric metric, size_t row, uint32_t arm) {
    return comparison_cell(&chart_comparison(source, metric)->rows[row], arm, false);
}

/* Throughput is drawn as the time of an operation, by which sizes can be compared. */
static CurvePoint point_of(const Cell *cell, Metric metric) {
    if (!cell || !cell->ok)
        return (CurvePoint){NAN, NAN, NAN};
    if (metric == METRIC_THROUGHPUT)
        return (CurvePoint){1e9 / cell->median, 1e9 / cell->median_high, 1e9 / cell->median_low};
    return (CurvePoint){cell->median, cell->median_low, cell->median_high};
}

/* False where no arm has a value in any row. */
static bool has_values(const ChartSource *source, const Swept *swept, Metric metric) {
    for (size_t i = 0; i < swept->group.count; i++)
        for (uint32_t arm = 0; arm < source->run->meta.arm_count; arm++) {
            const Cell *cell = cell_of(source, metric, swept->group.rows[i], arm);
            if (cell && cell->ok)
                return true;
        }
    return false;
}

static char *note_of(const ChartSource *source, const Swept *swept, Metric metric, const Axis *y) {
    const Row *row = &source->run->meta.rows[swept->group.rows[0]];
    const char *scale = y->logarithmic ? ", logarithmic axis" : "";
    if (metric == METRIC_OVERHEAD)
        return text_format("RSS / live bytes over --%s%s", swept->parameter, scale);
    char *noise = curves_noise(source, &swept->group);
    char *note = text_format("time / %s over --%s%s, %s", row->unit && *row->unit ? row->unit : "operations",
                             swept->parameter, scale, noise);
    free(noise);
    return note;
}

static void write_panel(Chart *chart, const ChartSource *source, const Swept *swept, Metric metric) {
    const RunMeta *meta = &source->run->meta;
    Curves curves = curves_new(source, &swept->group);
    curves.joined = swept->numeric;
    Axis y = axis_empty(metric == METRIC_OVERHEAD ? AXIS_RATIO : AXIS_NANOSECONDS, true);
    for (size_t i = 0; i < swept->group.count; i++) {
        curves.x[i] = swept->values[i];
        for (uint32_t arm = 0; arm < meta->arm_count; arm++)
            if (meta->arms[arm].available)
                *curves_point(source, &curves, i, arm) =
                    point_of(cell_of(source, metric, swept->group.rows[i], arm), metric);
    }
    if (metric == METRIC_OVERHEAD)
        axis_include(&y, 1);
    curves_include(source, &curves, &y);
    if (y.high < WIDE * y.low) { /* then a linear axis, from 0 */
        y.logarithmic = false;
    }
    axis_finish(&y);
    char *note = note_of(source, swept, metric, &y);
    bool over = row_is_oversubscribed(meta, swept->group.rows[0]);
    char *title = text_format("%s%s", swept->group.title, over ? " (oversubscribed)" : "");
    Panel panel = chart_new_panel(PANEL_LINES, title, note);
    panel.left = 56;
    panel.right = chart_lines_margin(source->run) + 50;
    panel.line_y = metric == METRIC_OVERHEAD ? 1 : NAN;
    panel.x = axis_of(swept);
    panel.y = y;
    char *tics = tics_of(meta, swept, &panel.x, chart_plot_width(chart, &panel));
    panel.x_tics = tics;
    chart_panel(chart, &panel);
    curves_write(chart, source, &panel, &curves);
    curves_release(&curves);
    free(tics);
    free(title);
    free(note);
}

int chart_write_sweep(const ChartSource *source, const char *folder) {
    static const Metric metrics[] = {METRIC_THROUGHPUT, METRIC_OVERHEAD};
    enum { METRICS = sizeof metrics / sizeof *metrics };
    size_t count, panels = 0;
    Swept *swept = all_swept(&source->run->meta, &count);
    for (size_t i = 0; i < count; i++)
        for (size_t m = 0; m < METRICS; m++)
            panels += has_values(source, &swept[i], metrics[m]);
    Chart chart;
    int written = panels == 0 ? 0 : -1;
    if (panels > 0 && chart_begin(&chart, folder, "parameter_sweep", source, panels, PLOT_HEIGHT)) {
        chart_titles(
            &chart, "Over a parameter's values",
            "Wall time by the operations of all threads, and resident memory by live bytes: lower is faster, and "
            "leaner. Medians.",
            "Bars are 95 % intervals, which need 6 blocks; live bytes are counted in fewer, unless memory is "
            "the result.");
        for (size_t i = 0; i < count; i++)
            for (size_t m = 0; m < METRICS; m++)
                if (has_values(source, &swept[i], metrics[m]))
                    write_panel(&chart, source, &swept[i], metrics[m]);
        written = chart_end(&chart);
    }
    release_swept(swept, count);
    return written;
}
