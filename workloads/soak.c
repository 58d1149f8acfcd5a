/*
 * soak.c - the same steady load for a long time: does memory stay where it is?
 *
 * Each of T threads has its part of --bytes in slots of mixed sizes. It replaces random ones, nine times in ten one of
 * the tenth of the slots that are busy, so that blocks of brief and of long life lie side by side; and one replacement
 * in 64 lays the new block down in a place that all threads share and frees what lay there, which often is another
 * thread's. All threads together make --replacements of them; what is live stays the same but for chance.
 *
 * Between the marks: the replacements. Worker 0 reads the resident bytes 64 times, at equal steps of its own work. The
 * first quarter is the warm-up; through the others goes a straight line of least squares, and what it climbs from there
 * to the end is rss_growth_bytes (negative if it falls). An allocator that fits has a growth of about 0, however high
 * the line lies.
 *
 * Models: a daemon that is never restarted.
 * Published: nowhere else.
 * Changed: nothing.
 */
#include "kit/kit.h"

static uint64_t total_bytes = UINT64_C(128) << 20, minimum_size = 16, maximum_size = 1 << 14;
static uint64_t replacements = 400000000, shared_count = 1024;

enum { CHECKPOINTS = 64, WARM_CHECKPOINTS = CHECKPOINTS / 4, SHARE_ONE_IN = 64 };

typedef struct Block {
    void *address; /* NULL: none */
    uint32_t size;
    uint32_t owner; /* index of the allocating thread: tag of the verification pattern */
} Block;

/* What lies there belongs to whoever holds the mutex. */
typedef struct Place {
    _Alignas(64) pthread_mutex_t mutex;
    Block block;
} Place;

/* One thread's slots; the busy ones are the first. */
typedef struct Heap {
    Block *blocks;
    uint32_t count, busy;
} Heap;

static const Sizes *sizes;
static Place *places;
static uint64_t resident[CHECKPOINTS]; /* worker 0's */

KIT_INLINE void allocate(Block *block, Worker *worker, Probe *probe, uint32_t size, bool verify) {
    block->size = size;
    block->owner = worker->index;
    block->address = filled_malloc(probe, size, verify, worker->index);
}

KIT_INLINE void release(const Block *block, Probe *probe, bool verify) {
    filled_free(probe, block->address, block->size, verify, block->owner);
}

/* Gives what is in `block` for what lay there. */
static void swap_place(Place *place, Block *block) {
    pthread_mutex_lock(&place->mutex);
    Block before = place->block;
    place->block = *block;
    pthread_mutex_unlock(&place->mutex);
    *block = before;
}

/* Measured. A draw's high half says which slot, the top of its low half whether a busy one, the bottom of that which
   size. Returns the bytes asked for. */
__attribute__((noinline)) static uint64_t timed_replacements(Worker *worker, Heap *heap, size_t count) {
    Probe *probe = worker->probe;
    const bool verify = worker->verify;
    Random random = worker->random;
    uint64_t requested = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t draw = random_next(&random);
        bool busy = random_scale(random_low(draw), 10) != 0;
        uint32_t size = sizes_pick(sizes, random_low(draw));
        Block *slot = &heap->blocks[random_scale(random_high(draw), busy ? heap->busy : heap->count)], block;
        if (i % SHARE_ONE_IN == 0) {
            allocate(&block, worker, probe, size, verify);
            swap_place(&places[random_below(&random, (uint32_t)shared_count)], &block);
            if (block.address)
                release(&block, probe, verify);
        } else {
            release(slot, probe, verify);
            allocate(slot, worker, probe, size, verify);
        }
        requested += size;
    }
    worker->random = random;
    return requested;
}

/* As many slots as hold the thread's part of the bytes on average. */
static Heap create_heap(uint64_t bytes) {
    uint64_t sum = 0;
    for (size_t i = 0; i < SIZES_ENTRIES; i++)
        sum += sizes->entries[i];
    uint32_t count = (uint32_t)((double)bytes / ((double)sum / SIZES_ENTRIES)); /* 10 at least: check_options */
    return (Heap){.blocks = mapping_create(count, sizeof(Block)), .count = count, .busy = count / 10};
}

/* By the worker's own thread. */
static void fill_heap(Worker *worker, Heap *heap) {
    for (uint32_t i = 0; i < heap->count; i++)
        allocate(&heap->blocks[i], worker, worker->probe, sizes_pick(sizes, random_high(random_next(&worker->random))),
                 worker->verify);
}

/* Reads the resident bytes where the next step of the work is done. */
static void check_point(const Worker *worker, uint64_t share, size_t *next) {
    while (*next < CHECKPOINTS && worker->operations >= share / CHECKPOINTS * (*next + 1))
        resident[(*next)++] = slot_resident_bytes();
}

static void churn(Worker *worker, Heap *heap) {
    const uint64_t share = worker->remaining;
    size_t next = 0;
    for (uint64_t taken; (taken = worker_take(worker, WORKER_BATCH)) > 0;) {
        worker_done(worker, taken, timed_replacements(worker, heap, taken));
        if (worker->index == 0) {
            check_point(worker, share, &next);
            probe_break(worker->probe);
        }
    }
}

/* Least squares through the checkpoints after the warm-up: the slope a checkpoint, over their distance. */
static double growth(void) {
    const double count = CHECKPOINTS - WARM_CHECKPOINTS, middle = (count - 1) / 2;
    double above = 0, below = 0;
    for (int i = WARM_CHECKPOINTS; i < CHECKPOINTS; i++) {
        double from_middle = i - WARM_CHECKPOINTS - middle;
        above += from_middle * (double)resident[i];
        below += from_middle * from_middle;
    }
    return above / below * (count - 1);
}

static void note_results(void) {
    kit_measure("rss_growth_bytes", growth());
    kit_note("warm_rss_bytes", resident[WARM_CHECKPOINTS]);
    kit_note("end_rss_bytes", resident[CHECKPOINTS - 1]);
}

static void free_all(Worker *worker, const Heap *heap) {
    for (uint32_t i = 0; i < heap->count; i++)
        release(&heap->blocks[i], worker->probe, worker->verify);
    for (uint64_t i = 0; i < shared_count && worker->index == 0; i++) {
        if (places[i].block.address)
            release(&places[i].block, worker->probe, worker->verify);
    }
}

static Heap *heaps; /* by worker */

static void work(Worker *worker) {
    Heap *heap = &heaps[worker->index];
    fill_heap(worker, heap);
    team_begin(worker);
    churn(worker, heap);
    team_end(worker);
    worker_seal(worker, 0);
    if (worker->index == 0)
        note_results();
    free_all(worker, heap);
}

static void run(const Options *options) {
    const uint32_t threads = options->threads;
    sizes = sizes_create(SIZES_LOGARITHMIC, (uint32_t)minimum_size, (uint32_t)maximum_size, options->seed);
    places = mapping_create(shared_count, sizeof *places);
    for (uint64_t i = 0; i < shared_count; i++)
        pthread_mutex_init(&places[i].mutex, NULL);
    Worker *workers = workers_create(options, threads);
    heaps = mapping_create(threads, sizeof *heaps);
    for (uint32_t i = 0; i < threads; i++) {
        workers[i].remaining = replacements / threads + (i < replacements % threads);
        heaps[i] = create_heap(total_bytes / threads);
    }
    slot_note_start_rss();
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
    if (total_bytes / options->threads < 10 * maximum_size)
        kit_usage_error("--bytes %llu: each of %u threads needs at least ten times --max-size, which is %llu",
                        (unsigned long long)total_bytes, options->threads, (unsigned long long)maximum_size);
    if (replacements / options->threads < CHECKPOINTS)
        kit_usage_error("--replacements %llu: each of %u threads needs at least %d", (unsigned long long)replacements,
                        options->threads, CHECKPOINTS);
}

static const Parameter parameters[] = {
    {"bytes", PARAMETER_BYTES, &total_bytes, 1 << 16, UINT64_C(4095) << 20, NULL, "Live bytes of all threads"},
    {"min-size", PARAMETER_BYTES, &minimum_size, 1, 1 << 20, NULL, "Smallest block"},
    {"max-size", PARAMETER_BYTES, &maximum_size, 1, 1 << 20, NULL,
     "Largest block; all powers of two between are equally frequent"},
    {"replacements", PARAMETER_COUNT, &replacements, CHECKPOINTS, UINT64_C(1) << 40, NULL,
     "Blocks that all threads replace together: how long it takes"},
    {"shared", PARAMETER_COUNT, &shared_count, 1, 1 << 20, NULL, "Places where threads free each other's blocks"},
};

static const Workload workload = {
    .name = "soak",
    .summary = "steady replacement of blocks for minutes; whether resident memory goes on growing",
    .models = "a daemon that is never restarted",
    .published = "devised for this benchmark, described in its source file",
    .changed = "nothing, it has no original. The work is fixed and not the time, so that all allocators do the same",
    .unit = "replacements",
    .unscaled = true,
    .usual_ms = 65000,
    .memory = true,
    .default_threads = 2,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof parameters[0],
    .live_bytes = alive_at_most,
    .check = check_options,
    .run = run,
};

int main(int argc, char **argv) {
    return kit_main(&workload, argc, argv);
}
