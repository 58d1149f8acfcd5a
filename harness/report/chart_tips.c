/*
 * chart_tips.c - see chart_tips.h.
 */
#include "chart_tips.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "wording.h"

static const double REACH = 0.7; /* pixels that gnuplot may round by; marks of one colour stand farther apart */

static void put(Chart *chart, const ChartTip *tip) {
    fprintf(chart->tips, "%c %zu %.2f %.2f %.2f %.2f %u ", tip->kind, tip->page, tip->left, tip->right, tip->top,
            tip->bottom, tip->colour);
    for (const char *at = tip->text; *at; at++)
        if (*at != ' ' || at[1] != ' ') /* remarks are set in columns by two spaces */
            fputc((unsigned char)*at < ' ' ? ' ' : *at, chart->tips);
    fputc('\n', chart->tips);
}

void chart_tip_mark(Chart *chart, double x, double y, unsigned colour, char *text) {
    const ChartPlace *place = &chart->place;
    if (chart->tips && text && isfinite(x) && isfinite(y)) {
        double across = axis_share(&place->x, x), up = axis_share(&place->y, y);
        if (place->x.reversed)
            across = 1 - across;
        double left = place->left + across * (place->right - place->left);
        double top = place->bottom - up * (place->bottom - place->top);
        put(chart, &(ChartTip){'u', place->page, left - REACH, left + REACH, top - REACH, top + REACH, colour, text});
    }
    free(text);
}

void chart_tip_curve(Chart *chart, unsigned colour, char *text) {
    const ChartPlace *place = &chart->place;
    if (chart->tips && text)
        put(chart, &(ChartTip){'p', place->page, place->left - REACH, place->right + REACH, place->top - REACH,
                               place->bottom + REACH, colour, text});
    free(text);
}

char *chart_axis_value(const Axis *axis, double value) {
    switch (axis->unit) {
    case AXIS_PER_SECOND:
        return word_value(value, METRIC_THROUGHPUT);
    case AXIS_BYTES:
        return word_value(value, METRIC_PEAK_RSS);
    case AXIS_NANOSECONDS:
        return word_value(value, METRIC_MALLOC_P999);
    case AXIS_PERCENTILE:
        return text_format("p%.4g", 100 * (1 - pow(10, -value)));
    case AXIS_RATIO:
    case AXIS_THREADS:
    case AXIS_SHARE:
    case AXIS_SECONDS:
        break;
    }
    return word_ratio(value);
}

char *chart_axis_interval(const Axis *axis, double low, double high) {
    if (isnan(low) || isnan(high))
        return text_copy("");
    char *from = chart_axis_value(axis, low), *to = chart_axis_value(axis, high);
    char *text = text_format(" [%s, %s]", from, to);
    free(from);
    free(to);
    return text;
}

ChartTips chart_tips_read(const char *folder, const char *name) {
    ChartTips tips = {0};
    char *path = text_format("%s/data/%s.tips", folder, name), *line = NULL;
    FILE *file = fopen(path, "r");
    size_t room = 0, capacity = 0;
    free(path);
    while (file && getline(&line, &capacity, file) > 0) {
        ChartTip tip;
        int begin = 0;
        if (sscanf(line, "%c %zu %lf %lf %lf %lf %u %n", &tip.kind, &tip.page, &tip.left, &tip.right, &tip.top,
                   &tip.bottom, &tip.colour, &begin) < 7)
            continue;
        if (tips.count == room) {
            room = room ? 2 * room : 256;
            tips.items = grow(tips.items, room, sizeof *tips.items);
        }
        tip.text = text_copy_part(line + begin, strcspn(line + begin, "\n"));
        tips.items[tips.count++] = tip;
    }
    free(line);
    if (file)
        fclose(file);
    return tips;
}

void chart_tips_release(ChartTips *tips) {
    for (size_t i = 0; i < tips->count; i++)
        free(tips->items[i].text);
    free(tips->items);
    *tips = (ChartTips){0};
}

/* gnuplot's "rgb(  0, 114, 178)" and the point behind `before`, both within the tag. */
static bool place_of(const char *tag, size_t length, const char *before, double *x, double *y, unsigned *colour) {
    unsigned red, green, blue;
    const char *rgb = memmem(tag, length, "rgb(", 4), *point = memmem(tag, length, before, strlen(before));
    if (!rgb || !point || sscanf(rgb, "rgb(%u,%u,%u)", &red, &green, &blue) != 3 ||
        sscanf(point + strlen(before), "%lf,%lf", x, y) != 2)
        return false;
    *colour = red << 16 | green << 8 | blue;
    return true;
}

const char *chart_tip_of(const ChartTips *tips, size_t page, const char *tag, size_t length) {
    bool mark = strncmp(tag, "<use ", 5) == 0;
    double x, y;
    unsigned colour;
    if (!place_of(tag, length, mark ? "translate(" : "d='M", &x, &y, &colour))
        return NULL;
    for (size_t i = 0; i < tips->count; i++) {
        const ChartTip *tip = &tips->items[i];
        if (tip->kind == tag[1] && tip->page == page && tip->colour == colour && x >= tip->left && x <= tip->right &&
            y >= tip->top && y <= tip->bottom)
            return tip->text;
    }
    return NULL;
}
