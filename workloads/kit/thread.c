/* thread.c - starting, pinning and lining up threads. See thread.h. */
#include "thread.h"

#include <sched.h>
#include <string.h>

#include "mapping.h"

static cpu_set_t allowed;
static bool pinning;

void thread_prepare(const Options *options) {
    pinning = options->pin;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) == 0) {
        if (pinning)
            slot_fail(SLOT_VERDICT_UNSUPPORTED, "--pin: cannot tell which processors this process may use");
        CPU_ZERO(&allowed);
        CPU_SET(0, &allowed);
    }
}

uint32_t thread_processors(void) {
    return (uint32_t)CPU_COUNT(&allowed);
}

void thread_pin(uint32_t index) {
    if (!pinning)
        return;
    uint32_t left = index % thread_processors();
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed) || left-- > 0)
            continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        if (sched_setaffinity(0, sizeof one, &one) != 0)
            slot_fail(SLOT_VERDICT_UNSUPPORTED, "--pin: cannot bind a thread to processor %zu", cpu);
        return;
    }
}

pthread_t thread_start(void *(*body)(void *), void *argument) {
    pthread_t thread;
    int error = pthread_create(&thread, NULL, body, argument);
    if (error != 0)
        slot_fail(SLOT_VERDICT_UNSUPPORTED, "cannot start a thread: %s", strerror(error));
    return thread;
}

/* One team at a time: the barrier and the body belong to the running team_run(). */
static pthread_barrier_t team_barrier;
static const Options *team_options;
static void (*team_body)(Worker *);

static void *team_thread(void *argument) {
    Worker *worker = argument;
    thread_pin(worker->index);
    team_body(worker);
    return NULL;
}

/* Two waits: all have arrived, then worker 0 takes the mark while the others stand still. */
void team_begin(const Worker *worker) {
    pthread_barrier_wait(&team_barrier);
    if (worker->index == 0) {
        slot_begin();
        worker_start_clock(team_options);
    }
    pthread_barrier_wait(&team_barrier);
    probe_break(worker->probe);
}

void team_end(const Worker *worker) {
    pthread_barrier_wait(&team_barrier);
    if (worker->index == 0)
        slot_end();
    pthread_barrier_wait(&team_barrier);
}

void team_run(const Options *options, Worker *workers, uint32_t count, void (*body)(Worker *)) {
    team_options = options;
    team_body = body;
    pthread_barrier_init(&team_barrier, NULL, count);
    pthread_t *threads = mapping_create(count, sizeof *threads);
    for (uint32_t i = 1; i < count; i++)
        threads[i] = thread_start(team_thread, &workers[i]);
    team_thread(&workers[0]);
    for (uint32_t i = 1; i < count; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&team_barrier);
    workers_finish(workers, count);
}
