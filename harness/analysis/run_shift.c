/*
 * run_shift.c - what two runs have in common, and by how much it moved.
 */
#include "run_shift.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"
#include "block_table.h"
#include "rank_sum.h"
#include "signed_rank.h"

static bool same_text(const char *a, const char *b) {
    return a && b ? !strcmp(a, b) : a == b;
}

/* What makes a host this host: other keys (load, temperature, governor) may differ between two runs. */
static const char *const HOST_KEYS[] = {"hostname", "cpu_model", "cpus_online", "kernel", "machine"};

static char *host_refusal(const Run *first, const Run *second) {
    char *refusal = NULL;
    json_t *a = json_loads(first->meta.host_json ? first->meta.host_json : "{}", 0, NULL);
    json_t *b = json_loads(second->meta.host_json ? second->meta.host_json : "{}", 0, NULL);
    for (size_t i = 0; i < sizeof HOST_KEYS / sizeof *HOST_KEYS && !refusal; i++) {
        json_t *left = json_object_get(a, HOST_KEYS[i]), *right = json_object_get(b, HOST_KEYS[i]);
        bool equal = left && right ? json_equal(left, right) : left == right;
        if (equal)
            continue;
        char *mine = left ? json_dumps(left, JSON_ENCODE_ANY | JSON_COMPACT) : text_copy("unknown");
        char *theirs = right ? json_dumps(right, JSON_ENCODE_ANY | JSON_COMPACT) : text_copy("unknown");
        refusal = text_format("the runs come from different hosts: %s is %s in one and %s in the other", HOST_KEYS[i],
                              mine, theirs);
        free(mine);
        free(theirs);
    }
    json_decref(a);
    json_decref(b);
    return refusal;
}

char *run_shift_refusal(const Run *first, const Run *second) {
    const Arm *a = &first->meta.arms[first->meta.baseline], *b = &second->meta.arms[second->meta.baseline];
    if (!same_text(a->name, b->name))
        return text_format("the baselines differ: %s in one run and %s in the other", a->name, b->name);
    if (!same_text(a->sha256, b->sha256))
        return text_format("the baseline's library differs: %s has another hash in each run", a->name);
    if (!same_text(a->environment, b->environment))
        return text_format("the baseline's settings differ: %s runs with another environment in each run", a->name);
    return host_refusal(first, second);
}

static char *row_refusal(const Row *a, const Row *b) {
    if (!same_text(a->workload, b->workload) || a->kind != b->kind)
        return text_format("the row is %s in one run and %s in the other", a->workload, b->workload);
    if (a->threads != b->threads)
        return text_format("threads differ: %u and %u", (unsigned)a->threads, (unsigned)b->threads);
    if (!same_text(a->arguments, b->arguments))
        return text_format("parameters differ: \"%s\" and \"%s\"", a->arguments ? a->arguments : "",
                           b->arguments ? b->arguments : "");
    if (a->operations != b->operations)
        return text_format("work differs: %llu and %llu operations a slot; repeat with --work-from",
                           (unsigned long long)a->operations, (unsigned long long)b->operations);
    return NULL;
}

/* Fills log-ratios of an arm to its run's baseline; owned. */
static double *log_ratios(const BlockTable *table, Metric metric, size_t arm, size_t baseline, size_t *count) {
    double *values = zeroed(table->blocks, sizeof *values);
    *count = block_table_log_ratios(table, metric, arm, baseline, values);
    return values;
}

/* One run's side of a cell. */
typedef struct Side {
    const Run *run;
    const BlockTable *table;
    size_t arm;
} Side;

static void measure_cell(ShiftCell *cell, Metric metric, const Side *first, const Side *second) {
    double *a = log_ratios(first->table, metric, first->arm, first->run->meta.baseline, &cell->first_pairs);
    double *b = log_ratios(second->table, metric, second->arm, second->run->meta.baseline, &cell->second_pairs);
    cell->first_ratio = exp(signed_rank_estimate(a, cell->first_pairs).estimate);
    cell->second_ratio = exp(signed_rank_estimate(b, cell->second_pairs).estimate);
    Estimate shift = rank_sum_shift(b, cell->second_pairs, a, cell->first_pairs);
    cell->shift = (Interval){exp(shift.estimate), exp(shift.low), exp(shift.high)};
    if (!isnan(shift.low))
        cell->p = rank_sum_p(b, cell->second_pairs, a, cell->first_pairs);
    free(a);
    free(b);
}

static void judge(RunShift *shift, double threshold) {
    double *p = zeroed(shift->cell_count, sizeof *p);
    bool *passes = zeroed(shift->cell_count, sizeof *passes);
    for (size_t i = 0; i < shift->cell_count; i++) {
        const ShiftCell *cell = &shift->cells[i];
        bool enough = cell->first_pairs >= SMALLEST_VERDICT && cell->second_pairs >= SMALLEST_VERDICT;
        p[i] = enough && !cell->refused ? cell->p : NAN;
    }
    benjamini_hochberg(p, shift->cell_count, 0.05, passes);
    for (size_t i = 0; i < shift->cell_count; i++) {
        ShiftCell *cell = &shift->cells[i];
        if (cell->refused)
            continue;
        cell->verdict = VERDICT_NO_DIFFERENCE;
        if (cell->first_pairs == 0 || cell->second_pairs == 0) {
            cell->verdict = VERDICT_FAILED;
        } else if (isnan(p[i])) {
            cell->verdict = VERDICT_TOO_FEW;
        } else if (!passes[i]) {
            cell->gate = cell->shift.low > 1 || cell->shift.high < 1 ? GATE_MULTIPLICITY : GATE_NONE;
        } else if (fabs(cell->shift.estimate - 1) <= threshold) {
            cell->gate = GATE_THRESHOLD;
        } else {
            bool larger = cell->shift.estimate > 1;
            cell->verdict = larger == (shift->metric == METRIC_THROUGHPUT) ? VERDICT_BETTER : VERDICT_WORSE;
        }
    }
    free(p);
    free(passes);
}

/* Index of the row or arm of that name; `count` when there is none. */
static size_t find_row(const RunMeta *meta, const char *name) {
    size_t i = 0;
    while (i < meta->row_count && strcmp(meta->rows[i].name, name))
        i++;
    return i;
}

static size_t find_arm(const RunMeta *meta, const char *name) {
    size_t i = 0;
    while (i < meta->arm_count && strcmp(meta->arms[i].name, name))
        i++;
    return i;
}

RunShift *run_shift_of_runs(const Run *first, const Run *second, Metric metric) {
    const RunMeta *mine = &first->meta, *theirs = &second->meta;
    RunShift *shift = zeroed(1, sizeof *shift);
    shift->metric = metric;
    shift->cells = zeroed(mine->row_count * mine->arm_count, sizeof *shift->cells);
    BlockTable *first_tables = block_tables_of_run(first, BLOCKS_COMPARED),
               *second_tables = block_tables_of_run(second, BLOCKS_COMPARED);
    for (size_t row = 0; row < mine->row_count; row++) {
        size_t other_row = find_row(theirs, mine->rows[row].name);
        for (size_t arm = 0; other_row < theirs->row_count && arm < mine->arm_count; arm++) {
            size_t other_arm = find_arm(theirs, mine->arms[arm].name);
            if (arm == mine->baseline || other_arm == theirs->arm_count || !mine->arms[arm].available ||
                !theirs->arms[other_arm].available)
                continue;
            ShiftCell *cell = &shift->cells[shift->cell_count++];
            *cell = (ShiftCell){.row = mine->rows[row].name, .arm = mine->arms[arm].name, .p = NAN};
            cell->shift = (Interval){NAN, NAN, NAN};
            cell->first_ratio = cell->second_ratio = NAN;
            cell->refused = row_refusal(&mine->rows[row], &theirs->rows[other_row]);
            if (cell->refused)
                continue;
            shift->compared++;
            measure_cell(cell, metric, &(Side){first, &first_tables[row], arm},
                         &(Side){second, &second_tables[other_row], other_arm});
        }
    }
    judge(shift, mine->threshold);
    block_tables_free(first_tables, mine->row_count);
    block_tables_free(second_tables, theirs->row_count);
    return shift;
}

void run_shift_free(RunShift *shift) {
    for (size_t i = 0; shift && i < shift->cell_count; i++)
        free(shift->cells[i].refused);
    if (shift)
        free(shift->cells);
    free(shift);
}
