/*
 * program.h - a real program that hyperfine times as a whole, described by an .ini file.
 */
#ifndef ALLOCBENCH_EXPERIMENT_PROGRAM_H
#define ALLOCBENCH_EXPERIMENT_PROGRAM_H

#include "../store/run_store.h"
#include "../store/text.h"

typedef struct Program {
    char *name;
    char *path; /* of the .ini file */
    char *summary;
    char *package; /* what to install when the program is missing */
    char *prepare; /* path of the script that fills the scratch folder, or NULL */
    char *command; /* one line in shell quoting; {scratch} stands for the scratch folder */
} Program;

/* A name of an installed description, or a path (with a '/'). */
Program *program_load(const char *name, StoreError *error);
void program_free(Program *program);
TextList program_names(void);

/* NULL when this machine can run it, else why not with the cure; owned. */
char *program_unsupported(const Program *program);

/* The first word of the command: the program itself; owned. */
char *program_executable(const char *command);

/* Runs the prepare script with the scratch folder as its argument. */
bool program_prepare(const Program *program, const char *scratch, StoreError *error);

/* The SHA-256 of description and prepare script together; owned, NULL when it cannot be told. */
char *program_sha256(const Program *program);

#endif
