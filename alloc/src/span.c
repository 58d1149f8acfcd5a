/*
 * span.c - see span.h.
 */
#include "span.h"

#include "fault.h"
#include "lock.h"
#include "os_memory.h"

enum { METADATA_CHUNK_BYTES = 1 << 20, MAX_OBJECTS = PAGE_BYTES / 8 };
/* Objects of 8 bytes; unit_size_class.c sees that no class has more. */

static struct {
    _Alignas(CACHE_LINE) Lock lock;
    char *next, *end;
    size_t bytes;
    _Atomic uintptr_t *free_bits[9]; /* by log2 of the words, linked through the first word */
} metadata with_written;

with_written uintptr_t object_link_key;

void metadata_lock(void) {
    lock_acquire(&metadata.lock);
}
void metadata_unlock(void) {
    lock_release(&metadata.lock);
}
void metadata_reset_lock(void) {
    lock_reset(&metadata.lock);
}

static void *allocate_locked(size_t bytes) {
    bytes = (bytes + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
    if ((size_t)(metadata.end - metadata.next) < bytes) {
        size_t chunk =
            bytes > METADATA_CHUNK_BYTES ? (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1) : METADATA_CHUNK_BYTES;
        char *fresh = os_map(chunk, CACHE_LINE, NULL);
        if (fresh == NULL)
            return NULL;
        metadata.next = fresh;
        metadata.end = fresh + chunk;
        metadata.bytes += chunk;
    }
    void *memory = metadata.next;
    metadata.next += bytes;
    return memory;
}

void *metadata_allocate(size_t bytes) {
    metadata_lock();
    void *memory = allocate_locked(bytes);
    metadata_unlock();
    return memory;
}

size_t metadata_bytes(void) {
    metadata_lock();
    size_t bytes = metadata.bytes;
    metadata_unlock();
    return bytes;
}

static unsigned words_class(uint32_t words) {
    return words <= 1 ? 0 : 32 - (unsigned)__builtin_clz(words - 1);
}

bool span_prepare_bits(Span *span, uint32_t object_count) {
    uint32_t words = (object_count + 63) / 64;
    if (words <= SPAN_INLINE_WORDS) {
        span->remote_bits = span->inline_bits;
    } else {
        unsigned list = words_class(words);
        metadata_lock();
        _Atomic uintptr_t *bits = metadata.free_bits[list];
        if (bits != NULL) {
            metadata.free_bits[list] = (_Atomic uintptr_t *)atomic_load_explicit(bits, memory_order_relaxed);
            atomic_store_explicit(bits, 0, memory_order_relaxed);
        } else {
            bits = allocate_locked(sizeof(uint64_t) << list);
        }
        metadata_unlock();
        if (bits == NULL)
            return false;
        span->remote_bits = (_Atomic uint64_t *)bits;
    }
    span->remote_words = (uint16_t)words;
    return true;
}

void span_drop_bits(Span *span) {
    if (span->remote_bits != NULL && span->remote_bits != span->inline_bits) {
        unsigned list = words_class(span->remote_words);
        _Atomic uintptr_t *bits = (_Atomic uintptr_t *)span->remote_bits;
        metadata_lock();
        atomic_store_explicit(bits, (uintptr_t)metadata.free_bits[list], memory_order_relaxed);
        metadata.free_bits[list] = bits;
        metadata_unlock();
    }
    span->remote_bits = NULL;
    span->remote_words = 0;
}

uint32_t span_remote_count(const _Atomic uint64_t *bits, uint32_t words) {
    uint32_t count = 0;
    for (uint32_t word = 0; word < words; word++)
        count +=
            (uint32_t)__builtin_popcountll(atomic_load_explicit((_Atomic uint64_t *)&bits[word], memory_order_seq_cst));
    return count;
}

bool span_begin(Span *span, unsigned size_class) {
    const SizeClass *description = &size_classes[size_class];
    span->object_bytes = description->object_bytes;
    span->object_count = description->object_count;
    if (!span_prepare_bits(span, description->object_count))
        return false;
    span->reciprocal = size_class_reciprocal(description->object_bytes);
    span->size_class = (uint8_t)size_class;
    span->free_list = NULL;
    span->used = 0;
    span->carved = 0;
    span->bits_from = 0;
    span->purged_used = SPAN_NEVER_PURGED;
    span->place = SPAN_NOWHERE;
    return true;
}

bool span_collect(Span *span) {
    uint32_t words = span->remote_words;
    uint32_t word = span->bits_from < words ? span->bits_from : 0;
    for (uint32_t looked = 0; looked < words; looked++) {
        if (atomic_load_explicit(&span->remote_bits[word], memory_order_relaxed) != 0) {
            /* acquire: partner of the freer's fetch_or; what it wrote into the object happened before we reuse it */
            uint64_t bits = atomic_exchange_explicit(&span->remote_bits[word], 0, memory_order_acquire);
            char *base = span->base + (size_t)word * 64 * span->object_bytes;
            FreeObject *first = NULL;
            span->used -= (uint32_t)__builtin_popcountll(bits);
            while (bits != 0) { /* from the last on, so that they are handed out in the order of their addresses */
                unsigned bit = 63 - (unsigned)__builtin_clzll(bits);
                bits &= ~((uint64_t)1 << bit);
                FreeObject *object = (FreeObject *)(void *)(base + (size_t)bit * span->object_bytes);
                object_link(object, first);
                first = object;
            }
            /* a child of fork() must never see the list half linked: its links would be user data */
            atomic_signal_fence(memory_order_release);
            span->free_list = first;
            span->bits_from = (uint16_t)word;
            return true;
        }
        word = word + 1 < words ? word + 1 : 0;
    }
    return false;
}

bool span_carve(Span *span) {
    uint32_t rest = span->object_count - span->carved;
    if (rest == 0)
        return false;
    uint32_t count = span_carve_bytes(span) / span->object_bytes;
    count = count == 0 ? 1 : count < rest ? count : rest;
    char *first = span->base + (size_t)span->carved * span->object_bytes;
    FreeObject *object = (FreeObject *)(void *)first;
    for (uint32_t made = 1; made < count; made++) {
        FreeObject *next = (FreeObject *)(void *)((char *)object + span->object_bytes);
        object_link(object, next);
        object = next;
    }
    object_link(object, NULL);
    /* carved before the list, so that a child of fork() never sees an object beyond it */
    span->carved += count;
    atomic_signal_fence(memory_order_release);
    span->free_list = (FreeObject *)(void *)first;
    return true;
}

void *span_carve_one(Span *span) {
    FreeObject *object = (FreeObject *)(void *)(span->base + (size_t)span->carved * span->object_bytes);
    span->carved++;
    span->used++;
    if (!span->zeroed)
        object->link = 0; /* it may be an old one */
    return object;
}

FreeObject *span_take(Span *span, uint32_t most, uint32_t *taken) {
    FreeObject *first = span->free_list, *last = first;
    uint32_t count = span->carved - span->used;
    FreeObject *rest = NULL;
    if (count > most) {
        for (count = 1; count < most; count++)
            last = object_next(last);
        rest = object_next(last);
    }
    span->used += count;
    span->free_list = rest;
    atomic_signal_fence(memory_order_release); /* a child of fork() finds them in one list at the most */
    if (rest != NULL)
        object_link(last, NULL);
    *taken = count;
    return first;
}

void metadata_add_counts(LockCounts *locks) {
    lock_add_counts(&metadata.lock, locks);
}

uint32_t span_scatter(Span *span) {
    uint64_t words[MAX_OBJECTS / 64];
    for (uint32_t word = 0; word < span->remote_words; word++)
        words[word] = 0;
    uint32_t count = 0;
    for (FreeObject *object = span->free_list; object != NULL; object = object_next(object)) {
        uint32_t index = span_index(span, object);
        /* In the child of a fork() a list cut short is possible and leaks; anything else is a write after free. */
        if (index >= span->carved || count++ >= span->carved)
            break;
        words[index / 64] |= (uint64_t)1 << (index % 64);
    }
    span->free_list = NULL;
    for (uint32_t index = span->carved; index < span->object_count; index++)
        words[index / 64] |= (uint64_t)1 << (index % 64);
    span->carved = span->object_count;

    uint32_t operations = 0;
    for (uint32_t word = 0; word < span->remote_words; word++)
        if (words[word] != 0) {
            /* release: partner of the adopter's exchange in span_collect() */
            atomic_fetch_or_explicit(&span->remote_bits[word], words[word], memory_order_release);
            operations++;
        }
    return operations;
}

size_t span_purge(Span *span) {
    uintptr_t page_mask = os_page_bytes() - 1;
    uint32_t count = span->object_count, in_use = 0;
    size_t released = 0;
    for (uint32_t index = 0; index < count;) {
        /* A bit that is set stays set: only an owner clears it. */
        uint64_t bits = atomic_load_explicit(&span->remote_bits[index / 64], memory_order_relaxed) >> (index % 64);
        if ((bits & 1) == 0) {
            uint32_t skip = bits == 0 ? 64 - index % 64 : (uint32_t)__builtin_ctzll(bits);
            in_use += skip < count - index ? skip : count - index;
            index += skip;
            continue;
        }
        uint32_t first = index;
        for (;;) {
            uint32_t run = ~bits == 0 ? 64 : (uint32_t)__builtin_ctzll(~bits);
            uint32_t left = 64 - index % 64;
            index += run < left ? run : left;
            if (run < left || index >= count)
                break;
            bits = atomic_load_explicit(&span->remote_bits[index / 64], memory_order_relaxed);
        }
        uintptr_t from = ((uintptr_t)span->base + (size_t)first * span->object_bytes + page_mask) & ~page_mask;
        uintptr_t to = ((uintptr_t)span->base + (size_t)index * span->object_bytes) & ~page_mask;
        if (from < to && os_release((void *)from, to - from))
            released += to - from;
    }
    span->purged_used = (uint16_t)in_use;
    return released;
}

void span_list_push_front(SpanList *list, Span *span) {
    span->prev = NULL;
    span->next = list->first;
    if (list->first != NULL)
        list->first->prev = span;
    else
        list->last = span;
    list->first = span;
}

void span_list_push_back(SpanList *list, Span *span) {
    span->next = NULL;
    span->prev = list->last;
    if (list->last != NULL)
        list->last->next = span;
    else
        list->first = span;
    list->last = span;
}

void span_list_remove(SpanList *list, Span *span) {
    if (span->prev != NULL)
        span->prev->next = span->next;
    else
        list->first = span->next;
    if (span->next != NULL)
        span->next->prev = span->prev;
    else
        list->last = span->prev;
    span->next = span->prev = NULL;
}
