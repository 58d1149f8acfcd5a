/*
 * facts.h - what single stored runs show of the instrument: a planted leak, a big parent, failures by their name, a run
 * that was killed, what the observer cost. Each function returns a new JSON object, or NULL after one line on standard
 * error.
 */
#ifndef ALLOCBENCH_SELFTEST_FACTS_H
#define ALLOCBENCH_SELFTEST_FACTS_H

#include <jansson.h>

/* RUN ARM: peak of ARM beyond the baseline's in the same block, and its verdict. */
json_t *facts_of_leak(int argc, char **argv);
/* PLAIN OTHER: the baseline's peaks in two runs of the same plan; how far the second run's are above. */
json_t *facts_of_peaks(int argc, char **argv);
/* RUN NAME=STATUS...: whether every slot of the arm, or of the row, NAME has this status. */
json_t *facts_of_statuses(int argc, char **argv);
/* RUN SAMPLES: whether RUN begins with every whole line of SAMPLES, taken when it was killed, and is complete now. */
json_t *facts_of_resumed(int argc, char **argv);
/* RUN: processor time of the observer and resident memory that the instrument brings, from the samples' measures. */
json_t *facts_of_observer(int argc, char **argv);
/* RUN: where it was measured. */
json_t *facts_of_host(int argc, char **argv);

#endif
