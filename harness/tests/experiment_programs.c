/*
 * experiment_programs.c - real programs give the same output under every allocator; servers are started, loaded,
 * proven, stopped and reaped, and nothing of them is left however a slot ends.
 */
#include "testing.h"

#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "commands/command.h"
#include "experiment/allocator.h"
#include "experiment/places.h"
#include "experiment/process.h"
#include "experiment/resolution.h"
#include "experiment/server_slot.h"
#include "experiment/tracer.h"

#define PROGRAMS TEST_DATA_DIR "/../../workloads/programs/"
#define MINIPOOL TEST_BUILD_DIR "/../../alloc/libminipool.so"
#define OTHER_ARM TEST_BUILD_DIR "/arms/slow.so"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static volatile sig_atomic_t stop;

static void on_alarm(int number) {
    (void)number;
    stop = 1;
}

static void expect_no_child(void) {
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static SlotEnd run_slot(const Program *program, const char *scratch, const char *allocator, uint64_t timeout_ms,
                        Sample *sample) {
    Arm arm;
    StoreError error = {""};
    assert_true(allocator_resolve(allocator, &arm, &error));
    assert_true(arm.available && !arm.broken);
    ProgramSlotRequest request = {
        .program = program,
        .scratch = scratch,
        .arm = &arm,
        .padding_bytes = 100,
        .limits = {timeout_ms * 1000000, UINT64_C(2) << 30, &stop},
    };
    *sample = (Sample){0};
    SlotEnd end = slot_run_program(&request, sample, &error);
    if (end == SLOT_END_IMPOSSIBLE)
        print_message("%s\n", error.text);
    RunMeta holder = {.arms = grow(NULL, 1, sizeof arm), .arm_count = 1};
    holder.arms[0] = arm;
    run_meta_release(&holder);
    expect_no_child();
    return end;
}

/* ---- the programs that come with the harness ---- */

/* False when it is not installed here. */
static bool runs_alike(const char *name) {
    StoreError error = {""};
    char *path = text_format(PROGRAMS "%s.ini", name);
    Program *program = program_load(path, &error);
    free(path);
    if (program == NULL)
        fail_msg("%s", error.text);
    assert_non_null(program->summary);
    assert_non_null(program->models);
    char *unsupported = program_unsupported(program);
    if (unsupported != NULL) {
        assert_non_null(strstr(unsupported, "apt-get install"));
        print_message("%s: %s\n", name, unsupported);
        free(unsupported);
        program_free(program);
        return false;
    }
    char *scratch = test_folder();
    if (!program_prepare(program, scratch, NULL, &error))
        fail_msg("%s", error.text);
    const char *arms[] = {"glibc", "glibc", MINIPOOL, MINIPOOL};
    uint64_t checksum = 0;
    for (size_t i = 0; i < (SANITIZED ? 2 : 4); i++) {
        Sample sample;
        assert_int_equal(run_slot(program, scratch, arms[i], 60000, &sample), SLOT_END_DONE);
        if (sample.status != SAMPLE_OK)
            fail_msg("%s: %s: %s", name, sample_status_name(sample.status), sample.message);
        assert_true(sample.elapsed_ns > 0 && sample.peak_rss_bytes > 1 << 20 && sample.series.count > 0);
        assert_true(sample.operations == (program->server == NULL ? 1 : 5 * program->requests));
        assert_true(sample.checksum != 0);
        if (i > 0 && sample.checksum != checksum)
            fail_msg("%s: another output at run %zu", name, i + 1);
        if (sample.peak_is_exact)
            assert_non_null(sample.malloc_library);
        checksum = sample.checksum;
        sample_release(&sample);
    }
    test_folder_remove(scratch);
    program_free(program);
    return true;
}

static void run_twice(void **state) {
    if (!runs_alike(*state))
        skip();
}

/* ---- servers made of a few lines of shell ---- */

typedef struct Place {
    char *folder;
    Program *program;
} Place;

static int set_up(void **state) {
    Place *place = zeroed(1, sizeof *place);
    place->folder = test_folder();
    *state = place;
    stop = 0;
    return 0;
}

static int tear_down(void **state) {
    Place *place = *state;
    program_free(place->program);
    test_folder_remove(place->folder);
    free(place);
    return 0;
}

static void write_in(const Place *place, const char *name, const char *text) {
    char *path = text_format("%s/%s", place->folder, name);
    test_write(path, text, strlen(text));
    free(path);
}

static Program *load_text(const Place *place, const char *text, StoreError *error) {
    write_in(place, "p.ini", text);
    char *path = text_format("%s/p.ini", place->folder);
    Program *program = program_load(path, error);
    free(path);
    return program;
}

/* Ends at SIGTERM within 20 ms, with no child left. */
#define OBEDIENT "trap 'exit 0' TERM; : >$1/up; while :; do sleep 0.02; done\n"
#define TABLE "a warning\n\"test\",\"rps\"\n\"A\",\"1000.00\"\n\"B, too\",\"500.00\"\n"

/* A server whose script, command and clients are given; NULL: one that is fine. */
static SlotEnd serve(Place *place, const char *script, const char *server, const char *ready, const char *load,
                     uint64_t timeout_ms, Sample *sample) {
    StoreError error = {""};
    char *text =
        text_format("[program]\nserver = %s\nready = %s\nload = %s\nrequests = 100\nmetric = rps\n"
                    "check = cat {scratch}/table\n",
                    server == NULL ? "sh {scratch}/server {scratch}" : server,
                    ready == NULL ? "test -e {scratch}/up" : ready, load == NULL ? "cat {scratch}/table" : load);
    write_in(place, "server", script == NULL ? OBEDIENT : script);
    write_in(place, "table", TABLE);
    place->program = load_text(place, text, &error);
    free(text);
    if (place->program == NULL)
        fail_msg("%s", error.text);
    return run_slot(place->program, place->folder, OTHER_ARM, timeout_ms, sample);
}

static void expect_served(Place *place, const char *script, const char *server, const char *ready, const char *load,
                          uint64_t timeout_ms, SampleStatus status, const char *message) {
    Sample sample;
    assert_int_equal(serve(place, script, server, ready, load, timeout_ms, &sample), SLOT_END_DONE);
    if (sample.status != status || strstr(sample.message, message) == NULL)
        fail_msg("%s: %s", sample_status_name(sample.status), sample.message);
    sample_release(&sample);
}

static void a_server_is_measured(void **state) {
    Sample sample;
    assert_int_equal(serve(*state, NULL, NULL, NULL, NULL, 20000, &sample), SLOT_END_DONE);
    if (sample.status != SAMPLE_OK)
        fail_msg("%s: %s", sample_status_name(sample.status), sample.message);
    assert_int_equal(sample.operations, 200);
    assert_int_equal(sample.elapsed_ns, 300000000);
    assert_true(sample.checksum != 0 && sample.peak_rss_bytes > 0 && sample.series.count > 0);
    assert_true(sample.malloc_library == NULL || same_file(sample.malloc_library, OTHER_ARM));
    sample_release(&sample);
}

static void no_handler_is_obedience(void **state) {
    static const char script[] = "mkfifo $1/fifo; : >$1/up; read line <$1/fifo\n";
    Sample sample;
    assert_int_equal(serve(*state, script, NULL, NULL, NULL, 20000, &sample), SLOT_END_DONE);
    assert_int_equal(sample.status, SAMPLE_OK);
    sample_release(&sample);
}

static void a_server_never_answers(void **state) {
    expect_served(*state, NULL, NULL, "false", NULL, 800, SAMPLE_TIMEOUT, "did not answer 'false' within 0.4 s");
}

static void a_ready_that_hangs(void **state) {
    expect_served(*state, NULL, NULL, "sleep 100", NULL, 800, SAMPLE_TIMEOUT, "did not answer 'sleep 100'");
}

static void a_server_ends_early(void **state) {
    expect_served(*state, "echo no such port; exit 3\n", NULL, NULL, NULL, 20000, SAMPLE_CRASHED,
                  "ended with code 3 before it answered; it said: no such port");
}

static void a_server_dies_under_load(void **state) {
    expect_served(*state, ": >$1/up; sleep 0.3; kill -SEGV $$\n", NULL, NULL, "sleep 100", 20000, SAMPLE_CRASHED,
                  "SIGSEGV");
}

static void a_server_hangs_under_load(void **state) {
    expect_served(*state, NULL, NULL, NULL, "sleep 100", 1000, SAMPLE_TIMEOUT, "did not end within 1 s");
}

static void a_load_fails(void **state) {
    expect_served(*state, NULL, NULL, NULL, "cat {scratch}/absent", 20000, SAMPLE_FAILED, "absent' failed");
}

static void a_load_without_table(void **state) {
    expect_served(*state, NULL, NULL, NULL, "echo 1000 a second", 20000, SAMPLE_FAILED, "column");
}

static void a_server_ignores_the_signal(void **state) {
    expect_served(*state, "trap '' TERM; : >$1/up; while :; do sleep 0.02; done\n", NULL, NULL, NULL, 20000,
                  SAMPLE_CRASHED, "of SIGTERM and was killed");
}

static void a_server_leaves_a_process(void **state) {
    expect_served(*state, "trap 'setsid sleep 100 & exit 0' TERM; : >$1/up; while :; do sleep 0.02; done\n", NULL, NULL,
                  NULL, 20000, SAMPLE_CRASHED, "left a process behind");
}

static void a_daemon_is_no_server(void **state) {
    expect_served(*state, NULL, "setsid --fork sleep 100", NULL, NULL, 20000, SAMPLE_CRASHED, "left a process behind");
}

static void interrupted(void **state) {
    struct sigaction action = {.sa_handler = on_alarm}, before;
    sigaction(SIGALRM, &action, &before);
    setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {0, 300000}}, NULL);
    Sample sample;
    assert_int_equal(serve(*state, NULL, NULL, NULL, "sleep 100", 20000, &sample), SLOT_END_INTERRUPTED);
    sigaction(SIGALRM, &before, NULL);
    sample_release(&sample);
}

/* As in a container that forbids it: ptrace(2) fails, everything else works. */
static bool forbid_ptrace(void) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof code[0], code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void without_ptrace(void **state) {
    pid_t pid = fork();
    if (pid == 0) {
        if (!forbid_ptrace())
            _exit(77);
        Sample sample;
        bool good = serve(*state, NULL, NULL, NULL, NULL, 20000, &sample) == SLOT_END_DONE &&
                    sample.status == SAMPLE_OK && !sample.peak_is_exact && sample.peak_rss_bytes > 0;
        _exit(good ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(status, 0);
}

static void a_path_too_long_for_a_socket(void **state) {
    Place *place = *state;
    StoreError error = {""};
    place->program =
        load_text(place, "[program]\nserver = sleep 9\nready = true\nload = true\nrequests = 1\nmetric = x\n", &error);
    assert_non_null(place->program);
    char name[120];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    Sample sample;
    char *scratch = text_format("%s/%s", place->folder, name);
    assert_int_equal(run_slot(place->program, scratch, "glibc", 1000, &sample), SLOT_END_IMPOSSIBLE);
    free(scratch);
}

/* ---- what is told by a description, a report and a process ---- */

static void reports_are_read(void **state) {
    (void)state;
    uint64_t operations, elapsed_ns;
    assert_true(server_read_report(TABLE, "rps", 100, &operations, &elapsed_ns));
    assert_true(operations == 200 && elapsed_ns == 300000000);
    assert_true(server_read_report("rps\n10\n", "rps", 100, &operations, &elapsed_ns));
    assert_true(operations == 100 && elapsed_ns == UINT64_C(10000000000));
    static const char *const wrong[] = {"",         "rps\n", "test,rps\nA,0\n", "test,rps\nA\n", "test,rps\nA,x\n",
                                        "test\nA\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(server_read_report(wrong[i], "rps", 100, &operations, &elapsed_ns));
}

static void descriptions_are_checked(void **state) {
    Place *place = *state;
    static const struct {
        const char *text, *complaint;
    } cases[] = {
        {"[program]\nsummary = x\n", "has no command"},
        {"[program]\ncommand = true\nserver = true\nready = a\nload = b\nrequests = 1\nmetric = c\n", "both"},
        {"[program]\nserver = true\nready = a\nrequests = 1\nmetric = c\n", "'load = ...'"},
        {"[program]\nserver = true\nready = a\nload = b\nmetric = c\n", "'requests = ...'"},
        {"[program]\nserver = true\nrequests = none\n", "whole number"},
        {"[program]\ncommand = true\nload = b\n", "belong to a server"},
        {"[program]\ncommand = a | b\n", "without a shell"},
        {"[program]\ncommand = a 'b\n", "without a shell"},
        {"[program]\ncommand = a $(b)\n", "without a shell"},
        {"[program]\ncommand = env A=b\n", "without a shell"},
        {"[program]\ncommands = a\n", "no key 'commands'"},
        {"[program]\ncommand = true\nignore_output = maybe\n", "ignore_output = maybe: must be yes or no"},
        {"[program]\ncommand = true\nusual_ms = soon\n", "usual_ms = 'soon': give a whole number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        StoreError error = {""};
        assert_null(load_text(place, cases[i].text, &error));
        if (strstr(error.text, cases[i].complaint) == NULL)
            fail_msg("'%s' is not in '%s'", cases[i].complaint, error.text);
    }
}

static void words_hold_any_folder(void **state) {
    (void)state;
    TextList words = {0};
    assert_true(program_words("a {scratch}/b \"{scratch} 'c\" --at={socket}", "/x y/$z", &words));
    assert_int_equal(words.count, 4);
    assert_string_equal(words.items[1], "/x y/$z/b");
    assert_string_equal(words.items[2], "/x y/$z 'c");
    assert_string_equal(words.items[3], "--at=/x y/$z/socket");
    text_list_release(&words);
}

static void scripts_run_before_and_checks_after(void **state) {
    Place *place = *state;
    if (access("/usr/bin/hyperfine", X_OK) != 0)
        skip();
    StoreError error = {""};
    write_in(place, "before.sh", "echo x >>$1/times; rm -f $1/made\n");
    write_in(place, "run.sh", "test ! -e $1/made && : >$1/made\n");
    place->program = load_text(place,
                               "[program]\nbefore = before.sh\ncommand = sh {scratch}/run.sh {scratch}\n"
                               "check = cat {scratch}/made {scratch}/times\n",
                               &error);
    assert_non_null(place->program);
    Sample first, second;
    assert_int_equal(run_slot(place->program, place->folder, "glibc", 20000, &first), SLOT_END_DONE);
    assert_int_equal(run_slot(place->program, place->folder, "glibc", 20000, &second), SLOT_END_DONE);
    assert_int_equal(first.status, SAMPLE_OK);
    assert_int_equal(second.status, SAMPLE_OK);
    /* The check's answer has grown by a line: it is part of the output. */
    assert_true(first.checksum != 0 && first.checksum != second.checksum);
    sample_release(&first);
    sample_release(&second);
    write_in(place, "run.sh", "true\n");
    assert_int_equal(run_slot(place->program, place->folder, "glibc", 20000, &first), SLOT_END_DONE);
    assert_int_equal(first.status, SAMPLE_WRONG_OUTPUT);
    sample_release(&first);
}

/* By "free", for this program calls no malloc of its own. */
static bool can_look_into_processes(void) {
    char *file;
    Resolution resolution = resolution_of(getpid(), "free", &file);
    free(file);
    return resolution != RESOLUTION_UNKNOWN;
}

static void the_wrong_malloc_is_seen(void **state) {
    if (!can_look_into_processes())
        skip();
    expect_served(*state, NULL, "env -u LD_PRELOAD sh {scratch}/server {scratch}", NULL, NULL, 20000,
                  SAMPLE_PRELOAD_FAILED, "malloc resolved to");
}

static void own_malloc_is_resolved(void **state) {
    (void)state;
    if (SANITIZED || !can_look_into_processes())
        skip();
    char *file, *libc = places_libc();
    assert_int_equal(resolution_of(getpid(), "free", &file), RESOLUTION_FOUND);
    assert_true(same_file(file, libc));
    free(file);
    free(libc);
    assert_int_equal(resolution_of(getpid(), "no_such_function_of_any_name", &file), RESOLUTION_ABSENT);
    assert_null(file);
}

/* ---- the whole harness, ended from outside ---- */

/* A process whose command line holds this text; 0: none. */
static pid_t find_process(const char *text) {
    DIR *proc = opendir("/proc");
    pid_t found = 0;
    struct dirent *entry;
    while (proc != NULL && found == 0 && (entry = readdir(proc)) != NULL) {
        char path[300], line[4096];
        snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        FILE *file = fopen(path, "re");
        size_t length = file == NULL ? 0 : fread(line, 1, sizeof line - 1, file);
        if (file != NULL)
            fclose(file);
        for (size_t i = 0; i < length; i++)
            line[i] = line[i] == '\0' ? ' ' : line[i];
        line[length] = '\0';
        if (length > 0 && strstr(line, text) != NULL)
            found = (pid_t)atoi(entry->d_name);
    }
    if (proc != NULL)
        closedir(proc);
    return found;
}

static bool soon(const char *text, bool there) {
    for (int i = 0; i < 2000; i++) {
        if ((find_process(text) != 0) == there)
            return true;
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
    return false;
}

/* Ends `allocbench run --workloads PROGRAM` by a signal when a process runs whose command line holds the mark. */
static int end_run_of(const Place *place, const char *program, const char *mark, int number) {
    char *temporary = text_format("%s/tmp", place->folder), *out = text_format("%s/out", place->folder);
    assert_int_equal(mkdir(temporary, 0700), 0);
    pid_t pid = fork();
    if (pid == 0) {
        setenv("TMPDIR", temporary, 1);
        if (freopen("/dev/null", "w", stdout) == NULL || freopen("/dev/null", "w", stderr) == NULL)
            _exit(126);
        execl(TEST_ALLOCBENCH, TEST_ALLOCBENCH, "run", "--workloads", program, "--allocators", "glibc", "--out", out,
              (char *)NULL);
        _exit(127);
    }
    bool seen = soon(mark, true);
    kill(pid, number);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(seen);
    assert_true(soon(mark, false));
    free(temporary);
    free(out);
    return status;
}

static int end_run_by(const Place *place, int number) {
    char *mark = text_format("--unixsocket %s/tmp", place->folder);
    int status = end_run_of(place, PROGRAMS "redis.ini", mark, number);
    free(mark);
    return status;
}

static bool has_redis(void) {
    StoreError error;
    Program *program = program_load(PROGRAMS "redis.ini", &error);
    assert_non_null(program);
    char *unsupported = program_unsupported(program);
    bool has = unsupported == NULL;
    free(unsupported);
    program_free(program);
    return has;
}

static void an_interrupted_run_leaves_nothing(void **state) {
    const Place *place = *state;
    if (!has_redis())
        skip();
    (void)end_run_by(place, SIGINT);
    char *temporary = text_format("%s/tmp", place->folder);
    assert_int_equal(rmdir(temporary), 0);
    free(temporary);
}

static void a_killed_run_leaves_no_process(void **state) {
    if (!has_redis())
        skip();
    assert_true(WIFSIGNALED(end_run_by(*state, SIGKILL)));
}

/* A script that never ends is ended with the run, by whatever signal. */
static void end_run_in_script(const Place *place, const char *key, int number) {
    static const char loop[] = "while :; do sleep 0.01; done\n";
    char *script = text_format("%s/endless.sh", place->folder), *path = text_format("%s/p.ini", place->folder);
    char *temporary = text_format("%s/tmp", place->folder), *out = text_format("%s/out", place->folder);
    char *text = text_format("[program]\n%s = endless.sh\ncommand = true\n", key);
    test_write(script, loop, strlen(loop));
    test_write(path, text, strlen(text));
    char *mark = text_format("sh %s", script); /* its hash is taken before, by another program */
    int status = end_run_of(place, path, mark, number);
    free(mark);
    if (number == SIGKILL) {
        assert_true(WIFSIGNALED(status));
    } else {
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), EXIT_CODE_INTERRUPTED);
        assert_int_equal(rmdir(temporary), 0);
    }
    test_folder_remove(text_copy(temporary));
    test_folder_remove(text_copy(out));
    free(script);
    free(path);
    free(temporary);
    free(out);
    free(text);
}

static void a_run_ends_while_a_script_runs(void **state) {
    if (!process_find("hyperfine", NULL))
        skip();
    end_run_in_script(*state, "prepare", SIGINT);
    end_run_in_script(*state, "before", SIGTERM);
    end_run_in_script(*state, "prepare", SIGKILL);
}

#define TEST_PROGRAM(program)                                                                                          \
    { "runs_twice_" program, run_twice, NULL, NULL, program }
#define TEST_SERVER(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_are_read),
        TEST_SERVER(descriptions_are_checked),
        cmocka_unit_test(words_hold_any_folder),
        TEST_SERVER(scripts_run_before_and_checks_after),
        cmocka_unit_test(own_malloc_is_resolved),
        TEST_SERVER(a_server_is_measured),
        TEST_SERVER(no_handler_is_obedience),
        TEST_SERVER(a_server_never_answers),
        TEST_SERVER(a_ready_that_hangs),
        TEST_SERVER(a_server_ends_early),
        TEST_SERVER(a_server_dies_under_load),
        TEST_SERVER(a_server_hangs_under_load),
        TEST_SERVER(a_load_fails),
        TEST_SERVER(a_load_without_table),
        TEST_SERVER(a_server_ignores_the_signal),
        TEST_SERVER(a_server_leaves_a_process),
        TEST_SERVER(a_daemon_is_no_server),
        TEST_SERVER(the_wrong_malloc_is_seen),
        TEST_SERVER(interrupted),
        TEST_SERVER(without_ptrace),
        TEST_SERVER(a_path_too_long_for_a_socket),
        TEST_SERVER(an_interrupted_run_leaves_nothing),
        TEST_SERVER(a_killed_run_leaves_no_process),
        TEST_SERVER(a_run_ends_while_a_script_runs),
        TEST_PROGRAM("sqlite3"),
        TEST_PROGRAM("python3"),
        TEST_PROGRAM("gcc"),
        TEST_PROGRAM("perl"),
        TEST_PROGRAM("lua"),
        TEST_PROGRAM("git"),
        TEST_PROGRAM("zstd"),
        TEST_PROGRAM("ghostscript"),
        TEST_PROGRAM("start_up"),
        TEST_PROGRAM("redis"),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
