/*
 * unit_purge.c - giving back the OS pages that lie wholly in free objects of a span somebody still has objects in:
 * which pages go, that nothing else changes, when a span is worth a look, and that a heap which changes sizes does it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "central_cache.h"
#include "minipool.h"
#include "page_heap.h"

static _Alignas(64) char alice[64];
#define ALICE ((uintptr_t)alice)

static size_t os_page(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* A span of the class, all of its objects in use and written; nobody's. */
static Span *full_span(unsigned size_class) {
    Span *span = page_heap_allocate(size_classes[size_class].page_count, 1, PAGE_USE_SMALL);
    assert_non_null(span);
    assert_true(span_begin(span, size_class));
    atomic_store(&span->control, ALICE);
    while (span_carve(span))
        span->free_list = NULL;
    span->used = span->carved;
    memset(span->base, 0x5a, (size_t)span->object_count * span->object_bytes);
    assert_true(central_cache_retire(span));
    return span;
}

static void free_object(Span *span, uint32_t index) {
    char *block = span->base + (size_t)index * span->object_bytes;
    if (central_cache_free(span, index / 64, (uint64_t)1 << (index % 64), block)) {
        span_drop_bits(span);
        page_heap_free(span);
    }
}

static void free_all_but(Span *span, const bool *keep) {
    for (uint32_t index = 0; index < span->object_count; index++)
        if (!keep[index])
            free_object(span, index);
}

static bool is_resident(const char *page) {
    unsigned char vector;
    assert_int_equal(mincore((void *)(uintptr_t)page, os_page(), &vector), 0);
    return vector & 1;
}

/* After a purge: pages that a kept object reaches into are resident, all others of the objects are not. */
static void check_pages(const Span *span, const bool *keep) {
    const char *end = span->base + (size_t)span->object_count * span->object_bytes;
    for (const char *page = span->base; page + os_page() <= end; page += os_page()) {
        bool needed = false;
        for (uint32_t index = 0; index < span->object_count; index++) {
            const char *from = span->base + (size_t)index * span->object_bytes;
            needed |= keep[index] && from < page + os_page() && from + span->object_bytes > page;
        }
        assert_int_equal(is_resident(page), needed);
    }
    for (uint32_t index = 0; index < span->object_count; index++)
        for (uint32_t byte = 0; keep[index] && byte < span->object_bytes; byte++)
            assert_int_equal(span->base[(size_t)index * span->object_bytes + byte], 0x5a);
}

/* Takes the span out of the lists as the one hollow one there is. */
static Span *take_hollow(void) {
    for (unsigned look = 0; look < SIZE_CLASS_COUNT; look++) {
        Span *span = central_cache_take_hollow(0);
        if (span != NULL)
            return span;
    }
    return NULL;
}

static void check_class(unsigned size_class, const bool *keep) {
    Span *span = full_span(size_class);
    free_all_but(span, keep);
    assert_ptr_equal(take_hollow(), span);
    span_purge(span);
    check_pages(span, keep);
    assert_false(central_cache_accept(span));
    central_cache_check();
    assert_null(take_hollow()); /* nothing has changed since */

    for (uint32_t index = 0; index < span->object_count; index++)
        if (keep[index])
            free_object(span, index);
    assert_int_equal(atomic_load(&span->control), 0);
    page_heap_check();
}

static void pages_between_survivors_go(void **state) {
    (void)state;
    static bool keep[PAGE_BYTES / 8];
    for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++) {
        uint32_t count = size_classes[size_class].object_count;
        if (count < 4)
            continue;
        memset(keep, 0, sizeof keep);
        keep[0] = true;
        check_class(size_class, keep);
        memset(keep, 0, sizeof keep);
        keep[count - 1] = true;
        check_class(size_class, keep);
        memset(keep, 0, sizeof keep);
        keep[count / 2] = keep[count / 4] = true;
        check_class(size_class, keep);
    }
}

static void a_span_is_looked_at_again_when_half_of_the_rest_is_gone(void **state) {
    (void)state;
    static bool keep[PAGE_BYTES / 8];
    unsigned size_class = size_class_of(512);
    uint32_t count = size_classes[size_class].object_count;
    Span *span = full_span(size_class);
    for (uint32_t index = 0; index < count; index++)
        keep[index] = index % 4 == 0;
    free_all_but(span, keep);
    assert_ptr_equal(take_hollow(), span);
    span_purge(span);
    assert_int_equal(span->purged_used, count / 4);
    assert_false(central_cache_accept(span));
    for (uint32_t index = 0; index < count / 2 - 4; index += 4) {
        free_object(span, index);
        keep[index] = false;
    }
    assert_null(take_hollow());
    free_object(span, count / 2 - 4);
    keep[count / 2 - 4] = false;
    assert_ptr_equal(take_hollow(), span);
    span_purge(span);
    check_pages(span, keep);

    /* Freed while it was being looked at: whoever gives it back sees it. */
    for (uint32_t index = count / 2; index < count; index += 4)
        free_object(span, index);
    assert_int_not_equal(atomic_load(&span->control), 0);
    assert_true(central_cache_accept(span));
    span_drop_bits(span);
    page_heap_free(span);
    page_heap_check();
}

static void an_owner_starts_afresh(void **state) {
    (void)state;
    static bool keep[PAGE_BYTES / 8];
    unsigned size_class = size_class_of(4096);
    Span *span = full_span(size_class);
    keep[3] = true;
    free_all_but(span, keep);
    assert_ptr_equal(take_hollow(), span);
    assert_int_equal(span_purge(span), (span->object_count - 1) * 4096);
    assert_false(central_cache_accept(span));
    assert_ptr_equal(central_cache_adopt(size_class, ALICE), span);
    assert_int_equal(span->purged_used, SPAN_NEVER_PURGED);
    assert_true(span_collect(span)); /* pages that went back can be written again */
    memset(span->free_list, 1, span->object_bytes);
    span->free_list = NULL;
    span->used = span->object_count;
    assert_true(central_cache_retire(span));
    for (uint32_t index = 0; index < span->object_count; index++)
        free_object(span, index);
    page_heap_check();
}

/* As a program meets it: many of one size, few survivors, then another size. */
static void a_heap_whose_sizes_change_gives_back(void **state) {
    (void)state;
    enum { COUNT = 32768, SIZE = 1024, STRIDE = 64, OTHERS = 4096, OTHER_SIZE = 8192 };
    static unsigned char *blocks[COUNT], *others[OTHERS];
    mp_stats before, after;
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = mp_malloc(SIZE);
        assert_non_null(blocks[i]);
        memset(blocks[i], i & 0xff, SIZE);
    }
    for (int i = 0; i < COUNT; i++)
        if (i % STRIDE != 0)
            mp_free(blocks[i]);
    mp_stats_get(&before);
    for (int i = 0; i < OTHERS; i++) {
        others[i] = mp_malloc(OTHER_SIZE);
        assert_non_null(others[i]);
    }
    mp_stats_get(&after);
    /* 32 MiB of holes, 32 MiB of new memory; some of the holes stay with the thread. */
    assert_in_range(after.released_bytes - before.released_bytes, 20u << 20, 64u << 20);
    mp_check();
    for (int i = 0; i < COUNT; i += STRIDE)
        for (int byte = 0; byte < SIZE; byte++)
            assert_int_equal(blocks[i][byte], i & 0xff);

    /* The holes can be used again, and hold what is written there. */
    for (int i = 0; i < COUNT; i++)
        if (i % STRIDE != 0) {
            blocks[i] = mp_malloc(SIZE);
            memset(blocks[i], i & 0xff, SIZE);
        }
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(blocks[i][0], i & 0xff);
        assert_int_equal(blocks[i][SIZE - 1], i & 0xff);
        mp_free(blocks[i]);
    }
    for (int i = 0; i < OTHERS; i++)
        mp_free(others[i]);
    mp_check();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_between_survivors_go),
        cmocka_unit_test(a_span_is_looked_at_again_when_half_of_the_rest_is_gone),
        cmocka_unit_test(an_owner_starts_afresh),
        cmocka_unit_test(a_heap_whose_sizes_change_gives_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
