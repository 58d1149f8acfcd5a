/*
 * larson.c - a server whose threads hand their state to successors.
 *
 * T chains run side by side. A chain owns S slots, each holding one block; its running thread replaces the block of a
 * random slot S*R times, then starts the next thread, which inherits the slots, and ends. Blocks are freed by another
 * thread than the one that allocated them only because of the inheritance: the share is about (1-1/e)/R for small R
 * and 1/R at most, so --rounds 1 gives mostly remote frees and --rounds 100 hardly any.
 *
 * A chain is used by one thread at a time; pthread_create and pthread_join order the hand-over.
 *
 * Models: a server whose worker threads end and pass their sessions on to new ones.
 * Published: Larson and Krishnan, ISMM 1998.
 * Changed: threads are joined or detached, so that RSS does not grow with throughput; fixed work; a generator for
 *   each chain; also by sized delete (larson_sized).
 */
#include "kit/kit.h"

#include <dlfcn.h>
#include <semaphore.h>
#include <stdlib.h>

static uint64_t slot_count = 5000, rounds = 100, minimum_size = 8, maximum_size = 1000, detach = 0, sized = 0;

typedef struct Slot {
    void *block;
    uint32_t size;
    uint32_t generation; /* of the thread that allocated it; 0: the main thread */
} Slot;

typedef struct Chain {
    Worker *worker;
    Slot *slots;
    uint32_t generation;
    pthread_t thread;      /* the running thread; joined by its successor, the last one by the main thread */
    uint64_t remote_frees; /* blocks freed by a later thread than the one that allocated them */
} Chain;

/* C++ operators, looked up for --sized: operator new(size_t, nothrow) and operator delete(void *, size_t). */
static void *(*sized_new)(size_t size, const void *nothrow);
static void (*sized_delete)(void *block, size_t size);

static pthread_barrier_t start_line;
static sem_t finished_chains;

static void find_sized_operators(void) {
    /* Into the global scope, behind a preloaded allocator: its operators are found first if it has any. */
    if (!dlopen("libstdc++.so.6", RTLD_NOW | RTLD_GLOBAL))
        slot_fail(SLOT_VERDICT_UNSUPPORTED, "--sized yes: libstdc++.so.6 is not there, install libstdc++6");
    /* POSIX: the result of dlsym is stored through an object pointer. */
    *(void **)&sized_new = dlsym(RTLD_DEFAULT, "_ZnwmRKSt9nothrow_t");
    *(void **)&sized_delete = dlsym(RTLD_DEFAULT, "_ZdlPvm");
    if (!sized_new || !sized_delete)
        slot_fail(SLOT_VERDICT_UNSUPPORTED, "--sized yes: no operator new or sized operator delete");
}

KIT_INLINE void *allocate(Probe *probe, size_t size, bool by_operator) {
    static const char nothrow;
    void *block = by_operator ? sized_new(size, &nothrow) : probe_malloc(probe, size);
    if (!block)
        slot_out_of_memory(by_operator ? "operator new" : "malloc", size);
    if (by_operator)
        probe_note_malloc(probe, block, size);
    return block;
}

KIT_INLINE void release(Probe *probe, void *block, size_t size, bool by_operator) {
    if (by_operator) {
        probe_note_free(probe, block, size);
        sized_delete(block, size);
    } else {
        probe_free(probe, block, size);
    }
}

/* Writes the first two bytes and reads them back, as a program that uses its block would. */
KIT_INLINE void touch(void *block, size_t size) {
    volatile unsigned char *bytes = block;
    bytes[0] = (unsigned char)size;
    bytes[1] = (unsigned char)(size >> 8);
    if (bytes[0] != (unsigned char)size || bytes[1] != (unsigned char)(size >> 8))
        slot_corrupt(block, size, "the first two bytes do not read back");
}

static void check(const Slot *slot, uint64_t tag) {
    if (!block_check(slot->block, slot->size, tag))
        slot_corrupt(slot->block, slot->size, "content changed since it was written");
}

KIT_INLINE void fill_slot(Slot *slot, Worker *worker, Probe *probe, uint32_t size, bool verify) {
    slot->size = size;
    slot->block = allocate(probe, size, sized != 0);
    if (verify) {
        if (!block_is_aligned(slot->block, size))
            slot_corrupt(slot->block, size, "not aligned as malloc promises");
        block_fill(slot->block, size, worker->index);
    } else {
        touch(slot->block, size);
    }
}

/* The measured loop: `count` replacements of random slots. */
__attribute__((noinline)) static void timed_replacements(Chain *chain, uint64_t count) {
    Worker *worker = chain->worker;
    Slot *slots = chain->slots;
    Probe *probe = worker->probe;
    const bool verify = worker->verify, by_operator = sized != 0;
    const uint32_t slot_bound = (uint32_t)slot_count, generation = chain->generation;
    const uint32_t smallest = (uint32_t)minimum_size, range = (uint32_t)(maximum_size - minimum_size);
    Random random = worker->random;
    uint64_t requested = 0, remote = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t draw = random_next(&random);
        Slot *slot = &slots[random_scale(random_high(draw), slot_bound)];
        uint32_t size = smallest + random_scale(random_low(draw), range);
        remote += slot->generation != generation;
        if (verify)
            check(slot, worker->index);
        release(probe, slot->block, slot->size, by_operator);
        slot->generation = generation;
        fill_slot(slot, worker, probe, size, verify);
        requested += size;
    }
    worker->random = random;
    chain->remote_frees += remote;
    worker_done(worker, count, requested);
}

static void *run_generation(void *argument) {
    Chain *chain = argument;
    pthread_t predecessor = chain->thread;
    if (chain->generation == 1) {
        thread_pin(chain->worker->index); /* successors inherit the binding */
        pthread_barrier_wait(&start_line);
        pthread_barrier_wait(&start_line);
    } else if (!detach) {
        pthread_join(predecessor, NULL); /* it has nothing left to do but end: ended threads never pile up */
    }
    if (detach)
        pthread_detach(pthread_self());
    chain->thread = pthread_self();
    probe_break(chain->worker->probe);

    uint64_t quota = slot_count * rounds, taken = 1;
    while (quota > 0 && (taken = worker_take(chain->worker, quota < WORKER_BATCH ? quota : WORKER_BATCH)) > 0) {
        timed_replacements(chain, taken);
        quota -= taken;
    }
    if (taken > 0 && (chain->worker->timed || chain->worker->remaining > 0)) {
        chain->generation++;
        thread_start(run_generation, chain);
    } else {
        sem_post(&finished_chains);
    }
    return NULL;
}

/* By the main thread, before the first mark: fill, shuffle, and age the heap by 4 S replacements, chain by chain. */
static void warm_up(Chain *chain) {
    Worker *worker = chain->worker;
    for (uint64_t i = 0; i < slot_count; i++) {
        uint32_t range = (uint32_t)(maximum_size - minimum_size);
        fill_slot(&chain->slots[i], worker, worker->probe,
                  (uint32_t)minimum_size + random_below(&worker->random, range), worker->verify);
    }
    for (uint32_t i = (uint32_t)slot_count - 1; i > 0; i--) {
        uint32_t other = random_below(&worker->random, i + 1);
        Slot slot = chain->slots[i];
        chain->slots[i] = chain->slots[other];
        chain->slots[other] = slot;
    }
    timed_replacements(chain, 4 * slot_count);
    worker->operations = 0;
    worker->requested_bytes = 0;
    atomic_store_explicit(&worker->line->operations, 0, memory_order_relaxed);
    chain->remote_frees = 0;
    chain->generation = 1;
}

/* After the second mark, by the main thread. */
static void tear_down(Chain *chain) {
    for (uint64_t i = 0; i < slot_count; i++) {
        Slot *slot = &chain->slots[i];
        if (chain->worker->verify)
            check(slot, chain->worker->index);
        release(chain->worker->probe, slot->block, slot->size, sized != 0);
    }
}

static void run(const Options *options) {
    if (sized)
        find_sized_operators();
    const uint32_t count = options->threads;
    Worker *workers = workers_create(options, count);
    Chain *chains = mapping_create(count, sizeof *chains);
    for (uint32_t i = 0; i < count; i++) {
        worker_assign(&workers[i], options, i, count);
        chains[i] = (Chain){.worker = &workers[i], .slots = mapping_create(slot_count, sizeof(Slot))};
    }
    slot_note_start_rss();
    for (uint32_t i = 0; i < count; i++)
        warm_up(&chains[i]);

    sem_init(&finished_chains, 0, 0);
    pthread_barrier_init(&start_line, NULL, count + 1);
    for (uint32_t i = 0; i < count; i++)
        thread_start(run_generation, &chains[i]);
    pthread_barrier_wait(&start_line);
    slot_begin();
    worker_start_clock(options);
    pthread_barrier_wait(&start_line);
    for (uint32_t i = 0; i < count; i++) {
        while (sem_wait(&finished_chains) != 0)
            continue; /* interrupted by a signal */
    }
    slot_end();

    uint64_t generations = 0, remote_frees = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!detach)
            pthread_join(chains[i].thread, NULL);
        generations += chains[i].generation;
        remote_frees += chains[i].remote_frees;
        worker_seal(&workers[i], chains[i].generation);
    }
    workers_finish(workers, count);
    kit_note("generations", generations);
    kit_note("remote_frees", remote_frees);
    for (uint32_t i = 0; i < count; i++)
        tear_down(&chains[i]);
}

static double alive_at_most(const Options *options) {
    return options->threads * (double)slot_count * sizes_mean(SIZES_UNIFORM, minimum_size, maximum_size);
}

static void check_options(Options *options) {
    (void)options;
    if (minimum_size >= maximum_size)
        kit_usage_error("--min-size %llu: must be below --max-size, which is %llu", (unsigned long long)minimum_size,
                        (unsigned long long)maximum_size);
}

static const Parameter parameters[] = {
    {"slots", PARAMETER_COUNT, &slot_count, 1, 10000000, NULL, "Blocks a chain of threads holds"},
    {"rounds", PARAMETER_COUNT, &rounds, 1, 1000000, NULL,
     "A thread ends after slots x rounds replacements; 1 makes most frees remote"},
    {"min-size", PARAMETER_BYTES, &minimum_size, 2, 1 << 30, NULL, "Smallest block"},
    {"max-size", PARAMETER_BYTES, &maximum_size, 3, 1 << 30, NULL, "Blocks stay below this size"},
    {"detach", PARAMETER_YES_NO, &detach, 0, 1, NULL, "Detach ended threads instead of joining them"},
    {"sized", PARAMETER_YES_NO, &sized, 0, 1, NULL, "Use C++ operator new and sized operator delete"},
};

static const Preset presets[] = {
    {"larson_remote", "--rounds 1",
     "a thread ends after as many replacements as it has blocks, so most frees are remote"},
    {"larson_sized", "--sized yes", "by C++ operator new and sized operator delete"},
};

static const Workload workload = {
    .name = "larson",
    .summary = "threads replace random blocks and hand all of them to a successor thread",
    .models = "a server whose worker threads end and pass their sessions on to new ones",
    .published = "Larson and Krishnan, Memory Allocation for Long-Running Server Applications, ISMM 1998",
    .changed = "ended threads are joined by their successor (or detached, --detach), where the original does neither "
               "and RSS grows with throughput; the work can be fixed and not only the time, so that all allocators do "
               "the same; every chain draws from its own generator, so that requests do not depend on the schedule; "
               "preset larson_sized frees by C++ sized delete, larson_remote has R = 1",
    .unit = "operations",
    .default_operations = 4000000,
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
