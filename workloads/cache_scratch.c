/*
 * cache_scratch.c - passive false sharing: does a line stay shared when its blocks have been passed to other threads?
 *
 * The main thread allocates one small object for each thread, side by side. Each thread first frees the one it was
 * given, then allocates one at a time, writes and reads every byte many times, and frees it. An allocator that hands
 * the freed object out again to the thread that freed it keeps the sharing for ever. The time of one thread over the
 * time of T threads is ideally T; the work is the same for any number of threads.
 *
 * Thread 0 is the main thread: its own object is the one that is not freed by another thread.
 *
 * Models: work items created side by side by one thread and handed out to others.
 * Published: Berger et al., Hoard, ASPLOS 2000.
 * Changed: 100000 writes an object whatever the number of threads, for more calls of the allocator; the main thread
 *   works too; also with 8 bytes (cache_scratch_8).
 */
#include "kit/caller.h"
#include "kit/kit.h"

static uint64_t object_size = 1, writes = 100000;

static void **given; /* to each thread, by the main thread */

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
    caller_free(caller_with_tag(worker, 0), given[worker->index], object_size);
    probe_break(worker->probe);
    /* One at a time: a clock reading is nothing beside the writes. */
    for (uint64_t taken; (taken = worker_take(worker, 1)) > 0;)
        timed_objects(worker, taken);
    worker_seal(worker, 0);
    team_end(worker);
}

enum { CACHE_LINE = 64 };

/* How many of the given objects lie in the line of the one before: what the threads start from. */
static uint64_t shared_lines(uint32_t count) {
    uint64_t shared = 0;
    for (uint32_t i = 1; i < count; i++)
        shared += (uintptr_t)given[i] / CACHE_LINE == (uintptr_t)given[i - 1] / CACHE_LINE;
    return shared;
}

static void run(const Options *options) {
    const uint32_t count = options->threads;
    Worker *workers = workers_create(options, count);
    for (uint32_t i = 0; i < count; i++)
        worker_assign(&workers[i], options, i, count);
    given = mapping_create(count, sizeof *given);
    slot_note_start_rss();
    for (uint32_t i = 0; i < count; i++)
        given[i] = caller_malloc(caller_with_tag(&workers[0], 0), object_size);
    const uint64_t shared = shared_lines(count);
    team_run(options, workers, count, run_thread);
    kit_note("objects_sharing_a_line", shared);
}

static const Parameter parameters[] = {
    {"size", PARAMETER_BYTES, &object_size, 1, 4096, NULL, "Size of an object"},
    {"writes", PARAMETER_COUNT, &writes, 1, 100000000, NULL, "Times each byte is written and read before the free"},
};

static const Preset presets[] = {
    {"cache_scratch_8", "--size 8", "objects of 8 bytes"},
};

static const Workload workload = {
    .name = "cache_scratch",
    .summary = "threads write into small objects after freeing neighbours that one thread allocated",
    .models = "work items created side by side by one thread and handed out to others",
    .published = "Berger, McKinley, Blumofe and Wilson, Hoard: A Scalable Memory Allocator for Multithreaded "
                 "Applications, ASPLOS 2000",
    .changed = "an operation is one object with 100000 writes and reads of each byte, however many threads there are, "
               "where the original has 1000 objects a thread and divides 2000000 writes by the number of threads: the "
               "work does not depend on the number of threads there either, but the allocator is asked more often "
               "here; the main thread is one of the threads, so that T threads run and not T + 1; preset "
               "cache_scratch_8 has objects of 8 bytes, the smallest that allocators tell apart",
    .unit = "objects",
    .default_operations = 4000,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof parameters[0],
    .presets = presets,
    .preset_count = sizeof presets / sizeof presets[0],
    .run = run,
};

int main(int argc, char **argv) {
    return kit_main(&workload, argc, argv);
}
