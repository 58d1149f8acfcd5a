/*
 * assembled.h - a suite in a folder of its own, the choices of a command line, and the plan that comes of them.
 */
#ifndef ALLOCBENCH_TESTS_ASSEMBLED_H
#define ALLOCBENCH_TESTS_ASSEMBLED_H

#include "testing.h"

#include "experiment/assemble.h"
#include "experiment/suite.h"

typedef struct Assembled {
    char *folder;
    Suite *suite;
    Catalogue catalogue;
    Choices choices;
    RunMeta meta;
    StoreError error;
} Assembled;

/* Nothing is chosen yet. The suite is NULL where its file is wrong: `error` says why. Takes the folder. */
static inline Assembled *assembled_of(char *folder, const char *suite) {
    Assembled *it = zeroed(1, sizeof *it);
    it->folder = folder;
    it->suite = suite_load(suite, &it->error);
    it->catalogue = catalogue_load();
    it->choices =
        (Choices){.precision = -1, .threshold = -1, .pin = -1, .mode = -1, .memory_blocks = -1, .counters = -1};
    return it;
}

static inline void assemble(Assembled *it) {
    assert_non_null(it->suite);
    if (!assemble_run(it->suite, &it->choices, &it->catalogue, &it->meta, &it->error))
        fail_msg("%s", it->error.text);
}

static inline void done_with(Assembled *it) {
    sweeps_release(&it->choices.sweeps);
    free(it->choices.threads);
    run_meta_release(&it->meta);
    catalogue_release(&it->catalogue);
    suite_free(it->suite);
    test_folder_remove(it->folder);
    free(it);
}

#endif
