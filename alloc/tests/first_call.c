/*
 * first_call.c - every function of the interface as the first call of a process and as the first call of a thread.
 *
 *   first_call                       all, each in a process of its own
 *   first_call process|thread NAME   one
 */
#include "testing.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { SIZE = 1000 };

/* What a thread is handed: a block that another thread allocated. NULL in a process's first call. */
static void *foreign;

static void use(void *block) {
    CHECK(block != NULL, "no block");
    CHECK(is_aligned(block, 16) && mp_malloc_usable_size(block) >= SIZE, "block %p", block);
    content_fill(block, SIZE, 1);
    CHECK(content_wrong(block, SIZE, SIZE, 1) == SIZE_MAX, "block %p", block);
    mp_free(block);
}

static void call_malloc(void) {
    use(mp_malloc(SIZE));
}
static void call_malloc_large(void) {
    use(mp_malloc(50 << 20));
}
static void call_calloc(void) {
    use(mp_calloc(10, SIZE / 10));
}
static void call_realloc(void) {
    use(mp_realloc(foreign, SIZE));
}
static void call_realloc_zero(void) {
    mp_free(mp_realloc(foreign, 0));
}
static void call_reallocarray(void) {
    use(mp_reallocarray(foreign, 10, SIZE / 10));
}
static void call_free(void) {
    mp_free(foreign);
}
static void call_free_sized(void) {
    mp_free_sized(foreign, 64);
}
static void call_free_aligned_sized(void) {
    mp_free_aligned_sized(foreign, 64, 64);
}
static void call_aligned_alloc(void) {
    use(mp_aligned_alloc(4096, SIZE));
}
static void call_memalign(void) {
    use(mp_memalign(64, SIZE));
}
static void call_valloc(void) {
    use(mp_valloc(SIZE));
}
static void call_pvalloc(void) {
    use(mp_pvalloc(SIZE));
}
static void call_check(void) {
    mp_check();
}

static void call_posix_memalign(void) {
    void *block = NULL;
    CHECK(mp_posix_memalign(&block, 64, SIZE) == 0, "64");
    use(block);
}

static void call_usable_size(void) {
    CHECK((mp_malloc_usable_size(foreign) >= 64) == (foreign != NULL), "block %p", foreign);
}

static void call_trim(void) {
    int given = mp_malloc_trim(0);
    CHECK(given == 0 || given == 1, "%d", given);
}

static void call_stats(void) {
    mp_stats stats;
    memset(&stats, 0xff, sizeof(stats));
    mp_stats_get(&stats);
    CHECK(stats.allocated_bytes <= stats.mapped_bytes, "%zu of %zu", stats.allocated_bytes, stats.mapped_bytes);
}

static void call_stats_json(void) {
    mp_stats stats = {0};
    char text[8];
    CHECK(mp_stats_json(&stats, text, sizeof(text)) >= sizeof(text), "all of it in %zu bytes", sizeof(text));
}
static void call_option_get(void) {
    size_t value = SIZE_MAX;
    CHECK(mp_option_get(MP_OPTION_RELEASE_SOFT_BYTES, &value) == 0 && value != SIZE_MAX, "%zu", value);
}
static void call_option_set(void) {
    CHECK(mp_option_set(MP_OPTION_RELEASE_SOFT_BYTES, 0) == 0, "0");
}
static void call_option_set_text(void) {
    CHECK(mp_option_set_text("MINIPOOL_RELEASE_SOFT_BYTES", "1M") == 0, "1M");
}
static void call_option_name(void) {
    CHECK(mp_option_name(MP_OPTION_RELEASE_CLOCK) != NULL, "no name");
}

static void call_too_large(void) {
    errno = 0;
    volatile size_t size = SIZE_MAX;
    CHECK(mp_malloc(size) == NULL && errno == ENOMEM, "SIZE_MAX bytes");
}

#ifdef TEST_AS_MALLOC /* what only the library that replaces malloc has: C++'s operators under their mangled names */
void *_Znwm(size_t size);
void *_Znam(size_t size);
void *_ZnwmRKSt9nothrow_t(size_t size, const void *tag);
void *_ZnamRKSt9nothrow_t(size_t size, const void *tag);
void *_ZnwmSt11align_val_t(size_t size, size_t alignment);
void *_ZnamSt11align_val_t(size_t size, size_t alignment);
void *_ZnwmSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, const void *tag);
void *_ZnamSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, const void *tag);
void _ZdlPv(void *block);
void _ZdaPv(void *block);
void _ZdlPvm(void *block, size_t size);
void _ZdaPvm(void *block, size_t size);
void _ZdlPvSt11align_val_t(void *block, size_t alignment);
void _ZdaPvSt11align_val_t(void *block, size_t alignment);
void _ZdlPvmSt11align_val_t(void *block, size_t size, size_t alignment);
void _ZdaPvmSt11align_val_t(void *block, size_t size, size_t alignment);

enum { ALIGNMENT = 256 };
static const char nothrow;
static volatile size_t impossible = (size_t)PTRDIFF_MAX + 1;

static void use_aligned(void *block) {
    CHECK(is_aligned(block, ALIGNMENT), "block %p", block);
    use(block);
}
static void call_new(void) {
    use(_Znwm(SIZE));
}
static void call_new_array(void) {
    use(_Znam(SIZE));
}
static void call_new_nothrow(void) {
    use(_ZnwmRKSt9nothrow_t(SIZE, &nothrow));
}
static void call_new_array_nothrow(void) {
    use(_ZnamRKSt9nothrow_t(SIZE, &nothrow));
}
static void call_new_aligned(void) {
    use_aligned(_ZnwmSt11align_val_t(SIZE, ALIGNMENT));
}
static void call_new_array_aligned(void) {
    use_aligned(_ZnamSt11align_val_t(SIZE, ALIGNMENT));
}
static void call_new_aligned_nothrow(void) {
    use_aligned(_ZnwmSt11align_val_tRKSt9nothrow_t(SIZE, ALIGNMENT, &nothrow));
}
static void call_new_array_aligned_nothrow(void) {
    use_aligned(_ZnamSt11align_val_tRKSt9nothrow_t(SIZE, ALIGNMENT, &nothrow));
}
static void call_delete(void) {
    _ZdlPv(foreign);
}
static void call_delete_array(void) {
    _ZdaPv(foreign);
}
static void call_delete_sized(void) {
    _ZdlPvm(foreign, 64);
}
static void call_delete_array_sized(void) {
    _ZdaPvm(foreign, 64);
}
static void call_delete_aligned(void) {
    _ZdlPvSt11align_val_t(foreign, 64);
}
static void call_delete_array_aligned(void) {
    _ZdaPvSt11align_val_t(foreign, 64);
}
static void call_delete_sized_aligned(void) {
    _ZdlPvmSt11align_val_t(foreign, 64, 64);
}
static void call_delete_array_sized_aligned(void) {
    _ZdaPvmSt11align_val_t(foreign, 64, 64);
}

/* A program without C++'s library has no new-handler and nothing that could throw. */
static void call_new_nothrow_too_large(void) {
    CHECK(_ZnwmRKSt9nothrow_t(impossible, &nothrow) == NULL, "%zu bytes", impossible);
    CHECK(_ZnamRKSt9nothrow_t(impossible, &nothrow) == NULL, "%zu bytes", impossible);
    CHECK(_ZnwmSt11align_val_tRKSt9nothrow_t(impossible, ALIGNMENT, &nothrow) == NULL, "%zu bytes", impossible);
    CHECK(_ZnamSt11align_val_tRKSt9nothrow_t(impossible, ALIGNMENT, &nothrow) == NULL, "%zu bytes", impossible);
}

static void ends_with(void *(*form)(size_t), const char *expected) {
    const struct rlimit no_core = {0, 0};
    char said[200];
    size_t length = 0;
    ssize_t got;
    int ends[2], status = 0;
    CHECK(pipe(ends) == 0, "pipe");
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &no_core);
        dup2(ends[1], STDERR_FILENO);
        form(impossible);
        _exit(0);
    }
    close(ends[1]);
    while (length < sizeof(said) - 1 && (got = read(ends[0], said + length, sizeof(said) - 1 - length)) > 0)
        length += (size_t)got;
    said[length] = '\0';
    close(ends[0]);
    CHECK(child > 0 && waitpid(child, &status, 0) == child, "fork");
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && strcmp(said, expected) == 0, "status %#x, said %s",
          (unsigned)status, said);
}

static void call_new_too_large(void) {
    static const char line[] = "minipool: operator new(0x8000000000000000): out of memory, and no C++ library to throw "
                               "std::bad_alloc\n";
    ends_with(_Znwm, line);
    ends_with(_Znam, line);
}
static void call_mallinfo(void) {
    struct mallinfo2 info = mallinfo2();
    CHECK(info.uordblks <= info.arena, "%zu of %zu", info.uordblks, info.arena);
}
#endif

static const struct {
    const char *name;
    void (*call)(void);
    enum {
        LEAVES,
        FREES,
        FREES_ALIGNED
    } then; /* what it does with the foreign block: frees it as one from malloc, or
               as one that was asked for with its alignment */
} functions[] = {
    {"malloc", call_malloc, LEAVES},
    {"malloc_large", call_malloc_large, LEAVES},
    {"malloc_too_large", call_too_large, LEAVES},
    {"calloc", call_calloc, LEAVES},
    {"realloc", call_realloc, FREES},
    {"realloc_zero", call_realloc_zero, FREES},
    {"reallocarray", call_reallocarray, FREES},
    {"free", call_free, FREES},
    {"free_sized", call_free_sized, FREES},
    {"free_aligned_sized", call_free_aligned_sized, FREES_ALIGNED},
    {"aligned_alloc", call_aligned_alloc, LEAVES},
    {"posix_memalign", call_posix_memalign, LEAVES},
    {"memalign", call_memalign, LEAVES},
    {"valloc", call_valloc, LEAVES},
    {"pvalloc", call_pvalloc, LEAVES},
    {"malloc_usable_size", call_usable_size, LEAVES},
    {"malloc_trim", call_trim, LEAVES},
    {"stats_get", call_stats, LEAVES},
    {"stats_json", call_stats_json, LEAVES},
    {"check", call_check, LEAVES},
    {"option_get", call_option_get, LEAVES},
    {"option_set", call_option_set, LEAVES},
    {"option_set_text", call_option_set_text, LEAVES},
    {"option_name", call_option_name, LEAVES},
#ifdef TEST_AS_MALLOC
    {"new", call_new, LEAVES},
    {"new_array", call_new_array, LEAVES},
    {"new_nothrow", call_new_nothrow, LEAVES},
    {"new_array_nothrow", call_new_array_nothrow, LEAVES},
    {"new_aligned", call_new_aligned, LEAVES},
    {"new_array_aligned", call_new_array_aligned, LEAVES},
    {"new_aligned_nothrow", call_new_aligned_nothrow, LEAVES},
    {"new_array_aligned_nothrow", call_new_array_aligned_nothrow, LEAVES},
    {"new_too_large", call_new_too_large, LEAVES},
    {"new_nothrow_too_large", call_new_nothrow_too_large, LEAVES},
    {"delete", call_delete, FREES},
    {"delete_array", call_delete_array, FREES},
    {"delete_sized", call_delete_sized, FREES},
    {"delete_array_sized", call_delete_array_sized, FREES},
    {"delete_aligned", call_delete_aligned, FREES_ALIGNED},
    {"delete_array_aligned", call_delete_array_aligned, FREES_ALIGNED},
    {"delete_sized_aligned", call_delete_sized_aligned, FREES_ALIGNED},
    {"delete_array_sized_aligned", call_delete_array_sized_aligned, FREES_ALIGNED},
    {"mallinfo2", call_mallinfo, LEAVES},
#endif
};
enum { FUNCTIONS = sizeof(functions) / sizeof(functions[0]) };

static void *in_thread(void *argument) {
    const size_t *index = argument;
    functions[*index].call();
    use(mp_malloc(SIZE)); /* and the thread goes on as any other */
    return NULL;
}

static int run_one(int in_a_thread, const char *name) {
    size_t index = 0;
    while (index < FUNCTIONS && strcmp(functions[index].name, name) != 0)
        index++;
    CHECK(index < FUNCTIONS, "no function %s", name);
    if (in_a_thread) {
        pthread_t id;
        foreign = functions[index].then == FREES_ALIGNED ? mp_aligned_alloc(64, 64) : mp_malloc(64);
        CHECK(foreign != NULL, "64 bytes");
        CHECK(pthread_create(&id, NULL, in_thread, &index) == 0, "thread");
        CHECK(pthread_join(id, NULL) == 0, "thread");
        if (functions[index].then == LEAVES)
            mp_free(foreign);
    } else {
        functions[index].call();
        use(mp_malloc(SIZE));
    }
    mp_check();
    return 0;
}

static int spawn_one(const char *mode, const char *name) {
    char program[] = "/proc/self/exe", mode_copy[16], name_copy[32];
    snprintf(mode_copy, sizeof(mode_copy), "%s", mode);
    snprintf(name_copy, sizeof(name_copy), "%s", name);
    char *arguments[] = {program, mode_copy, name_copy, NULL};
    pid_t child;
    int status = -1;
    CHECK(posix_spawn(&child, program, NULL, NULL, arguments, environ) == 0, "%s %s", mode, name);
    CHECK(waitpid(child, &status, 0) == child, "%s %s", mode, name);
    if (status != 0)
        fprintf(stderr, "first_call %s %s: ended with status %#x\n", mode, name, (unsigned)status);
    return status != 0;
}

int main(int argc, char **argv) {
    if (argc == 3)
        return run_one(strcmp(argv[1], "thread") == 0, argv[2]);
    int failed = 0;
    for (size_t i = 0; i < FUNCTIONS; i++)
        failed += spawn_one("process", functions[i].name) + spawn_one("thread", functions[i].name);
    return failed != 0;
}
