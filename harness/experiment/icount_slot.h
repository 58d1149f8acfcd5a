/*
 * icount_slot.h - instructions an operation, counted by callgrind: the noise-free gate for changes of one library.
 *
 * The workload runs under callgrind twice, with N and with 2N operations; (Ir(2N) - Ir(N)) / N is what one more
 * operation costs once the heap is warm. Counted is what the measured loops (the kit's functions timed_...) do between
 * the two marks, with all that they call: malloc and free to their ends, and the loop's own instructions, which are the
 * same for every arm. Left out are starting and ending threads, which in some workloads overlaps the second mark. For a
 * workload without such functions everything between the marks counts, and for one without the symbols of the marks
 * (slot_begin, slot_end; a stripped executable has none) the whole process, with the report that it prints: such counts
 * vary a little.
 *
 * So that a count repeats exactly on the same machine with the same libraries: one seed and no padding for all blocks,
 * no randomised addresses, and minipool's release clock frozen. callgrind runs threads one at a time, but when it
 * changes from one to the next depends on the kernel: rows with several are refused. larson, which has one thread after
 * another at --threads 1, repeats exactly. An arm that looks at a clock of its own, such as jemalloc for its decay,
 * varies by about 0.01 %.
 *
 * It counts instructions and not time: no cache misses, no waiting, no kernel. It tells whether a change of an
 * allocator made its path longer; it does not rank different allocators.
 */
#ifndef ALLOCBENCH_EXPERIMENT_ICOUNT_SLOT_H
#define ALLOCBENCH_EXPERIMENT_ICOUNT_SLOT_H

#include "slot.h"

enum { ICOUNT_MOST_OPERATIONS = 200000 }; /* N is at most this: some seconds under callgrind */

/* As slot_run_workload(). Measures: instructions_per_operation, instructions_n, instructions_2n, and
 * timed_loops_only (1, or 0 where more was counted). operations is the N that was done. No time, no memory: they would
 * be valgrind's. */
SlotEnd slot_run_icount(const SlotRequest *request, Sample *sample, StoreError *error);

#endif
