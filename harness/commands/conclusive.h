/*
 * conclusive.h - what --strict asks: may every row be judged?
 */
#ifndef ALLOCBENCH_COMMANDS_CONCLUSIVE_H
#define ALLOCBENCH_COMMANDS_CONCLUSIVE_H

#include "../analysis/comparison.h"

/* False when a cell is imprecise, unstable or has too few blocks. True of metrics whose blocks are not compared. */
bool comparison_is_conclusive(const Comparison *comparison);

/* The same of a run, by the metrics that it is about. */
bool run_is_conclusive(const Run *run);

#endif
