/*
 * phong.c - very many threads; intervals of a thread's blocks are freed, resized or left alone.
 *
 * Each thread has a table of blocks. It picks a random interval of it, at most a tenth. With p = 1/2 all blocks there
 * are freed; else with p = 1/4 all are realloc'd, to double their size, or to a quarter when that would be above the
 * maximum. Then the empty places of the interval are filled. Sizes are skewed to the small: min + range * u^3.
 *
 * Models: many clients, each with a little memory that is replaced in stretches.
 * Published: Phong Vo's stress test of Vmalloc, AT&T.
 * Changed: fixed work over all threads; tables of their own, so that requests do not depend on the schedule;
 *   refilled at once.
 */
#include "kit/caller.h"
#include "kit/kit.h"

static uint64_t table_size = 1000, minimum_size = 10, maximum_size = 1024;

static Held **tables; /* one for each thread */

KIT_INLINE uint32_t draw_size(Random *random) {
    const uint32_t range = (uint32_t)(maximum_size - minimum_size);
    uint64_t bits = random_high(random_next(random)), cube = (bits * bits >> 32) * bits >> 32;
    return (uint32_t)minimum_size + random_scale((uint32_t)cube, range + 1);
}

KIT_INLINE void resize(Caller caller, Held *held, size_t largest) {
    size_t size = held->size * 2 <= largest ? held->size * 2 : held->size / 4;
    size = size > 0 ? size : 1;
    held->block = caller_realloc(caller, held->block, held->size, size);
    held->size = size;
    caller_touch(caller, held->block, size);
}

/* Fills empty places, at most `left`; returns how many. */
KIT_INLINE uint64_t fill(Caller caller, Held *interval, uint32_t length, Random *random, uint64_t left,
                         uint64_t *requested) {
    uint64_t filled = 0;
    for (uint32_t i = 0; i < length && filled < left; i++) {
        if (interval[i].block)
            continue;
        interval[i].size = draw_size(random);
        interval[i].block = caller_malloc(caller, interval[i].size);
        caller_touch(caller, interval[i].block, interval[i].size);
        *requested += interval[i].size;
        filled++;
    }
    return filled;
}

/* Measured: intervals until `count` blocks were allocated. */
__attribute__((noinline)) static void timed_intervals(Worker *worker, Held *table, uint64_t count) {
    const Caller caller = caller_of(worker);
    const uint32_t places = (uint32_t)table_size, longest = places / 10 > 0 ? places / 10 : 1;
    Random random = worker->random;
    uint64_t requested = 0;
    for (uint64_t left = count; left > 0;) {
        const uint64_t draw = random_next(&random);
        const uint32_t length = 1 + random_below(&random, longest), choice = random_low(draw) >> 29;
        Held *interval = &table[random_scale(random_high(draw), places - length + 1)];
        for (uint32_t i = 0; i < length; i++) {
            if (choice < 4)
                caller_release(caller, &interval[i]);
            else if (choice == 4 && interval[i].block)
                resize(caller, &interval[i], maximum_size);
        }
        left -= fill(caller, interval, length, &random, left, &requested);
    }
    worker->random = random;
    worker_done(worker, count, requested);
}

static void run_thread(Worker *worker) {
    Held *table = tables[worker->index];
    team_begin(worker);
    for (uint64_t taken; (taken = worker_take(worker, WORKER_BATCH)) > 0;)
        timed_intervals(worker, table, taken);
    worker_seal(worker, 0);
    team_end(worker);
    for (uint64_t i = 0; i < table_size; i++)
        caller_release(caller_of(worker), &table[i]);
}

static void run(const Options *options) {
    const uint32_t count = options->threads;
    Worker *workers = workers_create(options, count);
    tables = mapping_create(count, sizeof *tables);
    for (uint32_t i = 0; i < count; i++) {
        worker_assign(&workers[i], options, i, count);
        tables[i] = mapping_create(table_size, sizeof(Held));
    }
    team_run(options, workers, count, run_thread);
}

static double alive_at_most(const Options *options) {
    return options->threads * (double)table_size * sizes_mean(SIZES_UNIFORM, minimum_size, maximum_size);
}

static void check_options(Options *options) {
    (void)options;
    if (minimum_size > maximum_size)
        kit_usage_error("--min-size %llu: must not be above --max-size, which is %llu",
                        (unsigned long long)minimum_size, (unsigned long long)maximum_size);
}

static const Parameter parameters[] = {
    {"table", PARAMETER_COUNT, &table_size, 1, 10000000, NULL, "Blocks each thread holds at most"},
    {"min-size", PARAMETER_BYTES, &minimum_size, 1, 1 << 24, NULL, "Smallest new block"},
    {"max-size", PARAMETER_BYTES, &maximum_size, 1, 1 << 24, NULL, "Largest block"},
};

static const Workload workload = {
    .name = "phong",
    .summary = "hundreds of threads free, resize and refill intervals of their blocks",
    .models = "many clients, each with a little memory that is replaced in stretches",
    .published = "Phong Vo, stress test of Vmalloc (AT&T), the allocator of Vmalloc: A General and Efficient Memory "
                 "Allocator, Software: Practice and Experience 1996",
    .changed = "the work is divided over all threads, so that more threads are not more work; every thread has a table "
               "of its own, so that its requests do not depend on the others; what was freed is filled again at once, "
               "which keeps the number of blocks steady",
    .unit = "blocks",
    .default_operations = 1000000,
    .default_threads = 256,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof parameters[0],
    .live_bytes = alive_at_most,
    .check = check_options,
    .run = run,
};

int main(int argc, char **argv) {
    return kit_main(&workload, argc, argv);
}
