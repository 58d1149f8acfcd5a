/*
 * own_program.h - a program that stands on the command line, behind "--" or as --server, in place of in an .ini file.
 * What was said of it is a JSON object that travels with the row, so that a stored run can be resumed and compared.
 */
#ifndef ALLOCBENCH_EXPERIMENT_OWN_PROGRAM_H
#define ALLOCBENCH_EXPERIMENT_OWN_PROGRAM_H

#include "program.h"

/* Everything is borrowed; NULL, 0 or false: not given. */
typedef struct OwnProgram {
    bool separated; /* "--" was there, */
    char *const *words;
    size_t word_count; /* and so many words behind it: the program and its arguments */
    const char *name;
    const char *prepare, *cleanup, *check, *metric;
    const char *server, *ready, *load;
    uint64_t requests;
    bool ignore_output;
} OwnProgram;

/* The name of an option that was given and needs a program, or "--"; NULL when nothing was. */
const char *own_program_option(const OwnProgram *own);

/* NULL with *error filled when options contradict each other, a command cannot be read or what it runs is not there. */
Program *own_program_create(const OwnProgram *own, StoreError *error);

/* What Row.own_program holds; owned, NULL when a text in it is no UTF-8. */
char *own_program_describe(const Program *program);

/* The program of a row, from what is stored with it or else from its .ini file. */
Program *own_program_of_row(const Row *row, StoreError *error);

#endif
