/*
 * alloc_test.c - few slots see most of the traffic, small sizes are the most frequent, and every byte is used.
 *
 * An operation visits a slot: an empty one is filled with a new block that is written whole, a full one is read whole
 * and emptied. A fifth of the slots gets four fifths of the visits, and within that fifth the same holds again, six
 * levels deep. Sizes have an exponent each of whose values is half as probable as the one before. Threads share
 * nothing.
 *
 * Models: programs with a hot working set, in which the placement of blocks costs cache misses.
 * Published: Ignatchenko, alloc-test, 2018.
 * Changed: fixed work over all threads; words in place of bytes; the last frees are not timed.
 */
#include "kit/caller.h"
#include "kit/kit.h"

enum { LEVELS = 6, SMALLEST_EXPONENT = 3 };

static uint64_t slots_in_all = 1 << 18, largest_exponent = 10;

typedef struct State {
    _Alignas(128) Held *slots;
    uint32_t count;
    uint64_t hot_visits; /* to the first fifth */
    uint64_t sum;        /* of all that was read: reading cannot be left out */
} State;

static State *states;

/* Each base-5 digit of the bits that is not 0 leads into the first fifth of what is left. */
KIT_INLINE uint32_t draw_slot(uint64_t draw, uint32_t count) {
    uint32_t bits = random_low(draw), first = 0, range = count;
    for (uint32_t level = 0; level < LEVELS && range >= 5; level++) {
        uint64_t digit_and_rest = (uint64_t)bits * 5;
        bits = (uint32_t)digit_and_rest;
        if (digit_and_rest >> 32 == 0) {
            first = range / 5;
            range -= first;
            break;
        }
        range /= 5;
    }
    return first + random_scale(random_high(draw), range);
}

/* 2^e to 2^(e+1)-1 bytes, e counted from SMALLEST_EXPONENT by a geometric law, cut off at the largest. */
KIT_INLINE uint32_t draw_size(uint64_t draw, uint32_t largest) {
    uint32_t exponent = SMALLEST_EXPONENT + (uint32_t)__builtin_ctz(random_high(draw) | 1u << 31);
    exponent = exponent < largest ? exponent : largest;
    return (1u << exponent) + random_scale(random_low(draw), 1u << exponent);
}

KIT_INLINE uint64_t read_all(const void *block, size_t size) {
    uint64_t sum = 0;
    const unsigned char *bytes = block;
    for (; size >= sizeof sum; size -= sizeof sum, bytes += sizeof sum) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word);
        sum += word;
    }
    for (; size > 0; size--)
        sum += *bytes++;
    return sum;
}

/* Measured. */
__attribute__((noinline)) static void timed_visits(Worker *worker, State *state, uint64_t count) {
    const Caller caller = caller_of(worker);
    const uint32_t slots = state->count, hot = slots / 5, largest = (uint32_t)largest_exponent;
    Random random = worker->random;
    uint64_t requested = 0, hot_visits = 0, sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint32_t index = draw_slot(random_next(&random), slots);
        Held *slot = &state->slots[index];
        hot_visits += index < hot;
        if (slot->block) {
            sum += read_all(slot->block, slot->size);
            caller_release(caller, slot);
        } else {
            slot->size = draw_size(random_next(&random), largest);
            slot->block = caller_malloc(caller, slot->size);
            if (!caller.verify)
                memset(slot->block, (int)(slot->size & 0xff), slot->size);
            requested += slot->size;
        }
    }
    worker->random = random;
    state->hot_visits += hot_visits;
    state->sum += sum;
    worker_done(worker, count, requested);
}

static void run_thread(Worker *worker) {
    State *state = &states[worker->index];
    team_begin(worker);
    for (uint64_t taken; (taken = worker_take(worker, WORKER_BATCH)) > 0;)
        timed_visits(worker, state, taken);
    worker_seal(worker, 0);
    team_end(worker);
    for (uint32_t i = 0; i < state->count; i++)
        caller_release(caller_of(worker), &state->slots[i]);
}

static void run(const Options *options) {
    const uint32_t count = options->threads;
    Worker *workers = workers_create(options, count);
    states = mapping_create(count, sizeof *states);
    for (uint32_t i = 0; i < count; i++) {
        worker_assign(&workers[i], options, i, count);
        states[i].count = (uint32_t)(slots_in_all / count);
        states[i].slots = mapping_create(states[i].count, sizeof(Held));
    }
    team_run(options, workers, count, run_thread);
    uint64_t hot_visits = 0;
    for (uint32_t i = 0; i < count; i++)
        hot_visits += states[i].hot_visits;
    kit_note("hot_visits", hot_visits);
}

/* Each exponent but the largest adds 6 bytes to the mean, that one 12. */
static double alive_at_most(const Options *options) {
    (void)options;
    return (double)slots_in_all * 6 * ((double)largest_exponent - 1);
}

static void check_options(Options *options) {
    if (slots_in_all / options->threads < 5)
        kit_usage_error("--slots %llu: must be at least 5 for each of the %u threads", (unsigned long long)slots_in_all,
                        options->threads);
}

static const Parameter parameters[] = {
    {"slots", PARAMETER_COUNT, &slots_in_all, 5, 1 << 28, NULL, "Slots of all threads together"},
    {"exponent", PARAMETER_COUNT, &largest_exponent, SMALLEST_EXPONENT, 20, NULL,
     "Blocks stay below 2^(exponent+1) bytes"},
};

static const Workload workload = {
    .name = "alloc_test",
    .summary = "most visits go to few slots; every byte of every block is written and read",
    .models = "programs with a hot working set, in which the placement of blocks costs cache misses",
    .published = "Ignatchenko, alloc-test, described in Testing Memory Allocators, ithare.com, 2018",
    .changed = "the number of visits is the work, over all threads, instead of a number for each, so that more threads "
               "are not more work; blocks are written and read as words, not bytes, since the time of a loop over "
               "bytes would hide the allocator's; what is left at the end is freed after the second mark",
    .unit = "visits",
    .default_operations = 10000000,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof parameters[0],
    .live_bytes = alive_at_most,
    .check = check_options,
    .run = run,
};

int main(int argc, char **argv) {
    return kit_main(&workload, argc, argv);
}
