/*
 * icount_slot.h - instructions an operation, counted by callgrind: the noise-free gate for changes of one library.
 *
 * The workload runs under callgrind twice, with N and with 2N operations; (Ir(2N) - Ir(N)) / N is what one more
 * operation costs once the heap is warm. Everything between malloc's entry and its return counts, and so does the
 * workload's own loop, which is the same for every arm. Counted is what lies between the two marks (the functions
 * slot_begin() and slot_end() of the kit); for a workload without these symbols the whole process counts, and the
 * report that it prints, whose numbers take a varying count of digits, makes that inexact by some hundred instructions.
 *
 * So that a count repeats exactly on the same machine with the same libraries: one seed and no padding for all blocks,
 * no randomised addresses, and minipool's release clock frozen. A workload with one thread repeats exactly. callgrind
 * runs threads one at a time, but when it changes from one to the next depends on the kernel: rows with several are
 * refused, and larson, whose one thread hands over to a successor every slots x rounds operations, is exact up to the
 * first hand-over (500,000 operations by default) and varies by some 0.003 % beyond.
 *
 * It counts instructions and not time: no cache misses, no waiting, no kernel. It tells whether a change of an
 * allocator made its path longer; it does not rank different allocators.
 */
#ifndef ALLOCBENCH_EXPERIMENT_ICOUNT_SLOT_H
#define ALLOCBENCH_EXPERIMENT_ICOUNT_SLOT_H

#include "slot.h"

enum { ICOUNT_MOST_OPERATIONS = 200000 }; /* N is at most this: some seconds under callgrind */

/* As slot_run_workload(). Measures: instructions_per_operation, instructions_n, instructions_2n, and between_marks (1
 * or 0). operations is the N that was done. No time, no memory: they would be valgrind's. */
SlotEnd slot_run_icount(const SlotRequest *request, Sample *sample, StoreError *error);

#endif
