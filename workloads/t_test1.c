/*
 * t_test1.c - short-lived threads that treat their bins with every call that there is.
 *
 * T threads run at a time; each works on bins of its own, in bursts of frees and bursts of allocations on random bins,
 * and ends after --life allocations, when another takes its place. Of 1024 allocations 4 are aligned, 16 are callocs,
 * 80 are reallocs of what the bin holds, and the others are mallocs. Memory is bounded: 64 MiB / (size * T) bins.
 *
 * Worker i's thread does not allocate: it starts the threads that take its place one after the other and waits.
 *
 * Models: a thread for each job, each with a working set that comes and goes at random.
 * Published: Gloger, t-test1 of ptmalloc.
 * Changed: fixed work; empty bins are malloc'd, not realloc'd; ends of blocks are written, patterns only with
 *   --verify.
 */
#include "kit/caller.h"
#include "kit/kit.h"

enum {
    DRAWS = 1024,
    ALIGNED_BELOW = 4,
    CALLOC_BELOW = 20,
    REALLOC_BELOW = 100,
    FEWEST_BINS = 4,
    ALIGNMENTS = 8, /* 2^4 to 2^11 */
};

static uint64_t largest_size = 10000, memory = UINT64_C(64) << 20, life = 10000;

typedef struct State {
    Worker *worker;
    Held *bins;
    uint32_t count;
    uint64_t allocations; /* of the thread to start */
    uint64_t threads;
} State;

static State *states;

KIT_INLINE void reallocate(Caller caller, Held *bin, size_t size) {
    bin->block = bin->block ? caller_realloc(caller, bin->block, bin->size, size) : caller_malloc(caller, size);
    bin->size = size;
}

KIT_INLINE void fill_aligned(Caller caller, Held *bin, size_t alignment, size_t size) {
    bin->size = caller_aligned_size(alignment, size);
    bin->block = caller_aligned_alloc(caller, alignment, bin->size);
}

KIT_INLINE void fill_bin(Caller caller, Held *bin, uint32_t kind, uint32_t further, size_t size) {
    if (kind >= CALLOC_BELOW && kind < REALLOC_BELOW) {
        reallocate(caller, bin, size);
    } else {
        caller_release(caller, bin);
        if (kind < ALIGNED_BELOW)
            fill_aligned(caller, bin, (size_t)16 << random_scale(further, ALIGNMENTS), size);
        else
            *bin = (Held){kind < CALLOC_BELOW ? caller_calloc(caller, 1, size) : caller_malloc(caller, size), size};
    }
    caller_touch(caller, bin->block, bin->size);
}

KIT_INLINE void free_burst(Caller caller, State *state, Random *random) {
    for (uint32_t left = random_below(random, state->count); left > 0; left--)
        caller_release(caller, &state->bins[random_below(random, state->count)]);
}

/* Measured: a thread's bursts, and the frees at its end. */
__attribute__((noinline)) static void timed_life(State *state) {
    Worker *worker = state->worker;
    const Caller caller = caller_of(worker);
    const uint32_t count = state->count, largest = (uint32_t)largest_size;
    Random random = worker->random;
    uint64_t requested = 0;
    for (uint64_t left = state->allocations; left > 0;) {
        free_burst(caller, state, &random);
        uint64_t burst = 1 + random_below(&random, count);
        burst = burst < left ? burst : left;
        left -= burst;
        for (; burst > 0; burst--) {
            const uint64_t draw = random_next(&random), place = random_next(&random);
            const uint32_t size = 1 + random_scale(random_low(draw), largest);
            Held *bin = &state->bins[random_scale(random_high(place), count)];
            fill_bin(caller, bin, random_scale(random_high(draw), DRAWS), random_low(place), size);
            requested += bin->size;
        }
    }
    for (uint32_t i = 0; i < count; i++)
        caller_release(caller, &state->bins[i]);
    worker->random = random;
    worker_done(worker, state->allocations, requested);
}

static void *run_life(void *argument) {
    State *state = argument;
    probe_break(state->worker->probe);
    timed_life(state);
    return NULL;
}

static void run_thread(Worker *worker) {
    State *state = &states[worker->index];
    team_begin(worker);
    for (; (state->allocations = worker_take(worker, life)) > 0; state->threads++)
        pthread_join(thread_start(run_life, state), NULL); /* it inherits the binding to a processor */
    worker_seal(worker, state->threads);
    team_end(worker);
}

static uint64_t bin_count(uint32_t threads) {
    return memory / largest_size / threads;
}

static void run(const Options *options) {
    const uint32_t count = options->threads;
    Worker *workers = workers_create(options, count);
    states = mapping_create(count, sizeof *states);
    for (uint32_t i = 0; i < count; i++) {
        worker_assign(&workers[i], options, i, count);
        states[i] = (State){.worker = &workers[i], .count = (uint32_t)bin_count(count)};
        states[i].bins = mapping_create(states[i].count, sizeof(Held));
    }
    team_run(options, workers, count, run_thread);
    uint64_t threads = 0;
    for (uint32_t i = 0; i < count; i++)
        threads += states[i].threads;
    kit_note("short_lived_threads", threads);
}

/* Sizes are half of the largest on average. */
static double alive_at_most(const Options *options) {
    (void)options;
    return (double)memory / 2;
}

static void check_options(Options *options) {
    if (bin_count(options->threads) > UINT32_MAX)
        kit_usage_error("--memory %llu: makes more than 2^32 bins of --size %llu", (unsigned long long)memory,
                        (unsigned long long)largest_size);
    if (bin_count(options->threads) < FEWEST_BINS)
        kit_usage_error("--memory %llu: must hold %d blocks of --size %llu for each of the %u threads",
                        (unsigned long long)memory, FEWEST_BINS, (unsigned long long)largest_size, options->threads);
}

static const Parameter parameters[] = {
    {"size", PARAMETER_BYTES, &largest_size, 1, 1 << 28, NULL, "Largest block; sizes are drawn from 1 to this"},
    {"memory", PARAMETER_BYTES, &memory, 1, UINT64_C(1) << 36, NULL, "Most bytes that are alive, over all threads"},
    {"life", PARAMETER_COUNT, &life, 1, 1000000000, NULL, "Allocations after which a thread ends and is replaced"},
};

static const Workload workload = {
    .name = "t_test1",
    .summary = "short-lived threads with bursts of malloc, calloc, realloc, aligned allocation and free",
    .models = "a thread for each job, each with a working set that comes and goes at random",
    .published = "Gloger, t-test1.c of ptmalloc",
    .changed =
        "the number of threads in all follows from the work and --life; the length of a burst of frees or allocations "
        "is drawn from nothing to the number of bins; an empty bin is not realloc'd but malloc'd; the first and last "
        "byte of each block are written, where the original writes patterns, which --verify does",
    .unit = "allocations",
    .default_operations = 2000000,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof parameters[0],
    .live_bytes = alive_at_most,
    .check = check_options,
    .run = run,
};

int main(int argc, char **argv) {
    return kit_main(&workload, argc, argv);
}
