/*
 * wording.c - numbers and cells as words.
 */
#include "wording.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../store/text.h"
#include "processors.h"

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

/* The units of each scale, from the smallest; the last one takes everything above. */
static const char *const decimal_units[] = {"", " k", " M", " G", " T", NULL};
static const char *const binary_units[] = {" B", " KiB", " MiB", " GiB", " TiB", NULL};
static const char *const time_units[] = {" ns", " us", " ms", " s", NULL};
static const char *const no_units[] = {"", NULL};

char *word_value(double value, Metric metric) {
    static const struct {
        double base;
        const char *const *units;
    } scales[] = {
        [UNIT_PER_SECOND] = {1000, decimal_units},    [UNIT_BYTES] = {1024, binary_units},
        [UNIT_NANOSECONDS] = {1000, time_units},      [UNIT_MULTIPLE] = {1000, no_units},
        [UNIT_PER_OPERATION] = {1000, decimal_units}, [UNIT_PER_THOUSAND] = {1000, decimal_units},
    };
    if (isnan(value))
        return text_copy("-");
    double base = scales[metric_info(metric)->unit].base;
    const char *const *unit = scales[metric_info(metric)->unit].units;
    while (unit[1] && fabs(value) >= base * 0.99995) {
        value /= base;
        unit++;
    }
    if (value == 0)
        return text_format("0%s", *unit);
    double size = fabs(value);
    int decimals = size < 9.9995 ? 3 : size < 99.995 ? 2 : size < 999.95 ? 1 : 0;
    return text_format("%.*f%s", decimals, value, *unit);
}

const char *word_unit(Metric metric) {
    static const char *const words[] = {
        [UNIT_PER_SECOND] = " a second",
        [UNIT_BYTES] = "",
        [UNIT_NANOSECONDS] = "",
        [UNIT_MULTIPLE] = " multiple of live bytes",
        [UNIT_PER_OPERATION] = " an operation",
        [UNIT_PER_THOUSAND] = " per 1,000 operations",
    };
    return words[metric_info(metric)->unit];
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

/* Why a cell that may have values has no ratio. */
static char *word_no_ratio(const Run *run, const ComparisonRow *row, const Cell *cell, const Comparison *comparison) {
    const Cell *reference = &row->cells[cell->control ? run->meta.baseline : comparison->reference];
    const char *name = run->meta.arms[reference->arm].name;
    char *failures = word_failures(cell), *theirs = word_failures(reference), *text;
    if (cell->ok == 0)
        text = text_copy(*failures ? failures : "no value");
    else if (reference->ok == 0)
        text = text_format("no ratio: %s %s", name, *theirs ? theirs : "has no value");
    else if (*failures || *theirs)
        text = text_format("no ratio: %s", *failures ? failures : theirs);
    else
        text = text_copy("no ratio: a value is not above 0");
    free(failures);
    free(theirs);
    return text;
}

char *word_verdict(const Run *run, const ComparisonRow *row, const Cell *cell, const Comparison *comparison) {
    const Arm *arm = &run->meta.arms[cell->arm];
    char *failures = word_failures(cell), *text;
    if (cell->verdict == VERDICT_SKIPPED) {
        text = arm->reason ? text_format("skipped: %s", arm->reason) : text_copy("skipped");
    } else if (cell->verdict == VERDICT_FAILED) {
        text = word_no_ratio(run, row, cell, comparison);
    } else if (cell->verdict == VERDICT_VARIES) {
        text = joined(text_format("varies by %.2g %%", cell->spread * 100), failures);
    } else if (cell->control && cell->verdict != VERDICT_EXACT) {
        text = text_copy(row->unstable && !row->disturbed_too_often ? "differs from itself" : "the same library");
        if (comparison->reference != run->meta.baseline) { /* its ratio is not to the table's reference */
            char *whose = text_format("A/A: against %s, %s", arm->name, text);
            free(text);
            text = whose;
        }
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

char *word_row(const Run *run, const Comparison *comparison, const ComparisonRow *row) {
    const Row *plan = &run->meta.rows[row->row];
    MetricUnit unit = metric_info(comparison->metric)->unit;
    char *text = text_format("%zu block%s", row->blocks, row->blocks == 1 ? "" : "s");
    if (!metric_is_ratio_free(comparison->metric)) {
        char *floor = word_percent(row->noise_floor);
        char *longer = text_format("%s, A/A noise floor %s", text, floor);
        free(floor);
        free(text);
        text = longer;
    }
    if (unit == UNIT_PER_SECOND && plan->unit && *plan->unit) {
        text = joined(text, plan->unit);
        text = grow(text, strlen(text) + sizeof "/s", 1);
        strcat(text, "/s");
    }
    if (row_is_oversubscribed(&run->meta, row->row)) {
        char *more = text_format("oversubscribed: %u threads on %u processor%s", (unsigned)plan->threads,
                                 (unsigned)processors_of_row(&run->meta, row->row),
                                 processors_of_row(&run->meta, row->row) == 1 ? "" : "s");
        text = joined(text, more);
        free(more);
    }
    if (metric_reads_rss(comparison->metric) && plan->floor_bytes > 0) {
        char *floor = word_value((double)plan->floor_bytes, METRIC_PEAK_RSS);
        char *more = text_format("instrument floor %s subtracted", floor);
        text = joined(text, more);
        free(floor);
        free(more);
    }
    if (!isnan(row->timer_floor_ns)) {
        char *floor = word_value(row->timer_floor_ns, comparison->metric);
        char *more = text_format("an empty call reads %s", floor);
        text = joined(text, more);
        free(floor);
        free(more);
    }
    return text;
}

/* NAN where a cell has no ratio. */
static double ratio_of(const Cell *cell) {
    return cell->verdict == VERDICT_REFERENCE ? 1 : cell->pairs > 0 ? cell->ratio.estimate : NAN;
}

static const char SPEED_BOUND[] = "limit"; /* harness/arms/limit.c */

bool arm_is_bound(const Arm *arm) {
    return strcmp(arm->name, SPEED_BOUND) == 0 || strcmp(arm->name, "bump") == 0;
}

/* The bound's cell in this row; NULL where it bounds nothing there. */
static const Cell *bound_of(const Run *run, const Comparison *comparison, const ComparisonRow *row) {
    const Cell *bound = NULL;
    for (uint32_t arm = 0; arm < run->meta.arm_count; arm++)
        if (strcmp(run->meta.arms[arm].name, SPEED_BOUND) == 0 && arm != comparison->reference)
            bound = comparison_cell(row, arm, false);
    bool bounds = bound && !isnan(ratio_of(bound)) && metric_info(comparison->metric)->unit == UNIT_PER_SECOND;
    return bounds ? bound : NULL;
}

char *word_share_of_bound(const Run *run, const Comparison *comparison, const ComparisonRow *row, const Cell *cell) {
    const Cell *bound = bound_of(run, comparison, row);
    if (!bound || cell == bound || cell->control || isnan(ratio_of(cell)))
        return NULL;
    return word_percent(ratio_of(cell) / ratio_of(bound));
}

char *word_bound(const Run *run, const Comparison *comparison, const ComparisonRow *row) {
    char *text = text_copy("");
    for (size_t i = 0; i < row->cell_count; i++) {
        const Cell *cell = &row->cells[i];
        char *share = word_share_of_bound(run, comparison, row, cell);
        if (!share)
            continue;
        char *one = text_format("%s %s", run->meta.arms[cell->arm].name, share);
        text = joined(text, one);
        free(one);
        free(share);
    }
    char *line = *text ? text_format("of %s's throughput: %s", SPEED_BOUND, text) : NULL;
    free(text);
    return line;
}

const char *word_metric(Metric metric) {
    return metric_info(metric)->title;
}

char *word_direction(Metric metric) {
    const MetricInfo *info = metric_info(metric);
    if (metric_is_ratio_free(metric))
        return text_copy("ranks no allocators; compare two runs of the same arm");
    return text_format("ratio over 1 is %s", info->larger_is_better ? info->better : info->worse);
}

char *word_legend(const Run *run) {
    if (run->meta.mode == MODE_ICOUNT)
        return text_copy(
            "How to read: instructions an operation under callgrind; exact: every slot of the arm gave the "
            "same count. An instruction is no unit of time: allocators are not ranked by it. Two runs are: "
            "allocbench compare RUN RUN2.");
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
    case VERDICT_VARIES:
        return palette->warn;
    case VERDICT_NO_DIFFERENCE:
    case VERDICT_TOO_FEW:
    case VERDICT_REFERENCE:
    case VERDICT_EXACT:
        return palette->dim;
    }
    return "";
}
