/*
 * unit_span_states.c - the states of a span and who may change them, step by step with the caller playing both threads:
 * owned, full, central, empty, and the reclaim that waits for nobody.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "central_cache.h"
#include "page_heap.h"

/* Owners are only compared; any aligned addresses will do. */
static _Alignas(64) char alice[64], bob[64];
#define ALICE ((uintptr_t)alice)
#define BOB ((uintptr_t)bob)

static Span *owned_span(unsigned size_class, uintptr_t owner) {
    Span *span = page_heap_allocate(size_classes[size_class].page_count, 1, PAGE_USE_SMALL);
    assert_non_null(span);
    assert_true(span_begin(span, size_class));
    atomic_store(&span->control, owner);
    return span;
}

/* Takes every object out, as a program does that allocates until the span is full. */
static void take_all(Span *span) {
    while (span_carve(span))
        span->free_list = NULL;
    span->used = span->carved;
    assert_int_equal(span->carved, span->object_count);
}

static uintptr_t full_of(uintptr_t home, unsigned size_class) {
    return home | SPAN_FULL | (uintptr_t)size_class << SPAN_CLASS_SHIFT;
}

static void *object(const Span *span, uint32_t index) {
    return span->base + (size_t)index * span->object_bytes;
}

/* A foreign free of one object, as a thread does it whose list is full. */
static bool foreign_free(Span *span, void *block) {
    uint32_t index = span_index(span, block);
    return central_cache_free(span, index / 64, (uint64_t)1 << (index % 64), block);
}

static void give_back(Span *span) {
    assert_int_equal(atomic_load(&span->control), 0);
    assert_int_equal(span_remote_count(span->remote_bits, span->remote_words), 0);
    span_drop_bits(span);
    page_heap_free(span);
    page_heap_check();
}

static uint32_t list_length(const Span *span) {
    uint32_t count = 0;
    for (FreeObject *at = span->free_list; at != NULL; at = object_next(at))
        count++;
    return count;
}

static void a_carved_span_gives_every_object_once(void **state) {
    (void)state;
    for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class += 3) {
        Span *span = owned_span(size_class, ALICE);
        uint32_t seen = 0;
        while (span_carve(span)) {
            for (FreeObject *at = span->free_list; at != NULL; at = object_next(at))
                assert_int_equal(span_index(span, at), seen++);
            span->free_list = NULL;
        }
        assert_int_equal(seen, span->object_count);
        assert_true(span_index(span, span->base + 1) >= span->object_count);
        atomic_store(&span->control, 0);
        give_back(span);
    }
}

static void the_owner_collects_what_others_freed(void **state) {
    (void)state;
    Span *span = owned_span(4, ALICE);
    take_all(span);
    for (uint32_t index = 0; index < span->object_count; index += 7)
        assert_false(foreign_free(span, object(span, index)));
    uint32_t expected = (span->object_count + 6) / 7, found = 0;
    assert_int_equal(span_remote_count(span->remote_bits, span->remote_words), expected);
    while (span_collect(span)) {
        for (FreeObject *at = span->free_list; at != NULL; at = object_next(at))
            assert_int_equal(span_index(span, at) % 7, 0);
        found += list_length(span);
        span->free_list = NULL;
    }
    assert_int_equal(found, expected);
    assert_int_equal(span->used, span->carved - found);
    atomic_store(&span->control, 0);
    give_back(span);
}

/* Every class: a full span whose objects a stranger frees one by one is offered to all at a quarter, can be adopted,
 * and dissolves at the last object when nobody adopts it. */
static void a_full_span_needs_no_owner_to_be_reclaimed(void **state) {
    (void)state;
    for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++) {
        Span *span = owned_span(size_class, ALICE);
        take_all(span);
        assert_true(central_cache_retire(span));
        assert_true((atomic_load(&span->control) & SPAN_FULL) != 0);
        assert_null(central_cache_adopt(size_class, BOB));
        bool offered = false;
        for (uint32_t index = 0; index < span->object_count; index++) {
            bool last = foreign_free(span, object(span, index));
            assert_int_equal(last, index == span->object_count - 1);
            bool central = (atomic_load(&span->control) & SPAN_CENTRAL) != 0;
            /* A word is looked at when a quarter and when all of it is free, so one word late at the most. */
            if (!last && index + 1 >= span->object_count / CLAIM_FRACTION + 64)
                assert_true(central);
            if (central && !offered)
                assert_true(index + 1 >= span->object_count / CLAIM_FRACTION ||
                            span->object_count < 2 * CLAIM_FRACTION);
            offered |= central;
            if (index % 97 == 0)
                central_cache_check();
        }
        assert_null(central_cache_adopt(size_class, BOB));
        give_back(span);
    }
}

static void an_adopted_span_is_the_adopters(void **state) {
    (void)state;
    Span *span = owned_span(10, ALICE);
    take_all(span);
    assert_true(central_cache_retire(span));
    uint32_t half = span->object_count / 2;
    for (uint32_t index = 0; index < half; index++)
        assert_false(foreign_free(span, object(span, index)));
    assert_ptr_equal(central_cache_adopt(10, BOB), span);
    assert_int_equal(atomic_load(&span->control), BOB);
    assert_false(central_cache_take(span, full_of(ALICE, 10), ALICE)); /* no longer hers */
    /* Alice's late frees are foreign now, and Bob collects them with the rest. */
    assert_false(foreign_free(span, object(span, half)));
    uint32_t found = 0;
    while (span_collect(span)) {
        found += list_length(span);
        span->free_list = NULL;
    }
    assert_int_equal(found, half + 1);
    atomic_store(&span->control, 0);
    give_back(span);
}

static void the_home_thread_takes_its_full_span_back(void **state) {
    (void)state;
    Span *span = owned_span(10, ALICE);
    take_all(span);
    assert_true(central_cache_retire(span));
    assert_false(central_cache_take(span, full_of(BOB, 10), BOB));
    assert_true(central_cache_take(span, full_of(ALICE, 10), ALICE));
    assert_int_equal(atomic_load(&span->control), ALICE);
    assert_int_equal(span->used, span->object_count);
    atomic_store(&span->control, 0);
    give_back(span);
}

static void a_free_before_the_span_goes_full_is_not_lost(void **state) {
    (void)state;
    Span *span = owned_span(10, ALICE);
    take_all(span);
    assert_false(foreign_free(span, object(span, 5))); /* sees OWNED, so does nothing more */
    assert_false(central_cache_retire(span));          /* so the owner must see it, and keeps the span */
    assert_int_equal(atomic_load(&span->control), ALICE);
    assert_true(span_collect(span));
    atomic_store(&span->control, 0);
    give_back(span);
}

static void giving_a_span_away_scatters_what_is_free(void **state) {
    (void)state;
    Span *span = owned_span(20, ALICE);
    assert_true(span_carve(span)); /* some on the list, the rest never carved */
    void *kept = span->free_list;
    span->free_list = *(void **)kept;
    span->used = 1;
    assert_false(central_cache_accept(span));
    assert_int_equal(span_remote_count(span->remote_bits, span->remote_words), span->object_count - 1);
    assert_true(foreign_free(span, kept)); /* the last one */
    give_back(span);

    span = owned_span(20, ALICE);
    assert_true(span_carve(span));
    assert_true(central_cache_accept(span)); /* nothing in use */
    give_back(span);

    span = owned_span(20, ALICE);
    take_all(span);
    assert_false(central_cache_accept(span)); /* nothing free: in no list */
    assert_null(central_cache_adopt(20, BOB));
    for (uint32_t index = 0; index + 1 < span->object_count; index++)
        assert_false(foreign_free(span, object(span, index)));
    assert_true(foreign_free(span, object(span, span->object_count - 1)));
    give_back(span);
}

static void the_fullest_span_is_adopted_first(void **state) {
    (void)state;
    Span *spans[2];
    for (int which = 0; which < 2; which++) {
        spans[which] = owned_span(30, ALICE);
        take_all(spans[which]);
        uint32_t count = spans[which]->object_count;
        uint32_t freed = which == 0 ? count - 1 : count / 3;
        for (uint32_t index = 0; index < freed; index++)
            assert_false(foreign_free(spans[which], object(spans[which], index)));
        assert_false(central_cache_accept(spans[which]));
    }
    assert_ptr_equal(central_cache_adopt(30, BOB), spans[1]);
    assert_ptr_equal(central_cache_adopt(30, BOB), spans[0]);
    central_cache_check();
    for (int which = 0; which < 2; which++) {
        while (span_collect(spans[which]))
            spans[which]->free_list = NULL;
        atomic_store(&spans[which]->control, 0);
        give_back(spans[which]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_carved_span_gives_every_object_once),
        cmocka_unit_test(the_owner_collects_what_others_freed),
        cmocka_unit_test(a_full_span_needs_no_owner_to_be_reclaimed),
        cmocka_unit_test(an_adopted_span_is_the_adopters),
        cmocka_unit_test(the_home_thread_takes_its_full_span_back),
        cmocka_unit_test(a_free_before_the_span_goes_full_is_not_lost),
        cmocka_unit_test(giving_a_span_away_scatters_what_is_free),
        cmocka_unit_test(the_fullest_span_is_adopted_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
