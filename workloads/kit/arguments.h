/*
 * arguments.h - the command line of a workload: the common flags, its own parameters, its presets.
 */
#ifndef ALLOCBENCH_KIT_ARGUMENTS_H
#define ALLOCBENCH_KIT_ARGUMENTS_H

#include "workload.h"

/*
 * Fills `options` and the workload's parameter variables. Anything wrong ends the process with exit code 2 and one line
 * on stderr. Returns false when --describe was given: then the variables have their
 * defaults, which are described, but what else was given has been judged all the same.
 */
bool arguments_read(const Workload *workload, int argc, char **argv, Options *options);

/* The value of a parameter as the user would write it; `text` needs 32 bytes. */
const char *arguments_format(const Parameter *parameter, char *text);

/* Whole number in decimal with an optional K, M or G where `bytes`; false: no number, or it does not fit. */
bool arguments_parse_number(const char *text, bool bytes, uint64_t *value);

/* Seconds with an optional fraction, at least a millisecond, at most a day. */
bool arguments_parse_seconds(const char *text, uint64_t *duration_ns);

#endif
