/*
 * unit_statistics_race.c - pictures of the heap taken while other threads use it: the numbers may be off, but nothing
 * wild is read and nothing wraps below zero. Blocks change hands, so that lists fill with others' objects, and hold
 * what looks like links.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <cmocka.h>

#include "minipool.h"

enum { SLOTS = 2048, WORKERS = 3, ROUNDS = 1500, LARGE_BLOCKS = 20 };

static _Atomic(void *) slots[SLOTS];
static _Atomic int running;

static void *work(void *argument) {
    uint64_t random = (uint64_t)(uintptr_t)argument * 7919 + 1;
    for (int round = 0; round < ROUNDS; round++) {
        void *large[LARGE_BLOCKS]; /* spans come and go */
        for (int i = 0; i < LARGE_BLOCKS; i++)
            large[i] = mp_malloc(100000);
        for (int i = 0; i < LARGE_BLOCKS; i++)
            mp_free(large[i]);
        for (int i = 0; i < 200; i++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            uint64_t *block = mp_malloc(64);
            block[0] = (uint64_t)(uintptr_t)block | UINT64_C(0xdead) << 48;
            mp_free(atomic_exchange(&slots[(random >> 33) % SLOTS], block));
        }
    }
    atomic_fetch_sub(&running, 1);
    return NULL;
}

static void pictures_of_a_busy_heap_are_plausible(void **state) {
    (void)state;
    pthread_t threads[WORKERS];
    atomic_store(&running, WORKERS);
    for (uintptr_t i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)i), 0);
    mp_stats stats;
    do {
        mp_stats_get(&stats);
        assert_true(stats.allocated_bytes <= stats.mapped_bytes);
        assert_true(stats.allocated_blocks <= stats.mapped_bytes);
    } while (atomic_load(&running) > 0);
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);

    mp_stats_get(&stats);
    size_t held = 0, before = stats.allocated_blocks;
    for (int i = 0; i < SLOTS; i++) {
        void *block = atomic_exchange(&slots[i], NULL);
        held += block != NULL;
        mp_free(block);
    }
    mp_stats_get(&stats);
    assert_int_equal(before - stats.allocated_blocks, held); /* quiet again: exact */
    mp_check();
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(pictures_of_a_busy_heap_are_plausible)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
