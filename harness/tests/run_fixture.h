/*
 * run_fixture.h - a folder of a test's own with a suite in it and a place for the run that is made of it.
 */
#ifndef ALLOCBENCH_TESTS_RUN_FIXTURE_H
#define ALLOCBENCH_TESTS_RUN_FIXTURE_H

#include "store/run_store.h"
#include "store/text.h"
#include "testing.h"

typedef struct Place {
    char *folder, *suite, *out;
} Place;

/* For cmocka: *state becomes a Place. The workloads of the tests can be named in the suite. */
static inline int place_set_up(void **state, const char *suite) {
    Place *place = zeroed(1, sizeof *place);
    place->folder = test_folder();
    place->suite = text_format("%s/suite.ini", place->folder);
    place->out = text_format("%s/out", place->folder);
    test_write(place->suite, suite, strlen(suite));
    setenv("ALLOCBENCH_WORKLOADS", TEST_BUILD_DIR "/workloads", 1);
    *state = place;
    return 0;
}

static inline int place_tear_down(void **state) {
    Place *place = *state;
    test_folder_remove(place->folder);
    free(place->suite);
    free(place->out);
    free(place);
    return 0;
}

static inline Run *load_run(const char *path) {
    StoreError error = {""};
    Run *run = run_load(path, &error);
    if (run == NULL)
        fail_msg("%s", error.text);
    return run;
}

#endif
