/*
 * allocator.h - from what a user calls an allocator to an arm: the library file, its version, or why there is none.
 *
 * A specification is  name | [name=]path | [name=]name  and then optional settings  ?VARIABLE=value&OTHER=value.
 * A known name that is not installed gives an arm that is not available (a visible skipped row); a path that cannot be
 * preloaded gives a broken arm (a visible failure).
 */
#ifndef ALLOCBENCH_EXPERIMENT_ALLOCATOR_H
#define ALLOCBENCH_EXPERIMENT_ALLOCATOR_H

#include "../store/run_store.h"
#include "../store/text.h"

/* Fills *arm (owned strings). False only for a specification that says nothing: unknown name, bad settings. */
bool allocator_resolve(const char *specification, Arm *arm, StoreError *error);

/* The names that are known, NULL terminated, in the order in which they are listed. */
const char *const *allocator_names(void);

#endif
