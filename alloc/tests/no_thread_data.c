/*
 * no_thread_data.c - a process that cannot have thread-specific data: all keys are taken before the allocator's first
 * call, or storing under its key fails. The end of a thread then goes unseen, so threads must get on without a cache:
 * memory works, and thousands of them leave no cache behind.
 *
 * pthread_setspecific() is replaced by the function below, so this is linked with the archive only.
 */
#include "testing.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 300, BLOCKS = 200, METADATA_SLACK = 256 * 1024 };

static atomic_bool storing_fails;
static atomic_size_t failures;

int pthread_setspecific(pthread_key_t key, const void *value) {
    if (atomic_load(&storing_fails)) {
        atomic_fetch_add(&failures, 1);
        return ENOMEM;
    }
    int (*libc_function)(pthread_key_t, const void *) =
        (int (*)(pthread_key_t, const void *))dlsym(RTLD_NEXT, "pthread_setspecific");
    CHECK(libc_function != NULL, "the C library's pthread_setspecific");
    return libc_function(key, value);
}

static mp_stats stats_now(void) {
    mp_stats stats;
    mp_stats_get(&stats);
    return stats;
}

static size_t size_of(size_t index) {
    return index % 50 == 49 ? 300000 : index * 13 % 2000;
}

static void *live_shortly(void *unused) {
    void *blocks[BLOCKS];
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < BLOCKS; i++) {
            blocks[i] = mp_malloc(size_of(i));
            CHECK(blocks[i] != NULL, "block %zu", i);
            content_fill(blocks[i], size_of(i), i);
        }
        for (size_t i = 0; i < BLOCKS; i++) {
            CHECK(content_wrong(blocks[i], size_of(i), size_of(i), i) == SIZE_MAX, "block %zu", i);
            mp_free(blocks[i]);
        }
    }
    return unused;
}

static void in_threads(size_t count) {
    for (size_t i = 0; i < count; i++) {
        pthread_t id;
        CHECK(pthread_create(&id, NULL, live_shortly, NULL) == 0, "thread %zu", i);
        CHECK(pthread_join(id, NULL) == 0, "thread %zu", i);
    }
}

/* `caches`: so many threads have one now, the others never get one. */
static void threads_leave_nothing(size_t caches) {
    in_threads(2);
    mp_stats before = stats_now();
    in_threads(THREADS);
    mp_stats after = stats_now();
    CHECK(after.thread_caches == caches, "%zu thread caches", after.thread_caches);
    CHECK(after.metadata_bytes <= before.metadata_bytes + METADATA_SLACK, "metadata: %zu bytes, then %zu",
          before.metadata_bytes, after.metadata_bytes);
    CHECK(after.allocated_bytes == before.allocated_bytes, "live: %zu bytes, then %zu", before.allocated_bytes,
          after.allocated_bytes);
    mp_check();
}

static void no_key_is_left(void) {
    pthread_key_t key;
    size_t taken = 0;
    while (pthread_key_create(&key, NULL) == 0)
        taken++;
    CHECK(taken > 0 && taken <= PTHREAD_KEYS_MAX, "%zu keys", taken);
    live_shortly(NULL);
    threads_leave_nothing(0);
    CHECK(pthread_key_delete(key) == 0, "the last key");
    live_shortly(NULL);
    CHECK(stats_now().thread_caches == 1, "a key that comes free is taken; caches: %zu", stats_now().thread_caches);
}

static void storing_always_fails(void) {
    atomic_store(&storing_fails, true);
    live_shortly(NULL);
    CHECK(atomic_load(&failures) == 1, "tried %zu times in one thread", atomic_load(&failures));
    threads_leave_nothing(0);
    CHECK(atomic_load(&failures) == 1 + 2 + THREADS, "%zu failures", atomic_load(&failures));
}

static void storing_fails_for_a_while(void) {
    live_shortly(NULL);
    atomic_store(&storing_fails, true);
    threads_leave_nothing(1);
    atomic_store(&storing_fails, false);
    threads_leave_nothing(1);
}

/* In a child whose heap is untouched. */
static void in_child(void (*work)(void)) {
    pid_t child = fork();
    CHECK(child >= 0, "fork");
    if (child == 0) {
        work();
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0, "the child's status is %d", status);
}

int main(void) {
    size_t hardening = 1;
    CHECK(mp_option_get(MP_OPTION_HARDENING, &hardening) == 0, "level of hardening");
    if (hardening != 0) {
        fprintf(stderr, "no thread has a cache where blocks are hardened\n");
        return 77;
    }
    in_child(no_key_is_left);
    in_child(storing_always_fails);
    in_child(storing_fails_for_a_while);
    return 0;
}
