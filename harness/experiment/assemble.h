/*
 * assemble.h - from a suite, the user's choices and what this machine has to the plan of a run: arms and rows. Nothing
 * is measured; fixed work is still open where it has to be fitted (rows with scaled and no operations).
 */
#ifndef ALLOCBENCH_EXPERIMENT_ASSEMBLE_H
#define ALLOCBENCH_EXPERIMENT_ASSEMBLE_H

#include "catalogue.h"
#include "own_program.h"
#include "suite.h"

/* What the command line says in place of the suite. Unset: NULL, 0, or negative for numbers that may be 0. */
typedef struct Choices {
    const char *allocators; /* comma-separated specifications; "\," stands for a comma in one */
    const char *workloads;
    const OwnProgram *own; /* the run's only row; NULL: rows are the suite's */
    const char *baseline;
    const char *work_from; /* folder or archive of a run whose operation counts are used */
    uint32_t *threads;
    size_t thread_count;
    Sweeps sweeps; /* they apply to the rows whose workload has such a parameter, and one must */
    uint64_t blocks, slot_ms, timeout_s, memory_cap_bytes;
    uint64_t seed;
    bool seed_given;
    double precision, threshold; /* < 0: unset */
    int pin;                     /* < 0: unset */
    int mode;                    /* RunMode; < 0: unset */
    int64_t memory_blocks;       /* < 0: unset */
    unsigned thp;                /* as in Suite; 0: unset */
    int counters;                /* SUITE_COUNT_...; < 0: unset */
} Choices;

/* Fills *meta but for id, created, command and host. False: *error says what is wrong and the cure. */
bool assemble_run(const Suite *suite, const Choices *choices, const Catalogue *catalogue, RunMeta *meta,
                  StoreError *error);

/* min(4 GiB, half of MemAvailable). */
uint64_t assemble_default_memory_cap(void);

#endif
