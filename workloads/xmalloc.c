/*
 * xmalloc.c - one half of the threads only allocates, the other half only frees.
 *
 * W pairs of threads. An allocating thread fills a batch of 4096 blocks, writes into each, and pushes the batch on a
 * queue; a releasing thread pops a batch, frees every block and the batch itself. The batch comes from malloc too, as
 * in the original: it is a large block among small ones that also changes hands. The queue holds at most 100 batches
 * (--limit), which bounds the memory that is in flight.
 *
 * A batch belongs to the thread that holds its pointer; the queue orders the hand-over.
 *
 * Models: pipelines in which one stage creates objects and another one destroys them.
 * Published: the pattern by Lever and Boreham, USENIX ATC 2000; the program is mimalloc-bench's xmalloc-test.
 * Changed: fixed work; also a FIFO (xmalloc_fifo) or a ring for each pair (xmalloc_spsc); all is freed before the
 *   second mark.
 */
#include "kit/kit.h"

#include <stdlib.h>

enum { TOUCHED_BYTES = 128 };

static uint64_t queue_kind = QUEUE_LIFO, batch_blocks = 4096, queue_limit = 100, block_size = 64, mixed = 0;

static const uint32_t mixed_sizes[] = {8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048};
enum { MIXED_SIZES = sizeof mixed_sizes / sizeof mixed_sizes[0] };

typedef struct Batch {
    uint64_t seed; /* the sizes are drawn from it, by whoever needs them again */
    uint64_t count;
    uint64_t owner; /* index of the allocating thread: tag of the verification pattern */
    void *blocks[];
} Batch;

static Queue **queues; /* one for all pairs, or one for each when they are SPSC rings */
static size_t queue_count;
static _Atomic uint32_t allocators_left;

static uint32_t pair_count(const Options *options) {
    return options->threads / 2;
}

static size_t batch_bytes(uint64_t count) {
    return sizeof(Batch) + count * sizeof(void *);
}

KIT_INLINE uint32_t next_size(Random *sizes, uint32_t fixed) {
    return fixed ? fixed : mixed_sizes[random_below(sizes, MIXED_SIZES)];
}

static uint32_t fixed_size(void) {
    return mixed ? 0 : (uint32_t)block_size;
}

KIT_INLINE void prepare_block(void *block, uint32_t size, uint64_t tag, bool verify) {
    if (!verify) {
        memset(block, (int)(size & 0xff), size < TOUCHED_BYTES ? size : TOUCHED_BYTES);
        return;
    }
    if (!block_is_aligned(block, size))
        slot_corrupt(block, size, "not aligned as malloc promises");
    block_fill(block, size, tag);
}

/* Measured: allocates and fills the batch's blocks, returns the bytes asked for. */
__attribute__((noinline)) static uint64_t timed_allocations(Batch *batch, Probe *probe, bool verify) {
    const uint64_t count = batch->count, owner = batch->owner;
    const uint32_t fixed = fixed_size();
    Random sizes = {batch->seed};
    uint64_t requested = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint32_t size = next_size(&sizes, fixed);
        void *block = probe_malloc(probe, size);
        if (!block)
            slot_out_of_memory("malloc", size);
        prepare_block(block, size, owner, verify);
        batch->blocks[i] = block;
        requested += size;
    }
    return requested;
}

/* Measured: frees the batch's blocks. Sizes are only drawn again where something depends on them. */
__attribute__((noinline)) static void timed_releases(Batch *batch, Probe *probe, bool verify) {
    const uint64_t count = batch->count;
    if (!probe && !verify) {
        for (uint64_t i = 0; i < count; i++)
            free(batch->blocks[i]);
        return;
    }
    const uint32_t fixed = fixed_size();
    Random sizes = {batch->seed};
    for (uint64_t i = 0; i < count; i++) {
        uint32_t size = next_size(&sizes, fixed);
        if (verify && !block_check(batch->blocks[i], size, batch->owner))
            slot_corrupt(batch->blocks[i], size, "content changed on its way to the releasing thread");
        probe_free(probe, batch->blocks[i], size);
    }
}

static void allocate_all(Worker *worker, Queue *queue) {
    for (uint64_t taken; (taken = worker_take(worker, batch_blocks)) > 0;) {
        size_t bytes = batch_bytes(taken);
        Batch *batch = probe_malloc(worker->probe, bytes);
        if (!batch)
            slot_out_of_memory("malloc", bytes);
        batch->seed = random_next(&worker->random);
        batch->count = taken;
        batch->owner = worker->index;
        /* Counted as asked for here, as done by the thread that frees. */
        worker->requested_bytes += bytes + timed_allocations(batch, worker->probe, worker->verify);
        queue_push(queue, &batch);
        probe_break(worker->probe);
    }
    worker_seal(worker, 0);
    if (queue_count > 1 || atomic_fetch_sub_explicit(&allocators_left, 1, memory_order_acq_rel) == 1)
        queue_close(queue);
}

static void release_all(Worker *worker, Queue *queue) {
    for (Batch *batch; queue_pop(queue, &batch);) {
        uint64_t count = batch->count;
        probe_break(worker->probe);
        timed_releases(batch, worker->probe, worker->verify);
        probe_free(worker->probe, batch, batch_bytes(count));
        worker_done(worker, count, 0);
    }
}

/* Even threads allocate, odd ones release; a pair sits on neighbouring processors. */
static void work(Worker *worker) {
    Queue *queue = queues[queue_count > 1 ? worker->index / 2 : 0];
    team_begin(worker);
    if (worker->index % 2 == 0)
        allocate_all(worker, queue);
    else
        release_all(worker, queue);
    team_end(worker);
}

static void run(const Options *options) {
    const uint32_t pairs = pair_count(options);
    queue_count = queue_kind == QUEUE_SPSC ? pairs : 1;
    queues = mapping_create(queue_count, sizeof *queues);
    for (size_t i = 0; i < queue_count; i++)
        queues[i] = queue_create((QueueKind)queue_kind, queue_limit, sizeof(Batch *));
    atomic_store_explicit(&allocators_left, pairs, memory_order_relaxed);

    Worker *workers = workers_create(options, options->threads);
    for (uint32_t pair = 0; pair < pairs; pair++)
        worker_assign(&workers[2 * pair], options, pair, pairs);
    team_run(options, workers, options->threads, work);
    kit_note("pairs", pairs);
    queue_note(queues, queue_count);
}

/* What the queues hold and every thread may have in hand, or all there is to do. */
static double alive_at_most(const Options *options) {
    const double mean = mixed ? 418 : (double)block_size, pairs = pair_count(options);
    const double batches = (queue_kind == QUEUE_SPSC ? pairs : 1) * (double)queue_limit + 2 * pairs;
    const double blocks = batches * (double)batch_blocks;
    return (options->duration_ns || blocks < (double)options->operations ? blocks : (double)options->operations) * mean;
}

static void check_options(Options *options) {
    if (options->threads == 1 || !options->threads_given)
        options->threads = options->threads < 2 ? 2 : options->threads & ~1u; /* never less than one pair */
    if (options->threads % 2 != 0)
        kit_usage_error(
            "--threads %u: must be even, since each allocating thread has a releasing one (1 runs one pair)",
            options->threads);
}

static const char *const size_choices[] = {"fixed", "mixed", NULL};
static const char *const queue_choices[] = {"lifo", "fifo", "spsc", NULL};

static const Parameter parameters[] = {
    {"queue", PARAMETER_CHOICE, &queue_kind, 0, 0, queue_choices,
     "How batches travel; spsc gives each pair its own ring"},
    {"sizes", PARAMETER_CHOICE, &mixed, 0, 0, size_choices, "One fixed size, or 17 sizes from 8 to 2048 bytes"},
    {"size", PARAMETER_BYTES, &block_size, 8, 1 << 24, NULL, "The fixed size"},
    {"batch", PARAMETER_COUNT, &batch_blocks, 1, 1 << 20, NULL, "Blocks in a batch"},
    {"limit", PARAMETER_COUNT, &queue_limit, 1, 1 << 16, NULL, "Batches in the queue before allocating threads wait"},
};

static const Preset presets[] = {
    {"xmalloc_fifo", "--queue fifo", "batches are freed in the order of their allocation"},
    {"xmalloc_spsc", "--queue spsc", "each pair of threads has a ring of its own"},
    {"xmalloc_mixed", "--sizes mixed", "blocks of 17 sizes from 8 to 2048 bytes"},
};

static const Workload workload = {
    .name = "xmalloc",
    .summary = "threads that only allocate pass batches to threads that only free",
    .models = "pipelines in which one stage creates objects and another one destroys them",
    .published = "Lever and Boreham, malloc() Performance in a Multithreaded Linux Environment, USENIX ATC 2000, "
                 "FREENIX track (which describes the pattern); the program is xmalloc-test of mimalloc-bench (Leijen)",
    .changed = "an operation is a block allocated and freed, where the original counts what is freed in a fixed time, "
               "so that all allocators do the same; besides the original's LIFO the queue can be a FIFO (preset "
               "xmalloc_fifo) or a ring for each pair (xmalloc_spsc), since how long blocks wait matters to caches; "
               "everything allocated is freed before the second mark",
    .unit = "blocks",
    .default_operations = 8000000,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof parameters[0],
    .presets = presets,
    .preset_count = sizeof presets / sizeof presets[0],
    .live_bytes = alive_at_most,
    .check = check_options,
    .run = run,
};

int main(int argc, char **argv) {
    return kit_main(&workload, argc, argv);
}
