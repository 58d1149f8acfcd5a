/*
 * sh8bench.c - sh6bench with larger buffers and a table of sizes, while another thread's small blocks are freed too.
 *
 * T workers run through a table of twelve sizes, each with a number of blocks, and keep their blocks in a buffer that
 * is freed partly forward, partly backward, part kept (kit/window.h). Meanwhile the main thread allocates 8-byte blocks
 * and lays them into one stripe for each worker, in turn; after each batch of its own a worker frees what it finds in
 * its stripe. One producer, T consumers. --threads counts the main thread too.
 *
 * A cell of a stripe is empty (NULL) or owns a block; only the producer fills it, only its worker empties it.
 *
 * Models: workers with data of their own that also consume one thread's messages.
 * Published: MicroQuill's sh8bench.
 * Changed: --own says how many blocks are the workers' own, so that the work scales; stripes are bounded, so that
 *   memory does not depend on who is faster.
 */
#include "kit/caller.h"
#include "kit/kit.h"
#include "kit/window.h"

#include <sched.h>

enum { STRIPE_CELLS = 4096, HANDED_BYTES = 8, HANDED_TAG = UINT16_MAX };

static uint64_t calls = 1000000, own_blocks = 100;

static const struct {
    uint32_t size, count;
} table[] = {{8, 1000}, {16, 5000}, {48, 1000}, {72, 100}, {148, 100}, {200, 100},
             {520, 10}, {1056, 5},  {4096, 3},  {9162, 1}, {34562, 1}, {168524, 1}};
enum { TABLE_ROWS = sizeof table / sizeof table[0] };

typedef struct State {
    _Alignas(128) Window window;
    uint32_t row, done; /* of the table; blocks of that row so far */
    uint32_t stripe_at; /* next cell to empty */
    uint64_t received;
    _Alignas(128) void *_Atomic stripe[STRIPE_CELLS];
} State;

static State *states; /* of the workers, from index 1 */
static _Atomic bool producer_is_done;

KIT_INLINE uint32_t next_size(State *state) {
    if (state->done == table[state->row].count) {
        state->done = 0;
        state->row = (state->row + 1) % TABLE_ROWS;
    }
    state->done++;
    return table[state->row].size;
}

/* Measured: blocks of the worker's own. */
__attribute__((noinline)) static void timed_batch(Worker *worker, State *state, uint64_t count) {
    const Caller caller = caller_of(worker);
    uint64_t requested = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint32_t size = next_size(state);
        void *block = caller_malloc(caller, size);
        caller_touch(caller, block, size);
        window_put(&state->window, caller, block, size);
        requested += size;
    }
    worker_done(worker, count, requested);
}

/* Measured: frees what the producer has laid out so far; false: nothing. */
__attribute__((noinline)) static bool timed_stripe(Worker *worker, State *state) {
    const Caller caller = caller_with_tag(worker, HANDED_TAG);
    uint64_t freed = 0;
    for (void *block; (block = atomic_load_explicit(&state->stripe[state->stripe_at], memory_order_acquire)); freed++) {
        atomic_store_explicit(&state->stripe[state->stripe_at], NULL, memory_order_release);
        caller_free(caller, block, HANDED_BYTES);
        state->stripe_at = (state->stripe_at + 1) % STRIPE_CELLS;
    }
    state->received += freed;
    return freed > 0;
}

/* Measured: blocks for the workers, from the `first`-th on. */
__attribute__((noinline)) static void timed_production(Worker *worker, uint64_t first, uint64_t count,
                                                       uint32_t consumers) {
    const Caller caller = caller_with_tag(worker, HANDED_TAG);
    for (uint64_t i = first; i < first + count; i++) {
        State *state = &states[1 + i % consumers];
        void *_Atomic *cell = &state->stripe[i / consumers % STRIPE_CELLS];
        void *block = caller_malloc(caller, HANDED_BYTES);
        caller_touch(caller, block, HANDED_BYTES);
        while (atomic_load_explicit(cell, memory_order_acquire)) {
            sched_yield();
            probe_break(worker->probe);
        }
        atomic_store_explicit(cell, block, memory_order_release);
    }
    worker_done(worker, count, count * HANDED_BYTES);
}

static void produce(Worker *worker) {
    const uint32_t consumers = slot_page()->threads - 1;
    uint64_t produced = 0;
    for (uint64_t taken; (taken = worker_take(worker, WORKER_BATCH)) > 0; produced += taken)
        timed_production(worker, produced, taken, consumers);
    atomic_store_explicit(&producer_is_done, true, memory_order_release);
}

/* The remainder is freed before the second mark. */
static void consume(Worker *worker) {
    State *state = &states[worker->index];
    for (uint64_t taken; (taken = worker_take(worker, WORKER_BATCH)) > 0;) {
        timed_batch(worker, state, taken);
        timed_stripe(worker, state);
    }
    for (bool last = false; !last;) {
        last = atomic_load_explicit(&producer_is_done, memory_order_acquire);
        if (!timed_stripe(worker, state) && !last) {
            sched_yield();
            probe_break(worker->probe);
        }
    }
    window_clear(&state->window, caller_of(worker));
}

static void run_thread(Worker *worker) {
    team_begin(worker);
    if (worker->index == 0)
        produce(worker);
    else
        consume(worker);
    worker_seal(worker, 0);
    team_end(worker);
}

static void run(const Options *options) {
    const uint32_t count = options->threads, consumers = count - 1;
    Worker *workers = workers_create(options, count);
    states = mapping_create(count, sizeof *states);
    workers[0].remaining = options->operations / (own_blocks + 1);
    const uint64_t own = options->operations - workers[0].remaining;
    for (uint32_t i = 1; i < count; i++) {
        workers[i].remaining = own / consumers + (i <= own % consumers);
        states[i].window = window_create(calls / consumers);
    }
    team_run(options, workers, count, run_thread);
    uint64_t received = 0;
    for (uint32_t i = 1; i < count; i++)
        received += states[i].received;
    kit_note("blocks_handed_over", received);
}

/* 57 bytes is the mean of the table. */
static double alive_at_most(const Options *options) {
    (void)options;
    return (double)calls * 57;
}

static void check_options(Options *options) {
    if (!options->threads_given && options->threads < KIT_MAXIMUM_THREADS)
        options->threads++;
    if (options->threads < 2)
        kit_usage_error("--threads %u: must be at least 2, one that hands blocks out and one that frees them",
                        options->threads);
    if (calls / (options->threads - 1) < 5)
        kit_usage_error("--calls %llu: must be at least 5 for each of the %u workers", (unsigned long long)calls,
                        options->threads - 1);
}

static const Parameter parameters[] = {
    {"calls", PARAMETER_COUNT, &calls, 5, 100000000, NULL, "Slots of all workers' buffers together"},
    {"own", PARAMETER_COUNT, &own_blocks, 1, 1000000, NULL,
     "Blocks the workers allocate themselves for each that the main thread hands to them"},
};

static const Workload workload = {
    .name = "sh8bench",
    .summary = "batches of mixed blocks with mixed lifetimes, while one thread's small blocks are freed by all others",
    .models = "workers with data of their own that also consume one thread's messages",
    .published = "MicroQuill, SmartHeap benchmark sh8bench",
    .changed = "the proportion of own and handed blocks is a parameter (--own), where the original has fixed numbers "
               "of both, so that the work can be scaled; stripes are rings of atomics and bounded, so that memory does "
               "not depend on who is faster; the workers' next size goes on through the table block by block. Without "
               "--threads there is a worker for each processor, and the main thread",
    .unit = "blocks",
    .default_operations = 20000000,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof parameters[0],
    .live_bytes = alive_at_most,
    .check = check_options,
    .run = run,
};

int main(int argc, char **argv) {
    return kit_main(&workload, argc, argv);
}
