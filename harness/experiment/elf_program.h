/*
 * elf_program.h - can a library be preloaded into this program at all? Answered from its file, before it is started.
 */
#ifndef ALLOCBENCH_EXPERIMENT_ELF_PROGRAM_H
#define ALLOCBENCH_EXPERIMENT_ELF_PROGRAM_H

/* Why the dynamic loader would not preload into it, with the cure: linked statically, setuid, setgid or with file
 * capabilities. A script is judged by its interpreter. Owned; NULL when it can be done, or the file cannot be read. */
char *elf_program_closed(const char *path);

#endif
