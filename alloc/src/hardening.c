/*
 * hardening.c - see hardening.h.
 *
 * A HARDENED span has two bits an object: held (by the program) and ready (to be handed out). Held ones are set by the
 * allocating and cleared by the freeing thread, atomically, so of two frees of one block one finds it cleared. All else
 * is under the lock of the span's shard. An object that is neither rests in the shard's quarantine, is on its way
 * there, or was never carved.
 *
 * What a ready object holds is checked when it is handed out or its span goes back: at level 1 a number made of its
 * address in its first word, at level 2 the same byte all through. At level 2 an object that is held ends in a canary,
 * from what was asked for on, whose last four bytes hold what was asked for, encoded.
 */
#include "hardening.h"

#include <errno.h>
#include <string.h>

#include "canary.h"
#include "fault.h"
#include "guard.h"
#include "page_heap.h"

enum { FILL_BYTE = 0xdf, CANARY_MIN_BYTES = 8, TICK_EVERY = 256 };

typedef struct Shard {
    _Alignas(CACHE_LINE) Lock lock;
    uint64_t random; /* state of a generator; 0: not seeded yet */
    uint32_t allocations;
    SpanList spans[SIZE_CLASS_COUNT]; /* those with objects that are ready or not carved */
    /* Level 2: a ring of blocks that rest, the oldest at `oldest`. */
    void *resting[QUARANTINE_BLOCKS];
    uint32_t oldest, resting_count;
    size_t resting_bytes;
} Shard;

static Shard shards[HARDENING_SHARDS];
static _Atomic uint32_t threads_seen;
static __thread Shard *shard_of_thread __attribute__((tls_model("initial-exec")));

static Shard *own_shard(void) {
    if (unlikely(shard_of_thread == NULL))
        shard_of_thread = &shards[atomic_fetch_add_explicit(&threads_seen, 1, memory_order_relaxed) % HARDENING_SHARDS];
    return shard_of_thread;
}

/* -- bits ------------------------------------------------------------------------------------------------------- */

static uint32_t words_of(const Span *span) {
    return span->remote_words / 2U;
}

static _Atomic uint64_t *held_word(const Span *span, uint32_t index) {
    return &span->remote_bits[index / 64];
}

static _Atomic uint64_t *ready_word(const Span *span, uint32_t index) {
    return &span->remote_bits[words_of(span) + index / 64];
}

static uint64_t bit_of(uint32_t index) {
    return (uint64_t)1 << (index % 64);
}

static uint64_t load(const _Atomic uint64_t *word) {
    return atomic_load_explicit((_Atomic uint64_t *)word, memory_order_relaxed);
}

/* Under the shard's lock, so that a load and a store do. */
static void change_ready(Span *span, uint32_t index) {
    _Atomic uint64_t *word = ready_word(span, index);
    atomic_store_explicit(word, load(word) ^ bit_of(index), memory_order_relaxed);
}

static bool is_held(const Span *span, uint32_t index) {
    return (load(held_word(span, index)) & bit_of(index)) != 0;
}

static char *object_at(const Span *span, uint32_t index) {
    return span->base + (size_t)index * span->object_bytes;
}

/* -- what free and held objects contain ------------------------------------------------------------------------- */

static void mark_free(char *object, size_t bytes) {
    uint64_t mark = canary_of(object);
    if (hardening_level() > 1)
        memset(object, FILL_BYTE, bytes);
    else
        memcpy(object, &mark, sizeof mark);
}

static bool is_untouched(const char *object, size_t bytes) {
    uint64_t first, expected = canary_of(object);
    memcpy(&first, object, sizeof first);
    if (hardening_level() == 1)
        return first == expected;
    memset(&expected, FILL_BYTE, sizeof expected);
    return first == expected && memcmp(object, object + sizeof first, bytes - sizeof first) == 0;
}

static void check_untouched(const char *function, const char *object, size_t bytes) {
    if (unlikely(!is_untouched(object, bytes)))
        fault(function, object, "block was written to after it was freed");
}

static void set_end(const Span *span, char *object, size_t size) {
    char *end = object + span->object_bytes;
    uint32_t code = (uint32_t)size ^ (uint32_t)canary_of(object);
    canary_fill(object + size, end - sizeof code);
    memcpy(end - sizeof code, &code, sizeof code);
}

/* What was asked for. */
static size_t check_end(const char *function, const Span *span, const char *object) {
    const char *end = object + span->object_bytes;
    uint32_t code;
    memcpy(&code, end - sizeof code, sizeof code);
    size_t size = code ^ (uint32_t)canary_of(object);
    if (size > span->object_bytes - CANARY_MIN_BYTES || !canary_intact(object + size, end - sizeof code))
        fault(function, object, "block was written to beyond its end");
    return size;
}

/* -- spans ------------------------------------------------------------------------------------------------------ */

static Span *new_span(Shard *shard, unsigned size_class) {
    Span *span = page_heap_allocate(size_classes[size_class].page_count, 1, PAGE_USE_SMALL);
    if (span == NULL)
        return NULL;
    bool begun = span_begin(span, size_class);
    if (begun) { /* of bits it needs two an object */
        uint32_t words = span->remote_words;
        span_drop_bits(span);
        begun = span_prepare_bits(span, 2 * 64 * words);
    }
    if (!begun) {
        page_heap_free(span);
        return NULL;
    }
    span->bucket = (uint8_t)(shard - shards);
    span_list_push_front(&shard->spans[size_class], span);
    /* release: whoever gets an object of it sees all of it */
    atomic_store_explicit(&span->control, SPAN_HARDENED, memory_order_release);
    return span;
}

static void carve(Span *span) {
    uint32_t rest = span->object_count - span->carved;
    uint32_t count = (uint32_t)(HARDENING_CARVE_BYTES / span->object_bytes);
    count = count == 0 ? 1 : count < rest ? count : rest;
    for (uint32_t made = 0; made < count; made++, span->carved++) {
        mark_free(object_at(span, span->carved), span->object_bytes);
        change_ready(span, span->carved);
    }
}

/* Level 1: one of those that were freed last. Level 2: any. */
static uint32_t choose(Shard *shard, const Span *span) {
    uint32_t words = (span->carved + 63) / 64, word = span->bits_from, turn = 0;
    if (hardening_level() > 1) {
        if (shard->random == 0)
            shard->random = canary_of(shard) | 1;
        shard->random = shard->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        word = (uint32_t)(shard->random >> 40) % words;
        turn = (uint32_t)(shard->random >> 32) % 64;
    }
    uint64_t ready;
    while ((ready = load(ready_word(span, word * 64))) == 0)
        word = word + 1 < words ? word + 1 : 0;
    ready = ready >> turn | ready << (-turn % 64);
    return word * 64 + ((uint32_t)__builtin_ctzll(ready) + turn) % 64;
}

/* The object may be handed out again. A span that is now wholly free leaves the shard and goes in front of `empty`. */
static void make_ready(Shard *shard, Span *span, uint32_t index, Span **empty) {
    SpanList *list = &shard->spans[span->size_class];
    if (span->used-- == span->object_count)
        span_list_push_front(list, span);
    change_ready(span, index);
    span->bits_from = (uint16_t)(index / 64);
    bool only = list->first == span && span->next == NULL;
    if (span->used == 0 && !(only && span->object_bytes <= KEEP_EMPTY_BYTES)) {
        span_list_remove(list, span);
        span->next = *empty;
        *empty = span;
    }
}

static void give_back(Span *span) {
    while (span != NULL) {
        Span *next = span->next;
        for (uint32_t index = 0; index < span->carved; index++)
            check_untouched("free", object_at(span, index), span->object_bytes);
        for (uint32_t word = 0; word < span->remote_words; word++)
            atomic_store_explicit(&span->remote_bits[word], 0, memory_order_relaxed);
        atomic_store_explicit(&span->control, 0, memory_order_relaxed);
        span->next = NULL;
        span_drop_bits(span);
        page_heap_free(span);
        span = next;
    }
}

/* -- allocation and free ---------------------------------------------------------------------------------------- */

void *hardening_allocate(size_t alignment, size_t size) {
    bool ends_guarded = hardening_level() > 1;
    size_t bytes = ends_guarded ? size + CANARY_MIN_BYTES : size;
    unsigned size_class = bytes < size ? SIZE_CLASS_COUNT : size_class_of_aligned(alignment, bytes);
    if (size_class == SIZE_CLASS_COUNT)
        return ends_guarded ? guard_allocate(alignment, size) : NULL;
    Shard *shard = own_shard();
    lock_acquire(&shard->lock);
    bool tick = ++shard->allocations % TICK_EVERY == 0;
    Span *span = shard->spans[size_class].first;
    if (span == NULL && (span = new_span(shard, size_class)) == NULL) {
        lock_release(&shard->lock);
        return NULL;
    }
    if (span->used == span->carved)
        carve(span);
    uint32_t index = choose(shard, span);
    change_ready(span, index);
    if (++span->used == span->object_count)
        span_list_remove(&shard->spans[size_class], span);
    lock_release(&shard->lock);

    char *object = object_at(span, index);
    check_untouched("malloc", object, span->object_bytes);
    if (ends_guarded)
        set_end(span, object, size);
    atomic_fetch_or_explicit(held_word(span, index), bit_of(index), memory_order_relaxed);
    if (tick)
        page_heap_tick();
    return object;
}

/* The index of the object that the program holds at `block`. */
static uint32_t index_of_held(const char *function, const Span *span, const void *block) {
    uint32_t index = span_index(span, block);
    if (index >= span->object_count)
        fault_interior(function, block, span_object_start(span, block));
    if (!is_held(span, index))
        fault(function, block, "block was freed already");
    return index;
}

static void wake_oldest(Shard *shard, Span **empty) {
    void *block = shard->resting[shard->oldest];
    Span *span = page_map_get(block);
    shard->oldest = (shard->oldest + 1) % QUARANTINE_BLOCKS;
    shard->resting_count--;
    shard->resting_bytes -= span->object_bytes;
    make_ready(shard, span, span_index(span, block), empty);
}

static void rest(Shard *shard, Span *span, void *block, Span **empty) {
    while (shard->resting_count == QUARANTINE_BLOCKS ||
           (shard->resting_count != 0 && shard->resting_bytes + span->object_bytes > QUARANTINE_BYTES))
        wake_oldest(shard, empty);
    shard->resting[(shard->oldest + shard->resting_count++) % QUARANTINE_BLOCKS] = block;
    shard->resting_bytes += span->object_bytes;
}

void hardening_free(Span *span, void *block) {
    if (atomic_load_explicit(&span->control, memory_order_relaxed) != SPAN_HARDENED) {
        guard_free(span, block);
        return;
    }
    uint32_t index = span_index(span, block);
    if (index >= span->object_count)
        fault_interior("free", block, span_object_start(span, block));
    /* relaxed: of two frees one finds the bit cleared; the shard's lock orders everything else */
    uint64_t old = atomic_fetch_and_explicit(held_word(span, index), ~bit_of(index), memory_order_relaxed);
    if ((old & bit_of(index)) == 0)
        fault("free", block, "double free");
    int saved = errno;
    bool rests = hardening_level() > 1;
    if (rests)
        check_end("free", span, block);
    mark_free(block, span->object_bytes);
    Shard *shard = &shards[span->bucket];
    Span *empty = NULL;
    lock_acquire(&shard->lock);
    if (rests)
        rest(shard, span, block, &empty);
    else
        make_ready(shard, span, index, &empty);
    lock_release(&shard->lock);
    give_back(empty);
    errno = saved;
}

void hardening_flush(void) {
    for (Shard *shard = shards; shard < shards + HARDENING_SHARDS; shard++) {
        Span *empty = NULL;
        lock_acquire(&shard->lock);
        while (shard->resting_count != 0)
            wake_oldest(shard, &empty);
        for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++) {
            Span *span = shard->spans[size_class].first;
            while (span != NULL) {
                Span *next = span->next;
                if (span->used == 0) {
                    span_list_remove(&shard->spans[size_class], span);
                    span->next = empty;
                    empty = span;
                }
                span = next;
            }
        }
        lock_release(&shard->lock);
        give_back(empty);
    }
    guard_flush();
}

size_t hardening_usable_size(const char *function, const Span *span, const void *block) {
    if (atomic_load_explicit(&span->control, memory_order_relaxed) != SPAN_HARDENED)
        return guard_size(function, span, block);
    index_of_held(function, span, block);
    return hardening_level() > 1 ? check_end(function, span, block) : span->object_bytes;
}

bool hardening_resize(Span *span, void *block, size_t size) {
    if (atomic_load_explicit(&span->control, memory_order_relaxed) != SPAN_HARDENED || size > SMALL_MAX_BYTES)
        return false;
    bool ends_guarded = hardening_level() > 1;
    if (size_class_of_aligned(1, ends_guarded ? size + CANARY_MIN_BYTES : size) != span->size_class)
        return false;
    if (ends_guarded)
        set_end(span, block, size);
    return true;
}

void hardening_check_size(const char *function, const Span *span, const void *block, size_t alignment, size_t size) {
    uintptr_t control = atomic_load_explicit(&span->control, memory_order_relaxed);
    if (control == SPAN_LARGE) { /* of level 1 */
        size_t pages = size > PTRDIFF_MAX ? 0 : (size + PAGE_BYTES - 1 + (size == 0)) >> PAGE_SHIFT;
        if (block == span->base && pages != span->page_count)
            fault_size(function, block, size, span_bytes(span));
        return;
    }
    if (control == SPAN_RESTING)
        return;
    if (control == SPAN_HARDENED) {
        uint32_t index = span_index(span, block);
        if (index >= span->object_count || !is_held(span, index))
            return;
    }
    size_t held = hardening_usable_size(function, span, block);
    bool exactly = hardening_level() > 1;
    unsigned size_class = size_class_of_aligned(alignment, exactly ? size + CANARY_MIN_BYTES : size);
    if (exactly ? held != size : size_class != span->size_class)
        fault_size(function, block, size, held);
    if (control == SPAN_HARDENED && size_class != span->size_class)
        fault(function, block, "wrong alignment");
}

/* -- pointers to nothing ---------------------------------------------------------------------------------------- */

typedef struct Stray {
    const char *pointer;
    const Span *run; /* NULL: in none */
} Stray;

static void look_into(Span *span, void *argument) {
    Stray *stray = argument;
    if (stray->pointer >= span->base && stray->pointer < span->base + span_bytes(span))
        stray->run = span;
}

_Noreturn void hardening_stray(const char *function, const void *block) {
    Stray stray = {.pointer = block};
    page_heap_each(look_into, &stray);
    if (stray.run == NULL)
        fault(function, block, "pointer was not allocated by minipool, or its block was freed already");
    uintptr_t control = atomic_load_explicit(&stray.run->control, memory_order_relaxed);
    if (control == SPAN_LARGE)
        fault_interior(function, block, stray.run->base);
    if (control != 0 && hardening_owns(control))
        hardening_usable_size(function, stray.run, block);
    fault(function, block, "block was freed already");
}

/* -- looking at it, fork ---------------------------------------------------------------------------------------- */

size_t hardening_held_bytes(const Span *span, uint64_t *blocks) {
    uintptr_t control = atomic_load_explicit(&span->control, memory_order_relaxed);
    if (control != SPAN_HARDENED) {
        *blocks += control == SPAN_GUARDED;
        return control == SPAN_GUARDED ? span_bytes(span) : 0;
    }
    const _Atomic uint64_t *bits = __atomic_load_n(&span->remote_bits, __ATOMIC_RELAXED);
    uint32_t held = bits == NULL ? 0 : span_remote_count(bits, words_of(span)); /* NULL: going back to the PageHeap */
    *blocks += held;
    return (size_t)held * span->object_bytes;
}

void hardening_add_counts(LockCounts *locks) {
    for (unsigned shard = 0; shard < HARDENING_SHARDS; shard++)
        lock_add_counts(&shards[shard].lock, locks);
    guard_add_counts(locks);
}

static void check_span(const Span *span) {
    uint32_t ready = span_remote_count(span->remote_bits + words_of(span), words_of(span));
    uint32_t held = span_remote_count(span->remote_bits, words_of(span));
    if (ready != span->carved - span->used || held > span->used)
        fault("mp_check", span->base, "a hardened span's bits and counts differ");
    if (span->used == span->object_count)
        fault("mp_check", span->base, "a hardened span without ready objects waits");
}

void hardening_check(void) {
    for (Shard *shard = shards; shard < shards + HARDENING_SHARDS; shard++) {
        lock_acquire(&shard->lock);
        for (unsigned size_class = 0; size_class < SIZE_CLASS_COUNT; size_class++)
            for (const Span *span = shard->spans[size_class].first; span != NULL; span = span->next)
                check_span(span);
        size_t bytes = 0;
        for (uint32_t at = 0; at < shard->resting_count; at++)
            bytes += page_map_get(shard->resting[(shard->oldest + at) % QUARANTINE_BLOCKS])->object_bytes;
        if (bytes != shard->resting_bytes)
            fault("mp_check", NULL, "resting bytes are counted wrong");
        lock_release(&shard->lock);
    }
}

void hardening_lock(void) {
    for (unsigned shard = 0; shard < HARDENING_SHARDS; shard++)
        lock_acquire(&shards[shard].lock);
    guard_lock();
}

void hardening_unlock(void) {
    guard_unlock();
    for (unsigned shard = HARDENING_SHARDS; shard-- > 0;)
        lock_release(&shards[shard].lock);
}

void hardening_reset_lock(void) {
    guard_reset_lock();
    for (unsigned shard = 0; shard < HARDENING_SHARDS; shard++)
        lock_reset(&shards[shard].lock);
}
