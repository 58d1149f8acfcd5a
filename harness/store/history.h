/*
 * history.h - what runs of many commits said, one line of JSON a run, only ever appended:
 *
 *     {"format":1,"commit":"3db0b4c...","dirty":false,"date":"2026-11-26T00:15:44Z","host":"...","machine":"a CPU, 2
 * cores", "suite":"full","mode":"throughput","run":"20261126T001544Z-full","baseline":"glibc","metrics":{"throughput":{
 *      "minipool":{"mean":[2.14,2.05,2.24],"mean_rows":89,"rows":{"larson t1":[1.92,1.88,1.96,"faster"]}}}}}
 *
 * Ratios are those to the baseline: estimate, low, high; null where there is none. The only code that knows the format.
 */
#ifndef ALLOCBENCH_STORE_HISTORY_H
#define ALLOCBENCH_STORE_HISTORY_H

#include "run_store.h"

/* One ratio of one arm to the baseline. */
typedef struct HistoryRatio {
    char *metric, *arm;
    char *row;               /* NULL: the geometric mean over `rows` rows */
    double ratio, low, high; /* NAN where there is none */
    size_t rows;
    char *verdict; /* of a row; NULL of a mean */
} HistoryRatio;

typedef struct HistoryEntry {
    char *commit;
    bool dirty; /* files differed from the commit */
    char *date, *host, *machine, *suite, *mode, *run, *baseline;
    HistoryRatio *ratios; /* each arm's mean stands before its rows */
    size_t ratio_count;
} HistoryEntry;

typedef struct History {
    HistoryEntry *entries; /* in the order of the file */
    size_t count;
    size_t unreadable_lines;
} History;

/* An absent file is an empty history only where `may_be_absent`. NULL with a line in `error`. */
History *history_load(const char *path, bool may_be_absent, StoreError *error);
void history_free(History *history);

void history_entry_add(HistoryEntry *entry, HistoryRatio ratio); /* which then owns its texts */
void history_entry_release(HistoryEntry *entry);

/* Appends one line, whole; creates the file, not its folder. Refuses a run that the history has already. */
bool history_append(const char *path, const HistoryEntry *entry, StoreError *error);

#endif
