/*
 * experiment_slot.c - every way in which a slot can end, and that nothing of it is left.
 */
#include "testing.h"

#include <errno.h>
#include <math.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "experiment/allocator.h"
#include "experiment/slot.h"
#include "slot_protocol.h"

#define WORKLOAD TEST_BUILD_DIR "/workloads/small"

static volatile sig_atomic_t stop;

/* What run_small() asks for besides. */
static uint32_t observe;
static ThpChoice thp;

static SlotEnd run_small(const char *allocator, const char *mode, uint64_t timeout_ms, uint64_t cap_mib,
                         Sample *sample) {
    Arm arm;
    StoreError error = {""};
    assert_true(allocator_resolve(allocator, &arm, &error));
    assert_true(arm.available && !arm.broken);
    char *argv[] = {WORKLOAD, "--ops", "20000", "--mode", (char *)mode, NULL};
    SlotRequest request = {
        .argv = argv,
        .arm = &arm,
        .padding_bytes = 100,
        .thp = thp,
        .observe = observe,
        .limits = {timeout_ms * 1000000, cap_mib << 20, &stop},
    };
    *sample = (Sample){0};
    SlotEnd end = slot_run_workload(&request, sample, &error);
    RunMeta holder = {.arms = grow(NULL, 1, sizeof arm), .arm_count = 1};
    holder.arms[0] = arm;
    run_meta_release(&holder);
    /* No child, no zombie. */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    return end;
}

static void expect(const char *allocator, const char *mode, SampleStatus status, const char *message) {
    Sample sample;
    assert_int_equal(run_small(allocator, mode, 20000, 1024, &sample), SLOT_END_DONE);
    if (sample.status != status)
        print_message("%s %s: %s: %s\n", allocator, mode, sample_status_name(sample.status), sample.message);
    assert_int_equal(sample.status, status);
    if (message != NULL) {
        assert_non_null(sample.message);
        assert_non_null(strstr(sample.message, message));
    }
    sample_release(&sample);
}

static void ends(void **state) {
    (void)state;
    expect("glibc", "none", SAMPLE_OK, NULL);
    expect("glibc", "talk", SAMPLE_OK, NULL);
    expect("glibc", "orphan", SAMPLE_OK, NULL);
    expect("glibc", "crash", SAMPLE_CRASHED, "SIGSEGV");
    expect("glibc", "abort", SAMPLE_CRASHED, "SIGABRT");
    expect("glibc", "leave", SAMPLE_CRASHED, "before its work was done");
    expect("glibc", "code", SAMPLE_CRASHED, "code 77");
    expect("glibc", "refuse", SAMPLE_UNSUPPORTED, "not on this machine");
}

static void arms_that_misbehave(void **state) {
    (void)state;
    Sample sample;
    expect(TEST_BUILD_DIR "/arms/slow.so", "none", SAMPLE_OK, NULL);
    expect(TEST_BUILD_DIR "/arms/crash.so", "none", SAMPLE_CRASHED, "SIGSEGV");
    expect(TEST_BUILD_DIR "/arms/null.so", "none", SAMPLE_OUT_OF_MEMORY, "NULL");
    expect(TEST_BUILD_DIR "/arms/twice.so", "none", SAMPLE_CORRUPT, "content");
    assert_int_equal(run_small(TEST_BUILD_DIR "/arms/hang.so", "none", 200, 1024, &sample), SLOT_END_DONE);
    assert_int_equal(sample.status, SAMPLE_TIMEOUT);
    sample_release(&sample);
    assert_int_equal(run_small(TEST_BUILD_DIR "/arms/exhaust.so", "none", 60000, 100, &sample), SLOT_END_DONE);
    assert_int_equal(sample.status, SAMPLE_OUT_OF_MEMORY);
    assert_true(sample.peak_rss_bytes > 100 << 20);
    sample_release(&sample);
}

static void counters_and_memory(void **state) {
    (void)state;
    Sample plain, leaking;
    run_small("glibc", "none", 20000, 1024, &plain);
    assert_int_equal(plain.operations, 20000);
    assert_true(plain.elapsed_ns > 0 && plain.checksum != 0 && plain.malloc_library != NULL);
    assert_true(plain.peak_rss_bytes > 1 << 20);
    run_small(TEST_BUILD_DIR "/arms/leak.so", "none", 20000, 1024, &leaking);
    assert_true(leaking.checksum == plain.checksum);
    /* small writes no peak into its page: this one was read at its exit, or is the series' maximum. */
    if (leaking.peak_is_exact && plain.peak_is_exact)
        assert_in_range(leaking.peak_rss_bytes - plain.peak_rss_bytes, 60u << 20, 72u << 20);
    sample_release(&plain);
    sample_release(&leaking);
}

static const Measure *find_measure(const Sample *sample, const char *name) {
    for (size_t i = 0; i < sample->measure_count; i++) {
        if (strcmp(sample->measures[i].name, name) == 0)
            return &sample->measures[i];
    }
    fail_msg("no measure %s", name);
    return NULL;
}

static void measures_arrive(void **state) {
    (void)state;
    Sample sample;
    assert_int_equal(run_small("glibc", "none", 20000, 1024, &sample), SLOT_END_DONE);
    assert_true(sample_measure(&sample, "answer_ns") == 42.5);
    assert_true(isnan(find_measure(&sample, "missing_bytes")->value));
    assert_string_equal(find_measure(&sample, "missing_bytes")->reason, "nobody looked");
    assert_null(find_measure(&sample, "answer_ns")->reason);
    assert_true(sample_measure(&sample, "observer_cpu_ns") > 0);
    assert_true(sample_measure(&sample, "observer_cpu_ns") <= sample_measure(&sample, "watched_ns"));
    assert_int_equal(sample.histogram_count, 0);
    sample_release(&sample);

    /* What an allocator has overwritten is left out; the rest of the sample stays. */
    observe = SLOT_OBSERVE_LATENCY;
    assert_int_equal(run_small("glibc", "nonsense", 20000, 1024, &sample), SLOT_END_DONE);
    observe = 0;
    assert_int_equal(sample.status, SAMPLE_OK);
    assert_int_equal(sample.measure_count, 2 + 3);
    assert_true(sample_measure(&sample, "fine") == 1);
    assert_non_null(strstr(find_measure(&sample, "reasonless")->reason, "no reason"));
    assert_string_equal(find_measure(&sample, "no_text")->reason, "??");
    assert_int_equal(sample.histogram_count, 2);
    sample_release(&sample);
}

static void histograms_arrive(void **state) {
    (void)state;
    Sample sample;
    observe = SLOT_OBSERVE_LATENCY;
    assert_int_equal(run_small("glibc", "none", 20000, 1024, &sample), SLOT_END_DONE);
    observe = 0;
    assert_int_equal(sample.histogram_count, 2);
    const Histogram *first = &sample.histograms[0], *second = &sample.histograms[1];
    assert_string_equal(first->name, "malloc sampled");
    assert_int_equal(first->count, 2);
    assert_true(first->bucket[0] == 7 && first->hits[0] == 3);
    assert_true(first->bucket[1] == SLOT_HISTOGRAM_BUCKETS - 1 && first->hits[1] == 1);
    assert_string_equal(second->name, "empty chain");
    assert_true(second->count == 1 && second->bucket[0] == 0 && second->hits[0] == 5);
    sample_release(&sample);
}

static void usable_bytes_are_seen_when_asked_for(void **state) {
    (void)state;
    Sample sample;
    assert_int_equal(run_small("glibc", "none", 20000, 1024, &sample), SLOT_END_DONE);
    assert_null(sample.series.usable_bytes);
    sample_release(&sample);
    observe = SLOT_OBSERVE_LIVE;
    int64_t live = 0;
    /* On a busy machine the work may not be done by then. */
    for (uint64_t timeout_ms = 100; live <= 0 && timeout_ms <= 10000; timeout_ms *= 10) {
        assert_int_equal(run_small("glibc", "hang", timeout_ms, 1024, &sample), SLOT_END_DONE);
        assert_non_null(sample.series.usable_bytes);
        size_t points = sample.series.count;
        live = points == 0 ? 0 : sample.series.live_bytes[points - 1];
        if (live > 0)
            assert_true(sample.series.usable_bytes[points - 1] >= live);
        sample_release(&sample);
    }
    observe = 0;
    assert_true(live > 0);
}

static void huge_pages_are_switched_off(void **state) {
    (void)state;
    Sample sample;
    assert_int_equal(run_small("glibc", "none", 20000, 1024, &sample), SLOT_END_DONE);
    double inherited = sample_measure(&sample, "thp_enabled");
    sample_release(&sample);
    if (inherited != 1)
        skip(); /* not known to this kernel, or switched off for us already */
    thp = THP_NEVER;
    assert_int_equal(run_small("glibc", "none", 20000, 1024, &sample), SLOT_END_DONE);
    thp = THP_INHERIT;
    assert_int_equal(sample.status, SAMPLE_OK);
    assert_true(sample_measure(&sample, "thp_enabled") == 0);
    sample_release(&sample);
}

/* What the harness itself needs must not show in what it measures. */
static void a_big_parent_changes_nothing(void **state) {
    (void)state;
    Sample small, big;
    run_small("glibc", "none", 20000, 1024, &small);
    size_t size = 200u << 20;
    char *ballast = malloc(size);
    assert_non_null(ballast);
    memset(ballast, 1, size);
    __asm__ volatile("" ::"r"(ballast) : "memory");
    run_small("glibc", "none", 20000, 1024, &big);
    free(ballast);
    assert_true(big.peak_rss_bytes < small.peak_rss_bytes + (4u << 20));
    sample_release(&small);
    sample_release(&big);
}

static void interrupted(void **state) {
    (void)state;
    Sample sample;
    stop = 1;
    assert_int_equal(run_small("glibc", "hang", 20000, 1024, &sample), SLOT_END_INTERRUPTED);
    stop = 0;
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
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        if (!forbid_ptrace())
            _exit(77);
        Sample fine, hung;
        bool good = run_small("glibc", "none", 20000, 1024, &fine) == SLOT_END_DONE && fine.status == SAMPLE_OK &&
                    !fine.peak_is_exact && run_small("glibc", "hang", 100, 1024, &hung) == SLOT_END_DONE &&
                    hung.status == SAMPLE_TIMEOUT && !hung.peak_is_exact && hung.peak_rss_bytes > 1 << 20;
        _exit(good ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(status, 0);
}

static void no_such_program(void **state) {
    (void)state;
    Arm arm;
    StoreError error;
    assert_true(allocator_resolve("glibc", &arm, &error));
    char *argv[] = {"/no/such/program", NULL};
    SlotRequest request = {.argv = argv, .arm = &arm, .limits = {1000000000, 1 << 30, &stop}};
    Sample sample = {0};
    assert_int_equal(slot_run_workload(&request, &sample, &error), SLOT_END_IMPOSSIBLE);
    assert_non_null(strstr(error.text, "/no/such/program"));
    RunMeta holder = {.arms = grow(NULL, 1, sizeof arm), .arm_count = 1};
    holder.arms[0] = arm;
    run_meta_release(&holder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends),
        cmocka_unit_test(arms_that_misbehave),
        cmocka_unit_test(counters_and_memory),
        cmocka_unit_test(measures_arrive),
        cmocka_unit_test(histograms_arrive),
        cmocka_unit_test(usable_bytes_are_seen_when_asked_for),
        cmocka_unit_test(huge_pages_are_switched_off),
        cmocka_unit_test(a_big_parent_changes_nothing),
        cmocka_unit_test(interrupted),
        cmocka_unit_test(without_ptrace),
        cmocka_unit_test(no_such_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
