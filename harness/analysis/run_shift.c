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
static const struct {
    const char *key;
    bool optional; /* compared only where both records have it */
} HOST_KEYS[] = {{"hostname", true},     {"machine_id", true}, {"cpu_model", false},
                 {"cpus_online", false}, {"kernel", false},    {"machine", false}};
enum { HOST_KEY_COUNT = sizeof HOST_KEYS / sizeof *HOST_KEYS };

/* The host record of a row: of a merged run's several, the one that the row was measured on. */
static json_t *host_of_row(const RunMeta *meta, const Row *row) {
    json_t *record = json_loads(meta->host_json ? meta->host_json : "{}", 0, NULL);
    if (!json_is_array(record))
        return record;
    json_t *host = json_incref(json_array_get(record, row->host));
    json_decref(record);
    return host;
}

static bool has_several_hosts(const RunMeta *meta) {
    return meta->host_json && meta->host_json[strspn(meta->host_json, " \t\r\n")] == '[';
}

static char *key_refusal(const char *what, const char *key, const json_t *left, const json_t *right) {
    char *mine = left ? json_dumps(left, JSON_ENCODE_ANY | JSON_COMPACT) : text_copy("unknown");
    char *theirs = right ? json_dumps(right, JSON_ENCODE_ANY | JSON_COMPACT) : text_copy("unknown");
    char *refusal = text_format("%s: %s is %s in one and %s in the other", what, key, mine, theirs);
    free(mine);
    free(theirs);
    return refusal;
}

static char *host_refusal(const RunMeta *first, const Row *mine, const RunMeta *second, const Row *theirs) {
    char *refusal = NULL;
    json_t *a = host_of_row(first, mine), *b = host_of_row(second, theirs);
    for (size_t i = 0; i < HOST_KEY_COUNT && !refusal; i++) {
        json_t *left = json_object_get(a, HOST_KEYS[i].key), *right = json_object_get(b, HOST_KEYS[i].key);
        bool equal = left && right ? json_equal(left, right) : HOST_KEYS[i].optional || left == right;
        if (!equal)
            refusal = key_refusal("the runs come from different hosts", HOST_KEYS[i].key, left, right);
    }
    json_decref(a);
    json_decref(b);
    return refusal;
}

/* Counted instructions do not depend on the host, except that the C library's are among them and that each kind of
 * processor has its own. */
static char *toolchain_refusal(const RunMeta *first, const Row *mine, const RunMeta *second, const Row *theirs) {
    static const char *const keys[] = {"machine", "libc"};
    char *refusal = NULL;
    json_t *a = host_of_row(first, mine), *b = host_of_row(second, theirs);
    for (size_t i = 0; i < sizeof keys / sizeof *keys && !refusal; i++) {
        json_t *left = json_object_get(a, keys[i]), *right = json_object_get(b, keys[i]);
        if (left && right && !json_equal(left, right))
            refusal = key_refusal("the counts are of different code", keys[i], left, right);
    }
    json_decref(a);
    json_decref(b);
    if (!refusal && !same_text(mine->sha256, theirs->sha256))
        refusal = text_format("the executable of %s is another one, and its own instructions are in the count; build "
                              "both runs' workloads from the same source with the same compiler",
                              mine->workload);
    return refusal;
}

/* Hash of the baseline's library on the row's host; owned, NULL when it is not known. */
static char *baseline_hash(const RunMeta *meta, const Row *row) {
    const Arm *baseline = &meta->arms[meta->baseline];
    if (!has_several_hosts(meta))
        return baseline->sha256 ? text_copy(baseline->sha256) : NULL;
    json_t *host = host_of_row(meta, row), *arm;
    char *hash = NULL;
    size_t i;
    json_array_foreach(json_object_get(host, "arms"), i, arm) {
        const char *name = json_string_value(json_object_get(arm, "name"));
        const char *text = json_string_value(json_object_get(arm, "sha256"));
        if (!hash && name && text && strcmp(name, baseline->name) == 0)
            hash = text_copy(text);
    }
    json_decref(host);
    return hash;
}

static char *baseline_refusal(const RunMeta *first, const Row *mine, const RunMeta *second, const Row *theirs) {
    char *a = baseline_hash(first, mine), *b = baseline_hash(second, theirs), *refusal = NULL;
    if (!same_text(a, b))
        refusal = text_format("the baseline's library differs: %s has another hash in each run",
                              first->arms[first->baseline].name);
    free(a);
    free(b);
    return refusal;
}

char *run_shift_refusal(const Run *first, const Run *second) {
    const RunMeta *mine = &first->meta, *theirs = &second->meta;
    if (mine->mode != theirs->mode)
        return text_format("the modes differ: one run is of %s and the other of %s", run_mode_name(mine->mode),
                           run_mode_name(theirs->mode));
    if (mine->mode == MODE_ICOUNT)
        return NULL;
    const Arm *a = &mine->arms[mine->baseline], *b = &theirs->arms[theirs->baseline];
    if (!same_text(a->name, b->name))
        return text_format("the baselines differ: %s in one run and %s in the other", a->name, b->name);
    bool several = has_several_hosts(mine) || has_several_hosts(theirs);
    if (!several && !same_text(a->sha256, b->sha256))
        return text_format("the baseline's library differs: %s has another hash in each run", a->name);
    if (!same_text(a->environment, b->environment))
        return text_format("the baseline's settings differ: %s runs with another environment in each run", a->name);
    if (several || mine->row_count == 0 || theirs->row_count == 0)
        return NULL;
    return host_refusal(mine, &mine->rows[0], theirs, &theirs->rows[0]);
}

static char *row_refusal(const Run *first, const Row *a, const Run *second, const Row *b) {
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
    if (a->thp != b->thp)
        return text_copy("huge pages are switched off in one run only");
    if (a->memory != b->memory)
        return text_copy("live bytes are counted in the compared blocks of one run only");
    /* A program does what its scripts and its own executable say, and nothing else about it stands in the row. */
    if (a->kind == ROW_PROGRAM && !same_text(a->sha256, b->sha256))
        return text_format("work differs: the program %s, its description or its scripts are not the same in both runs",
                           a->workload);
    if (!same_text(a->own_program, b->own_program))
        return text_copy("work differs: --prepare, --check, --metric or another option of the program is not the same");
    if (first->meta.mode == MODE_ICOUNT)
        return toolchain_refusal(&first->meta, a, &second->meta, b);
    char *refusal = host_refusal(&first->meta, a, &second->meta, b);
    return refusal ? refusal : baseline_refusal(&first->meta, a, &second->meta, b);
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
    uint32_t row;
    size_t arm;
} Side;

static double median_value(const Side *side, Metric metric, size_t *count) {
    double *values = zeroed(side->table->blocks, sizeof *values);
    *count = block_table_values(side->table, metric, side->arm, values);
    double median = median_of(values, *count);
    free(values);
    return median;
}

static void measure_ratios(ShiftCell *cell, Metric metric, const Side *first, const Side *second) {
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

/* The ratios of all values of one side to all of the other with the same seed: all are the same where counting is
 * exact. Returns how many; `ratios` has room for the product of both tables' blocks, or is NULL. */
static size_t ratios_of_counts(Metric metric, const Side *of, const Side *to, double *ratios) {
    size_t count = 0;
    for (size_t i = 0; i < of->table->blocks; i++)
        for (size_t j = 0; j < to->table->blocks; j++) {
            const Sample *a = of->table->slots[i * of->table->columns + of->arm],
                         *b = to->table->slots[j * to->table->columns + to->arm];
            double mine, theirs;
            if (metric_value(of->table->meta, a, metric, &mine) && metric_value(to->table->meta, b, metric, &theirs) &&
                a->seed == b->seed && mine > 0 && theirs > 0)
                ratios[count++] = mine / theirs;
        }
    return count;
}

static bool repeats_exactly(Metric metric, const Side *side, double *room) {
    size_t count = ratios_of_counts(metric, side, side, room);
    for (size_t i = 0; i < count; i++)
        if (room[i] != 1)
            return false;
    return count > 0;
}

/* Without a slot of one seed in both runs nothing can be said, and the cell says so. */
static void measure_counts(ShiftCell *cell, Metric metric, const Side *first, const Side *second) {
    size_t most = first->table->blocks > second->table->blocks ? first->table->blocks : second->table->blocks;
    double *ratios = zeroed(most * most, sizeof *ratios);
    cell->first_pairs = cell->second_pairs = 0;
    (void)median_value(first, metric, &cell->first_pairs);
    (void)median_value(second, metric, &cell->second_pairs);
    cell->exact = repeats_exactly(metric, first, ratios) && repeats_exactly(metric, second, ratios);
    size_t count = ratios_of_counts(metric, second, first, ratios);
    cell->shift.estimate = median_of(ratios, count);
    for (size_t i = 0; i < count; i++) {
        cell->shift.low = fmin(cell->shift.low, ratios[i]); /* fmin(NAN, x) is x */
        cell->shift.high = fmax(cell->shift.high, ratios[i]);
    }
    if (count == 0 && cell->first_pairs > 0 && cell->second_pairs > 0)
        cell->refused = text_copy("no slots of both runs have the same seed; repeat one with the other's --seed");
    free(ratios);
}

static void measure_cell(ShiftCell *cell, Metric metric, const Side *first, const Side *second) {
    size_t count;
    cell->first_value = median_value(first, metric, &count);
    cell->second_value = median_value(second, metric, &count);
    if (metric_is_ratio_free(metric)) {
        measure_counts(cell, metric, first, second);
        return;
    }
    measure_ratios(cell, metric, first, second);
    const Side *sides[] = {first, second};
    for (size_t i = 0; i < 2; i++) {
        const RunMeta *meta = &sides[i]->run->meta;
        double error = comparison_counter_error(sides[i]->table, metric, meta->baseline);
        cell->counter_error = fmax(cell->counter_error, error);
        cell->lower_bound = cell->lower_bound || comparison_has_lower_bound(sides[i]->table, metric, sides[i]->arm) ||
                            comparison_has_lower_bound(sides[i]->table, metric, meta->baseline);
    }
}

static Verdict direction(const RunShift *shift, const ShiftCell *cell) {
    bool larger = cell->shift.estimate > 1;
    return larger == metric_info(shift->metric)->larger_is_better ? VERDICT_BETTER : VERDICT_WORSE;
}

/* Counts have no noise to be beyond: any difference is one, if no two slots overlap, and each run has shown by a second
 * slot that it repeats. Of counts that vary, two and two are apart by chance in one case of three; they need a
 * difference that matters. */
static void judge_counts(const RunShift *shift, ShiftCell *cell, double threshold) {
    cell->verdict = VERDICT_NO_DIFFERENCE;
    if (cell->first_pairs == 0 || cell->second_pairs == 0)
        cell->verdict = VERDICT_FAILED;
    else if (cell->first_pairs < 2 || cell->second_pairs < 2)
        cell->verdict = VERDICT_TOO_FEW;
    else if (!cell->exact && fabs(cell->shift.estimate - 1) <= threshold)
        cell->gate = cell->shift.low > 1 || cell->shift.high < 1 ? GATE_THRESHOLD : GATE_NONE;
    else if (cell->shift.low > 1 || cell->shift.high < 1)
        cell->verdict = direction(shift, cell);
}

static void judge_ratios(const RunShift *shift, ShiftCell *cell, bool tested, bool passes, double threshold) {
    double size = fabs(cell->shift.estimate - 1);
    cell->verdict = VERDICT_NO_DIFFERENCE;
    if (cell->first_pairs == 0 || cell->second_pairs == 0)
        cell->verdict = VERDICT_FAILED;
    else if (!tested)
        cell->verdict = VERDICT_TOO_FEW;
    else if (cell->unstable)
        cell->verdict = VERDICT_UNSTABLE;
    else if (!passes)
        cell->gate = cell->shift.low > 1 || cell->shift.high < 1 ? GATE_MULTIPLICITY : GATE_NONE;
    else if (size <= threshold)
        cell->gate = GATE_THRESHOLD;
    else if (cell->counter_error > 0 && size * cell->second_value <= cell->counter_error)
        cell->gate = GATE_COUNTER_ERROR;
    else if (shift->metric == METRIC_MEMORY_LIMIT && size <= 1.0 / MEMORY_LIMIT_RESOLUTION)
        cell->gate = GATE_RESOLUTION;
    else if (cell->lower_bound)
        cell->gate = GATE_LOWER_BOUND;
    else
        cell->verdict = direction(shift, cell);
}

static void judge(RunShift *shift, double threshold) {
    double *p = zeroed(shift->cell_count, sizeof *p);
    bool *passes = zeroed(shift->cell_count, sizeof *passes);
    for (size_t i = 0; i < shift->cell_count; i++) {
        const ShiftCell *cell = &shift->cells[i];
        bool enough = cell->first_pairs >= SMALLEST_VERDICT && cell->second_pairs >= SMALLEST_VERDICT;
        p[i] = enough && !cell->refused && !cell->unstable ? cell->p : NAN;
    }
    benjamini_hochberg(p, shift->cell_count, 0.05, passes);
    for (size_t i = 0; i < shift->cell_count; i++) {
        ShiftCell *cell = &shift->cells[i];
        if (cell->refused)
            continue;
        if (metric_is_ratio_free(shift->metric))
            judge_counts(shift, cell, threshold);
        else
            judge_ratios(shift, cell, cell->unstable || !isnan(p[i]), passes[i], threshold);
    }
    free(p);
    free(passes);
}

/* Length of a row's own name: in a merged run without the host that follows it ("larson t2 @vm"). */
static size_t own_name(const RunMeta *meta, const Row *row) {
    const char *end = NULL;
    for (const char *at = row->name; has_several_hosts(meta) && (at = strstr(at, " @")) != NULL; at++)
        end = at;
    return end ? (size_t)(end - row->name) : strlen(row->name);
}

bool run_shift_same_row(const RunMeta *mine, const Row *a, const RunMeta *theirs, const Row *b) {
    size_t length = own_name(mine, a);
    return length == own_name(theirs, b) && strncmp(a->name, b->name, length) == 0;
}

/* The partner of a row in another run: the row of the same name; else, since a merged run names its rows by their
 * hosts, the one row of the same name without a host that may be compared. `row_count` when there is none. *refused
 * says why the row that was found must not be compared. */
static size_t find_row(const Run *run, const Row *row, const Run *other, char **refused) {
    const size_t none = other->meta.row_count;
    size_t found = none;
    *refused = NULL;
    for (size_t i = 0; i < none; i++) {
        if (strcmp(other->meta.rows[i].name, row->name) == 0) {
            *refused = row_refusal(run, row, other, &other->meta.rows[i]);
            return i;
        }
    }
    for (size_t i = 0; i < none; i++) {
        if (!run_shift_same_row(&run->meta, row, &other->meta, &other->meta.rows[i]))
            continue;
        char *refusal = row_refusal(run, row, other, &other->meta.rows[i]);
        if (found == none || (*refused && !refusal)) {
            free(*refused);
            *refused = refusal;
            found = i;
        } else if (!*refused && !refusal) {
            *refused = text_copy("several rows of the other run have this name on this machine");
            return found;
        } else {
            free(refusal);
        }
    }
    return found;
}

/* Index of the arm of that name; `arm_count` when there is none. */
static size_t find_arm(const RunMeta *meta, const char *name) {
    size_t i = 0;
    while (i < meta->arm_count && strcmp(meta->arms[i].name, name))
        i++;
    return i;
}

/* Whether a row of one run has any of this metric. */
static bool has_values(const Side *side, Metric metric) {
    bool any = metric_is_expected(&side->run->meta, metric, side->row);
    for (size_t i = 0; i < side->table->blocks * side->table->columns && !any; i++) {
        double value;
        any = metric_value(side->table->meta, side->table->slots[i], metric, &value);
    }
    return any;
}

static ShiftCell *add_cell(RunShift *shift, const Row *row, const Arm *arm, const char *refused) {
    ShiftCell *cell = &shift->cells[shift->cell_count++];
    *cell = (ShiftCell){.row = row->name, .arm = arm->name, .p = NAN, .shift = {NAN, NAN, NAN}};
    cell->first_ratio = cell->second_ratio = cell->first_value = cell->second_value = NAN;
    cell->refused = refused ? text_copy(refused) : NULL;
    return cell;
}

RunShift *run_shift_of_runs(const Run *first, const Run *second, Metric metric) {
    const RunMeta *mine = &first->meta, *theirs = &second->meta;
    RunShift *shift = zeroed(1, sizeof *shift);
    shift->metric = metric;
    shift->cells = zeroed(mine->row_count * mine->arm_count, sizeof *shift->cells);
    Comparison *first_rows = comparison_of_run(first, metric, mine->baseline),
               *second_rows = comparison_of_run(second, metric, theirs->baseline);
    BlockTable *first_tables = block_tables_for_metric(first, metric),
               *second_tables = block_tables_for_metric(second, metric);
    for (uint32_t row = 0; row < mine->row_count; row++) {
        char *refused;
        size_t other_row = find_row(first, &mine->rows[row], second, &refused);
        for (size_t arm = 0; arm < mine->arm_count; arm++) {
            Side one = {first, &first_tables[row], row, arm};
            if ((arm == mine->baseline && !metric_is_ratio_free(metric)) || !run_row_has_arm(mine, row, arm))
                continue;
            size_t other_arm = find_arm(theirs, mine->arms[arm].name);
            bool there = other_row < theirs->row_count && other_arm < theirs->arm_count &&
                         run_row_has_arm(theirs, (uint32_t)other_row, other_arm);
            if (!there) {
                /* What is missing is told: a gate must not open because a row was taken away. */
                if (has_values(&one, metric))
                    add_cell(shift, &mine->rows[row], &mine->arms[arm],
                             other_row == theirs->row_count ? "the second run has no row of this name"
                                                            : "the second run did not measure this arm");
                continue;
            }
            Side other = {second, &second_tables[other_row], (uint32_t)other_row, other_arm};
            if (!refused && !has_values(&one, metric) && !has_values(&other, metric))
                continue;
            ShiftCell *cell = add_cell(shift, &mine->rows[row], &mine->arms[arm], refused);
            cell->unstable = first_rows->rows[row].unstable || second_rows->rows[other_row].unstable;
            cell->failing = comparison_cell_is_failing(&first_rows->rows[row].cells[arm]) ||
                            comparison_cell_is_failing(&second_rows->rows[other_row].cells[other_arm]);
            if (!refused)
                measure_cell(cell, metric, &one, &other);
            shift->compared += cell->refused == NULL;
        }
        free(refused);
    }
    judge(shift, mine->threshold);
    comparison_free(first_rows);
    comparison_free(second_rows);
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
