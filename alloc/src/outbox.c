/*
 * outbox.c - see outbox.h.
 */
#include "outbox.h"

#include "central_cache.h"
#include "fault.h"
#include "thread_spans.h"

static void *first_block(const Span *span, uint32_t word, uint64_t bits) {
    return span->base + ((size_t)word * 64 + (unsigned)__builtin_ctzll(bits)) * span->object_bytes;
}

static void send(Outbox *outbox, OutboxEntry *entry, Counter *sent) {
    Span *span = entry->span;
    uint64_t bits = entry->bits;
    size_t blocks = (size_t)__builtin_popcountll(bits);
    entry->bits = 0;
    atomic_signal_fence(memory_order_release);
    entry->span = NULL; /* it may soon be another class's */
    outbox->blocks -= blocks;
    outbox->bytes -= blocks * span->object_bytes;
    counter_add(sent, 1);
    if (central_cache_free(span, entry->word, bits, first_block(span, entry->word, bits)))
        thread_spans_return(span);
}

void outbox_add(Outbox *outbox, Span *span, uint32_t index, Counter *sent) {
    if (outbox->bytes >= OUTBOX_BYTES)
        outbox_flush(outbox, sent);
    OutboxEntry *entry = outbox_entry(outbox, span, index / 64);
    if (entry->span != span || entry->word != index / 64) {
        if (entry->bits != 0)
            send(outbox, entry, sent);
        entry->span = span;
        entry->word = index / 64;
        atomic_signal_fence(memory_order_release);
    }
    if (unlikely(!outbox_join(outbox, span, index)))
        fault("free", first_block(span, index / 64, (uint64_t)1 << (index % 64)), "double free");
}

void outbox_flush(Outbox *outbox, Counter *sent) {
    for (unsigned i = 0; i < OUTBOX_ENTRIES && outbox->blocks != 0; i++)
        if (outbox->entries[i].bits != 0)
            send(outbox, &outbox->entries[i], sent);
}
