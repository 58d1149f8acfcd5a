/*
 * lock.h - a mutex of one word: a short spin, then sleep in the kernel. A pure spinlock would stall every thread when
 * its holder is preempted. States: 0 free, 1 held, 2 held and somebody may sleep.
 */
#ifndef MINIPOOL_LOCK_H
#define MINIPOOL_LOCK_H

#include <stdatomic.h>
#include <stdint.h>

#include "config.h"
#include "counter.h"

typedef struct Lock {
    _Atomic uint32_t state;
    Counter acquired, contended; /* how often it was taken, and not at the first attempt */
} Lock;

typedef struct LockCounts {
    uint64_t acquired, contended;
} LockCounts;

cold void lock_wait(Lock *lock);
cold void lock_wake(Lock *lock);
uint64_t lock_sleeps(void); /* how often a thread went to sleep for any lock */

static inline void lock_acquire(Lock *lock) {
    uint32_t expected = 0;
    /* acquire: partner of the release in lock_release() */
    if (unlikely(!atomic_compare_exchange_strong_explicit(&lock->state, &expected, 1, memory_order_acquire,
                                                          memory_order_relaxed)))
        lock_wait(lock);
    counter_add(&lock->acquired, 1);
}

static inline void lock_release(Lock *lock) {
    if (unlikely(atomic_exchange_explicit(&lock->state, 0, memory_order_release) == 2))
        lock_wake(lock);
}

static inline void lock_add_counts(const Lock *lock, LockCounts *counts) {
    counts->acquired += counter_read(&lock->acquired);
    counts->contended += counter_read(&lock->contended);
}

/* In the child of fork(), where the holder may not exist any more. */
static inline void lock_reset(Lock *lock) {
    atomic_store_explicit(&lock->state, 0, memory_order_relaxed);
}

#endif
