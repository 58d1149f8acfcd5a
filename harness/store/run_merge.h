/*
 * run_merge.h - several runs, of one host or of many, as one.
 *
 * Every row stays with the host that it was measured on, so that ratios are only ever made within a host: rows get
 * " @HOSTNAME" after their name, Row.host their host's record, and Row.absent_arms the arms that their run did not
 * have. Runs are united only if their numbers are judged by the same rules and mean the same.
 */
#ifndef ALLOCBENCH_STORE_RUN_MERGE_H
#define ALLOCBENCH_STORE_RUN_MERGE_H

#include "run_store.h"

/* Whether a run was made by run_merge(): such a run can be read, but neither resumed nor merged again. */
bool run_is_merged(const RunMeta *meta);

/* Writes the union of the parts as a run into `folder`, which must not exist or be empty: whole or not at all.
 * `command` is what repeats the merging. */
bool run_merge(const Run *const *parts, size_t count, const char *command, const char *folder, StoreError *error);

/* How many rows of a part were measured by an earlier part on the same machine, too: the union has both, and each
 * counts as a row of its own in means over rows. *example, where there is one, is the name of the first; the run owns
 * it. */
size_t run_merge_repeated_rows(const Run *const *parts, size_t count, const char **example);

#endif
