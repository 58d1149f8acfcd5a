/*
 * unit_outbox.c - frees into spans of others that wait in a thread's outbox: together they cost few atomic operations,
 * they count as free at once, never more waits than the bound, and none is lost when the thread ends or flushes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <cmocka.h>

#include "minipool.h"
#include "thread_cache.h"

enum { MANY = 6400, SMALL = 64, TOO_LARGE = 2 * OUTBOX_OBJECT_BYTES };

static void *blocks[MANY];

static mp_stats picture(void) {
    mp_stats stats;
    mp_stats_get(&stats);
    return stats;
}

static void allocate(size_t size) {
    for (size_t i = 0; i < MANY; i++)
        assert_non_null(blocks[i] = mp_malloc(size));
}

static void in_a_thread(void *(*work)(void *), void *argument) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, work, argument), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static const Outbox *outbox(void) {
    return &thread_cache_current->outbox;
}

/* Frees all, and looks after each that no more waits than may. */
static void *free_in_order(void *size) {
    mp_free(mp_malloc(TOO_LARGE / 2 + 1)); /* a cache, but no list for what follows */
    for (size_t i = 0; i < MANY; i++) {
        mp_free(blocks[i]);
        assert_true(outbox()->bytes < OUTBOX_BYTES + *(const size_t *)size);
        assert_int_equal(outbox()->bytes, outbox()->blocks * *(const size_t *)size);
    }
    assert_true(outbox()->blocks != 0);
    mp_check();
    return NULL;
}

static void neighbours_go_together(void **state) {
    (void)state;
    size_t size = SMALL;
    allocate(size);
    mp_stats before = picture();
    in_a_thread(free_in_order, &size);
    mp_stats after = picture();
    assert_int_equal(before.allocated_blocks - after.allocated_blocks, MANY);
    assert_true(after.remote_frees - before.remote_frees >= MANY / 64);
    assert_true(after.remote_frees - before.remote_frees < MANY / 16);
    mp_check();
}

static void *free_large(void *unused) {
    void *own = mp_malloc(SMALL);
    for (size_t i = 0; i < MANY; i++)
        mp_free(blocks[i]);
    assert_int_equal(outbox()->blocks, 0);
    mp_free(own);
    return unused;
}

static void large_objects_go_at_once(void **state) {
    (void)state;
    allocate(TOO_LARGE);
    mp_stats before = picture();
    in_a_thread(free_large, NULL);
    mp_stats after = picture();
    assert_int_equal(after.remote_frees - before.remote_frees, MANY);
    assert_int_equal(before.allocated_blocks - after.allocated_blocks, MANY);
}

static void *free_one_by_one(void *unused) {
    void *own = mp_malloc(TOO_LARGE);
    for (size_t i = 0; i < 10; i++) {
        mp_stats before = picture();
        mp_free(blocks[i]);
        mp_stats after = picture();
        assert_int_equal(outbox()->blocks, i + 1);
        assert_int_equal(before.allocated_blocks - after.allocated_blocks, 1); /* it waits, and is free */
        assert_int_equal(before.allocated_bytes - after.allocated_bytes, SMALL);
    }
    mp_stats before = picture();
    thread_cache_flush();
    mp_stats after = picture();
    assert_int_equal(outbox()->blocks, 0);
    assert_int_equal(outbox()->bytes, 0);
    assert_true(after.remote_frees > before.remote_frees);
    assert_int_equal(after.allocated_blocks, before.allocated_blocks);
    mp_free(own);
    return unused;
}

static void what_waits_is_free(void **state) {
    (void)state;
    allocate(SMALL);
    in_a_thread(free_one_by_one, NULL);
    for (size_t i = 10; i < MANY; i++)
        mp_free(blocks[i]);
    mp_check();
}

/* A thread that never allocates begins without a cache and gets one. */
static void *only_free(void *unused) {
    assert_ptr_equal(thread_cache_current, &no_thread_cache);
    for (size_t i = 0; i < MANY; i++)
        mp_free(blocks[i]);
    assert_ptr_not_equal(thread_cache_current, &no_thread_cache);
    return unused;
}

static void a_thread_that_only_frees_has_one_too(void **state) {
    (void)state;
    allocate(SMALL);
    mp_stats before = picture();
    in_a_thread(only_free, NULL);
    mp_stats after = picture();
    assert_int_equal(before.allocated_blocks - after.allocated_blocks, MANY);
    assert_int_equal(after.thread_caches, before.thread_caches);
    assert_true(after.remote_frees - before.remote_frees < MANY / 16);
}

int main(void) {
    mp_free(mp_malloc(1)); /* the main thread has a cache */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_go_together),
        cmocka_unit_test(large_objects_go_at_once),
        cmocka_unit_test(what_waits_is_free),
        cmocka_unit_test(a_thread_that_only_frees_has_one_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
