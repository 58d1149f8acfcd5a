/*
 * mstress.c - threads build and drop much, keep some until their end, and exchange blocks through a shared array.
 *
 * A round starts T threads and ends them. Thread i makes 100 * scale * (i % 8 + 1) allocations; half of them, by the
 * toss of a coin, are retained until the thread ends. After each one it frees one of its passing blocks (p = 0.66) and
 * swaps one with a random entry of the shared array (p = 0.25), so that it comes to own what another thread allocated.
 * Between the rounds the main thread frees half of the shared array.
 *
 * Every block carries its own proof, with or without --verify: the number of its words, and a cookie in each word that
 * depends on the block's address; whoever frees it checks all of them.
 *
 * Each thread's requests depend on the seed alone; which block a swap brings depends on the race.
 *
 * Models: thread pools that grow and shrink while objects wander between their threads.
 * Published: Leijen, Zorn and de Moura, Mimalloc, APLAS 2019.
 * Changed: fixed work; requests do not depend on what a swap brings, so that every run has the same; cookies know
 *   their address.
 */
#include "kit/kit.h"

enum { SHARED_ENTRIES = 1000, CLASSES = 8, LARGEST_WORDS = 64 * 10000 };
#define COOKIE UINT64_C(0xbf58476d1ce4e5b9)

static uint64_t scale = 50;

typedef struct State {
    Worker *worker;
    uint64_t **passing, **retained; /* room for all allocations of a round each */
    uint64_t swaps;
} State;

static uint64_t *_Atomic *shared; /* entries own their blocks */

static uint64_t round_allocations(uint32_t index) {
    return 100 * scale * (index % CLASSES + 1);
}

KIT_INLINE uint64_t cookie(const uint64_t *block, uint64_t words, uint64_t at) {
    return (words - at) ^ ((uint64_t)(uintptr_t)block * COOKIE);
}

/* 2^0 to 2^(powers-1) words; of all blocks 1 % are 100 times, 0.1 % 1000 times, 0.01 % 10000 times as large. */
KIT_INLINE uint64_t draw_words(uint64_t draw, uint32_t powers) {
    uint32_t rare = random_scale(random_high(draw), 10000);
    uint64_t words = UINT64_C(1) << random_scale(random_low(draw), powers);
    return rare == 0 ? words * 10000 : rare <= 10 ? words * 1000 : rare <= 110 ? words * 100 : words;
}

KIT_INLINE uint64_t *allocate(Probe *probe, uint64_t words) {
    uint64_t *block = probe_malloc(probe, words * sizeof *block);
    if (!block)
        slot_out_of_memory("malloc", words * sizeof *block);
    if (!block_is_aligned(block, words * sizeof *block))
        slot_corrupt(block, words * sizeof *block, "not aligned as malloc promises");
    for (uint64_t i = 0; i < words; i++)
        block[i] = cookie(block, words, i);
    return block;
}

/* The first word says how many there are. */
KIT_INLINE void release(Probe *probe, uint64_t *block) {
    if (!block)
        return;
    uint64_t words = block[0] ^ cookie(block, 0, 0);
    if (words == 0 || words > LARGEST_WORDS)
        slot_corrupt(block, 0, "the first word does not say a size");
    for (uint64_t i = 1; i < words; i++) {
        if (block[i] != cookie(block, words, i))
            slot_corrupt(block, words * sizeof *block, "a word changed since it was written");
    }
    probe_free(probe, block, words * sizeof *block);
}

/* Measured: a thread's round. */
__attribute__((noinline)) static void timed_round(State *state, uint64_t count) {
    Probe *probe = state->worker->probe;
    Random random = state->worker->random;
    uint64_t **passing = state->passing, **retained = state->retained;
    uint64_t passing_count = 0, retained_count = 0, swaps = 0, requested = 0;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t choice = random_next(&random), size = random_next(&random), where = random_next(&random);
        const bool retain = (choice & 1) != 0;
        const uint64_t words = draw_words(size, retain ? 7 : 5);
        requested += words * sizeof(uint64_t);
        if (retain)
            retained[retained_count++] = allocate(probe, words);
        else
            passing[passing_count++] = allocate(probe, words);
        if (passing_count > 0 && random_scale(random_high(choice), 100) < 66) {
            uint64_t **victim = &passing[random_scale(random_high(where), (uint32_t)passing_count)];
            release(probe, *victim);
            *victim = passing[--passing_count];
        }
        if (passing_count > 0 && random_scale(random_low(choice), 100) < 25) {
            uint64_t **mine = &passing[random_scale(random_high(where), (uint32_t)passing_count)];
            uint32_t entry = random_scale(random_low(where), SHARED_ENTRIES);
            *mine = atomic_exchange_explicit(&shared[entry], *mine, memory_order_acq_rel);
            swaps++;
        }
    }
    for (uint64_t i = 0; i < retained_count; i++)
        release(probe, retained[i]);
    for (uint64_t i = 0; i < passing_count; i++)
        release(probe, passing[i]);
    state->worker->random = random;
    state->swaps += swaps;
    worker_done(state->worker, count, requested);
}

static void *run_thread(void *argument) {
    State *state = argument;
    Worker *worker = state->worker;
    thread_pin(worker->index);
    probe_break(worker->probe);
    uint64_t taken = worker_take(worker, round_allocations(worker->index));
    if (taken > 0)
        timed_round(state, taken);
    return NULL;
}

/* By the main thread, while no other runs. */
static void free_shared(Probe *probe, uint32_t step) {
    for (uint32_t i = 0; i < SHARED_ENTRIES; i += step)
        release(probe, atomic_exchange_explicit(&shared[i], NULL, memory_order_relaxed));
}

static bool work_is_left(const State *states, uint32_t count) {
    if (states[0].worker->timed)
        return !worker_time_is_up();
    for (uint32_t i = 0; i < count; i++) {
        if (states[i].worker->remaining > 0)
            return true;
    }
    return false;
}

/* Thread i's part is as large as its part of a round, so that all end in the same round. */
static void divide(const Options *options, State *states, uint32_t count) {
    uint64_t total = 0, given = 0;
    for (uint32_t i = 0; i < count; i++)
        total += round_allocations(i);
    for (uint32_t i = 0; i < count; i++) {
        double part = (double)round_allocations(i) / (double)total;
        states[i].worker->remaining = (uint64_t)((double)options->operations * part);
        given += states[i].worker->remaining;
    }
    states[0].worker->remaining += options->operations > given ? options->operations - given : 0;
}

static void run(const Options *options) {
    const uint32_t count = options->threads;
    Worker *workers = workers_create(options, count);
    State *states = mapping_create(count, sizeof *states);
    pthread_t *threads = mapping_create(count, sizeof *threads);
    Probe *main_probe = workers[0].probe; /* its thread has ended whenever the main thread frees */
    shared = mapping_create(SHARED_ENTRIES, sizeof *shared);
    for (uint32_t i = 0; i < count; i++)
        states[i] = (State){&workers[i], mapping_create(round_allocations(i), sizeof(void *)),
                            mapping_create(round_allocations(i), sizeof(void *)), 0};
    divide(options, states, count);

    uint64_t rounds = 0, swaps = 0;
    slot_begin();
    worker_start_clock(options);
    for (; work_is_left(states, count); rounds++) {
        for (uint32_t i = 0; i < count; i++)
            threads[i] = thread_start(run_thread, &states[i]);
        for (uint32_t i = 0; i < count; i++)
            pthread_join(threads[i], NULL);
        probe_break(main_probe);
        free_shared(main_probe, 2);
    }
    slot_end();
    free_shared(main_probe, 1);
    for (uint32_t i = 0; i < count; i++) {
        worker_seal(&workers[i], 0);
        swaps += states[i].swaps;
    }
    workers_finish(workers, count);
    kit_note("rounds", rounds);
    kit_note("swaps", swaps);
}

/* Half of the allocations are retained, whose mean is 18.1 words, and 4 times that by the rare large ones. */
static double alive_at_most(const Options *options) {
    double blocks = 0;
    for (uint32_t i = 0; i < options->threads; i++)
        blocks += (double)round_allocations(i) / 2;
    return blocks * 18.1 * 4 * sizeof(uint64_t);
}

static void check_options(Options *options) {
    if (options->operations < options->threads && options->duration_ns == 0)
        kit_usage_error("--ops %llu: must be at least one for each of the %u threads",
                        (unsigned long long)options->operations, options->threads);
}

static const Parameter parameters[] = {
    {"scale", PARAMETER_COUNT, &scale, 1, 10000, NULL, "Allocations of thread 0 in a round, in hundreds"},
};

static const Workload workload = {
    .name = "mstress",
    .summary = "threads of unequal load exchange blocks through a shared array, round after round",
    .models = "thread pools that grow and shrink while objects wander between their threads",
    .published = "the stress test of Leijen, Zorn and de Moura, Mimalloc: Free List Sharding in Action, APLAS 2019",
    .changed = "the number of rounds follows from the work instead of being 25; whether a block is retained is the "
               "toss of a coin, and the choice of numbers does not depend on what a swap brought, so that requests are "
               "the same in every run; cookies depend on the address, so that a block given out twice is found",
    .unit = "blocks",
    .default_operations = 1000000,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof parameters[0],
    .live_bytes = alive_at_most,
    .check = check_options,
    .run = run,
};

int main(int argc, char **argv) {
    return kit_main(&workload, argc, argv);
}
