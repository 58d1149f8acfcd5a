/*
 * sizes.h - block sizes drawn beforehand: a table in kit memory, so that any distribution costs one load a draw.
 *
 * The table is filled from its own stream of the seed; all threads share it read-only.
 */
#ifndef ALLOCBENCH_KIT_SIZES_H
#define ALLOCBENCH_KIT_SIZES_H

#include <stdint.h>

enum { SIZES_ENTRIES = 4096 }; /* 16 KiB: stays in the first-level cache; a power of two */

typedef enum SizeDistribution {
    SIZES_UNIFORM,     /* every size from minimum to maximum equally often */
    SIZES_LOGARITHMIC, /* every power of two equally often: many small, few large */
    SIZES_DISTRIBUTIONS
} SizeDistribution;

/* Names in the order of SizeDistribution, for a CHOICE parameter. */
extern const char *const sizes_names[SIZES_DISTRIBUTIONS + 1];

typedef struct Sizes {
    uint32_t entries[SIZES_ENTRIES];
} Sizes;

/* 0 < minimum <= maximum < 2^32. Equal bounds give one fixed size. */
const Sizes *sizes_create(SizeDistribution distribution, uint32_t minimum, uint32_t maximum, uint64_t seed);

/* The mean of such sizes, about. */
double sizes_mean(SizeDistribution distribution, uint64_t minimum, uint64_t maximum);

/* `bits` is a random number. */
static inline uint32_t sizes_pick(const Sizes *sizes, uint32_t bits) {
    return sizes->entries[bits % SIZES_ENTRIES];
}

#endif
