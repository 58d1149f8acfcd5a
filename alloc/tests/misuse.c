/*
 * misuse.c - what a program does wrong must end it at once: by SIGABRT, after exactly one line on standard error that
 * names the function, the pointer and the fault. Which misuse is noticed depends on the level of hardening; a case that
 * the level in force does not notice is not judged. Each case lives in a child of its own.
 *
 *   misuse            all cases
 *   misuse list       names and descriptions
 *   misuse CASE       this one, in this process, whatever is malloc there
 *
 * Built with TEST_AS_MALLOC it needs no minipool, so that scripts/hardening-table can let any allocator face the same.
 */
#include "testing.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#pragma weak mp_check
#pragma weak mp_option_get
#ifdef TEST_AS_MALLOC
#pragma weak free_sized
#pragma weak free_aligned_sized
#endif
void _ZdlPvm(void *block, size_t size) __attribute__((weak)); /* operator delete(void *, std::size_t) */
void *_Znwm(size_t size) __attribute__((weak));               /* operator new(std::size_t) */
/* operator new(std::size_t, std::align_val_t), operator delete(void *, std::size_t, std::align_val_t) */
void *_ZnwmSt11align_val_t(size_t size, size_t alignment) __attribute__((weak));
void _ZdlPvmSt11align_val_t(void *block, size_t size, size_t alignment) __attribute__((weak));

/* In memory shared with the parent: the pointer that the message must name; what two threads tell each other; the start
 * of the block in which the pointer is. */
static void *volatile *guilty;
enum { POINTER, SIGNAL, START };

static void *blame(void *pointer) {
    guilty[POINTER] = pointer;
    return pointer;
}

static char *blame_inside(char *block, size_t offset) {
    guilty[START] = block;
    return blame(block + offset);
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
    mp_free(blame_inside(block, 4096));
}

static void realloc_inside_large(void) {
    char *block = mp_malloc(1 << 20);
    char *moved = mp_realloc(blame_inside(block, 4096), 100);
    mp_free(moved);
}

static void free_inside_mapped(void) {
    char *block = mp_malloc(64 << 20);
    mp_free(blame_inside(block, 32 << 20));
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

/* What realloc moved away from is free. */
static void free_after_realloc(void) {
    char *block = mp_malloc(100), *other = mp_malloc(100);
    blame(block);
    char *moved = mp_realloc(block, 5000);
    mp_free(guilty[POINTER]);
    mp_free(moved);
    mp_free(other);
}

static void free_after_realloc_large(void) {
    char *block = mp_malloc(1 << 20), *wall = mp_malloc(1 << 20);
    blame(block);
    char *moved = mp_realloc(block, 8 << 20);
    mp_free(guilty[POINTER]);
    mp_free(moved);
    mp_free(wall);
}

static void realloc_freed_large(void) {
    char *block = mp_malloc(1 << 20);
    mp_free(block);
    mp_free(mp_realloc(blame(block), 5000));
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
    free_in_thread(blame_inside(block, 8));
}

static void free_twice_both_foreign(void) {
    char *block = mp_malloc(100);
    free_in_thread(block);
    free_in_thread(blame(block));
}

/* A thread that allocates, but nothing of this size, gathers what it frees for others. */
static void *free_argument_twice(void *block) {
    mp_free(mp_malloc(5000));
    mp_free(block);
    mp_free(block);
    return NULL;
}

static void free_twice_same_foreign(void) {
    char *block = mp_malloc(100);
    pthread_t id;
    CHECK(pthread_create(&id, NULL, free_argument_twice, blame(block)) == 0, "thread");
    CHECK(pthread_join(id, NULL) == 0, "thread");
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
    __atomic_store_n(&guilty[SIGNAL], block, __ATOMIC_RELEASE);
    while (__atomic_load_n(&guilty[SIGNAL], __ATOMIC_ACQUIRE) != NULL)
        pause();
    return NULL;
}

static void free_twice_beside_other(void) {
    char *block = mp_malloc(100);
    pthread_t id;
    guilty[SIGNAL] = NULL;
    CHECK(pthread_create(&id, NULL, free_into_list_and_wait, block) == 0, "thread");
    while (__atomic_load_n(&guilty[SIGNAL], __ATOMIC_ACQUIRE) == NULL)
        sched_yield();
    mp_free(blame(block));
}

/* -- at level 1 --------------------------------------------------------------------------------------------------- */

static void free_inside_small(void) {
    char *block = mp_malloc(100);
    mp_free(blame_inside(block, 16));
}

static void realloc_inside_small(void) {
    char *block = mp_malloc(100);
    char *moved = mp_realloc(blame_inside(block, 16), 5000);
    mp_free(moved);
}

static void free_unaligned(void) {
    char *block = mp_malloc(100);
    mp_free(blame_inside(block, 1));
}

/* Thousands of others were freed between the two, more than a list holds. */
static void free_twice_late(void) {
    enum { COUNT = 10000 };
    static char *blocks[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        blocks[i] = mp_malloc(200);
    for (size_t i = 0; i < COUNT - 1; i++)
        mp_free(blocks[i]);
    mp_free(blame(blocks[COUNT / 2]));
}

static void free_twice_medium(void) {
    char *block = mp_malloc(100000);
    mp_free(block);
    mp_free(blame(block));
}

/* The first free is by a thread that never allocates, the second by one that does. */
static void free_twice_after_idle(void) {
    char *block = mp_malloc(100);
    free_in_thread(block);
    mp_free(blame(block));
}

/* Somebody else has the block by the time of the second free. */
static void free_given_out_again(void) {
    char *block = mp_malloc(300);
    mp_free(block);
    char *other = mp_malloc(300);
    mp_free(blame(block));
    CHECK(other != NULL, "another block");
}

/* Until every block of the size that was free was handed out. */
static void allocate_all(size_t size) {
    for (int i = 0; i < 3000; i++)
        mp_free(mp_malloc(size));
    for (int i = 0; i < 20000; i++)
        CHECK(mp_malloc(size) != NULL, "block %d", i);
}

/* The compiler must not see that this is none of the block's bytes. */
static void write_at(char *block, ptrdiff_t offset, char byte) {
    volatile ptrdiff_t hidden = offset;
    *(volatile char *)(block + hidden) = byte;
}

static void write_after_free_at(ptrdiff_t offset) {
    char *block = mp_malloc(200);
    char *other = mp_malloc(200);
    mp_free(blame(block));
    write_at(block, offset, (char)~block[offset]);
    allocate_all(200);
    mp_free(other);
}

static void write_link(void) {
    write_after_free_at(0);
}

static void write_freed_middle(void) {
    write_after_free_at(100);
}

static void write_after_realloc(void) {
    char *block = mp_malloc(200), *other = mp_malloc(200);
    blame(block);
    char *moved = mp_realloc(block, 5000);
    write_at(guilty[POINTER], 100, 1);
    allocate_all(200);
    mp_free(moved);
    mp_free(other);
}

static void write_freed_large(void) {
    char *block = mp_malloc(1 << 20);
    mp_free(block);
    write_at(block, 5000, 1);
}

static void write_over_end(void) {
    char *block = mp_malloc(100);
    memset(block, 'x', 100);
    write_at(block, 100, '\0');
    mp_free(blame(block));
}

static void write_over_end_realloc(void) {
    char *block = mp_malloc(1000);
    write_at(block, 1000, '\0');
    mp_free(mp_realloc(blame(block), 5000));
}

static void write_over_end_large(void) {
    char *block = mp_malloc(1 << 20);
    write_at(block, 1 << 20, 1);
    mp_free(block);
}

/* Too few bytes are missing to a multiple of the alignment for the guard pages to begin at the block's end. */
static void write_over_end_odd(void) {
    char *block = mp_malloc((1 << 20) - 3);
    write_at(block, (1 << 20) - 3, '\0');
    mp_free(blame(block));
}

static void write_before_large(void) {
    char *block = mp_malloc(1 << 20);
    write_at(block, -4096, 1);
    mp_free(block);
}

static void delete_wrong_size(void) {
    char *block = _Znwm(40);
    _ZdlPvm(blame(block), 400);
}

static void delete_aligned_wrong_size(void) {
    char *block = _ZnwmSt11align_val_t(200, 256);
    _ZdlPvmSt11align_val_t(blame(block), 600, 256);
}

static void delete_aligned_wrong_alignment(void) {
    char *block = _ZnwmSt11align_val_t(200, 256);
    _ZdlPvmSt11align_val_t(blame(block), 200, 16);
}

static void free_wrong_size(void) {
    char *block = mp_malloc(40);
    mp_free_sized(blame(block), 400);
}

static void free_sized_twice(void) {
    char *block = mp_malloc(100), *other = mp_malloc(100);
    mp_free_sized(block, 100);
    mp_free_sized(blame(block), 100);
    mp_free(other);
}

static void free_nearly_right_size(void) {
    char *block = mp_malloc(40);
    mp_free_sized(blame(block), 41);
}

static void free_wrong_size_large(void) {
    char *block = mp_malloc(1 << 20);
    mp_free_sized(blame(block), 1 << 19);
}

static void free_wrong_alignment(void) {
    char *block = mp_aligned_alloc(256, 200);
    mp_free_aligned_sized(blame(block), 16, 100);
}

static const char not_ours[] = "pointer was not allocated by minipool, or its block was freed already";
static const char freed[] = "block was freed already";
static const char twice[] = "double free";
static const char inside[] = "interior pointer, the block starts at ";              /* and then guilty[START] */
static const char unaligned[] = "unaligned interior pointer, the block starts at "; /* likewise */
static const char written[] = "block was written to after it was freed";
static const char beyond[] = "block was written to beyond its end";
static const char at_once[] = "SIGSEGV"; /* by the system, at the write itself */

enum { LEVELS = 3 };
#define FROM_0(function, what)                                                                                         \
    {                                                                                                                  \
        {function, what}, {function, what}, {                                                                          \
            function, what                                                                                             \
        }                                                                                                              \
    }
#define FROM_1(function, what)                                                                                         \
    {                                                                                                                  \
        {NULL, NULL}, {function, what}, {                                                                              \
            function, what                                                                                             \
        }                                                                                                              \
    }
#define FROM_2(function, what)                                                                                         \
    {                                                                                                                  \
        {NULL, NULL}, {NULL, NULL}, {                                                                                  \
            function, what                                                                                             \
        }                                                                                                              \
    }

static const struct {
    const char *name;
    void (*commit)(void);
    const char *description;
    struct {
        const char *function, *what; /* NULL: not noticed at this level */
    } caught[LEVELS];
} cases[] = {
    {"free_stack", free_stack, "`free` of a pointer to the stack", FROM_0("free", not_ours)},
    {"free_static", free_static, "`free` of a static object", FROM_0("free", not_ours)},
    {"free_mapping", free_mapping, "`free` of memory from `mmap`", FROM_0("free", not_ours)},
    {"free_non_canonical", free_non_canonical, "`free` of no possible address", FROM_0("free", not_ours)},
    {"realloc_stack", realloc_stack, "`realloc` of a pointer to the stack", FROM_0("realloc", not_ours)},
    {"usable_size_static", usable_size_static, "`malloc_usable_size` of a static object",
     FROM_0("malloc_usable_size", not_ours)},
    {"free_inside_small", free_inside_small, "`free` of a pointer into a small block", FROM_1("free", inside)},
    {"free_unaligned", free_unaligned, "`free` of an unaligned pointer into a small block", FROM_1("free", unaligned)},
    {"free_inside_small_foreign", free_inside_small_foreign, "the same by another thread", FROM_0("free", inside)},
    {"realloc_inside_small", realloc_inside_small, "`realloc` of a pointer into a small block",
     FROM_1("realloc", inside)},
    {"free_inside_large", free_inside_large, "`free` of a pointer into a large block", FROM_0("free", inside)},
    {"realloc_inside_large", realloc_inside_large, "`realloc` of a pointer into a large block",
     FROM_0("realloc", inside)},
    {"free_inside_mapped", free_inside_mapped, "`free` of a pointer into a block of 64 MiB", FROM_0("free", inside)},
    {"free_twice", free_twice, "second `free` at once", FROM_0("free", twice)},
    {"free_twice_smallest", free_twice_smallest, "second `free` at once, 8 bytes", FROM_0("free", twice)},
    {"free_twice_apart", free_twice_apart, "second `free` after 25 others", FROM_0("free", twice)},
    {"free_twice_late", free_twice_late, "second `free` after thousands of others", FROM_0("free", freed)},
    {"free_twice_medium",
     free_twice_medium,
     "second `free` of 100 000 bytes",
     {{"free", twice}, {"free", freed}, {"free", twice}}},
    {"free_twice_large",
     free_twice_large,
     "second `free` of 1 MiB",
     {{"free", freed}, {"free", freed}, {"free", twice}}},
    {"free_twice_mapped",
     free_twice_mapped,
     "second `free` of 64 MiB",
     {{"free", not_ours}, {"free", not_ours}, {"free", twice}}},
    {"free_after_realloc", free_after_realloc, "`free` of a pointer whose block `realloc` has moved",
     FROM_0("free", twice)},
    {"free_after_realloc_large",
     free_after_realloc_large,
     "likewise, of 1 MiB",
     {{"free", freed}, {"free", freed}, {"free", twice}}},
    {"realloc_freed",
     realloc_freed,
     "`realloc` of a freed block",
     {{"free", twice}, {"realloc", freed}, {"realloc", freed}}},
    {"realloc_freed_large", realloc_freed_large, "`realloc` of a freed block of 1 MiB", FROM_0("realloc", freed)},
    {"free_twice_both_foreign", free_twice_both_foreign, "both by threads that did not allocate the block",
     FROM_0("free", twice)},
    {"free_twice_same_foreign", free_twice_same_foreign, "both by one thread that did not allocate it",
     FROM_0("free", twice)},
    {"free_twice_after_other", free_twice_after_other, "the first by a thread that has ended", FROM_0("free", twice)},
    {"free_twice_beside_other", free_twice_beside_other, "the first by another live thread", FROM_0("free", twice)},
    {"free_twice_after_idle", free_twice_after_idle, "the first by a thread that never allocates",
     FROM_1("free", twice)},
    {"free_given_out_again", free_given_out_again, "second `free` after another `malloc` of the size",
     FROM_2("free", twice)},
    {"write_link", write_link, "write to the first byte of a freed block", FROM_1("malloc", written)},
    {"write_freed_middle", write_freed_middle, "write to the middle of a freed block", FROM_2("malloc", written)},
    {"write_after_realloc", write_after_realloc, "the same after `realloc` has moved it", FROM_2("malloc", written)},
    {"write_freed_large", write_freed_large, "write to a freed block of 1 MiB", FROM_2(NULL, at_once)},
    {"write_over_end", write_over_end, "zero written one byte over the end", FROM_2("free", beyond)},
    {"write_over_end_realloc", write_over_end_realloc, "the same, then `realloc`", FROM_2("realloc", beyond)},
    {"write_over_end_large", write_over_end_large, "write over the end of 1 MiB", FROM_2(NULL, at_once)},
    {"write_over_end_odd", write_over_end_odd, "write over the end of 1 MiB less 3 bytes", FROM_2("free", beyond)},
    {"write_before_large", write_before_large, "write a page before 1 MiB", FROM_2(NULL, at_once)},
    {"delete_wrong_size",
     delete_wrong_size,
     "`operator delete` with a wrong size",
     {{NULL, NULL},
      {"operator delete", "wrong size 400, the block has 48"},
      {"operator delete", "wrong size 400, the block has 40"}}},
    {"delete_aligned_wrong_size",
     delete_aligned_wrong_size,
     "aligned `operator delete` with a wrong size",
     {{NULL, NULL},
      {"operator delete", "wrong size 600, the block has 256"},
      {"operator delete", "wrong size 600, the block has 200"}}},
    {"delete_aligned_wrong_alignment",
     delete_aligned_wrong_alignment,
     "aligned `operator delete` with a wrong alignment",
     {{NULL, NULL}, {"operator delete", "wrong size 200, the block has 256"}, {"operator delete", "wrong alignment"}}},
    {"free_wrong_size",
     free_wrong_size,
     "`free_sized` with a wrong size",
     {{NULL, NULL},
      {"free_sized", "wrong size 400, the block has 48"},
      {"free_sized", "wrong size 400, the block has 40"}}},
    {"free_sized_twice", free_sized_twice, "second `free_sized` at once", FROM_0("free", twice)},
    {"free_nearly_right_size", free_nearly_right_size, "`free_sized` with a size one too large",
     FROM_2("free_sized", "wrong size 41, the block has 40")},
    {"free_wrong_size_large", free_wrong_size_large, "`free_sized` with a wrong size, 1 MiB",
     FROM_1("free_sized", "wrong size 524288, the block has 1048576")},
    {"free_wrong_alignment",
     free_wrong_alignment,
     "`free_aligned_sized` with a wrong size and alignment",
     {{NULL, NULL},
      {"free_aligned_sized", "wrong size 100, the block has 256"},
      {"free_aligned_sized", "wrong size 100, the block has 200"}}},
};
enum { CASES = sizeof(cases) / sizeof(cases[0]) };

/* Functions that not every allocator has. */
static int is_possible(void (*commit)(void)) {
    if (commit == delete_wrong_size)
        return _Znwm != NULL && _ZdlPvm != NULL;
    if (commit == delete_aligned_wrong_size || commit == delete_aligned_wrong_alignment)
        return _ZnwmSt11align_val_t != NULL && _ZdlPvmSt11align_val_t != NULL;
#ifdef TEST_AS_MALLOC
    if (commit == free_wrong_size || commit == free_sized_twice || commit == free_nearly_right_size ||
        commit == free_wrong_size_large)
        return free_sized != NULL;
    if (commit == free_wrong_alignment)
        return free_aligned_sized != NULL;
#endif
    return 1;
}

/* A live block may hold, by copy, whatever a free one holds, or nearly that: it is no proof of a double free. */
static void innocent(void) {
    for (size_t size = 8; size <= 4096; size *= 2) {
        const uint64_t elsewhere = (uint64_t)1 << 45;
        uint64_t first;
        char *block = mp_malloc(size), *other = mp_malloc(size), *copy = mp_malloc(size);
        CHECK(block != NULL && other != NULL && copy != NULL, "%zu bytes", size);
        mp_free(block);
        memcpy(other, block, size);
        memcpy(&first, block, sizeof(first));
        first ^= elsewhere;
        memcpy(copy, block, size);
        memcpy(copy, &first, sizeof(first));
        mp_free(other);
        mp_free(copy);
    }
    if (mp_check != NULL)
        mp_check();
}

static size_t level(void) {
    size_t value = 0;
    CHECK(mp_option_get != NULL && mp_option_get(MP_OPTION_HARDENING, &value) == 0, "the level");
    return value;
}

/* Returns 1 if the case ended as it must. */
static int judge(size_t index, const char *function, const char *what) {
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
    if (what == at_once)
        expected[0] = '\0';
    else if (what == inside || what == unaligned)
        snprintf(expected, sizeof(expected), "minipool: %s(%p): %s%p\n", function, guilty[POINTER], what,
                 guilty[START]);
    else
        snprintf(expected, sizeof(expected), "minipool: %s(%p): %s\n", function, guilty[POINTER], what);
    char *emulators = strstr(said, "qemu: "); /* which adds a line of its own when a program it runs is killed */
    if (emulators != NULL)
        *emulators = '\0';
    int signal = what == at_once ? SIGSEGV : SIGABRT;
    if (WIFSIGNALED(status) && WTERMSIG(status) == signal && strcmp(said, expected) == 0)
        return 1;
    fprintf(stderr, "%s: expected signal %d and %s  got status %#x and %s\n", cases[index].name, signal, expected,
            (unsigned)status, said);
    return 0;
}

int main(int argc, char **argv) {
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    guilty = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(guilty != MAP_FAILED, "mmap");
    if (argc == 2) {
        enum { IMPOSSIBLE = 77 };
        for (size_t i = 0; i < CASES; i++)
            if (strcmp(argv[1], "list") == 0)
                printf("%s\t%s\n", cases[i].name, cases[i].description);
            else if (strcmp(argv[1], cases[i].name) == 0 && !is_possible(cases[i].commit))
                return IMPOSSIBLE;
            else if (strcmp(argv[1], cases[i].name) == 0)
                cases[i].commit();
        return 0;
    }
    int failed = 0, judged = 0;
    innocent();
    size_t now = level();
    for (size_t i = 0; i < CASES; i++)
        if (cases[i].caught[now].what != NULL && is_possible(cases[i].commit)) {
            failed += !judge(i, cases[i].caught[now].function, cases[i].caught[now].what);
            judged++;
        }
    printf("level %zu: %d of %d cases judged\n", now, judged, CASES);
    return failed != 0;
}
