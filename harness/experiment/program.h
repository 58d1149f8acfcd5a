/*
 * program.h - a real program, described by an .ini file or on the command line (own_program.h): a command that
 * hyperfine times as a whole, or a server that is put under load by a client and timed by that client's own report.
 */
#ifndef ALLOCBENCH_EXPERIMENT_PROGRAM_H
#define ALLOCBENCH_EXPERIMENT_PROGRAM_H

#include <signal.h>

#include "../store/run_store.h"
#include "../store/text.h"

/* Commands are one line in shell quoting, run without a shell. {scratch} stands for the scratch folder. */
typedef struct Program {
    char *name;
    char *path; /* of the .ini file; NULL when it was given on the command line */
    char *summary;
    char *models;                            /* which behaviour of real software it stands for */
    char *package;                           /* what to install when the program is missing */
    char *prepare;                           /* path of the script that fills the scratch folder, or NULL */
    char *before;                            /* path of the script that runs before each slot, untimed, or NULL */
    char *prepare_command, *cleanup_command; /* they run before and after each slot, untimed; or NULL */
    char *command;     /* what is timed; of a server "SERVER; LOAD", which is only shown and compared */
    uint64_t usual_ms; /* about how long a slot takes, for estimates; 0: not known */
    char *check; /* a command that runs after the load, without preload: what it prints counts as output; or NULL */
    bool ignore_output; /* what it prints on standard output is not compared */
    char *rate;         /* a regular expression whose first group is the rate in what it, or a server's load, prints;
                           NULL: none */

    /* Of a server; {socket} stands for a path in the scratch folder that is free for a Unix socket. */
    char *server;      /* a command that stays in the foreground; NULL for a program that ends by itself */
    char *ready;       /* a command that ends with 0 when the server answers */
    char *load;        /* the client, which prints CSV with one line a test */
    char *metric;      /* the CSV's column with requests a second; NULL: there is a rate, or the load is timed */
    uint64_t requests; /* that the client makes in each test */
    const char *unit;  /* of a slot's operations: "runs" or "requests" */
} Program;

/* A name of an installed description, or a path (with a '/'). */
Program *program_load(const char *name, StoreError *error);
void program_free(Program *program);
TextList program_names(void);

/* NULL when this machine can run it, else why not with the cure; owned. */
char *program_unsupported(const Program *program);

/* The program that a command runs, behind env and its settings; owned, NULL when the line's quoting is wrong. */
char *program_executable(const char *command);
/* The file of an executable; owned, NULL when there is none that can be started. */
char *program_file(const char *executable);

/* The words of a command, with the scratch folder put in; owned. False when the line's quoting is wrong. */
bool program_words(const char *command, const char *scratch, TextList *words);

/* Run the prepare script and the script before a slot with the scratch folder as their argument; *stop, when not NULL,
 * ends them. */
bool program_prepare(const Program *program, const char *scratch, const volatile sig_atomic_t *stop, StoreError *error);
bool program_before_slot(const Program *program, const char *scratch, const volatile sig_atomic_t *stop,
                         StoreError *error);

/* The SHA-256 of description, scripts and the program's executable together; owned, NULL when it cannot be told. */
char *program_sha256(const Program *program);

#endif
