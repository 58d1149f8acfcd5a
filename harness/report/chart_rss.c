/*
 * chart_rss.c - resident memory while a slot runs, above what the workload itself holds.
 *
 * Of each arm the slot with the median peak is drawn: a real process, neither the luckiest nor an average of several.
 * Time is the share of each slot's own duration, so that the same phase of the work stands at the same place.
 */
#include <math.h>
#include <stdlib.h>

#include "../analysis/statistics.h"
#include "../store/text.h"
#include "chart_lines.h"
#include "chart_tips.h"
#include "wording.h"

static const double PLOT_HEIGHT = 170;
/* A curve leaves the panel at the top, so that the others can be read, when its peak is this many times the median
 * arm's and this many times the highest of those that stay. */
static const double LEAVES_FROM = 3, LEAVES_GAP = 2;

static bool has_series(const BlockTable *table) {
    for (size_t column = 0; column < table->columns; column++)
        if (chart_median_slot(table, column, chart_value_of_series))
            return true;
    return false;
}

static double series_peak(const Series *series) {
    double peak = 0;
    for (size_t i = 0; i < series->count; i++)
        peak = fmax(peak, (double)series->rss_bytes[i]);
    return peak;
}

/* 0 where the workload did not count. */
static double mean_live(const Series *series) {
    double sum = 0;
    for (size_t i = 0; i < series->count; i++)
        sum += fmax((double)series->live_bytes[i], 0);
    return sum / (double)series->count;
}

/* Peaks above this are cut off. */
static double highest_shown(const Sample *const *slots, size_t arms) {
    double *peaks = zeroed(arms, sizeof *peaks);
    size_t count = 0;
    for (size_t arm = 0; arm < arms; arm++)
        if (slots[arm])
            peaks[count++] = series_peak(&slots[arm]->series);
    double limit = LEAVES_FROM * median_of(peaks, count), stays = 0;
    for (size_t i = 0; i < count; i++)
        stays = peaks[i] <= limit ? fmax(stays, peaks[i]) : stays;
    limit = fmax(limit, LEAVES_GAP * stays);
    free(peaks);
    return limit;
}

static void write_row(Chart *chart, const ChartSource *source, size_t row) {
    const RunMeta *meta = &source->run->meta;
    const BlockTable *table = &source->observed[row];
    const ComparisonRow *peaks = &chart_comparison(source, METRIC_PEAK_RSS)->rows[row];
    const Sample **slots = zeroed(meta->arm_count, sizeof *slots);
    Panel panel = chart_new_panel(PANEL_LINES, source->titles[row], "");
    panel.left = 64;
    panel.right = chart_lines_margin(source->run) + 50;
    panel.x = (Axis){.unit = AXIS_SHARE, .low = 0, .high = 100};
    panel.y = axis_empty(AXIS_BYTES, false);
    const Sample *floor = NULL; /* where the workload held least: live bytes depend on who is faster, allocating or
                                   freeing threads, and a floor must not stand above a curve */
    double lowest = INFINITY;
    for (size_t arm = 0; arm < meta->arm_count; arm++)
        slots[arm] = meta->arms[arm].available ? chart_median_slot(table, arm, chart_value_of_series) : NULL;
    double limit = highest_shown(slots, meta->arm_count);
    for (size_t arm = 0; arm < meta->arm_count; arm++) {
        const Series *series = slots[arm] ? &slots[arm]->series : NULL;
        bool shown = series && series_peak(series) <= limit;
        for (size_t i = 0; series && i < series->count; i++) {
            axis_include(&panel.y, shown ? (double)series->rss_bytes[i] : NAN);
        }
        double live = series && series->live_bytes ? mean_live(series) : 0;
        if (live > 0 && live < lowest) {
            lowest = live;
            floor = slots[arm];
        }
    }
    if (floor)
        for (size_t i = 0; i < floor->series.count; i++)
            axis_include(&panel.y, fmax((double)floor->series.live_bytes[i], 0));
    axis_finish(&panel.y);
    chart_lines_make_room(&panel.x);
    char *noise = word_percent(peaks->noise_floor);
    char *note = text_format("%s; A/A noise floor of the peak %s",
                             floor ? "grey: live bytes of the workload" : "live bytes were not counted", noise);
    panel.note = note;
    chart_panel(chart, &panel);
    free(noise);
    free(note);

    LineLabel *labels = zeroed(meta->arm_count, sizeof *labels);
    size_t count = 0;
    fputs("-1 NaN NaN NaN NaN\n", chart->data);
    for (size_t arm = 0; arm < meta->arm_count; arm++) {
        if (!meta->arms[arm].available)
            continue;
        const Series *series = slots[arm] ? &slots[arm]->series : NULL;
        labels[count] = chart_lines_label(source, peaks, (uint32_t)arm, series != NULL);
        for (size_t i = 0; series && i < series->count; i++) {
            labels[count].x = 100;
            labels[count].y = (double)series->rss_bytes[i];
            chart_lines_put(chart, arm, chart_share_at(series, i), labels[count].y);
        }
        char *peak = series ? word_value(series_peak(series), METRIC_PEAK_RSS) : NULL;
        if (series && series_peak(series) > limit) {
            free(labels[count].text);
            labels[count].text = text_format("%s, %s", meta->arms[arm].name, peak);
            labels[count].x = NAN; /* its end is out of sight */
            labels[count].y = panel.y.high;
        }
        if (series)
            chart_tip_curve(chart, source->styles[arm].colour,
                            text_format("%s, %s: %s at most", panel.title, meta->arms[arm].name, peak));
        free(peak);
        count++;
    }
    for (size_t i = 0; floor && i < floor->series.count; i++)
        chart_lines_put(chart, meta->arm_count, chart_share_at(&floor->series, i),
                        fmax((double)floor->series.live_bytes[i], 0));
    chart_lines_write_labels(chart, &panel, labels, count);
    chart_lines_release(labels, count);
    free(slots);
}

int chart_write_rss(const ChartSource *source, const char *folder) {
    const RunMeta *meta = &source->run->meta;
    size_t rows = 0;
    for (size_t row = 0; row < meta->row_count; row++)
        rows += has_series(&source->observed[row]);
    if (rows == 0 || !chart_mode_shows_memory(meta->mode))
        return 0;
    Chart chart;
    if (!chart_begin(&chart, folder, "rss_over_time", source, rows, PLOT_HEIGHT))
        return -1;
    chart_titles(
        &chart, "Resident memory over time",
        "For each arm the slot with the median peak, over the share of its own running time. Lower is leaner.",
        "Grey is what the workload itself holds. A/A noise floor: by how much the baseline's peak differs from "
        "itself.");
    for (size_t row = 0; row < meta->row_count; row++)
        if (has_series(&source->observed[row]))
            write_row(&chart, source, row);
    return chart_end(&chart);
}
