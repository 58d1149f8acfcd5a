/*
 * worker.h - what one thread of a workload owns while it works: its generator, its share of the work, its counters.
 *
 * A Worker has one user at a time. Workloads whose threads hand on to successors pass the Worker along with
 * pthread_create, which orders the accesses.
 */
#ifndef ALLOCBENCH_KIT_WORKER_H
#define ALLOCBENCH_KIT_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "probe.h"
#include "random.h"
#include "slot.h"
#include "workload.h"

/* Operations between two looks at the clock; the counters in the slot page lag behind by at most this. */
enum { WORKER_BATCH = 512 };

typedef struct Worker {
    _Alignas(128) uint32_t index; /* own pair of cache lines: neighbours are prefetched together */
    bool verify;
    bool timed; /* runs until the deadline instead of until `remaining` is 0 */
    Random random;
    SlotLine *line;
    Probe *probe;       /* NULL unless single calls are observed */
    uint64_t remaining; /* operations left to take */
    uint64_t operations;
    uint64_t requested_bytes;
    uint64_t checksum; /* of this thread's request sequence; the run's is the sum */
} Worker;

/* `count` workers in kit memory, each seeded with its index, without work. */
Worker *workers_create(const Options *options, uint32_t count);

/* Gives the worker part `part` of the operations divided evenly into `parts`. */
void worker_assign(Worker *worker, const Options *options, uint32_t part, uint32_t parts);

/* Sums the workers into the slot page: slot_finish(). */
void workers_finish(const Worker *workers, uint32_t count);

/* Starts the clock that --seconds runs against. Called at the first mark. */
void worker_start_clock(const Options *options);
bool worker_time_is_up(void);

/* Takes up to `at_most` operations; 0 means the work or the time is over. What was taken is reported by worker_done. */
static inline uint64_t worker_take(Worker *worker, uint64_t at_most) {
    if (worker->timed)
        return worker_time_is_up() ? 0 : at_most;
    uint64_t taken = worker->remaining < at_most ? worker->remaining : at_most;
    worker->remaining -= taken;
    return taken;
}

static inline void worker_done(Worker *worker, uint64_t operations, uint64_t requested_bytes) {
    worker->operations += operations;
    worker->requested_bytes += requested_bytes;
    slot_add_operations(worker->line, operations);
}

/*
 * Folds the thread's request sequence into its checksum: the generator's state says how many numbers were drawn, the
 * sum of sizes what they were used for. Call when the thread's sequence is complete; costs nothing an operation.
 */
static inline void worker_seal(Worker *worker, uint64_t further) {
    worker->checksum += random_mix(worker->random.state ^ random_mix(worker->requested_bytes ^ random_mix(further)));
}

#endif
