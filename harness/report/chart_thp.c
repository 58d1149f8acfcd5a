/*
 * chart_thp.c - transparent huge pages on and off: rows that differ in nothing else, side by side, in peak memory and
 * throughput.
 *
 * The two rows of a pair have blocks of their own, so that there is no paired ratio between them: medians with their
 * own intervals stand beside each other, and the words give the quotient of the medians.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart.h"
#include "chart_tips.h"
#include "processors.h"
#include "wording.h"

static const unsigned INK = 0x222222;
static const double STEP = 0.18; /* from the middle of an arm's line to each of its two dots */
static const Metric METRICS[] = {METRIC_PEAK_RSS, METRIC_THROUGHPUT};
enum { METRIC_KINDS = sizeof METRICS / sizeof *METRICS };

typedef struct Pair {
    size_t inherit, never; /* rows */
} Pair;

static bool same_text(const char *a, const char *b) {
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool is_pair(const Row *inherit, const Row *never) {
    return inherit->thp == THP_INHERIT && never->thp == THP_NEVER && inherit->kind == never->kind &&
           inherit->threads == never->threads && inherit->host == never->host &&
           same_text(inherit->workload, never->workload) && same_text(inherit->arguments, never->arguments);
}

static Pair *find_pairs(const RunMeta *meta, size_t *count) {
    Pair *pairs = zeroed(meta->row_count, sizeof *pairs);
    *count = 0;
    for (size_t row = 0; row < meta->row_count; row++)
        for (size_t other = 0; other < meta->row_count; other++)
            if (is_pair(&meta->rows[row], &meta->rows[other])) {
                pairs[(*count)++] = (Pair){row, other};
                break;
            }
    return pairs;
}

static bool pair_has(const ChartSource *source, const Pair *pair, Metric metric) {
    const Comparison *comparison = chart_comparison(source, metric);
    return chart_row_has(source, comparison, pair->inherit) && chart_row_has(source, comparison, pair->never);
}

/* NULL where the arm has no value. */
static const Cell *value_of(const ChartSource *source, Metric metric, size_t row, uint32_t arm) {
    const Cell *cell = comparison_cell(&chart_comparison(source, metric)->rows[row], arm, false);
    return cell && cell->ok > 0 ? cell : NULL;
}

/* "31.2 MiB to 28.0 MiB, 0.897"; owned. */
static char *remark_of(const Cell *inherit, const Cell *never, Metric metric) {
    if (!inherit || !never)
        return text_copy(inherit || never ? "only one of both" : "no value");
    char *from = word_value(inherit->median, metric), *to = word_value(never->median, metric);
    char *ratio = word_ratio(never->median / inherit->median);
    char *text = text_format("%s to %s, %s", from, to, ratio);
    free(from);
    free(to);
    free(ratio);
    return text;
}

static void include(Axis *axis, const Cell *cell) {
    if (cell) {
        axis_include(axis, cell->median);
        axis_include(axis, cell->median_low);
        axis_include(axis, cell->median_high);
    }
}

static void put_dot(Chart *chart, double y, const Cell *cell, unsigned colour, int mark) {
    if (!cell)
        return;
    chart_put_number(chart->data, y);
    chart_put_number(chart->data, cell->median);
    chart_put_number(chart->data, cell->median_low);
    chart_put_number(chart->data, cell->median_high);
    fprintf(chart->data, " %u %d\n", colour, mark);
}

static void put_tip(Chart *chart, const Panel *panel, const char *arm, double y, const Cell *cell, unsigned colour,
                    const char *pages) {
    if (!cell)
        return;
    char *value = chart_axis_value(&panel->x, cell->median);
    char *interval = chart_axis_interval(&panel->x, cell->median_low, cell->median_high);
    chart_tip_mark(chart, cell->median, y, colour,
                   text_format("%s, %s %s: %s%s", panel->title, arm, pages, value, interval));
    free(value);
    free(interval);
}

static void write_labels(Chart *chart, const ChartSource *source, const Pair *pair, Metric metric, size_t lines) {
    chart_labels(chart);
    fputs("NaN \"\" \"\" 0\n", chart->data);
    for (uint32_t arm = 0; arm < source->run->meta.arm_count; arm++) {
        if (!source->run->meta.arms[arm].available)
            continue;
        char *remark =
            remark_of(value_of(source, metric, pair->inherit, arm), value_of(source, metric, pair->never, arm), metric);
        fprintf(chart->data, "%zu", lines--);
        chart_put_text(chart->data, source->run->meta.arms[arm].name);
        chart_put_text(chart->data, remark);
        fprintf(chart->data, " %u\n", INK);
        free(remark);
    }
}

/* "larson t2 thp=inherit" stands for both rows of its pair: "larson t2: Peak RSS". Owned. */
static char *title_of(const RunMeta *meta, size_t index, Metric metric) {
    const Row *row = &meta->rows[index];
    static const char SUFFIX[] = " thp=inherit";
    size_t length = strlen(row->name), tail = strlen(SUFFIX);
    bool named = length > tail && strcmp(row->name + length - tail, SUFFIX) == 0;
    char *name = text_copy_part(row->name, named ? length - tail : length);
    char *title = text_format("%s%s: %s", name, row_is_oversubscribed(meta, index) ? " (oversubscribed)" : "",
                              metric_info(metric)->title);
    free(name);
    return title;
}

static void write_panel(Chart *chart, const ChartSource *source, const Pair *pair, Metric metric, double left) {
    const RunMeta *meta = &source->run->meta;
    size_t lines = chart_arm_count(source->run), line = lines;
    const ComparisonRow *row = &chart_comparison(source, metric)->rows[pair->inherit];
    char *title = title_of(meta, pair->inherit, metric);
    char *note = chart_row_note(row);
    Panel panel = chart_new_panel(PANEL_DOTS, title, note);
    panel.left = left;
    panel.right = chart_text_width(strlen("99.99 MiB to 99.99 MiB, 1.000") + 1);
    panel.band_x = chart_noise_band_of_values(source, row);
    panel.x = axis_empty(metric == METRIC_THROUGHPUT ? AXIS_PER_SECOND : AXIS_BYTES, false);
    panel.y = (Axis){.unit = AXIS_RATIO, .low = 0.4, .high = (double)lines + 0.6};
    for (uint32_t arm = 0; arm < meta->arm_count; arm++) {
        include(&panel.x, value_of(source, metric, pair->inherit, arm));
        include(&panel.x, value_of(source, metric, pair->never, arm));
    }
    axis_finish(&panel.x);
    chart_panel(chart, &panel);
    fputs("NaN NaN NaN NaN 0 7\n", chart->data);
    for (uint32_t arm = 0; arm < meta->arm_count; arm++) {
        if (!meta->arms[arm].available)
            continue;
        ArmStyle style = source->styles[arm];
        put_dot(chart, (double)line + STEP, value_of(source, metric, pair->inherit, arm), style.colour, style.mark);
        /* gnuplot's hollow form of a filled mark is the number before it */
        put_dot(chart, (double)line - STEP, value_of(source, metric, pair->never, arm), style.colour,
                style.mark % 2 ? style.mark - 1 : style.mark);
        put_tip(chart, &panel, meta->arms[arm].name, (double)line + STEP, value_of(source, metric, pair->inherit, arm),
                style.colour, "as the system has huge pages");
        put_tip(chart, &panel, meta->arms[arm].name, (double)line - STEP, value_of(source, metric, pair->never, arm),
                style.colour, "without huge pages");
        line--;
    }
    write_labels(chart, source, pair, metric, lines);
    free(title);
    free(note);
}

int chart_write_thp(const ChartSource *source, const char *folder) {
    const RunMeta *meta = &source->run->meta;
    size_t count, panels = 0, longest = 0;
    Pair *pairs = find_pairs(meta, &count);
    for (size_t i = 0; i < count; i++)
        for (size_t m = 0; m < METRIC_KINDS; m++)
            panels += pair_has(source, &pairs[i], METRICS[m]);
    for (size_t arm = 0; arm < meta->arm_count; arm++)
        longest = strlen(meta->arms[arm].name) > longest ? strlen(meta->arms[arm].name) : longest;
    Chart chart;
    int written = panels == 0 ? 0 : -1;
    if (panels > 0 &&
        chart_begin(&chart, folder, "thp", source, panels, chart_dots_height(chart_arm_count(source->run)))) {
        chart_titles(&chart, "Transparent huge pages: as the system has them, and switched off",
                     "Filled: as the system has them; hollow: switched off. Medians, bars are 95 % intervals; the last "
                     "number is hollow / filled.",
                     "The grey band is what the baseline differs from itself (A/A) with pages as the system has them.");
        for (size_t i = 0; i < count; i++)
            for (size_t m = 0; m < METRIC_KINDS; m++)
                if (pair_has(source, &pairs[i], METRICS[m]))
                    write_panel(&chart, source, &pairs[i], METRICS[m], chart_text_width(longest + 2));
        written = chart_end(&chart);
    }
    free(pairs);
    return written;
}
