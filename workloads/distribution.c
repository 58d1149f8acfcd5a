/*
 * distribution.c - a profile of sizes, rates and live counts, recorded beforehand and then only replayed.
 *
 * A profile is a table of rows: blocks of these sizes are allocated at this rate while so many of them live. From it
 * each thread records 2^20 calls before anything is measured: a row has twice as many slots as live blocks, half of
 * them full at the beginning, and each call names a slot: a full one is freed, an empty one is allocated. A row has its
 * rate's share of the calls, the slots are drawn at random, every slot's calls are even in number, and the whole is
 * shuffled. So any lifetime occurs, on average live count by rate of allocations, and after the last call exactly those
 * slots are full that were at the beginning: the record can be replayed over and over. No random number is in the
 * measured path.
 *
 * The record is replayed once as a warm-up. Between the marks: replay. A block's first --touch bytes are written.
 *
 * Models: a program whose sizes, rates and live counts are known: a key-value store, a JSON service, a compiler, a
 *   message broker.
 * Published: after the empirical driver of TCMalloc and Fleetbench.
 * Changed: profiles are made up, since published ones are of one company's machines; records end where they began,
 *   to be replayed for ever.
 */
#include "kit/kit.h"

typedef struct Row {
    uint32_t minimum_size, maximum_size; /* a slot's size is drawn between them once */
    uint32_t rate;                       /* allocations of this row among all rows' */
    uint32_t live;                       /* blocks of a thread */
} Row;

typedef struct Profile {
    const Row *rows;
    size_t row_count;
} Profile;

/*
 * The four profiles are made up, as round numbers, from what such programs do; none was recorded from a program. What
 * dies together in a program dies at random times here: a profile knows sizes, rates and live counts only.
 *
 * key_value: entries (key, header, value) of four magnitudes that live long, and for each of them requests and replies
 * that are gone after a few calls; six in ten allocations are such.
 */
static const Row key_value[] = {
    {16, 32, 300, 24},     {48, 48, 150, 30000}, {64, 128, 150, 20000}, {512, 1024, 60, 4000},
    {4096, 8192, 12, 300}, {256, 256, 250, 16},  {16384, 16384, 60, 4},
};

/*
 * json_service: documents of few requests at a time, parsed into many small nodes and short strings; buffers for input
 * and output; a few thousand sessions that stay.
 */
static const Row json_service[] = {
    {24, 24, 250, 1500},  {40, 56, 300, 2500},  {8, 32, 300, 2000},  {64, 256, 80, 400},
    {1024, 4096, 30, 40}, {16384, 65536, 8, 6}, {320, 320, 2, 4000},
};

/*
 * compiler: the nodes of syntax trees and symbol tables, many and of many sizes, that live long; temporary lists and
 * strings that come and go quickly; a few tables.
 */
static const Row compiler[] = {
    {16, 16, 150, 8000}, {24, 48, 250, 40000}, {56, 96, 150, 30000}, {104, 256, 60, 6000},
    {8, 64, 250, 60},    {512, 2048, 30, 100}, {4096, 32768, 5, 24},
};

/*
 * message_broker: messages of widely spread sizes queue up and are then gone, each with a small envelope that lives as
 * long; acknowledgements live briefly; connections stay.
 */
static const Row message_broker[] = {
    {80, 80, 300, 6000},    {128, 512, 150, 3000}, {1024, 4096, 100, 2000},
    {8192, 65536, 20, 100}, {32, 48, 300, 50},     {2048, 2048, 1, 500},
};

#define ROWS(table)                                                                                                    \
    { table, sizeof(table) / sizeof((table)[0]) }
static const Profile profiles[] = {ROWS(key_value), ROWS(json_service), ROWS(compiler), ROWS(message_broker)};

static uint64_t profile_index = 0, touch_bytes = 64;

enum { RECORD_CALLS = 1 << 20 };

typedef struct Slot {
    void *block; /* NULL: empty */
    size_t size;
} Slot;

/* One thread's slots and calls. */
typedef struct Replay {
    Slot *slots;
    size_t slot_count;
    uint32_t *calls; /* indices of slots */
    size_t cursor;   /* the next call */
} Replay;

static _Atomic uint64_t begin_live_bytes, end_live_bytes; /* sums over the threads */

KIT_INLINE void fill_slot(Slot *slot, Probe *probe, bool verify, size_t touch, uint64_t tag) {
    if (verify) {
        slot->block = filled_malloc(probe, slot->size, true, tag);
        return;
    }
    slot->block = probe_malloc(probe, slot->size);
    if (!slot->block)
        slot_out_of_memory("malloc", slot->size);
    memset(slot->block, (int)(slot->size & 0xff), slot->size < touch ? slot->size : touch);
}

/* Measured: `count` calls that stand behind one another; returns the bytes asked for. */
__attribute__((noinline)) static uint64_t timed_replay(Worker *worker, Slot *slots, const uint32_t *calls,
                                                       size_t count) {
    Probe *probe = worker->probe;
    const bool verify = worker->verify;
    const size_t touch = touch_bytes;
    const uint64_t tag = worker->index;
    uint64_t requested = 0;
    for (size_t i = 0; i < count; i++) {
        Slot *slot = &slots[calls[i]];
        if (slot->block) {
            filled_free(probe, slot->block, slot->size, verify, tag);
            slot->block = NULL;
        } else {
            fill_slot(slot, probe, verify, touch, tag);
            requested += slot->size;
        }
    }
    return requested;
}

static void replay(Worker *worker, Replay *record, uint64_t count) {
    while (count > 0) {
        size_t left = RECORD_CALLS - record->cursor, part = count < left ? count : left;
        worker_done(worker, part, timed_replay(worker, record->slots, record->calls + record->cursor, part));
        record->cursor = (record->cursor + part) % RECORD_CALLS;
        count -= part;
    }
}

static size_t count_slots(const Profile *profile) {
    size_t count = 0;
    for (size_t i = 0; i < profile->row_count; i++)
        count += 2 * (size_t)profile->rows[i].live;
    return count;
}

/* Of the rows before `row`. */
static uint64_t rate_before(const Profile *profile, size_t row) {
    uint64_t rate = 0;
    for (size_t i = 0; i < row; i++)
        rate += profile->rows[i].rate;
    return rate;
}

/* How many of the record's calls are those of the rows before `row`: always even. */
static size_t calls_before(const Profile *profile, size_t row) {
    return 2 * (size_t)(RECORD_CALLS / 2 * rate_before(profile, row) / rate_before(profile, profile->row_count));
}

/* Any two calls of one slot cancel out, wherever they stand: pairs are drawn and then shuffled one by one. */
static void record_calls(Replay *record, const Profile *profile, Random *random) {
    size_t first_slot = 0;
    for (size_t i = 0; i < profile->row_count; i++) {
        uint32_t slots = 2 * profile->rows[i].live;
        for (size_t at = calls_before(profile, i); at < calls_before(profile, i + 1); at += 2)
            record->calls[at] = record->calls[at + 1] = (uint32_t)first_slot + random_below(random, slots);
        first_slot += slots;
    }
    for (uint32_t i = RECORD_CALLS - 1; i > 0; i--) {
        uint32_t other = random_below(random, i + 1), call = record->calls[i];
        record->calls[i] = record->calls[other];
        record->calls[other] = call;
    }
}

static Replay create_replay(const Profile *profile, Random *random) {
    Replay record = {.slot_count = count_slots(profile)};
    record.slots = mapping_create(record.slot_count, sizeof *record.slots);
    record.calls = mapping_create(RECORD_CALLS, sizeof *record.calls);
    Slot *slot = record.slots;
    for (size_t i = 0; i < profile->row_count; i++) {
        const Row *row = &profile->rows[i];
        for (uint32_t k = 0; k < 2 * row->live; k++, slot++)
            slot->size = row->minimum_size + random_below(random, row->maximum_size - row->minimum_size + 1);
    }
    record_calls(&record, profile, random);
    return record;
}

/* Every other slot. Its neighbours in the heap are at first those in the table; the warm-up ends that. */
static void fill_half(Worker *worker, Replay *record) {
    for (size_t i = 0; i < record->slot_count; i += 2)
        fill_slot(&record->slots[i], worker->probe, worker->verify, touch_bytes, worker->index);
}

static uint64_t live_bytes(const Replay *record) {
    uint64_t live = 0;
    for (size_t i = 0; i < record->slot_count; i++)
        live += record->slots[i].block ? record->slots[i].size : 0;
    return live;
}

static void warm_up(Worker *worker, Replay *record) {
    fill_half(worker, record);
    replay(worker, record, RECORD_CALLS);
    worker->operations = 0;
    worker->requested_bytes = 0;
    atomic_store_explicit(&worker->line->operations, 0, memory_order_relaxed);
}

static void free_all(Worker *worker, Replay *record) {
    for (size_t i = 0; i < record->slot_count; i++) {
        Slot *slot = &record->slots[i];
        if (slot->block)
            filled_free(worker->probe, slot->block, slot->size, worker->verify, worker->index);
    }
}

static Replay *records; /* by worker */

static void work(Worker *worker) {
    Replay *record = &records[worker->index];
    warm_up(worker, record);
    atomic_fetch_add_explicit(&begin_live_bytes, live_bytes(record), memory_order_relaxed);
    team_begin(worker);
    for (uint64_t taken; (taken = worker_take(worker, WORKER_BATCH)) > 0;)
        replay(worker, record, taken);
    team_end(worker);
    worker_seal(worker, record->cursor);
    atomic_fetch_add_explicit(&end_live_bytes, live_bytes(record), memory_order_relaxed);
    free_all(worker, record);
}

static void run(const Options *options) {
    const uint32_t threads = options->threads;
    Worker *workers = workers_create(options, threads);
    records = mapping_create(threads, sizeof *records);
    for (uint32_t i = 0; i < threads; i++) {
        worker_assign(&workers[i], options, i, threads);
        records[i] = create_replay(&profiles[profile_index], &workers[i].random);
    }
    slot_note_start_rss();
    team_run(options, workers, threads, work);
    kit_note("record_calls", RECORD_CALLS);
    kit_note("begin_live_bytes", atomic_load_explicit(&begin_live_bytes, memory_order_relaxed));
    kit_note("end_live_bytes", atomic_load_explicit(&end_live_bytes, memory_order_relaxed));
}

static double alive_at_most(const Options *options) {
    const Profile *profile = &profiles[profile_index];
    double bytes = 0;
    for (size_t i = 0; i < profile->row_count; i++) {
        const Row *row = &profile->rows[i];
        bytes += row->live * sizes_mean(SIZES_UNIFORM, row->minimum_size, row->maximum_size);
    }
    return options->threads * bytes;
}

static const char *const profile_choices[] = {"key_value", "json_service", "compiler", "message_broker", NULL};

static const Parameter parameters[] = {
    {"profile", PARAMETER_CHOICE, &profile_index, 0, 0, profile_choices, "Whose sizes, rates and live counts"},
    {"touch", PARAMETER_BYTES, &touch_bytes, 1, 1 << 30, NULL, "Bytes of a block that are written at most"},
};

static const Preset presets[] = {
    {"key_value", "--profile key_value", "entries that stay, requests that are gone at once"},
    {"json_service", "--profile json_service", "many small nodes and strings for each of few requests"},
    {"compiler", "--profile compiler", "many small objects of many sizes that live long, and brief temporary ones"},
    {"message_broker", "--profile message_broker", "messages of widely spread sizes that queue up"},
};

static const Workload workload = {
    .name = "distribution",
    .summary = "a profile of sizes, rates and live counts, recorded beforehand and replayed",
    .models = "a program whose sizes, rates and live counts are known: a key-value store, a JSON service, a compiler, "
              "a message broker",
    .published = "after the empirical driver of the benchmarks of TCMalloc and Fleetbench (Google)",
    .changed =
        "the four profiles are made up as round numbers from what such programs do, and none was recorded, since the "
        "published ones are of one company's machines; a record of 2^20 calls is drawn as pairs for each slot, so that "
        "it ends where it began and can be replayed over and over; each thread has its own blocks",
    .unit = "calls",
    .default_operations = 20000000,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof parameters[0],
    .presets = presets,
    .preset_count = sizeof presets / sizeof presets[0],
    .live_bytes = alive_at_most,
    .run = run,
};

int main(int argc, char **argv) {
    return kit_main(&workload, argc, argv);
}
