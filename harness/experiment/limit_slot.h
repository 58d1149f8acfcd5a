/*
 * limit_slot.h - the smallest memory limit under which a workload still completes.
 *
 * A free run comes first. Its peak RSS is the first limit that is tried; it is doubled until the work completes, at
 * most up to the memory cap, then the gap between the largest limit that failed and the smallest that did not is halved
 * until it is a 1/LIMIT_RESOLUTION of the limit. Each try is a fresh process. It completes when it ends as well as the
 * free run did, with the same checksum, within ten times the free run's time (at least LIMIT_LEAST_TIMEOUT_NS): near
 * the limit a process that only reclaims and faults does not complete in any useful sense. A crash, a NULL from malloc,
 * a thread or library that finds no room and a kill for lack of memory all mean the same: not under this limit. Corrupt
 * content does not: the slot is corrupt then.
 *
 * With several threads, tries near the limit are a matter of luck, and the smallest of several lucky tries would be too
 * small. So the result has to complete twice: where the second try fails, the search goes on between it and the next
 * limit that did complete.
 *
 * What is limited, in order of preference: a control group's memory (cgroup.h), which is resident memory and what the
 * kernel needs for it, swap forbidden; RLIMIT_DATA, which is writable private memory whether touched or not (it counts
 * reserved arenas and thread stacks, but no shared mappings); RLIMIT_AS, all address space, where a kernel has no
 * other. They measure different things, so one is chosen for all slots of a program, and each sample tells which.
 */
#ifndef ALLOCBENCH_EXPERIMENT_LIMIT_SLOT_H
#define ALLOCBENCH_EXPERIMENT_LIMIT_SLOT_H

#include "slot.h"

enum {
    LIMIT_RESOLUTION = MEMORY_LIMIT_RESOLUTION,
    LIMIT_CONFIRMATIONS = 8, /* results that may fail their second try before the search gives up */
};
#define LIMIT_LEAST_TIMEOUT_NS UINT64_C(1000000000)

typedef enum LimitMethod { LIMIT_BY_CGROUP, LIMIT_BY_DATA, LIMIT_BY_ADDRESS_SPACE, LIMIT_BY_NOTHING } LimitMethod;

/* Whether this machine lets this program limit memory so; LIMIT_BY_NOTHING never does. */
bool limit_method_works(LimitMethod method);
/* The best that works here, tried at the first call. */
LimitMethod limit_method(void);
/* "a control group", "RLIMIT_DATA", ... */
const char *limit_method_name(LimitMethod method);

/* As slot_run_workload(). Measures: memory_limit_bytes (NAN with the reason where there is none under the memory cap);
 * limit_by_cgroup, 1 or 0; limit_oom_kills, tries that the kernel ended in their control group; free_run_elapsed_ns.
 * probes has every try under a limit; the message names what was limited. Memory and its series are the free run's. No
 * time: tries under a limit are not comparable. */
SlotEnd slot_run_limit(const SlotRequest *request, Sample *sample, StoreError *error);

/* The same by this method. */
SlotEnd limit_search(const SlotRequest *request, LimitMethod method, Sample *sample, StoreError *error);

#endif
