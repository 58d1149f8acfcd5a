/*
 * realloc_growth.c - strings and vectors grow geometrically, several at a time.
 *
 * Each thread has --buffers buffers. An operation takes a random one: it grows by --growth percent, and what is new is
 * written at its ends; when it has reached the length that was drawn for it, it is freed and a new one of --start bytes
 * begins. Neighbours grow too, so a buffer can seldom grow in place. Whether realloc copies, extends or remaps is the
 * allocator's choice.
 *
 * Models: strings and vectors that are appended to.
 * Published: nowhere else.
 * Changed: nothing.
 */
#include "kit/caller.h"
#include "kit/kit.h"

static uint64_t buffers = 16, start_size = 16, growth = 200, minimum_size = 256, maximum_size = 1 << 20;

static const Sizes *sizes; /* lengths that buffers grow to */

typedef struct Buffer {
    Held held;
    size_t goal;
} Buffer;

static Buffer **tables; /* one for each thread */

KIT_INLINE size_t grown(size_t size, uint64_t percent, size_t goal) {
    size_t next = size * percent / 100;
    next = next > size ? next : size + 1;
    return next < goal ? next : goal;
}

/* Measured. */
__attribute__((noinline)) static void timed_growth(Worker *worker, Buffer *table, uint64_t count) {
    const Caller caller = caller_of(worker);
    const uint64_t percent = growth;
    Random random = worker->random;
    uint64_t requested = 0;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t draw = random_next(&random);
        Buffer *buffer = &table[random_scale(random_high(draw), (uint32_t)buffers)];
        Held *held = &buffer->held;
        if (!held->block || held->size >= buffer->goal) {
            caller_release(caller, held);
            buffer->goal = sizes_pick(sizes, random_low(draw));
            *held = (Held){caller_malloc(caller, start_size), start_size};
        } else {
            size_t size = grown(held->size, percent, buffer->goal);
            *held = (Held){caller_realloc(caller, held->block, held->size, size), size};
        }
        caller_touch(caller, held->block, held->size);
        requested += held->size;
    }
    worker->random = random;
    worker_done(worker, count, requested);
}

static void run_thread(Worker *worker) {
    Buffer *table = tables[worker->index];
    team_begin(worker);
    for (uint64_t taken; (taken = worker_take(worker, WORKER_BATCH)) > 0;)
        timed_growth(worker, table, taken);
    worker_seal(worker, 0);
    team_end(worker);
    for (uint64_t i = 0; i < buffers; i++)
        caller_release(caller_of(worker), &table[i].held);
}

static void run(const Options *options) {
    const uint32_t count = options->threads;
    Worker *workers = workers_create(options, count);
    sizes = sizes_create(SIZES_LOGARITHMIC, (uint32_t)minimum_size, (uint32_t)maximum_size, options->seed);
    tables = mapping_create(count, sizeof *tables);
    for (uint32_t i = 0; i < count; i++) {
        worker_assign(&workers[i], options, i, count);
        tables[i] = mapping_create(buffers, sizeof(Buffer));
    }
    slot_note_start_rss();
    team_run(options, workers, count, run_thread);
}

static double alive_at_most(const Options *options) {
    return options->threads * (double)buffers * sizes_mean(SIZES_LOGARITHMIC, minimum_size, maximum_size);
}

static void check_options(Options *options) {
    (void)options;
    if (start_size > minimum_size)
        kit_usage_error("--start %llu: must not be above --min-size, which is %llu", (unsigned long long)start_size,
                        (unsigned long long)minimum_size);
    if (minimum_size > maximum_size)
        kit_usage_error("--min-size %llu: must not be above --max-size, which is %llu",
                        (unsigned long long)minimum_size, (unsigned long long)maximum_size);
}

static const Parameter parameters[] = {
    {"buffers", PARAMETER_COUNT, &buffers, 1, 1000000, NULL, "Buffers each thread grows"},
    {"start", PARAMETER_BYTES, &start_size, 1, 1 << 20, NULL, "Size of a new buffer"},
    {"growth", PARAMETER_COUNT, &growth, 101, 10000, NULL, "Size after growing, in percent of that before"},
    {"min-size", PARAMETER_BYTES, &minimum_size, 1, 1 << 30, NULL, "Shortest length that a buffer grows to"},
    {"max-size", PARAMETER_BYTES, &maximum_size, 1, 1 << 30, NULL, "Longest length that a buffer grows to"},
};

static const Workload workload = {
    .name = "realloc_growth",
    .summary = "several buffers grow geometrically by realloc",
    .models = "strings and vectors that are appended to",
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
