/*
 * holes.c - of 300,000 blocks every twentieth stays: what does the system get back?
 *
 * Half of --blocks are of 512 bytes, a third of 1 KiB, a sixth of 2 KiB, in random order. Of each --keep-one-in
 * consecutive ones a random one stays, all others are freed in the order of their allocation. Then the process idles
 * for three seconds, silent, the first 1000 allocations after that are timed, and it idles for three seconds with light
 * traffic. The blocks that stay are live meanwhile: kept_bytes.
 *
 * Between the marks: the allocating and the freeing.
 *
 * Models: a cache that was emptied except for its popular entries.
 * Published: nowhere else.
 * Changed: nothing.
 */
#include "kit/kit.h"

enum { TRAFFIC_BOTH, TRAFFIC_SILENT, TRAFFIC_LIGHT, TRAFFIC_NONE };

static uint64_t block_count = 300000, one_in = 20, traffic = TRAFFIC_BOTH;

typedef struct Block {
    void *address; /* NULL: freed */
    size_t size;
} Block;

static const Sizes *sizes;                       /* of the traffic while idle */
static _Atomic uint64_t kept_bytes, kept_blocks; /* sums over the threads, published before the second mark */
static pthread_barrier_t step;

/* Sizes in random order, in a table that is resident from now on. */
static Block *plan(Worker *worker, size_t count) {
    Block *blocks = mapping_create(count, sizeof *blocks);
    for (size_t i = 0; i < count; i++)
        blocks[i].size = i % 6 < 3 ? 512 : i % 6 < 5 ? 1024 : 2048;
    for (size_t i = count - 1; i > 0; i--) {
        size_t other = random_below(&worker->random, (uint32_t)i + 1), size = blocks[i].size;
        blocks[i].size = blocks[other].size;
        blocks[other].size = size;
    }
    return blocks;
}

/* Measured: allocates and returns the bytes asked for. */
__attribute__((noinline)) static uint64_t timed_fill(Worker *worker, Block *blocks, size_t count) {
    Probe *probe = worker->probe;
    const bool verify = worker->verify;
    uint64_t requested = 0;
    for (size_t i = 0; i < count; i++) {
        blocks[i].address = filled_malloc(probe, blocks[i].size, verify, worker->index);
        requested += blocks[i].size;
    }
    return requested;
}

/* Measured: frees all of them but the one at `survivor`. */
__attribute__((noinline)) static void timed_release(Worker *worker, Block *blocks, size_t count, size_t survivor) {
    Probe *probe = worker->probe;
    const bool verify = worker->verify;
    for (size_t i = 0; i < count; i++) {
        if (i == survivor)
            continue;
        filled_free(probe, blocks[i].address, blocks[i].size, verify, worker->index);
        blocks[i].address = NULL;
    }
}

static void fill_counted(Worker *worker, Block *blocks, size_t count) {
    for (size_t done = 0, batch; done < count; done += batch) {
        batch = count - done < WORKER_BATCH ? count - done : WORKER_BATCH;
        worker_done(worker, batch, timed_fill(worker, blocks + done, batch));
    }
}

static void punch_holes(Worker *worker, Block *blocks, size_t count) {
    uint64_t bytes = 0, stayed = 0;
    for (size_t at = 0; at < count; at += one_in, stayed++) {
        size_t group = count - at < one_in ? count - at : one_in;
        size_t survivor = random_below(&worker->random, (uint32_t)group);
        timed_release(worker, blocks + at, group, survivor);
        bytes += blocks[at + survivor].size;
    }
    atomic_fetch_add_explicit(&kept_bytes, bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&kept_blocks, stayed, memory_order_relaxed);
}

static void watch(Worker *worker) {
    kit_note("kept_bytes", atomic_load_explicit(&kept_bytes, memory_order_relaxed));
    kit_note("kept_blocks", atomic_load_explicit(&kept_blocks, memory_order_relaxed));
    kit_note("end_rss_bytes", slot_resident_bytes());
    if (traffic == TRAFFIC_BOTH || traffic == TRAFFIC_SILENT) {
        idle_watch_silent();
        idle_measure_first_allocations(worker, sizes);
    }
    if (traffic == TRAFFIC_BOTH || traffic == TRAFFIC_LIGHT)
        idle_watch_light(worker, sizes);
}

static void work(Worker *worker) {
    const size_t count = worker->remaining;
    Block *blocks = plan(worker, count);
    team_begin(worker);
    fill_counted(worker, blocks, count);
    punch_holes(worker, blocks, count);
    team_end(worker);
    worker_seal(worker, 0);
    if (worker->index == 0)
        watch(worker);
    pthread_barrier_wait(&step);
    for (size_t i = 0; i < count; i++) {
        if (blocks[i].address)
            filled_free(worker->probe, blocks[i].address, blocks[i].size, worker->verify, worker->index);
    }
}

static void run(const Options *options) {
    const uint32_t threads = options->threads;
    sizes = sizes_create(SIZES_LOGARITHMIC, 16, 2048, options->seed);
    pthread_barrier_init(&step, NULL, threads);
    Worker *workers = workers_create(options, threads);
    for (uint32_t i = 0; i < threads; i++)
        workers[i].remaining = block_count / threads + (i < block_count % threads);
    team_run(options, workers, threads, work);
}

static double alive_at_most(const Options *options) {
    (void)options;
    return (double)block_count * (3 * 512 + 2 * 1024 + 2048) / 6;
}

static void check_options(Options *options) {
    if (block_count / options->threads < 6)
        kit_usage_error("--blocks %llu: each of %u threads needs at least 6", (unsigned long long)block_count,
                        options->threads);
}

static const char *const traffic_choices[] = {"both", "silent", "light", "none", NULL};

static const Parameter parameters[] = {
    {"blocks", PARAMETER_COUNT, &block_count, 6, UINT64_C(1) << 31, NULL,
     "Blocks of all threads: half of 512 bytes, a third of 1 KiB, a sixth of 2 KiB"},
    {"keep-one-in", PARAMETER_COUNT, &one_in, 2, 1 << 20, NULL, "One of so many blocks stays"},
    {"traffic", PARAMETER_CHOICE, &traffic, 0, 0, traffic_choices,
     "Idle silently, with light traffic, both one after the other, or not at all"},
};

static const Workload workload = {
    .name = "holes",
    .summary = "every twentieth block stays, scattered; what the system gets back of the rest while the process idles",
    .models = "a cache that was emptied except for its popular entries",
    .published = "devised for this benchmark, described in its source file",
    .changed = "nothing, it has no original. The filling is timed, but the memory afterwards is the result",
    .unit = "blocks",
    .unscaled = true,
    .usual_ms = 6300,
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
