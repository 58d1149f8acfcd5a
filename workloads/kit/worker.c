/* worker.c - creation, division of the work, summing up. */
#include "worker.h"

#include "clock.h"
#include "mapping.h"

/* Written before the threads of a run pass their start barrier, read-only afterwards. */
static uint64_t deadline_ns;

Worker *workers_create(const Options *options, uint32_t count) {
    Worker *workers = mapping_create(count, sizeof *workers);
    for (uint32_t i = 0; i < count; i++) {
        Worker *worker = &workers[i];
        worker->index = i;
        worker->verify = options->verify;
        worker->timed = options->duration_ns != 0;
        worker->random = random_seeded(options->seed, i);
        worker->line = slot_line(i);
        worker->probe = probe_create(i);
    }
    return workers;
}

void worker_assign(Worker *worker, const Options *options, uint32_t part, uint32_t parts) {
    worker->remaining = options->operations / parts + (part < options->operations % parts);
}

void workers_finish(const Worker *workers, uint32_t count) {
    uint64_t operations = 0, checksum = 0, requested_bytes = 0;
    ProbeTotals totals = {0, 0};
    for (uint32_t i = 0; i < count; i++) {
        probe_merge(workers[i].probe, &totals);
        operations += workers[i].operations;
        checksum += workers[i].checksum;
        requested_bytes += workers[i].requested_bytes;
    }
    probe_report(&totals);
    slot_finish(operations, checksum, requested_bytes);
}

void worker_start_clock(const Options *options) {
    deadline_ns = clock_now_ns() + options->duration_ns;
}

bool worker_time_is_up(void) {
    return clock_now_ns() >= deadline_ns;
}
