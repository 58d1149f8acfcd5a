/*
 * fork.c - fork() while every thread allocates: the child finds no lock taken and no list torn, can free what other
 * threads of its parent allocated, start threads of its own and fork again. A hang ends in SIGALRM.
 *
 *   fork TIMES
 */
#include "testing.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, SLOTS = 256, HANG_SECONDS = 60 };

static _Atomic(uint64_t *) slots[SLOTS]; /* blocks whose first word is their own address: complete or absent */
static atomic_bool stop;

static uint64_t *block_make(uint64_t *random) {
    size_t size = sizeof(uint64_t) + random_size(random, random_below(random, 50) == 0 ? 1 << 20 : 4096);
    uint64_t *block = mp_malloc(size);
    CHECK(block != NULL, "%zu bytes", size);
    *block = (uint64_t)(uintptr_t)block;
    return block;
}

static void block_free(uint64_t *block) {
    if (block != NULL)
        CHECK(*block == (uint64_t)(uintptr_t)block, "block %p", (void *)block);
    mp_free(block);
}

static void exchange(uint64_t *random) {
    block_free(atomic_exchange(&slots[random_below(random, SLOTS)], block_make(random)));
}

static void *allocate_until_stopped(void *argument) {
    uint64_t random = (uint64_t)(uintptr_t)argument;
    while (!atomic_load_explicit(&stop, memory_order_relaxed))
        exchange(&random);
    return NULL;
}

static void *allocate_some(void *argument) {
    uint64_t random = (uint64_t)(uintptr_t)argument;
    for (size_t i = 0; i < 500; i++)
        exchange(&random);
    return NULL;
}

/* Runs after minipool's own destructor each time, until the system calls neither any more: in the last rounds the cache
 * of the orphans serves. */
static pthread_key_t at_the_end;
static void allocate_at_the_end(void *argument) {
    allocate_some(argument);
    pthread_setspecific(at_the_end, argument);
}

static void *allocate_past_the_end(void *argument) {
    allocate_some(argument);
    CHECK(pthread_setspecific(at_the_end, argument) == 0, "pthread_setspecific");
    return NULL;
}

static void expect_success(pid_t child) {
    int status = -1;
    CHECK(child > 0, "fork");
    CHECK(waitpid(child, &status, 0) == child, "waitpid");
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child ended with status %#x", (unsigned)status);
}

/* The whole life of a child or grandchild: it allocates beside threads of its own, and leaves nothing. */
static void live(uint64_t random, int forks_again) {
    pthread_t ids[2];
    alarm(HANG_SECONDS);
    for (size_t i = 0; i < SLOTS / 2; i++)
        exchange(&random);
    for (size_t i = 0; i < 2; i++)
        CHECK(pthread_create(&ids[i], NULL, allocate_some, (void *)(uintptr_t)(random + i)) == 0, "thread");
    pid_t child = forks_again ? fork() : -1;
    if (child != 0) {
        if (forks_again)
            expect_success(child);
        for (size_t i = 0; i < 2; i++)
            CHECK(pthread_join(ids[i], NULL) == 0, "thread");
    } else {
        alarm(HANG_SECONDS);
        allocate_some((void *)(uintptr_t)(random + 2));
    }
    for (size_t i = 0; i < SLOTS; i++)
        block_free(atomic_exchange(&slots[i], NULL));
    mp_check();
    _exit(0);
}

/* The caches of ended threads change hands, and threads allocate without one, while others fork. */
static void *begin_and_end_threads_until_stopped(void *argument) {
    uint64_t random = (uint64_t)(uintptr_t)argument;
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        pthread_t id;
        void *(*life)(void *) = random % 2 == 0 ? allocate_some : allocate_past_the_end;
        CHECK(pthread_create(&id, NULL, life, (void *)(uintptr_t)++random) == 0, "thread");
        CHECK(pthread_join(id, NULL) == 0, "thread");
    }
    return NULL;
}

int main(int argc, char **argv) {
    size_t times = argc > 1 ? (size_t)strtoull(argv[1], NULL, 10) : 200;
    pthread_t ids[THREADS];
    mp_free(mp_malloc(1)); /* minipool's key is older, so its destructor runs first */
    CHECK(pthread_key_create(&at_the_end, allocate_at_the_end) == 0, "key");
    for (size_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&ids[i], NULL, i == 0 ? begin_and_end_threads_until_stopped : allocate_until_stopped,
                             (void *)(uintptr_t)(i + 1)) == 0,
              "thread");
    uint64_t random = 99;
    for (size_t i = 0; i < times; i++) {
        alarm(HANG_SECONDS);
        exchange(&random);
        pid_t child = fork();
        if (child == 0)
            live(i, i % 2 == 0);
        expect_success(child);
    }
    alarm(HANG_SECONDS);
    atomic_store(&stop, 1);
    for (size_t i = 0; i < THREADS; i++)
        CHECK(pthread_join(ids[i], NULL) == 0, "thread");
    for (size_t i = 0; i < SLOTS; i++)
        block_free(atomic_exchange(&slots[i], NULL));
    mp_check();
    return 0;
}
