/*
 * comparison.c - one table: every row, every arm against the reference, judged together.
 *
 * Three passes. Cells are measured one by one (ratio, interval, p); then the table is judged as a whole, since
 * Benjamini-Hochberg needs all p at once; then the rows are summed up as geometric means.
 */
#include "comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"
#include "bootstrap.h"
#include "latency.h"
#include "memory.h"
#include "signed_rank.h"

static const double FALSE_DISCOVERY_RATE = 0.05;

static Interval ratio_interval(Estimate logs) {
    return (Interval){exp(logs.estimate), exp(logs.low), exp(logs.high)};
}

static bool excludes_one(Interval ratio) {
    return ratio.low > 1 || ratio.high < 1; /* false for NAN */
}

/* Counts what failed in this column: how many, which status most often, and what the first of those said. */
static void measure_failures(Cell *cell, const BlockTable *table, size_t column) {
    size_t counts[SAMPLE_STATUS_COUNT] = {0};
    for (size_t block = 0; block < table->blocks; block++) {
        const Sample *sample = table->slots[block * table->columns + column];
        if (!sample || sample->status == SAMPLE_OK || sample->status >= SAMPLE_STATUS_COUNT)
            continue;
        cell->failed++;
        if (++counts[sample->status] > counts[cell->worst_status] || cell->worst_status == SAMPLE_OK)
            cell->worst_status = sample->status;
    }
    for (size_t block = 0; block < table->blocks && cell->failed && !cell->message; block++) {
        const Sample *sample = table->slots[block * table->columns + column];
        if (sample && sample->status == cell->worst_status && sample->message)
            cell->message = sample->message;
    }
}

/* What the first slot without a value says about it. */
static const char *missing_reason(const BlockTable *table, Metric metric, size_t column) {
    const char *reason = NULL;
    for (size_t block = 0; block < table->blocks && !reason; block++) {
        const Sample *sample = table->slots[block * table->columns + column];
        reason = sample && sample->status == SAMPLE_OK ? metric_missing_reason(sample, metric) : NULL;
    }
    return reason;
}

static double spread_of(const double *values, size_t n) {
    double smallest = INFINITY, largest = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        smallest = fmin(smallest, values[i]);
        largest = fmax(largest, values[i]);
    }
    return n > 1 && smallest > 0 ? largest / smallest - 1 : NAN;
}

double comparison_counter_error(const BlockTable *table, Metric metric, size_t reference) {
    if (!metric_reads_rss(metric))
        return 0;
    if (metric_info(metric)->unit == UNIT_BYTES)
        return RSS_COUNTER_ERROR_BYTES;
    double *live = zeroed(table->blocks, sizeof *live);
    size_t count = 0;
    for (size_t block = 0; block < table->blocks; block++) {
        MemoryUse use;
        const Sample *sample = table->slots[block * table->columns + reference];
        if (sample && sample->status == SAMPLE_OK && memory_use(table->meta, sample, &use))
            live[count++] = use.live;
    }
    double median = median_of(live, count);
    free(live);
    return count ? RSS_COUNTER_ERROR_BYTES / median : 0;
}

bool comparison_has_lower_bound(const BlockTable *table, Metric metric, size_t column) {
    for (size_t block = 0; metric == METRIC_PEAK_RSS && block < table->blocks; block++) {
        const Sample *sample = table->slots[block * table->columns + column];
        if (sample && sample->status == SAMPLE_OK && !sample->peak_is_exact)
            return true;
    }
    return false;
}

static Cell measure_cell(const Run *run, const BlockTable *table, Metric metric, size_t column, size_t reference) {
    Cell cell = {.arm = (uint32_t)column, .ratio = {NAN, NAN, NAN}, .p = NAN, .half_width = NAN, .spread = NAN};
    if (column == run->meta.arm_count) {
        cell.control = true;
        cell.arm = run->meta.baseline;
    }
    double *values = zeroed(table->blocks, sizeof *values);
    measure_failures(&cell, table, column);
    cell.lower_bound = comparison_has_lower_bound(table, metric, column);
    cell.ok = block_table_values(table, metric, column, values);
    cell.spread = spread_of(values, cell.ok);
    if (cell.ok == 0 && cell.failed == 0)
        cell.message = missing_reason(table, metric, column);
    Estimate median = median_with_interval(values, cell.ok);
    cell.median = median.estimate;
    cell.median_low = median.low;
    cell.median_high = median.high;

    cell.pairs = metric_is_ratio_free(metric) ? 0 : block_table_log_ratios(table, metric, column, reference, values);
    Estimate logs = signed_rank_estimate(values, cell.pairs);
    cell.ratio = ratio_interval(logs);
    if (cell.pairs >= SMALLEST_INTERVAL) {
        cell.p = signed_rank_p(values, cell.pairs);
        cell.half_width = expm1((logs.high - logs.low) / 2);
        cell.imprecise = run->meta.precision > 0 && cell.half_width > run->meta.precision;
    }
    free(values);
    return cell;
}

/* What a latency metric's method reads around nothing; all slots of the row together. */
static double timer_floor(const BlockTable *table, Metric metric) {
    SlotMethod method;
    double ns = NAN;
    if (!latency_metric_method(metric, &method))
        return ns;
    Latency empty = latency_of_row(table, SLOT_CALL_EMPTY, method);
    (void)latency_percentile(&empty, 0.5, &ns);
    latency_release(&empty);
    return ns;
}

/* How many of the table's blocks are marked. */
static size_t disturbed_blocks(const Run *run, const BlockTable *table, uint32_t row) {
    size_t count = 0;
    for (size_t i = 0; i < run->disturbed_blocks; i++) {
        const BlockAttempt *mark = &run->disturbed[i];
        bool counts = false;
        for (size_t block = 0; block < table->blocks && !counts && mark->row == row; block++)
            counts = table->numbers[block] == mark->block;
        count += counts;
    }
    return count;
}

static ComparisonRow measure_row(const Run *run, const BlockTable *table, Metric metric, uint32_t index,
                                 uint32_t reference) {
    const RunMeta *meta = &run->meta;
    ComparisonRow row = {.row = index, .cell_count = meta->arm_count + 1, .blocks = table->blocks, .noise_floor = NAN};
    row.cells = zeroed(row.cell_count, sizeof *row.cells);
    for (size_t arm = 0; arm < meta->arm_count; arm++)
        row.cells[arm] = measure_cell(run, table, metric, arm, reference);
    Cell *control = &row.cells[meta->arm_count];
    *control = measure_cell(run, table, metric, meta->arm_count, meta->baseline);
    if (!isnan(control->ratio.low))
        row.noise_floor = fmax(fabs(control->ratio.low - 1), fabs(control->ratio.high - 1));
    row.applies = metric_is_expected(meta, metric, index);
    for (size_t i = 0; i < row.cell_count; i++)
        row.applies = row.applies || row.cells[i].ok > 0 || (row.cells[i].message && row.cells[i].failed == 0);
    if (metric_blocks(meta, metric, index) == BLOCKS_COMPARED) {
        row.disturbed = disturbed_blocks(run, table, index);
        row.disturbed_too_often = (double)row.disturbed > DISTURBED_TOO_OFTEN * (double)table->blocks;
    }
    row.counter_error = comparison_counter_error(table, metric, reference);
    row.timer_floor_ns = timer_floor(table, metric);
    double *values = zeroed(table->blocks, sizeof *values);
    row.drift = drift_of(values, block_table_values(table, metric, reference, values));
    free(values);
    return row;
}

/* Whether a ratio of which one side may be larger than measured still proves its direction. */
static bool proven_despite_bounds(const Cell *cell, const Cell *reference) {
    return cell->ratio.estimate > 1 ? !reference->lower_bound : !cell->lower_bound;
}

/* The medians differ, but by no more than two readings of equal processes may. */
static bool within_counter_error(const ComparisonRow *row, const Cell *cell, const Cell *reference) {
    return fabs(cell->median - reference->median) <= row->counter_error;
}

static Verdict verdict_without_ratio(const Run *run, uint32_t row, const Cell *cell) {
    if (!run_row_has_arm(&run->meta, row, cell->arm))
        return VERDICT_SKIPPED;
    if (cell->ok == 0)
        return VERDICT_FAILED;
    return cell->ok < 2 ? VERDICT_TOO_FEW : cell->spread > 0 ? VERDICT_VARIES : VERDICT_EXACT;
}

static void judge_cell(const Run *run, const ComparisonRow *row, Cell *cell, uint32_t reference, Metric metric,
                       bool passes) {
    double size = fabs(cell->ratio.estimate - 1);
    cell->verdict = VERDICT_NO_DIFFERENCE;
    if (metric_is_ratio_free(metric)) {
        cell->verdict = verdict_without_ratio(run, row->row, cell);
    } else if (!run_row_has_arm(&run->meta, row->row, cell->arm)) {
        cell->verdict = VERDICT_SKIPPED;
    } else if (cell->arm == reference && !cell->control && cell->ok > 0) {
        cell->verdict = VERDICT_REFERENCE;
    } else if (row->blocks > 0 && cell->pairs == 0) {
        cell->verdict = VERDICT_FAILED;
    } else if (row->unstable) {
        cell->verdict = VERDICT_UNSTABLE;
    } else if (cell->control ? cell->pairs < SMALLEST_INTERVAL
                             : cell->pairs < SMALLEST_VERDICT || isnan(row->noise_floor)) {
        cell->verdict = VERDICT_TOO_FEW;
    } else if (cell->control) {
        cell->verdict = VERDICT_NO_DIFFERENCE;
    } else if (!passes) {
        cell->gate = excludes_one(cell->ratio) ? GATE_MULTIPLICITY : GATE_NONE;
    } else if (size <= run->meta.threshold) {
        cell->gate = GATE_THRESHOLD;
    } else if (size <= row->noise_floor) {
        cell->gate = GATE_NOISE_FLOOR;
    } else if (row->counter_error > 0 && within_counter_error(row, cell, &row->cells[reference])) {
        cell->gate = GATE_COUNTER_ERROR;
    } else if (metric == METRIC_MEMORY_LIMIT && size <= 1.0 / MEMORY_LIMIT_RESOLUTION) {
        cell->gate = GATE_RESOLUTION;
    } else if (!proven_despite_bounds(cell, &row->cells[reference])) {
        cell->gate = GATE_LOWER_BOUND;
    } else {
        bool larger = cell->ratio.estimate > 1;
        cell->verdict = larger == metric_info(metric)->larger_is_better ? VERDICT_BETTER : VERDICT_WORSE;
    }
}

/* The rows whose baseline differs from itself by more than what is worth a verdict; less is covered by the noise floor,
 * and a very quiet row would be thrown away for a few kilobytes. Of many rows' A/A intervals some exclude 1 by chance,
 * one in twenty; judged together they do so in one table of twenty. */
static void find_unstable(const Run *run, Comparison *comparison) {
    size_t rows = comparison->row_count;
    double *p = zeroed(rows, sizeof *p);
    bool *passes = zeroed(rows, sizeof *passes);
    for (size_t r = 0; r < rows; r++) {
        const Cell *control = &comparison->rows[r].cells[run->meta.arm_count];
        p[r] = isnan(control->ratio.low) ? NAN : control->p;
    }
    benjamini_hochberg(p, rows, FALSE_DISCOVERY_RATE, passes);
    for (size_t r = 0; r < rows; r++) {
        Interval ratio = comparison->rows[r].cells[run->meta.arm_count].ratio;
        const ComparisonRow *row = &comparison->rows[r];
        bool matters = fabs(ratio.estimate - 1) > run->meta.threshold &&
                       !(row->counter_error > 0 &&
                         within_counter_error(row, &row->cells[run->meta.arm_count], &row->cells[run->meta.baseline]));
        comparison->rows[r].unstable =
            comparison->rows[r].disturbed_too_often || (passes[r] && excludes_one(ratio) && matters);
    }
    free(p);
    free(passes);
}

/* The family of tests: every cell that could get a verdict. Neither the A/A cells nor those with too few pairs. */
static void judge_table(const Run *run, Comparison *comparison) {
    size_t arms = run->meta.arm_count, cells = comparison->row_count * arms;
    double *p = zeroed(cells, sizeof *p);
    bool *passes = zeroed(cells, sizeof *passes);
    for (size_t i = 0; i < cells; i++) {
        const ComparisonRow *row = &comparison->rows[i / arms];
        const Cell *cell = &row->cells[i % arms];
        bool testable = cell->arm != comparison->reference && cell->pairs >= SMALLEST_VERDICT && !row->unstable;
        p[i] = testable ? cell->p : NAN;
    }
    benjamini_hochberg(p, cells, FALSE_DISCOVERY_RATE, passes);
    for (size_t r = 0; r < comparison->row_count; r++) {
        ComparisonRow *row = &comparison->rows[r];
        for (size_t c = 0; c < row->cell_count; c++)
            judge_cell(run, row, &row->cells[c], comparison->reference, comparison->metric,
                       c < arms && passes[r * arms + c]);
    }
    free(p);
    free(passes);
}

static void summarise_arm(const Run *run, Comparison *comparison, const BlockTable *tables, size_t arm) {
    LogRatios *rows = zeroed(comparison->row_count, sizeof *rows);
    for (size_t r = 0; r < comparison->row_count; r++) {
        double *values = zeroed(tables[r].blocks, sizeof *values);
        if (!metric_is_ratio_free(comparison->metric))
            rows[r].count = block_table_log_ratios(&tables[r], comparison->metric, arm, comparison->reference, values);
        rows[r].values = values;
        comparison->geometric_mean_rows[arm] += rows[r].count > 0;
    }
    /* The reference against itself is exactly 1 and needs no draws. */
    if (arm == comparison->reference && comparison->geometric_mean_rows[arm])
        comparison->geometric_mean[arm] = (Interval){1, 1, 1};
    else
        comparison->geometric_mean[arm] =
            ratio_interval(bootstrap_mean_over_rows(rows, comparison->row_count, run->meta.seed + arm));
    for (size_t r = 0; r < comparison->row_count; r++)
        free((void *)rows[r].values);
    free(rows);
}

Comparison *comparison_of_run(const Run *run, Metric metric, uint32_t reference) {
    const RunMeta *meta = &run->meta;
    Comparison *comparison = zeroed(1, sizeof *comparison);
    comparison->metric = metric;
    comparison->reference = reference;
    comparison->row_count = meta->row_count;
    comparison->rows = zeroed(meta->row_count, sizeof *comparison->rows);
    comparison->geometric_mean = zeroed(meta->arm_count, sizeof *comparison->geometric_mean);
    comparison->geometric_mean_rows = zeroed(meta->arm_count, sizeof *comparison->geometric_mean_rows);

    BlockTable *tables = block_tables_for_metric(run, metric);
    for (uint32_t row = 0; row < meta->row_count; row++)
        comparison->rows[row] = measure_row(run, &tables[row], metric, row, reference);
    find_unstable(run, comparison);
    judge_table(run, comparison);
    for (size_t arm = 0; arm < meta->arm_count; arm++)
        summarise_arm(run, comparison, tables, arm);
    block_tables_free(tables, meta->row_count);
    return comparison;
}

void comparison_free(Comparison *comparison) {
    if (!comparison)
        return;
    for (size_t row = 0; row < comparison->row_count; row++)
        free(comparison->rows[row].cells);
    free(comparison->rows);
    free(comparison->geometric_mean);
    free(comparison->geometric_mean_rows);
    free(comparison);
}

double comparison_half_width(const Run *run, uint32_t row) {
    BlockTable table = block_table_of_row(run, row);
    double widest = table.blocks < SMALLEST_INTERVAL ? INFINITY : 0;
    for (size_t column = 0; column < table.columns && isfinite(widest); column++) {
        if (column < run->meta.arm_count && (column == run->meta.baseline || !run_row_has_arm(&run->meta, row, column)))
            continue;
        Cell cell = measure_cell(run, &table, metric_of_row(&run->meta, row), column, run->meta.baseline);
        if (!isnan(cell.half_width))
            widest = fmax(widest, cell.half_width);
    }
    block_table_release(&table);
    return widest;
}

const Cell *comparison_cell(const ComparisonRow *row, uint32_t arm, bool control) {
    for (size_t i = 0; i < row->cell_count; i++)
        if (row->cells[i].arm == arm && row->cells[i].control == control)
            return &row->cells[i];
    return NULL;
}

bool comparison_cell_is_failing(const Cell *cell) {
    return 5 * cell->failed > cell->failed + cell->ok;
}

const char *verdict_name(Verdict verdict, Metric metric) {
    switch (verdict) {
    case VERDICT_NO_DIFFERENCE:
        return "~";
    case VERDICT_BETTER:
        return metric_info(metric)->better;
    case VERDICT_WORSE:
        return metric_info(metric)->worse;
    case VERDICT_TOO_FEW:
        return "n too small";
    case VERDICT_UNSTABLE:
        return "unstable";
    case VERDICT_FAILED:
        return "failed";
    case VERDICT_SKIPPED:
        return "skipped";
    case VERDICT_REFERENCE:
        return "reference";
    case VERDICT_EXACT:
        return "exact";
    case VERDICT_VARIES:
        return "varies";
    }
    return "";
}

const char *gate_name(Gate gate) {
    switch (gate) {
    case GATE_NONE:
        return "";
    case GATE_MULTIPLICITY:
        return "many tests";
    case GATE_THRESHOLD:
        return "threshold";
    case GATE_NOISE_FLOOR:
        return "noise floor";
    case GATE_RESOLUTION:
        return "resolution";
    case GATE_COUNTER_ERROR:
        return "counter error";
    case GATE_LOWER_BOUND:
        return "lower bound";
    }
    return "";
}
