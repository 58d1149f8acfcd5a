/*
 * mleak.c - threads that live for one allocation.
 *
 * A round starts T threads and ends them. Each allocates 128 cleared bytes, swaps the block into one of 1000 shared
 * slots, frees what came out of it, and ends. At no time more than 1000 + T small blocks are alive: what grows beyond
 * that is what the allocator keeps for threads that no longer exist. The result is the memory, not the time.
 *
 * Models: a thread for each request, over a long time; memory is the result, not time.
 * Published: mimalloc-bench's mleak.
 * Changed: the number of rounds follows from the work.
 */
#include "kit/caller.h"
#include "kit/kit.h"

enum { SHARED_SLOTS = 1000, BLOCK_WORDS = 16 };

static uint64_t *_Atomic *shared; /* slots own their blocks */

/* All blocks are of one size, and any thread may free them: one tag. */
KIT_INLINE Caller sharing(const Worker *worker) {
    return caller_with_tag(worker, 0);
}

KIT_INLINE void release(Caller caller, uint64_t *block) {
    if (block)
        caller_free(caller, block, BLOCK_WORDS * sizeof *block);
}

/* Measured: all that a thread does. */
__attribute__((noinline)) static void timed_life(Worker *worker) {
    const Caller caller = sharing(worker);
    uint32_t slot = random_below(&worker->random, SHARED_SLOTS);
    uint64_t *block = caller_calloc(caller, BLOCK_WORDS, sizeof *block);
    release(caller, atomic_exchange_explicit(&shared[slot], block, memory_order_acq_rel));
    worker_done(worker, 1, BLOCK_WORDS * sizeof *block);
}

static void *run_thread(void *argument) {
    Worker *worker = argument;
    thread_pin(worker->index);
    probe_break(worker->probe);
    timed_life(worker);
    return NULL;
}

/* One round; false: nothing was left to do. */
static bool run_round(Worker *workers, pthread_t *threads, uint32_t count) {
    uint32_t started = 0;
    while (started < count && worker_take(&workers[started], 1) > 0) {
        threads[started] = thread_start(run_thread, &workers[started]);
        started++;
    }
    for (uint32_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    return started > 0;
}

static void run(const Options *options) {
    const uint32_t count = options->threads;
    Worker *workers = workers_create(options, count);
    pthread_t *threads = mapping_create(count, sizeof *threads);
    shared = mapping_create(SHARED_SLOTS, sizeof *shared);
    for (uint32_t i = 0; i < count; i++)
        worker_assign(&workers[i], options, i, count);

    slot_begin();
    worker_start_clock(options);
    while (run_round(workers, threads, count))
        continue;
    slot_end();
    const uint64_t resident = slot_resident_bytes();

    uint64_t left = 0;
    for (uint32_t i = 0; i < SHARED_SLOTS; i++) {
        left += shared[i] != NULL;
        release(sharing(&workers[0]), shared[i]);
    }
    for (uint32_t i = 0; i < count; i++)
        worker_seal(&workers[i], 0);
    workers_finish(workers, count);
    kit_note("blocks_at_end", left);
    kit_note("rss_at_end_bytes", resident);
}

static const Workload workload = {
    .name = "mleak",
    .summary = "very many threads, each of which makes one allocation and ends",
    .models = "a thread for each request, over a long time; memory is the result, not time",
    .published = "mleak of mimalloc-bench (Leijen)",
    .changed = "the number of rounds follows from the work; --threads is the number of threads of a round",
    .unit = "threads",
    .default_operations = 10000,
    .default_threads = 10,
    .run = run,
};

int main(int argc, char **argv) {
    return kit_main(&workload, argc, argv);
}
