/* test_queue.c - order, bounds and closing of each kind of queue, and that nothing is lost or doubled between threads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>

#include "../kit/queue.h"
#include "../kit/thread.h"

static void order_and_statistics(void **state) {
    (void)state;
    for (int kind = 0; kind < QUEUE_KINDS; kind++) {
        Queue *queue = queue_create((QueueKind)kind, 4, sizeof(uint64_t));
        for (int round = 0; round < 5; round++) { /* around the ring more than once */
            for (uint64_t i = 0; i < 3; i++)
                assert_true(queue_push(queue, &i));
            for (uint64_t i = 0, value = 9; i < 3; i++) {
                assert_true(queue_pop(queue, &value));
                assert_int_equal(value, kind == QUEUE_LIFO ? 2 - i : i);
            }
        }
        assert_int_equal(queue_statistics(queue).pushes, 15);
        assert_true(queue_statistics(queue).depth_maximum >= 2);
    }
}

static void closing_keeps_what_is_inside(void **state) {
    (void)state;
    for (int kind = 0; kind < QUEUE_KINDS; kind++) {
        Queue *queue = queue_create((QueueKind)kind, 4, sizeof(uint64_t));
        uint64_t value = 77;
        assert_true(queue_push(queue, &value));
        queue_close(queue);
        assert_false(queue_push(queue, &value));
        value = 0;
        assert_true(queue_pop(queue, &value));
        assert_int_equal(value, 77);
        assert_false(queue_pop(queue, &value));
        assert_false(queue_drain(queue, &value));
    }
}

enum { MESSAGES = 100000, THREADS = 3 };

typedef struct Side {
    Queue *queue;
    uint64_t first, count, sum;
} Side;

static void *push_all(void *argument) {
    Side *side = argument;
    for (uint64_t i = side->first; i < side->first + MESSAGES; i++)
        queue_push(side->queue, &i);
    return NULL;
}

static void *pop_all(void *argument) {
    Side *side = argument;
    for (uint64_t value; queue_pop(side->queue, &value); side->count++)
        side->sum += value;
    return NULL;
}

static void nothing_is_lost_between_threads(void **state) {
    (void)state;
    for (int kind = 0; kind < QUEUE_KINDS; kind++) {
        const unsigned threads = kind == QUEUE_SPSC ? 1 : THREADS;
        Queue *queue = queue_create((QueueKind)kind, 8, sizeof(uint64_t)); /* small: both sides must sleep */
        Side pushing[THREADS], popping[THREADS];
        pthread_t pushers[THREADS], poppers[THREADS];
        for (unsigned i = 0; i < threads; i++) {
            pushing[i] = (Side){queue, (uint64_t)i * MESSAGES, 0, 0};
            popping[i] = (Side){queue, 0, 0, 0};
            pushers[i] = thread_start(push_all, &pushing[i]);
            poppers[i] = thread_start(pop_all, &popping[i]);
        }
        for (unsigned i = 0; i < threads; i++)
            pthread_join(pushers[i], NULL);
        queue_close(queue);
        uint64_t count = 0, sum = 0, all = (uint64_t)threads * MESSAGES;
        for (unsigned i = 0; i < threads; i++) {
            pthread_join(poppers[i], NULL);
            count += popping[i].count;
            sum += popping[i].sum;
        }
        assert_int_equal(count, all);
        assert_int_equal(sum, all * (all - 1) / 2);
    }
}

int main(void) {
    const Options options = {.threads = 1};
    thread_prepare(&options);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_and_statistics),
        cmocka_unit_test(closing_keeps_what_is_inside),
        cmocka_unit_test(nothing_is_lost_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
