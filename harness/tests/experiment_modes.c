/*
 * experiment_modes.c - slots that count instructions, search a memory limit or count system calls: what they measure is
 * checked against what is known, and that they leave no file, process or control group behind.
 */
#include "testing.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "experiment/allocator.h"
#include "experiment/cgroup.h"
#include "experiment/icount_slot.h"
#include "experiment/limit_slot.h"
#include "experiment/process.h"
#include "experiment/syscall_slot.h"
#include "slot_protocol.h"

#define SMALL TEST_BUILD_DIR "/workloads/small"
#define LARSON TEST_BUILD_DIR "/../../workloads/larson"
#define MINIPOOL TEST_BUILD_DIR "/../../alloc/libminipool.so"
#define PAIRS TEST_BUILD_DIR "/../../workloads/linux_scalability"
#define MIB (UINT64_C(1) << 20)

typedef SlotEnd Runner(const SlotRequest *request, Sample *sample, StoreError *error);

static volatile sig_atomic_t stop;
static char *temporary;

static size_t entries(const char *path, const char *prefix) {
    DIR *directory = opendir(path);
    assert_non_null(directory);
    size_t count = 0;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        count += entry->d_name[0] != '.' && strncmp(entry->d_name, prefix, strlen(prefix)) == 0 ? 1 : 0;
    closedir(directory);
    return count;
}

/* False when this machine has no such allocator. */
static bool run(Runner *runner, const char *allocator, char *const *argv, SlotRequest request, Sample *sample,
                SlotEnd *end) {
    RunMeta holder = {.arms = grow(NULL, 1, sizeof *holder.arms), .arm_count = 1};
    StoreError error = {""};
    *sample = (Sample){0};
    assert_true(allocator_resolve(allocator, holder.arms, &error));
    bool there = holder.arms[0].available;
    request.argv = argv;
    request.arm = holder.arms;
    if (request.limits.timeout_ns == 0)
        request.limits = (SlotLimits){UINT64_C(60000000000), 1024 * MIB, &stop};
    if (there)
        *end = runner(&request, sample, &error);
    if (there && *end == SLOT_END_IMPOSSIBLE)
        print_message("%s\n", error.text);
    run_meta_release(&holder);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    assert_int_equal(entries(temporary, ""), 0);
    return there;
}

static void expect(Runner *runner, const char *allocator, char *const *argv, SlotRequest request, SampleStatus status,
                   const char *message) {
    Sample sample;
    SlotEnd end = SLOT_END_IMPOSSIBLE;
    assert_true(run(runner, allocator, argv, request, &sample, &end));
    assert_int_equal(end, SLOT_END_DONE);
    if (sample.status != status)
        print_message("%s: %s\n", sample_status_name(sample.status), sample.message);
    assert_int_equal(sample.status, status);
    if (message != NULL) {
        assert_non_null(sample.message);
        assert_non_null(strstr(sample.message, message));
    }
    sample_release(&sample);
}

static char *const larson[] = {LARSON, "--slots", "500", "--rounds", "2", "--threads", "1", "--ops", "1", NULL};

/* ---- instructions ---- */

static void counts_are_exact(void **state) {
    (void)state;
    if (!process_find("valgrind", NULL))
        skip();
    static const char *const allocators[] = {"glibc", "minipool"};
    double per_operation[2] = {0, 0};
    for (size_t i = 0; i < 2; i++) {
        double first = 0;
        for (uint32_t round = 0; round < 2; round++) {
            Sample sample;
            SlotEnd end = SLOT_END_IMPOSSIBLE;
            SlotRequest request = {.operations = 10000, .padding_bytes = 100 * round};
            if (!run(slot_run_icount, allocators[i], larson, request, &sample, &end))
                break;
            assert_int_equal(end, SLOT_END_DONE);
            if (sample.status != SAMPLE_OK)
                print_message("%s\n", sample.message);
            assert_int_equal(sample.status, SAMPLE_OK);
            double once = sample_measure(&sample, "instructions_n");
            double twice = sample_measure(&sample, "instructions_2n");
            per_operation[i] = sample_measure(&sample, "instructions_per_operation");
            assert_true(sample_measure(&sample, "timed_loops_only") == 1);
            assert_int_equal(sample.operations, 10000);
            assert_true(per_operation[i] == (twice - once) / 10000);
            assert_true(per_operation[i] > 20 && per_operation[i] < 5000);
            assert_true(round == 0 || twice == first);
            first = twice;
            /* Nothing of valgrind's own process may pass for the workload's. */
            assert_true(sample.elapsed_ns == 0 && sample.peak_rss_bytes == 0 && sample.series.count == 0);
            assert_true(sample.checksum != 0 && sample.malloc_library != NULL);
            sample_release(&sample);
        }
    }
    assert_true(per_operation[0] != per_operation[1]);
}

static void what_cannot_be_counted(void **state) {
    (void)state;
    char *two[] = {LARSON, "--threads", "2", "--ops", "1", NULL};
    char *crash[] = {SMALL, "--mode", "crash", NULL};
    char *hang[] = {SMALL, "--mode", "hang", NULL};
    SlotRequest some = {.operations = 1000};
    expect(slot_run_icount, "glibc", two, (SlotRequest){.operations = 1000, .threads = 2}, SAMPLE_UNSUPPORTED,
           "--threads 1");
    expect(slot_run_icount, "glibc", larson, (SlotRequest){.operations = 0}, SAMPLE_UNSUPPORTED, "parameters alone");
    if (process_find("valgrind", NULL)) {
        SlotRequest impatient = {.operations = 1000, .limits = {UINT64_C(3000000000), 1024 * MIB, &stop}};
        expect(slot_run_icount, "glibc", two, some, SAMPLE_UNSUPPORTED, "works with 2 threads");
        expect(slot_run_icount, "glibc", crash, some, SAMPLE_CRASHED, "SIGSEGV");
        expect(slot_run_icount, "glibc", hang, impatient, SAMPLE_TIMEOUT, NULL);
        expect(slot_run_icount, TEST_BUILD_DIR "/arms/null.so", larson, some, SAMPLE_OUT_OF_MEMORY, "NULL");
    }
    char *path = strdup(getenv("PATH"));
    setenv("PATH", "/nowhere", 1);
    expect(slot_run_icount, "glibc", larson, some, SAMPLE_UNSUPPORTED, "apt-get install valgrind");
    setenv("PATH", path, 1);
    free(path);
}

/* ---- limits ---- */

/* A program that is killed cannot remove its group; the next one does. In children, because a process looks once. */
static void groups_of_the_dead_are_removed(void **state) {
    (void)state;
    int ends[2];
    char folder[1024] = "";
    assert_int_equal(pipe(ends), 0);
    for (int i = 0; i < 2; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            Cgroup group;
            StoreError error;
            if (!cgroup_is_available())
                _exit(77);
            if (i == 0 && cgroup_create(64 * MIB, &group, &error) &&
                write(ends[1], group.folder, strlen(group.folder)) < 1)
                _exit(1);
            _exit(0);
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
            skip();
        assert_int_equal(status, 0);
        if (i == 0) {
            assert_true(read(ends[0], folder, sizeof folder - 1) > 0);
            assert_int_equal(access(folder, F_OK), 0);
        }
    }
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(access(folder, F_OK), -1);
}

/* The folder of groups, by making one; "" where that is impossible. */
static void find_groups(char *folder, size_t size, char *prefix, size_t prefix_size) {
    Cgroup group;
    StoreError error;
    folder[0] = '\0';
    snprintf(prefix, prefix_size, "allocbench-%d-", (int)getpid());
    if (!cgroup_is_available())
        return;
    assert_true(cgroup_create(64 * MIB, &group, &error));
    snprintf(folder, size, "%s", group.folder);
    *strrchr(folder, '/') = '\0';
    assert_int_equal(entries(folder, prefix), 1);
    assert_true(cgroup_remove(&group));
}

static void no_group_is_left(void) {
    char folder[1024], prefix[64];
    find_groups(folder, sizeof folder, prefix, sizeof prefix);
    if (folder[0] != '\0')
        assert_int_equal(entries(folder, prefix), 0);
}

static LimitMethod method_under_test;

static SlotEnd search_by_method(const SlotRequest *request, Sample *sample, StoreError *error) {
    return limit_search(request, method_under_test, sample, error);
}

/* Under larson with so many blocks of 512 bytes. */
static uint64_t limit_of(const char *blocks) {
    char *argv[] = {LARSON,      "--slots", (char *)blocks, "--min-size", "500", "--max-size", "502",
                    "--threads", "1",       "--ops",        "20000",      NULL};
    Sample sample;
    SlotEnd end = SLOT_END_IMPOSSIBLE;
    assert_true(run(search_by_method, "glibc", argv, (SlotRequest){0}, &sample, &end));
    assert_int_equal(end, SLOT_END_DONE);
    if (sample.status != SAMPLE_OK)
        print_message("%s\n", sample.message);
    assert_int_equal(sample.status, SAMPLE_OK);
    assert_non_null(strstr(sample.message, limit_method_name(method_under_test)));
    double measured = sample_measure(&sample, "memory_limit_bytes");
    assert_true(measured > 0);
    uint64_t limit = (uint64_t)measured, failed = 0;
    size_t completed = 0;
    for (size_t i = 0; i < sample.probe_count; i++) {
        const LimitProbe *probe = &sample.probes[i];
        if (probe->elapsed_ns == 0 && probe->limit_bytes < limit && probe->limit_bytes > failed)
            failed = probe->limit_bytes;
        completed += probe->elapsed_ns > 0 && probe->limit_bytes == limit ? 1 : 0;
    }
    assert_true(completed >= 2); /* found and confirmed */
    assert_true(failed > 0 && limit - failed <= limit / LIMIT_RESOLUTION + 4096);
    bool by_group = method_under_test == LIMIT_BY_CGROUP;
    assert_true(sample_measure(&sample, "limit_by_cgroup") == (by_group ? 1 : 0));
    assert_true(sample.elapsed_ns == 0 && sample.peak_rss_bytes > 0);
    sample_release(&sample);
    no_group_is_left();
    return limit;
}

/* However memory is limited, 38,000 blocks more need 18.6 MiB more, and 0.9 MiB for the table of them. */
static void limits_are_found(void **state) {
    (void)state;
    for (LimitMethod method = LIMIT_BY_CGROUP; method < LIMIT_BY_NOTHING; method++) {
        if (!limit_method_works(method))
            continue;
        method_under_test = method;
        uint64_t few = limit_of("2000"), many = limit_of("40000");
        if (many - few < 17 * MIB || many - few > 24 * MIB)
            print_message("%s: %llu and %llu\n", limit_method_name(method), (unsigned long long)few,
                          (unsigned long long)many);
        assert_in_range(many - few, 17 * MIB, 24 * MIB);
    }
    assert_true(limit_method() != LIMIT_BY_NOTHING);
}

static void the_kernel_kills_in_a_group(void **state) {
    (void)state;
    if (!cgroup_is_available())
        skip();
    char *argv[] = {SMALL, "--ops", "20000", NULL};
    Sample sample;
    SlotEnd end = SLOT_END_IMPOSSIBLE;
    method_under_test = LIMIT_BY_CGROUP;
    assert_true(run(search_by_method, "glibc", argv, (SlotRequest){0}, &sample, &end));
    assert_int_equal(sample.status, SAMPLE_OK);
    assert_true(sample_measure(&sample, "limit_oom_kills") >= 1);
    sample_release(&sample);
}

static void limits_that_are_not_found(void **state) {
    (void)state;
    char *argv[] = {SMALL, "--ops", "20000", NULL};
    SlotRequest capped = {.limits = {UINT64_C(60000000000), 50 * MIB, &stop}};
    expect(slot_run_limit, "glibc", (char *const[]){SMALL, "--mode", "crash", NULL}, (SlotRequest){0}, SAMPLE_CRASHED,
           NULL);
    expect(slot_run_limit, TEST_BUILD_DIR "/arms/leak.so", argv, capped, SAMPLE_OUT_OF_MEMORY, "cap");
    /* Address space is more than RSS ever is: no limit under a cap that the free run just keeps. */
    Sample sample;
    SlotEnd end = SLOT_END_IMPOSSIBLE;
    method_under_test = LIMIT_BY_ADDRESS_SPACE;
    capped.limits.memory_cap_bytes = 2 * MIB + MIB / 4;
    assert_true(run(search_by_method, "glibc", argv, capped, &sample, &end));
    if (sample.status == SAMPLE_OK) {
        assert_true(isnan(sample_measure(&sample, "memory_limit_bytes")));
        assert_true(sample.probe_count >= 1);
    }
    sample_release(&sample);
}

static void on_alarm(int number) {
    (void)number;
    stop = 1;
}

static void interrupted_searches_leave_nothing(void **state) {
    (void)state;
    char *argv[] = {LARSON, "--threads", "1", "--ops", "3000000", NULL};
    signal(SIGALRM, on_alarm);
    for (int i = 0; i < 3; i++) {
        Sample sample;
        SlotEnd end = SLOT_END_IMPOSSIBLE;
        struct itimerval timer = {.it_value = {0, 20000 + 230000 * i}};
        stop = 0;
        setitimer(ITIMER_REAL, &timer, NULL);
        assert_true(run(slot_run_limit, "glibc", argv, (SlotRequest){0}, &sample, &end));
        assert_int_equal(end, SLOT_END_INTERRUPTED);
        setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
        sample_release(&sample);
        no_group_is_left();
    }
    stop = 0;
    signal(SIGALRM, SIG_DFL);
}

/* ---- system calls ---- */

/* Without a threshold that grows, glibc maps and unmaps each of these blocks: two calls an operation. */
static void calls_are_counted(void **state) {
    (void)state;
    if (!process_find("strace", NULL))
        skip();
    char *argv[] = {LARSON,       "--slots", "10",    "--rounds", "100000",    "--min-size", "200000",
                    "--max-size", "200002",  "--ops", "1",        "--threads", "1",          NULL};
    Sample sample;
    SlotEnd end = SLOT_END_IMPOSSIBLE;
    assert_true(run(slot_run_syscalls, "glibc?MALLOC_MMAP_THRESHOLD_=65536", argv, (SlotRequest){.operations = 4000},
                    &sample, &end));
    assert_int_equal(end, SLOT_END_DONE);
    assert_int_equal(sample.status, SAMPLE_OK);
    double memory = sample_measure(&sample, "memory_syscalls"), all = sample_measure(&sample, "syscalls");
    if (isnan(memory)) {
        sample_release(&sample);
        skip(); /* ptrace is forbidden here */
    }
    assert_int_equal(sample.operations, 2000);
    assert_true(memory >= 4000 && memory <= 4020);
    assert_true(sample_measure(&sample, "sys_mmap") >= 2000 && sample_measure(&sample, "sys_munmap") >= 2000);
    assert_true(all >= memory && all < memory + 50);
    assert_true(sample.elapsed_ns == 0 && sample.peak_rss_bytes == 0);
    assert_non_null(sample.malloc_library);
    sample_release(&sample);
    expect(slot_run_syscalls, "glibc", (char *const[]){SMALL, "--mode", "crash", NULL},
           (SlotRequest){.operations = 1000}, SAMPLE_CRASHED, "SIGSEGV");
    expect(slot_run_syscalls, "glibc", (char *const[]){SMALL, "--mode", "hang", NULL},
           (SlotRequest){.operations = 1000, .limits = {300000000, 1024 * MIB, &stop}}, SAMPLE_TIMEOUT, NULL);
    expect(slot_run_syscalls, TEST_BUILD_DIR "/arms/null.so", larson, (SlotRequest){.operations = 1000},
           SAMPLE_OUT_OF_MEMORY, "NULL");
}

/* Run in a child of its own: PATH is changed and the answer is remembered. */
static void expect_no_counts(const char *path, const char *reason) {
    pid_t pid = fork();
    if (pid == 0) {
        Sample sample;
        SlotEnd end = SLOT_END_IMPOSSIBLE;
        setenv("PATH", path, 1);
        bool good = run(slot_run_syscalls, "glibc", larson, (SlotRequest){.operations = 1000}, &sample, &end) &&
                    end == SLOT_END_DONE && sample.status == SAMPLE_OK && sample.measure_count == 3;
        for (size_t i = 0; good && i < sample.measure_count; i++)
            good = isnan(sample.measures[i].value) && strstr(sample.measures[i].reason, reason) != NULL;
        _exit(good ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void no_value_has_a_reason(void **state) {
    (void)state;
    char *folder = test_folder(), path[256];
    snprintf(path, sizeof path, "%s/strace", folder);
    static const char script[] = "#!/bin/sh\nexit 1\n";
    test_write(path, script, sizeof script - 1);
    chmod(path, 0755);
    expect_no_counts("/nowhere", "apt-get install strace");
    expect_no_counts(folder, "SYS_PTRACE");
    test_folder_remove(folder);
}

static void share_of_the_work(void **state) {
    (void)state;
    assert_int_equal(syscall_operations(1000000, 200000000), 100000);
    assert_int_equal(syscall_operations(1000000, 10000000), 1000000);
    assert_int_equal(syscall_operations(3, 2000000000), 3);
    assert_int_equal(syscall_operations(1000000, 2000000000), 16384);
    assert_int_equal(syscall_operations(0, 2000000000), 0);
}

/* ---- the allocators' own counters ---- */

enum { PAIR_COUNT = 200000, FEW = 50 }; /* what starting and ending a thread may allocate */

static const char *const heap_counters[] = {
    "heap_refills_held", "heap_refills_carved",    "heap_spans_adopted",     "heap_refills_page_heap",
    "heap_large_blocks", "heap_os_calls",          "heap_lock_acquisitions", "heap_lock_contentions",
    "heap_lock_sleeps",  "heap_atomic_operations", "heap_remote_frees",
};
enum { HEAP_COUNTERS = sizeof heap_counters / sizeof heap_counters[0] };

/* A slot of PAIR_COUNT pairs of malloc and free of so many bytes in one thread. */
static void run_pairs(const char *allocator, const char *bytes, uint32_t observe, Sample *sample) {
    char *argv[] = {PAIRS, "--threads", "1", "--ops", "200000", "--size", (char *)bytes, NULL};
    SlotEnd end = SLOT_END_IMPOSSIBLE;
    assert_true(run(slot_run_workload, allocator, argv, (SlotRequest){.observe = observe}, sample, &end));
    assert_int_equal(end, SLOT_END_DONE);
    assert_int_equal(sample->status, SAMPLE_OK);
    assert_int_equal(sample->operations, PAIR_COUNT);
}

static const Measure *measure_of(const Sample *sample, const char *name) {
    for (size_t i = 0; i < sample->measure_count; i++)
        if (strcmp(sample->measures[i].name, name) == 0)
            return &sample->measures[i];
    fail_msg("there is no measure %s", name);
    return NULL;
}

static void expect_no_counter(const Sample *sample, const char *name, const char *reason) {
    const Measure *measure = measure_of(sample, name);
    assert_true(isnan(measure->value));
    assert_non_null(measure->reason);
    if (strstr(measure->reason, reason) == NULL)
        fail_msg("%s: %s", name, measure->reason);
}

static void counters_are_those_between_the_marks(void **state) {
    (void)state;
    Sample sample;
    run_pairs(TEST_BUILD_DIR "/arms/counting.so", "64", SLOT_OBSERVE_PICTURES, &sample);
    /* Neither what came before the first mark nor the pictures. */
    double mallocs = sample_measure(&sample, "heap_lock_acquisitions");
    assert_true(mallocs >= PAIR_COUNT && mallocs < PAIR_COUNT + FEW);
    assert_true(sample_measure(&sample, "heap_lock_sleeps") == 0); /* never below */
    assert_true(sample_measure(&sample, "heap_atomic_operations") == 0);
    expect_no_counter(&sample, "heap_lock_contentions", "whole number");
    expect_no_counter(&sample, "heap_remote_frees", "does not have it");
    sample_release(&sample);
    run_pairs(TEST_BUILD_DIR "/arms/counting.so?COUNTING_BROKEN=1", "64", SLOT_OBSERVE_PICTURES, &sample);
    for (size_t i = 0; i < HEAP_COUNTERS; i++)
        expect_no_counter(&sample, heap_counters[i], "no JSON object");
    sample_release(&sample);
    run_pairs("glibc", "64", SLOT_OBSERVE_PICTURES, &sample);
    for (size_t i = 0; i < HEAP_COUNTERS; i++)
        expect_no_counter(&sample, heap_counters[i], "exports no counters");
    sample_release(&sample);
    run_pairs(TEST_BUILD_DIR "/arms/counting.so", "64", 0, &sample); /* no picture unless asked for */
    for (size_t i = 0; i < sample.measure_count; i++)
        assert_int_not_equal(strncmp(sample.measures[i].name, "heap_", 5), 0);
    sample_release(&sample);
}

static void minipool_counts_its_tiers(void **state) {
    (void)state;
    Sample sample;
    run_pairs(MINIPOOL, "64", SLOT_OBSERVE_PICTURES, &sample); /* always the same block, from the thread's list */
    for (size_t i = 0; i < HEAP_COUNTERS; i++) {
        double value = measure_of(&sample, heap_counters[i])->value;
        if (!(value >= 0 && value < FEW))
            fail_msg("%s is %g", heap_counters[i], value);
    }
    sample_release(&sample);
    run_pairs(MINIPOOL, "300000", SLOT_OBSERVE_PICTURES, &sample); /* each from the PageHeap and back, under its lock */
    double large = sample_measure(&sample, "heap_large_blocks"),
           locks = sample_measure(&sample, "heap_lock_acquisitions");
    assert_true(large >= PAIR_COUNT && large < PAIR_COUNT + FEW);
    assert_true(locks >= 2 * PAIR_COUNT);
    assert_true(sample_measure(&sample, "heap_atomic_operations") >= 2 * locks);
    sample_release(&sample);
}

static int use_own_temporary(void **state) {
    (void)state;
    temporary = test_folder();
    return setenv("TMPDIR", temporary, 1);
}

static int remove_temporary(void **state) {
    (void)state;
    test_folder_remove(temporary);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_of_the_dead_are_removed),
        cmocka_unit_test(no_value_has_a_reason),
        cmocka_unit_test(counts_are_exact),
        cmocka_unit_test(what_cannot_be_counted),
        cmocka_unit_test(limits_are_found),
        cmocka_unit_test(the_kernel_kills_in_a_group),
        cmocka_unit_test(limits_that_are_not_found),
        cmocka_unit_test(interrupted_searches_leave_nothing),
        cmocka_unit_test(calls_are_counted),
        cmocka_unit_test(share_of_the_work),
        cmocka_unit_test(counters_are_those_between_the_marks),
        cmocka_unit_test(minipool_counts_its_tiers),
    };
    return cmocka_run_group_tests(tests, use_own_temporary, remove_temporary);
}
