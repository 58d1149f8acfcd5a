/*
 * crowd.c - what changes when many threads have a cache: a span that is half free waits with the others, may be given
 * away at once, and none is lost. Sixteen sleepers make the crowd; the caller works as one of them.
 */
#include <pthread.h>

#include "central_cache.h"
#include "page_heap.h"
#include "testing.h"
#include "thread_cache.h"

enum { SLEEPERS = CROWD_THREADS, BLOCKS = 60000, ROUNDS = 400 };

static pthread_barrier_t awake, end;

static void *sleeper(void *argument) {
    (void)argument;
    mp_free(mp_malloc(64));
    pthread_barrier_wait(&awake);
    pthread_barrier_wait(&end);
    return NULL;
}

static void count_owned(Span *span, void *argument) {
    size_t *owned = argument;
    *owned += atomic_load(&span->control) == (uintptr_t)thread_cache_current;
}

/* Gives up all that the calling thread has; then nothing names it any more. */
static void expect_no_span_lost(void) {
    thread_cache_flush();
    size_t owned = 0;
    page_heap_each(count_owned, &owned);
    CHECK(owned == 0, "%zu spans belong to a thread that gave all up", owned);
    mp_check();
}

/* Fills and empties by random parts, so that spans are full, half full and waiting in every mixture. */
static void churn(size_t size, uint64_t *random) {
    static unsigned char *blocks[BLOCKS];
    size_t count = size < 256 ? BLOCKS : BLOCKS * 256 / size;
    for (int round = 0; round < ROUNDS; round++) {
        /* Some everywhere, or all of a stretch of about a span or two. */
        size_t keep_in = 1 + random_below(random, 4), from = 0, to = count;
        if (round % 4 != 0 && round != ROUNDS - 1) {
            from = random_below(random, count);
            to = from + random_below(random, 3 * PAGE_BYTES / size + 2);
            keep_in = random_below(random, 2);
        }
        for (size_t i = 0; i < count; i++)
            if (blocks[i] == NULL) {
                blocks[i] = mp_malloc(size);
                CHECK(blocks[i] != NULL, "%zu bytes", size);
                blocks[i][0] = blocks[i][size - 1] = (unsigned char)i;
            }
        for (size_t i = 0; i < count; i++)
            if (round == ROUNDS - 1 || (i >= from && i < to && random_below(random, keep_in + 1) <= keep_in / 2)) {
                CHECK(blocks[i][0] == (unsigned char)i && blocks[i][size - 1] == (unsigned char)i, "block %zu", i);
                mp_free(blocks[i]);
                blocks[i] = NULL;
            }
        if (round % 8 == 7)
            mp_check();
    }
}

/* Two threads at it, so that what one gives away is adopted, filled and emptied by the other. */
static void *other(void *argument) {
    uint64_t random = 99;
    unsigned char **blocks = argument;
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < BLOCKS; i++)
            if (blocks[i] == NULL)
                blocks[i] = mp_malloc(16 + random_below(&random, 3) * 240);
        for (size_t i = 0; i < BLOCKS; i++)
            if (round == ROUNDS - 1 || random_below(&random, 3) != 0) {
                mp_free(blocks[i]);
                blocks[i] = NULL;
            }
    }
    return NULL;
}

int main(void) {
    static unsigned char *others[BLOCKS];
    pthread_t sleepers[SLEEPERS], id;
    pthread_barrier_init(&awake, NULL, SLEEPERS + 1);
    pthread_barrier_init(&end, NULL, SLEEPERS + 1);
    for (int i = 0; i < SLEEPERS; i++)
        CHECK(pthread_create(&sleepers[i], NULL, sleeper, NULL) == 0, "thread");
    pthread_barrier_wait(&awake);

    static const size_t sizes[] = {16, 256, 496, 1024, 4096, 20000};
    uint64_t random = 1;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        churn(sizes[i], &random);
        expect_no_span_lost();
    }
    CHECK(pthread_create(&id, NULL, other, others) == 0, "thread");
    for (size_t i = 0; i < 3; i++)
        churn(16 + i * 240, &random);
    CHECK(pthread_join(id, NULL) == 0, "thread");
    expect_no_span_lost();

    pthread_barrier_wait(&end);
    for (int i = 0; i < SLEEPERS; i++)
        CHECK(pthread_join(sleepers[i], NULL) == 0, "thread");
    return 0;
}
