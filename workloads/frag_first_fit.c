/*
 * frag_first_fit.c - sizes double while every other block of every size is freed: no hole fits what comes next.
 *
 * Each of T threads repeats, for s = --min-size, 2s, 4s ... up to --max-size: allocate its part of --bytes in blocks of
 * size s, then free every other block of each size there is, in the order of their allocation. Half of what is live
 * is freed each time and the same amount is allocated, so at most twice --bytes are live and once --bytes remain; but
 * the holes between survivors of size s are too small for 2s until their neighbours go too. The ideal peak is the
 * peak of what is live.
 *
 * Between the marks: all of that. What remains then is the result: end_rss_bytes beside end_live_bytes. Afterwards all
 * is freed.
 *
 * The blocks stand in one table, the smallest size first. A step halves all that stand there and adds half as many
 * blocks as the step before, so the table never holds more than the first step put into it.
 *
 * Models: a long-running program whose objects grow over its life.
 * Published: after Robson's lower bound, JACM 1974.
 * Changed: a fixed sequence, so that all allocators get the same; it stops at a size.
 */
#include "kit/kit.h"

static uint64_t total_bytes = UINT64_C(1) << 27, first_size = 16, last_size = 1 << 16;

enum { STEPS = 64 };

static _Atomic uint64_t end_live_bytes, peak_live_bytes; /* sums over the threads, published before the second mark */
static pthread_barrier_t step_barrier;

/* One thread's heap. */
typedef struct Heap {
    void **blocks;
    size_t counts[STEPS]; /* blocks of size first_size << step, which stand behind one another */
    uint64_t live, peak_live;
} Heap;

/* Measured: `count` blocks of one size. */
__attribute__((noinline)) static void timed_fill(Worker *worker, void **blocks, size_t count, size_t size) {
    Probe *probe = worker->probe;
    const bool verify = worker->verify;
    for (size_t i = 0; i < count; i++)
        blocks[i] = filled_malloc(probe, size, verify, worker->index);
}

/* Measured: frees the first of each two blocks at `from` and moves the others to `to`, which is not behind `from`.
   Returns how many stay. */
__attribute__((noinline)) static size_t timed_halve(Worker *worker, void **from, void **to, size_t count, size_t size) {
    Probe *probe = worker->probe;
    const bool verify = worker->verify;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (i % 2 == 0)
            filled_free(probe, from[i], size, verify, worker->index);
        else
            to[kept++] = from[i];
    }
    return kept;
}

/* Frees every other block of each size and closes the gaps in the table; returns where it ends. */
static void **halve_all(Worker *worker, Heap *heap, size_t steps) {
    void **from = heap->blocks, **to = heap->blocks;
    heap->live = 0;
    for (size_t step = 0; step < steps; step++) {
        size_t size = first_size << step, before = heap->counts[step];
        heap->counts[step] = timed_halve(worker, from, to, before, size);
        heap->live += heap->counts[step] * size;
        from += before;
        to += heap->counts[step];
    }
    return to;
}

static void run_steps(Worker *worker, Heap *heap, uint64_t bytes) {
    void **end = heap->blocks;
    size_t step = 0;
    for (uint64_t size = first_size; size <= last_size; size *= 2) {
        size_t count = bytes / size;
        for (size_t done = 0, batch; done < count; done += batch) {
            batch = count - done < WORKER_BATCH ? count - done : WORKER_BATCH;
            timed_fill(worker, end + done, batch, size);
            worker_done(worker, batch, batch * size);
        }
        heap->counts[step++] = count;
        heap->live += count * size;
        heap->peak_live = heap->live > heap->peak_live ? heap->live : heap->peak_live;
        end = halve_all(worker, heap, step);
    }
}

static void free_all(Worker *worker, const Heap *heap) {
    void **block = heap->blocks;
    for (size_t step = 0; step < STEPS; step++) {
        for (size_t i = 0; i < heap->counts[step]; i++)
            filled_free(worker->probe, *block++, first_size << step, worker->verify, worker->index);
    }
}

static void work(Worker *worker) {
    const uint64_t bytes = worker->remaining;
    Heap heap = {.blocks = mapping_create(bytes / first_size, sizeof(void *))};
    memset(heap.blocks, 0xff, bytes / first_size * sizeof(void *)); /* resident from now on, see idle.h */
    team_begin(worker);
    run_steps(worker, &heap, bytes);
    atomic_fetch_add_explicit(&end_live_bytes, heap.live, memory_order_relaxed);
    atomic_fetch_add_explicit(&peak_live_bytes, heap.peak_live, memory_order_relaxed);
    team_end(worker);
    worker_seal(worker, heap.live);
    if (worker->index == 0) {
        kit_note("end_rss_bytes", slot_resident_bytes());
        kit_note("end_live_bytes", atomic_load_explicit(&end_live_bytes, memory_order_relaxed));
        kit_note("peak_live_bytes", atomic_load_explicit(&peak_live_bytes, memory_order_relaxed));
    }
    pthread_barrier_wait(&step_barrier); /* nobody frees before the resident bytes were read */
    free_all(worker, &heap);
    pthread_barrier_wait(&step_barrier);
    if (worker->index == 0)
        kit_note("freed_rss_bytes", slot_resident_bytes());
}

static void run(const Options *options) {
    const uint32_t threads = options->threads;
    pthread_barrier_init(&step_barrier, NULL, threads);
    Worker *workers = workers_create(options, threads);
    for (uint32_t i = 0; i < threads; i++)
        workers[i].remaining = total_bytes / threads; /* here in bytes */
    team_run(options, workers, threads, work);
}

static double alive_at_most(const Options *options) {
    (void)options;
    return 2 * (double)total_bytes;
}

static void check_options(Options *options) {
    if (first_size > last_size)
        kit_usage_error("--min-size %llu: must not exceed --max-size, which is %llu", (unsigned long long)first_size,
                        (unsigned long long)last_size);
    if (total_bytes / options->threads < last_size)
        kit_usage_error("--bytes %llu: each of %u threads needs at least --max-size, which is %llu",
                        (unsigned long long)total_bytes, options->threads, (unsigned long long)last_size);
}

static const Parameter parameters[] = {
    {"bytes", PARAMETER_BYTES, &total_bytes, 1 << 16, UINT64_C(1) << 40, NULL,
     "What all threads allocate in each step; up to twice as much is live"},
    {"min-size", PARAMETER_BYTES, &first_size, 1, 1 << 30, NULL, "Size of the first step"},
    {"max-size", PARAMETER_BYTES, &last_size, 1, 1 << 30, NULL, "No step's size is larger"},
};

static const Workload workload = {
    .name = "frag_first_fit",
    .summary = "sizes double while every other block is freed; how much more memory than needed is held",
    .models = "a long-running program whose objects grow over its life",
    .published =
        "after the lower bound of Robson, Bounds for Some Functions Concerning Dynamic Storage Allocation, JACM 1974",
    .changed = "a fixed sequence that does not look at the addresses, where the proof's adversary does, so that all "
               "allocators get the same requests; it stops at a size and not when no memory is left",
    .unit = "blocks",
    .unscaled = true,
    .usual_ms = 2500,
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
