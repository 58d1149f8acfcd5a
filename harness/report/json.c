/*
 * json.c - comparisons as one JSON object: every number in full, null for "unknown".
 */
#include <jansson.h>
#include <math.h>

#include "processors.h"
#include "table.h"

static json_t *number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *text(const char *value) {
    return value ? json_string(value) : json_null();
}

static json_t *interval_json(Interval interval) {
    return json_pack("{s:o, s:o, s:o}", "estimate", number(interval.estimate), "low", number(interval.low), "high",
                     number(interval.high));
}

static json_t *cell_json(const Run *run, const Cell *cell, Metric metric) {
    json_t *object = json_object();
    json_object_set_new(object, "arm", text(run->meta.arms[cell->arm].name));
    json_object_set_new(object, "control", json_boolean(cell->control));
    json_object_set_new(object, "pairs", json_integer((json_int_t)cell->pairs));
    json_object_set_new(object, "ok", json_integer((json_int_t)cell->ok));
    json_object_set_new(object, "failed", json_integer((json_int_t)cell->failed));
    json_object_set_new(object, "status", text(sample_status_name(cell->worst_status)));
    json_object_set_new(object, "message", text(cell->message));
    json_object_set_new(object, "ratio", interval_json(cell->ratio));
    json_object_set_new(object, "half_width", number(cell->half_width));
    json_object_set_new(object, "p", number(cell->p));
    json_object_set_new(object, "median", interval_json((Interval){cell->median, cell->median_low, cell->median_high}));
    json_object_set_new(object, "lower_bound", json_boolean(cell->lower_bound));
    json_object_set_new(object, "verdict", text(verdict_name(cell->verdict, metric)));
    json_object_set_new(object, "gate", text(gate_key(cell->gate)));
    json_object_set_new(object, "spread", number(cell->spread));
    json_object_set_new(object, "imprecise", json_boolean(cell->imprecise));
    return object;
}

static json_t *row_json(const Run *run, const ComparisonRow *row, Metric metric) {
    const Row *plan = &run->meta.rows[row->row];
    const uint32_t processors = processors_of_row(&run->meta, row->row);
    json_t *object = json_object(), *cells = json_array();
    json_object_set_new(object, "name", text(plan->name));
    json_object_set_new(object, "workload", text(plan->workload));
    json_object_set_new(object, "threads", json_integer(plan->threads));
    json_object_set_new(object, "processors", processors > 0 ? json_integer(processors) : json_null());
    json_object_set_new(object, "oversubscribed",
                        processors > 0 ? json_boolean(plan->threads > processors) : json_null());
    json_object_set_new(object, "arguments", text(plan->arguments));
    json_object_set_new(object, "sweep", text(plan->sweep));
    json_object_set_new(object, "unit", text(plan->unit));
    json_object_set_new(object, "operations", json_integer((json_int_t)plan->operations));
    json_object_set_new(object, "blocks", json_integer((json_int_t)row->blocks));
    json_object_set_new(object, "unstable", json_boolean(row->unstable));
    json_object_set_new(object, "noise_floor", number(row->noise_floor));
    json_object_set_new(object, "drift", number(row->drift));
    json_object_set_new(object, "disturbed_blocks", json_integer((json_int_t)row->disturbed));
    json_object_set_new(object, "floor_bytes", json_integer((json_int_t)plan->floor_bytes));
    json_object_set_new(object, "counter_error", number(row->counter_error));
    json_object_set_new(object, "timer_floor_ns", number(row->timer_floor_ns));
    for (size_t i = 0; i < row->cell_count; i++)
        json_array_append_new(cells, cell_json(run, &row->cells[i], metric));
    json_object_set_new(object, "cells", cells);
    return object;
}

static json_t *comparison_json(const Run *run, const Comparison *comparison) {
    json_t *object = json_object(), *rows = json_array(), *means = json_array();
    json_object_set_new(object, "metric", text(metric_info(comparison->metric)->key));
    json_object_set_new(object, "title", text(metric_info(comparison->metric)->title));
    json_object_set_new(object, "unit", text(unit_key(metric_info(comparison->metric)->unit)));
    json_object_set_new(object, "reference", text(run->meta.arms[comparison->reference].name));
    for (size_t i = 0; i < comparison->row_count; i++)
        if (comparison->rows[i].applies)
            json_array_append_new(rows, row_json(run, &comparison->rows[i], comparison->metric));
    for (size_t arm = 0; arm < run->meta.arm_count; arm++) {
        json_t *mean = interval_json(comparison->geometric_mean[arm]);
        json_object_set_new(mean, "arm", text(run->meta.arms[arm].name));
        json_object_set_new(mean, "rows", json_integer((json_int_t)comparison->geometric_mean_rows[arm]));
        json_array_append_new(means, mean);
    }
    json_object_set_new(object, "rows", rows);
    json_object_set_new(object, "geometric_mean", means);
    return object;
}

static void print_document(json_t *document, FILE *out) {
    json_dumpf(document, out, JSON_INDENT(2));
    fputc('\n', out);
    json_decref(document);
}

void json_print(const Run *run, const Comparison *const *comparisons, size_t count, FILE *out) {
    const RunMeta *meta = &run->meta;
    json_t *document = json_object(), *arms = json_array(), *tables = json_array();
    json_object_set_new(document, "run", text(meta->id));
    json_object_set_new(document, "suite", text(meta->suite));
    json_object_set_new(document, "mode", text(run_mode_name(meta->mode)));
    json_object_set_new(document, "created", text(meta->created));
    json_object_set_new(document, "baseline", text(meta->arms[meta->baseline].name));
    json_object_set_new(document, "threshold", number(meta->threshold));
    json_object_set_new(document, "precision", number(meta->precision));
    json_object_set_new(document, "discarded_blocks", json_integer((json_int_t)run->discarded_blocks));
    json_object_set_new(document, "unreadable_lines", json_integer((json_int_t)run->unreadable_lines));
    for (size_t i = 0; i < meta->arm_count; i++) {
        json_t *arm = json_object();
        json_object_set_new(arm, "name", text(meta->arms[i].name));
        json_object_set_new(arm, "label", text(meta->arms[i].label));
        json_object_set_new(arm, "environment", text(meta->arms[i].environment));
        json_object_set_new(arm, "sha256", text(meta->arms[i].sha256));
        json_object_set_new(arm, "available", json_boolean(meta->arms[i].available));
        json_object_set_new(arm, "reason", text(meta->arms[i].reason));
        json_array_append_new(arms, arm);
    }
    for (size_t i = 0; i < count; i++)
        json_array_append_new(tables, comparison_json(run, comparisons[i]));
    json_object_set_new(document, "arms", arms);
    json_object_set_new(document, "comparisons", tables);
    print_document(document, out);
}

void json_print_shifts(const RunShift *const *shifts, size_t count, FILE *out) {
    json_t *document = json_object(), *tables = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *cells = json_array();
        for (size_t c = 0; c < shifts[i]->cell_count; c++) {
            const ShiftCell *cell = &shifts[i]->cells[c];
            json_t *object = json_object();
            json_object_set_new(object, "row", text(cell->row));
            json_object_set_new(object, "arm", text(cell->arm));
            json_object_set_new(object, "first_pairs", json_integer((json_int_t)cell->first_pairs));
            json_object_set_new(object, "second_pairs", json_integer((json_int_t)cell->second_pairs));
            json_object_set_new(object, "first_ratio", number(cell->first_ratio));
            json_object_set_new(object, "second_ratio", number(cell->second_ratio));
            json_object_set_new(object, "first_value", number(cell->first_value));
            json_object_set_new(object, "second_value", number(cell->second_value));
            json_object_set_new(object, "exact", json_boolean(cell->exact));
            json_object_set_new(object, "change", interval_json(cell->shift));
            json_object_set_new(object, "p", number(cell->p));
            json_object_set_new(object, "verdict",
                                cell->refused ? json_null() : text(verdict_name(cell->verdict, shifts[i]->metric)));
            json_object_set_new(object, "gate", text(gate_key(cell->gate)));
            json_object_set_new(object, "refused", text(cell->refused));
            json_array_append_new(cells, object);
        }
        json_array_append_new(tables,
                              json_pack("{s:s, s:o}", "metric", metric_info(shifts[i]->metric)->key, "cells", cells));
    }
    json_object_set_new(document, "shifts", tables);
    print_document(document, out);
}
