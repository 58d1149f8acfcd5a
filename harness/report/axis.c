/*
 * axis.c - ranges and tics.
 */
#include "axis.h"

#include <math.h>
#include <stdlib.h>

#include "../store/text.h"

Axis axis_empty(AxisUnit unit, bool logarithmic) {
    return (Axis){.unit = unit, .logarithmic = logarithmic, .low = INFINITY, .high = -INFINITY};
}

void axis_include(Axis *axis, double value) {
    if (!isfinite(value) || (axis->logarithmic && value <= 0))
        return;
    axis->low = fmin(axis->low, value);
    axis->high = fmax(axis->high, value);
}

void axis_finish(Axis *axis) {
    if (axis->low > axis->high) /* nothing was included */
        axis->low = axis->high = 1;
    if (axis->logarithmic) {
        double margin = fmax(pow(axis->high / axis->low, 0.04), 1.01);
        axis->low /= margin;
        axis->high *= margin;
    } else {
        axis->low = 0;
        axis->high = axis->high > 0 ? axis->high * 1.05 : 1;
    }
    axis->tic_high = axis->high;
}

static char *tic_label(const Axis *axis, double value) {
    static const char *const decimal[] = {"", " k", " M", " G", " T"};
    static const char *const binary[] = {" B", " KiB", " MiB", " GiB", " TiB"};
    if (axis->unit == AXIS_SHARE)
        return text_format("%g %%%%", value); /* gnuplot takes a tic's label as a format */
    if (axis->unit != AXIS_PER_SECOND && axis->unit != AXIS_BYTES)
        return text_format("%g", value);
    if (value == 0)
        return text_copy("0");
    double base = axis->unit == AXIS_PER_SECOND ? 1000 : 1024;
    size_t unit = 0;
    while (unit < 4 && value >= base) {
        value /= base;
        unit++;
    }
    return text_format("%.4g%s", value, axis->unit == AXIS_PER_SECOND ? decimal[unit] : binary[unit]);
}

/* The smallest of 1, 2, 5 times a power of ten (of two for bytes) that is at least `wished`. */
static double round_step(double wished, AxisUnit unit) {
    double scale = 1;
    while (unit == AXIS_BYTES && wished >= 1024 * scale && scale < 1e13)
        scale *= 1024;
    double power = pow(10, floor(log10(wished / scale)));
    for (size_t i = 0; i < 3; i++) {
        static const double steps[] = {1, 2, 5};
        if (steps[i] * power * scale >= wished * (1 - 1e-9))
            return steps[i] * power * scale;
    }
    return 10 * power * scale;
}

/* The value of the tic at `index` of a logarithmic set, 0 beyond its end. The sets go from fine to coarse. */
enum { LINEAR_SETS = 5, DECADE_SETS = 5, LOG_SETS = LINEAR_SETS + DECADE_SETS, DECADE_TICS = 10 };
static double log_tic(size_t set, long index, AxisUnit unit) {
    static const double linear[LINEAR_SETS] = {0.01, 0.02, 0.05, 0.1, 0.2};
    static const struct {
        long size, stride; /* tics a decade; decades from one to the next */
        double tics[DECADE_TICS];
    } decades[DECADE_SETS] = {{10, 1, {1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8}},
                              {6, 1, {1, 1.5, 2, 3, 5, 7}},
                              {3, 1, {1, 2, 5}},
                              {1, 1, {1}},
                              {1, 2, {1}}};
    if (unit == AXIS_BYTES || unit == AXIS_THREADS) /* powers of two, ever fewer */
        return ldexp(1, (int)(index << set));
    if (set < LINEAR_SETS) /* multiples: right for a range around 1 */
        return index >= 1 && index < 2000 ? (double)index * linear[set] : 0;
    long size = decades[set - LINEAR_SETS].size;
    long decade = index >= 0 ? index / size : -((-index + size - 1) / size);
    return decades[set - LINEAR_SETS].tics[index - decade * size] *
           pow(10, (double)(decade * decades[set - LINEAR_SETS].stride));
}

/* Walks one set; counts the tics and finds the smallest distance between neighbours in pixels. Appends to *text when it
 * is given. */
static size_t walk_log_set(const Axis *axis, size_t set, double pixels, double *closest, char **text) {
    size_t count = 0;
    double before = 0, per_log = pixels / log(axis->high / axis->low);
    *closest = INFINITY;
    long first = axis->unit == AXIS_BYTES || axis->unit == AXIS_THREADS ? 0 : -40;
    long last = axis->unit == AXIS_BYTES || axis->unit == AXIS_THREADS ? 60 >> set : 2000;
    for (long index = first; index < last; index++) {
        double value = log_tic(set, index, axis->unit);
        if (value < axis->low || value > axis->tic_high || value <= 0)
            continue;
        if (before > 0)
            *closest = fmin(*closest, log(value / before) * per_log);
        before = value;
        count++;
        if (text) {
            char *label = tic_label(axis, value);
            char *longer = text_format("%s%s\"%s\" %.6g", *text, **text ? ", " : "", label, value);
            free(label);
            free(*text);
            *text = longer;
        }
    }
    return count;
}

/* Of the sets whose tics stand far enough apart, the one with the most tics. */
static char *log_tics(const Axis *axis, double pixels, double spacing) {
    size_t sets = axis->unit == AXIS_BYTES || axis->unit == AXIS_THREADS ? 6 : LOG_SETS, chosen = sets - 1, most = 0;
    double closest;
    for (size_t set = 0; set < sets; set++) {
        size_t count = walk_log_set(axis, set, pixels, &closest, NULL);
        if (closest >= spacing && count > most) {
            chosen = set;
            most = count;
        }
    }
    char *text = text_copy("");
    walk_log_set(axis, chosen, pixels, &closest, &text);
    return text;
}

char *axis_tics(const Axis *axis, double pixels, double spacing) {
    if (axis->logarithmic)
        return log_tics(axis, pixels, spacing);
    char *text = text_copy("");
    double step = round_step((axis->high - axis->low) * spacing / pixels, axis->unit);
    if (axis->unit == AXIS_THREADS)
        step = fmax(step, 1);
    double first = ceil(axis->low / step) * step;
    for (size_t i = 0; first + (double)i * step <= axis->tic_high * (1 + 1e-9); i++) {
        double value = first + (double)i * step;
        char *label = tic_label(axis, value);
        char *longer = text_format("%s%s\"%s\" %.6g", text, *text ? ", " : "", label, value);
        free(label);
        free(text);
        text = longer;
    }
    return text;
}
