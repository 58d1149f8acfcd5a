/*
 * scratch.h - a temporary folder with one sub-folder for each program row, filled by the program's prepare script.
 */
#ifndef ALLOCBENCH_EXPERIMENT_SCRATCH_H
#define ALLOCBENCH_EXPERIMENT_SCRATCH_H

#include "../store/run_store.h"

/* *path stays NULL when no row needs one. Owned; give it to scratch_remove() in every case. */
bool scratch_create(const RunMeta *meta, char **path, StoreError *error);
/* An empty folder with an unlikely name in TMPDIR; owned, for scratch_remove(). False with *error and NULL. */
bool scratch_folder(char **path, StoreError *error);
/* Deletes the folder with all that is in it and frees the path. */
void scratch_remove(char *path);

#endif
