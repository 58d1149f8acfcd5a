/*
 * testing.h - cmocka and what several tests of the harness need.
 */
#ifndef ALLOCBENCH_TESTS_TESTING_H
#define ALLOCBENCH_TESTS_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static inline char *test_folder(void) {
    char template[] = "/tmp/allocbench-test-XXXXXX";
    assert_non_null(mkdtemp(template));
    return strdup(template);
}

static inline int test_remove_one(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

/* Deletes the folder and frees its path. */
static inline void test_folder_remove(char *path) {
    nftw(path, test_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(path);
}

/* For cmocka: *state is a folder of the test's own. */
static inline int test_folder_set_up(void **state) {
    *state = test_folder();
    return 0;
}

static inline int test_folder_tear_down(void **state) {
    test_folder_remove(*state);
    return 0;
}

static inline void test_write(const char *path, const char *text, size_t length) {
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    fclose(file);
}

#endif
