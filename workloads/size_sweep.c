/*
 * size_sweep.c - one size: what does an operation cost, and how much memory does a byte take?
 *
 * --bytes are filled with blocks of --size, each written whole; what the process has grown by then, over what was asked
 * for, is the memory overhead of that size. Then random blocks are replaced, which gives the time. To be run over many
 * sizes, from 8 bytes to 4 MiB. The table of blocks is resident before the filling, so it is in no difference.
 *
 * Models: the size classes of an allocator, one at a time.
 * Published: nowhere else.
 * Changed: nothing.
 */
#include "kit/caller.h"
#include "kit/kit.h"

static uint64_t block_size = 64, live_bytes = 64 << 20;

enum { FEWEST_BLOCKS = 4 };

static void **table;
static uint32_t block_count;

/* Measured. */
__attribute__((noinline)) static void timed_replacements(Worker *worker, uint64_t count) {
    const Caller caller = caller_of(worker);
    const size_t size = block_size;
    const uint32_t slots = block_count;
    void **blocks = table;
    Random random = worker->random;
    for (uint64_t i = 0; i < count; i++) {
        void **slot = &blocks[random_scale(random_high(random_next(&random)), slots)];
        caller_free(caller, *slot, size);
        *slot = caller_malloc(caller, size);
        caller_touch(caller, *slot, size);
    }
    worker->random = random;
    worker_done(worker, count, count * size);
}

static void run_thread(Worker *worker) {
    team_begin(worker);
    for (uint64_t taken; (taken = worker_take(worker, WORKER_BATCH)) > 0;)
        timed_replacements(worker, taken);
    worker_seal(worker, 0);
    team_end(worker);
}

/* Returns what the process has grown by. */
static uint64_t fill_table(Caller caller) {
    const uint64_t before = slot_resident_bytes();
    for (uint32_t i = 0; i < block_count; i++) {
        table[i] = caller_malloc(caller, block_size);
        if (!caller.verify)
            memset(table[i], 1, block_size);
    }
    const uint64_t after = slot_resident_bytes();
    return after > before ? after - before : 0;
}

static void run(const Options *options) {
    Worker *worker = workers_create(options, 1);
    worker_assign(worker, options, 0, 1);
    block_count = (uint32_t)(live_bytes / block_size);
    table = mapping_create(block_count, sizeof *table);
    memset(table, 0xff, block_count * sizeof *table);
    slot_note_start_rss();
    const uint64_t grown = fill_table(caller_of(worker));
    team_run(options, worker, 1, run_thread);
    kit_note("filled_blocks", block_count);
    kit_note("filled_rss_bytes", grown);
    kit_measure("filled_overhead_percent", ((double)grown / ((double)block_count * (double)block_size) - 1) * 100);
    for (uint32_t i = 0; i < block_count; i++)
        caller_free(caller_of(worker), table[i], block_size);
}

static double alive_at_most(const Options *options) {
    (void)options;
    return (double)live_bytes;
}

static void check_options(Options *options) {
    if (options->threads != 1)
        kit_usage_error("--threads %u: must be 1, this is a shape of one thread", options->threads);
    if (live_bytes / block_size < FEWEST_BLOCKS)
        kit_usage_error("--bytes %llu: must hold %d blocks of --size %llu", (unsigned long long)live_bytes,
                        FEWEST_BLOCKS, (unsigned long long)block_size);
}

static const Parameter parameters[] = {
    {"size", PARAMETER_BYTES, &block_size, 1, 4 << 20, NULL, "Size of every block"},
    {"bytes", PARAMETER_BYTES, &live_bytes, 1, UINT64_C(4095) << 20, NULL, "Bytes that are alive"},
};

static const Workload workload = {
    .name = "size_sweep",
    .summary = "blocks of one size are replaced at random: time and memory of that size",
    .models = "the size classes of an allocator, one at a time",
    .published = "a shape of its own, described in its source file and nowhere else",
    .changed = "nothing, it has no original",
    .unit = "operations",
    .default_operations = 5000000,
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
