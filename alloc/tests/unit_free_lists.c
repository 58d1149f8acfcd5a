/*
 * unit_free_lists.c - a thread's free lists: when they open, how long they get, what they keep and when they give it
 * up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <cmocka.h>

#include "minipool.h"
#include "thread_cache.h"

enum { MANY = 6000, SMALL = 64, ROUNDS = 12 };

static void *blocks[MANY];

static const FreeList *list_for(size_t size) {
    return thread_cache_list_at(thread_cache_current, free_list_offset(size_class_of(size)));
}

static void allocate(size_t count, size_t size) {
    for (size_t i = 0; i < count; i++)
        assert_non_null(blocks[i] = mp_malloc(size));
}

static void release(size_t count) {
    for (size_t i = 0; i < count; i++)
        mp_free(blocks[i]);
}

static void *in_a_thread(void *(*work)(void *)) {
    pthread_t thread;
    void *result;
    assert_int_equal(pthread_create(&thread, NULL, work, NULL), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    return result;
}

static uint64_t refills(void) {
    mp_stats stats;
    mp_stats_get(&stats);
    return stats.refills_held + stats.refills_carved + stats.refills_page_heap + stats.spans_adopted;
}

static void *first_blocks(void *unused) {
    (void)unused;
    assert_int_equal(thread_cache_current->lists[0].room, 0);
    assert_null(thread_cache_current->lists[0].head);
    void *block = mp_malloc(SMALL), *large = mp_malloc(100000);
    assert_true(list_for(SMALL)->limit * SMALL <= (int32_t)LIST_FIRST_BYTES);
    assert_true(list_for(SMALL)->limit > 0);
    assert_int_equal(list_for(100000)->limit, 1);
    assert_int_equal(list_for(SMALL + 1)->limit, 0);
    mp_free(block);
    assert_ptr_equal(list_for(SMALL)->head, block); /* last freed, first used */
    assert_ptr_equal(mp_malloc(SMALL), block);
    mp_free(block);
    mp_free(large);
    mp_check();
    return NULL;
}

static void a_list_opens_with_the_first_allocation_of_its_class(void **state) {
    (void)state;
    in_a_thread(first_blocks);
}

static void *only_free(void *unused) {
    (void)unused;
    release(MANY);
    assert_int_equal(list_for(SMALL)->limit, 0);
    assert_int_equal(list_for(SMALL)->room, 0);
    return NULL;
}

static void a_thread_that_only_frees_keeps_nothing(void **state) {
    (void)state;
    mp_stats before, after;
    allocate(MANY, SMALL);
    mp_stats_get(&before);
    in_a_thread(only_free);
    mp_stats_get(&after);
    assert_int_equal(before.allocated_blocks - after.allocated_blocks, MANY);
    mp_check();
}

static void *bursts(void *unused) {
    (void)unused;
    uint64_t first = 0, last = 0;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t before = refills();
        allocate(MANY / 2, SMALL);
        release(MANY / 2);
        last = refills() - before;
        if (round == 1)
            first = last;
        mp_check();
    }
    assert_true(last < first); /* each one serves more */
    assert_true(list_for(SMALL)->limit > (int32_t)(LIST_FIRST_BYTES / SMALL));
    assert_true(list_for(SMALL)->limit <= LIST_MAX_OBJECTS);
    return NULL;
}

static void a_list_that_runs_over_and_empty_gets_longer(void **state) {
    (void)state;
    in_a_thread(bursts);
}

static void *use_and_leave(void *unused) {
    (void)unused;
    allocate(100, SMALL);
    release(100);
    assert_non_null(list_for(SMALL)->head);
    /* As many refills as trim() needs to come round twice; a block larger than its list is long refills each time. */
    for (int refill = 0; refill < 2 * 16 * SIZE_CLASS_COUNT; refill++) {
        void *held = mp_malloc(200000), *other = mp_malloc(200000), *third = mp_malloc(200000);
        mp_free(held);
        mp_free(other);
        mp_free(third);
    }
    assert_null(list_for(SMALL)->head);
    assert_int_equal(list_for(SMALL)->limit, 0);
    mp_check();
    return NULL;
}

static void a_list_out_of_use_is_given_up(void **state) {
    (void)state;
    use_and_leave(NULL);
}

static void *nothing(void *unused) {
    return unused;
}

static void a_thread_that_ends_keeps_nothing(void **state) {
    (void)state;
    in_a_thread(nothing);
    mp_stats before, after;
    mp_stats_get(&before);
    for (int thread = 0; thread < 20; thread++)
        in_a_thread(bursts);
    mp_stats_get(&after);
    assert_int_equal(after.allocated_blocks, before.allocated_blocks);
    assert_int_equal(after.thread_caches, before.thread_caches);
}

int main(void) {
    mp_free(mp_malloc(1)); /* the main thread has a cache */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_opens_with_the_first_allocation_of_its_class),
        cmocka_unit_test(a_thread_that_only_frees_keeps_nothing),
        cmocka_unit_test(a_list_that_runs_over_and_empty_gets_longer),
        cmocka_unit_test(a_list_out_of_use_is_given_up),
        cmocka_unit_test(a_thread_that_ends_keeps_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
