/*
 * chart_throughput.c - operations a second: curves over threads where a workload has several numbers of threads, dots
 * otherwise. One panel a workload with its arguments.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"
#include "chart_lines.h"
#include "wording.h"

static const double CURVES_HEIGHT = 170;

static bool same_workload(const Row *a, const Row *b) {
    const char *left = a->arguments ? a->arguments : "", *right = b->arguments ? b->arguments : "";
    return a->kind == b->kind && a->thp == b->thp && a->host == b->host && !strcmp(a->workload, b->workload) &&
           !strcmp(left, right);
}

/* The rows of one panel in ascending order of threads. */
typedef struct Group {
    size_t *rows;
    size_t count;
} Group;

static bool belongs(const RunMeta *meta, const Group *group, size_t row) {
    if (!same_workload(&meta->rows[group->rows[0]], &meta->rows[row]))
        return false;
    for (size_t i = 0; i < group->count; i++) /* two rows alike but for their name are two panels */
        if (meta->rows[group->rows[i]].threads == meta->rows[row].threads)
            return false;
    return true;
}

static Group *group_rows(const ChartSource *source, size_t *count) {
    const RunMeta *meta = &source->run->meta;
    const Comparison *speed = chart_comparison(source, METRIC_THROUGHPUT);
    Group *groups = zeroed(meta->row_count, sizeof *groups);
    *count = 0;
    for (size_t row = 0; row < meta->row_count; row++) {
        size_t g = 0;
        if (!chart_row_has(source, speed, row))
            continue;
        while (g < *count && !belongs(meta, &groups[g], row))
            g++;
        if (g == *count)
            groups[(*count)++].rows = zeroed(meta->row_count, sizeof *groups->rows);
        Group *group = &groups[g];
        size_t at = group->count++;
        for (; at > 0 && meta->rows[group->rows[at - 1]].threads > meta->rows[row].threads; at--)
            group->rows[at] = group->rows[at - 1];
        group->rows[at] = row;
    }
    return groups;
}

/* "larson t1" and "larson t2" share the title "larson", "larson t1 thp=never" and its like "larson thp=never". Owned.
 */
static char *group_title(const RunMeta *meta, const Group *group) {
    const Row *row = &meta->rows[group->rows[0]];
    char *threads = text_format(" t%u", (unsigned)row->threads);
    const char *found = group->count > 1 ? strstr(row->name, threads) : NULL;
    size_t length = found ? strlen(threads) : 0;
    char *title;
    if (found && (found[length] == '\0' || found[length] == ' ')) {
        char *head = text_copy_part(row->name, (size_t)(found - row->name));
        title = text_format("%s%s", head, found + length);
        free(head);
    } else {
        title = text_copy(row->name);
    }
    free(threads);
    return title;
}

static const Cell *cell_of(const ChartSource *source, size_t row, uint32_t arm) {
    return comparison_cell(&chart_comparison(source, METRIC_THROUGHPUT)->rows[row], arm, false);
}

/* Arms stand a little beside each other at the same number of threads, so that their bars do not hide each other. */
static double dodged(const Axis *x, uint32_t threads, uint32_t arm, size_t arms) {
    static const double STEP = 0.009;
    double share = STEP * ((double)arm - (double)(arms - 1) / 2);
    return x->logarithmic ? threads * pow(x->high / x->low, share) : threads + (x->high - x->low) * share;
}

static void write_curves(Chart *chart, const ChartSource *source, const Group *group, Panel *panel) {
    const RunMeta *meta = &source->run->meta;
    uint32_t most = meta->rows[group->rows[group->count - 1]].threads;
    panel->kind = PANEL_LINES;
    panel->x = axis_empty(AXIS_THREADS, most > 8);
    panel->y = axis_empty(AXIS_PER_SECOND, false);
    for (size_t i = 0; i < group->count; i++) {
        axis_include(&panel->x, meta->rows[group->rows[i]].threads);
        for (uint32_t arm = 0; arm < meta->arm_count; arm++) {
            const Cell *cell = cell_of(source, group->rows[i], arm);
            axis_include(&panel->y, cell->ok ? cell->median : NAN);
            axis_include(&panel->y, cell->median_high);
        }
    }
    axis_finish(&panel->x);
    axis_finish(&panel->y);
    if (panel->x.logarithmic) { /* room for the arms beside the first and last number */
        panel->x.low *= 0.9;
        panel->x.high *= 1.1;
    }
    if (!panel->x.logarithmic) {
        panel->x.low = 0.8 * meta->rows[group->rows[0]].threads;
        panel->x.high = 1.05 * most;
    }
    chart_lines_make_room(&panel->x);
    chart_panel(chart, panel);

    LineLabel *labels = zeroed(meta->arm_count, sizeof *labels);
    size_t label_count = 0;
    fputs("-1 NaN NaN NaN NaN\n", chart->data);
    for (uint32_t arm = 0; arm < meta->arm_count; arm++) {
        if (!meta->arms[arm].available)
            continue;
        LineLabel *label = &labels[label_count++];
        const char *failure = NULL;
        *label = (LineLabel){NAN, NAN, source->styles[arm].colour, NULL};
        for (size_t i = 0; i < group->count; i++) {
            const Cell *cell = cell_of(source, group->rows[i], arm);
            uint32_t threads = meta->rows[group->rows[i]].threads;
            if (cell->ok == 0 && cell->failed > 0)
                failure = sample_status_name(cell->worst_status);
            if (cell->ok) {
                label->x = dodged(&panel->x, threads, arm, meta->arm_count);
                label->y = cell->median;
            }
            fprintf(chart->data, "%u", (unsigned)arm);
            chart_put_number(chart->data, dodged(&panel->x, threads, arm, meta->arm_count));
            chart_put_number(chart->data, cell->ok ? cell->median : NAN);
            chart_put_number(chart->data, cell->median_low);
            chart_put_number(chart->data, cell->median_high);
            fputc('\n', chart->data);
        }
        label->text = text_format("%s%s%s", meta->arms[arm].name, failure ? " " : "", failure ? failure : "");
        label->x = failure ? NAN : label->x; /* its name stands beside no curve's end */
    }
    chart_lines_write_labels(chart, panel, labels, label_count);
    chart_lines_release(labels, label_count);
}

static void write_dots(Chart *chart, const ChartSource *source, size_t row, Panel *panel, double left, double right) {
    const Comparison *speed = chart_comparison(source, METRIC_THROUGHPUT);
    DotLines dots = chart_dots_of_row(source, speed, row, true);
    panel->x = chart_dots_axis(&dots, METRIC_THROUGHPUT);
    panel->band_x = chart_noise_band_of_values(source, &speed->rows[row]);
    panel->left = left;
    panel->right = right;
    chart_dots_write(chart, source, panel, &dots);
    chart_dots_release(&dots);
}

/* "operations a second over threads, A/A noise floor up to 1.8 %". Owned. */
static char *group_note(const ChartSource *source, const Group *group) {
    const Row *row = &source->run->meta.rows[group->rows[0]];
    const Comparison *speed = chart_comparison(source, METRIC_THROUGHPUT);
    double floor = NAN;
    for (size_t i = 0; i < group->count; i++)
        floor = fmax(floor, speed->rows[group->rows[i]].noise_floor);
    char *percent = word_percent(floor);
    char *note = text_format("%s a second%s, A/A noise floor %s%s", row->unit && *row->unit ? row->unit : "operations",
                             group->count > 1 ? " over threads" : "", group->count > 1 && !isnan(floor) ? "up to " : "",
                             percent);
    free(percent);
    return note;
}

static void write_group(Chart *chart, const ChartSource *source, const Group *group, double left, double right) {
    char *title = group_title(&source->run->meta, group), *note = group_note(source, group);
    Panel panel = chart_new_panel(group->count > 1 ? PANEL_LINES : PANEL_DOTS, title, note);
    panel.left = 64;
    panel.right = chart_lines_margin(source->run) + 50;
    if (group->count > 1)
        write_curves(chart, source, group, &panel);
    else
        write_dots(chart, source, group->rows[0], &panel, left, right);
    free(title);
    free(note);
}

int chart_write_throughput(const ChartSource *source, const char *folder) {
    size_t count;
    Group *groups = group_rows(source, &count);
    double left = 0, right = 0, height = chart_dots_height(chart_arm_count(source->run));
    for (size_t g = 0; g < count; g++) {
        DotLines dots = chart_dots_of_row(source, chart_comparison(source, METRIC_THROUGHPUT), groups[g].rows[0], true);
        if (groups[g].count == 1)
            chart_dots_margins(&dots, &left, &right);
        else
            height = fmax(height, CURVES_HEIGHT);
        chart_dots_release(&dots);
    }
    Chart chart;
    int written = count == 0 ? 0 : -1;
    if (count > 0 && chart_begin(&chart, folder, "throughput", source, count, height)) {
        chart_titles(&chart, "Throughput in absolute numbers",
                     "Median of each arm, bars are 95 % intervals. Curves over the number of threads where a workload "
                     "has several.",
                     "Right or up is faster. The grey band is what the baseline differs from itself (A/A).");
        for (size_t g = 0; g < count; g++)
            write_group(&chart, source, &groups[g], left, right);
        written = chart_end(&chart) ? 1 : -1;
    }
    for (size_t g = 0; g < count; g++)
        free(groups[g].rows);
    free(groups);
    return written;
}
