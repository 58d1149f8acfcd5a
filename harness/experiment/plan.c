/*
 * plan.c - see plan.h. Each use draws from its own stream, named by what it is for, so that adding a use or an arm does
 * not shift the others.
 */
#include "plan.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

enum { STREAM_ORDER = 1, STREAM_SEED, STREAM_PADDING, PADDING_LIMIT = 4096 };

/* splitmix64's finisher (Steele, Lea, Flood 2014): every bit of the input moves every bit of the output. */
static uint64_t mix(uint64_t state, uint64_t word) {
    uint64_t z = (state ^ word) + UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t draw(const RunMeta *meta, uint64_t stream, uint32_t row, uint32_t block, uint32_t attempt) {
    return mix(mix(mix(mix(meta->seed, stream), row), block), attempt);
}

size_t plan_block(const RunMeta *meta, uint32_t row, uint32_t block, uint32_t attempt, PlannedSlot *slots) {
    size_t count = 0;
    for (uint32_t arm = 0; arm < meta->arm_count; arm++) {
        if (meta->arms[arm].available)
            slots[count++] = (PlannedSlot){.arm = arm};
    }
    slots[count++] = (PlannedSlot){.arm = meta->baseline, .control = true};
    gsl_rng *generator = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(generator, (unsigned long)draw(meta, STREAM_ORDER, row, block, attempt));
    gsl_ran_shuffle(generator, slots, count, sizeof *slots);
    gsl_rng_free(generator);
    return count;
}

uint64_t plan_workload_seed(const RunMeta *meta, uint32_t row, uint32_t block) {
    /* 62 bits: every reader of the command line and of JSON can hold it, and it is never 0. */
    return (draw(meta, STREAM_SEED, row, block, 0) >> 2) | 1;
}

uint32_t plan_padding(const RunMeta *meta, uint32_t row, uint32_t block, uint32_t attempt, uint32_t position) {
    return (uint32_t)(mix(draw(meta, STREAM_PADDING, row, block, attempt), position) % PADDING_LIMIT);
}
