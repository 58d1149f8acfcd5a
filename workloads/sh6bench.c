/*
 * sh6bench.c - batches of blocks, freed partly in order, partly in reverse, and partly kept.
 *
 * Each thread runs through a fixed sequence of sizes: a base grows by half until 1000, and under each base come base,
 * base/2, base/4 ... 1 byte; 250 blocks of a size under 100, 50 of one under 1000. The blocks go into a buffer of
 * calls/T slots; each time it is full, a fifth is kept, all before it is freed forward, all behind it backward
 * (kit/window.h). No block changes threads, and nothing is random.
 *
 * Models: programs whose data structures have mixed lifetimes, in several threads.
 * Published: MicroQuill's sh6bench.
 * Changed: fixed work; sizes go on where the last repetition stood; the last frees are not timed.
 */
#include "kit/caller.h"
#include "kit/kit.h"
#include "kit/window.h"

enum { LARGEST_BASE = 1000 };

static uint64_t calls = 10000;

/* Where a thread stands in the sequence of sizes. */
typedef struct Sequence {
    uint32_t base, size, left;
} Sequence;

typedef struct State {
    _Alignas(128) Window window;
    Sequence sequence;
} State;

static State *states;

KIT_INLINE uint32_t repetitions(uint32_t size) {
    return size < 100 ? 250 : size < 1000 ? 50 : 10;
}

KIT_INLINE uint32_t next_size(Sequence *sequence) {
    if (sequence->left == 0) {
        sequence->size /= 2;
        if (sequence->size == 0) {
            sequence->base = sequence->base * 3 / 2 + 1;
            if (sequence->base >= LARGEST_BASE)
                sequence->base = 1;
            sequence->size = sequence->base;
        }
        sequence->left = repetitions(sequence->size);
    }
    sequence->left--;
    return sequence->size;
}

/* Measured. */
__attribute__((noinline)) static void timed_batch(Worker *worker, uint64_t count) {
    const Caller caller = caller_of(worker);
    State *state = &states[worker->index];
    Window window = state->window;
    Sequence sequence = state->sequence;
    uint64_t requested = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint32_t size = next_size(&sequence);
        void *block = caller_malloc(caller, size);
        caller_touch(caller, block, size);
        window_put(&window, caller, block, size);
        requested += size;
    }
    state->window = window;
    state->sequence = sequence;
    worker_done(worker, count, requested);
}

static void run_thread(Worker *worker) {
    team_begin(worker);
    for (uint64_t taken; (taken = worker_take(worker, WORKER_BATCH)) > 0;)
        timed_batch(worker, taken);
    worker_seal(worker, states[worker->index].window.turns);
    team_end(worker);
    window_clear(&states[worker->index].window, caller_of(worker));
}

static void run(const Options *options) {
    const uint32_t count = options->threads;
    Worker *workers = workers_create(options, count);
    states = mapping_create(count, sizeof *states);
    for (uint32_t i = 0; i < count; i++) {
        worker_assign(&workers[i], options, i, count);
        states[i].window = window_create(calls / count);
        states[i].sequence = (Sequence){1, 1, repetitions(1)};
    }
    team_run(options, workers, count, run_thread);
    kit_note("turns", states[0].window.turns);
}

/* 23 bytes is the mean of the sequence. */
static double alive_at_most(const Options *options) {
    (void)options;
    return (double)calls * 23;
}

static void check_options(Options *options) {
    if (!options->threads_given && options->threads <= KIT_MAXIMUM_THREADS / 2)
        options->threads *= 2;
    if (calls / options->threads < 5)
        kit_usage_error("--calls %llu: must be at least 5 for each of the %u threads", (unsigned long long)calls,
                        options->threads);
}

static const Parameter parameters[] = {
    {"calls", PARAMETER_COUNT, &calls, 5, 100000000, NULL, "Slots of all threads' buffers together"},
};

static const Workload workload = {
    .name = "sh6bench",
    .summary = "batches of small blocks, freed partly in order, partly in reverse, part kept",
    .models = "programs whose data structures have mixed lifetimes, in several threads",
    .published = "MicroQuill, SmartHeap benchmark sh6bench",
    .changed = "the work is a number of blocks instead of as many repetitions as a thread has slots; sizes go on where "
               "the last repetition stood, so that the work can end anywhere; what the buffers hold at the end is "
               "freed after the second mark. Without --threads there are two threads a processor, as in the original",
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
