/*
 * sweep.h - lists of values as people write them: "1,2,4..8" threads, "size=8..32K*2" of a parameter.
 *
 * A list is values and ranges, separated by commas. FIRST..LAST takes every whole number, FIRST..LAST+STEP every
 * STEP-th, FIRST..LAST*FACTOR goes by multiplication; LAST belongs to a range if a step meets it. A value that comes
 * twice counts once, where it came first.
 */
#ifndef ALLOCBENCH_EXPERIMENT_SWEEP_H
#define ALLOCBENCH_EXPERIMENT_SWEEP_H

#include "../store/run_store.h"
#include "../store/text.h"

/* Of one list: a longer one is a mistake, such as 1..4096 in place of 1..4096*2. */
enum { SWEEP_MAXIMUM_THREADS = 4096, SWEEP_MAXIMUM_VALUES = 256 };

/* One parameter and its values as they were written, "4K"; those of a range get the suffix that its ends had. */
typedef struct Sweep {
    char *parameter;
    TextList values;
} Sweep;

typedef struct Sweeps {
    Sweep *items;
    size_t count;
} Sweeps;

/* Numbers of threads, each from 1 to SWEEP_MAXIMUM_THREADS; `n` is `processors`, `2n` twice as many. The array is
 * owned. False: *problem says what is wrong and the cure, without naming the flag or key. */
bool sweep_parse_threads(const char *text, uint32_t processors, uint32_t **threads, size_t *count, StoreError *problem);

/* Adds "NAME=LIST", or several: "NAME=LIST OTHER=LIST". A parameter that is there already is refused. */
bool sweeps_add(Sweeps *sweeps, const char *text, StoreError *problem);
const Sweep *sweeps_find(const Sweeps *sweeps, const char *parameter);
void sweeps_release(Sweeps *sweeps);

/* How many letters must be changed, added or left out to make one word of the other. */
size_t sweep_distance(const char *one, const char *other);

#endif
