/*
 * cores.h - which processors this process may use, and keeping the observer off those that the workload is bound to.
 */
#ifndef ALLOCBENCH_EXPERIMENT_CORES_H
#define ALLOCBENCH_EXPERIMENT_CORES_H

#include <jansson.h>
#include <sched.h>
#include <stdint.h>

/* The processors that this process was allowed when it started: what children are given back. */
const cpu_set_t *cores_allowed(void);
uint32_t cores_count(void);

/* Binds the calling process to processors that a workload with this many bound threads does not use: it takes the first
 * `threads` of those allowed. Where none is left, or threads is 0, all are allowed again. Sibling hyperthreads of the
 * workload's cores are avoided when the topology is known and there are others. */
void cores_stay_off(uint32_t threads);

/* Cores, threads a core, caches: for the host record; a new reference. Empty where hwloc was not built in. */
json_t *cores_describe(void);

#endif
