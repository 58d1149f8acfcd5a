/*
 * chart_dots.c - dot charts: one line an arm, its name at the left, its verdict in words at the right.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"
#include "chart.h"
#include "chart_tips.h"
#include "wording.h"

static const double LINE_HEIGHT = 20;
/* Dots do not grow from zero, so an axis may leave it out where one arm would squeeze all others together. */
static const double LOGARITHMIC_FROM = 4;
static const unsigned DARK = 0x222222, FAINT = 0x767676; /* both readable on white */

static char *remark_of(const Comparison *comparison, const Cell *cell, bool values) {
    char *failures = word_failures(cell), *number = NULL;
    if (values && cell->ok > 0) {
        char *value = word_value(cell->median, comparison->metric);
        bool rate = metric_info(comparison->metric)->unit == UNIT_PER_SECOND;
        number = text_format("%s%s%s", cell->lower_bound ? ">= " : "", value, rate ? "/s" : "");
        free(value);
    } else if (!values && cell->pairs > 0) {
        number = word_ratio(cell->ratio.estimate);
    }
    const char *verdict = verdict_name(cell->verdict, comparison->metric);
    bool silent = cell->verdict == VERDICT_REFERENCE || cell->verdict == VERDICT_FAILED;
    if (cell->control && cell->verdict == VERDICT_NO_DIFFERENCE) {
        verdict = "A/A";
    } else if (cell->verdict == VERDICT_FAILED && cell->ok > 0) {
        verdict = "no reference";
        silent = false;
    }
    silent = silent || (cell->verdict == VERDICT_TOO_FEW && cell->failed > 0); /* the failures say why */
    char *text = text_format("%s%s%s%s%s", number ? number : "", number && !silent ? "  " : "", silent ? "" : verdict,
                             *failures && (number || !silent) ? ", " : "", failures);
    free(failures);
    free(number);
    return text;
}

/* As chart_axis_interval() gives it. Owned. */
static char *interval_of(Metric metric, const DotLine *line, bool values) {
    if (!values)
        return chart_axis_interval(&(Axis){.unit = AXIS_RATIO}, line->low, line->high);
    if (isnan(line->low) || isnan(line->high))
        return text_copy("");
    char *low = word_value(line->low, metric), *high = word_value(line->high, metric);
    char *text = text_format(" [%s, %s]", low, high);
    free(low);
    free(high);
    return text;
}

DotLines chart_dots_of_row(const ChartSource *source, const Comparison *comparison, size_t row, bool values) {
    const RunMeta *meta = &source->run->meta;
    const ComparisonRow *from = &comparison->rows[row];
    DotLines dots = {zeroed(meta->arm_count, sizeof *dots.lines), 0};
    for (uint32_t arm = 0; arm < meta->arm_count; arm++) {
        if (!meta->arms[arm].available)
            continue;
        bool control = !values && arm == comparison->reference;
        const Cell *cell = comparison_cell(from, arm, control);
        if (!cell)
            continue;
        DotLine *line = &dots.lines[dots.count++];
        *line = (DotLine){.arm = arm, .control = control};
        line->value = values ? cell->median : cell->ratio.estimate;
        line->low = values ? cell->median_low : cell->ratio.low;
        line->high = values ? cell->median_high : cell->ratio.high;
        line->name = text_format(control ? "%s again" : "%s", meta->arms[arm].name);
        line->interval = interval_of(comparison->metric, line, values);
        line->remark = remark_of(comparison, cell, values);
        line->emphasised = cell->verdict == VERDICT_BETTER || cell->verdict == VERDICT_WORSE || cell->failed > 0 ||
                           cell->verdict == VERDICT_UNSTABLE;
    }
    return dots;
}

void chart_dots_release(DotLines *dots) {
    for (size_t i = 0; i < dots->count; i++) {
        free(dots->lines[i].name);
        free(dots->lines[i].remark);
        free(dots->lines[i].interval);
    }
    free(dots->lines);
}

void chart_dots_include(const DotLines *dots, Axis *axis) {
    for (size_t i = 0; i < dots->count; i++) {
        axis_include(axis, dots->lines[i].value);
        axis_include(axis, dots->lines[i].low);
        axis_include(axis, dots->lines[i].high);
    }
}

void chart_dots_margins(const DotLines *dots, double *left, double *right) {
    for (size_t i = 0; i < dots->count; i++) {
        *left = fmax(*left, chart_text_width(strlen(dots->lines[i].name) + 2));
        *right = fmax(*right, chart_text_width(strlen(dots->lines[i].remark) + 2));
    }
}

double chart_dots_height(size_t lines) {
    return LINE_HEIGHT * (double)lines + 6;
}

void chart_dots_write(Chart *chart, const ChartSource *source, Panel *panel, const DotLines *dots) {
    panel->kind = PANEL_DOTS;
    panel->y = (Axis){.unit = AXIS_RATIO, .low = 0.4, .high = (double)dots->count + 0.6};
    chart_panel(chart, panel);
    /* The first line of a block is undefined on purpose: gnuplot does not count blocks that are empty. */
    fputs("NaN NaN NaN NaN 0 7\n", chart->data);
    for (size_t i = 0; i < dots->count; i++) {
        const DotLine *line = &dots->lines[i];
        ArmStyle style = source->styles[line->arm];
        fprintf(chart->data, "%zu", dots->count - i);
        chart_put_number(chart->data, line->value);
        chart_put_number(chart->data, line->low);
        chart_put_number(chart->data, line->high);
        /* A control is drawn hollow: gnuplot's hollow form of a filled mark is the number before it. */
        fprintf(chart->data, " %u %d\n", style.colour, line->control ? style.mark - 1 : style.mark);
        chart_tip_mark(
            chart, line->value, (double)(dots->count - i), style.colour,
            text_format("%s, %s: %s%s", panel->title, line->name, line->remark, line->interval ? line->interval : ""));
    }
    chart_labels(chart);
    fputs("NaN \"\" \"\" 0\n", chart->data);
    for (size_t i = 0; i < dots->count; i++) {
        const DotLine *line = &dots->lines[i];
        fprintf(chart->data, "%zu", dots->count - i);
        chart_put_text(chart->data, line->name);
        chart_put_text(chart->data, line->remark);
        fprintf(chart->data, " %u\n", line->emphasised ? DARK : FAINT);
    }
}

char *chart_row_note(const ComparisonRow *row) {
    char *floor = word_percent(row->noise_floor);
    char *text = text_format("%zu block%s, A/A noise floor %s%s%s", row->blocks, row->blocks == 1 ? "" : "s", floor,
                             row->unstable ? ", unstable" : "", fabs(row->drift) > 0.5 ? ", drift" : "");
    free(floor);
    return text;
}

Interval chart_noise_band(const ChartSource *source, const ComparisonRow *row) {
    const Cell *control = comparison_cell(row, source->run->meta.baseline, true);
    return control ? control->ratio : (Interval){NAN, NAN, NAN};
}

Interval chart_noise_band_of_values(const ChartSource *source, const ComparisonRow *row) {
    const Cell *baseline = comparison_cell(row, source->run->meta.baseline, false);
    Interval band = chart_noise_band(source, row);
    double median = baseline && baseline->ok ? baseline->median : NAN;
    return (Interval){band.estimate * median, band.low * median, band.high * median};
}

/* A metric that every row of such a run should have. */
static bool is_expected(const RunMeta *meta, const Comparison *comparison, size_t row) {
    Metric metric = comparison->metric;
    return meta->mode == MODE_THROUGHPUT &&
           ((metric == METRIC_THROUGHPUT && !meta->rows[row].memory) || metric == METRIC_PEAK_RSS);
}

bool chart_row_has(const ChartSource *source, const Comparison *comparison, size_t row) {
    const RunMeta *meta = &source->run->meta;
    if (comparison->metric == METRIC_THROUGHPUT && !is_expected(meta, comparison, row))
        return false; /* clock readings, callgrind and limits make work slower */
    const ComparisonRow *from = &comparison->rows[row];
    bool all_failed = true;
    for (uint32_t arm = 0; arm < meta->arm_count; arm++) {
        const Cell *cell = comparison_cell(from, arm, false);
        if (!meta->arms[arm].available || !cell)
            continue;
        if (cell->ok > 0)
            return true;
        all_failed = all_failed && cell->failed > 0;
    }
    return all_failed && (is_expected(meta, comparison, row) || metric_is_in_run(source->run, comparison->metric));
}

static AxisUnit unit_of(Metric metric) {
    switch (metric_info(metric)->unit) {
    case UNIT_BYTES:
        return AXIS_BYTES;
    case UNIT_NANOSECONDS:
        return AXIS_NANOSECONDS;
    case UNIT_MULTIPLE:
        return AXIS_RATIO;
    case UNIT_PER_SECOND:
    case UNIT_PER_OPERATION:
    case UNIT_PER_THOUSAND:
        break;
    }
    return AXIS_PER_SECOND; /* plain numbers with k and M */
}

Axis chart_dots_axis(const DotLines *dots, Metric metric) {
    AxisUnit unit = unit_of(metric);
    Axis range = axis_empty(unit, false);
    chart_dots_include(dots, &range);
    /* Speeds are compared with zero, too. */
    bool spread = metric != METRIC_THROUGHPUT && range.low > 0 && range.high > LOGARITHMIC_FROM * range.low;
    Axis axis = axis_empty(unit, spread);
    chart_dots_include(dots, &axis);
    axis_finish(&axis);
    return axis;
}

/* One panel to be: a row under one metric. */
typedef struct Place {
    const Comparison *comparison;
    size_t row;
    DotLines dots;
} Place;

static void write_place(Chart *chart, const ChartSource *source, const DotChart *what, Place *place, Panel panel) {
    const ComparisonRow *row = &place->comparison->rows[place->row];
    const char *name = source->titles[place->row];
    char *title = what->metric_count > 1 ? text_format("%s: %s", name, metric_info(place->comparison->metric)->title)
                                         : text_copy(name);
    char *note = chart_row_note(row);
    if (what->values) {
        panel.x = chart_dots_axis(&place->dots, place->comparison->metric);
        panel.band_x = chart_noise_band_of_values(source, row);
        if (panel.x.logarithmic) {
            char *longer = text_format("%s, logarithmic axis", note);
            free(note);
            note = longer;
        }
    } else {
        panel.band_x = chart_noise_band(source, row);
        panel.line_x = 1;
    }
    panel.title = title;
    panel.note = note;
    chart_dots_write(chart, source, &panel, &place->dots);
    free(title);
    free(note);
}

int chart_write_dots(const ChartSource *source, const char *folder, const DotChart *what) {
    const Run *run = source->run;
    Place *places = zeroed(run->meta.row_count * what->metric_count, sizeof *places);
    Panel panel = chart_new_panel(PANEL_DOTS, NULL, NULL);
    size_t count = 0;
    panel.x = axis_empty(AXIS_RATIO, true);
    axis_include(&panel.x, 1);
    for (size_t row = 0; row < run->meta.row_count; row++)
        for (size_t i = 0; i < what->metric_count; i++) {
            const Comparison *comparison = chart_comparison(source, what->metrics[i]);
            if (!chart_row_has(source, comparison, row))
                continue;
            Place *place = &places[count++];
            *place = (Place){comparison, row, chart_dots_of_row(source, comparison, row, what->values)};
            chart_dots_include(&place->dots, &panel.x);
            chart_dots_margins(&place->dots, &panel.left, &panel.right);
        }
    axis_finish(&panel.x);
    Chart chart;
    int written = count == 0 ? 0 : -1;
    if (count > 0 && chart_begin(&chart, folder, what->name, source, count, chart_dots_height(chart_arm_count(run)))) {
        chart_titles(&chart, what->title, what->first, what->second);
        for (size_t i = 0; i < count; i++)
            write_place(&chart, source, what, &places[i], panel);
        written = chart_end(&chart);
    }
    for (size_t i = 0; i < count; i++)
        chart_dots_release(&places[i].dots);
    free(places);
    return written;
}

/* A chart of ratios. Its metrics are better in the same direction. */
static int write_ratios(const ChartSource *source, const char *folder, const char *name, const char *what,
                        const Metric *metrics, size_t count) {
    const char *baseline = source->run->meta.arms[source->run->meta.baseline].name;
    const MetricInfo *info = metric_info(metrics[0]);
    char *title = text_format("%s relative to %s", what, baseline);
    char *first = text_format("%s of the line is %s; logarithmic. Bars are 95 %% intervals.",
                              info->larger_is_better ? "Right" : "Left", info->better);
    char *second = text_format("The grey band is what %s differs from itself (A/A): the noise floor.", baseline);
    int written = chart_write_dots(source, folder, &(DotChart){name, metrics, count, false, title, first, second});
    free(title);
    free(first);
    free(second);
    return written;
}

/* A chart of medians. */
static int write_medians(const ChartSource *source, const char *folder, const char *name, const char *title,
                         Metric metric, const char *further) {
    const char *baseline = source->run->meta.arms[source->run->meta.baseline].name;
    char *first =
        text_format("Median of each arm, bars are 95 %% intervals; words compare with %s.%s", baseline, further);
    char *second =
        text_format("Each panel has its own axis. The grey band is what %s differs from itself (A/A).", baseline);
    int written = chart_write_dots(source, folder, &(DotChart){name, &metric, 1, true, title, first, second});
    free(first);
    free(second);
    return written;
}

int chart_write_ratio(const ChartSource *source, const char *folder) {
    static const Metric metrics[] = {METRIC_THROUGHPUT};
    return write_ratios(source, folder, "throughput_ratio", "Throughput", metrics, 1);
}

int chart_write_latency_ratio(const ChartSource *source, const char *folder) {
    static const Metric metrics[] = {METRIC_MALLOC_P999, METRIC_CALLOC_P999, METRIC_REALLOC_P999, METRIC_FREE_P999};
    return write_ratios(source, folder, "latency_ratio", "Tail latency", metrics, sizeof metrics / sizeof *metrics);
}

int chart_write_peak(const ChartSource *source, const char *folder) {
    if (!chart_mode_shows_memory(source->run->meta.mode))
        return 0;
    return write_medians(source, folder, "peak_rss", "Peak resident memory", METRIC_PEAK_RSS,
                         " >= marks a lower bound.");
}

int chart_write_limit(const ChartSource *source, const char *folder) {
    return write_medians(source, folder, "memory_limit", "Smallest memory limit under which the work completes",
                         METRIC_MEMORY_LIMIT, " Lower is leaner.");
}
