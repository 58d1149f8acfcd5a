/*
 * printed_rate.h - a program's own number, such as "requests a second", found in what it printed by a regular
 * expression (POSIX extended) whose first group is the number.
 */
#ifndef ALLOCBENCH_EXPERIMENT_PRINTED_RATE_H
#define ALLOCBENCH_EXPERIMENT_PRINTED_RATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* NULL when the expression is one and has a group; else what is wrong with the cure, owned. */
char *printed_rate_problem(const char *expression);

/* Takes the rate of the first line that matches, as operations in a time. NULL when there is one; else why not, owned.
 */
char *printed_rate_read(const char *expression, FILE *text, uint64_t *operations, uint64_t *elapsed_ns);

#endif
