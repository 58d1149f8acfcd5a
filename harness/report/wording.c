/*
 * wording.c - numbers and cells as words.
 */
#include "wording.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../store/text.h"

char *word_ratio(double ratio) {
    if (isnan(ratio))
        return text_copy("-");
    int decimals = ratio < 0.0995 ? 4 : ratio < 9.995 ? 3 : ratio < 99.95 ? 1 : 0;
    return text_format("%.*f", decimals, ratio);
}

char *word_interval(Interval interval) {
    if (isnan(interval.low) || isnan(interval.high))
        return text_copy("");
    char *low = word_ratio(interval.low), *high = word_ratio(interval.high);
    char *text = text_format("[%s, %s]", low, high);
    free(low);
    free(high);
    return text;
}

char *word_percent(double share) {
    if (isnan(share))
        return text_copy("unknown");
    return text_format(share < 0.0995 ? "%.1f %%" : "%.0f %%", share * 100);
}

char *word_value(double value, Metric metric) {
    static const char *const decimal[] = {"", " k", " M", " G", " T"};
    static const char *const binary[] = {" B", " KiB", " MiB", " GiB", " TiB"};
    if (isnan(value))
        return text_copy("-");
    double base = metric == METRIC_THROUGHPUT ? 1000 : 1024;
    size_t unit = 0;
    while (unit < 4 && value >= base * 0.99995) {
        value /= base;
        unit++;
    }
    int decimals = value < 9.9995 ? 3 : value < 99.995 ? 2 : value < 999.95 ? 1 : 0;
    return text_format("%.*f%s", decimals, value, metric == METRIC_THROUGHPUT ? decimal[unit] : binary[unit]);
}

char *word_failures(const Cell *cell) {
    if (cell->failed == 0)
        return text_copy("");
    return text_format("%s %zu/%zu", sample_status_name(cell->worst_status), cell->failed, cell->failed + cell->ok);
}

/* Grows *text by ", more"; takes both. */
static char *joined(char *text, const char *more) {
    if (!*more)
        return text;
    char *result = *text ? text_format("%s, %s", text, more) : text_copy(more);
    free(text);
    return result;
}

char *word_verdict(const Run *run, const ComparisonRow *row, const Cell *cell, const Comparison *comparison) {
    const Arm *arm = &run->meta.arms[cell->arm];
    char *failures = word_failures(cell), *text;
    if (cell->verdict == VERDICT_SKIPPED) {
        text = arm->reason ? text_format("skipped: %s", arm->reason) : text_copy("skipped");
    } else if (cell->verdict == VERDICT_FAILED) {
        const Cell *reference = &row->cells[cell->control ? run->meta.baseline : comparison->reference];
        char *theirs = word_failures(reference);
        if (cell->ok > 0 && *theirs)
            text = text_format("no ratio: %s %s", run->meta.arms[reference->arm].name, theirs);
        else
            text = text_copy(*failures ? failures : "no value");
        free(theirs);
    } else if (cell->control) {
        text = text_copy(row->unstable ? "differs from itself" : "the same library");
        text = joined(text, failures);
    } else {
        const char *gate = gate_name(cell->gate), *name = verdict_name(cell->verdict, comparison->metric);
        text = *gate ? text_format("%s (%s)", name, gate) : text_copy(name);
        if (cell->imprecise && cell->verdict != VERDICT_REFERENCE)
            text = joined(text, "imprecise");
        text = joined(text, failures);
    }
    free(failures);
    return text;
}

const char *word_metric(Metric metric) {
    return metric == METRIC_THROUGHPUT ? "Throughput" : "Peak RSS";
}

const char *word_direction(Metric metric) {
    return metric == METRIC_THROUGHPUT ? "ratio over 1 is faster" : "ratio over 1 is fatter";
}

char *word_legend(const Run *run) {
    char *threshold = word_percent(run->meta.threshold);
    char *text =
        text_format("How to read: ratio [95 %% interval] over paired blocks; a verdict needs a difference beyond "
                    "chance over the whole table, over %s and over the row's A/A noise floor; ~ is no "
                    "difference shown.",
                    threshold);
    free(threshold);
    return text;
}

Palette palette_for(FILE *out) {
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    bool plain = (no_color && *no_color) || (term && !strcmp(term, "dumb")) || !isatty(fileno(out));
    if (plain)
        return (Palette){"", "", "", "", "", ""};
    return (Palette){"\033[32m", "\033[31m", "\033[33m", "\033[2m", "\033[1m", "\033[0m"};
}

const char *palette_of_verdict(const Palette *palette, Verdict verdict) {
    switch (verdict) {
    case VERDICT_BETTER:
        return palette->good;
    case VERDICT_WORSE:
        return palette->bad;
    case VERDICT_UNSTABLE:
    case VERDICT_FAILED:
    case VERDICT_SKIPPED:
        return palette->warn;
    case VERDICT_NO_DIFFERENCE:
    case VERDICT_TOO_FEW:
    case VERDICT_REFERENCE:
        return palette->dim;
    }
    return "";
}
