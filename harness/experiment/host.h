/*
 * host.h - the machine and the build that a run was made on, as one JSON object.
 */
#ifndef ALLOCBENCH_EXPERIMENT_HOST_H
#define ALLOCBENCH_EXPERIMENT_HOST_H

#include "../store/run_store.h"

/* The record as text; owned. What this machine does not tell is null, never guessed. The arms of `run`, which may be
 * NULL, are listed with the packages that their libraries came from. */
char *host_record(const RunMeta *run);

/* True when both records are of the same machine and system, so that their times may be compared within one run.
 * Otherwise *what names what differs. */
bool host_is_same(const char *one, const char *other, StoreError *what);

/* Environment variables that steer an allocator and reach every slot, "NAME=value NAME=value"; owned, "" when none. */
char *host_allocator_variables(void);

#endif
