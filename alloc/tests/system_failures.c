/*
 * system_failures.c - every system call for memory fails once: the first, the second, and so on through a mixed trace
 * of operations; then from one on until memory comes back; then each kind of call always. A call of the allocator
 * succeeds or gives NULL and ENOMEM, blocks keep their content, free() keeps errno, mp_check() holds, and when memory
 * is there again the whole trace succeeds and the statistics are back where they began. The same with the limits that
 * the system itself has: RLIMIT_AS, RLIMIT_DATA, the number of mappings.
 *
 * The functions of the C library that os_memory.c calls are replaced by those below. Each case runs in a child whose
 * heap is untouched, so that the first call of all fails as well.
 *
 *   system_failures [STEPS [ROW]]   how many operations the trace has; how many calls in a row fail in between
 *   system_failures mappings        the number of mappings only; exit code 77 where the system allows too many
 */
#include "testing.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* -- calls that fail -------------------------------------------------------------------------------------------- */

typedef enum Kind {
    KIND_MAP = 1,
    KIND_UNMAP = 2,
    KIND_REMAP = 4,
    KIND_ADVISE = 8,
    KIND_ALL = 15,
    KIND_BOOKKEEPING = 16
} Kind;

static struct {
    unsigned kinds;      /* which calls may fail, and are counted */
    size_t first, count; /* the numbers of those that do: from first (1 is the next) so many */
    size_t one_in;       /* instead: by chance, one in so many; 0: not */
    atomic_size_t seen, failed, failed_unmaps;
} plan;

static void plan_failures(unsigned kinds, size_t first, size_t count, size_t one_in) {
    plan.kinds = kinds;
    plan.first = first;
    plan.count = count;
    plan.one_in = one_in;
    atomic_store(&plan.seen, 0);
    atomic_store(&plan.failed, 0);
}

static int must_fail(Kind kind) {
    if ((plan.kinds & kind) == 0)
        return 0;
    size_t number = atomic_fetch_add(&plan.seen, 1) + 1;
    int fails =
        plan.one_in != 0 ? mix(number) % plan.one_in == 0 : number >= plan.first && number - plan.first < plan.count;
    if (fails) {
        atomic_fetch_add(&plan.failed, 1);
        if (kind == KIND_UNMAP || kind == KIND_REMAP)
            atomic_fetch_add(&plan.failed_unmaps, 1);
        errno = ENOMEM;
    }
    return fails;
}

/* Address space that the process took by the calls below and still has. */
static atomic_size_t mapped_bytes;

/* What the allocator keeps its records in. Pages for blocks are asked for beside others, or in other sizes. */
static int is_for_bookkeeping(const void *address, size_t bytes) {
    return address == NULL && bytes == (size_t)1 << 20;
}

void *mmap(void *address, size_t bytes, int protection, int flags, int file, off_t offset) {
    if (must_fail(KIND_MAP) || (is_for_bookkeeping(address, bytes) && must_fail(KIND_BOOKKEEPING)))
        return MAP_FAILED;
    void *result = (void *)syscall(SYS_mmap, address, bytes, protection, flags, file, offset); /* NOLINT */
    if (result != MAP_FAILED)
        atomic_fetch_add(&mapped_bytes, bytes);
    return result;
}

int munmap(void *address, size_t bytes) {
    if (must_fail(KIND_UNMAP))
        return -1;
    int result = (int)syscall(SYS_munmap, address, bytes);
    if (result == 0)
        atomic_fetch_sub(&mapped_bytes, bytes);
    return result;
}

void *mremap(void *address, size_t old_bytes, size_t new_bytes, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    void *target = (flags & MREMAP_FIXED) != 0 ? va_arg(rest, void *) : NULL;
    va_end(rest);
    if (must_fail(KIND_REMAP))
        return MAP_FAILED;
    void *result = (void *)syscall(SYS_mremap, address, old_bytes, new_bytes, flags, target); /* NOLINT */
    if (result != MAP_FAILED)
        atomic_fetch_add(&mapped_bytes, ((flags & MREMAP_FIXED) != 0 ? 0 : new_bytes) - old_bytes);
    return result;
}

int madvise(void *address, size_t bytes, int advice) {
    return must_fail(KIND_ADVISE) ? -1 : (int)syscall(SYS_madvise, address, bytes, advice);
}

/* -- the trace -------------------------------------------------------------------------------------------------- */

enum { BLOCKS = 64, MIB = 1 << 20, PROBED = 64 << 10, TOKEN = 4242 };
static size_t steps = 300, row;

typedef struct Held {
    unsigned char *address;
    size_t usable, filled; /* the start of a large block stands for all of it: many calls, few page faults */
    uint64_t seed;
} Held;

typedef struct Trace {
    Held held[BLOCKS];
    uint64_t random;
    int may_fail;
    size_t refused;
} Trace;

static size_t trace_size(Trace *trace) {
    size_t choice = random_below(&trace->random, 100);
    return choice < 70   ? random_size(&trace->random, 4096)
           : choice < 94 ? random_size(&trace->random, MIB)
           : choice < 98 ? random_below(&trace->random, 4 * MIB)
                         : 33 * MIB + random_below(&trace->random, 3 * MIB); /* a mapping of its own */
}

/* True: nothing was given, which `trace` must allow. */
static int was_refused(Trace *trace, const void *block, size_t size) {
    if (block != NULL)
        return 0;
    CHECK(trace->may_fail, "%zu bytes", size);
    CHECK(errno == ENOMEM, "%zu bytes: errno is %d", size, errno);
    trace->refused++;
    return 1;
}

static void hold(Trace *trace, Held *held, void *block, size_t size) {
    CHECK(is_aligned(block, natural_alignment(size)), "%p", block);
    size_t usable = mp_malloc_usable_size(block);
    CHECK(usable >= size, "%zu of %zu", usable, size);
    *held = (Held){block, usable, usable < PROBED ? usable : PROBED, random_next(&trace->random)};
    held->address[usable - 1] = 1;
    content_fill(held->address, held->filled, held->seed);
}

static void verify(const Held *held) {
    CHECK(content_wrong(held->address, held->filled, held->filled, held->seed) == SIZE_MAX, "%p of %zu bytes",
          (void *)held->address, held->usable);
}

static void let_go(Held *held) {
    verify(held);
    errno = TOKEN;
    mp_free(held->address);
    CHECK(errno == TOKEN, "free changed errno to %d", errno);
    held->address = NULL;
}

static void allocate(Trace *trace, Held *held, size_t size) {
    errno = 0;
    void *block = mp_malloc(size);
    if (!was_refused(trace, block, size))
        hold(trace, held, block, size);
}

static void reallocate(Trace *trace, Held *held, size_t size) {
    verify(held);
    errno = 0;
    void *block = mp_realloc(held->address, size);
    if (was_refused(trace, block, size)) {
        verify(held);
        return;
    }
    size_t kept = size < held->filled ? size : held->filled;
    CHECK(content_wrong(block, held->filled, kept, held->seed) == SIZE_MAX, "%zu bytes to %zu", held->usable, size);
    hold(trace, held, block, size);
}

/* Not at level 2: large blocks move when their size changes, which would touch all of their pages, and freed ones keep
 * their addresses for a while. */
static int unmaps_at_once(void) {
    size_t level = 0;
    CHECK(mp_option_get(MP_OPTION_HARDENING, &level) == 0, "option");
    return level < 2;
}

/* Blocks with mappings of their own, which grow where they stand, are moved, and shrink. */
static void resize_mappings(Trace *trace) {
    for (size_t i = 0; i < 3; i++)
        allocate(trace, &trace->held[i], 33 * MIB);
    for (size_t i = 0; i < 6 && unmaps_at_once(); i++)
        if (trace->held[i % 3].address != NULL)
            reallocate(trace, &trace->held[i % 3], (50 - 3 * i) * MIB);
}

static void step(Trace *trace) {
    Held *held = &trace->held[random_below(&trace->random, BLOCKS)];
    size_t size = 1 + trace_size(trace), choice = random_below(&trace->random, 16);
    size_t alignment = (size_t)16 << random_below(&trace->random, 17);
    errno = 0;
    if (held->address != NULL && choice < 7) {
        let_go(held);
    } else if (held->address != NULL) {
        reallocate(trace, held, size);
    } else if (choice < 8) {
        allocate(trace, held, size);
    } else if (choice < 12) {
        void *block = mp_calloc(1, size);
        if (!was_refused(trace, block, size)) {
            CHECK(all_zero(block, size < PROBED ? size : PROBED), "%zu bytes", size);
            hold(trace, held, block, size);
        }
    } else if (choice < 14) {
        void *block = mp_aligned_alloc(alignment, size);
        if (!was_refused(trace, block, size)) {
            CHECK(is_aligned(block, alignment), "%p for %zu", block, alignment);
            hold(trace, held, block, size);
        }
    } else {
        void *block = held;
        errno = TOKEN;
        int error = mp_posix_memalign(&block, alignment, size);
        CHECK(errno == TOKEN && (error == 0 || (error == ENOMEM && block == held)), "error %d, errno %d", error, errno);
        errno = error;
        if (!was_refused(trace, error == 0 ? block : NULL, size))
            hold(trace, held, block, size);
    }
}

static void end_trace(Trace *trace) {
    for (size_t i = 0; i < BLOCKS; i++)
        if (trace->held[i].address != NULL)
            let_go(&trace->held[i]);
}

static size_t run_trace(uint64_t seed, int may_fail) {
    Trace trace = {.random = seed, .may_fail = may_fail};
    resize_mappings(&trace);
    for (size_t i = 0; i < steps; i++) {
        step(&trace);
        if (i % 100 == 99)
            mp_malloc_trim(0);
    }
    end_trace(&trace);
    return trace.refused;
}

/* -- after it --------------------------------------------------------------------------------------------------- */

static void expect_empty_heap(void) {
    mp_stats stats;
    mp_check();
    mp_stats_get(&stats);
    CHECK(stats.allocated_blocks == 0 && stats.allocated_bytes == 0, "%zu blocks, %zu bytes are held",
          stats.allocated_blocks, stats.allocated_bytes);
    CHECK(stats.span_bytes + stats.page_heap_dirty_bytes + stats.page_heap_clean_bytes == stats.mapped_bytes,
          "%zu in spans, %zu dirty, %zu clean, %zu mapped", stats.span_bytes, stats.page_heap_dirty_bytes,
          stats.page_heap_clean_bytes, stats.mapped_bytes);
    /* What the system would not take back or move is lost address space, and only that may be. */
    if (atomic_load(&plan.failed_unmaps) == 0)
        CHECK(stats.mapped_bytes + stats.metadata_bytes == atomic_load(&mapped_bytes), "%zu known, %zu mapped",
              stats.mapped_bytes + stats.metadata_bytes, atomic_load(&mapped_bytes));
}

/* Memory is there again. Everything works, and not a page is held in the end. */
static void expect_recovery(void) {
    plan_failures(0, 0, 0, 0);
    expect_empty_heap();
    run_trace(7, 0);
    expect_empty_heap();
    mp_malloc_trim(0);
    mp_stats stats;
    mp_stats_get(&stats);
    CHECK(stats.span_bytes == 0 && stats.page_heap_dirty_bytes == 0, "%zu bytes in spans, %zu dirty", stats.span_bytes,
          stats.page_heap_dirty_bytes);
}

static const char *running;
static size_t running_number;

static void judge(pid_t child) {
    int status = -1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child, "fork");
    CHECK(status == 0, "%s, call %zu: the child ended with status %#x", running, running_number, (unsigned)status);
}

/* In a child: 0 ends it well. */
#define IN_A_CHILD(...)                                                                                                \
    do {                                                                                                               \
        pid_t child = fork();                                                                                          \
        if (child == 0) {                                                                                              \
            __VA_ARGS__;                                                                                               \
            exit(0); /* which lets counts of coverage be written */                                                    \
        }                                                                                                              \
        judge(child);                                                                                                  \
    } while (0)

/* -- cases ------------------------------------------------------------------------------------------------------ */

static size_t calls_of_trace(unsigned kinds) {
    int ends[2];
    size_t calls = 0;
    CHECK(pipe(ends) == 0, "pipe");
    IN_A_CHILD({
        plan_failures(kinds, SIZE_MAX, 0, 0);
        CHECK(run_trace(1, 0) == 0, "no call failed");
        calls = atomic_load(&plan.seen);
        CHECK(write(ends[1], &calls, sizeof(calls)) == sizeof(calls), "pipe");
        plan_failures(0, 0, 0, 0);
        expect_empty_heap();
    });
    CHECK(read(ends[0], &calls, sizeof(calls)) == sizeof(calls), "pipe");
    close(ends[0]);
    close(ends[1]);
    return calls;
}

static void fail_from(size_t first, size_t count) {
    plan_failures(KIND_ALL, first, count, 0);
    run_trace(1, 1);
    CHECK(atomic_load(&plan.failed) > 0, "no call failed");
    expect_recovery();
}

static void each_call_fails(void) {
    size_t calls = calls_of_trace(KIND_ALL);
    CHECK(calls > 20, "a trace of only %zu calls", calls);
    printf("%zu calls: each fails alone, and with all after it\n", calls);
    fflush(stdout);
    running = "one failure";
    for (running_number = 1; running_number <= calls; running_number++)
        IN_A_CHILD(fail_from(running_number, 1));
    running = "some failures in a row";
    for (running_number = 1; row > 1 && running_number <= calls; running_number++)
        IN_A_CHILD(fail_from(running_number, row));
    running = "all from one on";
    for (running_number = 1; running_number <= calls; running_number++)
        IN_A_CHILD(fail_from(running_number, SIZE_MAX));
}

static void each_kind_fails(void) {
    static const Kind kinds[] = {KIND_MAP, KIND_UNMAP, KIND_REMAP, KIND_ADVISE};
    running = "one kind, always";
    for (running_number = 0; running_number < 4; running_number++) {
        int expected = kinds[running_number] != KIND_REMAP || unmaps_at_once();
        size_t calls = calls_of_trace(kinds[running_number]);
        CHECK((calls > 0) == expected, "the trace makes %zu calls of kind %zu", calls, running_number);
        if (!expected)
            continue;
        IN_A_CHILD({
            plan_failures(kinds[running_number], 1, SIZE_MAX, 0);
            size_t refused = run_trace(1, 1);
            /* Nothing but mmap is needed to give a block. */
            CHECK((refused > 0) == (kinds[running_number] == KIND_MAP), "%zu refused", refused);
            expect_recovery();
        });
    }
}

/* Addresses that munmap() will not take may be lost, the memory behind them may not. */
static void refused_unmap_gives_memory_back(void) {
    enum { PAGES_LOOKED_AT = 4096 };
    static unsigned char resident[PAGES_LOOKED_AT];
    if (!unmaps_at_once())
        return;
    running = "memory after a refused munmap";
    IN_A_CHILD({
        unsigned char *block = mp_malloc(64 * MIB);
        size_t page = (size_t)sysconf(_SC_PAGESIZE);
        CHECK(block != NULL, "64 MiB");
        memset(block, 1, 64 * MIB);
        plan_failures(KIND_UNMAP, 1, SIZE_MAX, 0);
        errno = TOKEN;
        mp_free(block);
        CHECK(errno == TOKEN && atomic_load(&plan.failed) == 1, "errno %d, %zu refused", errno,
              atomic_load(&plan.failed));
        size_t looked_at = 64 * MIB / page < PAGES_LOOKED_AT ? 64 * MIB / page : PAGES_LOOKED_AT;
        CHECK(mincore(block, looked_at * page, resident) == 0, "mincore");
        for (size_t i = 0; i < looked_at; i++)
            CHECK((resident[i] & 1) == 0, "page %zu is still there", i);
    });
}

/* Records fill up while there is memory for blocks: nothing is given that could not be recorded. */
static void no_room_for_records(void) {
    enum { MOST = 1 << 15, LARGE = 400000, NEIGHBOURS = 8 };
    static unsigned char *held[MOST];
    static const size_t sizes[] = {30 * MIB, 16, 64, 256, 1024, 5000, 20000, 70000, 300000, 40 * MIB};
    running = "no room for records";
    IN_A_CHILD({
        size_t count = 0, level = 0;
        mp_free(mp_malloc(1)); /* the first of everything is there */
        CHECK(mp_option_get(MP_OPTION_HARDENING, &level) == 0, "level of hardening");
        plan_failures(KIND_BOOKKEEPING, 1, SIZE_MAX, 0);
        while (count < MOST && (held[count] = mp_malloc(LARGE)) != NULL)
            *held[count++] = 1;
        CHECK(count > NEIGHBOURS && count < MOST && errno == ENOMEM, "errno %d after %zu blocks", errno, count);
        for (size_t i = 0; i < 2; i++) { /* a block shrinks where the rest of it cannot be recorded */
            void *smaller = mp_realloc(held[i], LARGE - LARGE / 4);
            CHECK(smaller != NULL || (level != 0 && errno == ENOMEM), "shrinking: errno %d", errno);
            held[i] = smaller != NULL ? smaller : held[i];
        }
        for (size_t i = 0; i < NEIGHBOURS; i++) { /* their runs unite, which leaves records over */
            mp_free(held[--count]);
            for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
                errno = 0;
                void *block = mp_malloc(sizes[s]);
                CHECK(block != NULL || errno == ENOMEM, "%zu bytes: errno is %d", sizes[s], errno);
                mp_free(block);
            }
            mp_check();
        }
        while (count != 0)
            mp_free(held[--count]);
        expect_recovery();
    });
}

/* Where a smaller block cannot be had the old one stays: as the result, or, where sizes are compared, as what it was.
 */
static void blocks_shrink_without_memory(void) {
    enum { MOST = 1 << 18, SMALL = 24 };
    static const size_t sizes[] = {64, 5000, 300000, 40 * MIB};
    static void *held[MOST];
    running = "shrinking without memory";
    IN_A_CHILD({
        void *blocks[4];
        size_t count = 0, level = 0;
        CHECK(mp_option_get(MP_OPTION_HARDENING, &level) == 0, "level of hardening");
        for (size_t i = 0; i < 4; i++)
            CHECK((blocks[i] = mp_malloc(sizes[i])) != NULL, "%zu bytes", sizes[i]);
        plan_failures(KIND_ALL, 1, SIZE_MAX, 0);
        while (count < MOST && (held[count] = mp_malloc(SMALL)) != NULL)
            count++;
        CHECK(count < MOST && errno == ENOMEM, "errno %d after %zu blocks", errno, count);
        for (size_t i = 0; i < 4; i++) {
            errno = 0;
            void *smaller = mp_realloc(blocks[i], SMALL);
            if (smaller != NULL)
                mp_free_sized(smaller, SMALL);
            else
                mp_free_sized(blocks[i], sizes[i]);
            CHECK(smaller != NULL || (level != 0 && errno == ENOMEM), "%zu bytes: errno %d", sizes[i], errno);
        }
        while (count != 0)
            mp_free_sized(held[--count], SMALL);
        mp_check();
    });
}

static void *trace_in_thread(void *argument) {
    for (uint64_t round = 0; round < 3; round++)
        run_trace((uint64_t)(uintptr_t)argument * 100 + round, 1);
    return NULL;
}

static void threads_meet_failures(void) {
    running = "threads";
    for (running_number = 2; running_number <= 5; running_number++)
        IN_A_CHILD({
            pthread_t ids[3];
            for (size_t i = 0; i < 3; i++) /* their stacks are mapped before anything fails */
                CHECK(pthread_create(&ids[i], NULL, trace_in_thread, (void *)(i + 1)) == 0, "thread");
            plan_failures(KIND_ALL, 0, 0, running_number);
            trace_in_thread((void *)(uintptr_t)9);
            for (size_t i = 0; i < 3; i++)
                CHECK(pthread_join(ids[i], NULL) == 0, "thread");
            plan_failures(0, 0, 0, 0);
            atomic_store(&plan.failed_unmaps, 1); /* stacks are among what is mapped */
            expect_recovery();
        });
}

/* Blocks of one size until there is no memory; they are whole, and after they are freed the trace works. */
static void exhaust(size_t size) {
    void *last = NULL, **block;
    size_t count = 0;
    errno = 0;
    while ((block = mp_malloc(size)) != NULL) {
        *block = last;
        last = block;
        count++;
    }
    CHECK(errno == ENOMEM && count > 0, "errno %d after %zu blocks of %zu bytes", errno, count, size);
    CHECK(mp_calloc(1, size) == NULL, "calloc of what malloc refuses");
    while (last != NULL) {
        block = last;
        last = *block;
        errno = TOKEN;
        mp_free(block);
        CHECK(errno == TOKEN, "free changed errno to %d", errno);
    }
    void *again = mp_malloc(size);
    CHECK(again != NULL, "%zu bytes after all was freed", size);
    mp_free(again);
}

static void limit_to(__rlimit_resource_t resource, size_t more) {
    unsigned long pages = 0, data = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL && fscanf(file, "%lu %*u %*u %*u %*u %lu", &pages, &data) == 2, "statm");
    fclose(file);
    struct rlimit limit;
    CHECK(getrlimit(resource, &limit) == 0, "limit");
    limit.rlim_cur = (resource == RLIMIT_AS ? pages : data) * (size_t)sysconf(_SC_PAGESIZE) + more;
    CHECK(setrlimit(resource, &limit) == 0, "limit");
}

static void the_systems_limits(void) {
    static const __rlimit_resource_t resources[] = {RLIMIT_AS, RLIMIT_DATA};
    static const size_t sizes[] = {16, 200, 5000, 100000, 300000, 5 * MIB, 40 * MIB};
    for (size_t r = 0; r < 2; r++) {
        running = r == 0 ? "RLIMIT_AS" : "RLIMIT_DATA";
        for (running_number = 0; running_number < sizeof(sizes) / sizeof(sizes[0]); running_number++)
            IN_A_CHILD({
                struct rlimit before;
                CHECK(getrlimit(resources[r], &before) == 0, "limit");
                limit_to(resources[r], 64 * MIB);
                exhaust(sizes[running_number]);
                run_trace(3, 1);
                CHECK(setrlimit(resources[r], &before) == 0, "limit");
                expect_recovery();
            });
    }
}

/* All mappings that a process may have. Neighbours differ in protection, so that they do not unite. */
static size_t fill_mappings(char *start, size_t page, size_t most) {
    size_t made = 0;
    while (made < most && syscall(SYS_mprotect, start + 2 * made * page, page, PROT_READ) == 0)
        made++;
    return made;
}

/* 0: it cannot be told. */
static size_t mappings_allowed(void) {
    size_t count = 0;
    FILE *file = fopen("/proc/sys/vm/max_map_count", "r");
    if (file != NULL && fscanf(file, "%zu", &count) != 1)
        count = 0;
    if (file != NULL)
        fclose(file);
    return count;
}

static int no_more_mappings(void) {
    enum { MOST = 1 << 18, SKIPPED = 77 };
    size_t page = (size_t)sysconf(_SC_PAGESIZE), allowed = mappings_allowed();
    if (allowed == 0 || allowed > MOST) {
        printf("skipped: vm.max_map_count is %zu, which is not known or too many to use up\n", allowed);
        return SKIPPED;
    }
    running = "no more mappings";
    for (running_number = 0; running_number < 4; running_number++)
        IN_A_CHILD({
            const size_t bytes = 2 * allowed * page;
            size_t spare = running_number;
            if (running_number % 2 == 1) /* the heap has memory already */
                run_trace(5, 0);
            char *start =
                (char *)syscall(SYS_mmap, NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); /* NOLINT */
            CHECK(fill_mappings(start, page, allowed) < allowed, "%zu mappings are allowed", allowed);
            for (size_t i = 0; i < spare; i++)
                CHECK(syscall(SYS_mprotect, start + 2 * i * page, page, PROT_NONE) == 0, "mprotect");
            run_trace(6, 1);
            CHECK(syscall(SYS_munmap, start, bytes) == 0, "munmap");
            atomic_store(&plan.failed_unmaps, 1); /* the system itself may have refused */
            expect_recovery();
        });
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "mappings") == 0)
        return no_more_mappings();
    if (argc > 1)
        steps = (size_t)strtoull(argv[1], NULL, 10);
    if (argc > 2)
        row = (size_t)strtoull(argv[2], NULL, 10);
    /* With time standing still a trace makes the same calls each time it runs. */
    CHECK(mp_option_set(MP_OPTION_RELEASE_CLOCK, MP_CLOCK_FROZEN) == 0, "clock");
    each_call_fails();
    each_kind_fails();
    CHECK(mp_option_set(MP_OPTION_RELEASE_CLOCK, MP_CLOCK_RUNNING) == 0, "clock");
    refused_unmap_gives_memory_back();
    no_room_for_records();
    blocks_shrink_without_memory();
    threads_meet_failures();
    the_systems_limits();
    return 0;
}
