/*
 * observer.h - memory over time, seen from outside: RSS from /proc/PID/statm and, at the same moment, the live bytes
 * and their usable bytes that a workload counts in its slot page.
 */
#ifndef ALLOCBENCH_EXPERIMENT_OBSERVER_H
#define ALLOCBENCH_EXPERIMENT_OBSERVER_H

#include <sys/types.h>

#include "../../workloads/kit/slot_protocol.h"
#include "../store/sample.h"

enum { OBSERVER_PERIOD_NS = 5000000 };

typedef struct Observer {
    const SlotPage *page; /* NULL: a program that counts nothing */
    pid_t pid;            /* whose statm is open; 0: none */
    int statm_fd;
    uint64_t start_ns;   /* CLOCK_MONOTONIC */
    uint64_t rss_bytes;  /* the last reading */
    uint64_t peak_bytes; /* the largest reading, also of those that were thinned out */
    size_t stride, skip; /* every stride-th reading is kept; skip counts down to the next */
    Series series;
} Observer;

void observer_start(Observer *observer, const SlotPage *page);
/* Takes one reading of this process; 0 takes none. */
void observer_read(Observer *observer, pid_t pid);
/* The series goes to the caller, who frees it with the sample. */
Series observer_finish(Observer *observer);

uint64_t monotonic_ns(void);

#endif
