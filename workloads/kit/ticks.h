/*
 * ticks.h - the processor's own counter, for intervals too short for a system call's clock. What a tick is worth is
 * measured by its user; ticks of different processors are comparable on the machines this runs on (invariant TSC).
 *
 * ticks_now() costs least and may overlap with its neighbours by some instructions. ticks_fenced() waits until
 * everything before it is done and lets nothing after it begin, and says on which processor it was read: the number
 * is only good for comparing.
 */
#ifndef ALLOCBENCH_KIT_TICKS_H
#define ALLOCBENCH_KIT_TICKS_H

#include <stdint.h>

#if defined(__x86_64__)
#include <x86intrin.h>

static inline uint64_t ticks_now(void) {
    return __rdtsc();
}

/* rdtscp waits for what precedes it, lfence holds back what follows. */
static inline uint64_t ticks_fenced(uint32_t *cpu) {
    unsigned auxiliary;
    uint64_t ticks = __rdtscp(&auxiliary);
    _mm_lfence();
    *cpu = auxiliary;
    return ticks;
}

#elif defined(__aarch64__)
#include <sched.h>

static inline uint64_t ticks_now(void) {
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}

static inline uint64_t ticks_fenced(uint32_t *cpu) {
    uint64_t ticks;
    *cpu = (uint32_t)sched_getcpu();
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0\n\tisb" : "=r"(ticks)::"memory");
    return ticks;
}

#else
#include <sched.h>

#include "clock.h"

static inline uint64_t ticks_now(void) {
    return clock_now_ns();
}

static inline uint64_t ticks_fenced(uint32_t *cpu) {
    *cpu = (uint32_t)sched_getcpu();
    return clock_now_ns();
}
#endif

#endif
