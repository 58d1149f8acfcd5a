/*
 * unit_thread_spans.c - which of its spans a thread uses next, step by step: no memory is carved while something that
 * came back waits, and no span is forgotten.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <cmocka.h>

#include "page_heap.h"
#include "thread_spans.h"

static ThreadCache cache;

/* All objects that the next span has to give. */
static Span *use_up(unsigned size_class) {
    Span *span = thread_spans_next(&cache, size_class);
    if (span == NULL)
        span = thread_spans_new(&cache, size_class);
    assert_non_null(span);
    uint32_t taken;
    span_take(span, UINT32_MAX, &taken);
    assert_null(span->free_list);
    return span;
}

static void free_object(Span *span, uint32_t index) {
    span_push(span, (FreeObject *)(void *)(span->base + (size_t)index * span->object_bytes));
}

/* Makes full spans wait, as many as may. Returns the one that is being carved. */
static Span *with_full_spans_waiting(unsigned size_class) {
    ThreadClass *class = &cache.classes[size_class];
    class->touched = true; /* or what waits is given up when a new span is clean */
    while (class->partial_count < REST_SPANS)
        use_up(size_class);
    Span *span = use_up(size_class);
    assert_true(span->carved < span->object_count);
    for (Span *waiting = class->partial.first; waiting != NULL; waiting = waiting->next)
        assert_null(waiting->free_list);
    return span;
}

static void give_all_back(unsigned size_class) {
    thread_spans_check(&cache);
    thread_spans_give_all(&cache, size_class);
    assert_null(cache.classes[size_class].partial.first);
    assert_int_equal(cache.partial_bytes, 0);
}

/* Full spans stand in front of it; the look goes one further. */
static void a_half_empty_span_behind_full_ones_is_found(void **state) {
    (void)state;
    unsigned size_class = size_class_of(512);
    ThreadClass *class = &cache.classes[size_class];
    Span *span = with_full_spans_waiting(size_class);
    while (span->used > span->carved / 2)
        free_object(span, span->carved - span->used);
    thread_spans_half_empty(&cache, span);
    assert_null(class->active);
    assert_int_equal(class->partial_count, REST_SPANS + 1);
    assert_ptr_equal(thread_spans_next(&cache, size_class), span);
    assert_ptr_equal(class->active, span);
    assert_null(class->fresh);
    give_all_back(size_class);
}

static void a_half_empty_span_is_given_away_where_nothing_may_wait(void **state) {
    (void)state;
    unsigned size_class = size_class_of(1024);
    Span *span = use_up(size_class);
    free_object(span, 0);
    thread_spans_set_most(0);
    thread_spans_half_empty(&cache, span);
    thread_spans_set_most(SIZE_MAX);
    assert_null(cache.classes[size_class].active);
    assert_int_equal(atomic_load(&span->control), SPAN_CENTRAL | (uintptr_t)size_class << SPAN_CLASS_SHIFT);
    assert_ptr_equal(thread_spans_next(&cache, size_class), span); /* as anybody could */
    assert_int_equal(atomic_load(&span->control), thread_spans_owner(&cache));
    give_all_back(size_class);
}

/* What came back to the span that is being carved is used before more of it is carved. */
static void what_came_back_is_used_first(void **state) {
    (void)state;
    unsigned size_class = size_class_of(256);
    Span *span = use_up(size_class);
    uint32_t carved = span->carved;
    free_object(span, 3);
    assert_ptr_equal(thread_spans_next(&cache, size_class), span);
    assert_int_equal(span->carved, carved);
    give_all_back(size_class);
}

static void a_search_in_vain_is_not_repeated_at_once(void **state) {
    (void)state;
    unsigned size_class = size_class_of(320);
    ThreadClass *class = &cache.classes[size_class];
    Span *waiting;
    class->touched = true;
    do
        waiting = use_up(size_class); /* wholly: it waits once the next is active */
    while (waiting->carved < waiting->object_count);
    Span *carved = use_up(size_class);
    assert_ptr_equal(class->partial.first, waiting);
    class->unsearched = 0;
    assert_ptr_equal(use_up(size_class), carved); /* searched in vain */
    assert_int_equal(class->unsearched, UNSEARCHED_CARVES);
    free_object(waiting, 0);
    for (int carve = 0; carve < UNSEARCHED_CARVES; carve++)
        assert_ptr_equal(use_up(size_class), carved);
    assert_ptr_equal(use_up(size_class), waiting);
    give_all_back(size_class);
}

/* Behind what came back, and without a list. Pages that nobody wrote stay so; a link of old that is left in one that
 * was in use before does not, or it would look like a free block's. */
static void large_objects_are_carved_one_by_one(void **state) {
    (void)state;
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); /* or pages come by the hundred */
    unsigned size_class = size_class_of(16 << 10);
    for (int round = 0; round < 2; round++) {
        Span *span = thread_spans_new(&cache, size_class);
        assert_non_null(span);
        bool zeroed = span->zeroed;
        if (round == 1)
            assert_false(zeroed); /* dirty before clean */
        assert_true(span_carves_singly(span));
        for (uint32_t index = 0; index < span->object_count; index++) {
            assert_ptr_equal(thread_spans_next(&cache, size_class), span);
            assert_null(span->free_list);
            unsigned char resident = 0;
            char *object = span->base + (size_t)index * span->object_bytes;
            assert_int_equal(mincore(object, 1, &resident), 0);
            assert_ptr_equal(span_carve_one(span), object);
            if (zeroed)
                assert_int_equal(resident & 1, 0);
            assert_int_equal(*(uintptr_t *)(void *)object, 0);
            assert_int_equal(span->used, index + 1);
            thread_spans_check(&cache);
            if (index == 0) {
                free_object(span, index);
                assert_ptr_equal(use_up(size_class), span); /* before more is carved */
                assert_int_equal(span->carved, 1);
            }
        }
        assert_null(thread_spans_next(&cache, size_class));
        for (uint32_t index = 0; index < span->object_count; index++)
            free_object(span, index);
        give_all_back(size_class);
    }
}

static void waiting_spans_are_limited(void **state) {
    (void)state;
    unsigned classes[] = {size_class_of(448), size_class_of(2048)};
    for (int i = 0; i < 2; i++)
        with_full_spans_waiting(classes[i]);
    size_t held = thread_spans_held(&cache), waiting = cache.partial_bytes;
    assert_int_equal(waiting, 2 * REST_SPANS * PAGE_BYTES);
    assert_true(held > waiting);
    thread_spans_set_most(waiting);
    thread_spans_limit(&cache);
    assert_int_equal(cache.partial_bytes, waiting);
    thread_spans_set_most(3 * PAGE_BYTES);
    thread_spans_limit(&cache);
    assert_int_equal(cache.partial_bytes, 3 * PAGE_BYTES);
    assert_int_equal(thread_spans_held(&cache), held - waiting + 3 * PAGE_BYTES);
    thread_spans_check(&cache);
    thread_spans_set_most(SIZE_MAX);
    for (int i = 0; i < 2; i++)
        thread_spans_give_all(&cache, classes[i]);
    assert_int_equal(thread_spans_held(&cache), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_search_in_vain_is_not_repeated_at_once),
        cmocka_unit_test(large_objects_are_carved_one_by_one),
        cmocka_unit_test(waiting_spans_are_limited),
        cmocka_unit_test(a_half_empty_span_behind_full_ones_is_found),
        cmocka_unit_test(a_half_empty_span_is_given_away_where_nothing_may_wait),
        cmocka_unit_test(what_came_back_is_used_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
