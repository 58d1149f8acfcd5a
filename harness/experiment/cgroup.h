/*
 * cgroup.h - a control group that limits memory and swap of the processes in it, of hierarchy v2 with the memory
 * controller or of v1's memory hierarchy, made inside the one that this program is in (or, in v2, beside it, since
 * there a group with processes has no children with controllers).
 *
 * A group is a folder of the kernel. It is removed by its owner when its processes are gone; one whose program was
 * killed is removed by the next that makes one in the same place.
 */
#ifndef ALLOCBENCH_EXPERIMENT_CGROUP_H
#define ALLOCBENCH_EXPERIMENT_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "../store/run_store.h"

typedef struct Cgroup {
    char *folder;
    char *group_file; /* where a process enters by writing 0 */
} Cgroup;

/* True when this program may make such a group and move a process into it: tried once, and remembered. */
bool cgroup_is_available(void);

/* Everything counts against the limit that the kernel counts: anonymous memory, page cache and shared memory that a
 * process in the group touched first, page tables and kernel stacks; memory that is mapped but not touched does not. */
bool cgroup_create(uint64_t limit_bytes, Cgroup *group, StoreError *error);
/* Processes of the group that the kernel killed because of the limit. */
uint64_t cgroup_oom_kills(const Cgroup *group);
/* Its processes have been reaped. False when it could not be removed. */
bool cgroup_remove(Cgroup *group);

#endif
