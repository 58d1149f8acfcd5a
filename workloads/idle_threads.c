/*
 * idle_threads.c - many threads that have worked and now sleep: what do they hold back together?
 *
 * Each of T threads allocates its part of --bytes in blocks of mixed sizes, frees a random half of them and sleeps. The
 * process idles for three seconds, silent, the first 1000 allocations of one thread after that are timed, and it idles
 * for three seconds in which that thread has light traffic while all others sleep. The other half of the blocks is
 * live meanwhile: kept_bytes. Then every thread frees its own.
 *
 * Between the marks: the allocating and the freeing.
 *
 * Models: a server's pool of worker threads at night.
 * Published: nowhere else.
 * Changed: nothing.
 */
#include "kit/kit.h"

enum { TRAFFIC_BOTH, TRAFFIC_SILENT, TRAFFIC_LIGHT, TRAFFIC_NONE };

static uint64_t total_bytes = UINT64_C(256) << 20, minimum_size = 16, maximum_size = 8192, traffic = TRAFFIC_BOTH;

typedef struct Block {
    void *address; /* NULL: freed */
    size_t size;
} Block;

static const Sizes *sizes;
static _Atomic uint64_t kept_bytes; /* sum over the threads, published before the second mark */
static pthread_barrier_t step;

/* As many blocks as it takes to reach the thread's part of the bytes, in a table that is resident from now on. */
static Block *plan(Worker *worker, uint64_t bytes, size_t *count) {
    Random random = worker->random;
    *count = 0;
    for (uint64_t planned = 0; planned < bytes; ++*count)
        planned += sizes_pick(sizes, random_high(random_next(&random)));
    Block *blocks = mapping_create(*count, sizeof *blocks);
    for (size_t i = 0; i < *count; i++)
        blocks[i].size = sizes_pick(sizes, random_high(random_next(&worker->random)));
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

/* Measured: frees each block with even chances; returns the bytes that stay. */
__attribute__((noinline)) static uint64_t timed_release_half(Worker *worker, Block *blocks, size_t count) {
    Probe *probe = worker->probe;
    const bool verify = worker->verify;
    Random random = worker->random;
    uint64_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (random_high(random_next(&random)) >> 31) {
            kept += blocks[i].size;
            continue;
        }
        filled_free(probe, blocks[i].address, blocks[i].size, verify, worker->index);
        blocks[i].address = NULL;
    }
    worker->random = random;
    return kept;
}

static void fill_counted(Worker *worker, Block *blocks, size_t count) {
    for (size_t done = 0, batch; done < count; done += batch) {
        batch = count - done < WORKER_BATCH ? count - done : WORKER_BATCH;
        worker_done(worker, batch, timed_fill(worker, blocks + done, batch));
    }
}

/* The others sleep at a barrier. */
static void watch(Worker *worker) {
    kit_note("kept_bytes", atomic_load_explicit(&kept_bytes, memory_order_relaxed));
    kit_note("end_rss_bytes", slot_resident_bytes());
    if (traffic == TRAFFIC_BOTH || traffic == TRAFFIC_SILENT) {
        idle_watch_silent();
        idle_measure_first_allocations(worker, sizes);
    }
    if (traffic == TRAFFIC_BOTH || traffic == TRAFFIC_LIGHT)
        idle_watch_light(worker, sizes);
}

static void work(Worker *worker) {
    size_t count;
    Block *blocks = plan(worker, worker->remaining, &count);
    team_begin(worker);
    fill_counted(worker, blocks, count);
    uint64_t kept = timed_release_half(worker, blocks, count);
    atomic_fetch_add_explicit(&kept_bytes, kept, memory_order_relaxed);
    team_end(worker);
    worker_seal(worker, kept);
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
    sizes = sizes_create(SIZES_LOGARITHMIC, (uint32_t)minimum_size, (uint32_t)maximum_size, options->seed);
    pthread_barrier_init(&step, NULL, threads);
    Worker *workers = workers_create(options, threads);
    for (uint32_t i = 0; i < threads; i++)
        workers[i].remaining = total_bytes / threads; /* here in bytes */
    team_run(options, workers, threads, work);
}

static double alive_at_most(const Options *options) {
    (void)options;
    return (double)total_bytes;
}

static void check_options(Options *options) {
    if (minimum_size > maximum_size)
        kit_usage_error("--min-size %llu: must not exceed --max-size, which is %llu", (unsigned long long)minimum_size,
                        (unsigned long long)maximum_size);
    if (total_bytes / options->threads < maximum_size)
        kit_usage_error("--bytes %llu: each of %u threads needs at least --max-size, which is %llu",
                        (unsigned long long)total_bytes, options->threads, (unsigned long long)maximum_size);
}

static const char *const traffic_choices[] = {"both", "silent", "light", "none", NULL};

static const Parameter parameters[] = {
    {"bytes", PARAMETER_BYTES, &total_bytes, 1 << 16, UINT64_C(1) << 40, NULL, "What all threads allocate together"},
    {"min-size", PARAMETER_BYTES, &minimum_size, 1, 1 << 20, NULL, "Smallest block"},
    {"max-size", PARAMETER_BYTES, &maximum_size, 1, 1 << 20, NULL,
     "Largest block; all powers of two between are equally frequent"},
    {"traffic", PARAMETER_CHOICE, &traffic, 0, 0, traffic_choices,
     "Idle silently, with light traffic of one thread, both one after the other, or not at all"},
};

static const Workload workload = {
    .name = "idle_threads",
    .summary = "many threads free half of their blocks and sleep; what they hold back meanwhile",
    .models = "a server's pool of worker threads at night",
    .published = "devised for this benchmark, described in its source file",
    .changed = "nothing, it has no original. The filling is timed, but the memory afterwards is the result",
    .unit = "blocks",
    .unscaled = true,
    .usual_ms = 6300,
    .memory = true,
    .default_threads = 64,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof parameters[0],
    .live_bytes = alive_at_most,
    .check = check_options,
    .run = run,
};

int main(int argc, char **argv) {
    return kit_main(&workload, argc, argv);
}
