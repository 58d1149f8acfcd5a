/*
 * malloc_large.c - a few very large blocks come and go.
 *
 * Each thread holds 20 blocks of 5 to 25 MiB and replaces a random one at a time. One byte of each page is written, not
 * all of them: what is to be seen is what the allocator does about address space and page faults, not the speed of
 * memory. Allocators differ in whether such blocks are kept for reuse or given back at once.
 *
 * Models: image and matrix buffers, columns of a database.
 * Published: mimalloc-bench's malloc-large.
 * Changed: one byte a page is written, so that memory's speed is left out; also in several threads.
 */
#include "kit/caller.h"
#include "kit/kit.h"

enum { PAGE = 4096 };

static uint64_t live = 20, minimum_size = UINT64_C(5) << 20, maximum_size = UINT64_C(25) << 20;

static Held **slots; /* one table for each thread */

/* Measured: one at a time, since each is thousands of page faults. */
__attribute__((noinline)) static void timed_replacement(Worker *worker) {
    const Caller caller = caller_of(worker);
    const uint64_t draw = random_next(&worker->random);
    Held *slot = &slots[worker->index][random_scale(random_high(draw), (uint32_t)live)];
    const uint32_t range = (uint32_t)(maximum_size - minimum_size);
    caller_release(caller, slot);
    slot->size = minimum_size + random_scale(random_low(draw), range + 1);
    slot->block = caller_malloc(caller, slot->size);
    if (!caller.verify) {
        volatile unsigned char *bytes = slot->block;
        for (size_t at = 0; at < slot->size; at += PAGE)
            bytes[at] = 1;
    }
    worker_done(worker, 1, slot->size);
}

static void run_thread(Worker *worker) {
    team_begin(worker);
    while (worker_take(worker, 1) > 0)
        timed_replacement(worker);
    worker_seal(worker, 0);
    team_end(worker);
    for (uint64_t i = 0; i < live; i++)
        caller_release(caller_of(worker), &slots[worker->index][i]);
}

static void run(const Options *options) {
    const uint32_t count = options->threads;
    Worker *workers = workers_create(options, count);
    slots = mapping_create(count, sizeof *slots);
    for (uint32_t i = 0; i < count; i++) {
        worker_assign(&workers[i], options, i, count);
        slots[i] = mapping_create(live, sizeof(Held));
    }
    team_run(options, workers, count, run_thread);
}

static double alive_at_most(const Options *options) {
    return options->threads * (double)live * sizes_mean(SIZES_UNIFORM, minimum_size, maximum_size);
}

static void check_options(Options *options) {
    (void)options;
    if (minimum_size > maximum_size)
        kit_usage_error("--min-size %llu: must not be above --max-size, which is %llu",
                        (unsigned long long)minimum_size, (unsigned long long)maximum_size);
}

static const Parameter parameters[] = {
    {"live", PARAMETER_COUNT, &live, 1, 100000, NULL, "Blocks each thread holds"},
    {"min-size", PARAMETER_BYTES, &minimum_size, 1, UINT64_C(1) << 31, NULL, "Smallest block"},
    {"max-size", PARAMETER_BYTES, &maximum_size, 1, UINT64_C(1) << 31, NULL, "Largest block"},
};

static const Workload workload = {
    .name = "malloc_large",
    .summary = "blocks of 5 to 25 MiB are replaced at random",
    .models = "image and matrix buffers, columns of a database",
    .published = "malloc-large of mimalloc-bench (Leijen)",
    .changed = "one byte a page is written instead of the whole block, which would measure the memory and not the "
               "allocator; several threads can do it side by side",
    .unit = "blocks",
    .default_operations = 1000,
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
