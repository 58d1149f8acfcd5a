/*
 * run_options.h - the command line of `allocbench run`.
 */
#ifndef ALLOCBENCH_COMMANDS_RUN_OPTIONS_H
#define ALLOCBENCH_COMMANDS_RUN_OPTIONS_H

#include "../experiment/assemble.h"

typedef struct RunOptions {
    const char *suite;
    const char *out; /* NULL: results/runs/<stamp>-<suite> */
    bool resume, dry_run, no_table;
    bool strict;         /* exit with EXIT_CODE_NOT_CONCLUSIVE when a row is not conclusive */
    uint64_t max_time_s; /* 0: the suite's */
    Choices choices;
    OwnProgram own;  /* choices.own points to it where a program was given */
    TextList joined; /* owns lists that were given in several options */
} RunOptions;

/* Returns EXIT_CODE_OK, or EXIT_CODE_USAGE after one line on stderr. --help leaves the program. */
int run_options_read(int argc, char **argv, RunOptions *options);
void run_options_release(RunOptions *options);

#endif
