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
 * Topology `server`: N threads, each with a shelf for every power of two of sizes, the longer the larger the blocks. A
 * thread allocates a batch of a random power of two, puts it on its shelf and lays the batch that was longest there
 * down at the door of a random thread, which frees it. So lifetime grows with size, and all but one in N blocks are
 * freed by another thread than their own. Once the shelves are full, what they hold stays about the same; a door holds
 * --limit batches.
 *
 * Batches travel by value in the kit's memory, so that nothing but the blocks themselves comes from malloc. A block
 * belongs to the thread that holds the batch it stands in.
 *
 * Models: message passing between threads: pipelines, actors, brokers.
 * Published: after snmalloc's (ISMM 2019) and Hoard's (ASPLOS 2000) message passing.
 * Changed: one engine; bytes in flight are bounded, so that memory is not the scheduler's doing; waiting threads
 *   sleep.
 */
#include "kit/kit.h"

#include <stdlib.h>

#include "kit/event.h"

enum { TOPOLOGY_QUEUE, TOPOLOGY_RING, TOPOLOGY_SERVER };

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

/* Batches of one power of two of sizes; the oldest one is replaced by the newest. */
typedef struct Shelf {
    Batch **batches; /* those not yet used have a count of 0 */
    uint64_t length, oldest;
} Shelf;

enum { SHELVES = 32 };

/* A server's thread. Its door is queues[index]: any thread lays batches down there, only this one takes them. */
typedef struct Servant {
    _Alignas(128) _Atomic uint64_t at_door; /* batches claimed or lying there, at most `queue_limit` */
    Batch *taken;                           /* from the door */
    uint64_t remote_frees;                  /* blocks it freed that another thread had allocated */
    Shelf shelves[SHELVES];                 /* by the exponent of the power of two */
} Servant;

static Servant *servants;     /* by thread; NULL unless this is a server */
static _Atomic uint32_t busy; /* servants that may still lay something down */

static uint32_t exponent(uint32_t size) {
    return 31 - (uint32_t)__builtin_clz(size);
}

static void create_shelf(Shelf *shelf, uint64_t length) {
    const size_t stride = sizeof(Batch) + batch_blocks * sizeof(Block);
    unsigned char *batches = mapping_create(length, stride);
    shelf->length = length;
    shelf->batches = mapping_create(length, sizeof *shelf->batches);
    for (uint64_t i = 0; i < length; i++)
        shelf->batches[i] = (Batch *)(void *)(batches + i * stride);
}

static void create_servants(uint32_t threads) {
    const uint32_t lowest = exponent((uint32_t)minimum_size), highest = exponent((uint32_t)maximum_size);
    servants = mapping_create(threads, sizeof *servants);
    atomic_store_explicit(&busy, threads, memory_order_relaxed);
    for (uint32_t i = 0; i < threads; i++) {
        servants[i].taken = create_batch();
        for (uint32_t power = lowest; power <= highest; power++)
            create_shelf(&servants[i].shelves[power], window * (power - lowest + 1));
    }
}

/* Sizes of one power of two, which the first draw decides; returns its exponent. */
static uint32_t draw_alike(Worker *worker, Batch *batch, uint64_t count) {
    const uint32_t power = exponent(sizes_pick(sizes, random_high(random_next(&worker->random))));
    const uint64_t from = UINT64_C(1) << power, end = 2 * from;
    const uint32_t smallest = (uint32_t)(from < minimum_size ? minimum_size : from);
    const uint32_t range = (uint32_t)((end > maximum_size ? maximum_size + 1 : end) - smallest);
    batch->count = count;
    batch->bytes = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint32_t size = smallest + random_below(&worker->random, range);
        batch->blocks[i].size = size;
        batch->bytes += size;
    }
    return power;
}

/* Frees what lies at the thread's own door; whether anything did. */
static bool clear_door(Worker *worker) {
    Servant *servant = &servants[worker->index];
    bool found = false;
    while (queue_drain(queues[worker->index], servant->taken)) {
        found = true;
        atomic_fetch_sub_explicit(&servant->at_door, 1, memory_order_relaxed);
        event_notify(&room);
        probe_break(worker->probe);
        timed_releases(worker, servant->taken);
        if (servant->taken->blocks[0].owner != worker->index)
            servant->remote_frees += servant->taken->count;
    }
    return found;
}

/* Relaxed: only the number matters, the queue orders the batches. */
static bool try_claim(Servant *servant) {
    uint64_t now = atomic_load_explicit(&servant->at_door, memory_order_relaxed);
    while (now < queue_limit) {
        if (atomic_compare_exchange_weak_explicit(&servant->at_door, &now, now + 1, memory_order_relaxed,
                                                  memory_order_relaxed))
            return true;
    }
    return false;
}

/*
 * Lays the batch down at the door of a random thread, once there is room. Meanwhile the thread clears its own door, and
 * it is woken when something is laid down there: if all slept, all doors would be clear, and none would wait.
 */
static void lay_down(Worker *worker, const Batch *batch) {
    uint32_t target = random_below(&worker->random, (uint32_t)queue_count);
    while (!try_claim(&servants[target])) {
        uint32_t key = event_prepare(&room);
        if (clear_door(worker) || atomic_load_explicit(&servants[target].at_door, memory_order_relaxed) < queue_limit)
            event_cancel(&room);
        else
            event_wait(&room, key);
    }
    queue_push(queues[target], batch);
    event_notify(&room);
}

/* Until no thread lays anything down any more. `busy` is read before the door is looked at, acquire: what a thread laid
   down before it released `busy` is found. */
static void wait_for_others(Worker *worker) {
    atomic_fetch_sub_explicit(&busy, 1, memory_order_acq_rel);
    event_notify(&room);
    for (bool others = true; others;) {
        uint32_t key = event_prepare(&room);
        others = atomic_load_explicit(&busy, memory_order_acquire) > 0;
        if (clear_door(worker) || !others)
            event_cancel(&room);
        else
            event_wait(&room, key);
    }
}

static void clear_shelves(Worker *worker, const Servant *servant) {
    for (uint32_t power = 0; power < SHELVES; power++) {
        const Shelf *shelf = &servant->shelves[power];
        for (uint64_t i = 0; i < shelf->length; i++)
            timed_releases(worker, shelf->batches[i]);
    }
}

static void work_server(Worker *worker) {
    Servant *servant = &servants[worker->index];
    Batch *hand = create_batch();
    team_begin(worker);
    for (uint64_t taken; (taken = worker_take(worker, batch_blocks)) > 0;) {
        Shelf *shelf = &servant->shelves[draw_alike(worker, hand, taken)];
        Batch *oldest = shelf->batches[shelf->oldest];
        timed_allocations(worker, hand);
        worker_done(worker, taken, hand->bytes);
        shelf->batches[shelf->oldest] = hand;
        shelf->oldest = (shelf->oldest + 1) % shelf->length;
        if (oldest->count)
            lay_down(worker, oldest);
        hand = oldest;
        clear_door(worker);
        probe_break(worker->probe);
    }
    worker_seal(worker, 0);
    wait_for_others(worker);
    team_end(worker);
    clear_shelves(worker, servant);
}

static uint64_t remote_frees(uint32_t threads) {
    uint64_t remote = 0;
    for (uint32_t i = 0; i < threads; i++)
        remote += servants[i].remote_frees;
    return remote;
}

/* A door has room for twice its limit: a cell that is being read may look taken. */
static void create_queues(uint32_t threads) {
    const bool ring = topology == TOPOLOGY_RING, server = topology == TOPOLOGY_SERVER;
    const QueueKind kind = ring ? QUEUE_SPSC : server ? QUEUE_MPMC : (QueueKind)queue_kind;
    const size_t capacity = ring ? 2 * window : server ? 2 * queue_limit : queue_limit;
    rails = ring || server ? threads : queue_kind == QUEUE_SPSC ? producers : 1;
    queue_count = rails * (proxies ? 2 : 1);
    queues = mapping_create(queue_count, sizeof *queues);
    pushers_left = mapping_create(queue_count, sizeof *pushers_left);
    for (size_t i = 0; i < queue_count; i++) {
        queues[i] = queue_create(kind, capacity, sizeof(Batch) + batch_blocks * sizeof(Block));
        uint64_t pushers = i < rails ? producers : proxies;
        atomic_store_explicit(&pushers_left[i], (uint32_t)(rails > 1 ? 1 : pushers), memory_order_relaxed);
    }
}

static void run(const Options *options) {
    static void (*const bodies[])(Worker *) = {work_queue, work_ring, work_server};
    const uint32_t threads = options->threads;
    create_queues(threads);
    if (topology == TOPOLOGY_SERVER)
        create_servants(threads);
    sizes = sizes_create((SizeDistribution)distribution, (uint32_t)minimum_size, (uint32_t)maximum_size, options->seed);
    Worker *workers = workers_create(options, threads);
    uint32_t sharing = topology == TOPOLOGY_QUEUE ? (uint32_t)producers : threads;
    for (uint32_t i = 0; i < sharing; i++) {
        worker_assign(&workers[i], options, i, sharing);
        if (topology == TOPOLOGY_RING) /* equally many whole batches for each thread */
            workers[i].remaining = (options->operations / sharing + batch_blocks - 1) / batch_blocks * batch_blocks;
    }
    slot_note_start_rss();
    team_run(options, workers, threads, bodies[topology]);
    if (topology == TOPOLOGY_QUEUE)
        kit_note("maximum_in_flight_bytes", atomic_load_explicit(&in_flight_maximum, memory_order_relaxed));
    if (topology == TOPOLOGY_SERVER)
        kit_note("remote_frees", remote_frees(threads));
    queue_note(queues, queue_count);
}

/* Batches that may be on their way, of a queue no more than their bound in bytes. */
static double alive_at_most(const Options *options) {
    const double batch = (double)batch_blocks * sizes_mean((SizeDistribution)distribution, minimum_size, maximum_size);
    if (topology == TOPOLOGY_RING)
        return options->threads * (double)window * batch;
    if (topology == TOPOLOGY_SERVER) {
        const uint32_t powers = exponent((uint32_t)maximum_size) - exponent((uint32_t)minimum_size) + 1;
        return options->threads * ((double)window * powers * (powers + 1) / 2 + (double)queue_limit) * batch;
    }
    const double sides = proxies ? 2 : 1, parallel = queue_kind == QUEUE_SPSC ? (double)producers : 1;
    const double queued = sides * parallel * (double)queue_limit * batch;
    return queued < (double)outstanding_bytes ? queued : (double)outstanding_bytes;
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
    if (least > KIT_MAXIMUM_THREADS)
        kit_usage_error("--producers, --proxies and --consumers: together at most %d threads", KIT_MAXIMUM_THREADS);
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

static const char *const topology_choices[] = {"queue", "ring", "server", NULL};

static void check_options(Options *options) {
    if (minimum_size > maximum_size)
        kit_usage_error("--min-size %llu: must not exceed --max-size, which is %llu", (unsigned long long)minimum_size,
                        (unsigned long long)maximum_size);
    if (topology != TOPOLOGY_QUEUE) {
        if (producers || proxies || consumers)
            kit_usage_error("--topology %s: every thread allocates and frees, so --producers, --proxies and "
                            "--consumers do not apply",
                            topology_choices[topology]);
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

static const Parameter parameters[] = {
    {"topology", PARAMETER_CHOICE, &topology, 0, 0, topology_choices,
     "From producers to consumers, a ring in which each thread frees its predecessor's blocks, or a server"},
    {"producers", PARAMETER_COUNT, &producers, 0, KIT_MAXIMUM_THREADS, NULL,
     "Threads that allocate; 0: those left over (half of them if consumers is 0 too)"},
    {"proxies", PARAMETER_COUNT, &proxies, 0, KIT_MAXIMUM_THREADS, NULL, "Threads that pass batches on"},
    {"consumers", PARAMETER_COUNT, &consumers, 0, KIT_MAXIMUM_THREADS, NULL, "Threads that free; 0: those left over"},
    {"queue", PARAMETER_CHOICE, &queue_kind, 0, 0, queue_names,
     "How batches travel; a ring always uses spsc, a server mpmc"},
    {"batch", PARAMETER_COUNT, &batch_blocks, 1, 4096, NULL, "Blocks in a batch"},
    {"limit", PARAMETER_COUNT, &queue_limit, 1, 1 << 16, NULL, "Batches a queue holds"},
    {"outstanding", PARAMETER_BYTES, &outstanding_bytes, 1, UINT64_C(1) << 40, NULL,
     "Bytes allocated and not yet freed before producers wait"},
    {"min-size", PARAMETER_BYTES, &minimum_size, 1, 1 << 30, NULL, "Smallest block"},
    {"max-size", PARAMETER_BYTES, &maximum_size, 1, 1 << 30, NULL, "Largest block"},
    {"distribution", PARAMETER_CHOICE, &distribution, 0, 0, sizes_names,
     "All sizes equally often, or all powers of two equally often"},
    {"touch", PARAMETER_BYTES, &touch_bytes, 0, 1 << 30, NULL, "Bytes of a block the producer writes at most"},
    {"window", PARAMETER_COUNT, &window, 1, 4096, NULL,
     "Batches each thread of a ring has on the way; of a server as many times as the sizes doubled"},
};

static const Preset presets[] = {
    {"pc_pair", "--producers 1 --consumers 1 --queue spsc", "one thread allocates, one frees"},
    {"pc_fan", "--producers 1 --queue mpmc", "one thread allocates, all others free"},
    {"pc_ring", "--topology ring", "each thread frees what its predecessor allocated; live bytes stay the same"},
    {"pc_free_only", "--consumers 1 --queue mpmc", "one thread only frees what all others allocate"},
    {"server", "--topology server --batch 16 --limit 16 --max-size 4K --distribution logarithmic",
     "lifetime grows with size, and a random thread frees the block"},
};

static const Workload workload = {
    .name = "producer_consumer",
    .summary = "blocks are allocated in one thread and freed in another: pairs, fans, rings, a server",
    .models = "message passing between threads: pipelines, actors, brokers",
    .published = "after the message-passing benchmarks of snmalloc (Lietar et al., Snmalloc: A Message Passing "
                 "Allocator, ISMM 2019) and the blowup by producer and consumer of Berger, McKinley, Blumofe and "
                 "Wilson, Hoard: A Scalable Memory Allocator for Multithreaded Applications, ASPLOS 2000",
    .changed = "one engine with four kinds of queue in place of several programs; bytes in flight are bounded, so that "
               "memory is the allocator's doing and not the scheduler's; waiting threads sleep, so that they do not "
               "take processors from working ones",
    .unit = "blocks",
    .default_operations = 8000000,
    .default_threads = 2,
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
