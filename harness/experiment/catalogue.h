/*
 * catalogue.h - the workloads that there are: executables that answer --describe. Adding one needs no change here.
 */
#ifndef ALLOCBENCH_EXPERIMENT_CATALOGUE_H
#define ALLOCBENCH_EXPERIMENT_CATALOGUE_H

#include <jansson.h>

#include "../store/run_store.h"

typedef struct CatalogueEntry {
    char *name;
    char *path;
    char *unit;
    bool scaled;
    bool memory; /* memory is its result, and it has no throughput */
    uint64_t default_operations;
    uint64_t usual_ns;   /* 0: not known, or its work is fitted */
    json_t *description; /* the whole object */
} CatalogueEntry;

typedef struct Catalogue {
    CatalogueEntry *entries; /* sorted by name */
    size_t count;
} Catalogue;

/* Asks every executable in the workload folders. Those that do not answer with such an object are left out. */
Catalogue catalogue_load(void);
void catalogue_release(Catalogue *catalogue);

/* A workload's name, or a preset's: then *preset is its name (owned by the catalogue), else NULL. NULL when neither. */
const CatalogueEntry *catalogue_find(const Catalogue *catalogue, const char *name, const char **preset);

/* The description of a parameter by name; NULL when the workload has none of it. Borrowed. */
const json_t *catalogue_parameter(const CatalogueEntry *entry, const char *name);
/* For complaints about a parameter that none of these workloads has: "did you mean 'size' of larson?" or where to look.
 * Owned. */
char *catalogue_nearest(const CatalogueEntry *const *entries, size_t count, const char *name);

/* Checks that every --flag in the line is one this workload has and that the harness does not set itself. */
bool catalogue_check_arguments(const CatalogueEntry *entry, const char *arguments, StoreError *error);

#endif
