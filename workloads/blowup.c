/*
 * blowup.c - memory that one thread freed must serve the next one: a chain of threads, one at a time.
 *
 * A link of the chain holds --bytes in blocks of random sizes, frees them all, replaces --churn blocks of the same
 * sizes among few slots, frees those, and only then starts the next link. Earlier links wait for the end of the chain
 * (--waiting yes), or have ended when the next one starts. Never is more than --bytes live, so that is the ideal peak
 * RSS; an allocator that keeps for each thread what it freed needs as many times as much as there are links.
 *
 * T chains run side by side and share the bytes. Each has --links threads beside its own, which only starts them.
 * Between the marks: all of it.
 *
 * A chain's state is used by one thread at a time; pthread_create and a semaphore order the hand-over.
 *
 * Models: a program whose phases run in threads of their own, one after the other.
 * Published: nowhere else; the term is Hoard's (ASPLOS 2000).
 * Changed: nothing.
 */
#include "kit/kit.h"

#include <semaphore.h>

static uint64_t total_bytes = UINT64_C(100) << 20, minimum_size = 16, maximum_size = 16384, links = 8;
static uint64_t churn = 100000, waiting = 1;

enum { CHURN_SLOTS = 64 };

typedef struct Block {
    void *address;
    size_t size;
} Block;

typedef struct Chain {
    Worker *worker;
    Block *blocks;
    size_t block_count;
    uint64_t peak_live; /* the most a link of it held */
    sem_t link_done;    /* the running link has nothing left to do */
    sem_t chain_ends;   /* links that wait may end */
} Chain;

static const Sizes *sizes;
static _Atomic uint64_t peak_live_bytes; /* sum over the chains, published before the second mark */

KIT_INLINE void allocate(Block *block, Random *random, Probe *probe, bool verify, uint64_t tag) {
    block->size = sizes_pick(sizes, random_high(random_next(random)));
    block->address = filled_malloc(probe, block->size, verify, tag);
}

/* Measured: allocates and returns the bytes asked for. */
__attribute__((noinline)) static uint64_t timed_fill(Worker *worker, Block *blocks, size_t count) {
    Probe *probe = worker->probe;
    const bool verify = worker->verify;
    Random random = worker->random;
    uint64_t requested = 0;
    for (size_t i = 0; i < count; i++) {
        allocate(&blocks[i], &random, probe, verify, worker->index);
        requested += blocks[i].size;
    }
    worker->random = random;
    return requested;
}

/* Measured. */
__attribute__((noinline)) static void timed_release(Worker *worker, const Block *blocks, size_t count) {
    Probe *probe = worker->probe;
    const bool verify = worker->verify;
    for (size_t i = 0; i < count; i++)
        filled_free(probe, blocks[i].address, blocks[i].size, verify, worker->index);
}

/* Measured: replaces random ones of CHURN_SLOTS blocks; returns the bytes asked for. */
__attribute__((noinline)) static uint64_t timed_churn(Worker *worker, Block *blocks, size_t count) {
    Probe *probe = worker->probe;
    const bool verify = worker->verify;
    Random random = worker->random;
    uint64_t requested = 0;
    for (size_t i = 0; i < count; i++) {
        Block *block = &blocks[random_below(&random, CHURN_SLOTS)];
        filled_free(probe, block->address, block->size, verify, worker->index);
        allocate(block, &random, probe, verify, worker->index);
        requested += block->size;
    }
    worker->random = random;
    return requested;
}

/* Batch by batch, so that the operations in the slot page show how far it is; returns the bytes asked for. */
static uint64_t fill_counted(Worker *worker, Block *blocks, size_t count) {
    uint64_t all = 0;
    for (size_t done = 0, batch; done < count; done += batch) {
        batch = count - done < WORKER_BATCH ? count - done : WORKER_BATCH;
        uint64_t requested = timed_fill(worker, blocks + done, batch);
        worker_done(worker, batch, requested);
        all += requested;
    }
    return all;
}

static void churn_counted(Worker *worker, Block *blocks) {
    fill_counted(worker, blocks, CHURN_SLOTS);
    for (size_t done = 0, batch; done < churn; done += batch) {
        batch = churn - done < WORKER_BATCH ? churn - done : WORKER_BATCH;
        worker_done(worker, batch, timed_churn(worker, blocks, batch));
    }
    timed_release(worker, blocks, CHURN_SLOTS);
}

static void *run_link(void *argument) {
    Chain *chain = argument;
    Worker *worker = chain->worker;
    probe_break(worker->probe);
    uint64_t held = fill_counted(worker, chain->blocks, chain->block_count);
    chain->peak_live = held > chain->peak_live ? held : chain->peak_live;
    timed_release(worker, chain->blocks, chain->block_count);
    churn_counted(worker, chain->blocks);
    sem_post(&chain->link_done); /* from here on the chain is the next link's */
    if (waiting)
        sem_wait(&chain->chain_ends);
    return NULL;
}

/* Signals interrupt sem_wait only where a handler is installed: none is. */
static void run_chain(Chain *chain, pthread_t *threads) {
    for (uint64_t i = 0; i < links; i++) {
        threads[i] = thread_start(run_link, chain);
        sem_wait(&chain->link_done);
        if (!waiting)
            pthread_join(threads[i], NULL);
    }
    for (uint64_t i = 0; i < links && waiting; i++)
        sem_post(&chain->chain_ends);
    for (uint64_t i = 0; i < links && waiting; i++)
        pthread_join(threads[i], NULL);
}

/* Sizes are stratified, so their mean times the count is what a link holds, but for about one in a hundred. */
static size_t blocks_of_a_link(uint64_t bytes) {
    uint64_t sum = 0;
    for (size_t i = 0; i < SIZES_ENTRIES; i++)
        sum += sizes->entries[i];
    uint64_t count = (uint64_t)((double)bytes / ((double)sum / SIZES_ENTRIES));
    return count < CHURN_SLOTS ? CHURN_SLOTS : count;
}

static void work(Worker *worker) {
    Chain chain = {.worker = worker, .block_count = blocks_of_a_link(worker->remaining)};
    chain.blocks = mapping_create(chain.block_count, sizeof *chain.blocks);
    memset(chain.blocks, 0xff, chain.block_count * sizeof *chain.blocks); /* resident from now on, see idle.h */
    pthread_t *threads = mapping_create(links, sizeof *threads);
    sem_init(&chain.link_done, 0, 0);
    sem_init(&chain.chain_ends, 0, 0);
    team_begin(worker);
    run_chain(&chain, threads);
    atomic_fetch_add_explicit(&peak_live_bytes, chain.peak_live, memory_order_relaxed);
    team_end(worker);
    worker_seal(worker, chain.peak_live);
    if (worker->index == 0) {
        kit_note("freed_rss_bytes", slot_resident_bytes());
        kit_note("peak_live_bytes", atomic_load_explicit(&peak_live_bytes, memory_order_relaxed));
    }
}

static void run(const Options *options) {
    const uint32_t threads = options->threads;
    sizes = sizes_create(SIZES_UNIFORM, (uint32_t)minimum_size, (uint32_t)maximum_size, options->seed);
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
    if (total_bytes / options->threads < CHURN_SLOTS * maximum_size)
        kit_usage_error("--bytes %llu: each of %u chains needs at least %d times --max-size, which is %llu",
                        (unsigned long long)total_bytes, options->threads, CHURN_SLOTS,
                        (unsigned long long)maximum_size);
}

static const Parameter parameters[] = {
    {"bytes", PARAMETER_BYTES, &total_bytes, 1 << 16, UINT64_C(1) << 40, NULL,
     "What the running links of all chains hold together"},
    {"min-size", PARAMETER_BYTES, &minimum_size, 1, 1 << 20, NULL, "Smallest block"},
    {"max-size", PARAMETER_BYTES, &maximum_size, 1, 1 << 20, NULL, "Largest block; all sizes are equally frequent"},
    {"links", PARAMETER_COUNT, &links, 1, 1000, NULL, "Threads of a chain, one after the other"},
    {"churn", PARAMETER_COUNT, &churn, 0, UINT64_C(1) << 40, NULL, "Blocks a link replaces after it freed all"},
    {"waiting", PARAMETER_YES_NO, &waiting, 0, 1, NULL, "Links wait for the end of their chain instead of ending"},
};

static const Preset presets[] = {
    {"blowup_ended", "--waiting no", "links end before the next one starts"},
};

static const Workload workload = {
    .name = "blowup",
    .summary = "a chain of threads, each allocates and frees the same amount: is it got again or held anew",
    .models = "a program whose phases run in threads of their own, one after the other",
    .published = "devised for this benchmark, described in its source file; the term is from Berger, McKinley, Blumofe "
                 "and Wilson, Hoard: A Scalable Memory Allocator for Multithreaded Applications, ASPLOS 2000",
    .changed = "nothing, it has no original. Preset blowup_ended lets a link end before the next one starts: what an "
               "ended thread held must come back, too",
    .unit = "blocks",
    .unscaled = true,
    .usual_ms = 800,
    .memory = true,
    .default_threads = 1,
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
