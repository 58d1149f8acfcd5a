/*
 * block_table.h - the samples of one row, sorted into its complete blocks.
 *
 * Only the highest complete attempt of a block counts: torn and redone blocks disappear here and nowhere else. A slot
 * that failed is still part of its block; metric_value() says whether it has a value.
 */
#ifndef ALLOCBENCH_ANALYSIS_BLOCK_TABLE_H
#define ALLOCBENCH_ANALYSIS_BLOCK_TABLE_H

#include "metric.h"

/* slots[block * columns + arm]; the last column is the control. The samples belong to the run, NULL for arms that are
 * not available. Blocks stand in ascending order of their index. */
typedef struct BlockTable {
    const RunMeta *meta;
    size_t blocks, columns;
    const Sample **slots;
    uint32_t *numbers; /* of each block, in the run */
} BlockTable;

/* One table a row of the run; both levels are released by block_tables_free(). */
BlockTable *block_tables_of_run(const Run *run, BlockKind kind);
/* The same with the blocks that the metric's values come from: metric_blocks() of each row. */
BlockTable *block_tables_for_metric(const Run *run, Metric metric);
void block_tables_free(BlockTable *tables, size_t row_count);

/* The table of a single row's compared blocks. */
BlockTable block_table_of_row(const Run *run, uint32_t row);
void block_table_release(BlockTable *table);

/* log(value of column / value of reference column) for each block in which both have one; returns how many. None at all
 * when one of these values is 0 or less, as a count may be: of the other blocks alone the ratio would be a flattered
 * one. */
size_t block_table_log_ratios(const BlockTable *table, Metric metric, size_t column, size_t reference, double *ratios);

/* The values of a column over its ok slots; returns how many. */
size_t block_table_values(const BlockTable *table, Metric metric, size_t column, double *values);

#endif
