/*
 * process_life.c - the allocator from before main() until after exit(): blocks of functions that run before any
 * constructor, of constructors, of exit handlers and destructors while threads still allocate; shared objects loaded
 * and unloaded; processes started by posix_spawn() and vfork() from threads that allocate. Built as malloc, linked with
 * the shared library, with the archive, and wholly static.
 *
 *   process_life PLUGIN|- [ROUNDS]
 */
#include "testing.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { SIZES = 10, THREADS = 3, SLOTS = 64, HANG_SECONDS = 100 };

/* -- before main and after it ----------------------------------------------------------------------------------- */

static unsigned char *early[3][SIZES];
static const char *const stages[] = {"before all constructors", "in the first constructor", "in a late constructor"};

static size_t size_at(size_t index) {
    return (size_t)7 << (2 * index); /* 7 bytes to 1.75 MiB */
}

static void begin_stage(size_t stage) {
    for (size_t i = 0; i < SIZES; i++) {
        early[stage][i] = mp_malloc(size_at(i));
        CHECK(early[stage][i] != NULL, "%s: %zu bytes", stages[stage], size_at(i));
        content_fill(early[stage][i], size_at(i), stage);
    }
}

static void end_stage(size_t stage) {
    for (size_t i = 0; i < SIZES; i++) {
        CHECK(content_wrong(early[stage][i], size_at(i), size_at(i), stage) == SIZE_MAX, "%s: %zu bytes", stages[stage],
              size_at(i));
        early[stage][i] = mp_realloc(early[stage][i], size_at(i) + 1000);
        CHECK(early[stage][i] != NULL, "%s: %zu bytes", stages[stage], size_at(i));
        mp_free(early[stage][i]);
    }
}

static void preinit(void) {
    begin_stage(0);
}
__attribute__((section(".preinit_array"), used)) static void (*const preinit_entry)(void) = preinit;

__attribute__((constructor(102))) static void first_constructor(void) {
    begin_stage(1);
}
__attribute__((constructor)) static void late_constructor(void) {
    begin_stage(2);
}

static atomic_int ended;

__attribute__((destructor)) static void late_destructor(void) {
    end_stage(1);
    atomic_fetch_add(&ended, 1);
}
__attribute__((destructor(102))) static void last_destructor(void) {
    end_stage(2);
    if (atomic_load(&ended) != 2)
        _exit(3); /* an exit code is all that is heard from here on */
}

static void at_exit(void) {
    end_stage(0);
    atomic_fetch_add(&ended, 1);
}

/* -- threads that allocate all the while, also while the process ends ------------------------------------------- */

static _Atomic(uint64_t *) slots[SLOTS]; /* blocks whose first word is their own address */

static void exchange(uint64_t *random) {
    uint64_t *block = mp_malloc(sizeof(uint64_t) + random_size(random, 40000));
    CHECK(block != NULL, "no block");
    *block = (uint64_t)(uintptr_t)block;
    block = atomic_exchange(&slots[random_below(random, SLOTS)], block);
    CHECK(block == NULL || *block == (uint64_t)(uintptr_t)block, "block %p", (void *)block);
    mp_free(block);
}

static void *allocate_for_ever(void *argument) {
    uint64_t random = (uint64_t)(uintptr_t)argument;
    for (;;) {
        exchange(&random);
        if (random_below(&random, 64) == 0)
            sched_yield();
    }
    return NULL;
}

static void start_threads(void) {
    for (uintptr_t i = 0; i < THREADS; i++) {
        pthread_t id;
        CHECK(pthread_create(&id, NULL, allocate_for_ever, (void *)(i + 1)) == 0, "thread");
        CHECK(pthread_detach(id) == 0, "thread");
    }
}

/* -- other processes and other code ----------------------------------------------------------------------------- */

static void expect_success(pid_t child, const char *how) {
    int status = -1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child, "%s", how);
    CHECK(status == 0, "%s: the child ended with status %#x", how, (unsigned)status);
}

static pid_t start_by_vfork(const char *program, char **arguments) {
    pid_t child = vfork();
    if (child == 0) {
        execve(program, arguments, environ);
        _exit(1);
    }
    return child;
}

static void start_processes(size_t rounds) {
    char program[] = "/proc/self/exe", word[] = "child";
    char *arguments[] = {program, word, NULL};
    uint64_t random = 77;
    for (size_t round = 0; round < rounds; round++) {
        pid_t child;
        exchange(&random);
        CHECK(posix_spawn(&child, program, NULL, NULL, arguments, environ) == 0, "posix_spawn");
        expect_success(child, "posix_spawn");
        expect_success(start_by_vfork(program, arguments), "vfork");
        FILE *pipe = popen("exit 0", "r"); /* allocates on both sides */
        CHECK(pipe != NULL && pclose(pipe) == 0, "popen");
    }
}

static void load_and_unload(const char *path, size_t rounds) {
    for (size_t round = 0; round < rounds; round++) {
        void *(*allocate)(size_t);
        void *plugin = dlopen(path, round % 2 == 0 ? RTLD_NOW : RTLD_LAZY);
        CHECK(plugin != NULL, "%s", dlerror());
        *(void **)&allocate = dlsym(plugin, "plugin_allocate");
        CHECK(allocate != NULL, "plugin_allocate");
        unsigned char *block = allocate(1000 + round);
        CHECK(block != NULL && all_zero(block, 1000 + round), "round %zu", round);
        content_fill(block, 1000 + round, round);
        CHECK(dlclose(plugin) == 0, "%s", dlerror());
        /* The block outlives the code that asked for it, and is this allocator's. */
        CHECK(mp_malloc_usable_size(block) >= 1000 + round, "round %zu", round);
        CHECK(content_wrong(block, 1000 + round, 1000 + round, round) == SIZE_MAX, "round %zu", round);
        mp_free(block);
    }
}

int main(int argc, char **argv) {
    CHECK(argc >= 2, "usage: process_life PLUGIN|- [ROUNDS]");
    CHECK(atexit(at_exit) == 0, "atexit");
    if (strcmp(argv[1], "child") == 0)
        return 0;
    alarm(HANG_SECONDS);
    size_t rounds = argc > 2 ? (size_t)strtoull(argv[2], NULL, 10) : 20;
    mp_check();
    start_processes(rounds / 4);
    start_threads();
    start_processes(rounds);
    if (strcmp(argv[1], "-") != 0)
        load_and_unload(argv[1], 5 * rounds);
    return 0; /* while the threads go on */
}
