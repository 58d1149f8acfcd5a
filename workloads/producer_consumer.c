/*
 * producer_consumer.c - one engine for blocks that are allocated in one thread and freed in another.
 *
 * Topology `queue`: P producers allocate blocks and push them in batches, X proxies pass batches on untouched, C
 * consumers free them. The bytes in flight are bounded: a producer reserves a batch's bytes before it allocates, a
 * consumer gives them back after freeing, and a producer without room sleeps.
 *
 * Topology `ring`: N threads in a circle; thread i frees what thread i-1 allocated and allocates the same sizes again
 * for thread i+1. What is live stays exactly the same, so the ideal RSS is flat.
 *
 * Batches travel by value in the kit's memory, so that nothing but the blocks themselves comes from malloc. A block
 * belongs to the thread that holds the batch it stands in.
 */
#include "kit/kit.h"

#include <stdlib.h>

#include "kit/event.h"

enum { TOPOLOGY_QUEUE, TOPOLOGY_RING };

static uint64_t topology = TOPOLOGY_QUEUE, producers = 0, proxies = 0, consumers = 0, queue_kind = QUEUE_FIFO;
static uint64_t batch_blocks = 64, queue_limit = 256, outstanding_bytes = 16 << 20, minimum_size = 16;
static uint64_t maximum_size = 512, distribution = SIZES_UNIFORM, touch_bytes = 64, window = 16;

typedef struct Block {
    void *address;
    uint32_t size;
    uint32_t owner; /* index of the allocating thread: tag of the verification pattern */
} Block;

typedef struct Batch {
    uint64_t count, bytes;
    Block blocks[];
} Batch;

static const Sizes *sizes;
static Queue **queues; /* queue: producers' side, then proxies' side if there are proxies; ring: queues[i] ends at i */
static size_t queue_count, rails; /* rails: parallel queues a side, 1 unless SPSC */
static _Atomic uint64_t in_flight_bytes, in_flight_maximum;
static Event room;
static _Atomic uint32_t *pushers_left; /* for each queue: threads that may still push; the last one closes it */

/* Sizes of the next batch. Drawn before the bytes are reserved. */
static void draw_sizes(Worker *worker, Batch *batch, uint64_t count) {
    batch->count = count;
    batch->bytes = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint32_t size = sizes_pick(sizes, random_high(random_next(&worker->random)));
        batch->blocks[i].size = size;
        batch->bytes += size;
    }
}

/* Measured: allocates the batch's sizes. Writes the block's first bytes, as a producer of messages would. */
__attribute__((noinline)) static void timed_allocations(Worker *worker, Batch *batch) {
    Probe *probe = worker->probe;
    const bool verify = worker->verify;
    const uint64_t count = batch->count, touch = touch_bytes;
    for (uint64_t i = 0; i < count; i++) {
        Block *block = &batch->blocks[i];
        uint32_t size = block->size;
        block->address = probe_malloc(probe, size);
        if (!block->address)
            slot_out_of_memory("malloc", size);
        block->owner = worker->index;
        if (verify) {
            if (!block_is_aligned(block->address, size))
                slot_corrupt(block->address, size, "not aligned as malloc promises");
            block_fill(block->address, size, block->owner);
        } else {
            memset(block->address, (int)(size & 0xff), size < touch ? size : touch);
        }
    }
}

/* Measured: reads what the producer wrote first and frees the batch's blocks. */
__attribute__((noinline)) static void timed_releases(Worker *worker, const Batch *batch) {
    Probe *probe = worker->probe;
    const bool verify = worker->verify, touch = touch_bytes != 0;
    const uint64_t count = batch->count;
    for (uint64_t i = 0; i < count; i++) {
        const Block *block = &batch->blocks[i];
        if (verify) {
            if (!block_check(block->address, block->size, block->owner))
                slot_corrupt(block->address, block->size, "content changed on its way to the consumer");
        } else if (touch && *(volatile unsigned char *)block->address != (unsigned char)block->size) {
            slot_corrupt(block->address, block->size, "the first byte changed on its way to the consumer");
        }
        probe_free(probe, block->address, block->size);
    }
}

/* Relaxed: only the amount matters, the queue orders the blocks themselves. */
static bool try_reserve(uint64_t bytes) {
    uint64_t now = atomic_load_explicit(&in_flight_bytes, memory_order_relaxed);
    do {
        if (now + bytes > outstanding_bytes)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&in_flight_bytes, &now, now + bytes, memory_order_relaxed,
                                                    memory_order_relaxed));
    uint64_t maximum = atomic_load_explicit(&in_flight_maximum, memory_order_relaxed);
    while (now + bytes > maximum && !atomic_compare_exchange_weak_explicit(&in_flight_maximum, &maximum, now + bytes,
                                                                           memory_order_relaxed, memory_order_relaxed))
        continue;
    return true;
}

/* A single batch fits within the bound (check_options), and consumers empty the queues, so this ends. */
static void reserve(uint64_t bytes) {
    while (!try_reserve(bytes)) {
        uint32_t key = event_prepare(&room);
        if (try_reserve(bytes)) {
            event_cancel(&room);
            return;
        }
        event_wait(&room, key);
    }
}

static void give_back(uint64_t bytes) {
    atomic_fetch_sub_explicit(&in_flight_bytes, bytes, memory_order_relaxed);
    event_notify(&room);
}

static Batch *create_batch(void) {
    return mapping_create(1, sizeof(Batch) + batch_blocks * sizeof(Block));
}

static void end_pushing(size_t queue) {
    if (atomic_fetch_sub_explicit(&pushers_left[queue], 1, memory_order_acq_rel) == 1)
        queue_close(queues[queue]);
}

static void produce(Worker *worker, Batch *batch, size_t queue) {
    for (uint64_t taken; (taken = worker_take(worker, batch_blocks)) > 0;) {
        draw_sizes(worker, batch, taken);
        reserve(batch->bytes);
        probe_break(worker->probe);
        timed_allocations(worker, batch);
        worker->requested_bytes += batch->bytes;
        queue_push(queues[queue], batch);
    }
    worker_seal(worker, 0);
    end_pushing(queue);
}

static void pass_on(Batch *batch, size_t from, size_t to) {
    while (queue_pop(queues[from], batch))
        queue_push(queues[to], batch);
    end_pushing(to);
}

static void consume(Worker *worker, Batch *batch, size_t queue) {
    while (queue_pop(queues[queue], batch)) {
        probe_break(worker->probe);
        timed_releases(worker, batch);
        give_back(batch->bytes);
        worker_done(worker, batch->count, 0);
    }
}

/* Threads 0..P-1 produce, then X proxies, then C consumers; with SPSC rings the i-th of each kind belong together. */
static void work_queue(Worker *worker) {
    Batch *batch = create_batch();
    team_begin(worker);
    if (worker->index < producers) {
        produce(worker, batch, worker->index % rails);
    } else if (worker->index < producers + proxies) {
        size_t rail = (worker->index - producers) % rails;
        pass_on(batch, rail, rails + rail);
    } else {
        size_t rail = (worker->index - producers - proxies) % rails;
        consume(worker, batch, proxies ? rails + rail : rail);
    }
    team_end(worker);
}

/*
 * Each thread puts `window` batches on its way before the first mark; then whoever pops a batch frees it, allocates the
 * same sizes and pushes. It stops when its work or time is over, or its predecessor has stopped, and closes both its
 * queues, so that neighbours stop instead of waiting for it. With fixed work all threads do equally much and each
 * finds in its queue what it needs, so nobody is stopped early.
 */
static void work_ring(Worker *worker) {
    Queue *in = queues[worker->index], *out = queues[(worker->index + 1) % queue_count];
    Batch *batch = create_batch();
    for (uint64_t i = 0; i < window; i++) {
        draw_sizes(worker, batch, batch_blocks);
        timed_allocations(worker, batch);
        queue_push(out, batch);
    }
    team_begin(worker);
    while (worker_take(worker, batch_blocks) > 0 && queue_pop(in, batch)) {
        probe_break(worker->probe);
        timed_releases(worker, batch);
        timed_allocations(worker, batch);
        worker_done(worker, batch->count, batch->bytes);
        if (!queue_push(out, batch)) {
            probe_break(worker->probe);
            timed_releases(worker, batch);
            break;
        }
    }
    worker_seal(worker, 0);
    if (worker->timed) {
        queue_close(in);
        queue_close(out);
    }
    team_end(worker);
    while (queue_drain(in, batch)) /* only this thread pops from it, and nobody pushes any more */
        timed_releases(worker, batch);
}

static void run(const Options *options) {
    const uint32_t threads = options->threads;
    const bool ring = topology == TOPOLOGY_RING;
    rails = ring ? threads : queue_kind == QUEUE_SPSC ? producers : 1;
    queue_count = rails * (!ring && proxies ? 2 : 1);
    queues = mapping_create(queue_count, sizeof *queues);
    pushers_left = mapping_create(queue_count, sizeof *pushers_left);
    for (size_t i = 0; i < queue_count; i++) {
        queues[i] = queue_create(ring ? QUEUE_SPSC : (QueueKind)queue_kind, ring ? 2 * window : queue_limit,
                                 sizeof(Batch) + batch_blocks * sizeof(Block));
        uint64_t pushers = i < rails ? producers : proxies;
        atomic_store_explicit(&pushers_left[i], (uint32_t)(rails > 1 ? 1 : pushers), memory_order_relaxed);
    }
    sizes = sizes_create((SizeDistribution)distribution, (uint32_t)minimum_size, (uint32_t)maximum_size, options->seed);
    Worker *workers = workers_create(options, threads);
    uint32_t sharing = ring ? threads : (uint32_t)producers;
    for (uint32_t i = 0; i < sharing; i++) {
        worker_assign(&workers[i], options, i, sharing);
        if (ring) /* equally many whole batches for each thread */
            workers[i].remaining = (options->operations / sharing + batch_blocks - 1) / batch_blocks * batch_blocks;
    }
    slot_note_start_rss();
    team_run(options, workers, threads, ring ? work_ring : work_queue);
    if (!ring)
        kit_note("maximum_in_flight_bytes", atomic_load_explicit(&in_flight_maximum, memory_order_relaxed));
    queue_note(queues, queue_count);
}

static void settle_threads(Options *options) {
    uint64_t known = producers + proxies + consumers;
    if (producers && consumers) {
        if (options->threads_given && options->threads != known)
            kit_usage_error("--threads %u: %llu producers, %llu proxies and %llu consumers are %llu threads",
                            options->threads, (unsigned long long)producers, (unsigned long long)proxies,
                            (unsigned long long)consumers, (unsigned long long)known);
        if (known > KIT_MAXIMUM_THREADS)
            kit_usage_error("--producers, --proxies and --consumers: together at most %d threads", KIT_MAXIMUM_THREADS);
        options->threads = (uint32_t)known;
        return;
    }
    uint64_t least = known + !producers + !consumers;
    if (options->threads < least && options->threads_given)
        kit_usage_error("--threads %u: this needs at least %llu, a producer and a consumer among them",
                        options->threads, (unsigned long long)least);
    if (options->threads < least)
        options->threads = (uint32_t)least;
    uint64_t rest = options->threads - known;
    if (!producers && !consumers)
        producers = rest / 2;
    else if (!producers)
        producers = rest;
    if (!consumers)
        consumers = options->threads - producers - proxies;
}

static void check_options(Options *options) {
    if (minimum_size > maximum_size)
        kit_usage_error("--min-size %llu: must not exceed --max-size, which is %llu", (unsigned long long)minimum_size,
                        (unsigned long long)maximum_size);
    if (topology == TOPOLOGY_RING) {
        if (producers || proxies || consumers)
            kit_usage_error("--topology ring: every thread allocates and frees, so --producers, --proxies and "
                            "--consumers do not apply");
        return;
    }
    settle_threads(options);
    if (batch_blocks * maximum_size > outstanding_bytes)
        kit_usage_error("--outstanding %llu: must hold at least one batch, --batch x --max-size = %llu bytes",
                        (unsigned long long)outstanding_bytes, (unsigned long long)(batch_blocks * maximum_size));
    if (queue_kind == QUEUE_SPSC && (producers != consumers || (proxies && proxies != producers)))
        kit_usage_error("--queue spsc: needs as many consumers (and proxies, if any) as producers, which are %llu",
                        (unsigned long long)producers);
}

static const char *const topology_choices[] = {"queue", "ring", NULL};

static const Parameter parameters[] = {
    {"topology", PARAMETER_CHOICE, &topology, 0, 0, topology_choices,
     "From producers to consumers, or a ring in which each thread frees its predecessor's blocks"},
    {"producers", PARAMETER_COUNT, &producers, 0, KIT_MAXIMUM_THREADS, NULL,
     "Threads that allocate; 0: those left over (half of them if consumers is 0 too)"},
    {"proxies", PARAMETER_COUNT, &proxies, 0, KIT_MAXIMUM_THREADS, NULL, "Threads that pass batches on"},
    {"consumers", PARAMETER_COUNT, &consumers, 0, KIT_MAXIMUM_THREADS, NULL, "Threads that free; 0: those left over"},
    {"queue", PARAMETER_CHOICE, &queue_kind, 0, 0, queue_names, "How batches travel; a ring always uses spsc"},
    {"batch", PARAMETER_COUNT, &batch_blocks, 1, 4096, NULL, "Blocks in a batch"},
    {"limit", PARAMETER_COUNT, &queue_limit, 1, 1 << 16, NULL, "Batches a queue holds"},
    {"outstanding", PARAMETER_BYTES, &outstanding_bytes, 1, UINT64_C(1) << 40, NULL,
     "Bytes allocated and not yet freed before producers wait"},
    {"min-size", PARAMETER_BYTES, &minimum_size, 1, 1 << 30, NULL, "Smallest block"},
    {"max-size", PARAMETER_BYTES, &maximum_size, 1, 1 << 30, NULL, "Largest block"},
    {"distribution", PARAMETER_CHOICE, &distribution, 0, 0, sizes_names,
     "All sizes equally often, or all powers of two equally often"},
    {"touch", PARAMETER_BYTES, &touch_bytes, 0, 1 << 30, NULL, "Bytes of a block the producer writes at most"},
    {"window", PARAMETER_COUNT, &window, 1, 4096, NULL, "Batches each thread of a ring has on the way"},
};

static const Preset presets[] = {
    {"pc_pair", "--producers 1 --consumers 1 --queue spsc", "one thread allocates, one frees"},
    {"pc_fan", "--producers 1 --queue mpmc", "one thread allocates, all others free"},
    {"pc_ring", "--topology ring", "each thread frees what its predecessor allocated; live bytes stay the same"},
    {"pc_free_only", "--consumers 1 --queue mpmc", "one thread only frees what all others allocate"},
};

static const Workload workload = {
    .name = "producer_consumer",
    .summary = "blocks are allocated in one thread and freed in another, in pairs, fans and rings",
    .models = "message passing between threads: pipelines, actors, brokers",
    .published =
        "message-passing benchmarks of snmalloc (Lietar et al., ISMM 2019) and of Hoard's authors (ASPLOS 2000)",
    .changed = "one engine with four kinds of queue; bytes in flight are bounded, so memory is the allocator's doing "
               "and not the scheduler's; waiting threads sleep",
    .unit = "blocks",
    .default_operations = 8000000,
    .default_threads = 2,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof parameters[0],
    .presets = presets,
    .preset_count = sizeof presets / sizeof presets[0],
    .check = check_options,
    .run = run,
};

int main(int argc, char **argv) {
    return kit_main(&workload, argc, argv);
}
