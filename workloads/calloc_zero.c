/*
 * calloc_zero.c - blocks that must be zero, after they were not.
 *
 * Each thread replaces random blocks of its slots by calloc; every block is overwritten with ones before it is freed,
 * so that an allocator cannot be lucky. The first and the last word of each new block are checked always, all of it
 * with
 * --verify. Allocators differ in whether they know of memory that is fresh from the system and zero already.
 *
 * Models: tables and objects that start as zero.
 * Published: nowhere else.
 * Changed: nothing.
 */
#include "kit/caller.h"
#include "kit/kit.h"

static uint64_t slot_count = 1000, minimum_size = 16, maximum_size = 64 << 10;

static const Sizes *sizes;
static Held **tables; /* one for each thread */

/* Reads what a program would rely on, then writes everything. */
KIT_INLINE void use(Caller caller, Held *held) {
    const unsigned char *bytes = held->block;
    if (caller.verify)
        return;
    const size_t word = held->size < sizeof(uint64_t) ? held->size : sizeof(uint64_t);
    if (!block_is_zero(bytes, word) || !block_is_zero(bytes + held->size - word, word))
        slot_corrupt(held->block, held->size, "calloc gave bytes that are not zero");
    memset(held->block, 0xff, held->size);
}

KIT_INLINE void fill(Caller caller, Held *held, size_t size) {
    held->size = size;
    held->block = caller_calloc(caller, 1, size);
    use(caller, held);
}

/* Measured. */
__attribute__((noinline)) static void timed_replacements(Worker *worker, Held *table, uint64_t count) {
    const Caller caller = caller_of(worker);
    const uint32_t slots = (uint32_t)slot_count;
    Random random = worker->random;
    uint64_t requested = 0;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t draw = random_next(&random);
        Held *slot = &table[random_scale(random_high(draw), slots)];
        caller_release(caller, slot);
        fill(caller, slot, sizes_pick(sizes, random_low(draw)));
        requested += slot->size;
    }
    worker->random = random;
    worker_done(worker, count, requested);
}

static void run_thread(Worker *worker) {
    const Caller caller = caller_of(worker);
    Held *table = tables[worker->index];
    for (uint64_t i = 0; i < slot_count; i++)
        fill(caller, &table[i], sizes_pick(sizes, random_high(random_next(&worker->random))));
    team_begin(worker);
    for (uint64_t taken; (taken = worker_take(worker, WORKER_BATCH)) > 0;)
        timed_replacements(worker, table, taken);
    worker_seal(worker, 0);
    team_end(worker);
    for (uint64_t i = 0; i < slot_count; i++)
        caller_release(caller, &table[i]);
}

static void run(const Options *options) {
    const uint32_t count = options->threads;
    Worker *workers = workers_create(options, count);
    sizes = sizes_create(SIZES_LOGARITHMIC, (uint32_t)minimum_size, (uint32_t)maximum_size, options->seed);
    tables = mapping_create(count, sizeof *tables);
    for (uint32_t i = 0; i < count; i++) {
        worker_assign(&workers[i], options, i, count);
        tables[i] = mapping_create(slot_count, sizeof(Held));
    }
    slot_note_start_rss();
    team_run(options, workers, count, run_thread);
}

static double alive_at_most(const Options *options) {
    return options->threads * (double)slot_count * sizes_mean(SIZES_LOGARITHMIC, minimum_size, maximum_size);
}

static void check_options(Options *options) {
    (void)options;
    if (minimum_size > maximum_size)
        kit_usage_error("--min-size %llu: must not be above --max-size, which is %llu",
                        (unsigned long long)minimum_size, (unsigned long long)maximum_size);
}

static const Parameter parameters[] = {
    {"slots", PARAMETER_COUNT, &slot_count, 1, 10000000, NULL, "Blocks each thread holds"},
    {"min-size", PARAMETER_BYTES, &minimum_size, 1, 1 << 30, NULL, "Smallest block"},
    {"max-size", PARAMETER_BYTES, &maximum_size, 1, 1 << 30, NULL, "Largest block"},
};

static const Workload workload = {
    .name = "calloc_zero",
    .summary = "cleared blocks replace ones that were overwritten",
    .models = "tables and objects that start as zero",
    .published = "a shape of its own, described in its source file and nowhere else",
    .changed = "nothing, it has no original",
    .unit = "operations",
    .default_operations = 1000000,
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
