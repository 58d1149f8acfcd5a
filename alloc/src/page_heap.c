/*
 * page_heap.c - see page_heap.h.
 */
#include "page_heap.h"

#include <string.h>

#include "fault.h"
#include "lock.h"
#include "options.h"
#include "os_memory.h"

/* Bins by length in pages: exact up to 64, then eight a doubling, so that the first fitting run of the first fitting
 * bin is close to the best fit. */
enum { EXACT_BINS = 64, EXACT_TOP = 6, BIN_COUNT = EXACT_BINS + 26 * 8, BITMAP_WORDS = (BIN_COUNT + 63) / 64 };

typedef struct RunBins {
    size_t pages;
    uint64_t occupied[BITMAP_WORDS]; /* a bit a list that is not empty */
    SpanList lists[BIN_COUNT];
} RunBins;

/* Address space from the system, never returned; neighbours are one arena. */
typedef struct Arena {
    char *start, *end;
    struct Arena *next;
} Arena;

static struct {
    _Alignas(CACHE_LINE) Lock lock;
    bool releasing;        /* one thread at a time gives memory back */
    Span *oldest, *newest; /* dirty runs by the time they were freed */
    Arena *arenas;
    SpanList mapped; /* blocks with mappings of their own */
    Span *unused;    /* Spans that describe nothing, by `next` */
    char *grow_hint; /* where the next arena would be a neighbour */
    size_t mapped_bytes;
    size_t arena_pages;
    uint64_t released_bytes, spans_created, large_blocks;
    _Atomic uint32_t now_ms; /* when it was last asked for; stands still while MP_OPTION_RELEASE_CLOCK is frozen */
    /* What was handed out lately: in this window and in the one before. */
    uint32_t window_start_ms;
    size_t window_pages, last_window_pages;
    size_t window_swapped_pages; /* dirty pages given back in this window because clean ones were taken */
    _Atomic size_t dirty_bytes;  /* copy of dirty_runs.pages for page_heap_tick(), which looks without the lock */
} heap with_written;
static RunBins dirty_runs, clean_runs;

void page_heap_lock(void) {
    lock_acquire(&heap.lock);
}
void page_heap_unlock(void) {
    lock_release(&heap.lock);
}

/* Under the lock, as all that follows. NULL: no memory. */
static Span *span_new(void) {
    Span *span = heap.unused;
    if (span == NULL)
        return metadata_allocate(sizeof *span);
    heap.unused = span->next;
    span->next = NULL;
    return span;
}

static void span_delete(Span *span) {
    span->run_state = RUN_UNUSED;
    span->next = heap.unused;
    heap.unused = span;
}

/* -- bins ------------------------------------------------------------------------------------------------------- */

static unsigned bin_of(size_t pages) {
    if (pages <= EXACT_BINS)
        return (unsigned)pages - 1;
    unsigned top = 63 - (unsigned)__builtin_clzll(pages);
    unsigned bin = EXACT_BINS + (top - EXACT_TOP) * 8 + (unsigned)((pages >> (top - 3)) & 7);
    return bin < BIN_COUNT ? bin : BIN_COUNT - 1;
}

static void bins_insert(RunBins *bins, Span *span) {
    unsigned bin = bin_of(span->page_count);
    span_list_push_front(&bins->lists[bin], span);
    bins->occupied[bin / 64] |= (uint64_t)1 << (bin % 64);
    bins->pages += span->page_count;
}

static void bins_remove(RunBins *bins, Span *span) {
    unsigned bin = bin_of(span->page_count);
    span_list_remove(&bins->lists[bin], span);
    if (bins->lists[bin].first == NULL)
        bins->occupied[bin / 64] &= ~((uint64_t)1 << (bin % 64));
    bins->pages -= span->page_count;
}

/* The shortest run of a list that has at least `pages`, among the first few. Out of line, as detach_free(): copies
 * would be more code in every process, and no fewer instructions to run. */
static __attribute__((noinline)) Span *shortest_fit(const SpanList *list, size_t pages) {
    enum { LOOK_AT = 64 };
    Span *best = NULL;
    int looked = 0;
    for (Span *span = list->first; span != NULL && looked < LOOK_AT; span = span->next, looked++)
        if (span->page_count >= pages && (best == NULL || span->page_count < best->page_count))
            best = span;
    return best;
}

static Span *bins_find(const RunBins *bins, size_t pages) {
    unsigned bin = bin_of(pages);
    if (bin >= EXACT_BINS) { /* such a bin has runs that are too short, too */
        Span *span = shortest_fit(&bins->lists[bin], pages);
        if (span != NULL || ++bin >= BIN_COUNT)
            return span;
    }
    uint64_t word = bins->occupied[bin / 64] & (~(uint64_t)0 << (bin % 64));
    for (unsigned index = bin / 64;;) {
        if (word != 0) {
            unsigned found = index * 64 + (unsigned)__builtin_ctzll(word);
            return found < EXACT_BINS ? bins->lists[found].first : shortest_fit(&bins->lists[found], pages);
        }
        if (++index >= BITMAP_WORDS)
            return NULL;
        word = bins->occupied[index];
    }
}

/* Pages to leave out at the start of `span` for an aligned start. */
static size_t pages_to_skip(const Span *span, size_t alignment_pages) {
    return -((uintptr_t)span->base >> PAGE_SHIFT) & (alignment_pages - 1);
}

/* A run with room for `pages` behind an aligned start, among the first few that are long enough without one. */
static Span *bins_find_aligned(const RunBins *bins, size_t pages, size_t alignment_pages) {
    enum { LOOK_AT = 64 };
    if (alignment_pages == 1)
        return bins_find(bins, pages);
    int looked = 0;
    for (unsigned bin = bin_of(pages); bin < BIN_COUNT && looked < LOOK_AT; bin++)
        for (Span *span = bins->lists[bin].first; span != NULL && looked < LOOK_AT; span = span->next, looked++)
            if (span->page_count >= pages_to_skip(span, alignment_pages) + pages)
                return span;
    return bins_find(bins, pages + alignment_pages - 1);
}

/* -- free runs -------------------------------------------------------------------------------------------------- */

static void note_dirty(void) {
    atomic_store_explicit(&heap.dirty_bytes, dirty_runs.pages << PAGE_SHIFT, memory_order_relaxed);
}

static void age_append(Span *span) {
    span->age_next = NULL;
    span->age_prev = heap.newest;
    if (heap.newest != NULL)
        heap.newest->age_next = span;
    else
        heap.oldest = span;
    heap.newest = span;
}

static void age_remove(Span *span) {
    if (span->age_prev != NULL)
        span->age_prev->age_next = span->age_next;
    else
        heap.oldest = span->age_next;
    if (span->age_next != NULL)
        span->age_next->age_prev = span->age_prev;
    else
        heap.newest = span->age_prev;
    span->age_next = span->age_prev = NULL;
}

static void mark_ends(Span *span, Span *value) {
    page_map_set(span->base, value);
    page_map_set(span->base + span_bytes(span) - PAGE_BYTES, value);
}

static __attribute__((noinline)) void detach_free(Span *span) {
    if (span->run_state == RUN_DIRTY) {
        bins_remove(&dirty_runs, span);
        age_remove(span);
        note_dirty();
    } else {
        bins_remove(&clean_runs, span);
    }
}

/* Makes `span` a free run of kind `state`, united with its neighbours of the same kind. It is in no bin yet. */
static void attach_free(Span *span, RunState state) {
    Span *before = page_map_get(span->base - PAGE_BYTES);
    if (before != NULL && before->run_state == state && before->base + span_bytes(before) == span->base) {
        detach_free(before);
        mark_ends(before, NULL);
        mark_ends(span, NULL);
        span->base = before->base;
        span->page_count += before->page_count;
        span_delete(before);
    }
    Span *after = page_map_get(span->base + span_bytes(span));
    if (after != NULL && after->run_state == state && after->base == span->base + span_bytes(span)) {
        detach_free(after);
        mark_ends(after, NULL);
        mark_ends(span, NULL);
        span->page_count += after->page_count;
        span_delete(after);
    }
    span->run_state = (uint8_t)state;
    mark_ends(span, span);
    if (state == RUN_DIRTY) {
        bins_insert(&dirty_runs, span);
        age_append(span);
        note_dirty();
    } else {
        bins_insert(&clean_runs, span);
    }
}

/* Cuts `span`, which is in no bin, behind `pages` pages; what follows becomes a free run of its own in `rest`. */
static void cut(Span *span, size_t pages, Span *rest, RunState state) {
    rest->base = span->base + (pages << PAGE_SHIFT);
    rest->page_count = span->page_count - pages;
    rest->freed_at_ms = span->freed_at_ms;
    span->page_count = pages;
    attach_free(rest, state);
}

/* -- the system ------------------------------------------------------------------------------------------------- */

static bool add_arena(char *start, size_t bytes) {
    char *end = start + bytes;
    Arena *below = NULL, **above = NULL;
    for (Arena **link = &heap.arenas; *link != NULL; link = &(*link)->next) {
        if ((*link)->end == start)
            below = *link;
        else if ((*link)->start == end)
            above = link;
    }
    if (below != NULL) {
        below->end = end;
        if (above != NULL) { /* a gap is filled: free runs unite across it, so the arenas must */
            below->end = (*above)->end;
            *above = (*above)->next; /* its record is lost: one line of metadata */
        }
        return true;
    }
    if (above != NULL) {
        (*above)->start = start;
        return true;
    }
    Arena *arena = metadata_allocate(sizeof *arena);
    if (arena == NULL)
        return false;
    *arena = (Arena){.start = start, .end = start + bytes, .next = heap.arenas};
    heap.arenas = arena;
    return true;
}

/* As os_map(), for pages that blocks will stand in. */
static char *map_pages(size_t bytes, size_t alignment, char *hint) {
    char *start = os_map(bytes, alignment, hint);
    size_t choice = option_value(MP_OPTION_HUGE_PAGES);
    if (start != NULL && choice != MP_HUGE_PAGES_SYSTEM)
        os_advise_huge(start, bytes, choice == MP_HUGE_PAGES_ALWAYS);
    return start;
}

static bool grow_by(size_t bytes) {
    char *start = map_pages(bytes, PAGE_BYTES, heap.grow_hint == NULL ? NULL : heap.grow_hint - bytes);
    if (start == NULL)
        return false;
    Span *span = page_map_reserve(start, bytes) ? span_new() : NULL;
    if (span == NULL || !add_arena(start, bytes)) {
        if (span != NULL)
            span_delete(span);
        os_unmap(start, bytes);
        return false;
    }
    heap.grow_hint = start;
    heap.mapped_bytes += bytes;
    heap.arena_pages += bytes >> PAGE_SHIFT;
    span->base = start;
    span->page_count = bytes >> PAGE_SHIFT;
    attach_free(span, RUN_CLEAN);
    return true;
}

/* Asks for more than needed while that is cheap, for just what is needed when the system says no. */
static bool grow(size_t pages) {
    size_t needed = pages << PAGE_SHIFT;
    size_t wished = heap.mapped_bytes / 4 & ~(PAGE_BYTES - 1);
    if (wished < GROW_MIN_BYTES)
        wished = GROW_MIN_BYTES;
    if (wished > GROW_MAX_BYTES)
        wished = GROW_MAX_BYTES;
    return (wished > needed && grow_by(wished)) || grow_by(needed);
}

/* Gives one dirty run back, with the lock dropped meanwhile. False: the system refused. */
static bool release_run(Span *span) {
    detach_free(span);
    span->run_state = RUN_RELEASING; /* no neighbour unites with it */
    lock_release(&heap.lock);
    bool released = os_release(span->base, span_bytes(span));
    lock_acquire(&heap.lock);
    if (released)
        heap.released_bytes += span_bytes(span);
    attach_free(span, released ? RUN_CLEAN : RUN_DIRTY);
    return released;
}

uint32_t page_heap_now(void) {
    return atomic_load_explicit(&heap.now_ms, memory_order_relaxed);
}

static uint32_t passed(uint32_t now_ms, uint32_t since_ms) {
    uint32_t difference = now_ms - since_ms;
    return difference > UINT32_MAX / 2 ? 0 : difference;
}

uint32_t page_heap_age(uint32_t since_ms) {
    return passed(page_heap_now(), since_ms);
}

static uint32_t release_clock(void) {
    if (option_value(MP_OPTION_RELEASE_CLOCK) == MP_CLOCK_RUNNING) {
        uint32_t now_ms = (uint32_t)os_clock_ms();
        if (now_ms != page_heap_now()) /* not to write a shared line for nothing */
            atomic_store_explicit(&heap.now_ms, now_ms, memory_order_relaxed);
    }
    return page_heap_now();
}

/* Moves the windows on; returns the time. */
static uint32_t advance_window(void) {
    uint32_t now_ms = release_clock();
    uint32_t window_ms = passed(now_ms, heap.window_start_ms);
    if (window_ms >= RELEASE_WINDOW_MS) {
        heap.last_window_pages = window_ms < 2 * RELEASE_WINDOW_MS ? heap.window_pages : 0;
        heap.window_pages = 0;
        heap.window_swapped_pages = 0;
        heap.window_start_ms = now_ms;
    }
    return now_ms;
}

static size_t dirty_limit(void) {
    size_t lately = (heap.window_pages + heap.last_window_pages) << PAGE_SHIFT;
    size_t in_use = (heap.arena_pages - dirty_runs.pages - clean_runs.pages) << PAGE_SHIFT;
    size_t most = option_value(MP_OPTION_RELEASE_HARD_BYTES) + in_use / 2;
    return option_value(MP_OPTION_RELEASE_SOFT_BYTES) + (lately < most ? lately : most);
}

static bool release_due(const Span *oldest, uint32_t now_ms) {
    size_t dirty = dirty_runs.pages << PAGE_SHIFT;
    return dirty > option_value(MP_OPTION_RELEASE_SOFT_BYTES) &&
           (dirty > dirty_limit() || passed(now_ms, oldest->freed_at_ms) >= option_value(MP_OPTION_RELEASE_DELAY_MS));
}

static void release_what_is_due(uint32_t now_ms) {
    if (heap.releasing)
        return;
    heap.releasing = true;
    while (heap.oldest != NULL && release_due(heap.oldest, now_ms))
        if (!release_run(heap.oldest))
            break;
    heap.releasing = false;
}

void page_heap_tick(void) {
    if (atomic_load_explicit(&heap.dirty_bytes, memory_order_relaxed) <= option_value(MP_OPTION_RELEASE_SOFT_BYTES)) {
        release_clock(); /* for page_heap_now(); advance_window() reads it otherwise */
        return;
    }
    lock_acquire(&heap.lock);
    release_what_is_due(advance_window());
    lock_release(&heap.lock);
}

size_t page_heap_release(size_t keep) {
    lock_acquire(&heap.lock);
    uint64_t before = heap.released_bytes;
    while (heap.oldest != NULL && dirty_runs.pages << PAGE_SHIFT > keep)
        if (!release_run(heap.oldest))
            break;
    size_t released = (size_t)(heap.released_bytes - before);
    lock_release(&heap.lock);
    return released;
}

/* -- runs handed out -------------------------------------------------------------------------------------------- */

/* A free run with room for `pages` behind a start that is aligned, dirty before clean, growing the heap if it must. */
static Span *find_free(size_t pages, size_t alignment_pages) {
    Span *span = bins_find_aligned(&dirty_runs, pages, alignment_pages);
    if (span == NULL)
        span = bins_find_aligned(&clean_runs, pages, alignment_pages);
    if (span == NULL && grow(pages + alignment_pages - 1))
        span = bins_find(&clean_runs, pages + alignment_pages - 1);
    return span;
}

/* A dirty run together with as much as it lacks of a clean neighbour, as one run in no bin: of the longest that are too
 * short by themselves, the first that has such a neighbour. NULL: none of the few looked at. */
static Span *join_dirty_and_clean(size_t pages) {
    enum { LOOK_AT = 32 };
    int looked = 0;
    for (unsigned bin = bin_of(pages) + 1; bin-- > 0 && looked < LOOK_AT;)
        for (Span *span = dirty_runs.lists[bin].first; span != NULL && looked < LOOK_AT; span = span->next, looked++) {
            size_t missing = pages - span->page_count;
            Span *after = page_map_get(span->base + span_bytes(span)), *before = page_map_get(span->base - PAGE_BYTES);
            bool behind = after != NULL && after->run_state == RUN_CLEAN &&
                          after->base == span->base + span_bytes(span) && after->page_count >= missing;
            bool ahead = before != NULL && before->run_state == RUN_CLEAN &&
                         before->base + span_bytes(before) == span->base && before->page_count >= missing;
            if (span->page_count >= pages || (!behind && !ahead))
                continue;
            Span *clean = behind ? after : before;
            detach_free(span);
            mark_ends(span, NULL);
            detach_free(clean);
            mark_ends(clean, NULL);
            span->run_state = RUN_IN_USE;
            span->page_count = pages;
            clean->page_count -= missing;
            if (behind)
                clean->base += missing << PAGE_SHIFT;
            else
                span->base -= missing << PAGE_SHIFT;
            if (clean->page_count == 0)
                span_delete(clean);
            else
                attach_free(clean, RUN_CLEAN);
            return span;
        }
    return NULL;
}

/* A large block took clean pages although as many dirty ones are free: they are in pieces that are too short. As many
 * of those go back, so that a heap whose blocks grow does not keep what they grew out of. */
static void swap_dirty_for_clean(size_t pages) {
    if (heap.releasing)
        return;
    heap.releasing = true;
    while (pages != 0 && heap.oldest != NULL && heap.window_swapped_pages < RELEASE_SWAP_BYTES >> PAGE_SHIFT) {
        size_t length = heap.oldest->page_count;
        if (!release_run(heap.oldest))
            break;
        heap.window_swapped_pages += length;
        pages = length < pages ? pages - length : 0;
    }
    heap.releasing = false;
}

Span *page_heap_allocate(size_t pages, size_t alignment_pages, PageUse use) {
    if (pages + alignment_pages < pages)
        return NULL;
    /* Spans for what may be cut off, made before anything is changed: from here on nothing can fail half-way. */
    lock_acquire(&heap.lock);
    Span *front = alignment_pages > 1 ? span_new() : NULL;
    Span *rest = span_new();
    Span *span = NULL;
    RunState state = RUN_DIRTY;
    if (rest != NULL && (alignment_pages == 1 || front != NULL))
        span = find_free(pages, alignment_pages);
    if (span != NULL && span->run_state == RUN_CLEAN && use == PAGE_USE_LARGE && alignment_pages == 1) {
        Span *joined = join_dirty_and_clean(pages);
        span = joined != NULL ? joined : span;
    }
    if (span != NULL && span->run_state != RUN_IN_USE) {
        state = (RunState)span->run_state;
        detach_free(span);
        mark_ends(span, NULL);
        size_t skip = pages_to_skip(span, alignment_pages);
        if (skip != 0) { /* span keeps the aligned end, front becomes the free run before it */
            front->base = span->base;
            front->page_count = skip;
            front->freed_at_ms = span->freed_at_ms;
            span->base += skip << PAGE_SHIFT;
            span->page_count -= skip;
            span->run_state = RUN_IN_USE;
            attach_free(front, state);
            front = NULL;
        }
        span->run_state = RUN_IN_USE;
        if (span->page_count > pages) {
            cut(span, pages, rest, state);
            rest = NULL;
        }
    }
    if (span != NULL) {
        span->zeroed = state == RUN_CLEAN;
        advance_window();
        heap.window_pages += pages;
        size_t mapped = use == PAGE_USE_SMALL ? pages : 1;
        for (size_t page = 0; page < mapped; page++)
            page_map_set(span->base + (page << PAGE_SHIFT), span);
        heap.spans_created++;
        heap.large_blocks += use == PAGE_USE_LARGE;
        if (use == PAGE_USE_LARGE && span->zeroed)
            swap_dirty_for_clean(pages);
    }
    if (front != NULL)
        span_delete(front);
    if (rest != NULL)
        span_delete(rest);
    lock_release(&heap.lock);
    return span;
}

void page_heap_free(Span *span) {
    lock_acquire(&heap.lock);
    for (size_t page = 0; page < span->page_count; page++)
        if (page_map_get(span->base + (page << PAGE_SHIFT)) == span)
            page_map_set(span->base + (page << PAGE_SHIFT), NULL);
        else
            break; /* a large run: only its first page was set */
    uint32_t now_ms = advance_window();
    span->freed_at_ms = now_ms;
    attach_free(span, RUN_DIRTY);
    release_what_is_due(now_ms);
    lock_release(&heap.lock);
}

bool page_heap_resize(Span *span, size_t pages) {
    bool done = false;
    lock_acquire(&heap.lock);
    Span *rest = span_new();
    if (rest == NULL) {
        lock_release(&heap.lock);
        return false;
    }
    if (pages < span->page_count) {
        span->freed_at_ms = release_clock(); /* the rest's, by cut() */
        cut(span, pages, rest, RUN_DIRTY);
        rest = NULL;
        done = true;
    } else {
        Span *after = page_map_get(span->base + span_bytes(span));
        size_t missing = pages - span->page_count;
        if (after != NULL && (after->run_state == RUN_DIRTY || after->run_state == RUN_CLEAN) &&
            after->base == span->base + span_bytes(span) && after->page_count >= missing) {
            RunState state = (RunState)after->run_state;
            detach_free(after);
            mark_ends(after, NULL);
            if (after->page_count > missing)
                cut(after, missing, rest, state);
            else
                span_delete(rest);
            span->page_count = pages;
            span_delete(after);
            rest = NULL;
            done = true;
        }
    }
    if (rest != NULL)
        span_delete(rest);
    lock_release(&heap.lock);
    return done;
}

/* -- mappings of their own -------------------------------------------------------------------------------------- */

Span *page_heap_map(size_t pages, size_t alignment_pages) {
    size_t bytes = pages << PAGE_SHIFT;
    char *base = map_pages(bytes, alignment_pages << PAGE_SHIFT, NULL);
    if (base == NULL)
        return NULL;
    lock_acquire(&heap.lock);
    Span *span = page_map_reserve(base, PAGE_BYTES) ? span_new() : NULL;
    if (span != NULL) {
        span->base = base;
        span->page_count = pages;
        span->zeroed = true;
        span->run_state = RUN_MAPPED;
        page_map_set(base, span);
        span_list_push_back(&heap.mapped, span);
        heap.mapped_bytes += bytes;
        heap.spans_created++;
        heap.large_blocks++;
    }
    lock_release(&heap.lock);
    if (span == NULL)
        os_unmap(base, bytes);
    return span;
}

void page_heap_unmap(Span *span) {
    char *base = span->base;
    size_t bytes = span_bytes(span);
    lock_acquire(&heap.lock);
    page_map_set(base, NULL);
    span_list_remove(&heap.mapped, span);
    heap.mapped_bytes -= bytes;
    span_delete(span);
    lock_release(&heap.lock);
    os_unmap(base, bytes);
}

bool page_heap_remap(Span *span, size_t pages) {
    size_t old_bytes = span_bytes(span), new_bytes = pages << PAGE_SHIFT;
    char *old_base = span->base;
    lock_acquire(&heap.lock);
    char *base = old_base;
    if (!os_resize(old_base, old_bytes, new_bytes)) {
        base = os_map(new_bytes, PAGE_BYTES, NULL);
        if (base != NULL && !page_map_reserve(base, PAGE_BYTES)) {
            os_unmap(base, new_bytes);
            base = NULL;
        }
        if (base != NULL && !os_move(old_base, old_bytes, base, new_bytes))
            base = NULL;
    }
    if (base != NULL) {
        page_map_set(old_base, NULL);
        page_map_set(base, span);
        span->base = base;
        span->page_count = pages;
        heap.mapped_bytes += new_bytes - old_bytes;
    }
    lock_release(&heap.lock);
    return base != NULL;
}

cold void page_heap_after_fork(void) {
    lock_reset(&heap.lock);
    heap.releasing = false;
    for (Arena *arena = heap.arenas; arena != NULL; arena = arena->next)
        for (char *at = arena->start; at < arena->end;) {
            Span *span = page_map_get(at);
            if (span->run_state == RUN_RELEASING) { /* by a thread that does not exist here */
                attach_free(span, RUN_DIRTY);
                at = span->base; /* it may have grown to both sides */
            }
            at += span_bytes(span);
        }
}

/* -- looking at it ---------------------------------------------------------------------------------------------- */

cold PageHeapStats page_heap_stats(void) {
    lock_acquire(&heap.lock);
    PageHeapStats stats = {
        .mapped_bytes = heap.mapped_bytes,
        .dirty_bytes = dirty_runs.pages << PAGE_SHIFT,
        .clean_bytes = clean_runs.pages << PAGE_SHIFT,
        .released_bytes = heap.released_bytes,
        .spans_created = heap.spans_created,
        .large_blocks = heap.large_blocks,
    };
    lock_add_counts(&heap.lock, &stats.locks);
    lock_release(&heap.lock);
    return stats;
}

static cold void each_locked(void (*visit)(Span *span, void *argument), void *argument) {
    for (Arena *arena = heap.arenas; arena != NULL; arena = arena->next)
        for (char *at = arena->start; at < arena->end;) {
            Span *span = page_map_get(at);
            if (span == NULL || span->base != at || span->page_count == 0)
                fault("mp_check", at, "page map has no run here");
            at += span_bytes(span);
            visit(span, argument);
        }
    for (Span *span = heap.mapped.first; span != NULL; span = span->next)
        visit(span, argument);
}

cold void page_heap_each(void (*visit)(Span *span, void *argument), void *argument) {
    lock_acquire(&heap.lock);
    each_locked(visit, argument);
    lock_release(&heap.lock);
}

typedef struct FreePages {
    size_t dirty, clean;
} FreePages;

static cold void check_run(Span *span, void *argument) {
    FreePages *seen = argument;
    if (span->run_state != RUN_DIRTY && span->run_state != RUN_CLEAN)
        return;
    char *end = span->base + span_bytes(span);
    if (page_map_get(end - PAGE_BYTES) != span)
        fault("mp_check", span->base, "free run's last page is not in the page map");
    for (char *page = span->base + PAGE_BYTES; page < end - PAGE_BYTES; page += PAGE_BYTES)
        if (page_map_get(page) != NULL)
            fault("mp_check", page, "page map entry inside a free run");
    Span *after = page_map_get(end);
    if (after != NULL && after->base == end && after->run_state == span->run_state)
        fault("mp_check", end, "neighbouring free runs are not united");
    if (atomic_load_explicit(&span->control, memory_order_relaxed) != 0)
        fault("mp_check", span->base, "free run has an owner");
    *(span->run_state == RUN_DIRTY ? &seen->dirty : &seen->clean) += span->page_count;
}

cold void page_heap_check(void) {
    lock_acquire(&heap.lock);
    FreePages seen = {0, 0};
    each_locked(check_run, &seen);
    if (seen.dirty != dirty_runs.pages || seen.clean != clean_runs.pages)
        fault("mp_check", NULL, "free pages in the arenas and in the bins differ");
    size_t aged = 0;
    for (Span *span = heap.oldest; span != NULL; span = span->age_next)
        aged += span->page_count;
    if (aged != dirty_runs.pages)
        fault("mp_check", NULL, "dirty pages in the bins and in the age list differ");
    lock_release(&heap.lock);
}
