/*
 * burst_idle.c - a burst of small objects, all freed again: what is left when nobody works any more?
 *
 * T threads fill --bytes with objects of mixed sizes and free them all in the order of their allocation. Then the
 * process idles for three seconds, silent: no thread calls the allocator. After that the first 1000 allocations are
 * timed: memory that was given back has to be got again. Then the burst is repeated, and the process idles for three
 * seconds with light traffic, in which an allocator that tidies up only when it is called gets its chance.
 *
 * Between the marks: the filling. The tables of the blocks are kit memory of exactly the size needed, resident all the
 * time; sizes are not stored but drawn again.
 *
 * Models: a server after its busiest minute: memory that is not needed any more but paid for.
 * Published: nowhere else.
 * Changed: nothing.
 */
#include "kit/kit.h"

#include <stdlib.h>

enum { TRAFFIC_BOTH, TRAFFIC_SILENT, TRAFFIC_LIGHT, TRAFFIC_NONE };

static uint64_t burst_bytes = UINT64_C(1) << 30, minimum_size = 16, maximum_size = 1024, traffic = TRAFFIC_BOTH;

static const Sizes *sizes;
static pthread_barrier_t step;

/* One thread's part of the burst. */
typedef struct Burst {
    void **blocks;
    size_t count;
    Random from; /* state before the first size was drawn */
} Burst;

KIT_INLINE uint32_t next_size(Random *random) {
    return sizes_pick(sizes, random_high(random_next(random)));
}

/* As many blocks as it takes to reach the thread's part of the bytes. */
static Burst plan(const Worker *worker, uint64_t bytes) {
    Burst burst = {.from = worker->random};
    Random random = burst.from;
    for (uint64_t planned = 0; planned < bytes; burst.count++)
        planned += next_size(&random);
    burst.blocks = mapping_create(burst.count, sizeof *burst.blocks);
    memset(burst.blocks, 0xff, burst.count * sizeof *burst.blocks); /* resident from now on, see idle.h */
    return burst;
}

/* Measured: allocates `count` blocks and writes all of each; returns the bytes asked for. */
__attribute__((noinline)) static uint64_t timed_fill(Worker *worker, void **blocks, size_t count) {
    Probe *probe = worker->probe;
    const bool verify = worker->verify;
    Random random = worker->random;
    uint64_t requested = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t size = next_size(&random);
        void *block = probe_malloc(probe, size);
        if (!block)
            slot_out_of_memory("malloc", size);
        if (verify) {
            if (!block_is_aligned(block, size))
                slot_corrupt(block, size, "not aligned as malloc promises");
            block_fill(block, size, worker->index);
        } else {
            memset(block, (int)(size & 0xff), size);
        }
        blocks[i] = block;
        requested += size;
    }
    worker->random = random;
    return requested;
}

/* Frees the burst in the order of its allocation. */
__attribute__((noinline)) static void timed_release(Worker *worker, const Burst *burst) {
    Probe *probe = worker->probe;
    const bool verify = worker->verify;
    Random random = burst->from;
    for (size_t i = 0; i < burst->count; i++) {
        uint32_t size = next_size(&random);
        if (verify && !block_check(burst->blocks[i], size, worker->index))
            slot_corrupt(burst->blocks[i], size, "content changed since it was written");
        probe_free(probe, burst->blocks[i], size);
    }
}

/* Batch by batch, so that the operations in the slot page show how far it is. */
static void fill_counted(Worker *worker, const Burst *burst) {
    for (size_t done = 0, batch; done < burst->count; done += batch) {
        batch = burst->count - done < WORKER_BATCH ? burst->count - done : WORKER_BATCH;
        worker_done(worker, batch, timed_fill(worker, burst->blocks + done, batch));
    }
}

/* All threads have freed everything when it returns. */
static void release_all(Worker *worker, const Burst *burst) {
    timed_release(worker, burst);
    pthread_barrier_wait(&step);
}

/* The others wait at the next step, which calls no allocator. */
static void watch(Worker *worker, bool light) {
    if (worker->index == 0 && !light) {
        idle_watch_silent();
        idle_measure_first_allocations(worker, sizes);
    } else if (worker->index == 0) {
        idle_watch_light(worker, sizes);
    }
    pthread_barrier_wait(&step);
}

static void burst_again(Worker *worker, const Burst *burst) {
    if (worker->index == 0)
        slot_enter_phase(SLOT_PHASE_RUNNING);
    pthread_barrier_wait(&step);
    Random after = worker->random;
    worker->random = burst->from;
    timed_fill(worker, burst->blocks, burst->count);
    worker->random = after;
    release_all(worker, burst);
}

static void work(Worker *worker) {
    Burst burst = plan(worker, worker->remaining);
    team_begin(worker);
    fill_counted(worker, &burst);
    team_end(worker);
    worker_seal(worker, 0);
    release_all(worker, &burst);
    if (traffic == TRAFFIC_BOTH || traffic == TRAFFIC_SILENT)
        watch(worker, false);
    if (traffic == TRAFFIC_BOTH)
        burst_again(worker, &burst);
    if (traffic == TRAFFIC_BOTH || traffic == TRAFFIC_LIGHT)
        watch(worker, true);
}

static void run(const Options *options) {
    const uint32_t threads = options->threads;
    sizes = sizes_create(SIZES_LOGARITHMIC, (uint32_t)minimum_size, (uint32_t)maximum_size, options->seed);
    pthread_barrier_init(&step, NULL, threads);
    Worker *workers = workers_create(options, threads);
    for (uint32_t i = 0; i < threads; i++)
        workers[i].remaining = burst_bytes / threads; /* here in bytes */
    team_run(options, workers, threads, work);
}

static double alive_at_most(const Options *options) {
    (void)options;
    return (double)burst_bytes;
}

static void check_options(Options *options) {
    if (minimum_size > maximum_size)
        kit_usage_error("--min-size %llu: must not exceed --max-size, which is %llu", (unsigned long long)minimum_size,
                        (unsigned long long)maximum_size);
    if (burst_bytes / options->threads < maximum_size)
        kit_usage_error("--bytes %llu: each of %u threads needs at least --max-size, which is %llu",
                        (unsigned long long)burst_bytes, options->threads, (unsigned long long)maximum_size);
}

static const char *const traffic_choices[] = {"both", "silent", "light", "none", NULL};

static const Parameter parameters[] = {
    {"bytes", PARAMETER_BYTES, &burst_bytes, 1 << 16, UINT64_C(1) << 40, NULL, "What all threads allocate together"},
    {"min-size", PARAMETER_BYTES, &minimum_size, 1, 1 << 15, NULL, "Smallest object"},
    {"max-size", PARAMETER_BYTES, &maximum_size, 1, 1 << 15, NULL,
     "Largest object; all powers of two between are equally frequent"},
    {"traffic", PARAMETER_CHOICE, &traffic, 0, 0, traffic_choices,
     "Idle silently, with light traffic, both one after the other, or not at all"},
};

static const Workload workload = {
    .name = "burst_idle",
    .summary = "a burst of small objects is freed; what stays resident while the process idles",
    .models = "a server after its busiest minute: memory that is not needed any more but paid for",
    .published = "devised for this benchmark, described in its source file",
    .changed = "nothing, it has no original. The filling is timed, but the memory afterwards is the result",
    .unit = "blocks",
    .unscaled = true,
    .usual_ms = 8500,
    .memory = true,
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
