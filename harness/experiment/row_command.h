/*
 * row_command.h - a row of the plan as something that can be executed.
 */
#ifndef ALLOCBENCH_EXPERIMENT_ROW_COMMAND_H
#define ALLOCBENCH_EXPERIMENT_ROW_COMMAND_H

#include "../store/run_store.h"
#include "../store/text.h"
#include "catalogue.h"

typedef struct RowWork {
    uint64_t operations;  /* fixed work; 0: the workload's own */
    uint64_t duration_ns; /* run for a time instead; 0: no */
    uint64_t seed;
    bool pin;
} RowWork;

/* argv of a workload row. The list is the caller's. */
TextList row_command(const Row *row, const CatalogueEntry *entry, const RowWork *work);

/* The same command with this many operations in place of what it says. */
TextList command_with_operations(char *const *argv, uint64_t operations);

#endif
