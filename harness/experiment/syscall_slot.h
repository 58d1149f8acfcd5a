/*
 * syscall_slot.h - system calls of a workload, counted by strace in blocks of their own.
 *
 * strace stops a process twice at every system call, which makes rows that wait on futexes a hundred times slower and
 * changes how threads meet. So nothing else is taken from such a slot, its work is shortened (SYSCALL_MOST_NS of normal
 * work), and it is counted whole and without sampling. The counts of the same command with some thousand
 * operations (or half of them, where they are few) are subtracted: starting the process, the workload's own tables and
 * its report are the same for every arm. What an allocator asks for when its heap first fills is the difference that
 * stays, and in short work there is more of it for each operation than in long work. Where the work cannot be set the
 * counts are those of the whole process. A kind of call that the longer work happened to need less often, such as
 * futex, counts as 0.
 */
#ifndef ALLOCBENCH_EXPERIMENT_SYSCALL_SLOT_H
#define ALLOCBENCH_EXPERIMENT_SYSCALL_SLOT_H

#include "slot.h"

enum { SYSCALL_MOST_NS = 20000000 };

/* As slot_run_workload(); its operations are those that were counted. Measures: syscalls; memory_syscalls (mmap,
 * munmap, mremap, madvise, mprotect, brk); futex_syscalls; sys_NAME for every one that occurred. Where strace is
 * missing or may not trace, the first three are NAN with the reason, and no process is started. */
SlotEnd slot_run_syscalls(const SlotRequest *request, Sample *sample, StoreError *error);

/* The part of a slot's work that is traced, when all of it takes slot_ns. */
uint64_t syscall_operations(uint64_t operations, uint64_t slot_ns);

#endif
