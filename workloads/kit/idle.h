/*
 * idle.h - for workloads whose result is memory: what stays resident after they have freed everything.
 *
 * These watch; they free nothing themselves. They enter SLOT_PHASE_IDLE; a workload that fills again after it goes back
 * to SLOT_PHASE_RUNNING itself. Outside the marks, while all other threads stand still. Resident bytes are exact and
 * nothing is subtracted; the reader subtracts floor_rss_bytes and kit_bytes, so a workload's own tables stay resident,
 * and are so from before the first mark on. Pages that an allocator gave back lazily (MADV_FREE) are resident until the
 * kernel takes them.
 */
#ifndef ALLOCBENCH_KIT_IDLE_H
#define ALLOCBENCH_KIT_IDLE_H

#include "sizes.h"
#include "worker.h"

/* Three seconds without a single call of the allocator: measures idle_rss_0s_bytes, idle_rss_1s_bytes and
   idle_rss_3s_bytes. */
void idle_watch_silent(void);

/* Three seconds in which a few thousand small blocks a second are replaced, so that an allocator that does its tidying
   when it is called gets to it: measures light_rss_1s_bytes and light_rss_3s_bytes. */
void idle_watch_light(Worker *worker, const Sizes *sizes);

/* 1000 blocks as after an idle night: measure first_allocations_ns, the mean time to allocate one and to write to all
   of it. They are freed again. */
void idle_measure_first_allocations(Worker *worker, const Sizes *sizes);

#endif
