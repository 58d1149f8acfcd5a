/*
 * launch.h - starting one slot's process, so that it cannot outlive or disturb the harness: own process group, killed
 * with its parent, first victim of the OOM killer, no core file, no stdin, output into a pipe.
 */
#ifndef ALLOCBENCH_EXPERIMENT_LAUNCH_H
#define ALLOCBENCH_EXPERIMENT_LAUNCH_H

#include <signal.h>
#include <sys/types.h>

#include "../store/run_store.h"

/* What else holds for a process, from before it executes; all zero: nothing. */
typedef struct LaunchConditions {
    bool fixed_addresses;   /* its address space is not randomised */
    bool traces;            /* it traces the workload itself, so our tracer keeps off it: every stop that a tracer waits
                               for is a signal to it, which would stop it in turn */
    const char *group_file; /* cgroup.procs of a control group that it enters; NULL: none */
    int limited_resource;   /* RLIMIT_... */
    uint64_t resource_limit; /* soft and hard; 0: none */
} LaunchConditions;

typedef struct LaunchRequest {
    char *const *argv;      /* argv[0] is the path of the executable */
    const char *preload;    /* library, or NULL */
    const char *settings;   /* "VARIABLE=value&OTHER=value", or "" */
    uint32_t padding_bytes; /* of a variable that only takes up room */
    ThpChoice thp;          /* of the process and all its descendants */
    int slot_fd;            /* the slot page to pass on; -1: none */
    LaunchConditions conditions;
    sigset_t signal_mask; /* what the child is given back */
} LaunchRequest;

typedef struct Child {
    pid_t pid;     /* also its process group */
    int output_fd; /* both stdout and stderr; read end, non-blocking */
    int go_fd;     /* the child waits for one byte here, then executes */
    int exec_fd;   /* end of file: executed; an int: errno of the failed exec */
} Child;

/* Forks the child, which waits. False: *error is filled, nothing is left behind. */
bool launch_start(const LaunchRequest *request, Child *child, StoreError *error);
/* Lets it execute and returns when that has happened. False: it could not; the caller still has to reap it. */
bool launch_go(const LaunchRequest *request, Child *child, StoreError *error);
void launch_close(Child *child);

#endif
