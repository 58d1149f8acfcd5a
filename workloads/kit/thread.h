/*
 * thread.h - starting, pinning and lining up threads. The kit starts none of its own: every thread is a workload's.
 */
#ifndef ALLOCBENCH_KIT_THREAD_H
#define ALLOCBENCH_KIT_THREAD_H

#include <pthread.h>
#include <stdint.h>

#include "worker.h"

/* Remembers the processors this process may use. Main thread, before anything is pinned. */
void thread_prepare(const Options *options);

/* Binds the calling thread to the index-th allowed processor (modulo their number); does nothing without --pin. */
void thread_pin(uint32_t index);

/* pthread_create that ends the process with verdict UNSUPPORTED when the machine gives no more threads. */
pthread_t thread_start(void *(*body)(void *), void *argument);

/* Processors this process may use. */
uint32_t thread_processors(void);

/*
 * Runs body(worker) in `count` threads and sums up. Worker 0 is the calling thread, so that a run with one thread has
 * one thread. Each body sets up, calls team_begin() once, works, and calls team_end() once; the two marks lie where all
 * threads have arrived. What a body does after team_end() is no longer measured.
 */
void team_run(const Options *options, Worker *workers, uint32_t count, void (*body)(Worker *));
void team_begin(const Worker *worker);
void team_end(const Worker *worker);

#endif
