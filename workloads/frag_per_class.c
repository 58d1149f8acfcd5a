/*
 * frag_per_class.c - of each size a few blocks survive, spread over all of its memory: can another size use the rest?
 *
 * For sizes from --min-size to --max-size, each 1.2 times the one before: allocate --bytes in blocks of that size, then
 * free all but --keep blocks in each 256 KiB, at random places. An allocator that gives the regions of one size only
 * to blocks of that size, or returns only what is empty as a whole, holds all sizes' memory in the end; the ideal is
 * the survivors and one size's blocks.
 *
 * Between the marks: all of that. What remains then is the result: end_rss_bytes beside end_live_bytes. Afterwards all
 * is freed.
 *
 * Models: phases of a program that each leave a few long-lived objects behind.
 * Published: nowhere else.
 * Changed: nothing.
 */
#include "kit/kit.h"

static uint64_t class_bytes = UINT64_C(16) << 20, first_size = 16, last_size = 1 << 15, keep = 5;

static const uint64_t stretch_bytes = 256 << 10; /* `keep` blocks survive in so many bytes of one size */

static _Atomic uint64_t end_live_bytes; /* sum over the threads, published before the second mark */
static pthread_barrier_t step_barrier;

/* One thread's heap. */
typedef struct Heap {
    void **filling;  /* the blocks of the size at hand */
    void **kept;     /* survivors, size by size */
    uint64_t bytes;  /* of each size */
    size_t kept_end; /* survivors so far */
    uint64_t live;
} Heap;

/* 1.2 times as large, but always larger. */
static uint64_t next_size(uint64_t size) {
    return size + (size < 5 ? 1 : size / 5);
}

/* One block survives in each so many. */
static size_t slice_blocks(uint64_t size) {
    uint64_t blocks = stretch_bytes / (size * keep);
    return blocks ? blocks : 1;
}

/* Survivors of a size. */
static size_t survivors(uint64_t bytes, uint64_t size) {
    size_t slice = slice_blocks(size);
    return (bytes / size + slice - 1) / slice;
}

/* Measured: `count` blocks of one size. */
__attribute__((noinline)) static void timed_fill(Worker *worker, void **blocks, size_t count, size_t size) {
    Probe *probe = worker->probe;
    const bool verify = worker->verify;
    for (size_t i = 0; i < count; i++)
        blocks[i] = filled_malloc(probe, size, verify, worker->index);
}

/* Measured: frees a slice except for the block at `survivor`. */
__attribute__((noinline)) static void timed_thin_out(Worker *worker, void **slice, size_t count, size_t survivor,
                                                     size_t size) {
    Probe *probe = worker->probe;
    const bool verify = worker->verify;
    for (size_t i = 0; i < count; i++) {
        if (i != survivor)
            filled_free(probe, slice[i], size, verify, worker->index);
    }
}

static void run_size(Worker *worker, Heap *heap, uint64_t size) {
    const size_t count = heap->bytes / size, slice = slice_blocks(size);
    for (size_t done = 0, batch; done < count; done += batch) {
        batch = count - done < WORKER_BATCH ? count - done : WORKER_BATCH;
        timed_fill(worker, heap->filling + done, batch, size);
        worker_done(worker, batch, batch * size);
    }
    for (size_t at = 0; at < count; at += slice) {
        size_t blocks = count - at < slice ? count - at : slice;
        size_t survivor = random_below(&worker->random, (uint32_t)blocks);
        timed_thin_out(worker, heap->filling + at, blocks, survivor, size);
        heap->kept[heap->kept_end++] = heap->filling[at + survivor];
        heap->live += size;
    }
}

static void free_all(Worker *worker, const Heap *heap) {
    void **block = heap->kept;
    for (uint64_t size = first_size; size <= last_size; size = next_size(size)) {
        for (size_t i = survivors(heap->bytes, size); i > 0; i--)
            filled_free(worker->probe, *block++, size, worker->verify, worker->index);
    }
}

/* A table that is resident from now on, see idle.h. */
static void **create_table(size_t entries) {
    void **table = mapping_create(entries, sizeof *table);
    memset(table, 0xff, entries * sizeof *table);
    return table;
}

static Heap create_heap(uint64_t bytes) {
    size_t kept = 0;
    for (uint64_t size = first_size; size <= last_size; size = next_size(size))
        kept += survivors(bytes, size);
    return (Heap){.filling = create_table(bytes / first_size), .kept = create_table(kept), .bytes = bytes};
}

static void work(Worker *worker) {
    Heap heap = create_heap(worker->remaining);
    team_begin(worker);
    for (uint64_t size = first_size; size <= last_size; size = next_size(size))
        run_size(worker, &heap, size);
    atomic_fetch_add_explicit(&end_live_bytes, heap.live, memory_order_relaxed);
    team_end(worker);
    worker_seal(worker, heap.live);
    if (worker->index == 0) {
        kit_note("end_rss_bytes", slot_resident_bytes());
        kit_note("end_live_bytes", atomic_load_explicit(&end_live_bytes, memory_order_relaxed));
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
        workers[i].remaining = class_bytes / threads; /* here in bytes */
    team_run(options, workers, threads, work);
}

static double alive_at_most(const Options *options) {
    (void)options;
    return (double)class_bytes;
}

static void check_options(Options *options) {
    if (first_size > last_size)
        kit_usage_error("--min-size %llu: must not exceed --max-size, which is %llu", (unsigned long long)first_size,
                        (unsigned long long)last_size);
    if (class_bytes / options->threads < last_size)
        kit_usage_error("--bytes %llu: each of %u threads needs at least --max-size, which is %llu",
                        (unsigned long long)class_bytes, options->threads, (unsigned long long)last_size);
}

static const Parameter parameters[] = {
    {"bytes", PARAMETER_BYTES, &class_bytes, 1 << 16, UINT64_C(1) << 34, NULL,
     "What all threads allocate of each size"},
    {"min-size", PARAMETER_BYTES, &first_size, 1, 1 << 30, NULL, "Smallest size"},
    {"max-size", PARAMETER_BYTES, &last_size, 1, 1 << 30, NULL, "No size is larger"},
    {"keep", PARAMETER_COUNT, &keep, 1, 1000, NULL, "Survivors in each 256 KiB of one size"},
};

static const Workload workload = {
    .name = "frag_per_class",
    .summary = "a few blocks of each size survive all over its memory; can other sizes use the rest",
    .models = "phases of a program that each leave a few long-lived objects behind",
    .published = "devised for this benchmark, described in its source file",
    .changed = "nothing, it has no original",
    .unit = "blocks",
    .unscaled = true,
    .usual_ms = 400,
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
