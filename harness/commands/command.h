/*
 * command.h - the subcommands of allocbench and the exit codes they share.
 *
 * Each command_NAME() gets the arguments that follow `allocbench`: argv[0] is the subcommand's own name. It prints its
 * results on stdout, what goes wrong as one line "allocbench: ..." on stderr, and returns an ExitCode. A command may
 * print and may leave the process through argp's --help; nothing below commands/ does either.
 */
#ifndef ALLOCBENCH_COMMANDS_COMMAND_H
#define ALLOCBENCH_COMMANDS_COMMAND_H

typedef enum ExitCode {
    EXIT_CODE_OK = 0,
    EXIT_CODE_FAILURE = 1,          /* internal or system failure: the disk is full, fork failed */
    EXIT_CODE_USAGE = 2,            /* bad input: the line on stderr names the thing and the cure */
    EXIT_CODE_SLOTS_FAILED = 3,     /* the run is complete, but some slots of arms that were asked for failed */
    EXIT_CODE_NOTHING_MEASURED = 4, /* no slot could be measured at all */
    EXIT_CODE_NOT_CONCLUSIVE = 5,   /* --strict: a row is imprecise, unstable or has too few blocks */
    EXIT_CODE_INTERRUPTED = 130,    /* SIGINT or SIGTERM; what was measured is kept and can be resumed */
} ExitCode;

int command_run(int argc, char **argv);     /* measure a suite */
int command_list(int argc, char **argv);    /* what can be measured: workloads, allocators, suites, programs */
int command_compare(int argc, char **argv); /* judge one run, or two against each other */
int command_charts(int argc, char **argv);  /* draw a run */
int command_report(int argc, char **argv);  /* one page about a run */
int command_bundle(int argc, char **argv);  /* pack a run into one file */
int command_merge(int argc, char **argv);   /* unite runs of several hosts */
int command_history(int argc, char **argv); /* ratios from commit to commit */
int command_doctor(int argc, char **argv);  /* what on this machine will hurt measurements */

/* "allocbench: ..." on stderr, one line; returns EXIT_CODE_USAGE, so that `return usage_error(...)` reads well. */
int usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same for failures that are not the user's: returns EXIT_CODE_FAILURE. */
int failure(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A line on stderr for each folder that ALLOCBENCH_WORKLOADS names in vain: its workloads would be unknown. */
void note_missing_workload_folders(void);

#endif
