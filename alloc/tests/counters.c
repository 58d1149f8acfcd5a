/*
 * counters.c - the counters of mp_stats at quiet points: what the fast paths do is in none of them, what goes beyond is
 * in the right one, and the sums agree with each other after several threads have worked.
 */
#include "testing.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BLOCKS = 6400, SMALL = 64, PAGE_SIZED = 4096, LARGE = 300000 };

static void *blocks[BLOCKS];

static mp_stats picture(void) {
    mp_stats stats;
    mp_stats_get(&stats);
    return stats;
}

static void check_sums(void) {
    mp_stats stats = picture();
    CHECK(stats.refills_page_heap + stats.large_blocks == stats.spans_created,
          "%" PRIu64 " spans for classes, %" PRIu64 " for large blocks, %" PRIu64 " created", stats.refills_page_heap,
          stats.large_blocks, stats.spans_created);
    CHECK(stats.lock_contentions <= stats.lock_acquisitions, "%" PRIu64, stats.lock_contentions);
    CHECK(stats.atomic_operations >= 2 * stats.lock_acquisitions + stats.remote_frees, "%" PRIu64,
          stats.atomic_operations);
}

static void *fill(void *size) {
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = mp_malloc(*(const size_t *)size);
        CHECK(blocks[i] != NULL, "block %d", i);
    }
    return NULL;
}

static void empty(void) {
    for (int i = 0; i < BLOCKS; i++)
        mp_free(blocks[i]);
}

static void in_a_thread(void *(*work)(void *), void *argument) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, work, argument) == 0, "thread");
    CHECK(pthread_join(thread, NULL) == 0, "thread");
}

/* -- one thread ------------------------------------------------------------------------------------------------- */

static void fast_paths_count_nothing(void) {
    mp_free(mp_malloc(SMALL));
    mp_stats first = picture(), second = picture();
    for (int i = 0; i < 100000; i++)
        mp_free(mp_malloc(SMALL));
    mp_stats third = picture();
    /* taking a picture takes locks: as many each time */
    CHECK(third.lock_acquisitions - second.lock_acquisitions == second.lock_acquisitions - first.lock_acquisitions,
          "%" PRIu64 " locks", third.lock_acquisitions - second.lock_acquisitions);
    CHECK(third.atomic_operations - second.atomic_operations == second.atomic_operations - first.atomic_operations,
          "%" PRIu64 " atomics", third.atomic_operations - second.atomic_operations);
    second.lock_acquisitions = third.lock_acquisitions;
    second.atomic_operations = third.atomic_operations;
    CHECK(memcmp(&second, &third, sizeof(second)) == 0, "another number changed");
}

static void tiers(void) {
    size_t size = PAGE_SIZED; /* a refill of this class gives one object */
    mp_stats before = picture();
    fill(&size);
    mp_stats after = picture();
    uint64_t fresh = after.refills_carved - before.refills_carved + after.refills_page_heap - before.refills_page_heap;
    CHECK(fresh == BLOCKS, "%" PRIu64 " refills for %d blocks", fresh, (int)BLOCKS);
    CHECK(after.refills_held == before.refills_held && after.spans_adopted == before.spans_adopted, "reuse of nothing");
    for (int i = 0; i < BLOCKS; i += 2) /* spans keep used objects and wait */
        mp_free(blocks[i]);
    before = picture();
    for (int i = 0; i < BLOCKS; i += 2)
        blocks[i] = mp_malloc(size);
    after = picture();
    CHECK(after.refills_held > before.refills_held, "no freed object was used again");
    CHECK(after.lock_contentions == 0 && after.lock_sleeps == 0, "one thread waited for itself");
    empty();
    check_sums();
}

static void large_blocks(void) {
    mp_stats before = picture();
    for (int i = 0; i < 10; i++)
        blocks[i] = mp_malloc(LARGE);
    void *mapped = mp_malloc((size_t)40 << 20);
    for (int i = 0; i < 10; i++)
        mp_free(blocks[i]);
    mp_free(mapped);
    mp_stats after = picture();
    CHECK(after.large_blocks - before.large_blocks == 11, "%" PRIu64, after.large_blocks - before.large_blocks);
    CHECK(after.os_calls - before.os_calls >= 2, "%" PRIu64 " calls", after.os_calls - before.os_calls);
    check_sums();
}

/* One lock to find a run and one to take it back: what describes runs is the page heap's own. */
static void a_large_pair_takes_two_locks(void) {
    enum { PAIRS = 1000 };
    mp_free(mp_malloc(LARGE)); /* a run and the Spans to cut it */
    mp_stats first = picture(), second = picture();
    for (int i = 0; i < PAIRS; i++)
        mp_free(mp_malloc(LARGE));
    mp_stats third = picture();
    uint64_t of_a_picture = second.lock_acquisitions - first.lock_acquisitions;
    uint64_t taken = third.lock_acquisitions - second.lock_acquisitions - of_a_picture;
    CHECK(taken == 2 * PAIRS, "%" PRIu64 " locks for %d pairs", taken, (int)PAIRS);
    CHECK(third.metadata_bytes == second.metadata_bytes, "Spans are not used again");
}

/* -- several ---------------------------------------------------------------------------------------------------- */

static void *only_free(void *unused) {
    (void)unused;
    empty();
    return NULL;
}

static void *free_with_a_cache(void *unused) {
    void *own = mp_malloc(SMALL);
    only_free(unused);
    mp_free(own);
    return NULL;
}

static void remote_frees(void) {
    void *(*const ways[])(void *) = {only_free, free_with_a_cache};
    for (int way = 0; way < 2; way++) {
        size_t size = PAGE_SIZED; /* too large to wait in an outbox */
        fill(&size);
        mp_stats before = picture();
        in_a_thread(ways[way], NULL);
        mp_stats after = picture();
        CHECK(after.remote_frees - before.remote_frees == BLOCKS, "way %d: %" PRIu64, way,
              after.remote_frees - before.remote_frees);
        CHECK(after.atomic_operations - before.atomic_operations >= BLOCKS, "way %d", way);
    }
    check_sums();
}

static void *fill_and_free_half(void *size) {
    fill(size);
    for (int i = 0; i < BLOCKS; i += 2) {
        mp_free(blocks[i]);
        blocks[i] = NULL;
    }
    return NULL;
}

static void adoption(void) {
    size_t size = PAGE_SIZED / 2; /* a class in which this thread has no span */
    in_a_thread(fill_and_free_half, &size);
    mp_stats before = picture();
    void *block = mp_malloc(size);
    mp_stats after = picture();
    CHECK(after.spans_adopted == before.spans_adopted + 1, "%" PRIu64, after.spans_adopted);
    mp_free(block);
    empty();
    check_sums();
}

static void *fill_the_gaps(void *size) {
    for (int i = 0; i < BLOCKS; i += 2) {
        blocks[i] = mp_malloc(*(const size_t *)size);
        CHECK(blocks[i] != NULL, "block %d", i);
    }
    return NULL;
}

/* A thread that begins has what the last one that ended had free, without the other tiers. */
static void inheritance(void) {
    size_t size = PAGE_SIZED / 2;
    in_a_thread(fill_and_free_half, &size);
    mp_stats before = picture();
    in_a_thread(fill_the_gaps, &size);
    mp_stats after = picture();
    CHECK(after.spans_adopted == before.spans_adopted && after.spans_created == before.spans_created,
          "%" PRIu64 " adopted, %" PRIu64 " created", after.spans_adopted - before.spans_adopted,
          after.spans_created - before.spans_created);
    CHECK(after.refills_held > before.refills_held, "the second thread found nothing");

    empty();

    /* What nobody inherits is everybody's in a child, where its thread never was, and when asked for. */
    size = PAGE_SIZED / 2 + 512; /* a class in which this thread has no span */
    in_a_thread(fill_and_free_half, &size);
    pid_t child = fork();
    if (child == 0) {
        before = picture();
        fill_the_gaps(&size);
        mp_check();
        after = picture();
        _exit(after.spans_adopted > before.spans_adopted ? 0 : 1);
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child && status == 0, "the child ended with %#x", (unsigned)status);
    mp_malloc_trim(0);
    before = picture();
    fill_the_gaps(&size);
    after = picture();
    CHECK(after.spans_adopted > before.spans_adopted, "what nobody inherits is lost");
    empty();
    check_sums();
}

static void *exchange(void *argument) {
    enum { ROUNDS = 40000 };
    static _Atomic(void *) slots[1000];
    uint64_t random = *(const uint64_t *)argument;
    for (int i = 0; i < ROUNDS; i++) {
        void *block = mp_malloc(random_size(&random, LARGE));
        mp_free(atomic_exchange(&slots[random_below(&random, 1000)], block));
    }
    return NULL;
}

static void after_a_storm(void) {
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    uint64_t seeds[THREADS];
    mp_stats before = picture();
    for (int i = 0; i < THREADS; i++) {
        seeds[i] = (uint64_t)i + 1;
        CHECK(pthread_create(&threads[i], NULL, exchange, &seeds[i]) == 0, "thread %d", i);
    }
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0, "thread %d", i);
    mp_stats after = picture();
    CHECK(after.spans_adopted > before.spans_adopted && after.remote_frees > before.remote_frees,
          "a storm without traffic between threads");
    check_sums();
}

/* -- JSON ------------------------------------------------------------------------------------------------------- */

static void json(void) {
    mp_stats stats = picture();
    char text[4096], part[20];
    size_t length = mp_stats_json(&stats, text, sizeof(text));
    CHECK(length == strlen(text) && text[0] == '{' && text[length - 1] == '}', "%s", text);
    const uint64_t *words = (const uint64_t *)(const void *)&stats;
    const char *at = text;
    for (size_t member = 0; member < sizeof(stats) / sizeof(uint64_t); member++) { /* in the order of the struct */
        char name[40];
        uint64_t value;
        int used = 0;
        CHECK(sscanf(at, "%*[{,]\"%39[a-z_]\":%" SCNu64 "%n", name, &value, &used) == 2 && used > 0, "%s", at);
        CHECK(value == words[member], "%s", name);
        at += used;
    }
    CHECK(strcmp(at, "}") == 0, "%s", at);
    CHECK(strstr(text, "\"lock_sleeps\":") != NULL, "%s", text);
    CHECK(mp_stats_json(&stats, part, sizeof(part)) == length && strncmp(part, text, 19) == 0 && part[19] == '\0',
          "%.20s", part);
    CHECK(mp_stats_json(&stats, NULL, 0) == length, "no room at all");
}

int main(void) {
    fast_paths_count_nothing();
    tiers();
    large_blocks();
    a_large_pair_takes_two_locks();
    remote_frees();
    adoption();
    inheritance();
    after_a_storm();
    json();
    return 0;
}
