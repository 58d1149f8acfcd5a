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
        axis->low = fmin(axis->low * 1.05, 0);
        axis->high = axis->high > 0 ? axis->high * 1.05 : 1;
    }
    axis->tic_low = axis->low;
    axis->tic_high = axis->high;
}

double axis_share(const Axis *axis, double value) {
    return axis->logarithmic ? log(value / axis->low) / log(axis->high / axis->low)
                             : (value - axis->low) / (axis->high - axis->low);
}

double axis_spacing(const Axis *axis) {
    switch (axis->unit) {
    case AXIS_BYTES:
        return 64;
    case AXIS_PER_SECOND:
    case AXIS_NANOSECONDS:
        return 60;
    case AXIS_PERCENTILE:
        return 46;
    case AXIS_SHARE:
        return 40;
    default:
        return 30;
    }
}

static char *tic_label(const Axis *axis, double value) {
    static const char *const decimal[] = {"", " k", " M", " G", " T"};
    static const char *const binary[] = {" B", " KiB", " MiB", " GiB", " TiB"};
    static const char *const times[] = {" ns", " \302\265s", " ms", " s", " ks"}; /* the second is a micro sign */
    if (axis->unit == AXIS_SHARE)
        return text_format("%g %%%%", value); /* gnuplot takes a tic's label as a format */
    if (axis->unit == AXIS_SECONDS)
        return text_format("%g s", value);
    const char *const *units = axis->unit == AXIS_PER_SECOND    ? decimal
                               : axis->unit == AXIS_BYTES       ? binary
                               : axis->unit == AXIS_NANOSECONDS ? times
                                                                : NULL;
    if (!units)
        return text_format("%g", fabs(value) < 1e-9 ? 0 : value);
    if (value == 0)
        return text_copy("0");
    double base = axis->unit == AXIS_BYTES ? 1024 : 1000;
    size_t unit = 0;
    while (unit < 4 && value >= base) {
        value /= base;
        unit++;
    }
    return text_format("%.4g%s", value, units[unit]);
}

/* The smallest of 1, 2, 5 times a power of ten (of two for bytes) that is at least `wished`. */
static double round_step(double wished, AxisUnit unit) {
    double scale = 1;
    while (unit == AXIS_BYTES && wished >= 1024 * scale && scale < 1e13)
        scale *= 1024;
    double power = pow(10, floor(log10(wished / scale))), step = 10 * power * scale;
    for (size_t i = 3; i-- > 0;) {
        static const double steps[] = {1, 2, 5};
        if (steps[i] * power * scale >= wished * (1 - 1e-9))
            step = steps[i] * power * scale;
    }
    return unit == AXIS_BYTES && step >= 1000 * scale ? 1024 * scale : step; /* 1 MiB, not 1000 KiB */
}

/* The value of the tic at `index` of a logarithmic set, 0 beyond its end. The sets go from fine to coarse. */
enum { LINEAR_SETS = 5, DECADE_SETS = 5, LOG_SETS = LINEAR_SETS + DECADE_SETS, DECADE_TICS = 10 };
enum { BINARY_SETS = 6, BYTE_PARTS = 2, BINARY_TICS = 60 };

static size_t log_sets(AxisUnit unit) {
    return unit == AXIS_THREADS ? BINARY_SETS : unit == AXIS_BYTES ? BINARY_SETS + BYTE_PARTS : LOG_SETS;
}

/* The range of a set's indexes. */
static void set_range(AxisUnit unit, size_t set, long *first, long *last) {
    size_t shift = unit == AXIS_BYTES ? (set > BYTE_PARTS ? set - BYTE_PARTS : 0) : set;
    bool binary = unit == AXIS_BYTES || unit == AXIS_THREADS;
    *first = binary ? 0 : -40;
    *last = !binary                                  ? 2000
            : unit == AXIS_BYTES && set < BYTE_PARTS ? BINARY_TICS << (BYTE_PARTS - set)
                                                     : BINARY_TICS >> shift;
}

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
    if (unit == AXIS_THREADS) /* powers of two, ever fewer */
        return ldexp(1, (int)(index << set));
    if (unit == AXIS_BYTES) { /* first with parts of them */
        static const int parts[BYTE_PARTS] = {4, 2};
        if (set >= BYTE_PARTS)
            return ldexp(1, (int)(index << (set - BYTE_PARTS)));
        return ldexp(1 + (double)(index % parts[set]) / parts[set], (int)(index / parts[set]));
    }
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
    long first, last;
    set_range(axis->unit, set, &first, &last);
    for (long index = first; index < last; index++) {
        double value = log_tic(set, index, axis->unit);
        if (value < axis->tic_low || value > axis->tic_high || value <= 0)
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
    size_t sets = log_sets(axis->unit), chosen = sets - 1, most = 0;
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

/* "p50", "p90" and then one more nine each. */
static char *percentile_tics(const Axis *axis, double pixels, double spacing) {
    static const double tics[] = {50, 90, 99, 99.9, 99.99, 99.999, 99.9999};
    char *text = text_copy("");
    double before = -INFINITY, per_value = pixels / (axis->high - axis->low);
    for (size_t i = 0; i < sizeof tics / sizeof *tics; i++) {
        double at = -log10(1 - tics[i] / 100);
        double apart = tics[i] < 99.5 ? 0.7 * spacing : spacing; /* the first labels are short */
        if (at < axis->tic_low || at > axis->tic_high * (1 + 1e-9) || (at - before) * per_value < apart)
            continue;
        char *longer = text_format("%s%s\"p%.7g\" %.6g", text, *text ? ", " : "", tics[i], at);
        free(text);
        text = longer;
        before = at;
    }
    return text;
}

char *axis_tics(const Axis *axis, double pixels, double spacing) {
    if (axis->unit == AXIS_PERCENTILE)
        return percentile_tics(axis, pixels, spacing);
    if (axis->logarithmic)
        return log_tics(axis, pixels, spacing);
    char *text = text_copy("");
    double step = round_step((axis->high - axis->low) * spacing / pixels, axis->unit);
    if (axis->unit == AXIS_THREADS || axis->unit == AXIS_SECONDS)
        step = fmax(step, 1);
    double first = ceil(axis->tic_low / step) * step;
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
