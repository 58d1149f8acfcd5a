/*
 * random.h - a small seeded generator for each thread: a Weyl sequence whose value is multiplied with a scrambled copy
 * of itself to 128 bits and folded. One multiplication a number, about 1 ns, 8 bytes of state, no shared memory.
 *
 * One 64-bit draw is enough for two choices: its halves are independent, and random_scale() turns a half into a number
 * below a bound by multiply and shift. The bias of that is below bound / 2^32 and the same for every allocator.
 */
#ifndef ALLOCBENCH_KIT_RANDOM_H
#define ALLOCBENCH_KIT_RANDOM_H

#include <stdint.h>

typedef struct Random {
    uint64_t state;
} Random;

/* A bijection on 64-bit numbers in which every input bit moves every output bit. */
static inline uint64_t random_mix(uint64_t value) {
    value = (value ^ (value >> 32)) * UINT64_C(0xd6e8feb86659fd93);
    value = (value ^ (value >> 32)) * UINT64_C(0xd6e8feb86659fd93);
    return value ^ (value >> 32);
}

/* Streams of one seed are unrelated: thread i takes stream i. */
static inline Random random_seeded(uint64_t seed, uint64_t stream) {
    return (Random){random_mix(seed ^ random_mix(stream + UINT64_C(0x9e3779b97f4a7c15)))};
}

static inline uint64_t random_next(Random *random) {
    random->state += UINT64_C(0x9e3779b97f4a7c15);
    __extension__ typedef unsigned __int128 Wide;
    Wide product = (Wide)random->state * (random->state ^ UINT64_C(0xe7037ed1a0b428db));
    return (uint64_t)(product >> 64) ^ (uint64_t)product;
}

static inline uint32_t random_high(uint64_t draw) {
    return (uint32_t)(draw >> 32);
}
static inline uint32_t random_low(uint64_t draw) {
    return (uint32_t)draw;
}

/* Maps 32 random bits to [0, bound); bound 0 gives 0. */
static inline uint32_t random_scale(uint32_t bits, uint32_t bound) {
    return (uint32_t)(((uint64_t)bits * bound) >> 32);
}

/* A number in [0, bound) of its own draw. */
static inline uint32_t random_below(Random *random, uint32_t bound) {
    return random_scale(random_high(random_next(random)), bound);
}

#endif
