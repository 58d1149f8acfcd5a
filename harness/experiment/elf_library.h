/*
 * elf_library.h - can this file be preloaded as a malloc? Answered from its bytes alone: dlopen would run its
 * constructors inside the harness.
 */
#ifndef ALLOCBENCH_EXPERIMENT_ELF_LIBRARY_H
#define ALLOCBENCH_EXPERIMENT_ELF_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

/* True when path is a shared library for this machine that defines malloc. Otherwise `reason` says in one line why not,
 * with the cure. */
bool elf_library_provides_malloc(const char *path, char *reason, size_t reason_size);

#endif
