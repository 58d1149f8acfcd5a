/*
 * misuse.c - what a program does wrong must end it at once: by SIGABRT, after exactly one line on standard error that
 * names the function, the pointer and the fault. Each case lives in a child of its own.
 *
 *   misuse            all cases
 *   misuse CASE       this one, in this process
 */
#include "testing.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The pointer that the message must name: in memory shared with the parent. */
static void *volatile *guilty;

static void *blame(void *pointer) {
    *guilty = pointer;
    return pointer;
}

static void free_stack(void) {
    char on_stack[64] = "";
    mp_free(blame(on_stack));
}

static void free_static(void) {
    static char constant[64];
    mp_free(blame(constant));
}

static void free_mapping(void) {
    void *mapping = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mp_free(blame((char *)mapping + 4096));
}

static void free_non_canonical(void) {
    mp_free(blame((void *)(UINTPTR_MAX - 4095)));
}

static void realloc_stack(void) {
    char on_stack[64] = "";
    char *moved = mp_realloc(blame(on_stack), 1000);
    mp_free(moved);
}

static void usable_size_static(void) {
    static char constant[64];
    CHECK(mp_malloc_usable_size(blame(constant)) == 0, "a size for what is no block");
}

static void free_inside_large(void) {
    char *block = mp_malloc(1 << 20);
    mp_free(blame(block + 4096));
}

static void realloc_inside_large(void) {
    char *block = mp_malloc(1 << 20);
    char *moved = mp_realloc(blame(block + 4096), 100);
    mp_free(moved);
}

static void free_inside_mapped(void) {
    char *block = mp_malloc(64 << 20);
    mp_free(blame(block + (32 << 20)));
}

static void free_twice(void) {
    char *block = mp_malloc(100);
    char *other = mp_malloc(100); /* so that the span stays in use */
    mp_free(block);
    mp_free(blame(block));
    mp_free(other);
}

static void free_twice_smallest(void) {
    char *block = mp_malloc(8);
    char *other = mp_malloc(8);
    mp_free(block);
    mp_free(blame(block));
    mp_free(other);
}

/* The second free is not next to the first: others of the same size were freed in between. */
static void free_twice_apart(void) {
    enum { COUNT = 50 };
    char *blocks[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        blocks[i] = mp_malloc(200);
    for (size_t i = 0; i < COUNT / 2; i++)
        mp_free(blocks[i]);
    mp_free(blame(blocks[3]));
}

static void realloc_freed(void) {
    char *block = mp_malloc(1000);
    char *other = mp_malloc(1000);
    mp_free(block);
    mp_free(mp_realloc(blame(block), 5000));
    mp_free(other);
}

static void free_twice_large(void) {
    char *block = mp_malloc(1 << 20);
    mp_free(block);
    mp_free(blame(block));
}

static void free_twice_mapped(void) {
    char *block = mp_malloc(64 << 20);
    mp_free(block);
    mp_free(blame(block));
}

static void *free_argument(void *block) {
    mp_free(block);
    return NULL;
}

static void free_in_thread(void *block) {
    pthread_t id;
    CHECK(pthread_create(&id, NULL, free_argument, block) == 0, "thread");
    CHECK(pthread_join(id, NULL) == 0, "thread");
}

/* A thread that frees what another allocated always looks the object up. */
static void free_inside_small_foreign(void) {
    char *block = mp_malloc(100);
    free_in_thread(blame(block + 8));
}

static void free_twice_both_foreign(void) {
    char *block = mp_malloc(100);
    free_in_thread(block);
    free_in_thread(blame(block));
}

/* A thread that allocates in the class keeps what it frees in a list of its own. */
static void *free_into_list(void *block) {
    void *own = mp_malloc(100);
    mp_free(block);
    mp_free(own);
    return NULL;
}

static void free_twice_after_other(void) {
    char *block = mp_malloc(100);
    pthread_t id;
    CHECK(pthread_create(&id, NULL, free_into_list, block) == 0, "thread");
    CHECK(pthread_join(id, NULL) == 0, "thread");
    mp_free(blame(block));
}

static void *free_into_list_and_wait(void *block) {
    free_into_list(block);
    __atomic_store_n(&guilty[1], block, __ATOMIC_RELEASE);
    while (__atomic_load_n(&guilty[1], __ATOMIC_ACQUIRE) != NULL)
        pause();
    return NULL;
}

static void free_twice_beside_other(void) {
    char *block = mp_malloc(100);
    pthread_t id;
    guilty[1] = NULL;
    CHECK(pthread_create(&id, NULL, free_into_list_and_wait, block) == 0, "thread");
    while (__atomic_load_n(&guilty[1], __ATOMIC_ACQUIRE) == NULL)
        sched_yield();
    mp_free(blame(block));
}

static const char not_ours[] = "pointer was not allocated by minipool, or its block was freed already";
static const char inside[] = "pointer into the middle of a block";

static const struct {
    const char *name;
    void (*commit)(void);
    const char *function;
    const char *what;
} cases[] = {
    {"free_stack", free_stack, "free", not_ours},
    {"free_static", free_static, "free", not_ours},
    {"free_mapping", free_mapping, "free", not_ours},
    {"free_non_canonical", free_non_canonical, "free", not_ours},
    {"realloc_stack", realloc_stack, "realloc", not_ours},
    {"usable_size_static", usable_size_static, "malloc_usable_size", not_ours},
    {"free_inside_large", free_inside_large, "free", inside},
    {"realloc_inside_large", realloc_inside_large, "realloc", inside},
    {"free_inside_mapped", free_inside_mapped, "free", not_ours},
    {"free_inside_small_foreign", free_inside_small_foreign, "free", inside},
    {"free_twice", free_twice, "free", "double free"},
    {"free_twice_smallest", free_twice_smallest, "free", "double free"},
    {"free_twice_apart", free_twice_apart, "free", "double free"},
    {"realloc_freed", realloc_freed, "free", "double free"},
    {"free_twice_large", free_twice_large, "free", "block was freed already"},
    {"free_twice_mapped", free_twice_mapped, "free", not_ours},
    {"free_twice_both_foreign", free_twice_both_foreign, "free", "double free"},
    {"free_twice_after_other", free_twice_after_other, "free", "double free"},
    {"free_twice_beside_other", free_twice_beside_other, "free", "double free"},
};
enum { CASES = sizeof(cases) / sizeof(cases[0]) };

/* A live block may hold, by copy, whatever a free one holds: it is no proof of a double free. */
static void innocent(void) {
    for (size_t size = 8; size <= 4096; size *= 2) {
        char *block = mp_malloc(size), *other = mp_malloc(size), *copy = mp_malloc(size);
        CHECK(block != NULL && other != NULL && copy != NULL, "%zu bytes", size);
        mp_free(block);
        memcpy(other, block, size);
        memcpy(copy, block, size);
        mp_free(other);
        mp_free(copy);
    }
    mp_check();
}

/* Returns 1 if the case ended as it must. */
static int judge(size_t index) {
    int ends[2], status = 0;
    char said[1024], expected[256];
    size_t length = 0;
    ssize_t got;
    CHECK(pipe(ends) == 0, "pipe");
    pid_t child = fork();
    CHECK(child >= 0, "fork");
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        cases[index].commit();
        _exit(0);
    }
    close(ends[1]);
    while (length < sizeof(said) - 1 && (got = read(ends[0], said + length, sizeof(said) - 1 - length)) > 0)
        length += (size_t)got;
    said[length] = '\0';
    close(ends[0]);
    CHECK(waitpid(child, &status, 0) == child, "waitpid");
    snprintf(expected, sizeof(expected), "minipool: %s(%p): %s\n", cases[index].function, *guilty, cases[index].what);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && strcmp(said, expected) == 0)
        return 1;
    fprintf(stderr, "%s: expected SIGABRT and %s  got status %#x and %s\n", cases[index].name, expected,
            (unsigned)status, said);
    return 0;
}

int main(int argc, char **argv) {
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    guilty = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(guilty != MAP_FAILED, "mmap");
    int failed = 0;
    innocent();
    for (size_t i = 0; i < CASES; i++) {
        if (argc == 1)
            failed += !judge(i);
        else if (strcmp(argv[1], cases[i].name) == 0)
            cases[i].commit();
    }
    return failed != 0;
}
