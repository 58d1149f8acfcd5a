/*
 * outbox.h - frees into spans of others, kept back for a moment so that neighbours go together.
 *
 * Such a free is an atomic operation on a cache line that the span's owner works with, too. Owners hand out neighbours
 * one after the other, so whoever frees for them frees neighbours: their bits are gathered here, a word of a span each,
 * and a word goes out with one operation when its place is wanted for another or when too many bytes wait. To its span
 * a block that waits is in use; that keeps the span what it is.
 *
 * An Outbox belongs to one thread. A child of fork() finds those of other threads whole: bits are stored last and
 * cleared first.
 */
#ifndef MINIPOOL_OUTBOX_H
#define MINIPOOL_OUTBOX_H

#include "counter.h"
#include "span.h"

typedef struct OutboxEntry {
    Span *span;    /* NULL: nothing waits here */
    uint64_t bits; /* 0, too, for a moment */
    uint32_t word; /* of the span's remote_bits */
} OutboxEntry;

typedef struct Outbox {
    size_t blocks, bytes; /* that wait; racing looks are allowed */
    OutboxEntry entries[OUTBOX_ENTRIES];
} Outbox;

static inline OutboxEntry *outbox_entry(Outbox *outbox, const Span *span, uint32_t word) {
    uint64_t hash = ((uintptr_t)span / CACHE_LINE + word) * UINT64_C(0x9e3779b97f4a7c15);
    return &outbox->entries[hash >> 32 & (OUTBOX_ENTRIES - 1)];
}

/* Lets object `index` wait where others of its word do. False: none does, or there is something to look at. */
static inline bool outbox_join(Outbox *outbox, const Span *span, uint32_t index) {
    OutboxEntry *entry = outbox_entry(outbox, span, index / 64);
    uint64_t bits = entry->bits, bit = (uint64_t)1 << (index % 64);
    if (entry->span != span || entry->word != index / 64 || (bits & bit) != 0 || outbox->bytes >= OUTBOX_BYTES)
        return false;
    entry->bits = bits | bit;
    outbox->blocks++;
    outbox->bytes += span->object_bytes;
    return true;
}

/* Frees object `index` of a span that is not the thread's own, some time. `sent` counts atomic operations. */
void outbox_add(Outbox *outbox, Span *span, uint32_t index, Counter *sent);

/* Sends all that waits. */
void outbox_flush(Outbox *outbox, Counter *sent);

#endif
