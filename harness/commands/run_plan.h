/*
 * run_plan.h - the plan of a run as the command deals with it: named, printed, checked before it is measured or
 * resumed.
 */
#ifndef ALLOCBENCH_COMMANDS_RUN_PLAN_H
#define ALLOCBENCH_COMMANDS_RUN_PLAN_H

#include "../experiment/catalogue.h"

/* Fills id, created, command and host. */
void run_plan_stamp(RunMeta *meta, int argc, char **argv);

/* Arms, rows, slots and time for --dry-run. False when out could not be written. */
bool run_plan_print(const RunMeta *meta, FILE *out);

/* True when a run can be stored there; asked before anything is measured. */
bool run_plan_folder_is_usable(const char *folder, StoreError *error);

/* True when the stored run can go on here: same libraries, workloads, programs and machine. */
bool run_plan_is_unchanged(const RunMeta *meta, const Catalogue *catalogue, StoreError *error);

#endif
