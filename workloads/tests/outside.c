/* outside.c - the smallest complete workload: pairs of malloc and free. Built against the installed kit by a test. */
#include "kit/kit.h"

__attribute__((noinline)) static void timed_pairs(Probe *probe, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        void *block = probe_malloc(probe, 64);
        if (!block)
            slot_out_of_memory("malloc", 64);
        probe_free(probe, block, 64);
    }
}

static void work(Worker *worker) {
    team_begin(worker);
    for (uint64_t taken; (taken = worker_take(worker, WORKER_BATCH)) > 0;) {
        timed_pairs(worker->probe, taken);
        worker_done(worker, taken, 64 * taken);
    }
    worker_seal(worker, 0);
    team_end(worker);
}

static void run(const Options *options) {
    Worker *workers = workers_create(options, options->threads);
    for (uint32_t i = 0; i < options->threads; i++)
        worker_assign(&workers[i], options, i, options->threads);
    team_run(options, workers, options->threads, work);
}

static const Workload workload = {
    .name = "outside",
    .summary = "pairs of malloc and free",
    .models = "nothing real",
    .published = "here",
    .changed = "nothing",
    .unit = "pairs",
    .default_operations = 1000000,
    .run = run,
};

int main(int argc, char **argv) {
    return kit_main(&workload, argc, argv);
}
