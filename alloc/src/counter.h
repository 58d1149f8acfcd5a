/*
 * counter.h - events counted on slow paths. A counter has one writer at a time, its thread or whoever holds its lock,
 * so counting needs no atomic read-modify-write. Anyone may read it at any time.
 */
#ifndef MINIPOOL_COUNTER_H
#define MINIPOOL_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

typedef _Atomic uint64_t Counter;

static inline uint64_t counter_read(const Counter *counter) {
    return atomic_load_explicit((Counter *)counter, memory_order_relaxed);
}

static inline void counter_add(Counter *counter, uint64_t events) {
    atomic_store_explicit(counter, counter_read(counter) + events, memory_order_relaxed);
}

#endif
