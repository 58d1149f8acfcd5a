/*
 * unit_page_heap.c - the PageHeap under long random sequences against a naive model that knows only which pages are
 * handed out, and its single promises one by one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#include "minipool.h"
#include "page_heap.h"
#include "page_map.h"

static uint64_t random_state;
static uint32_t draw(uint32_t below) {
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random_state >> 33) % below);
}

static void unknown_addresses_have_no_span(void **state) {
    int on_stack;
    assert_null(page_map_get(NULL));
    assert_null(page_map_get(&on_stack));
    assert_null(page_map_get((void *)state));
    assert_null(page_map_get((void *)&draw));
    assert_null(page_map_get((void *)(((uintptr_t)1 << ADDRESS_BITS) - 1)));
}

static void small_runs_are_known_on_every_page(void **state) {
    (void)state;
    Span *span = page_heap_allocate(5, 1, PAGE_USE_SMALL);
    assert_non_null(span);
    for (size_t page = 0; page < 5; page++)
        assert_ptr_equal(page_map_get(span->base + page * PAGE_BYTES + 17), span);
    char *base = span->base;
    page_heap_free(span);
    for (size_t page = 1; page < 4; page++) {
        Span *now = page_map_get(base + page * PAGE_BYTES);
        assert_true(now == NULL || now->run_state == RUN_DIRTY || now->run_state == RUN_CLEAN);
    }
    page_heap_check();
}

static bool is_near(const void *address) {
    return page_map_is_near((uintptr_t)address);
}

static void pages_far_from_the_first_are_known_too(void **state) {
    (void)state;
    Span *span = page_heap_allocate(1, 1, PAGE_USE_LARGE);
    assert_true(is_near(span->base));
    /* The map never looks at the memory itself, so there need not be any. The run crosses a border of leaves. */
    uintptr_t border = ((uintptr_t)span->base >> PAGE_MAP_LEAF_SHIFT ^ 1 << 8) << PAGE_MAP_LEAF_SHIFT;
    char *far = (char *)border - PAGE_BYTES;
    assert_false(is_near(far));
    assert_null(page_map_get(far));
    assert_int_equal(page_map_list_offset(far), 0);
    size_t bytes = page_map_bytes();
    assert_true(page_map_reserve(far, 2 * PAGE_BYTES));
    assert_int_equal(page_map_bytes() - bytes, 2 * PAGE_MAP_LEAF_BYTES);
    assert_null(page_map_get(far));
    page_map_set_list(far, span, 24);
    page_map_set_list(far + PAGE_BYTES, span, 48);
    assert_ptr_equal(page_map_get(far + 5), span);
    assert_int_equal(page_map_list_offset(far + 5), 24);
    assert_ptr_equal(page_map_get(far + 2 * PAGE_BYTES - 1), span);
    assert_int_equal(page_map_list_offset(far + PAGE_BYTES), 48);
    assert_null(page_map_get(far - 1));
    assert_null(page_map_get(far + 2 * PAGE_BYTES));
    page_map_set(far, NULL);
    page_map_set(far + PAGE_BYTES, NULL);

    /* The ends of the flat table, from both sides: pages of the one kind there are none of the other. */
    char *first = (char *)-page_map_near.offset, *end = first + PAGE_MAP_NEAR_PAGES * PAGE_BYTES;
    assert_true(is_near(first) && is_near(end - 1) && !is_near(first - 1) && !is_near(end));
    for (char *edge = first;; edge = end) {
        assert_true(page_map_reserve(edge - PAGE_BYTES, 2 * PAGE_BYTES));
        page_map_set_list(edge - PAGE_BYTES, span, 24);
        assert_null(page_map_get(edge));
        page_map_set_list(edge, span, 48);
        assert_int_equal(page_map_list_offset(edge - 1), 24);
        assert_int_equal(page_map_list_offset(edge), 48);
        page_map_set(edge - PAGE_BYTES, NULL);
        assert_null(page_map_get(edge - 1));
        assert_ptr_equal(page_map_get(edge), span);
        page_map_set(edge, NULL);
        if (edge == end)
            break;
    }
    page_heap_free(span);
}

static void blocks_far_from_the_first_are_freed_like_others(void **state) {
    (void)state;
    enum { BLOCKS = 1000, BYTES = 200 << 10 };
    static char *blocks[BLOCKS];
    const size_t wall_bytes = 2 * PAGE_MAP_NEAR_PAGES * PAGE_BYTES;
    char *wall = mmap(NULL, wall_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (wall == MAP_FAILED)
        skip();
    mp_stats before, after;
    mp_stats_get(&before);
    size_t count = 0, far = 0;
    while (count < BLOCKS && far < 100) {
        blocks[count] = mp_malloc(BYTES);
        assert_non_null(blocks[count]);
        far += !is_near(blocks[count]);
        blocks[count][0] = 1;
        blocks[count][BYTES - 1] = 2;
        count++;
    }
    mp_check();
    for (size_t left = count; left > 0; left--) {
        size_t at = draw((uint32_t)left);
        char *block = blocks[at];
        blocks[at] = blocks[left - 1];
        assert_true(block[0] == 1 && block[BYTES - 1] == 2);
        mp_free(block);
    }
    mp_check();
    mp_stats_get(&after);
    assert_int_equal(after.allocated_blocks, before.allocated_blocks);
    munmap(wall, wall_bytes);
    if (far == 0) /* the system found room beside the wall */
        skip();
}

static void freed_neighbours_become_one_run(void **state) {
    (void)state;
    page_heap_release(0); /* all free runs are clean now: what is dirty below is ours */
    Span *whole = page_heap_allocate(30, 1, PAGE_USE_LARGE);
    char *base = whole->base;
    page_heap_free(whole);
    Span *parts[3];
    for (int part = 0; part < 3; part++) {
        parts[part] = page_heap_allocate(10, 1, PAGE_USE_LARGE);
        assert_ptr_equal(parts[part]->base, base + (size_t)part * 10 * PAGE_BYTES); /* dirty first, from its front */
        assert_false(parts[part]->zeroed);
    }
    page_heap_free(parts[0]);
    page_heap_free(parts[2]);
    page_heap_check();
    page_heap_free(parts[1]);
    page_heap_check();
    Span *again = page_heap_allocate(30, 1, PAGE_USE_LARGE);
    assert_ptr_equal(again->base, base);
    page_heap_free(again);
}

static void released_runs_read_as_zero(void **state) {
    (void)state;
    Span *span = page_heap_allocate(4, 1, PAGE_USE_LARGE);
    char *base = span->base;
    memset(base, 0x5a, 4 * PAGE_BYTES);
    page_heap_free(span);
    assert_true(page_heap_release(0) >= 4 * PAGE_BYTES);
    assert_int_equal(page_heap_stats().dirty_bytes, 0);
    for (size_t at = 0; at < 4 * PAGE_BYTES; at += 512)
        assert_int_equal(base[at], 0);
    page_heap_check();
}

static void alignment_is_kept_and_costs_nothing_for_ever(void **state) {
    (void)state;
    for (size_t alignment = 1; alignment <= 256; alignment *= 2) {
        PageHeapStats before = page_heap_stats();
        Span *span = page_heap_allocate(3, alignment, PAGE_USE_LARGE);
        assert_int_equal((uintptr_t)span->base % (alignment * PAGE_BYTES), 0);
        assert_int_equal(span->page_count, 3);
        PageHeapStats held = page_heap_stats();
        assert_int_equal(before.mapped_bytes - before.dirty_bytes - before.clean_bytes + 3 * PAGE_BYTES,
                         held.mapped_bytes - held.dirty_bytes - held.clean_bytes);
        page_heap_check();
        page_heap_free(span);
    }
}

static void runs_grow_and_shrink_in_place(void **state) {
    (void)state;
    Span *span = page_heap_allocate(8, 1, PAGE_USE_LARGE);
    char *base = span->base;
    assert_true(page_heap_resize(span, 3));
    assert_int_equal(span->page_count, 3);
    page_heap_check();
    assert_true(page_heap_resize(span, 7)); /* what was cut off a moment ago */
    assert_int_equal(span->page_count, 7);
    assert_ptr_equal(span->base, base);
    page_heap_check();
    Span *wall = NULL;
    /* Something behind it that is in use: then it cannot grow. */
    for (int tries = 0; tries < 1000 && (wall = page_map_get(span->base + span_bytes(span))) != NULL; tries++) {
        if (wall->run_state == RUN_IN_USE)
            break;
        Span *taken = page_heap_allocate(wall->page_count, 1, PAGE_USE_LARGE);
        assert_non_null(taken);
    }
    if (wall != NULL && wall->run_state == RUN_IN_USE) {
        assert_false(page_heap_resize(span, 8));
        assert_int_equal(span->page_count, 7);
    }
    page_heap_check();
}

static void impossible_requests_fail(void **state) {
    (void)state;
    assert_null(page_heap_allocate((size_t)1 << 40, 1, PAGE_USE_LARGE));
    assert_null(page_heap_allocate(1, (size_t)1 << 47, PAGE_USE_LARGE));
    assert_null(page_heap_map((size_t)1 << 40, 1));
    page_heap_check();
}

static void own_mappings_move_with_their_content(void **state) {
    (void)state;
    Span *span = page_heap_map(600, 1);
    assert_non_null(span);
    memset(span->base, 7, 600 * PAGE_BYTES);
    assert_true(page_heap_remap(span, 1200));
    assert_ptr_equal(page_map_get(span->base), span);
    assert_int_equal((uintptr_t)span->base % PAGE_BYTES, 0);
    assert_int_equal(span->base[600 * PAGE_BYTES - 1], 7);
    assert_int_equal(span->base[600 * PAGE_BYTES], 0);
    assert_true(page_heap_remap(span, 550));
    assert_int_equal(span->base[550 * PAGE_BYTES - 1], 7);
    char *base = span->base;
    page_heap_unmap(span);
    assert_null(page_map_get(base));
}

/* The model: runs we hold, each filled with its own number; whatever the heap does, they never overlap or change. */
enum { HELD = 200, STEPS = 60000 };
static void random_sequences_match_the_model(void **state) {
    (void)state;
    static Span *held[HELD];
    static size_t pages[HELD];
    size_t pages_held = 0, baseline = 0;
    PageHeapStats start = page_heap_stats();
    baseline = start.mapped_bytes - start.dirty_bytes - start.clean_bytes;
    for (int step = 0; step < STEPS; step++) {
        uint32_t slot = draw(HELD);
        if (held[slot] == NULL) {
            size_t wanted = draw(8) == 0 ? 1 + draw(300) : 1 + draw(12);
            PageUse use = wanted <= 8 && draw(2) == 0 ? PAGE_USE_SMALL : PAGE_USE_LARGE;
            Span *span = page_heap_allocate(wanted, (size_t)1 << (draw(10) == 0 ? draw(6) : 0), use);
            assert_non_null(span);
            assert_int_equal(span->page_count, wanted);
            for (size_t page = 0; page < wanted; page++) {
                if (span->zeroed)
                    assert_int_equal(*(uint32_t *)(void *)(span->base + page * PAGE_BYTES), 0);
                *(uint32_t *)(void *)(span->base + page * PAGE_BYTES) = slot + 1;
            }
            held[slot] = span;
            pages[slot] = wanted;
            pages_held += wanted;
        } else {
            Span *span = held[slot];
            for (size_t page = 0; page < pages[slot]; page++)
                assert_int_equal(*(uint32_t *)(void *)(span->base + page * PAGE_BYTES), slot + 1);
            pages_held -= pages[slot];
            held[slot] = NULL;
            page_heap_free(span);
        }
        if (draw(2000) == 0)
            page_heap_release((size_t)draw(64) << 20);
        if (draw(500) == 0) {
            page_heap_check();
            PageHeapStats now = page_heap_stats();
            assert_int_equal(now.mapped_bytes - now.dirty_bytes - now.clean_bytes, baseline + pages_held * PAGE_BYTES);
        }
    }
    for (int slot = 0; slot < HELD; slot++)
        if (held[slot] != NULL)
            page_heap_free(held[slot]);
    page_heap_check();
}

int main(void) {
    random_state = 20;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_addresses_have_no_span),
        cmocka_unit_test(small_runs_are_known_on_every_page),
        cmocka_unit_test(pages_far_from_the_first_are_known_too),
        cmocka_unit_test(blocks_far_from_the_first_are_freed_like_others),
        cmocka_unit_test(freed_neighbours_become_one_run),
        cmocka_unit_test(released_runs_read_as_zero),
        cmocka_unit_test(alignment_is_kept_and_costs_nothing_for_ever),
        cmocka_unit_test(runs_grow_and_shrink_in_place),
        cmocka_unit_test(impossible_requests_fail),
        cmocka_unit_test(own_mappings_move_with_their_content),
        cmocka_unit_test(random_sequences_match_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
