/*
 * counters.h - hardware counters between the marks, by perf_event_open, of all threads of the process.
 *
 * Each counter becomes a measure: hw_instructions, hw_cycles, hw_cache_misses, hw_branch_misses, hw_dtlb_misses, and
 * from the kernel's own bookkeeping sw_task_clock_ns and sw_page_faults, which work where a machine shows no hardware
 * counters. What cannot be counted is missing with its reason. counters_user_only says 1 where the kernel allowed
 * counting only outside of itself. Values of counters that had to share the hardware are scaled to the whole time.
 */
#ifndef ALLOCBENCH_KIT_COUNTERS_H
#define ALLOCBENCH_KIT_COUNTERS_H

/* Main thread, before any other exists: threads started later inherit the counters. Does nothing unless asked for. */
void counters_open(void);

/* At the marks. */
void counters_start(void);
void counters_stop(void);
/* After the second mark, once: writes the measures. */
void counters_report(void);

#endif
