/*
 * reduced.h - a run as the self-test keeps it in the repository: of each compared slot its time and peak, nothing else.
 * All counts of the self-test are made from these files by the same analysis that judges any run.
 *
 * One JSON object a file: {"runs":[{"name", "seed", "threshold", "slot_s", "observed_blocks", "discarded_blocks",
 * "arms": [names], "rows":[{"name", "operations"}], "disturbed":[[row, block], ...], "samples":[[row, block, place in
 * the block, column, status, elapsed_ns, peak_bytes], ...]}]}. Columns are arms, the last one is the control. A peak
 * below zero is a lower bound.
 */
#ifndef ALLOCBENCH_SELFTEST_REDUCED_H
#define ALLOCBENCH_SELFTEST_REDUCED_H

#include <jansson.h>

#include "store/run_store.h"

typedef struct ReducedRun {
    Run run;                  /* freed with its run */
    double slot_s;            /* wall time of the run divided by its slots; 0 where it was interrupted */
    uint32_t observed_blocks; /* that the run made before the compared ones */
    uint32_t discarded_blocks;
} ReducedRun;

typedef struct ReducedRuns {
    ReducedRun *items;
    size_t count;
} ReducedRuns;

/* New reference. `wall_s` is 0 where it is not known. */
json_t *reduced_from_run(const Run *run, const char *name, double wall_s);
/* One such object; false when it is none. In both cases the caller releases it. */
bool reduced_from_json(json_t *json, ReducedRun *reduced);
void reduced_release(ReducedRun *reduced);
/* False when the file is missing or no such file; one line says why on standard error. */
bool reduced_load(const char *path, ReducedRuns *runs);
void reduced_free(ReducedRuns *runs);

/* The run with its first `blocks` blocks only. Its samples still belong to `run`; free(view.samples) and nothing else.
 */
Run reduced_first_blocks(const Run *run, uint32_t blocks);

#endif
