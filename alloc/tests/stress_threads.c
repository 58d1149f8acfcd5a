/*
 * stress_threads.c - threads that pass blocks to each other with verified contents, while threads end and are replaced.
 *
 * Three ways for a block to leave its thread: a shared array of slots (atomic exchange, anyone may take it), an inbox
 * of the next thread (a chain through the blocks themselves), and a nest that the next generation's thread of another
 * number inherits when its keeper has ended. Nothing is measured; the amount of work is fixed.
 *
 *   stress_threads THREADS GENERATIONS OPERATIONS SEED...
 */
#include "testing.h"

#include <pthread.h>
#include <stdatomic.h>

enum { SLOTS = 1024, NEST = 256, THREADS_LIMIT = 64 };

/* Head of a block that travels; the rest of the block is content under its seed. */
typedef struct Parcel {
    struct Parcel *next;
    size_t size; /* of the whole block */
    uint64_t seed;
} Parcel;

/* A block of any size, even 0: what is known of it stands outside. */
typedef struct Egg {
    void *block;
    size_t size;
    uint64_t seed;
} Egg;

static _Atomic(Parcel *) slots[SLOTS];
static _Atomic(Parcel *) inboxes[THREADS_LIMIT];
static Egg nests[THREADS_LIMIT][NEST];
static size_t threads, generations, operations;
static uint64_t seed;

typedef struct Worker {
    size_t number, generation;
} Worker;

static size_t parcel_size(uint64_t *random) {
    size_t choice = random_below(random, 1000);
    size_t content = choice < 900   ? random_size(random, 2048)
                     : choice < 995 ? random_size(random, 64 << 10)
                                    : random_size(random, 1 << 20);
    return sizeof(Parcel) + content;
}

static Parcel *parcel_make(uint64_t *random) {
    size_t size = parcel_size(random);
    Parcel *parcel = random_below(random, 4) == 0 ? mp_calloc(1, size) : mp_malloc(size);
    CHECK(parcel != NULL, "%zu bytes", size);
    *parcel = (Parcel){NULL, size, random_next(random)};
    content_fill(parcel + 1, size - sizeof(Parcel), parcel->seed);
    return parcel;
}

static void parcel_verify(const Parcel *parcel) {
    size_t content = parcel->size - sizeof(Parcel);
    CHECK(content_wrong(parcel + 1, content, content, parcel->seed) == SIZE_MAX, "parcel %p of %zu bytes",
          (const void *)parcel, parcel->size);
}

static void parcel_open(Parcel *parcel) {
    if (parcel == NULL)
        return;
    parcel_verify(parcel);
    mp_free(parcel);
}

/* A foreign block grows or shrinks in the hands of the thread that took it. */
static Parcel *parcel_resize(Parcel *parcel, uint64_t *random) {
    size_t before = parcel->size - sizeof(Parcel);
    size_t size = parcel_size(random);
    parcel = mp_realloc(parcel, size);
    CHECK(parcel != NULL, "%zu bytes", size);
    size_t after = size - sizeof(Parcel);
    CHECK(content_wrong(parcel + 1, before, after, parcel->seed) == SIZE_MAX, "resized from %zu to %zu", before, after);
    parcel->size = size;
    content_fill(parcel + 1, after, parcel->seed);
    return parcel;
}

static void inbox_push(size_t number, Parcel *parcel) {
    parcel->next = atomic_load_explicit(&inboxes[number], memory_order_relaxed);
    /* release: pairs with the acquire of inbox_drain, the parcel's contents go along */
    while (!atomic_compare_exchange_weak_explicit(&inboxes[number], &parcel->next, parcel, memory_order_release,
                                                  memory_order_relaxed))
        ;
}

static void inbox_drain(size_t number) {
    Parcel *parcel = atomic_exchange_explicit(&inboxes[number], NULL, memory_order_acquire);
    while (parcel != NULL) {
        Parcel *next = parcel->next;
        parcel_open(parcel);
        parcel = next;
    }
}

static void egg_replace(Egg *egg, uint64_t *random) {
    if (egg->block != NULL) {
        CHECK(content_wrong(egg->block, egg->size, egg->size, egg->seed) == SIZE_MAX, "block %p of %zu bytes",
              egg->block, egg->size);
        mp_free(egg->block);
    }
    egg->size = random_size(random, 512);
    egg->seed = random_next(random);
    egg->block = mp_malloc(egg->size);
    CHECK(egg->block != NULL, "%zu bytes", egg->size);
    content_fill(egg->block, egg->size, egg->seed);
}

static void *work(void *argument) {
    const Worker *worker = argument;
    uint64_t random = seed + worker->number * 1000003 + worker->generation * 7919;
    Egg *nest = nests[(worker->number + worker->generation) % threads];
    for (size_t i = 0; i < operations; i++) {
        size_t choice = random_below(&random, 16);
        if (choice < 6) {
            egg_replace(&nest[random_below(&random, NEST)], &random);
        } else if (choice < 10) {
            inbox_push((worker->number + 1) % threads, parcel_make(&random));
        } else if (choice < 11) {
            inbox_drain(worker->number);
        } else {
            _Atomic(Parcel *) *slot = &slots[random_below(&random, SLOTS)];
            Parcel *mine = choice < 13 ? parcel_make(&random) : NULL;
            /* acquire and release: takes over what another thread wrote, hands on what this one wrote */
            Parcel *taken = atomic_exchange_explicit(slot, mine, memory_order_acq_rel);
            if (taken != NULL && choice == 15) {
                parcel_verify(taken);
                taken = atomic_exchange_explicit(slot, parcel_resize(taken, &random), memory_order_acq_rel);
            }
            parcel_open(taken);
        }
    }
    return NULL;
}

#ifndef TEST_AS_MALLOC /* there, libc holds blocks of its own */
static void count(const void *block, size_t *blocks, size_t *bytes) {
    *blocks += block != NULL;
    *bytes += mp_malloc_usable_size(block);
}

/* No thread runs: the statistics must be what lies in slots, inboxes and nests, to the block and the byte. */
static void expect_true_statistics(const mp_stats *before) {
    size_t blocks = 0, bytes = 0;
    for (size_t i = 0; i < SLOTS; i++)
        count(atomic_load(&slots[i]), &blocks, &bytes);
    for (size_t i = 0; i < threads; i++) {
        for (const Parcel *parcel = atomic_load(&inboxes[i]); parcel != NULL; parcel = parcel->next)
            count(parcel, &blocks, &bytes);
        for (size_t j = 0; j < NEST; j++)
            count(nests[i][j].block, &blocks, &bytes);
    }
    mp_stats now;
    mp_stats_get(&now);
    CHECK(now.allocated_blocks - before->allocated_blocks == blocks, "%zu blocks, not %zu", blocks,
          now.allocated_blocks - before->allocated_blocks);
    CHECK(holds_usable(now.allocated_bytes - before->allocated_bytes, bytes), "%zu bytes, not %zu", bytes,
          now.allocated_bytes - before->allocated_bytes);
}
#else
static void expect_true_statistics(const mp_stats *before) {
    (void)before;
}
#endif

static void run(void) {
    static Worker workers[THREADS_LIMIT];
    static pthread_t ids[THREADS_LIMIT];
    mp_stats before;
    mp_stats_get(&before);
    for (size_t generation = 0; generation < generations; generation++) {
        for (size_t i = 0; i < threads; i++) {
            workers[i] = (Worker){i, generation};
            CHECK(pthread_create(&ids[i], NULL, work, &workers[i]) == 0, "thread %zu", i);
        }
        for (size_t i = 0; i < threads; i++)
            CHECK(pthread_join(ids[i], NULL) == 0, "thread %zu", i);
        mp_check();
        expect_true_statistics(&before);
    }
    for (size_t i = 0; i < SLOTS; i++)
        parcel_open(atomic_exchange(&slots[i], NULL));
    for (size_t i = 0; i < threads; i++) {
        inbox_drain(i);
        for (size_t j = 0; j < NEST; j++) {
            Egg *egg = &nests[i][j];
            if (egg->block != NULL)
                CHECK(content_wrong(egg->block, egg->size, egg->size, egg->seed) == SIZE_MAX, "egg %zu/%zu", i, j);
            mp_free(egg->block);
            egg->block = NULL;
        }
    }
    mp_check();
    expect_true_statistics(&before);
}

int main(int argc, char **argv) {
    if (argc < 5) {
        fprintf(stderr, "usage: stress_threads THREADS GENERATIONS OPERATIONS SEED...\n");
        return 2;
    }
    threads = (size_t)strtoull(argv[1], NULL, 10);
    generations = (size_t)strtoull(argv[2], NULL, 10);
    operations = (size_t)strtoull(argv[3], NULL, 10);
    CHECK(threads >= 1 && threads <= THREADS_LIMIT, "1 to %d threads", THREADS_LIMIT);
    for (int which = 4; which < argc; which++) {
        seed = strtoull(argv[which], NULL, 10);
        run();
    }
    return 0;
}
