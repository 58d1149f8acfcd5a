/*
 * clock.h - the one clock of the kit: CLOCK_MONOTONIC in nanoseconds, the same the harness reads.
 */
#ifndef ALLOCBENCH_KIT_CLOCK_H
#define ALLOCBENCH_KIT_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

#endif
