/*
 * results.h - the files of results/selftest: gathered once from stored runs, counted and shown as often as one likes.
 *
 *     aa.json power.json noise.json    reduced runs (reduced.h)
 *     facts.json                       what single runs showed (facts.h, cost.h)
 *     counts.json                      made from the reduced runs alone (counts.h)
 */
#ifndef ALLOCBENCH_SELFTEST_RESULTS_H
#define ALLOCBENCH_SELFTEST_RESULTS_H

#include <jansson.h>
#include <stdbool.h>

/* WORK holds KIND/NAME (a run) with KIND/NAME.seconds beside it for each finished run, and facts/NAME.json. */
bool results_collect(const char *work, const char *folder);

/* The counts of the reduced runs in `folder`, as text of counts.json; owned, NULL after one line on standard error. */
char *results_count(const char *folder);

/* counts.json and facts.json as {"counts":..., "facts":...}; NULL after one line on standard error. */
json_t *results_load(const char *folder);

/* "counts.aa.throughput.raw" of such an object; NULL when there is none. Borrowed. */
json_t *results_at(const json_t *results, const char *path);
/* The number there; NAN when there is none. */
double results_number(const json_t *results, const char *path);
/* The same for element `index` of an array, as the estimates [value, low, high] are. */
double results_element(const json_t *results, const char *path, size_t index);

/* Whole, by rename. */
bool results_write(const char *folder, const char *name, const char *text);

#endif
