/*
 * random_slots.c - a random block is replaced by one of another size.
 *
 * Each thread holds --slots blocks of mixed sizes: larson without its successors. Lifetimes are geometric, and the
 * heap's order decays to chance. The slots are full before the first mark.
 *
 * Models: tables and caches whose entries come and go at random.
 * Published: nowhere else.
 * Changed: nothing.
 */
#include "kit/caller.h"
#include "kit/kit.h"

static uint64_t slot_count = 10000, minimum_size = 16, maximum_size = 1024;

static const Sizes *sizes;
static Held **tables; /* one for each thread */

KIT_INLINE void fill(Caller caller, Held *held, size_t size) {
    held->size = size;
    held->block = caller_malloc(caller, size);
    caller_touch(caller, held->block, size);
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
    .name = "random_slots",
    .summary = "a random block is replaced",
    .models = "tables and caches whose entries come and go at random",
    .published = "a shape of its own, described in its source file and nowhere else",
    .changed = "nothing, it has no original",
    .unit = "operations",
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
