/*
 * guard.c - see guard.h.
 *
 *   base       base + front                                 base + front + os pages for the size
 *   | no access | rest of the first page, block, its canary | no access ... |
 *
 * The page map knows the first page, as that of every mapping, and the page in which the block starts. The span's words
 * for bits, of no use to a block that is alone, hold where it starts and how long it is.
 */
#include "guard.h"

#include <errno.h>

#include "canary.h"
#include "fault.h"
#include "os_memory.h"
#include "page_heap.h"

enum { WORD_START, WORD_SIZE };

static struct {
    Lock lock;
    Span *spans[QUARANTINE_MAPPINGS]; /* a ring; NULL: not used yet */
    size_t next;
} resting;

static size_t word_of(const Span *span, unsigned word) {
    return atomic_load_explicit((_Atomic uint64_t *)&span->inline_bits[word], memory_order_relaxed);
}

static void set_words(Span *span, size_t start, size_t size) {
    atomic_store_explicit(&span->inline_bits[WORD_START], start, memory_order_relaxed);
    atomic_store_explicit(&span->inline_bits[WORD_SIZE], size, memory_order_relaxed);
}

static size_t round_up(size_t bytes, size_t unit) {
    return (bytes + unit - 1) & ~(unit - 1);
}

static bool set_page(const char *page, Span *span) {
    page_heap_lock();
    bool reserved = page_map_reserve(page, PAGE_BYTES);
    if (reserved)
        page_map_set(page, span);
    page_heap_unlock();
    return reserved;
}

static void unmap(Span *span) {
    set_page((const char *)((uintptr_t)word_of(span, WORD_START) & ~(PAGE_BYTES - 1)), NULL);
    set_words(span, 0, 0);
    atomic_store_explicit(&span->control, 0, memory_order_relaxed);
    page_heap_unmap(span);
}

/* The oldest that rests is unmapped, and `span`, or nothing, takes its place. False: there was none. */
static bool replace_oldest(Span *span) {
    lock_acquire(&resting.lock);
    Span *oldest = resting.spans[resting.next];
    resting.spans[resting.next] = span;
    resting.next = (resting.next + 1) % QUARANTINE_MAPPINGS;
    lock_release(&resting.lock);
    if (oldest != NULL)
        unmap(oldest);
    return oldest != NULL;
}

static Span *map(size_t bytes, size_t front) {
    Span *span;
    int looked = 0;
    /* What rests has no memory, but it may be addresses that a limit forbids. */
    while ((span = page_heap_map(bytes >> PAGE_SHIFT, front >> PAGE_SHIFT)) == NULL && looked < QUARANTINE_MAPPINGS)
        while (looked++ < QUARANTINE_MAPPINGS && !replace_oldest(NULL))
            ;
    return span;
}

void *guard_allocate(size_t alignment, size_t size) {
    size_t os_page = os_page_bytes(), unit = alignment < 16 ? 16 : alignment;
    if (size > PTRDIFF_MAX || alignment > PTRDIFF_MAX / 4)
        return NULL;
    size_t front = alignment > PAGE_BYTES ? alignment : PAGE_BYTES, data = round_up(size, os_page);
    size_t bytes = round_up(front + data + os_page, PAGE_BYTES);
    Span *span = map(bytes, front);
    if (span == NULL)
        return NULL;
    char *start = span->base + front, *end = start + data;
    char *block = unit < os_page ? end - round_up(size, unit) : start;
    span->object_count = 1;
    set_words(span, (uintptr_t)block, size);
    if (!set_page(start, span)) {
        set_words(span, 0, 0);
        page_heap_unmap(span);
        return NULL;
    }
    /* Where the system has no more mappings to give, there are no guards; the canary still is there. */
    os_protect(span->base, front, false);
    os_protect(end, bytes - front - data, false);
    canary_fill(block + size, end);
    atomic_store_explicit(&span->control, SPAN_GUARDED, memory_order_release);
    return block;
}

size_t guard_size(const char *function, const Span *span, const void *block) {
    const char *start = (const char *)word_of(span, WORD_START);
    size_t size = word_of(span, WORD_SIZE);
    if (atomic_load_explicit(&span->control, memory_order_relaxed) != SPAN_GUARDED)
        fault(function, block, "block was freed already");
    if (block != start)
        fault_interior(function, block, start);
    if (!canary_intact(start + size, (const char *)round_up((uintptr_t)start + size, os_page_bytes())))
        fault(function, block, "block was written to beyond its end");
    return size;
}

void guard_free(Span *span, void *block) {
    int saved = errno;
    uintptr_t guarded = SPAN_GUARDED;
    if (atomic_load_explicit(&span->control, memory_order_relaxed) != SPAN_GUARDED)
        fault("free", block, "double free");
    size_t size = guard_size("free", span, block);
    /* relaxed: two frees of one block are told apart by the word alone */
    if (!atomic_compare_exchange_strong_explicit(&span->control, &guarded, SPAN_RESTING, memory_order_relaxed,
                                                 memory_order_relaxed))
        fault("free", block, "double free");
    char *start = (char *)((uintptr_t)block & ~(os_page_bytes() - 1));
    size_t data = (size_t)((char *)block + size - start);
    data = round_up(data, os_page_bytes());
    os_release(start, data);
    os_protect(start, data, false);
    replace_oldest(span);
    errno = saved;
}

void guard_flush(void) {
    for (int each = 0; each < QUARANTINE_MAPPINGS; each++)
        replace_oldest(NULL);
}

void guard_lock(void) {
    lock_acquire(&resting.lock);
}
void guard_unlock(void) {
    lock_release(&resting.lock);
}
void guard_reset_lock(void) {
    lock_reset(&resting.lock);
}
void guard_add_counts(LockCounts *locks) {
    lock_add_counts(&resting.lock, locks);
}
