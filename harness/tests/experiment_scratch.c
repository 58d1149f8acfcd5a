/*
 * experiment_scratch.c - temporary folders: what a killed process has left is removed, what is in use or somebody
 * else's is not.
 */
#include "testing.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "experiment/scratch.h"
#include "store/text.h"

static char *parent;

static int set_up(void **state) {
    (void)state;
    parent = test_folder();
    return setenv("TMPDIR", parent, 1);
}

static int tear_down(void **state) {
    (void)state;
    unsetenv("TMPDIR");
    test_folder_remove(parent);
    return 0;
}

static char *make_folder(void) {
    char *path;
    StoreError error = {""};
    if (!scratch_folder(&path, &error))
        fail_msg("%s", error.text);
    char *file = text_format("%s/file", path);
    test_write(file, "x", 1);
    free(file);
    return path;
}

static bool exists(const char *path) {
    return access(path, F_OK) == 0;
}

/* Makes a folder in a process of its own, which then waits to be killed. */
static pid_t start_owner(char path[256]) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char *mine = make_folder();
        if (write(ends[1], mine, strlen(mine) + 1) > 0)
            pause();
        _exit(1);
    }
    close(ends[1]);
    ssize_t length = read(ends[0], path, 255);
    assert_true(length > 0);
    path[length] = '\0';
    close(ends[0]);
    return pid;
}

static void what_a_killed_process_left_is_removed(void **state) {
    (void)state;
    char theirs[256];
    pid_t owner = start_owner(theirs);
    char *mine = make_folder();
    scratch_remove_leftovers();
    assert_true(exists(mine) && exists(theirs)); /* both are in use */
    kill(owner, SIGKILL);
    assert_int_equal(waitpid(owner, NULL, 0), owner);
    scratch_remove_leftovers();
    assert_true(exists(mine));
    assert_false(exists(theirs));
    char *copy = text_copy(mine);
    scratch_remove(mine);
    assert_false(exists(copy));
    free(copy);
    assert_int_equal(rmdir(parent), 0); /* nothing else stayed */
    assert_int_equal(mkdir(parent, 0700), 0);
}

static void what_is_not_ours_stays(void **state) {
    (void)state;
    static const char *const names[] = {"allocbench-scratch", "allocbench-scratch-abc", "allocbench-scratch-abcdefg",
                                        "other-scratch-abcdef"};
    char *target = text_format("%s/target", parent), *link = text_format("%s/allocbench-scratch-abcdef", parent);
    char *foreign = text_format("%s/allocbench-scratch-ghijkl", parent);
    assert_int_equal(mkdir(target, 0700), 0);
    assert_int_equal(symlink(target, link), 0);
    assert_int_equal(mkdir(foreign, 0700), 0);
    bool has_foreign = geteuid() == 0 && chown(foreign, 65534, 65534) == 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *path = text_format("%s/%s", parent, names[i]);
        assert_int_equal(mkdir(path, 0700), 0);
        free(path);
    }
    scratch_remove_leftovers();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *path = text_format("%s/%s", parent, names[i]);
        assert_true(exists(path));
        free(path);
    }
    assert_true(exists(target) && exists(link));
    assert_int_equal(exists(foreign), has_foreign); /* one of this user's that nobody holds is left over */
    free(target);
    free(link);
    free(foreign);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_a_killed_process_left_is_removed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_ours_stays, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
