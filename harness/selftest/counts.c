/*
 * counts.c - see counts.h.
 */
#include "counts.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/block_table.h"
#include "analysis/comparison.h"
#include "analysis/signed_rank.h"
#include "analysis/statistics.h"
#include "store/text.h"

static const double LEVEL = 0.05;

/* A growing list of numbers. */
typedef struct Numbers {
    double *values;
    size_t count;
} Numbers;

static void add_number(Numbers *numbers, double value) {
    if (isnan(value))
        return;
    numbers->values = grow(numbers->values, numbers->count + 1, sizeof *numbers->values);
    numbers->values[numbers->count++] = value;
}

/* Six digits are what a reader can use; NaN has no JSON form and becomes null. */
static json_t *real(double value) {
    if (!isfinite(value))
        return json_null();
    char text[32];
    snprintf(text, sizeof text, "%.6g", value);
    return json_real(strtod(text, NULL));
}

static json_t *estimate_json(Estimate e) {
    return json_pack("[o, o, o]", real(e.estimate), real(e.low), real(e.high));
}

static json_t *ratio_json(Estimate logs) {
    return estimate_json((Estimate){exp(logs.estimate), exp(logs.low), exp(logs.high)});
}

static void count_one(json_t *object, const char *key) {
    json_object_set_new(object, key, json_integer(json_integer_value(json_object_get(object, key)) + 1));
}

static bool arm_of_name(const Run *run, const char *name, uint32_t *arm) {
    for (*arm = 0; *arm < run->meta.arm_count; ++*arm)
        if (strcmp(run->meta.arms[*arm].name, name) == 0)
            return true;
    return false;
}

double counts_attainable_level(size_t pairs) {
    if (pairs == 0 || pairs > 16)
        return NAN;
    double differences[16];
    size_t below = 0, patterns = (size_t)1 << pairs;
    for (size_t pattern = 0; pattern < patterns; pattern++) {
        for (size_t i = 0; i < pairs; i++)
            differences[i] = (pattern >> i & 1 ? 1.0 : -1.0) * (double)(i + 1);
        below += signed_rank_p(differences, pairs) < LEVEL;
    }
    return (double)below / (double)patterns;
}

/* ---- equal arms ---- */

typedef struct EqualCounts {
    json_t *verdicts, *gates, *raw_of_row;
    size_t comparisons, raw, raw_of_control, rows_unstable;
    Numbers p;
} EqualCounts;

static void count_equal_cell(EqualCounts *counts, const Run *run, const ComparisonRow *row, const Cell *cell,
                             Metric metric) {
    const Cell *control = comparison_cell(row, run->meta.baseline, true);
    counts->comparisons++;
    counts->rows_unstable += row->unstable;
    add_number(&counts->p, cell->p);
    count_one(counts->verdicts, verdict_name(cell->verdict, metric));
    if (cell->gate != GATE_NONE)
        count_one(counts->gates, gate_name(cell->gate));
    if (control != NULL && control->p < LEVEL)
        counts->raw_of_control++;
    if (cell->p < LEVEL) {
        counts->raw++;
        count_one(counts->raw_of_row, run->meta.rows[row->row].name);
    }
}

static int compare_numbers(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static json_t *sorted_json(Numbers *numbers) {
    json_t *list = json_array();
    if (numbers->count > 1)
        qsort(numbers->values, numbers->count, sizeof *numbers->values, compare_numbers);
    for (size_t i = 0; i < numbers->count; i++)
        json_array_append_new(list, real(numbers->values[i]));
    free(numbers->values);
    return list;
}

static json_t *equal_arms_by(const ReducedRuns *runs, Metric metric) {
    EqualCounts counts = {.verdicts = json_object(), .gates = json_object(), .raw_of_row = json_object()};
    size_t most_pairs = 0;
    for (size_t i = 0; i < runs->count; i++) {
        const Run *run = &runs->items[i].run;
        uint32_t same;
        if (!arm_of_name(run, ARM_SAME, &same))
            continue;
        Comparison *comparison = comparison_of_run(run, metric, run->meta.baseline);
        for (size_t r = 0; r < comparison->row_count; r++) {
            const Cell *cell = comparison_cell(&comparison->rows[r], same, false);
            count_equal_cell(&counts, run, &comparison->rows[r], cell, metric);
            most_pairs = cell->pairs > most_pairs ? cell->pairs : most_pairs;
        }
        comparison_free(comparison);
    }
    double tail =
        counts.raw == 0 ? 1 : gsl_cdf_binomial_Q((unsigned)counts.raw - 1, LEVEL, (unsigned)counts.comparisons);
    return json_pack("{s:I, s:I, s:o, s:I, s:o, s:I, s:I, s:o, s:o, s:o, s:o}", "comparisons",
                     (json_int_t)counts.comparisons, "raw", (json_int_t)counts.raw, "tail", real(tail), "pairs",
                     (json_int_t)most_pairs, "attainable_level", real(counts_attainable_level(most_pairs)),
                     "raw_of_control", (json_int_t)counts.raw_of_control, "unstable_rows",
                     (json_int_t)counts.rows_unstable, "raw_of_row", counts.raw_of_row, "verdicts", counts.verdicts,
                     "gates", counts.gates, "p", sorted_json(&counts.p));
}

/* How the place in a block shifts two equal slots: log of (later value / earlier value). Symmetric exchange makes it
 * harmless to the test; a large one costs power and is a thing to know. */
static json_t *order_effect(const ReducedRuns *runs, Metric metric) {
    Numbers shifts = {0};
    for (size_t i = 0; i < runs->count; i++) {
        const Run *run = &runs->items[i].run;
        uint32_t same;
        if (!arm_of_name(run, ARM_SAME, &same))
            continue;
        BlockTable *tables = block_tables_of_run(run, BLOCKS_COMPARED);
        for (size_t r = 0; r < run->meta.row_count; r++)
            for (size_t b = 0; b < tables[r].blocks; b++) {
                const Sample **slots = tables[r].slots + b * tables[r].columns;
                double one, other;
                if (metric_value(&run->meta, slots[same], metric, &one) &&
                    metric_value(&run->meta, slots[run->meta.baseline], metric, &other))
                    add_number(&shifts, slots[same]->position > slots[run->meta.baseline]->position ? log(one / other)
                                                                                                    : log(other / one));
            }
        block_tables_free(tables, run->meta.row_count);
    }
    json_t *json = ratio_json(signed_rank_estimate(shifts.values, shifts.count));
    free(shifts.values);
    return json;
}

json_t *counts_of_equal_arms(const ReducedRuns *runs) {
    json_t *all = json_object();
    static const Metric metrics[] = {METRIC_THROUGHPUT, METRIC_PEAK_RSS};
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
        json_t *one = equal_arms_by(runs, metrics[i]);
        json_object_set_new(one, "later_over_earlier", order_effect(runs, metrics[i]));
        json_object_set_new(all, metric_info(metrics[i])->key, one);
    }
    json_object_set_new(all, "runs", json_integer((json_int_t)runs->count));
    return all;
}

/* ---- power ---- */

static const uint32_t LOOKS[] = {10, 15, 20, 30, 45, 60};
enum { LOOK_COUNT = sizeof LOOKS / sizeof *LOOKS };

typedef struct Look {
    size_t runs, found, wrong, unstable, raw, raw_wrong;
    Numbers half_widths, seconds;
} Look;

/* Baseline, control and one arm: what somebody waits who compares two. */
static double seconds_of(const ReducedRun *run, uint32_t blocks) {
    return run->slot_s > 0 ? run->slot_s * 3 * (blocks + run->observed_blocks) : NAN;
}

static void look_at(Look *look, const ReducedRun *reduced, const Comparison *comparison, uint32_t row, uint32_t arm,
                    uint32_t blocks) {
    const Cell *cell = comparison_cell(&comparison->rows[row], arm, false);
    bool raw = cell->p < LEVEL;
    look->runs++;
    look->found += cell->verdict == VERDICT_WORSE;
    look->wrong += cell->verdict == VERDICT_BETTER;
    look->unstable += cell->verdict == VERDICT_UNSTABLE;
    look->raw += raw && cell->ratio.estimate < 1;
    look->raw_wrong += raw && cell->ratio.estimate > 1;
    add_number(&look->half_widths, cell->half_width);
    add_number(&look->seconds, seconds_of(reduced, blocks));
}

static json_t *look_json(Look *look, uint32_t blocks) {
    json_t *json = json_pack("{s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "blocks", (int)blocks, "runs",
                             (json_int_t)look->runs, "found", (json_int_t)look->found, "wrong", (json_int_t)look->wrong,
                             "unstable", (json_int_t)look->unstable, "raw", (json_int_t)look->raw, "raw_wrong",
                             (json_int_t)look->raw_wrong, "half_width",
                             real(median_of(look->half_widths.values, look->half_widths.count)), "seconds",
                             real(median_of(look->seconds.values, look->seconds.count)));
    free(look->half_widths.values);
    free(look->seconds.values);
    return json;
}

/* All log ratios of an arm in a row, of all runs: the best that is known of the true size. */
static json_t *pooled_ratio(const ReducedRuns *runs, uint32_t row, uint32_t arm) {
    Numbers pooled = {0};
    for (size_t i = 0; i < runs->count; i++) {
        const Run *run = &runs->items[i].run;
        BlockTable table = block_table_of_row(run, row);
        double *ratios = zeroed(table.blocks, sizeof *ratios);
        size_t count = block_table_log_ratios(&table, METRIC_THROUGHPUT, arm, run->meta.baseline, ratios);
        for (size_t k = 0; k < count; k++)
            add_number(&pooled, ratios[k]);
        free(ratios);
        block_table_release(&table);
    }
    json_t *json = ratio_json(signed_rank_estimate(pooled.values, pooled.count));
    free(pooled.values);
    return json;
}

/* Each look judges the run as it stood then, once for all rows and arms. */
static void look_at_run(Look *looks, const ReducedRun *reduced, uint32_t blocks) {
    Run view = reduced_first_blocks(&reduced->run, blocks);
    const RunMeta *meta = &view.meta;
    Comparison *comparison = comparison_of_run(&view, METRIC_THROUGHPUT, meta->baseline);
    for (uint32_t row = 0; row < meta->row_count; row++)
        for (uint32_t arm = 0; arm < meta->arm_count; arm++)
            if (arm != meta->baseline && comparison->rows[row].blocks == blocks)
                look_at(&looks[row * meta->arm_count + arm], reduced, comparison, row, arm, blocks);
    comparison_free(comparison);
    free(view.samples);
}

json_t *counts_of_power(const ReducedRuns *runs) {
    json_t *cases = json_array();
    if (runs->count == 0)
        return json_pack("{s:i, s:o}", "runs", 0, "cases", cases);
    const RunMeta *meta = &runs->items[0].run.meta;
    size_t cells = meta->row_count * meta->arm_count;
    Look *looks = zeroed(LOOK_COUNT * cells, sizeof *looks);
    for (size_t k = 0; k < LOOK_COUNT; k++)
        for (size_t i = 0; i < runs->count; i++)
            look_at_run(looks + k * cells, &runs->items[i], LOOKS[k]);
    for (uint32_t row = 0; row < meta->row_count; row++)
        for (uint32_t arm = 0; arm < meta->arm_count; arm++) {
            if (arm == meta->baseline)
                continue;
            json_t *list = json_array();
            for (size_t k = 0; k < LOOK_COUNT; k++) {
                Look *look = &looks[k * cells + row * meta->arm_count + arm];
                if (look->runs > 0)
                    json_array_append_new(list, look_json(look, LOOKS[k]));
            }
            json_array_append_new(cases, json_pack("{s:s, s:s, s:o, s:o}", "row", meta->rows[row].name, "arm",
                                                   meta->arms[arm].name, "true_ratio", pooled_ratio(runs, row, arm),
                                                   "looks", list));
        }
    free(looks);
    return json_pack("{s:I, s:I, s:o}", "runs", (json_int_t)runs->count, "cells",
                     (json_int_t)(meta->row_count * (meta->arm_count - 1)), "cases", cases);
}

/* ---- noise ---- */

typedef struct Disturbed {
    json_t *same, *slow;
    size_t rows, raw_of_same, discarded, disturbed, disturbed_rows, blocks;
    Numbers widths;
} Disturbed;

static void count_disturbed(Disturbed *counts, const ReducedRun *reduced, const char *slow_name) {
    const Run *run = &reduced->run;
    uint32_t same, slow;
    if (!arm_of_name(run, ARM_SAME, &same) || !arm_of_name(run, slow_name, &slow))
        return;
    Comparison *comparison = comparison_of_run(run, METRIC_THROUGHPUT, run->meta.baseline);
    for (size_t r = 0; r < comparison->row_count; r++) {
        const Cell *equal = comparison_cell(&comparison->rows[r], same, false);
        const Cell *delayed = comparison_cell(&comparison->rows[r], slow, false);
        counts->rows++;
        counts->raw_of_same += equal->p < LEVEL;
        counts->blocks += comparison->rows[r].blocks;
        counts->disturbed += comparison->rows[r].disturbed;
        counts->disturbed_rows += comparison->rows[r].disturbed_too_often;
        count_one(counts->same, verdict_name(equal->verdict, METRIC_THROUGHPUT));
        count_one(counts->slow, verdict_name(delayed->verdict, METRIC_THROUGHPUT));
        add_number(&counts->widths, delayed->half_width);
    }
    counts->discarded += reduced->discarded_blocks;
    comparison_free(comparison);
}

/* Median half-width of the delayed arm over as many quiet blocks. */
static json_t *quiet_width(const ReducedRuns *quiet, const char *slow_name, size_t blocks) {
    Numbers widths = {0};
    for (size_t i = 0; i < quiet->count; i++) {
        uint32_t slow;
        Run view = reduced_first_blocks(&quiet->items[i].run, (uint32_t)blocks);
        Comparison *comparison = comparison_of_run(&view, METRIC_THROUGHPUT, view.meta.baseline);
        for (size_t r = 0; r < comparison->row_count && arm_of_name(&view, slow_name, &slow); r++)
            add_number(&widths, comparison_cell(&comparison->rows[r], slow, false)->half_width);
        comparison_free(comparison);
        free(view.samples);
    }
    json_t *json = real(median_of(widths.values, widths.count));
    free(widths.values);
    return json;
}

json_t *counts_of_noise(const ReducedRuns *disturbed, const ReducedRuns *quiet, const char *slow) {
    Disturbed counts = {.same = json_object(), .slow = json_object()};
    for (size_t i = 0; i < disturbed->count; i++)
        count_disturbed(&counts, &disturbed->items[i], slow);
    json_t *width = real(median_of(counts.widths.values, counts.widths.count));
    free(counts.widths.values);
    size_t blocks_a_row = counts.rows > 0 ? counts.blocks / counts.rows : 0;
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "disturbed_blocks",
                     (json_int_t)counts.disturbed, "disturbed_rows", (json_int_t)counts.disturbed_rows, "runs",
                     (json_int_t)disturbed->count, "comparisons", (json_int_t)counts.rows, "raw_of_same",
                     (json_int_t)counts.raw_of_same, "blocks", (json_int_t)counts.blocks, "discarded_blocks",
                     (json_int_t)counts.discarded, "same", counts.same, "slow", counts.slow, "half_width", width,
                     "quiet_half_width", quiet_width(quiet, slow, blocks_a_row));
}
