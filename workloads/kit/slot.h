/*
 * slot.h - the child's side of the slot page: phases, the two marks, live-byte counters, how a slot fails.
 *
 * Nothing here allocates from the heap under test, except slot_open(), which runs before anything is measured.
 */
#ifndef ALLOCBENCH_KIT_SLOT_H
#define ALLOCBENCH_KIT_SLOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slot_protocol.h"

/* Maps the parent's page, or a private one; writes the proof of preload. Main thread, once. */
void slot_open(void);
/* Valid after slot_open(). */
SlotPage *slot_page(void);

/* Says how many threads share the page's lines. Before any counter is used. */
void slot_set_threads(uint32_t threads);

void slot_enter_phase(SlotPhase phase);

/*
 * Notes the RSS that does not belong to the workload's blocks. Called before the first block is allocated, by workloads
 * that fill up before the first mark; slot_begin() does it for all others.
 */
void slot_note_start_rss(void);

/* A small /proc file as text, whole, by plain read(2): stdio would take its buffer from the heap under test. */
bool slot_read_file(const char *path, char *text, size_t size);
/* Resident memory at this moment, exact (smaps_rollup, about 1 ms for 300 MiB); allocates nothing. */
uint64_t slot_resident_bytes(void);

/* The two marks. One thread calls each, while no other is performing operations. */
void slot_begin(void);
void slot_end(void);

/* Between the marks. Written where they are taken, so readers need no order of their own. */
extern bool slot_is_running;

/* After everything: results into the page, phase FINISHED. */
void slot_finish(uint64_t operations, uint64_t checksum, uint64_t requested_bytes);

/*
 * Ends the process at once with that verdict as exit code, the line in the page's message and on stderr. From any
 * thread; when several fail together, the first one speaks.
 */
_Noreturn void slot_fail(SlotVerdict verdict, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* malloc(size) gave NULL. */
_Noreturn void slot_out_of_memory(const char *function, size_t size);
/* A block is not what it must be; `what` says which rule broke. */
_Noreturn void slot_corrupt(const void *block, size_t size, const char *what);

/* The line a thread counts operations in. */
SlotLine *slot_line(uint32_t thread);
/* Whether the parent asked for any of these SLOT_OBSERVE_... */
bool slot_observes(uint32_t what);
/* Whether this function is in the same file as malloc: another library's may be about another heap. */
bool slot_malloc_has(const char *symbol);
/* What the allocator says that a block holds; 0 where it does not say. */
size_t slot_usable_bytes(void *block);

/* More threads than lines: lines have several writers, so additions must be atomic. Set before the threads start. */
extern bool slot_lines_are_shared;

/* Relaxed: the parent only wants sums that are right once the threads stand still. */
static inline void slot_add_signed(_Atomic int64_t *counter, int64_t amount) {
    if (slot_lines_are_shared)
        atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
    else
        atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + amount,
                              memory_order_relaxed);
}

static inline void slot_add_operations(SlotLine *line, uint64_t amount) {
    if (slot_lines_are_shared)
        atomic_fetch_add_explicit(&line->operations, amount, memory_order_relaxed);
    else
        atomic_store_explicit(&line->operations, atomic_load_explicit(&line->operations, memory_order_relaxed) + amount,
                              memory_order_relaxed);
}

#endif
