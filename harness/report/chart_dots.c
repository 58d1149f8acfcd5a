/*
 * chart_dots.c - dot charts: one line an arm, its name at the left, its verdict in words at the right.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"
#include "chart.h"
#include "wording.h"

static const double LINE_HEIGHT = 20;
/* Dots do not grow from zero, so an axis may leave it out where one arm would squeeze all others together. */
static const double LOGARITHMIC_FROM = 4;
static const unsigned DARK = 0x222222, FAINT = 0x767676; /* both readable on white */

static char *remark_of(const Comparison *comparison, const Cell *cell, bool values) {
    char *failures = word_failures(cell), *number = NULL;
    if (values && cell->ok > 0) {
        char *value = word_value(cell->median, comparison->metric);
        number = text_format("%s%s%s", cell->lower_bound ? ">= " : "", value,
                             comparison->metric == METRIC_THROUGHPUT ? "/s" : "");
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

DotLines chart_dots_of_row(const ChartSource *source, const Comparison *comparison, size_t row, bool values) {
    const RunMeta *meta = &source->run->meta;
    const ComparisonRow *from = &comparison->rows[row];
    DotLines dots = {zeroed(meta->arm_count, sizeof *dots.lines), 0};
    for (uint32_t arm = 0; arm < meta->arm_count; arm++) {
        if (!meta->arms[arm].available)
            continue;
        bool control = !values && arm == comparison->reference;
        const Cell *cell = comparison_cell(from, arm, control);
        DotLine *line = &dots.lines[dots.count++];
        *line = (DotLine){.arm = arm, .control = control};
        line->value = values ? cell->median : cell->ratio.estimate;
        line->low = values ? cell->median_low : cell->ratio.low;
        line->high = values ? cell->median_high : cell->ratio.high;
        line->name = text_format(control ? "%s again" : "%s", meta->arms[arm].name);
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

double chart_dots_height(const Run *run) {
    size_t lines = 0;
    for (size_t arm = 0; arm < run->meta.arm_count; arm++)
        lines += run->meta.arms[arm].available;
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

/* All rows of a comparison as dot panels. One x axis for all (ratios), or one each (values). */
static int write_rows(const ChartSource *source, const char *folder, const char *name, const Comparison *comparison,
                      bool values, const char *title, const char *subtitle) {
    const Run *run = source->run;
    size_t rows = run->meta.row_count;
    if (rows == 0)
        return 0;
    Chart chart;
    if (!chart_begin(&chart, folder, name, source, rows, chart_dots_height(run)))
        return -1;
    char *missing = chart_missing_arms(run);
    chart_titles(&chart, title, subtitle, missing);
    free(missing);

    DotLines *dots = zeroed(rows, sizeof *dots);
    Axis shared = axis_empty(AXIS_RATIO, true);
    double left = 0, right = 0;
    axis_include(&shared, 1);
    for (size_t row = 0; row < rows; row++) {
        dots[row] = chart_dots_of_row(source, comparison, row, values);
        chart_dots_include(&dots[row], &shared);
        chart_dots_margins(&dots[row], &left, &right);
    }
    axis_finish(&shared);
    for (size_t row = 0; row < rows; row++) {
        const ComparisonRow *from = &comparison->rows[row];
        char *note = chart_row_note(from);
        Panel panel = {.title = run->meta.rows[row].name, .note = note, .left = left, .right = right, .x = shared};
        panel.band_low = panel.band_high = panel.mark_line = NAN;
        if (values) {
            Axis range = axis_empty(AXIS_BYTES, false);
            chart_dots_include(&dots[row], &range);
            panel.x = axis_empty(AXIS_BYTES, range.high > LOGARITHMIC_FROM * range.low);
            chart_dots_include(&dots[row], &panel.x);
            axis_finish(&panel.x);
            if (panel.x.logarithmic) {
                char *longer = text_format("%s, logarithmic axis", note);
                free(note);
                panel.note = note = longer;
            }
        } else {
            const Cell *control = comparison_cell(from, run->meta.baseline, true);
            panel.band_low = control->ratio.low;
            panel.band_high = control->ratio.high;
            panel.mark_line = 1;
        }
        chart_dots_write(&chart, source, &panel, &dots[row]);
        chart_dots_release(&dots[row]);
        free(note);
    }
    free(dots);
    return chart_end(&chart) ? 1 : -1;
}

int chart_write_ratio(const ChartSource *source, const char *folder) {
    const char *baseline = source->run->meta.arms[source->run->meta.baseline].name;
    char *title = text_format("Throughput relative to %s", baseline);
    char *subtitle = text_format("Right of the line is faster; logarithmic. Bars are 95 %% intervals; the grey band is "
                                 "what %s differs from itself (A/A).",
                                 baseline);
    int written = write_rows(source, folder, "throughput_ratio", source->speed, false, title, subtitle);
    free(title);
    free(subtitle);
    return written;
}

int chart_write_peak(const ChartSource *source, const char *folder) {
    char *subtitle =
        text_format("Median of each arm, bars are 95 %% intervals; words compare with %s. Each panel has its "
                    "own axis; >= marks a lower bound.",
                    source->run->meta.arms[source->run->meta.baseline].name);
    int written = write_rows(source, folder, "peak_rss", source->memory, true, "Peak resident memory", subtitle);
    free(subtitle);
    return written;
}
