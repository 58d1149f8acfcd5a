/*
 * resolution.h - where the calls of a running program really go: the dynamic loader's answer for one symbol, read from
 * the program's own memory.
 *
 * A library that is mapped need not be the one that is called. The loader writes the address it chose for an imported
 * function into the executable's table of imports (the GOT); the mapping which that address lies in is the proof. It
 * holds for calls by the executable itself. It says nothing about libraries that bind differently, nor about an
 * executable that carries an allocator under names of its own.
 */
#ifndef ALLOCBENCH_EXPERIMENT_RESOLUTION_H
#define ALLOCBENCH_EXPERIMENT_RESOLUTION_H

#include <stdbool.h>
#include <sys/types.h>

typedef enum Resolution {
    RESOLUTION_FOUND,   /* *file is the file that the calls go to */
    RESOLUTION_ABSENT,  /* the executable does not import this symbol, or has not called it yet */
    RESOLUTION_UNKNOWN, /* the process cannot be looked into */
} Resolution;

/* *file is owned by the caller, and NULL unless found. */
Resolution resolution_of(pid_t pid, const char *symbol, char **file);

#endif
