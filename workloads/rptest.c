/*
 * rptest.c - threads replace blocks of their own, and now and then hand a batch of blocks to another thread.
 *
 * In each loop a thread replaces --batch random blocks of its slots. In every second loop (--cross) it also allocates
 * --batch blocks, and a record of them, pushes the record on the list of another thread by compare-and-swap, each time
 * the next one, and frees all batches that it finds on its own list. Blocks under 4 KiB are in turn not aligned on
 * purpose, aligned to 8 and aligned to 16 bytes.
 *
 * A list's head owns its batches until its thread takes all of them with one exchange, so no batch is pushed back and
 * compare-and-swap meets no address twice by mistake.
 *
 * Models: a game's or an engine's jobs, whose results are freed by whichever thread takes them up.
 * Published: Jansson, rpmalloc-benchmark.
 * Changed: fixed work; slots stay filled between loops, so that what is live is steady; the last drain is not timed.
 */
#include "kit/caller.h"
#include "kit/kit.h"

enum { ALIGNED_BELOW = 4096, HANDED_TAG = UINT16_MAX };
enum Shape { SHAPE_UNIFORM, SHAPE_LINEAR, SHAPE_EXPONENTIAL };

static uint64_t slot_count = 1000, batch_blocks = 100, cross = 2, minimum_size = 8, maximum_size = 16000,
                shape = SHAPE_UNIFORM;

typedef struct Batch {
    struct Batch *next;
    uint64_t count;
    Held blocks[];
} Batch;

typedef struct State {
    _Alignas(128) Batch *_Atomic inbox;
    _Alignas(128) Held *slots;
    uint32_t turn; /* of the alignments */
    uint64_t loops, received;
} State;

static State *states;
static const Sizes *sizes;

static size_t batch_bytes(uint64_t count) {
    return sizeof(Batch) + count * sizeof(Held);
}

/* Linear: the smaller of two, so that the frequency falls in a straight line. */
KIT_INLINE uint32_t draw_size(uint64_t draw) {
    uint32_t size = sizes_pick(sizes, random_low(draw));
    uint32_t other = shape == SHAPE_LINEAR ? sizes_pick(sizes, random_low(draw) >> 16) : size;
    return other < size ? other : size;
}

KIT_INLINE Held allocate(Caller caller, State *state, uint64_t draw) {
    const uint32_t size = draw_size(draw), turn = state->turn;
    Held held = {.size = size};
    if (size < ALIGNED_BELOW)
        state->turn = turn == 2 ? 0 : turn + 1;
    held.block = size >= ALIGNED_BELOW || turn == 0 ? caller_malloc(caller, size)
                                                    : caller_aligned_alloc(caller, turn == 1 ? 8 : 16, size);
    caller_touch(caller, held.block, size);
    return held;
}

/* Measured: one loop's replacements. */
__attribute__((noinline)) static void timed_replacements(Worker *worker, State *state, uint64_t count) {
    const Caller caller = caller_of(worker);
    Random random = worker->random;
    uint64_t requested = 0;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t draw = random_next(&random);
        Held *slot = &state->slots[random_scale(random_high(draw), (uint32_t)slot_count)];
        caller_release(caller, slot);
        *slot = allocate(caller, state, draw);
        requested += slot->size;
    }
    worker->random = random;
    worker_done(worker, count, requested);
}

/* Measured: a batch for another thread. */
__attribute__((noinline)) static void timed_gift(Worker *worker, State *state, State *receiver, uint64_t count) {
    const Caller caller = caller_with_tag(worker, HANDED_TAG);
    Batch *batch = probe_malloc(worker->probe, batch_bytes(count));
    if (!batch)
        slot_out_of_memory("malloc", batch_bytes(count));
    uint64_t requested = batch_bytes(count);
    batch->count = count;
    for (uint64_t i = 0; i < count; i++) {
        batch->blocks[i] = allocate(caller, state, random_next(&worker->random));
        requested += batch->blocks[i].size;
    }
    batch->next = atomic_load_explicit(&receiver->inbox, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&receiver->inbox, &batch->next, batch, memory_order_release,
                                                  memory_order_relaxed))
        continue;
    worker_done(worker, count, requested);
}

/* Measured: frees what others have handed over. */
__attribute__((noinline)) static void timed_drain(Worker *worker, State *state) {
    const Caller caller = caller_with_tag(worker, HANDED_TAG);
    Batch *batch = atomic_exchange_explicit(&state->inbox, NULL, memory_order_acquire);
    while (batch) {
        Batch *next = batch->next;
        const uint64_t count = batch->count;
        for (uint64_t i = 0; i < count; i++)
            caller_release(caller, &batch->blocks[i]);
        probe_free(worker->probe, batch, batch_bytes(count));
        state->received += count;
        batch = next;
    }
}

/* Another thread each time; a thread that is alone gives to itself. */
static State *next_receiver(uint32_t index, uint64_t loop) {
    const uint32_t threads = slot_page()->threads;
    return &states[threads == 1 ? 0 : (index + 1 + loop / cross % (threads - 1)) % threads];
}

static void run_thread(Worker *worker) {
    State *state = &states[worker->index];
    team_begin(worker);
    for (uint64_t taken; (taken = worker_take(worker, batch_blocks)) > 0;) {
        timed_replacements(worker, state, taken);
        state->loops++;
        if (state->loops % cross == 0 && (taken = worker_take(worker, batch_blocks)) > 0) {
            timed_gift(worker, state, next_receiver(worker->index, state->loops), taken);
            timed_drain(worker, state);
        }
    }
    worker_seal(worker, state->loops);
    team_end(worker);
    timed_drain(worker, state); /* nobody pushes any more */
    for (uint64_t i = 0; i < slot_count; i++)
        caller_release(caller_of(worker), &state->slots[i]);
}

static void run(const Options *options) {
    const uint32_t count = options->threads;
    Worker *workers = workers_create(options, count);
    sizes = sizes_create(shape == SHAPE_EXPONENTIAL ? SIZES_LOGARITHMIC : SIZES_UNIFORM, (uint32_t)minimum_size,
                         (uint32_t)maximum_size, options->seed);
    states = mapping_create(count, sizeof *states);
    for (uint32_t i = 0; i < count; i++) {
        worker_assign(&workers[i], options, i, count);
        states[i].slots = mapping_create(slot_count, sizeof(Held));
    }
    team_run(options, workers, count, run_thread);
    uint64_t received = 0;
    for (uint32_t i = 0; i < count; i++)
        received += states[i].received;
    kit_note("blocks_handed_over", received);
}

static double alive_at_most(const Options *options) {
    return options->threads * (double)slot_count *
           sizes_mean(shape == SHAPE_EXPONENTIAL ? SIZES_LOGARITHMIC : SIZES_UNIFORM, minimum_size, maximum_size);
}

static void check_options(Options *options) {
    (void)options;
    if (minimum_size > maximum_size)
        kit_usage_error("--min-size %llu: must not be above --max-size, which is %llu",
                        (unsigned long long)minimum_size, (unsigned long long)maximum_size);
}

static const char *const shape_choices[] = {"uniform", "linear", "exponential", NULL};

static const Parameter parameters[] = {
    {"slots", PARAMETER_COUNT, &slot_count, 1, 10000000, NULL, "Blocks each thread holds"},
    {"batch", PARAMETER_COUNT, &batch_blocks, 1, 1000000, NULL, "Blocks replaced in a loop, and blocks handed over"},
    {"cross", PARAMETER_COUNT, &cross, 1, 1000000, NULL, "Loops from one batch for another thread to the next"},
    {"min-size", PARAMETER_BYTES, &minimum_size, 1, 1 << 28, NULL, "Smallest block"},
    {"max-size", PARAMETER_BYTES, &maximum_size, 1, 1 << 28, NULL, "Largest block"},
    {"distribution", PARAMETER_CHOICE, &shape, 0, 0, shape_choices,
     "Of sizes: all alike, falling in a line, or every power of two alike"},
};

static const Workload workload = {
    .name = "rptest",
    .summary = "threads replace random blocks and hand batches to each other, with changing alignments",
    .models = "a game's or an engine's jobs, whose results are freed by whichever thread takes them up",
    .published = "Jansson, rpmalloc-benchmark",
    .changed = "the number of loops follows from the work instead of being 500; slots stay filled between loops, so "
               "that what is live is steady; what a thread was handed and did not free is freed after the second mark",
    .unit = "blocks",
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
