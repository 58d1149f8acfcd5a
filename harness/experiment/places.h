/*
 * places.h - where things lie, seen from the running program: in a build tree or below an installation prefix. No path
 * is compiled in but the layout of an installation relative to its prefix, so both can be moved.
 */
#ifndef ALLOCBENCH_EXPERIMENT_PLACES_H
#define ALLOCBENCH_EXPERIMENT_PLACES_H

#include "../store/text.h"

/* More folders with workloads, separated by ':', searched before the program's own. */
#define PLACES_WORKLOADS_ENVIRONMENT "ALLOCBENCH_WORKLOADS"

/* Each gives an owned list of existing folders, most specific first. */
TextList places_workloads(void);
TextList places_suites(void);
TextList places_programs(void);
TextList places_own_libraries(void);    /* libminipool.so and the arms built with the harness */
TextList places_system_libraries(void); /* where the dynamic loader finds things, the C library's own folder first */

/* What ALLOCBENCH_WORKLOADS names and is no folder; owned. */
TextList places_workloads_missing(void);

/* The C library that this process runs on, symbolic links resolved; owned. */
char *places_libc(void);

#endif
