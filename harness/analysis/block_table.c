/*
 * block_table.c - samples in the order of a file become blocks in the order of a plan.
 */
#include "block_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"

/* Sorted so that a block's newest attempt comes first. The place in the file breaks ties: of two samples for one slot
 * the later counts. */
static int compare_samples(const void *left, const void *right) {
    const Sample *a = *(const Sample *const *)left, *b = *(const Sample *const *)right;
    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    if (a->block != b->block)
        return a->block < b->block ? -1 : 1;
    if (a->attempt != b->attempt)
        return a->attempt > b->attempt ? -1 : 1;
    return a < b ? -1 : a > b;
}

/* Copies one attempt's samples into `slots`; true when every arm that the row has and the control are there. */
static bool place_attempt(const Run *run, const Sample **samples, size_t count, const Sample **slots) {
    size_t arms = run->meta.arm_count;
    memset(slots, 0, (arms + 1) * sizeof *slots);
    for (size_t i = 0; i < count; i++) {
        const Sample *sample = samples[i];
        if (sample->arm < arms && run_row_has_arm(&run->meta, sample->row, sample->arm))
            slots[sample->control ? arms : sample->arm] = sample;
    }
    for (size_t arm = 0; arm < arms; arm++)
        if (run_row_has_arm(&run->meta, samples[0]->row, arm) && !slots[arm])
            return false;
    return slots[arms] != NULL;
}

/* `samples` are those of one row, sorted. */
static BlockTable table_of_sorted(const Run *run, const Sample **samples, size_t count, BlockKind kind) {
    BlockTable table = {.meta = &run->meta, .columns = run->meta.arm_count + 1};
    size_t attempts = 0;
    for (size_t i = 0; i < count; i++)
        attempts +=
            i == 0 || samples[i]->block != samples[i - 1]->block || samples[i]->attempt != samples[i - 1]->attempt;
    table.slots = zeroed((attempts + 1) * table.columns, sizeof *table.slots);
    table.numbers = zeroed(attempts, sizeof *table.numbers);

    bool taken = false; /* the current block already has a complete attempt */
    for (size_t first = 0; first < count;) {
        size_t end = first + 1;
        while (end < count && samples[end]->block == samples[first]->block &&
               samples[end]->attempt == samples[first]->attempt)
            end++;
        if (first > 0 && samples[first]->block != samples[first - 1]->block)
            taken = false;
        bool wanted = run_block_kind(&run->meta, samples[first]->block) == kind;
        if (wanted && !taken &&
            place_attempt(run, samples + first, end - first, table.slots + table.blocks * table.columns)) {
            table.numbers[table.blocks++] = samples[first]->block;
            taken = true;
        }
        first = end;
    }
    return table;
}

/* Sorted pointers to the samples of `row`, or of all rows. */
static const Sample **sorted_samples(const Run *run, bool all_rows, uint32_t row, size_t *count) {
    const Sample **samples = zeroed(run->sample_count, sizeof *samples);
    *count = 0;
    for (size_t i = 0; i < run->sample_count; i++)
        if (run->samples[i].row < run->meta.row_count && (all_rows || run->samples[i].row == row))
            samples[(*count)++] = &run->samples[i];
    if (*count > 1)
        qsort(samples, *count, sizeof *samples, compare_samples);
    return samples;
}

/* `metric` is METRIC_COUNT where every row gives blocks of `kind`. */
static BlockTable *tables_of_run(const Run *run, BlockKind kind, Metric metric) {
    size_t count, first = 0;
    const Sample **samples = sorted_samples(run, true, 0, &count);
    BlockTable *tables = zeroed(run->meta.row_count, sizeof *tables);
    for (uint32_t row = 0; row < run->meta.row_count; row++) {
        size_t end = first;
        while (end < count && samples[end]->row == row)
            end++;
        BlockKind wanted = metric == METRIC_COUNT ? kind : metric_blocks(&run->meta, metric, row);
        tables[row] = table_of_sorted(run, samples + first, end - first, wanted);
        first = end;
    }
    free(samples);
    return tables;
}

BlockTable *block_tables_of_run(const Run *run, BlockKind kind) {
    return tables_of_run(run, kind, METRIC_COUNT);
}

BlockTable *block_tables_for_metric(const Run *run, Metric metric) {
    return tables_of_run(run, BLOCKS_COMPARED, metric);
}

BlockTable block_table_of_row(const Run *run, uint32_t row) {
    size_t count;
    const Sample **samples = sorted_samples(run, false, row, &count);
    BlockTable table = table_of_sorted(run, samples, count, BLOCKS_COMPARED);
    free(samples);
    return table;
}

void block_table_release(BlockTable *table) {
    free(table->slots);
    free(table->numbers);
    table->slots = NULL;
    table->numbers = NULL;
}

void block_tables_free(BlockTable *tables, size_t row_count) {
    for (size_t row = 0; tables && row < row_count; row++)
        block_table_release(&tables[row]);
    free(tables);
}

size_t block_table_log_ratios(const BlockTable *table, Metric metric, size_t column, size_t reference, double *ratios) {
    size_t count = 0;
    for (size_t block = 0; block < table->blocks; block++) {
        double value, base;
        const Sample **slots = table->slots + block * table->columns;
        if (!metric_value(table->meta, slots[column], metric, &value) ||
            !metric_value(table->meta, slots[reference], metric, &base))
            continue;
        if (value <= 0 || base <= 0)
            return 0;
        ratios[count++] = log(value) - log(base); /* equal values give exactly 0 */
    }
    return count;
}

size_t block_table_values(const BlockTable *table, Metric metric, size_t column, double *values) {
    size_t count = 0;
    for (size_t block = 0; block < table->blocks; block++)
        count += metric_value(table->meta, table->slots[block * table->columns + column], metric, &values[count]);
    return count;
}
