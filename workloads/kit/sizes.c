/* sizes.c - fills size tables. */
#include "sizes.h"

#include <math.h>

#include "mapping.h"
#include "random.h"

const char *const sizes_names[SIZES_DISTRIBUTIONS + 1] = {"uniform", "logarithmic", NULL};

const Sizes *sizes_create(SizeDistribution distribution, uint32_t minimum, uint32_t maximum, uint64_t seed) {
    Sizes *sizes = mapping_create(1, sizeof *sizes);
    Random random = random_seeded(seed, UINT64_MAX);
    /* Stratified: entry i draws from the i-th part of the distribution, so that the mean hardly depends on the seed. */
    for (uint32_t i = 0; i < SIZES_ENTRIES; i++) {
        double part = (i + (double)random_high(random_next(&random)) / 4294967296.0) / SIZES_ENTRIES;
        double size = distribution == SIZES_UNIFORM ? minimum + part * ((double)maximum - minimum + 1)
                                                    : minimum * pow(((double)maximum + 1) / minimum, part);
        sizes->entries[i] = size >= maximum ? maximum : size <= minimum ? minimum : (uint32_t)size;
    }
    for (uint32_t i = SIZES_ENTRIES - 1; i > 0; i--) {
        uint32_t other = random_below(&random, i + 1), entry = sizes->entries[i];
        sizes->entries[i] = sizes->entries[other];
        sizes->entries[other] = entry;
    }
    return sizes;
}

double sizes_mean(SizeDistribution distribution, uint64_t minimum, uint64_t maximum) {
    const double smallest = (double)minimum, largest = (double)maximum;
    return distribution == SIZES_UNIFORM || minimum >= maximum ? (smallest + largest) / 2
                                                               : (largest - smallest) / log(largest / smallest);
}
