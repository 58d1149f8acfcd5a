/* queue.c - the four queues behind queue.h. */
#include "queue.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "event.h"
#include "mapping.h"
#include "thread.h"
#include "workload.h"

const char *const queue_names[QUEUE_KINDS + 1] = {"lifo", "fifo", "spsc", "mpmc", NULL};

enum { SPINS = 64 };

/* Written by the pushing side only; the popping side's counter has its own line. */
typedef struct PushCounters {
    _Alignas(64) _Atomic uint64_t pushes, depth_sum, depth_maximum, waits;
} PushCounters;

struct Queue {
    QueueKind kind;
    size_t capacity, message_bytes, stride;
    unsigned char *cells;
    _Atomic bool closed;

    /* LIFO and FIFO. Under the mutex: depth and first; the oldest message stands at first. */
    pthread_mutex_t mutex;
    pthread_cond_t not_full, not_empty;
    size_t depth, first;

    /*
     * SPSC and MPMC: messages pushed and popped so far. SPSC: tail has one writer that releases a cell to the consumer,
     * head one that releases it back. MPMC: claimed by compare-exchange, the cell's turn carries the release.
     */
    _Alignas(64) _Atomic uint64_t tail;
    uint64_t head_seen; /* the SPSC producer's last look at head */
    _Alignas(64) _Atomic uint64_t head;
    uint64_t tail_seen; /* the SPSC consumer's last look at tail */
    Event pushed, popped;

    PushCounters push;
    _Alignas(64) _Atomic uint64_t pop_waits;
};

/* An MPMC cell: turn 2n lets message n be written, 2n+1 lets it be read (n counted in rounds of the ring). */
typedef struct Cell {
    _Atomic uint64_t turn;
    unsigned char message[];
} Cell;

/* Relaxed: statistics. Only MPMC has several writers that no mutex orders. */
static void add(const Queue *queue, _Atomic uint64_t *counter, uint64_t amount) {
    if (queue->kind == QUEUE_MPMC)
        atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
    else
        atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + amount,
                              memory_order_relaxed);
}

static void count_push(Queue *queue, uint64_t depth) {
    add(queue, &queue->push.pushes, 1);
    add(queue, &queue->push.depth_sum, depth);
    uint64_t maximum = atomic_load_explicit(&queue->push.depth_maximum, memory_order_relaxed);
    while (depth > maximum && !atomic_compare_exchange_weak_explicit(&queue->push.depth_maximum, &maximum, depth,
                                                                     memory_order_relaxed, memory_order_relaxed))
        continue;
}

Queue *queue_create(QueueKind kind, size_t capacity, size_t message_bytes) {
    Queue *queue = mapping_create(1, sizeof *queue);
    queue->kind = kind;
    queue->capacity = capacity;
    if (kind == QUEUE_SPSC || kind == QUEUE_MPMC) {
        for (queue->capacity = 2; queue->capacity < capacity;)
            queue->capacity *= 2;
    }
    queue->message_bytes = message_bytes;
    queue->stride = ((kind == QUEUE_MPMC ? sizeof(Cell) : 0) + message_bytes + 7) & ~(size_t)7;
    queue->cells = mapping_create(queue->capacity, queue->stride);
    pthread_mutex_init(&queue->mutex, NULL);
    pthread_cond_init(&queue->not_full, NULL);
    pthread_cond_init(&queue->not_empty, NULL);
    return queue;
}

static void *cell_at(Queue *queue, uint64_t index) {
    return queue->cells + index * queue->stride;
}

static bool locked_push(Queue *queue, const void *message) {
    pthread_mutex_lock(&queue->mutex);
    if (queue->depth == queue->capacity)
        add(queue, &queue->push.waits, 1);
    while (queue->depth == queue->capacity && !queue->closed)
        pthread_cond_wait(&queue->not_full, &queue->mutex);
    bool open = !queue->closed;
    if (open) {
        memcpy(cell_at(queue, (queue->first + queue->depth) % queue->capacity), message, queue->message_bytes);
        count_push(queue, queue->depth);
        queue->depth++;
    }
    pthread_mutex_unlock(&queue->mutex);
    if (open)
        pthread_cond_signal(&queue->not_empty);
    return open;
}

/* Under the mutex, depth > 0. */
static void take_locked(Queue *queue, void *message) {
    queue->depth--;
    if (queue->kind == QUEUE_LIFO) {
        memcpy(message, cell_at(queue, queue->depth), queue->message_bytes); /* first stays 0 */
        return;
    }
    memcpy(message, cell_at(queue, queue->first), queue->message_bytes);
    queue->first = queue->first + 1 == queue->capacity ? 0 : queue->first + 1;
}

static bool locked_pop(Queue *queue, void *message) {
    pthread_mutex_lock(&queue->mutex);
    if (queue->depth == 0)
        add(queue, &queue->pop_waits, 1);
    while (queue->depth == 0 && !queue->closed)
        pthread_cond_wait(&queue->not_empty, &queue->mutex);
    bool found = queue->depth > 0;
    if (found)
        take_locked(queue, message);
    pthread_mutex_unlock(&queue->mutex);
    if (found)
        pthread_cond_signal(&queue->not_full);
    return found;
}

static bool spsc_try_push(Queue *queue, const void *message) {
    uint64_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);
    if (tail - queue->head_seen >= queue->capacity) {
        queue->head_seen = atomic_load_explicit(&queue->head, memory_order_acquire);
        if (tail - queue->head_seen >= queue->capacity)
            return false;
    }
    memcpy(cell_at(queue, tail & (queue->capacity - 1)), message, queue->message_bytes);
    atomic_store_explicit(&queue->tail, tail + 1, memory_order_release);
    count_push(queue, tail - queue->head_seen);
    return true;
}

static bool spsc_try_pop(Queue *queue, void *message) {
    uint64_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);
    if (head == queue->tail_seen) {
        queue->tail_seen = atomic_load_explicit(&queue->tail, memory_order_acquire);
        if (head == queue->tail_seen)
            return false;
    }
    memcpy(message, cell_at(queue, head & (queue->capacity - 1)), queue->message_bytes);
    atomic_store_explicit(&queue->head, head + 1, memory_order_release);
    return true;
}

static bool mpmc_try_push(Queue *queue, const void *message) {
    uint64_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);
    for (;;) {
        Cell *cell = cell_at(queue, tail & (queue->capacity - 1));
        uint64_t wanted = 2 * (tail / queue->capacity);
        uint64_t turn = atomic_load_explicit(&cell->turn, memory_order_acquire);
        if (turn == wanted) {
            if (atomic_compare_exchange_weak_explicit(&queue->tail, &tail, tail + 1, memory_order_relaxed,
                                                      memory_order_relaxed)) {
                memcpy(cell->message, message, queue->message_bytes);
                atomic_store_explicit(&cell->turn, turn + 1, memory_order_release);
                uint64_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);
                count_push(queue, head < tail ? tail - head : 0);
                return true;
            }
        } else if (turn < wanted) {
            return false;
        } else {
            tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);
        }
    }
}

static bool mpmc_try_pop(Queue *queue, void *message) {
    uint64_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);
    for (;;) {
        Cell *cell = cell_at(queue, head & (queue->capacity - 1));
        uint64_t wanted = 2 * (head / queue->capacity) + 1;
        uint64_t turn = atomic_load_explicit(&cell->turn, memory_order_acquire);
        if (turn == wanted) {
            if (atomic_compare_exchange_weak_explicit(&queue->head, &head, head + 1, memory_order_relaxed,
                                                      memory_order_relaxed)) {
                memcpy(message, cell->message, queue->message_bytes);
                atomic_store_explicit(&cell->turn, turn + 1, memory_order_release);
                return true;
            }
        } else if (turn < wanted) {
            return false;
        } else {
            head = atomic_load_explicit(&queue->head, memory_order_relaxed);
        }
    }
}

static bool try_push(Queue *queue, const void *message) {
    return queue->kind == QUEUE_SPSC ? spsc_try_push(queue, message) : mpmc_try_push(queue, message);
}

static bool try_pop(Queue *queue, void *message) {
    return queue->kind == QUEUE_SPSC ? spsc_try_pop(queue, message) : mpmc_try_pop(queue, message);
}

typedef enum Outcome { MOVED, BLOCKED, CLOSED } Outcome;

static Outcome attempt_push(Queue *queue, void *message) {
    if (atomic_load_explicit(&queue->closed, memory_order_acquire))
        return CLOSED;
    return try_push(queue, message) ? MOVED : BLOCKED;
}

/* closed is read first (acquire, partner of the store in queue_close): what was pushed before closing is still found.
 */
static Outcome attempt_pop(Queue *queue, void *message) {
    bool closed = atomic_load_explicit(&queue->closed, memory_order_acquire);
    return try_pop(queue, message) ? MOVED : closed ? CLOSED : BLOCKED;
}

/* Tries, spins a little, then sleeps on `awaited`; tells `changed` when the message has moved. */
static bool ring_exchange(Queue *queue, void *message, Outcome (*attempt)(Queue *, void *), Event *awaited,
                          Event *changed, _Atomic uint64_t *waits) {
    /* Spinning only helps when the other side has a processor of its own. */
    int spins = thread_processors() > 1 ? SPINS : 0;
    bool waited = false;
    Outcome outcome;
    while ((outcome = attempt(queue, message)) == BLOCKED) {
        if (!waited)
            add(queue, waits, 1);
        waited = true;
        if (spins > 0) {
            spins--;
            event_relax();
            continue;
        }
        uint32_t key = event_prepare(awaited);
        outcome = attempt(queue, message);
        if (outcome != BLOCKED) {
            event_cancel(awaited);
            break;
        }
        event_wait(awaited, key);
    }
    if (outcome == MOVED)
        event_notify(changed);
    return outcome == MOVED;
}

static bool is_locked_kind(const Queue *queue) {
    return queue->kind == QUEUE_LIFO || queue->kind == QUEUE_FIFO;
}

bool queue_push(Queue *queue, const void *message) {
    if (is_locked_kind(queue))
        return locked_push(queue, message);
    /* attempt_push only reads the message; the cast lets both directions share ring_exchange(). */
    return ring_exchange(queue, (void *)(uintptr_t)message, attempt_push, &queue->popped, &queue->pushed,
                         &queue->push.waits);
}

bool queue_pop(Queue *queue, void *message) {
    if (is_locked_kind(queue))
        return locked_pop(queue, message);
    return ring_exchange(queue, message, attempt_pop, &queue->pushed, &queue->popped, &queue->pop_waits);
}

bool queue_drain(Queue *queue, void *message) {
    if (!is_locked_kind(queue))
        return try_pop(queue, message);
    pthread_mutex_lock(&queue->mutex);
    bool found = queue->depth > 0;
    if (found)
        take_locked(queue, message);
    pthread_mutex_unlock(&queue->mutex);
    return found;
}

void queue_close(Queue *queue) {
    pthread_mutex_lock(&queue->mutex);
    atomic_store_explicit(&queue->closed, true, memory_order_release);
    pthread_cond_broadcast(&queue->not_full);
    pthread_cond_broadcast(&queue->not_empty);
    pthread_mutex_unlock(&queue->mutex);
    event_notify(&queue->pushed);
    event_notify(&queue->popped);
}

static uint64_t read_counter(const _Atomic uint64_t *counter) {
    return atomic_load_explicit(counter, memory_order_relaxed);
}

QueueStatistics queue_statistics(const Queue *queue) {
    return (QueueStatistics){read_counter(&queue->push.pushes), read_counter(&queue->push.depth_sum),
                             read_counter(&queue->push.depth_maximum), read_counter(&queue->push.waits),
                             read_counter(&queue->pop_waits)};
}

void queue_note(Queue *const *queues, size_t count) {
    QueueStatistics sum = {0};
    for (size_t i = 0; i < count; i++) {
        QueueStatistics one = queue_statistics(queues[i]);
        sum.pushes += one.pushes;
        sum.depth_sum += one.depth_sum;
        sum.depth_maximum = one.depth_maximum > sum.depth_maximum ? one.depth_maximum : sum.depth_maximum;
        sum.push_waits += one.push_waits;
        sum.pop_waits += one.pop_waits;
    }
    kit_note("queue_mean_depth_percent", sum.pushes ? sum.depth_sum * 100 / sum.pushes : 0);
    kit_note("queue_maximum_depth", sum.depth_maximum);
    kit_note("queue_push_waits", sum.push_waits);
    kit_note("queue_pop_waits", sum.pop_waits);
}
