/*
 * glibc_thread.c - threads replace random blocks of their own; most blocks are tiny, few are large.
 *
 * The probability of a size falls with its square, from 4 bytes to 32 KiB. Sizes are drawn from a table of quantiles of
 * that distribution, equal for all threads. The slots are full before the first mark. No block changes threads.
 *
 * Models: programs with very many tiny and very few large blocks in every thread.
 * Published: glibc's bench-malloc-thread.
 * Changed: fixed work in place of a fixed time; full slots at the start; the blocks' ends are written.
 */
#include "kit/caller.h"
#include "kit/kit.h"

enum { SMALLEST = 4, LARGEST = 32768, QUANTILES = 4096 };

static uint64_t slot_count = 1024;

static uint32_t *quantiles; /* kit memory: the middle of each of QUANTILES equally probable parts */
static Held **slots;        /* one table for each thread */

/* The distribution's integral is linear in 1/size. */
static void fill_quantiles(void) {
    quantiles = mapping_create(QUANTILES, sizeof *quantiles);
    for (uint32_t i = 0; i < QUANTILES; i++) {
        double part = (i + 0.5) / QUANTILES;
        quantiles[i] = (uint32_t)(1 / (1.0 / SMALLEST - part * (1.0 / SMALLEST - 1.0 / LARGEST)));
    }
}

KIT_INLINE void fill_slot(Caller caller, Held *slot, uint32_t size) {
    slot->size = size;
    slot->block = caller_malloc(caller, size);
    caller_touch(caller, slot->block, size);
}

/* Measured. */
__attribute__((noinline)) static void timed_replacements(Worker *worker, uint64_t count) {
    const Caller caller = caller_of(worker);
    const uint32_t bound = (uint32_t)slot_count, *sizes = quantiles;
    Held *mine = slots[worker->index];
    Random random = worker->random;
    uint64_t requested = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t draw = random_next(&random);
        Held *slot = &mine[random_scale(random_high(draw), bound)];
        uint32_t size = sizes[random_scale(random_low(draw), QUANTILES)];
        caller_release(caller, slot);
        fill_slot(caller, slot, size);
        requested += size;
    }
    worker->random = random;
    worker_done(worker, count, requested);
}

static void run_thread(Worker *worker) {
    const Caller caller = caller_of(worker);
    Held *mine = slots[worker->index];
    for (uint64_t i = 0; i < slot_count; i++)
        fill_slot(caller, &mine[i], quantiles[random_below(&worker->random, QUANTILES)]);
    team_begin(worker);
    for (uint64_t taken; (taken = worker_take(worker, WORKER_BATCH)) > 0;)
        timed_replacements(worker, taken);
    worker_seal(worker, 0);
    team_end(worker);
    for (uint64_t i = 0; i < slot_count; i++)
        caller_release(caller, &mine[i]);
}

static void run(const Options *options) {
    const uint32_t count = options->threads;
    Worker *workers = workers_create(options, count);
    fill_quantiles();
    slots = mapping_create(count, sizeof *slots);
    for (uint32_t i = 0; i < count; i++) {
        worker_assign(&workers[i], options, i, count);
        slots[i] = mapping_create(slot_count, sizeof(Held));
    }
    slot_note_start_rss();
    team_run(options, workers, count, run_thread);
}

/* The mean of the sizes is the logarithm of LARGEST / SMALLEST over the difference of their inverses: 36. */
static double alive_at_most(const Options *options) {
    return options->threads * (double)slot_count * 36;
}

static const Parameter parameters[] = {
    {"slots", PARAMETER_COUNT, &slot_count, 1, 10000000, NULL, "Blocks each thread holds"},
};

static const Workload workload = {
    .name = "glibc_thread",
    .summary = "threads replace random blocks whose sizes follow an inverse square law",
    .models = "programs with very many tiny and very few large blocks in every thread",
    .published = "bench-malloc-thread of the GNU C Library's benchtests",
    .changed = "a fixed amount of work instead of a fixed time, so that all allocators do the same; the slots are full "
               "before the time runs; the first and last byte of each block are written",
    .unit = "operations",
    .default_operations = 10000000,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof parameters[0],
    .live_bytes = alive_at_most,
    .run = run,
};

int main(int argc, char **argv) {
    return kit_main(&workload, argc, argv);
}
