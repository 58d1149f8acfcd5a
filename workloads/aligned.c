/*
 * aligned.c - blocks with every alignment from a word to that of a huge page.
 *
 * Each thread replaces random blocks of its slots; the alignment is a random power of two, each as frequent as the
 * others, the size is drawn independently of it. The alignment of every block is checked.
 *
 * Sizes that are multiples of their alignment are avoided from 256 on (caller_aligned_size), unless --multiples yes:
 * under one widespread allocator they end the run with verdict 4.
 *
 * Models: vector code, buffers for devices, allocators that stand on top of this one.
 * Published: nowhere else.
 * Changed: nothing.
 */
#include "kit/caller.h"
#include "kit/kit.h"

static uint64_t slot_count = 200, minimum_size = 16, maximum_size = 4096, least_alignment = 8, most_alignment = 4 << 20,
                multiples = 0;

static const Sizes *sizes;
static Held **tables; /* one for each thread */

KIT_INLINE uint32_t exponent(uint64_t power) {
    return 63 - (uint32_t)__builtin_clzll(power);
}

KIT_INLINE void fill(Caller caller, Held *held, uint64_t draw) {
    const uint32_t least = exponent(least_alignment), powers = exponent(most_alignment) - least + 1;
    const size_t alignment = (size_t)1 << (least + random_scale(random_low(draw), powers));
    const size_t size = sizes_pick(sizes, random_low(draw));
    held->size = multiples ? size : caller_aligned_size(alignment, size);
    held->block = caller_aligned_alloc(caller, alignment, held->size);
    caller_touch(caller, held->block, held->size);
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
        fill(caller, slot, draw);
        requested += slot->size;
    }
    worker->random = random;
    worker_done(worker, count, requested);
}

static void run_thread(Worker *worker) {
    const Caller caller = caller_of(worker);
    Held *table = tables[worker->index];
    for (uint64_t i = 0; i < slot_count; i++)
        fill(caller, &table[i], random_next(&worker->random));
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

static void check_power(const char *flag, uint64_t value) {
    if ((value & (value - 1)) != 0)
        kit_usage_error("--%s %llu: must be a power of two", flag, (unsigned long long)value);
}

static double alive_at_most(const Options *options) {
    return options->threads * (double)slot_count * sizes_mean(SIZES_LOGARITHMIC, minimum_size, maximum_size);
}

static void check_options(Options *options) {
    (void)options;
    check_power("min-align", least_alignment);
    check_power("max-align", most_alignment);
    if (least_alignment > most_alignment)
        kit_usage_error("--min-align %llu: must not be above --max-align, which is %llu",
                        (unsigned long long)least_alignment, (unsigned long long)most_alignment);
    if (minimum_size > maximum_size)
        kit_usage_error("--min-size %llu: must not be above --max-size, which is %llu",
                        (unsigned long long)minimum_size, (unsigned long long)maximum_size);
}

static const Parameter parameters[] = {
    {"slots", PARAMETER_COUNT, &slot_count, 1, 10000000, NULL, "Blocks each thread holds"},
    {"min-align", PARAMETER_BYTES, &least_alignment, sizeof(void *), 4 << 20, NULL, "Least alignment, a power of two"},
    {"max-align", PARAMETER_BYTES, &most_alignment, sizeof(void *), 4 << 20, NULL, "Largest alignment, a power of two"},
    {"multiples", PARAMETER_YES_NO, &multiples, 0, 1, NULL, "Also sizes that are multiples of their alignment"},
    {"min-size", PARAMETER_BYTES, &minimum_size, 1, 1 << 30, NULL, "Smallest block"},
    {"max-size", PARAMETER_BYTES, &maximum_size, 1, 1 << 30, NULL, "Largest block"},
};

static const Workload workload = {
    .name = "aligned",
    .summary = "blocks of many alignments are replaced at random",
    .models = "vector code, buffers for devices, allocators that stand on top of this one",
    .published = "a shape of its own, described in its source file and nowhere else",
    .changed = "nothing, it has no original. Sizes that are multiples of their alignment are left out from 256 bytes "
               "on unless --multiples yes, since mimalloc 2.0.9 misplaces small ones of those (its issue 700) and its "
               "row would only say that",
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
