/*
 * process.h - helper programs (sha256sum, dpkg-query, a workload's --describe): run one, capture what it prints.
 *
 * Never used for slots: those are started and watched by slot.c.
 */
#ifndef ALLOCBENCH_EXPERIMENT_PROCESS_H
#define ALLOCBENCH_EXPERIMENT_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

enum { PROCESS_FAILED = -1, PROCESS_TIMED_OUT = -2, PROCESS_STOPPED = -3 };

/* Runs argv[0], looked up in PATH, without stdin. *output gets what it printed on stdout (owned by the caller, never
 * NULL, cut at 4 MiB); stderr goes to /dev/null. Returns its exit code, 128 + signal, or one of the above. */
int process_capture(char *const argv[], int timeout_ms, char **output);

/* The same, but kills it and gives PROCESS_STOPPED soon after *stop, when not NULL, is no longer 0. */
int process_capture_until(char *const argv[], int timeout_ms, const volatile sig_atomic_t *stop, char **output);

/* True when PATH holds an executable of this name; *path, when not NULL, gets it (owned by the caller). */
bool process_find(const char *name, char **path);

/* The SHA-256 of a file as hex digits, by sha256sum; NULL when there is no such file or program. */
char *process_sha256(const char *file);

/* The first line of what a program prints about its version; NULL when it does not exist. */
char *process_version(const char *name);

#endif
