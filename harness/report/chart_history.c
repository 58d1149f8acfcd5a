/*
 * chart_history.c - see chart_history.h. Runs stand side by side at equal distances, whatever time lay between them.
 */
#include "chart_history.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart_curves.h"
#include "chart_lines.h"

static const double PLOT_HEIGHT = 200;
enum { COMMIT_LENGTH = 7 };

static bool same_series(const HistoryEntry *a, const HistoryEntry *b) {
    return !strcmp(a->host, b->host) && !strcmp(a->suite, b->suite) && !strcmp(a->mode, b->mode) &&
           !strcmp(a->baseline, b->baseline);
}

/* True of the first run of each series. */
static bool begins_series(const History *history, size_t at) {
    for (size_t i = 0; i < at; i++)
        if (same_series(&history->entries[i], &history->entries[at]))
            return false;
    return true;
}

/* The arm's geometric mean, of the first arm that has one where `arm` is NULL; NULL when there is none. */
static const HistoryRatio *mean_of(const HistoryEntry *entry, Metric metric, const char *arm) {
    for (size_t i = 0; i < entry->ratio_count; i++) {
        const HistoryRatio *ratio = &entry->ratios[i];
        if (!ratio->row && !isnan(ratio->ratio) && !strcmp(ratio->metric, metric_info(metric)->key) &&
            (!arm || !strcmp(ratio->arm, arm)))
            return ratio;
    }
    return NULL;
}

/* The runs of the series that begins at `first` which have a mean of this metric: their places in the history. */
static RowGroup runs_of(const History *history, size_t first, Metric metric) {
    RowGroup group = {.rows = zeroed(history->count, sizeof *group.rows)};
    for (size_t i = first; i < history->count; i++)
        if (same_series(&history->entries[first], &history->entries[i]) && mean_of(&history->entries[i], metric, NULL))
            group.rows[group.count++] = i;
    return group;
}

/* A run without rows, whose arms are all that the history names: what the frame of a chart and its styles ask for. */
static Run run_of_arms(const History *history) {
    Run run = {0};
    for (size_t i = 0; i < history->count; i++)
        for (size_t k = 0; k < history->entries[i].ratio_count; k++) {
            const char *name = history->entries[i].ratios[k].arm;
            size_t arm = 0;
            while (arm < run.meta.arm_count && strcmp(run.meta.arms[arm].name, name) != 0)
                arm++;
            if (arm < run.meta.arm_count)
                continue;
            run.meta.arms = grow(run.meta.arms, arm + 1, sizeof *run.meta.arms);
            run.meta.arms[run.meta.arm_count++] = (Arm){.name = text_copy(name), .available = true};
        }
    return run;
}

static Axis axis_of_runs(size_t count) {
    Axis x = axis_empty(AXIS_RATIO, false);
    axis_include(&x, 1);
    axis_include(&x, (double)count);
    axis_finish(&x);
    x.low = 1 - fmax(0.05 * (double)(count - 1), 0.2);
    x.high = (double)count + fmax(0.05 * (double)(count - 1), 0.2);
    chart_lines_make_room(&x);
    return x;
}

/* The commits under the axis; "+" behind one whose files had been changed. */
static char *commits_under(const History *history, const Curves *curves, const Axis *x, double pixels) {
    TextList names = {0};
    for (size_t i = 0; i < curves->group->count; i++) {
        const HistoryEntry *entry = &history->entries[curves->group->rows[i]];
        text_list_add(&names, text_format("%.*s%s", COMMIT_LENGTH, entry->commit, entry->dirty ? "+" : ""));
    }
    char *tics = curves_name_tics(x, pixels, names.items, curves->x, names.count);
    text_list_release(&names);
    return tics;
}

static void write_panel(Chart *chart, const ChartSource *source, const History *history, const RowGroup *group,
                        Metric metric) {
    const HistoryEntry *first = &history->entries[group->rows[0]];
    const RunMeta *meta = &source->run->meta;
    Curves curves = curves_without_rows(source, group);
    for (size_t i = 0; i < group->count; i++) {
        curves.x[i] = (double)(i + 1);
        for (uint32_t arm = 0; arm < meta->arm_count; arm++) {
            const HistoryRatio *mean = mean_of(&history->entries[group->rows[i]], metric, meta->arms[arm].name);
            if (mean)
                *curves_point(source, &curves, i, arm) = (CurvePoint){mean->ratio, mean->low, mean->high};
        }
    }
    const MetricInfo *info = metric_info(metric);
    char *title = text_format("%s, %s, host %s", info->title, first->suite, first->host);
    char *note = text_format("geometric mean of ratios to %s; over 1 is %s", first->baseline,
                             info->larger_is_better ? info->better : info->worse);
    Panel panel = chart_new_panel(PANEL_LINES, title, note);
    panel.left = 44;
    panel.right = chart_lines_margin(source->run) + 50;
    panel.x = axis_of_runs(group->count);
    panel.y = axis_empty(AXIS_RATIO, true);
    panel.line_y = 1;
    axis_include(&panel.y, 1);
    curves_include(source, &curves, &panel.y);
    axis_finish(&panel.y);
    char *tics = commits_under(history, &curves, &panel.x, chart_plot_width(chart, &panel));
    panel.x_tics = tics;
    chart_panel(chart, &panel);
    curves_write(chart, source, &panel, &curves);
    curves_release(&curves);
    free(tics);
    free(note);
    free(title);
}

typedef void (*PanelVisit)(void *to, const RowGroup *group, Metric metric);

/* Every panel in its order: series as they begin, their metrics in the order of the registry. */
static void each_panel(const History *history, PanelVisit visit, void *to) {
    for (size_t first = 0; first < history->count; first++)
        for (unsigned metric = 0; begins_series(history, first) && metric < METRIC_COUNT; metric++) {
            RowGroup group = runs_of(history, first, (Metric)metric);
            if (group.count > 0)
                visit(to, &group, (Metric)metric);
            free(group.rows);
        }
}

static void count_panel(void *to, const RowGroup *group, Metric metric) {
    (void)group;
    (void)metric;
    *(size_t *)to += 1;
}

typedef struct Drawing {
    Chart chart;
    const ChartSource *source;
    const History *history;
} Drawing;

static void draw_panel(void *to, const RowGroup *group, Metric metric) {
    Drawing *drawing = to;
    write_panel(&drawing->chart, drawing->source, drawing->history, group, metric);
}

/* "host 1234: a CPU, 2 cores", each once. */
static TextList footer_of(const History *history) {
    TextList lines = {0};
    for (size_t i = 0; i < history->count; i++) {
        char *line = text_format("host %s: %s", history->entries[i].host, history->entries[i].machine);
        bool known = false;
        for (size_t k = 0; k < lines.count; k++)
            known = known || !strcmp(lines.items[k], line);
        if (known)
            free(line);
        else
            text_list_add(&lines, line);
    }
    return lines;
}

int chart_write_history(const History *history, const char *folder) {
    size_t panels = 0;
    each_panel(history, count_panel, &panels);
    if (panels == 0)
        return 0;
    Run run = run_of_arms(history);
    ChartSource source = {.run = &run, .styles = arm_styles(&run.meta), .footer = footer_of(history)};
    Drawing drawing = {.source = &source, .history = history};
    int written = -1;
    if (chart_begin(&drawing.chart, folder, CHART_HISTORY_NAME, &source, panels, PLOT_HEIGHT)) {
        chart_titles(&drawing.chart, "From commit to commit",
                     "Each arm against the baseline of the same run, as the geometric mean over the rows of the suite. "
                     "Bars are 95 % intervals.",
                     "One run a place, in the order in which they were added. A + behind a commit: its files had been "
                     "changed.");
        each_panel(history, draw_panel, &drawing);
        written = chart_end(&drawing.chart);
    }
    int saved = errno;
    for (size_t arm = 0; arm < run.meta.arm_count; arm++)
        free(run.meta.arms[arm].name);
    free(run.meta.arms);
    free(source.styles);
    text_list_release(&source.footer);
    errno = saved;
    return written;
}
