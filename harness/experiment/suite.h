/*
 * suite.h - which workloads, parameters and allocators make a run, as its .ini file says; nothing is looked up yet.
 */
#ifndef ALLOCBENCH_EXPERIMENT_SUITE_H
#define ALLOCBENCH_EXPERIMENT_SUITE_H

#include "../store/run_store.h"
#include "../store/text.h"
#include "sweep.h"

/* What is counted in blocks of its own. Bits of Suite.counters. */
enum {
    SUITE_COUNT_HARDWARE = 1u << 0,
    SUITE_COUNT_SYSCALLS = 1u << 1,
    SUITE_COUNT_TIERS = 1u << 2,
    SUITE_COUNT_ALL = SUITE_COUNT_HARDWARE | SUITE_COUNT_SYSCALLS | SUITE_COUNT_TIERS,
};

/* One section: a row for each number of threads and each combination of the swept parameters' values. */
typedef struct SuiteRow {
    char *name;
    char *workload; /* a workload or preset; NULL for a program */
    char *program;  /* a program's name or the path of its .ini; NULL for a workload */
    char *arguments;
    uint64_t operations; /* fixed by the suite; 0: fitted to the slot length */
    uint64_t usual_ms;   /* about how long a slot takes whose work is not fitted; 0: what the workload says */
    uint32_t *threads;
    size_t thread_count;
    Sweeps sweeps;
} SuiteRow;

typedef struct Suite {
    char *name; /* of the file, without .ini */
    char *path;
    char *description;
    char *allocators;
    char *baseline;
    uint64_t slot_ms;
    RunMode mode;
    uint64_t blocks;
    int64_t memory_blocks; /* < 0: unset */
    unsigned thp;          /* a bit 1 << ThpChoice for each value; each makes a row of its own */
    unsigned counters;     /* SUITE_COUNT_... */
    uint64_t timeout_s;
    double precision; /* 0: a fixed number of blocks */
    double threshold;
    uint64_t max_time_s; /* 0: no limit */
    bool pin;
    SuiteRow *rows;
    size_t row_count;
} Suite;

/* A name of an installed suite, or a path (with a '/' or ending in .ini). NULL with *error filled when it is wrong. */
Suite *suite_load(const char *name, StoreError *error);
void suite_free(Suite *suite);
/* The settings of a run without a suite's file, for a single program; no rows. */
Suite *suite_without_rows(const char *name);

/* Names of the suites that are installed, sorted; owned list. */
TextList suite_names(void);

/* "inherit,never" and "hardware,syscalls,tiers" or "none" as bits. False when anything else stands there. */
bool suite_parse_thp(const char *text, unsigned *thp);
bool suite_parse_counters(const char *text, unsigned *counters);
/* How many blocks are compared where nobody says: instructions hardly vary, a search for a limit is many slots. */
uint64_t suite_default_blocks(RunMode mode);

/* NAME.ini in the given folders; owned, NULL when there is none. Shared with programs. */
char *suite_find_file(TextList folders, const char *name);
/* Names, without .ini, of all such files in the folders; sorted. Releases the folders. */
TextList suite_list_files(TextList folders);

#endif
