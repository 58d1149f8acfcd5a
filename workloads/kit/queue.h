/*
 * queue.h - hands messages of one fixed size from thread to thread, by value, in kit memory.
 *
 * Four kinds, because how blocks travel decides which thread frees them and how warm they are then:
 *   LIFO  a stack under one mutex, sleepers on condition variables
 *   FIFO  a ring under one mutex
 *   SPSC  a ring for one producer and one consumer, without locks
 *   MPMC  a ring with a turn number in each cell, any number of threads, without locks
 * All are bounded: a push waits while the queue is full, a pop while it is empty, asleep after a short spin.
 */
#ifndef ALLOCBENCH_KIT_QUEUE_H
#define ALLOCBENCH_KIT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum QueueKind { QUEUE_LIFO, QUEUE_FIFO, QUEUE_SPSC, QUEUE_MPMC, QUEUE_KINDS } QueueKind;

/* Names in the order of QueueKind, for a CHOICE parameter. */
extern const char *const queue_names[QUEUE_KINDS + 1];

typedef struct Queue Queue;

typedef struct QueueStatistics {
    uint64_t pushes;
    uint64_t depth_sum; /* of the messages found waiting, at each push: / pushes is the mean occupancy */
    uint64_t depth_maximum;
    uint64_t push_waits; /* times a producer found it full */
    uint64_t pop_waits;  /* times a consumer found it empty */
} QueueStatistics;

/* Room for `capacity` messages (lock-free kinds round up to a power of two). Lives as long as the process. */
Queue *queue_create(QueueKind kind, size_t capacity, size_t message_bytes);

/* Copies the message in. Waits while full; false: the queue is closed, nothing was taken. */
bool queue_push(Queue *queue, const void *message);

/* Copies a message out. Waits while empty; false: closed and empty. */
bool queue_pop(Queue *queue, void *message);

/* Pops without waiting: for clearing up after all threads have ended. */
bool queue_drain(Queue *queue, void *message);

/* Wakes all waiters. Messages inside stay and can be popped. Any thread, more than once. */
void queue_close(Queue *queue);

/* Exact once all threads stand still. */
QueueStatistics queue_statistics(const Queue *queue);

/* Adds the statistics of several queues and notes them: mean depth in hundredths of a message, maximum, waits. */
void queue_note(Queue *const *queues, size_t count);

#endif
