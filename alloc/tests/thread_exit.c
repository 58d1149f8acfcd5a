/*
 * thread_exit.c - the last moments of a thread: destructors of thread-specific data that allocate and free, whichever
 * side of the allocator's own destructor they run on; blocks that outlive their thread; and many short threads on the
 * smallest stacks, which must leave nothing behind.
 *
 *   thread_exit SHORT_THREADS
 */
#include "testing.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { KEYS = 8, ROUNDS = 200, SURVIVORS = 2000, STACK_BYTES = 16 * 1024 };
enum { SLACK_BYTES = 4 << 20 };

static pthread_key_t keys[KEYS];
static atomic_size_t destructions;

typedef struct Legacy {
    size_t key;
    size_t rounds_left; /* how often the destructor stores a new value, up to what POSIX guarantees */
    unsigned char content[200];
} Legacy;

static void legacy_set(size_t key, size_t rounds_left) {
    Legacy *legacy = mp_calloc(1, sizeof(Legacy));
    CHECK(legacy != NULL && all_zero(legacy, sizeof(Legacy)), "key %zu", key);
    legacy->key = key;
    legacy->rounds_left = rounds_left;
    content_fill(legacy->content, sizeof(legacy->content), key);
    CHECK(pthread_setspecific(keys[key], legacy) == 0, "key %zu", key);
}

static void legacy_destroy(void *value) {
    Legacy *legacy = value;
    CHECK(content_wrong(legacy->content, sizeof(legacy->content), sizeof(legacy->content), legacy->key) == SIZE_MAX,
          "key %zu", legacy->key);
    atomic_fetch_add(&destructions, 1);
    if (legacy->rounds_left > 0)
        legacy_set(legacy->key, legacy->rounds_left - 1);
    for (size_t size = 1; size < 300000; size = size * 3 + 1) {
        unsigned char *block = mp_malloc(size);
        CHECK(block != NULL, "%zu bytes", size);
        memset(block, 0xee, size);
        block = mp_realloc(block, size / 2 + 1);
        CHECK(block != NULL && block[size / 2] == 0xee, "%zu bytes", size);
        mp_free(block);
    }
    mp_free(legacy);
}

static void *leave_legacies(void *unused) {
    for (size_t key = 0; key < KEYS; key++)
        legacy_set(key, PTHREAD_DESTRUCTOR_ITERATIONS - 1);
    return unused;
}

/* Half of the keys are older than the allocator's own (made before its first call), half are younger. */
static void destructors_may_allocate(void) {
    for (size_t key = 0; key < KEYS / 2; key++)
        CHECK(pthread_key_create(&keys[key], legacy_destroy) == 0, "key %zu", key);
    mp_free(mp_malloc(1));
    for (size_t key = KEYS / 2; key < KEYS; key++)
        CHECK(pthread_key_create(&keys[key], legacy_destroy) == 0, "key %zu", key);
    for (size_t round = 0; round < ROUNDS; round++) {
        pthread_t id;
        CHECK(pthread_create(&id, NULL, leave_legacies, NULL) == 0, "round %zu", round);
        CHECK(pthread_join(id, NULL) == 0, "round %zu", round);
    }
    CHECK(atomic_load(&destructions) == ROUNDS * KEYS * PTHREAD_DESTRUCTOR_ITERATIONS, "%zu destructions",
          atomic_load(&destructions));
    mp_check();
}

static unsigned char *survivors[SURVIVORS];

static size_t survivor_size(size_t index) {
    return index % 100 == 99 ? 300000 : index * 7 % 3000;
}

static void *allocate_survivors(void *unused) {
    for (size_t i = 0; i < SURVIVORS; i++) {
        survivors[i] = mp_malloc(survivor_size(i));
        CHECK(survivors[i] != NULL, "block %zu", i);
        content_fill(survivors[i], survivor_size(i), i);
    }
    /* Some lists of the thread must be partly free when it ends. */
    for (size_t i = 0; i < SURVIVORS; i += 3) {
        mp_free(survivors[i]);
        survivors[i] = NULL;
    }
    return unused;
}

static void *free_survivors(void *unused) {
    for (size_t i = 0; i < SURVIVORS; i++) {
        if (survivors[i] != NULL)
            CHECK(content_wrong(survivors[i], survivor_size(i), survivor_size(i), i) == SIZE_MAX, "block %zu", i);
        mp_free(survivors[i]);
    }
    return unused;
}

static void blocks_outlive_their_thread(void) {
    for (size_t round = 0; round < 20; round++) {
        pthread_t id;
        CHECK(pthread_create(&id, NULL, allocate_survivors, NULL) == 0, "round %zu", round);
        CHECK(pthread_join(id, NULL) == 0, "round %zu", round);
        if (round % 2 == 0) {
            free_survivors(NULL);
        } else {
            CHECK(pthread_create(&id, NULL, free_survivors, NULL) == 0, "round %zu", round);
            CHECK(pthread_join(id, NULL) == 0, "round %zu", round);
        }
        mp_check();
    }
}

static size_t resident_bytes(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;
    CHECK(file != NULL && fscanf(file, "%*u %lu", &pages) == 1, "statm");
    fclose(file);
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void *live_shortly(void *unused) {
    void *blocks[24];
    for (size_t i = 0; i < 24; i++) {
        blocks[i] = mp_malloc((size_t)8 << (i % 12));
        CHECK(blocks[i] != NULL, "block %zu", i);
        *(unsigned char *)blocks[i] = 1;
    }
    for (size_t i = 0; i < 24; i++)
        mp_free(blocks[i]);
    return unused;
}

static void short_threads_leave_nothing(size_t count) {
    pthread_attr_t attributes;
    size_t half_way = resident_bytes(), least_stack = (size_t)sysconf(_SC_THREAD_STACK_MIN); /* 128 KiB on aarch64 */
    CHECK(pthread_attr_init(&attributes) == 0, "attributes");
    CHECK(pthread_attr_setstacksize(&attributes, least_stack > STACK_BYTES ? least_stack : STACK_BYTES) == 0,
          "stack size");
    for (size_t i = 0; i < count; i++) {
        pthread_t id;
        if (i == count / 2)
            half_way = resident_bytes();
        CHECK(pthread_create(&id, &attributes, live_shortly, NULL) == 0, "thread %zu", i);
        CHECK(pthread_join(id, NULL) == 0, "thread %zu", i);
    }
    size_t end = resident_bytes();
    CHECK(end <= half_way + SLACK_BYTES, "resident: %zu bytes half way, %zu at the end", half_way, end);
    pthread_attr_destroy(&attributes);
    mp_stats stats;
    mp_stats_get(&stats);
    size_t hardening = 1;
    CHECK(mp_option_get(MP_OPTION_HARDENING, &hardening) == 0, "level of hardening");
    CHECK(stats.thread_caches == (hardening == 0), "%zu thread caches for one thread", stats.thread_caches);
    mp_check();
}

int main(int argc, char **argv) {
    CHECK(argc == 2, "usage: thread_exit SHORT_THREADS");
    destructors_may_allocate();
    blocks_outlive_their_thread();
    short_threads_leave_nothing((size_t)strtoull(argv[1], NULL, 10));
    return 0;
}
