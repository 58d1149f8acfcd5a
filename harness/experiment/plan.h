/*
 * plan.h - which slots a block holds and in which order: a pure function of the run's seed, so that a resumed run goes
 * on exactly as it would have.
 */
#ifndef ALLOCBENCH_EXPERIMENT_PLAN_H
#define ALLOCBENCH_EXPERIMENT_PLAN_H

#include "../store/sample.h"

typedef struct PlannedSlot {
    uint32_t arm;
    bool control; /* the baseline's second slot */
} PlannedSlot;

/* Every available arm once and the baseline a second time, shuffled. `slots` has room for arm_count + 1. Returns how
 * many there are. Another attempt at the same block is shuffled anew. */
size_t plan_block(const RunMeta *meta, uint32_t row, uint32_t block, uint32_t attempt, PlannedSlot *slots);

/* The workload's seed: differs by row and block, equal for all arms and attempts of a block. */
uint64_t plan_workload_seed(const RunMeta *meta, uint32_t row, uint32_t block);

/* Bytes of padding for one slot's environment, 0 to 4095: moves the stack and what depends on its address. */
uint32_t plan_padding(const RunMeta *meta, uint32_t row, uint32_t block, uint32_t attempt, uint32_t position);

#endif
