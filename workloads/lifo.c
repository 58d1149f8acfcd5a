/*
 * lifo.c - what was allocated last is freed first.
 *
 * Each thread allocates --depth blocks of mixed sizes and frees them in reverse, again and again: the order of a stack,
 * and of scopes that end. An allocator that hands out again what was freed last always finds it warm.
 *
 * Models: recursion, parsers, scopes that end.
 * Published: nowhere else.
 * Changed: nothing.
 */
#include "kit/caller.h"
#include "kit/kit.h"

static uint64_t depth = 1000, minimum_size = 16, maximum_size = 1024;

static const Sizes *sizes;
static Held **tables; /* one for each thread */

KIT_INLINE void fill(Caller caller, Held *held, size_t size) {
    held->size = size;
    held->block = caller_malloc(caller, size);
    caller_touch(caller, held->block, size);
}

/* Measured. */
__attribute__((noinline)) static void timed_round(Worker *worker, Held *table, uint64_t count) {
    const Caller caller = caller_of(worker);
    Random random = worker->random;
    uint64_t requested = 0;
    for (uint64_t i = 0; i < count; i++) {
        fill(caller, &table[i], sizes_pick(sizes, random_high(random_next(&random))));
        requested += table[i].size;
    }
    for (uint64_t i = count; i > 0; i--)
        caller_release(caller, &table[i - 1]);
    worker->random = random;
    worker_done(worker, count, requested);
}

static void run_thread(Worker *worker) {
    team_begin(worker);
    for (uint64_t taken; (taken = worker_take(worker, depth)) > 0;)
        timed_round(worker, tables[worker->index], taken);
    worker_seal(worker, 0);
    team_end(worker);
}

static void run(const Options *options) {
    const uint32_t count = options->threads;
    Worker *workers = workers_create(options, count);
    sizes = sizes_create(SIZES_LOGARITHMIC, (uint32_t)minimum_size, (uint32_t)maximum_size, options->seed);
    tables = mapping_create(count, sizeof *tables);
    for (uint32_t i = 0; i < count; i++) {
        worker_assign(&workers[i], options, i, count);
        tables[i] = mapping_create(depth, sizeof(Held));
    }
    slot_note_start_rss();
    team_run(options, workers, count, run_thread);
}

static double alive_at_most(const Options *options) {
    return options->threads * (double)depth * sizes_mean(SIZES_LOGARITHMIC, minimum_size, maximum_size);
}

static void check_options(Options *options) {
    (void)options;
    if (minimum_size > maximum_size)
        kit_usage_error("--min-size %llu: must not be above --max-size, which is %llu",
                        (unsigned long long)minimum_size, (unsigned long long)maximum_size);
}

static const Parameter parameters[] = {
    {"depth", PARAMETER_COUNT, &depth, 1, 10000000, NULL, "Blocks alive at the deepest point"},
    {"min-size", PARAMETER_BYTES, &minimum_size, 1, 1 << 30, NULL, "Smallest block"},
    {"max-size", PARAMETER_BYTES, &maximum_size, 1, 1 << 30, NULL, "Largest block"},
};

static const Workload workload = {
    .name = "lifo",
    .summary = "blocks are freed in the reverse order of their allocation",
    .models = "recursion, parsers, scopes that end",
    .published = "a shape of its own, described in its source file and nowhere else",
    .changed = "nothing, it has no original",
    .unit = "blocks",
    .default_operations = 10000000,
    .default_threads = 1,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof parameters[0],
    .live_bytes = alive_at_most,
    .check = check_options,
    .run = run,
};

int main(int argc, char **argv) {
    return kit_main(&workload, argc, argv);
}
