/*
 * tracer.h - the last look at a process: what /proc says about it at the moment it ends, when its memory still exists.
 *
 * By PTRACE_SEIZE with PTRACE_O_TRACEEXIT the kernel stops a process at its exit, however it ends. While it runs,
 * tracing costs nothing but a stop for each signal it receives, which is passed on. Where ptrace is not allowed
 * everything still works; then nothing is known at the exit. One traced slot at a time, by the thread that started it.
 */
#ifndef ALLOCBENCH_EXPERIMENT_TRACER_H
#define ALLOCBENCH_EXPERIMENT_TRACER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct Tracer {
    pid_t leader;
    bool descendants;        /* watch what the leader starts instead of itself: a program below hyperfine */
    const char *library;     /* looked for among the mappings of a watched process; or NULL */
    bool active;             /* ptrace is allowed */
    bool ended;              /* the leader is reaped */
    int wait_status;         /* of the leader */
    pid_t watched;           /* whose memory is of interest now; 0: none yet */
    int watched_status;      /* how the last watched process ended, as from wait(); -1: unknown */
    uint64_t peak_rss_bytes; /* largest VmHWM of a watched process at its exit; 0: unknown */
    uint64_t minor_faults, major_faults;
    uint64_t voluntary_switches, involuntary_switches;
    bool library_seen;
    char unproven[32];    /* the first of several watched processes that ended without the library; "" for none */
    char left_behind[32]; /* the first that was still there when the leader had ended; "" for none */
    pid_t companion;      /* one more child whose end is of interest; 0: none */
    bool companion_ended; /* it is reaped, */
    int companion_status; /* as from wait() */
} Tracer;

/* The leader waits before exec. Not allowed: the tracer only waits for the leader's end, as where ptrace is forbidden.
 */
void tracer_attach(Tracer *tracer, pid_t leader, bool allowed, bool descendants, const char *library);

/* Handles all that has happened to children of this process, without waiting. */
void tracer_handle_events(Tracer *tracer);

/* Kills the leader's group and everything that became a child of this process, and reaps until there is no child left.
 * Needs PR_SET_CHILD_SUBREAPER for descendants that left the group. */
void tracer_finish(Tracer *tracer);

/* Notes whether the library is mapped in the watched process now; cheap once it was seen. */
void tracer_look_for_library(Tracer *tracer);

/* True when both paths are the same file, by device and inode. */
bool same_file(const char *one, const char *other);

#endif
