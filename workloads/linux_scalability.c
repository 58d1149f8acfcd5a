/*
 * linux_scalability.c - every thread does nothing but malloc and free of one size, as fast as it can.
 *
 * All threads leave a barrier together. Besides the time of the whole, the mean of the threads' own times and their
 * spread are reported: unfair locks give a good sum and a bad spread.
 *
 * Models: short-lived buffers in many threads; the shortest path through an allocator.
 * Published: Lever and Boreham, USENIX ATC 2000.
 * Changed: the work is fixed over all threads, so that more threads are not more work.
 */
#include "kit/caller.h"
#include "kit/kit.h"

static uint64_t block_size = 512;

static uint64_t *thread_ns; /* from the barrier to the thread's last operation */

/* Measured. */
__attribute__((noinline)) static void timed_pairs(Worker *worker, uint64_t count) {
    const Caller caller = caller_of(worker);
    const size_t size = block_size;
    for (uint64_t i = 0; i < count; i++) {
        void *block = caller_malloc(caller, size);
        caller_free(caller, block, size);
    }
    worker_done(worker, count, count * size);
}

static void run_thread(Worker *worker) {
    team_begin(worker);
    uint64_t begin_ns = clock_now_ns();
    for (uint64_t taken; (taken = worker_take(worker, WORKER_BATCH)) > 0;)
        timed_pairs(worker, taken);
    thread_ns[worker->index] = clock_now_ns() - begin_ns;
    worker_seal(worker, 0);
    team_end(worker);
}

static void note_times(uint32_t count) {
    uint64_t sum = 0, least = UINT64_MAX, most = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += thread_ns[i];
        least = thread_ns[i] < least ? thread_ns[i] : least;
        most = thread_ns[i] > most ? thread_ns[i] : most;
    }
    kit_measure("thread_mean_ns", (double)sum / count);
    kit_note("thread_spread_ns", most - least);
}

static void run(const Options *options) {
    const uint32_t count = options->threads;
    Worker *workers = workers_create(options, count);
    thread_ns = mapping_create(count, sizeof *thread_ns);
    for (uint32_t i = 0; i < count; i++)
        worker_assign(&workers[i], options, i, count);
    team_run(options, workers, count, run_thread);
    note_times(count);
}

static const Parameter parameters[] = {
    {"size", PARAMETER_BYTES, &block_size, 1, 1 << 24, NULL, "Size of each block"},
};

static const Workload workload = {
    .name = "linux_scalability",
    .summary = "threads allocate and free one block of one size at a time",
    .models = "short-lived buffers in many threads; the shortest path through an allocator",
    .published =
        "Lever and Boreham, malloc() Performance in a Multithreaded Linux Environment, USENIX ATC 2000, FREENIX track",
    .changed =
        "the work is fixed over all threads instead of 10000000 for each, so that more threads are not more work",
    .unit = "pairs",
    .default_operations = 10000000,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof parameters[0],
    .run = run,
};

int main(int argc, char **argv) {
    return kit_main(&workload, argc, argv);
}
