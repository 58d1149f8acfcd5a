/*
 * glibc_simple.c - n blocks of one size are allocated, then freed in the same order, by one thread.
 *
 * The loop is the same in three places, because allocators behave differently there: in the main thread before any
 * other thread ever existed (locks can be left out), in a second thread (another arena), and in the main thread after
 * a second thread has come and gone.
 *
 * Models: code that allocates a few blocks of one size and drops them: the fast path with and without threads.
 * Published: glibc's bench-malloc-simple.
 * Changed: one size, number and place a process; fixed work; the blocks' ends are written.
 */
#include "kit/caller.h"
#include "kit/kit.h"

enum Place { PLACE_MAIN, PLACE_THREAD, PLACE_AFTER };

static uint64_t block_size = 16, blocks_a_round = 25, place = PLACE_MAIN;

static void **table;

/* Measured. */
__attribute__((noinline)) static void timed_round(Worker *worker, uint64_t count) {
    const Caller caller = caller_of(worker);
    const size_t size = block_size;
    void **blocks = table;
    for (uint64_t i = 0; i < count; i++) {
        blocks[i] = caller_malloc(caller, size);
        caller_touch(caller, blocks[i], size);
    }
    for (uint64_t i = 0; i < count; i++)
        caller_free(caller, blocks[i], size);
    worker_done(worker, count, count * size);
}

static void run_thread(Worker *worker) {
    team_begin(worker);
    for (uint64_t taken; (taken = worker_take(worker, blocks_a_round)) > 0;)
        timed_round(worker, taken);
    worker_seal(worker, 0);
    team_end(worker);
}

typedef struct Start {
    const Options *options;
    Worker *worker;
} Start;

static void *run_alone(void *argument) {
    const Start *start = argument;
    team_run(start->options, start->worker, 1, run_thread);
    return NULL;
}

/* A thread that uses the allocator and ends. */
static void *visit(void *argument) {
    (void)argument;
    void *block = malloc(block_size);
    if (!block)
        slot_out_of_memory("malloc", block_size);
    free(block);
    return NULL;
}

static void run(const Options *options) {
    Start start = {options, workers_create(options, 1)};
    worker_assign(start.worker, options, 0, 1);
    table = mapping_create(blocks_a_round, sizeof *table);
    if (place == PLACE_AFTER)
        pthread_join(thread_start(visit, NULL), NULL);
    if (place == PLACE_THREAD)
        pthread_join(thread_start(run_alone, &start), NULL);
    else
        run_alone(&start);
}

static double alive_at_most(const Options *options) {
    (void)options;
    return (double)blocks_a_round * (double)block_size;
}

static void check_options(Options *options) {
    if (options->threads != 1)
        kit_usage_error("--threads %u: must be 1, since one thread works at a time here (see --place)",
                        options->threads);
}

static const char *const place_choices[] = {"main", "thread", "after", NULL};

static const Parameter parameters[] = {
    {"place", PARAMETER_CHOICE, &place, 0, 0, place_choices,
     "In the main thread before any other existed, in a second thread, or in the main thread after one"},
    {"size", PARAMETER_BYTES, &block_size, 1, 1 << 24, NULL, "Size of each block; published with 16, 32 and 64"},
    {"blocks", PARAMETER_COUNT, &blocks_a_round, 1, 1000000, NULL,
     "Blocks of one round; published with 25, 100, 400 and 1600"},
};

static const Preset presets[] = {
    {"glibc_simple_thread", "--place thread", "in a second thread"},
    {"glibc_simple_after", "--place after", "in the main thread after another one has come and gone"},
};

static const Workload workload = {
    .name = "glibc_simple",
    .summary = "rounds of n allocations and n frees in one thread",
    .models = "code that allocates a few blocks of one size and drops them: the fast path with and without threads",
    .published = "bench-malloc-simple of the GNU C Library's benchtests",
    .changed = "one size, number and place a run, where the original goes through all in one process, so that each has "
               "its own; the number of rounds follows from the work instead of being 2000000 / n; the first and last "
               "byte of each block are written, since a program that allocates uses what it gets. The original's sizes "
               "are 16, 32 and 64, its numbers 25, 100, 400 and 1600, its places those of --place",
    .unit = "blocks",
    .default_operations = 20000000,
    .default_threads = 1,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof parameters[0],
    .presets = presets,
    .preset_count = sizeof presets / sizeof presets[0],
    .live_bytes = alive_at_most,
    .check = check_options,
    .run = run,
};

int main(int argc, char **argv) {
    return kit_main(&workload, argc, argv);
}
