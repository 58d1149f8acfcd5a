/*
 * cost.h - what looking costs: the same workload with and without observation, in shuffled blocks, and how long the
 * analysis of a large stored run takes. Each function returns a new JSON object, or NULL after one line on standard
 * error.
 */
#ifndef ALLOCBENCH_SELFTEST_COST_H
#define ALLOCBENCH_SELFTEST_COST_H

#include <jansson.h>

/* BLOCKS WORKLOAD [ARGUMENT...]: slots of the workload's executable on glibc that observe nothing, nothing again, live
 * bytes, single latencies. */
json_t *cost_of_observing(int argc, char **argv);

/* FOLDER SOURCE SAMPLES: a run of so many samples with the plan of SOURCE, its blocks repeated with small changes. */
json_t *cost_generate_run(int argc, char **argv);

/* TIMES PROGRAM [ARGUMENT...]: wall time of a program whose output nobody reads; the first time is not counted. */
json_t *cost_of_program(int argc, char **argv);

#endif
