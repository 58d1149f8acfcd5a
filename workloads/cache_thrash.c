/*
 * cache_thrash.c - active false sharing: does the allocator give blocks of one cache line to different threads?
 *
 * Each thread allocates a small object, writes and reads every byte of it many times, and frees it. Where two threads'
 * objects lie in one line, the line travels between their processors at every write. The time of one thread over the
 * time of T threads is ideally T; the work is the same for any number of threads.
 *
 * Models: counters and flags that threads allocate for themselves.
 * Published: Berger et al., Hoard, ASPLOS 2000.
 * Changed: 100000 writes an object whatever the number of threads, for more calls of the allocator.
 */
#include "kit/caller.h"
#include "kit/kit.h"

static uint64_t object_size = 1, writes = 100000;

/* Measured. */
__attribute__((noinline)) static void timed_objects(Worker *worker, uint64_t count) {
    const Caller caller = caller_of(worker);
    const size_t size = object_size;
    const uint64_t times = writes;
    for (uint64_t i = 0; i < count; i++) {
        void *block = caller_malloc(caller, size);
        caller_rewrite(caller, block, size, times);
        caller_free(caller, block, size);
    }
    worker_done(worker, count, count * size);
}

static void run_thread(Worker *worker) {
    team_begin(worker);
    /* One at a time: a clock reading is nothing beside the writes. */
    for (uint64_t taken; (taken = worker_take(worker, 1)) > 0;)
        timed_objects(worker, taken);
    worker_seal(worker, 0);
    team_end(worker);
}

static void run(const Options *options) {
    const uint32_t count = options->threads;
    Worker *workers = workers_create(options, count);
    for (uint32_t i = 0; i < count; i++)
        worker_assign(&workers[i], options, i, count);
    team_run(options, workers, count, run_thread);
}

static const Parameter parameters[] = {
    {"size", PARAMETER_BYTES, &object_size, 1, 4096, NULL, "Size of an object"},
    {"writes", PARAMETER_COUNT, &writes, 1, 100000000, NULL, "Times each byte is written and read before the free"},
};

static const Workload workload = {
    .name = "cache_thrash",
    .summary = "threads write into small objects of their own",
    .models = "counters and flags that threads allocate for themselves",
    .published = "Berger, McKinley, Blumofe and Wilson, Hoard: A Scalable Memory Allocator for Multithreaded "
                 "Applications, ASPLOS 2000",
    .changed = "an operation is one object with 100000 writes and reads of each byte, however many threads there are, "
               "where the original has 1000 objects a thread and divides 2000000 writes by the number of threads: the "
               "work does not depend on the number of threads there either, but the allocator is asked more often here",
    .unit = "objects",
    .default_operations = 4000,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof parameters[0],
    .run = run,
};

int main(int argc, char **argv) {
    return kit_main(&workload, argc, argv);
}
