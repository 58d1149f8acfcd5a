/*
 * options.c - the options of minipool.h: at run time, and what each of them does to a process.
 *
 *   options            the mp_option_ functions, alone and from several threads
 *   options WORD [...] a small process for options.sh, which sets the environment and judges what is printed
 */
#include "testing.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

enum { MIB = 1 << 20, BLOCKS = 64, BLOCK_BYTES = MIB / 2 };

static size_t value_of(mp_option option) {
    size_t value = SIZE_MAX;
    CHECK(mp_option_get(option, &value) == 0, "option %d", (int)option);
    return value;
}

static size_t dirty_bytes(void) {
    mp_stats stats;
    mp_stats_get(&stats);
    return stats.page_heap_dirty_bytes;
}

/* 32 MiB that end in the PageHeap. */
static void use_and_free(void) {
    void *blocks[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = mp_malloc(BLOCK_BYTES);
        CHECK(blocks[i] != NULL, "block %d", i);
        memset(blocks[i], 1, BLOCK_BYTES);
    }
    for (int i = 0; i < BLOCKS; i++)
        mp_free(blocks[i]);
}

/* -- the functions ---------------------------------------------------------------------------------------------- */

static void names_and_ranges(void) {
    int count = 0;
    const char *name;
    for (; (name = mp_option_name((mp_option)count)) != NULL; count++) {
        mp_option option = (mp_option)count;
        size_t before = value_of(option);
        CHECK(strncmp(name, "MINIPOOL_", 9) == 0, "%s", name);
        errno = 12345;
        CHECK(mp_option_set(option, SIZE_MAX) == EINVAL && value_of(option) == before, "%s", name);
        /* what blocks are like cannot change while there are some */
        bool fixed = option == MP_OPTION_HARDENING;
        CHECK(mp_option_set(option, 1 - before % 2) == (fixed ? EINVAL : 0), "%s", name);
        size_t after = fixed ? before : 1 - before % 2;
        CHECK(value_of(option) == after, "%s", name);
        CHECK(mp_option_set_text(name, "nonsense") == EINVAL && value_of(option) == after, "%s", name);
        CHECK(mp_option_set(option, before) == 0 && value_of(option) == before, "%s", name);
        CHECK(errno == 12345, "%s", name);
    }
    CHECK(count == MP_OPTION_HARDENING + 1, "%d options", count);
    size_t value = 7;
    CHECK(mp_option_get((mp_option)count, &value) == EINVAL && value == 7, "option %d", count);
    CHECK(mp_option_set((mp_option)count, 0) == EINVAL, "option %d", count);
    CHECK(mp_option_set_text("MINIPOOL_RELEASE", "1") == ENOENT, "a name's beginning");
    CHECK(mp_option_set_text("MINIPOOL_STATISTICS_", "1") == ENOENT, "more than a name");
    CHECK(mp_option_set_text("", "1") == ENOENT, "no name");
}

static void texts(void) {
    static const struct {
        const char *name, *text;
        mp_option option;
        size_t value;
    } good[] = {
        {"MINIPOOL_RELEASE_SOFT_BYTES", "0", MP_OPTION_RELEASE_SOFT_BYTES, 0},
        {"MINIPOOL_RELEASE_SOFT_BYTES", "4097", MP_OPTION_RELEASE_SOFT_BYTES, 4097},
        {"MINIPOOL_RELEASE_SOFT_BYTES", "3K", MP_OPTION_RELEASE_SOFT_BYTES, 3072},
        {"MINIPOOL_RELEASE_SOFT_BYTES", "3m", MP_OPTION_RELEASE_SOFT_BYTES, 3 * MIB},
        {"MINIPOOL_RELEASE_HARD_BYTES", "2G", MP_OPTION_RELEASE_HARD_BYTES, (size_t)2 << 30},
        {"MINIPOOL_RELEASE_HARD_BYTES", "64T", MP_OPTION_RELEASE_HARD_BYTES, (size_t)64 << 40},
        {"MINIPOOL_RELEASE_DELAY_MS", "86400000", MP_OPTION_RELEASE_DELAY_MS, 86400000},
        {"MINIPOOL_HUGE_PAGES", "never", MP_OPTION_HUGE_PAGES, MP_HUGE_PAGES_NEVER},
        {"MINIPOOL_HUGE_PAGES", "always", MP_OPTION_HUGE_PAGES, MP_HUGE_PAGES_ALWAYS},
        {"MINIPOOL_HUGE_PAGES", "system", MP_OPTION_HUGE_PAGES, MP_HUGE_PAGES_SYSTEM},
        {"MINIPOOL_RELEASE_CLOCK", "frozen", MP_OPTION_RELEASE_CLOCK, MP_CLOCK_FROZEN},
        {"MINIPOOL_RELEASE_CLOCK", "running", MP_OPTION_RELEASE_CLOCK, MP_CLOCK_RUNNING},
        {"MINIPOOL_STATISTICS", "1", MP_OPTION_STATISTICS, 1},
        {"MINIPOOL_STATISTICS", "0", MP_OPTION_STATISTICS, 0},
    };
    static const char *const bad_bytes[] = {
        "", " 1", "1 ", "-1", "+1", "K", "1KB", "1X", "0x1", "1.5M", "1MM", "65T", "18446744073709551616", "16777216T"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        CHECK(mp_option_set_text(good[i].name, good[i].text) == 0, "%s=%s", good[i].name, good[i].text);
        CHECK(value_of(good[i].option) == good[i].value, "%s=%s", good[i].name, good[i].text);
    }
    for (size_t i = 0; i < sizeof(bad_bytes) / sizeof(bad_bytes[0]); i++)
        CHECK(mp_option_set_text("MINIPOOL_RELEASE_SOFT_BYTES", bad_bytes[i]) == EINVAL, "'%s'", bad_bytes[i]);
    CHECK(mp_option_set_text("MINIPOOL_RELEASE_DELAY_MS", "1K") == EINVAL, "milliseconds have no suffix");
    CHECK(mp_option_set_text("MINIPOOL_RELEASE_CLOCK", "1") == EINVAL, "a word is asked for");
    CHECK(mp_option_set_text("MINIPOOL_STATISTICS", "2") == EINVAL, "0 or 1");
}

static void a_new_bound_acts_at_once(void) {
    CHECK(mp_option_set(MP_OPTION_RELEASE_CLOCK, MP_CLOCK_FROZEN) == 0, "clock");
    CHECK(mp_option_set(MP_OPTION_RELEASE_SOFT_BYTES, 64 * MIB) == 0, "soft bound");
    CHECK(mp_option_set(MP_OPTION_RELEASE_HARD_BYTES, 0) == 0, "hard bound");
    use_and_free();
    CHECK(dirty_bytes() >= (BLOCKS - 2) * BLOCK_BYTES, "%zu bytes are dirty", dirty_bytes());
    CHECK(mp_option_set(MP_OPTION_RELEASE_SOFT_BYTES, 0) == 0, "soft bound");
    CHECK(dirty_bytes() <= MIB, "%zu bytes are dirty", dirty_bytes());
}

static void *change(void *argument) {
    uint64_t random = *(const uint64_t *)argument;
    for (int i = 0; i < 300; i++) {
        CHECK(mp_option_set(MP_OPTION_RELEASE_SOFT_BYTES, random_below(&random, 4 * MIB)) == 0, "soft bound");
        CHECK(mp_option_set(MP_OPTION_HUGE_PAGES, random_below(&random, 3)) == 0, "huge pages");
        CHECK(mp_option_set(MP_OPTION_RELEASE_CLOCK, random_below(&random, 2)) == 0, "clock");
        CHECK(value_of(MP_OPTION_RELEASE_SOFT_BYTES) < 4 * MIB, "soft bound");
        void *block = mp_malloc(100000 + random_below(&random, MIB));
        CHECK(block != NULL, "round %d", i);
        mp_free(block);
    }
    return NULL;
}

static void changes_from_threads(void) {
    enum { THREADS = 3 };
    pthread_t threads[THREADS];
    uint64_t seeds[THREADS];
    for (int i = 0; i < THREADS; i++) {
        seeds[i] = (uint64_t)i + 1;
        CHECK(pthread_create(&threads[i], NULL, change, &seeds[i]) == 0, "thread %d", i);
    }
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0, "thread %d", i);
    mp_check();
}

/* -- small processes -------------------------------------------------------------------------------------------- */

static void pause_us(long microseconds) {
    struct timespec pause = {.tv_nsec = microseconds * 1000};
    while (nanosleep(&pause, &pause) != 0)
        ;
}

/* One thread, always the same calls; enough of every kind that pages are handed out, freed and released. The pauses are
 * as long as the second argument says: what a running clock makes of them differs. */
static void churn(const char *microseconds) {
    enum { SLOTS = 3000, ROUNDS = 60000, PAUSE_ROUNDS = 10000 };
    CHECK(microseconds != NULL, "the pauses' length is missing");
    long pause = strtol(microseconds, NULL, 10);
    static void *slots[SLOTS];
    uint64_t random = 42;
    for (int round = 0; round < ROUNDS; round++) {
        if (round % PAUSE_ROUNDS == 0)
            pause_us(pause);
        void **slot = &slots[random_below(&random, SLOTS)];
        mp_free(*slot);
        size_t limit = round % 64 == 0 ? 2 * MIB : 2000;
        *slot = mp_malloc(random_below(&random, limit));
    }
    for (int i = 0; i < SLOTS; i++)
        mp_free(slots[i]);
}

static size_t resident_bytes(void) {
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL && fscanf(file, "%*u %zu", &pages) == 1, "statm");
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void leave(const char *unused) {
    (void)unused;
    use_and_free();
    size_t resident = resident_bytes();
    printf("%zu %zu\n", dirty_bytes() / MIB, resident / MIB);
}

/* Memory lies free for longer than a delay of 10 ms; then the process goes on allocating a little. */
static void wait_and_go_on(const char *unused) {
    (void)unused;
    use_and_free();
    pause_us(50000);
    for (int i = 0; i < 200; i++)
        CHECK(mp_malloc(1000) != NULL, "block %d", i);
    printf("%zu\n", dirty_bytes() / MIB);
}

static void hold(const char *unused) {
    (void)unused;
    for (int i = 0; i < 1000; i++)
        CHECK(mp_malloc(100) != NULL, "block %d", i);
}

/* What the system was told about the mapping in which `block` stands. */
static const char *huge_advice(const void *block) {
    static char line[4096];
    FILE *file = fopen("/proc/self/smaps", "r");
    CHECK(file != NULL, "smaps");
    const char *advice = "unknown";
    int inside = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        uintptr_t start, end;
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &start, &end) == 2)
            inside = (uintptr_t)block >= start && (uintptr_t)block < end;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            advice = strstr(line, " hg") != NULL ? "hg" : strstr(line, " nh") != NULL ? "nh" : "none";
    }
    fclose(file);
    return advice;
}

static void huge(const char *unused) {
    (void)unused;
    char *run = mp_malloc(BLOCK_BYTES), *mapped = mp_malloc(40 * MIB);
    CHECK(run != NULL && mapped != NULL, "blocks");
    printf("%s %s ", huge_advice(run), huge_advice(mapped));
    mapped = mp_realloc(mapped, 200 * (size_t)MIB);
    CHECK(mapped != NULL, "200 MiB");
    printf("%s\n", huge_advice(mapped));
    mp_free(run);
    mp_free(mapped);
}

static void values(const char *unused) {
    (void)unused;
    void *block = mp_malloc(BLOCK_BYTES); /* whoever does not ask for options reads them, too */
    mp_free(block);
    printf("secure %d", getauxval(AT_SECURE) != 0);
    for (int option = 0; mp_option_name((mp_option)option) != NULL; option++)
        printf(" %zu", value_of((mp_option)option));
    putchar('\n');
}

/* No environment at all; what is set at run time outlives one that comes later. */
static void cleared(const char *unused) {
    (void)unused;
    clearenv();
    mp_free(mp_malloc(BLOCK_BYTES));
    CHECK(mp_option_set(MP_OPTION_RELEASE_DELAY_MS, 5) == 0, "delay");
    CHECK(setenv("MINIPOOL_RELEASE_DELAY_MS", "6", 1) == 0, "setenv");
    mp_free(mp_malloc(BLOCK_BYTES));
    printf("%zu\n", value_of(MP_OPTION_RELEASE_DELAY_MS));
}

/* An environment that no shell makes: a name twice, and one without a value. */
static void odd(const char *unused) {
    (void)unused;
    char *arguments[] = {(char *)"options", (char *)"values", NULL};
    char *environment[] = {(char *)"MINIPOOL_RELEASE_DELAY_MS=5", (char *)"MINIPOOL_RELEASE_DELAY_MS=6",
                           (char *)"MINIPOOL_HARDENING", NULL};
    execve("/proc/self/exe", arguments, environment);
    CHECK(0, "execve: errno %d", errno);
}

int main(int argc, char **argv) {
    static const struct {
        const char *word;
        void (*run)(const char *argument);
    } words[] = {{"churn", churn}, {"leave", leave},   {"wait", wait_and_go_on}, {"hold", hold},
                 {"huge", huge},   {"values", values}, {"cleared", cleared},     {"odd", odd}};
    if (argc > 1) {
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
            if (strcmp(argv[1], words[i].word) == 0) {
                words[i].run(argv[2]);
                return 0;
            }
        fprintf(stderr, "options: no such word: %s\n", argv[1]);
        return 2;
    }
    names_and_ranges();
    texts();
    if (value_of(MP_OPTION_HARDENING) < 2) /* there large blocks go back to the system at once */
        a_new_bound_acts_at_once();
    changes_from_threads();
    return 0;
}
