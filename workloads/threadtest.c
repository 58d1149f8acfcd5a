/*
 * threadtest.c - every thread fills a table with small objects and frees them all, again and again.
 *
 * The objects of one round are divided evenly among the threads; no block ever changes threads. An allocator whose
 * threads work independently is n times as fast with n threads; one lock around everything shows as no gain at all.
 * --work lets each thread compute between two calls, which is what takes pressure off a lock.
 *
 * Models: threads that build and drop independent data structures.
 * Published: Berger et al., Hoard, ASPLOS 2000.
 * Changed: fixed work in place of 50 rounds; the objects' ends are written.
 */
#include "kit/caller.h"
#include "kit/kit.h"

static uint64_t objects = 30000, object_size = 8, work = 0;

static void ***tables; /* one for each thread */
static uint64_t *rounds;

/* Computing that a compiler cannot leave out. */
KIT_INLINE void spin(uint64_t steps) {
    for (volatile uint64_t i = 0; i < steps;)
        i = i + 1;
}

/* Measured: `count` objects are allocated, then freed in the same order. */
__attribute__((noinline)) static void timed_round(Worker *worker, void **table, uint64_t count) {
    const Caller caller = caller_of(worker);
    const size_t size = object_size;
    const uint64_t steps = work;
    for (uint64_t i = 0; i < count; i++) {
        table[i] = caller_malloc(caller, size);
        caller_touch(caller, table[i], size);
        spin(steps);
    }
    for (uint64_t i = 0; i < count; i++) {
        caller_free(caller, table[i], size);
        spin(steps);
    }
    worker_done(worker, count, count * size);
}

static void run_thread(Worker *worker) {
    const uint64_t share = objects / slot_page()->threads;
    team_begin(worker);
    for (uint64_t taken; (taken = worker_take(worker, share)) > 0; rounds[worker->index]++)
        timed_round(worker, tables[worker->index], taken);
    worker_seal(worker, 0);
    team_end(worker);
}

static void run(const Options *options) {
    const uint32_t count = options->threads;
    Worker *workers = workers_create(options, count);
    tables = mapping_create(count, sizeof *tables);
    rounds = mapping_create(count, sizeof *rounds);
    for (uint32_t i = 0; i < count; i++) {
        worker_assign(&workers[i], options, i, count);
        tables[i] = mapping_create(objects / count, sizeof(void *));
    }
    team_run(options, workers, count, run_thread);
    kit_note("rounds", rounds[0]);
}

static double alive_at_most(const Options *options) {
    (void)options;
    return (double)objects * (double)object_size;
}

static void check_options(Options *options) {
    if (objects < options->threads)
        kit_usage_error("--objects %llu: must be at least one for each of the %u threads", (unsigned long long)objects,
                        options->threads);
}

static const Parameter parameters[] = {
    {"objects", PARAMETER_COUNT, &objects, 1, 100000000, NULL, "Objects of one round, over all threads"},
    {"size", PARAMETER_BYTES, &object_size, 1, 1 << 20, NULL, "Size of an object"},
    {"work", PARAMETER_COUNT, &work, 0, 1000000, NULL, "Steps of computing after each call"},
};

static const Workload workload = {
    .name = "threadtest",
    .summary = "threads allocate many small objects and free them in the same order",
    .models = "threads that build and drop independent data structures",
    .published = "Berger, McKinley, Blumofe and Wilson, Hoard: A Scalable Memory Allocator for Multithreaded "
                 "Applications, ASPLOS 2000",
    .changed = "the number of rounds follows from the work instead of being 50; the first and last byte of each object "
               "are written, since a program that allocates uses what it gets",
    .unit = "objects",
    .default_operations = 10000000,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof parameters[0],
    .live_bytes = alive_at_most,
    .check = check_options,
    .run = run,
};

int main(int argc, char **argv) {
    return kit_main(&workload, argc, argv);
}
