/*
 * rounds.h - how many rounds the delayed arm must turn for 2, 5 and 10 % more time, from a run with arms "zero",
 * "rounds=A", "rounds=B" (names are the numbers): the delay is a line through the two measured points.
 */
#ifndef ALLOCBENCH_SELFTEST_ROUNDS_H
#define ALLOCBENCH_SELFTEST_ROUNDS_H

#include <stdbool.h>

/* Prints "2 ROUNDS", "5 ROUNDS", "10 ROUNDS", one a line. */
bool rounds_print(const char *run_folder);

#endif
