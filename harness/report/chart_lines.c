/*
 * chart_lines.c - what labels and curves share: a name beside the end of each curve, tied to it by a thin leader.
 */
#include "chart_lines.h"

#include <math.h>
#include <stdlib.h>

#include "../store/text.h"

/* Share of the x axis kept free of curves, where leaders run; labels stand right of it. */
static const double LEADER_SHARE = 0.1;
static const double LABEL_HEIGHT = 15;

void chart_lines_make_room(Axis *x) {
    x->tic_high = x->high;
    x->high =
        x->logarithmic ? x->high * pow(x->high / x->low, LEADER_SHARE) : x->high + (x->high - x->low) * LEADER_SHARE;
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

/* Where a value stands on an axis: 0 at its low end, 1 at its high end. And back. */
static double share_of(const Axis *axis, double value) {
    return axis->logarithmic ? log(value / axis->low) / log(axis->high / axis->low)
                             : (value - axis->low) / (axis->high - axis->low);
}

static double value_at(const Axis *axis, double share) {
    return axis->logarithmic ? axis->low * pow(axis->high / axis->low, share)
                             : axis->low + share * (axis->high - axis->low);
}

void chart_lines_write_labels(Chart *chart, const Panel *panel, LineLabel *labels, size_t count) {
    double *places = zeroed(count, sizeof *places);
    double height = chart_plot_height(chart);
    for (size_t i = 0; i < count; i++) {
        /* What never got a value is listed from below. */
        places[i] = isnan(labels[i].y) ? 0 : share_of(&panel->y, labels[i].y) * height;
    }
    chart_spread(places, count, LABEL_HEIGHT, LABEL_HEIGHT / 2, height);
    chart_labels(chart);
    fputs("NaN NaN NaN NaN 0 \"\"\n", chart->data);
    for (size_t i = 0; i < count; i++) {
        chart_put_number(chart->data, labels[i].x);
        chart_put_number(chart->data, labels[i].y);
        chart_put_number(chart->data, panel->x.high);
        chart_put_number(chart->data, value_at(&panel->y, places[i] / height));
        fprintf(chart->data, " %u", labels[i].colour);
        chart_put_text(chart->data, labels[i].text);
        fputc('\n', chart->data);
    }
    free(places);
}
