/*
 * scratch.h - a temporary folder with one sub-folder for each program row, filled by the program's prepare script.
 */
#ifndef ALLOCBENCH_EXPERIMENT_SCRATCH_H
#define ALLOCBENCH_EXPERIMENT_SCRATCH_H

#include "../store/run_store.h"
#include "program.h"

typedef struct Scratch {
    char *path;         /* NULL when no row needs one */
    Program **programs; /* one a row; NULL where the row is no program or cannot be run */
    size_t count;
} Scratch;

/* Loads the programs and prepares their folders, unless *stop ends that. Give it to scratch_release() in every case. */
bool scratch_create(const RunMeta *meta, const volatile sig_atomic_t *stop, Scratch *scratch, StoreError *error);
/* The folder of a row; owned. */
char *scratch_row_folder(const Scratch *scratch, size_t row);
/* Deletes the folder with all that is in it. */
void scratch_release(Scratch *scratch);

/* An empty folder with an unlikely name in TMPDIR; owned, for scratch_remove(). False with *error and NULL. */
bool scratch_folder(char **path, StoreError *error);
/* Deletes such folders of this user's whose process was killed before it could. */
void scratch_remove_leftovers(void);
/* Deletes the folder with all that is in it and frees the path. */
void scratch_remove(char *path);

#endif
