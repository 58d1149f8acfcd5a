/*
 * combinations.h - from the swept parameters of a row to the rows that it becomes: one for each combination of values.
 */
#ifndef ALLOCBENCH_EXPERIMENT_COMBINATIONS_H
#define ALLOCBENCH_EXPERIMENT_COMBINATIONS_H

#include "catalogue.h"
#include "sweep.h"

/* More are a mistake: each is measured under every allocator in every block. Also for a whole run. */
enum { MAXIMUM_ROWS = 1024 };

typedef struct Combination {
    char *sweep;     /* as Row.sweep; "" when nothing is swept */
    char *arguments; /* as Row.arguments */
} Combination;

typedef struct Combinations {
    Combination *items;
    size_t count;
} Combinations;

/* What a row of a suite is made of, before its values are known. */
typedef struct CombinedRow {
    const CatalogueEntry *entry;
    const char *preset;      /* NULL for none */
    const char *section;     /* whose sweeps these are, for complaints */
    const char *arguments;   /* "" for none; a flag that is swept is left out of them */
    const Sweeps *sweeps;    /* the section's own: its workload must know them */
    const Sweeps *requested; /* of the command line: those that the workload knows, in place of the section's */
} CombinedRow;

/* The last requested parameter varies fastest. False when a value or a parameter of the section is not the workload's:
 * *error says which and what is allowed. */
bool combinations_make(const CombinedRow *row, Combinations *combinations, StoreError *error);
void combinations_release(Combinations *combinations);

#endif
