/*
 * size_shift.c - the same live bytes, first in small blocks, then in large ones, then in small ones again.
 *
 * Each of T threads fills its part of --bytes with small blocks (16 to 64 bytes). Then it allocates --turnover times as
 * many bytes, of which a growing part is in large blocks (1 to 32 KiB): from none at the beginning to all at the half,
 * and all from there on; before each block it frees random ones of its own until the new one fits. Then the same back
 * to small blocks. What is live stays within one block of the same, so the ideal RSS is flat.
 *
 * Between the marks: all of that, the filling too. The results are the peak and the resident bytes at the three ends:
 * filled_rss_bytes, shifted_rss_bytes, end_rss_bytes. Afterwards all is freed.
 *
 * Models: a server whose load changes its kind over the day.
 * Published: nowhere else.
 * Changed: nothing.
 */
#include "kit/kit.h"

static uint64_t total_bytes = UINT64_C(128) << 20, turnover = 4;

enum { SMALL_MINIMUM = 16, SMALL_MAXIMUM = 64, LARGE_MINIMUM = 1 << 10, LARGE_MAXIMUM = 1 << 15 };

static const Sizes *small_sizes, *large_sizes;
static uint64_t filled_rss_bytes, shifted_rss_bytes; /* worker 0's, while the others wait at the step */
static _Atomic uint64_t end_live_bytes;              /* sum over the threads, published before the second mark */
static pthread_barrier_t step;

/* One thread's blocks: two tables, because a size takes two bytes. */
typedef struct Heap {
    void **blocks;
    uint16_t *sizes;
    uint64_t bytes;         /* what may be live */
    size_t capacity, count; /* of the tables */
    uint64_t live;
} Heap;

/* How many bytes of a stage are allocated, and how many of those were in blocks of the stage's new sizes. */
typedef struct Stage {
    const Sizes *before, *after;
    uint64_t bytes, done, done_after;
} Stage;

/*
 * Which sizes the next block is of: the new ones where they are behind what they should have. Their share grows from 0
 * to 1 over the first half of the stage, so after x bytes of a half h they should have x^2/2h.
 */
KIT_INLINE const Sizes *choose(const Stage *stage) {
    uint64_t half = stage->bytes / 2;
    if (stage->done >= half)
        return stage->after;
    double wanted = (double)stage->done * (double)stage->done / (2.0 * (double)half);
    return (double)stage->done_after < wanted ? stage->after : stage->before;
}

KIT_INLINE void free_random(Heap *heap, Random *random, Probe *probe, bool verify, uint64_t tag) {
    size_t victim = (size_t)(((random_next(random) >> 32) * heap->count) >> 32), last = --heap->count;
    size_t size = heap->sizes[victim];
    filled_free(probe, heap->blocks[victim], size, verify, tag);
    heap->live -= size;
    heap->blocks[victim] = heap->blocks[last];
    heap->sizes[victim] = heap->sizes[last];
}

/* Measured: up to `count` allocations of the stage, each after as many frees as it needs. Returns how many. */
__attribute__((noinline)) static size_t timed_stage(Worker *worker, Heap *heap, Stage *stage, size_t count) {
    Probe *probe = worker->probe;
    const bool verify = worker->verify;
    const uint64_t tag = worker->index;
    Random random = worker->random;
    size_t done = 0;
    for (; done < count && stage->done < stage->bytes; done++) {
        const Sizes *sizes = choose(stage);
        uint32_t size = sizes_pick(sizes, random_high(random_next(&random)));
        while (heap->live + size > heap->bytes || heap->count == heap->capacity)
            free_random(heap, &random, probe, verify, tag);
        heap->blocks[heap->count] = filled_malloc(probe, size, verify, tag);
        heap->sizes[heap->count++] = (uint16_t)size;
        heap->live += size;
        stage->done += size;
        stage->done_after += sizes == stage->after ? size : 0;
    }
    worker->random = random;
    return done;
}

static void run_stage(Worker *worker, Heap *heap, const Sizes *before, const Sizes *after, uint64_t bytes) {
    Stage stage = {.before = before, .after = after, .bytes = bytes};
    while (stage.done < stage.bytes) {
        uint64_t requested = stage.done;
        size_t done = timed_stage(worker, heap, &stage, WORKER_BATCH);
        worker_done(worker, done, stage.done - requested);
    }
}

/* All threads are at the same stage. */
static void look(Worker *worker, uint64_t *resident) {
    pthread_barrier_wait(&step);
    if (worker->index == 0)
        *resident = slot_resident_bytes();
    pthread_barrier_wait(&step);
    probe_break(worker->probe);
}

/* The tables have room for a heap of small blocks of mean size; where random ones are smaller some bytes stay unused.
 */
static Heap create_heap(uint64_t bytes) {
    uint64_t sum = 0;
    for (size_t i = 0; i < SIZES_ENTRIES; i++)
        sum += small_sizes->entries[i];
    Heap heap = {.bytes = bytes, .capacity = (size_t)((double)bytes / ((double)sum / SIZES_ENTRIES)) + 1};
    heap.blocks = mapping_create(heap.capacity, sizeof *heap.blocks);
    heap.sizes = mapping_create(heap.capacity, sizeof *heap.sizes);
    memset(heap.blocks, 0xff, heap.capacity * sizeof *heap.blocks); /* resident from now on, see idle.h */
    memset(heap.sizes, 0xff, heap.capacity * sizeof *heap.sizes);
    return heap;
}

static void free_all(Worker *worker, const Heap *heap) {
    for (size_t i = 0; i < heap->count; i++)
        filled_free(worker->probe, heap->blocks[i], heap->sizes[i], worker->verify, worker->index);
}

static void work(Worker *worker) {
    Heap heap = create_heap(worker->remaining);
    team_begin(worker);
    run_stage(worker, &heap, small_sizes, small_sizes, heap.bytes);
    look(worker, &filled_rss_bytes);
    run_stage(worker, &heap, small_sizes, large_sizes, turnover * heap.bytes);
    look(worker, &shifted_rss_bytes);
    run_stage(worker, &heap, large_sizes, small_sizes, turnover * heap.bytes);
    atomic_fetch_add_explicit(&end_live_bytes, heap.live, memory_order_relaxed);
    team_end(worker);
    worker_seal(worker, heap.live);
    if (worker->index == 0) {
        kit_note("filled_rss_bytes", filled_rss_bytes);
        kit_note("shifted_rss_bytes", shifted_rss_bytes);
        kit_note("end_rss_bytes", slot_resident_bytes());
        kit_note("end_live_bytes", atomic_load_explicit(&end_live_bytes, memory_order_relaxed));
    }
    pthread_barrier_wait(&step); /* nobody frees before the resident bytes were read */
    free_all(worker, &heap);
}

static void run(const Options *options) {
    const uint32_t threads = options->threads;
    small_sizes = sizes_create(SIZES_LOGARITHMIC, SMALL_MINIMUM, SMALL_MAXIMUM, options->seed);
    large_sizes = sizes_create(SIZES_LOGARITHMIC, LARGE_MINIMUM, LARGE_MAXIMUM, options->seed);
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
    if (total_bytes / options->threads < 2 * LARGE_MAXIMUM)
        kit_usage_error("--bytes %llu: each of %u threads needs at least 64K", (unsigned long long)total_bytes,
                        options->threads);
}

static const Parameter parameters[] = {
    {"bytes", PARAMETER_BYTES, &total_bytes, 1 << 16, UINT64_C(1) << 36, NULL, "Live bytes of all threads"},
    {"turnover", PARAMETER_COUNT, &turnover, 1, 1000, NULL,
     "How many times the live bytes each of the two shifts allocates"},
};

static const Workload workload = {
    .name = "size_shift",
    .summary = "live bytes stay the same while small blocks give way to large ones and come back",
    .models = "a server whose load changes its kind over the day",
    .published = "devised for this benchmark, described in its source file",
    .changed = "nothing, it has no original",
    .unit = "blocks",
    .unscaled = true,
    .usual_ms = 4000,
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
