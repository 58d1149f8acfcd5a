/*
 * chart_lines.c - what labels and curves share: a name beside the end of each curve, tied to it by a thin leader.
 */
#include "chart_lines.h"

#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>

#include "../store/text.h"

/* Share of the x axis kept free of curves, where leaders run; labels stand right of it. */
static const double LEADER_SHARE = 0.1;
static const double LABEL_HEIGHT = 15;

void chart_lines_make_room(Axis *x) {
    double room = x->logarithmic ? pow(x->high / x->low, LEADER_SHARE) : (x->high - x->low) * LEADER_SHARE;
    x->tic_low = x->low;
    x->tic_high = x->high;
    if (x->reversed)
        x->low = x->logarithmic ? x->low / room : x->low - room;
    else
        x->high = x->logarithmic ? x->high * room : x->high + room;
}

double chart_lines_margin(const Run *run) {
    size_t longest = 0;
    for (size_t arm = 0; arm < run->meta.arm_count; arm++) {
        size_t length = 0;
        while (run->meta.arms[arm].name[length])
            length++;
        longest = length > longest ? length : longest;
    }
    return chart_text_width(longest + 2);
}

const Sample *chart_median_slot(const BlockTable *table, size_t column, SlotValue value) {
    const Sample **slots = zeroed(table->blocks, sizeof *slots);
    double *values = zeroed(table->blocks, sizeof *values);
    size_t *order = zeroed(table->blocks, sizeof *order), count = 0;
    for (size_t block = 0; block < table->blocks; block++) {
        const Sample *sample = table->slots[block * table->columns + column];
        if (sample && sample->status == SAMPLE_OK && value(table->meta, sample, &values[count]))
            slots[count++] = sample;
    }
    gsl_sort_index(order, values, 1, count);
    const Sample *chosen = count ? slots[order[(count - 1) / 2]] : NULL;
    free(slots);
    free(values);
    free(order);
    return chosen;
}

bool chart_value_of_series(const RunMeta *meta, const Sample *sample, double *value) {
    (void)meta;
    *value = (double)sample->peak_rss_bytes;
    return sample->series.count >= 2;
}

LineLabel chart_lines_label(const ChartSource *source, const ComparisonRow *row, uint32_t arm, bool has_curve) {
    const char *name = source->run->meta.arms[arm].name;
    const Cell *cell = comparison_cell(row, arm, false);
    LineLabel label = {NAN, NAN, source->styles[arm].colour, NULL};
    label.text = has_curve ? text_copy(name)
                           : text_format("%s %s", name,
                                         cell && cell->failed ? sample_status_name(cell->worst_status) : "no data");
    return label;
}

void chart_lines_release(LineLabel *labels, size_t count) {
    for (size_t i = 0; i < count; i++)
        free(labels[i].text);
    free(labels);
}

void chart_lines_put(Chart *chart, size_t curve, double x, double y) {
    fprintf(chart->data, "%zu", curve);
    chart_put_number(chart->data, x);
    chart_put_number(chart->data, y);
    fputs(" NaN NaN\n", chart->data);
}

double chart_share_at(const Series *series, size_t point) {
    return 100 * (double)series->time_ns[point] / (double)series->time_ns[series->count - 1];
}

/* The value that stands at this share of the axis. */
static double value_at(const Axis *axis, double share) {
    return axis->logarithmic ? axis->low * pow(axis->high / axis->low, share)
                             : axis->low + share * (axis->high - axis->low);
}

void chart_lines_write_labels(Chart *chart, const Panel *panel, LineLabel *labels, size_t count) {
    double *places = zeroed(count, sizeof *places);
    double height = chart_plot_height(chart);
    for (size_t i = 0; i < count; i++) {
        /* What never got a value is listed from below. */
        places[i] = isnan(labels[i].y) ? 0 : axis_share(&panel->y, labels[i].y) * height;
    }
    chart_spread(places, count, LABEL_HEIGHT, LABEL_HEIGHT / 2, height);
    chart_labels(chart);
    fputs("NaN NaN NaN NaN 0 \"\"\n", chart->data);
    for (size_t i = 0; i < count; i++) {
        chart_put_number(chart->data, labels[i].x);
        chart_put_number(chart->data, labels[i].y);
        chart_put_number(chart->data, panel->x.reversed ? panel->x.low : panel->x.high);
        chart_put_number(chart->data, value_at(&panel->y, places[i] / height));
        fprintf(chart->data, " %u", labels[i].colour);
        chart_put_text(chart->data, labels[i].text);
        fputc('\n', chart->data);
    }
    free(places);
}
