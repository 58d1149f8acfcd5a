/*
 * chart_scatter.c - speed against memory: geometric means over the rows, one dot an arm, with both intervals.
 *
 * Each name stands beside its dot, at the first of several places where it covers neither another name nor a bar.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"
#include "chart.h"
#include "chart_tips.h"
#include "wording.h"

static const double PLOT_HEIGHT = 400;
static const double NAME_HEIGHT = 15;

/* One arm. Boxes are in pixels, y upwards, from the lower left corner of the plot. */
typedef struct Box {
    double left, right, bottom, top;
} Box;
typedef struct Point {
    size_t arm, rows;
    bool bound; /* beside the others to show how far they are from it: no part of the front */
    Interval speed, memory;
    char *name;
    Box box;
} Point;

static double overlap(Box a, Box b) {
    double width = fmin(a.right, b.right) - fmax(a.left, b.left);
    double height = fmin(a.top, b.top) - fmax(a.bottom, b.bottom);
    return width > 0 && height > 0 ? width * height : 0;
}

static double pixel_at(const Axis *axis, double value, double pixels) {
    return log(value / axis->low) / log(axis->high / axis->low) * pixels;
}

static double value_at(const Axis *axis, double pixel, double pixels) {
    return axis->low * pow(axis->high / axis->low, pixel / pixels);
}

/* The two bars of a point as thin boxes. */
static void bars_of(const Point *point, const Panel *panel, double width, double height, Box bars[2]) {
    const Interval *speed = &point->speed, *memory = &point->memory;
    double x = pixel_at(&panel->x, speed->estimate, width), y = pixel_at(&panel->y, memory->estimate, height);
    bars[0] = (Box){x - 6, x + 6, y - 4, y + 4};
    bars[1] = (Box){x - 4, x + 4, y - 6, y + 6};
    if (!isnan(speed->low)) {
        bars[0].left = pixel_at(&panel->x, speed->low, width);
        bars[0].right = pixel_at(&panel->x, speed->high, width);
    }
    if (!isnan(memory->low)) {
        bars[1].bottom = pixel_at(&panel->y, memory->low, height);
        bars[1].top = pixel_at(&panel->y, memory->high, height);
    }
}

static double cost_of(Box box, const Point *points, size_t count, size_t self, const Panel *panel, double width,
                      double height) {
    double cost = box.left < 0 || box.right > width + panel->right || box.bottom < 0 || box.top > height ? 1e6 : 0;
    for (size_t i = 0; i < count; i++) {
        Box bars[2];
        bars_of(&points[i], panel, width, height, bars);
        cost += overlap(box, bars[0]) + overlap(box, bars[1]);
        cost += i < self ? 4 * overlap(box, points[i].box) : 0;
    }
    return cost;
}

/* Places in order of preference: right above, right below, left above, left below, each ever farther. */
static void place_names(Point *points, size_t count, const Panel *panel, double width, double height) {
    enum { PLACES = 4, RINGS = 8 };
    for (size_t self = 0; self < count; self++) {
        double x = pixel_at(&panel->x, points[self].speed.estimate, width);
        double y = pixel_at(&panel->y, points[self].memory.estimate, height);
        double length = chart_text_width(strlen(points[self].name)), best = INFINITY;
        for (int ring = 0; ring < RINGS; ring++)
            for (int place = 0; place < PLACES; place++) {
                double left = place < 2 ? x + 7 : x - 7 - length;
                double middle = y + (place % 2 ? -1 : 1) * (13 + 8.0 * ring);
                Box box = {left, left + length, middle - NAME_HEIGHT / 2, middle + NAME_HEIGHT / 2};
                double cost = cost_of(box, points, count, self, panel, width, height) + 20.0 * ring;
                if (cost < best) {
                    best = cost;
                    points[self].box = box;
                }
            }
    }
}

static int by_speed(const void *left, const void *right) {
    double a = ((const Point *)left)->speed.estimate, b = ((const Point *)right)->speed.estimate;
    return (a > b) - (a < b);
}

/* The front: arms that no other beats in both, as a step line whose points stand where the data's arm is `arms`. Only
 * arms that stand for equally many rows can beat each other, so the others are left out. */
static void write_front(Chart *chart, const ChartSource *source, const Panel *panel, const Point *points,
                        size_t count) {
    Point *front = zeroed(count, sizeof *front);
    size_t most = 0, length = 0;
    for (size_t i = 0; i < count; i++)
        most = !points[i].bound && points[i].rows > most ? points[i].rows : most;
    for (size_t i = 0; i < count; i++) {
        bool beaten = points[i].bound || points[i].rows < most;
        for (size_t j = 0; j < count && !beaten; j++)
            beaten = !points[j].bound && points[j].rows == most &&
                     points[j].speed.estimate >= points[i].speed.estimate &&
                     points[j].memory.estimate <= points[i].memory.estimate &&
                     (points[j].speed.estimate > points[i].speed.estimate ||
                      points[j].memory.estimate < points[i].memory.estimate);
        if (!beaten)
            front[length++] = points[i];
    }
    qsort(front, length, sizeof *front, by_speed);
    double before = panel->x.low; /* to the left of the slowest the front runs on at its memory */
    for (size_t i = 0; i < length; i++) {
        const double steps[][2] = {{before, front[i].memory.estimate},
                                   {front[i].speed.estimate, front[i].memory.estimate}};
        for (size_t k = 0; k < 2; k++) {
            fprintf(chart->data, "%zu", source->run->meta.arm_count);
            chart_put_number(chart->data, steps[k][0]);
            chart_put_number(chart->data, steps[k][1]);
            fputs(" NaN NaN NaN NaN\n", chart->data);
        }
        before = front[i].speed.estimate;
    }
    if (length > 0) {
        fprintf(chart->data, "%zu", source->run->meta.arm_count);
        chart_put_number(chart->data, before);
        chart_put_number(chart->data, panel->y.high);
        fputs(" NaN NaN NaN NaN\n", chart->data);
    }
    free(front);
}

static size_t collect(const ChartSource *source, Point *points) {
    const RunMeta *meta = &source->run->meta;
    const Comparison *speed = chart_comparison(source, METRIC_THROUGHPUT);
    const Comparison *memory = chart_comparison(source, METRIC_PEAK_RSS);
    size_t count = 0, most = 0; /* rows that have a throughput */
    for (size_t row = 0; row < meta->row_count; row++)
        most += chart_row_has(source, speed, row);
    for (size_t arm = 0; arm < meta->arm_count; arm++) {
        size_t rows = speed->geometric_mean_rows[arm];
        if (!rows || !memory->geometric_mean_rows[arm])
            continue;
        Point *point = &points[count++];
        *point = (Point){.arm = arm, .rows = rows, .bound = arm_is_bound(&meta->arms[arm])};
        point->speed = speed->geometric_mean[arm];
        point->memory = memory->geometric_mean[arm];
        const char *what = point->bound ? ", a bound" : "";
        point->name = rows == most ? text_format("%s%s", meta->arms[arm].name, what)
                                   : text_format("%s%s (%zu of %zu rows)", meta->arms[arm].name, what, rows, most);
    }
    return count;
}

static void include(Axis *axis, Interval interval) {
    axis_include(axis, interval.estimate);
    axis_include(axis, interval.low);
    axis_include(axis, interval.high);
}

/* "minipool: 2.144 [1.922, 2.390] times the throughput, 1.133 [0.982, 1.297] times the peak RSS of glibc". Owned. */
static char *tip_of(const RunMeta *meta, const Point *point) {
    char *speed = word_ratio(point->speed.estimate), *speed_interval = word_interval(point->speed);
    char *memory = word_ratio(point->memory.estimate), *memory_interval = word_interval(point->memory);
    char *text = text_format("%s: %s%s%s times the throughput, %s%s%s times the peak RSS of %s", point->name, speed,
                             *speed_interval ? " " : "", speed_interval, memory, *memory_interval ? " " : "",
                             memory_interval, meta->arms[meta->baseline].name);
    free(speed);
    free(speed_interval);
    free(memory);
    free(memory_interval);
    return text;
}

static void write_points(Chart *chart, const Panel *panel, const ChartSource *source, const Point *points,
                         size_t count) {
    double width = chart_plot_width(chart, panel), height = chart_plot_height(chart);
    fputs("-1 NaN NaN NaN NaN NaN NaN\n", chart->data);
    for (size_t i = 0; i < count; i++) {
        const Interval *speed = &points[i].speed, *memory = &points[i].memory;
        const double numbers[] = {speed->estimate, memory->estimate, speed->low,
                                  speed->high,     memory->low,      memory->high};
        fprintf(chart->data, "%zu", points[i].arm);
        for (size_t j = 0; j < 6; j++)
            chart_put_number(chart->data, numbers[j]);
        fputc('\n', chart->data);
        chart_tip_mark(chart, speed->estimate, memory->estimate, source->styles[points[i].arm].colour,
                       tip_of(&source->run->meta, &points[i]));
    }
    write_front(chart, source, panel, points, count);
    chart_labels(chart);
    fputs("NaN NaN 0 \"\"\n", chart->data);
    for (size_t i = 0; i < count; i++) {
        const Box *box = &points[i].box;
        chart_put_number(chart->data, value_at(&panel->x, box->left, width));
        chart_put_number(chart->data, value_at(&panel->y, (box->bottom + box->top) / 2, height));
        fprintf(chart->data, " %u", source->styles[points[i].arm].colour);
        chart_put_text(chart->data, points[i].name);
        fputc('\n', chart->data);
    }
}

/* Geometric mean over the rows of what the baseline differs from itself: wider than the interval of the mean would be,
 * so that it is the noise of a row and not of the figure. */
static Interval noise_band(const ChartSource *source, Metric metric) {
    const Comparison *comparison = chart_comparison(source, metric);
    Interval sum = {0, 0, 0};
    size_t count = 0;
    for (size_t row = 0; row < comparison->row_count; row++) {
        Interval band = chart_noise_band(source, &comparison->rows[row]);
        if (isnan(band.low) || isnan(band.high))
            continue;
        sum.low += log(band.low);
        sum.high += log(band.high);
        count++;
    }
    if (count == 0)
        return (Interval){NAN, NAN, NAN};
    return (Interval){NAN, exp(sum.low / (double)count), exp(sum.high / (double)count)};
}

static void write_panel(Chart *chart, const ChartSource *source, Point *points, size_t count) {
    char *title = text_format("Peak RSS (upwards) over throughput (to the right), both relative to %s",
                              source->run->meta.arms[source->run->meta.baseline].name);
    Panel panel = chart_new_panel(PANEL_LINES, title,
                                  "an arm that failed in a row has no ratio there: its name says how "
                                  "many rows it stands for");
    panel.left = 40;
    panel.right = 120;
    panel.line_x = panel.line_y = 1;
    panel.band_x = noise_band(source, METRIC_THROUGHPUT);
    panel.band_y = noise_band(source, METRIC_PEAK_RSS);
    panel.x = panel.y = axis_empty(AXIS_RATIO, true);
    for (size_t i = 0; i < count; i++) {
        include(&panel.x, points[i].speed);
        include(&panel.y, points[i].memory);
    }
    axis_finish(&panel.x);
    axis_finish(&panel.y);
    chart_panel(chart, &panel);
    place_names(points, count, &panel, chart_plot_width(chart, &panel), chart_plot_height(chart));
    write_points(chart, &panel, source, points, count);
    free(title);
}

int chart_write_scatter(const ChartSource *source, const char *folder) {
    const RunMeta *meta = &source->run->meta;
    if (meta->mode != MODE_THROUGHPUT)
        return 0;
    Point *points = zeroed(meta->arm_count, sizeof *points);
    size_t count = collect(source, points);
    Chart chart;
    int written = count < 2 ? 0 : -1;
    if (count >= 2 && chart_begin(&chart, folder, "speed_memory", source, 1, PLOT_HEIGHT)) {
        chart_titles(
            &chart, "Speed against memory",
            "Geometric means over the rows, bars are 95 % intervals; both axes are logarithmic. Right is faster, "
            "down is leaner.",
            "The grey bands are what the baseline differs from itself in a row (A/A), as geometric means. Dashed: no "
            "arm "
            "beats one on this line in both.");
        write_panel(&chart, source, points, count);
        written = chart_end(&chart);
    }
    for (size_t i = 0; i < count; i++)
        free(points[i].name);
    free(points);
    return written;
}
