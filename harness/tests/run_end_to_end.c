/*
 * run_end_to_end.c - `allocbench run` as a user starts it: exit codes, statuses beside unharmed arms, a kill in the
 * middle and going on.
 */
#include "run_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "commands/command.h"

#define ARMS TEST_BUILD_DIR "/arms/"

static int set_up(void **state) {
    return place_set_up(state, "[suite]\nslot_ms = 10\nblocks = 2\nallocators = glibc\n"
                               "[small]\nworkload = small\nthreads = 1\n[more]\nworkload = small\noperations = 5000\n");
}

/* Starts allocbench run with these arguments, NULL terminated; stdout and stderr go into files. */
static pid_t start(const Place *place, const char *const *arguments) {
    TextList argv = {0};
    text_list_add(&argv, text_copy(TEST_ALLOCBENCH));
    text_list_add(&argv, text_copy("run"));
    for (; *arguments != NULL; arguments++)
        text_list_add(&argv, text_copy(*arguments));
    char *errors = text_format("%s/errors", place->folder), *output = text_format("%s/output", place->folder);
    pid_t pid = fork();
    if (pid == 0) {
        int out = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600),
            err = open(errors, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(out, 1);
        dup2(err, 2);
        execv(TEST_ALLOCBENCH, argv.items);
        _exit(99);
    }
    free(errors);
    free(output);
    text_list_release(&argv);
    return pid;
}

static int finish(pid_t pid) {
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int run(const Place *place, const char *const *arguments) {
    return finish(start(place, arguments));
}

static bool file_says(const Place *place, const char *name, const char *text) {
    char *path = text_format("%s/%s", place->folder, name);
    FILE *file = fopen(path, "re");
    char bytes[8192];
    size_t length = file == NULL ? 0 : fread(bytes, 1, sizeof bytes - 1, file);
    bytes[length] = '\0';
    if (file != NULL)
        fclose(file);
    free(path);
    return strstr(bytes, text) != NULL;
}

static bool errors_say(const Place *place, const char *text) {
    return file_says(place, "errors", text);
}

/* `blocks` are those that are compared; those that count live bytes come on top. */
static void expect_complete(const Run *loaded, uint32_t blocks) {
    blocks += loaded->meta.memory_blocks;
    size_t available = 0;
    for (size_t i = 0; i < loaded->meta.arm_count; i++)
        available += loaded->meta.arms[i].available ? 1 : 0;
    assert_int_equal(loaded->sample_count, loaded->meta.row_count * blocks * (available + 1));
}

/* Live bytes are counted in the first blocks, where nothing is compared, and only there. */
static void live_bytes_are_counted_apart(void **state) {
    const Place *place = *state;
    assert_int_equal(run(place, (const char *[]){place->suite, "--out", place->out, "--slot-ms", "30", NULL}),
                     EXIT_CODE_OK);
    Run *loaded = load_run(place->out);
    assert_true(loaded->meta.memory_blocks > 0);
    size_t counted = 0;
    for (size_t i = 0; i < loaded->sample_count; i++) {
        const Sample *sample = &loaded->samples[i];
        for (size_t point = 0; point < sample->series.count; point++)
            if (sample->series.live_bytes[point] >= 0) {
                assert_true(sample->block < loaded->meta.memory_blocks);
                counted++;
            }
    }
    assert_true(counted > 0);
    run_free(loaded);
}

static void expect_status(const Run *loaded, const char *name, SampleStatus status) {
    size_t found = 0;
    for (size_t i = 0; i < loaded->sample_count; i++) {
        const Sample *sample = &loaded->samples[i];
        if (strcmp(loaded->meta.arms[sample->arm].name, name) != 0)
            continue;
        if (sample->status != status)
            fail_msg("%s: %s: %s", name, sample_status_name(sample->status), sample->message);
        found++;
    }
    assert_true(found > 0);
}

static void all_is_well(void **state) {
    const Place *place = *state;
    assert_int_equal(run(place, (const char *[]){place->suite, "-o", place->out, NULL}), EXIT_CODE_OK);
    Run *loaded = load_run(place->out);
    expect_complete(loaded, 2);
    expect_status(loaded, "glibc", SAMPLE_OK);
    assert_string_equal(loaded->meta.rows[0].name, "small t1");
    assert_true(loaded->meta.rows[0].scaled && loaded->meta.rows[0].operations > 0);
    assert_true(!loaded->meta.rows[1].scaled && loaded->meta.rows[1].operations == 5000);
    /* One seed a block for all arms, another for the next block. */
    for (size_t i = 0; i < loaded->sample_count; i++) {
        for (size_t j = 0; j < i; j++) {
            const Sample *a = &loaded->samples[i], *b = &loaded->samples[j];
            if (a->row == b->row)
                assert_int_equal(a->block == b->block, a->seed == b->seed);
        }
    }
    run_free(loaded);
    assert_int_equal(run(place, (const char *[]){place->suite, "--out", place->out, NULL}), EXIT_CODE_USAGE);
    assert_true(errors_say(place, "--resume"));
}

static void broken_arms_do_not_harm_others(void **state) {
    const Place *place = *state;
    static const char arms[] =
        "glibc,broken=/no/such.so,/etc/hosts,none=" ARMS "no_malloc.so,crash=" ARMS "crash.so,hang=" ARMS
        "hang.so,exhaust=" ARMS "exhaust.so,null=" ARMS "null.so,twice=" ARMS "twice.so,leak=" ARMS "leak.so,slow=" ARMS
        "slow.so?SLOW_ROUNDS=50";
    const char *arguments[] = {place->suite, "--out",        place->out, "--allocators", arms,   "--timeout",
                               "1",          "--memory-cap", "100M",     "--workloads",  "more", NULL};
    assert_int_equal(run(place, arguments), EXIT_CODE_SLOTS_FAILED);
    assert_true(errors_say(place, "note: broken will fail: /no/such.so: no such file; correct the path\n"));
    Run *loaded = load_run(place->out);
    expect_complete(loaded, 2);
    expect_status(loaded, "glibc", SAMPLE_OK);
    expect_status(loaded, "leak", SAMPLE_OK);
    expect_status(loaded, "slow", SAMPLE_OK);
    expect_status(loaded, "broken", SAMPLE_PRELOAD_FAILED);
    expect_status(loaded, "hosts", SAMPLE_PRELOAD_FAILED);
    expect_status(loaded, "none", SAMPLE_PRELOAD_FAILED);
    expect_status(loaded, "crash", SAMPLE_CRASHED);
    expect_status(loaded, "hang", SAMPLE_TIMEOUT);
    expect_status(loaded, "exhaust", SAMPLE_OUT_OF_MEMORY);
    expect_status(loaded, "null", SAMPLE_OUT_OF_MEMORY);
    expect_status(loaded, "twice", SAMPLE_CORRUPT);
    run_free(loaded);
}

static void a_missing_folder_of_workloads_is_named(void **state) {
    const Place *place = *state;
    setenv("ALLOCBENCH_WORKLOADS", TEST_BUILD_DIR "/workloads:/no/such", 1);
    assert_int_equal(run(place, (const char *[]){place->suite, "--dry-run", NULL}), EXIT_CODE_OK);
    assert_true(errors_say(place, "note: ALLOCBENCH_WORKLOADS names /no/such, which is no folder\n"));
    assert_false(errors_say(place, TEST_BUILD_DIR));
}

static void nothing_measured(void **state) {
    const Place *place = *state;
    const char *arguments[] = {place->suite, "--out", place->out, "--workloads", "small_crash", NULL};
    assert_int_equal(run(place, arguments), EXIT_CODE_NOTHING_MEASURED);
}

static void other_checksums_are_corrupt(void **state) {
    const Place *place = *state;
    static const char suite[] = "[suite]\nblocks = 1\nallocators = glibc\n"
                                "[small]\nworkload = small\narguments = --mode vary\noperations = 100\n";
    test_write(place->suite, suite, strlen(suite));
    assert_int_equal(run(place, (const char *[]){place->suite, "--out", place->out, NULL}), EXIT_CODE_SLOTS_FAILED);
}

static size_t count_lines(const char *path) {
    FILE *file = fopen(path, "re");
    size_t lines = 0;
    for (int c; file != NULL && (c = fgetc(file)) != EOF;)
        lines += c == '\n' ? 1 : 0;
    if (file != NULL)
        fclose(file);
    return lines;
}

/* Starts a run that takes a while and waits until it has stored some slots. */
static pid_t start_and_wait_for_slots(const Place *place) {
    const char *arguments[] = {place->suite, "--out", place->out,    "--blocks", "5",
                               "--slot-ms",  "60",    "--workloads", "small",    NULL};
    pid_t pid = start(place, arguments);
    size_t stored = 0;
    for (int i = 0; i < 3000 && stored < 3; i++) {
        nanosleep(&(struct timespec){0, 10000000}, NULL);
        StoreError error;
        Run *loaded = run_load(place->out, &error);
        stored = loaded == NULL ? 0 : loaded->sample_count;
        run_free(loaded);
    }
    assert_true(stored >= 3);
    return pid;
}

static void killed_and_resumed(void **state) {
    const Place *place = *state;
    pid_t pid = start_and_wait_for_slots(place);
    kill(pid, SIGKILL);
    assert_int_equal(finish(pid), -SIGKILL);

    /* What a kill inside write(2) would leave. */
    char *samples = text_format("%s/samples.jsonl", place->out);
    FILE *file = fopen(samples, "ae");
    fputs("{\"row\":0,\"block\":", file);
    fclose(file);
    Run *before = load_run(place->out);
    size_t kept = before->sample_count;
    assert_true(kept >= 3);

    assert_int_equal(run(place, (const char *[]){"--resume", "--out", place->out, NULL}), EXIT_CODE_OK);
    Run *after = load_run(place->out);
    expect_complete(after, 5);
    expect_status(after, "glibc", SAMPLE_OK);
    /* Complete blocks are kept as they were. */
    for (size_t i = 0; i < before->sample_count; i++) {
        const Sample *old = &before->samples[i];
        if (run_block_is_complete(before, old->row, old->block, old->attempt)) {
            assert_true(after->samples[i].elapsed_ns == old->elapsed_ns);
        }
    }
    run_free(before);
    run_free(after);
    size_t lines = count_lines(samples);
    assert_int_equal(run(place, (const char *[]){"--resume", "--out", place->out, NULL}), EXIT_CODE_OK);
    assert_int_equal(count_lines(samples), lines);
    free(samples);
}

static void interrupted(void **state) {
    const Place *place = *state;
    pid_t pid = start_and_wait_for_slots(place);
    kill(pid, SIGINT);
    assert_int_equal(finish(pid), EXIT_CODE_INTERRUPTED);
    assert_true(errors_say(place, "--resume --out"));
    assert_int_equal(run(place, (const char *[]){"--resume", "--out", place->out, NULL}), EXIT_CODE_OK);
    Run *loaded = load_run(place->out);
    expect_complete(loaded, 5);
    run_free(loaded);
}

static void a_changed_library_is_not_resumed(void **state) {
    const Place *place = *state;
    char *library = text_format("%s/mine.so", place->folder);
    char *copy = text_format("cp " ARMS "slow.so %s", library);
    char *arms = text_format("glibc,mine=%s", library);
    assert_int_equal(system(copy), 0);
    const char *arguments[] = {place->suite, "--out", place->out, "--allocators", arms, NULL};
    assert_int_equal(run(place, arguments), EXIT_CODE_OK);
    FILE *file = fopen(library, "ae");
    fputs("x", file);
    fclose(file);
    assert_int_equal(run(place, (const char *[]){"--resume", "--out", place->out, NULL}), EXIT_CODE_USAGE);
    assert_true(errors_say(place, "'mine'"));
    free(arms);
    free(copy);
    free(library);
}

static void expect_usage(const Place *place, const char *message, const char *const *arguments) {
    int code = run(place, arguments);
    if (code != EXIT_CODE_USAGE || !errors_say(place, message) || !errors_say(place, "allocbench: "))
        fail_msg("code %d for %s, wanted '%s'", code, arguments[0], message);
}

static void bad_input(void **state) {
    const Place *place = *state;
    const char *suite = place->suite;
    expect_usage(place, "unknown suite 'none'", (const char *[]){"none", NULL});
    expect_usage(place, "two suites", (const char *[]){suite, "--suite", "x", NULL});
    expect_usage(place, "unknown workload 'none'", (const char *[]){suite, "--workloads", "none", NULL});
    char *program = text_format("%s/p.ini", place->folder);
    expect_usage(place, "p.ini: No such file", (const char *[]){suite, "--workloads", program, NULL});
    test_write(program, "[program]\ncomand = true\n", 24);
    expect_usage(place, "p.ini:2: [program] has no key 'comand'",
                 (const char *[]){suite, "--workloads", program, NULL});
    free(program);
    expect_usage(place, "unknown allocator 'none'", (const char *[]){suite, "--allocators", "none", NULL});
    expect_usage(place, "'glibc,,x=a.so' has an empty part",
                 (const char *[]){suite, "--allocators", "glibc,,x=a.so", NULL});
    expect_usage(place, "the list has an empty part", (const char *[]){suite, "--workloads", "small,", NULL});
    expect_usage(place, "--threads 1,,2: a part", (const char *[]){suite, "--threads", "1,,2", NULL});
    expect_usage(place, "--thp inherit,: must be", (const char *[]){suite, "--thp", "inherit,", NULL});
    expect_usage(place, "are called 'glibc'", (const char *[]){suite, "--allocators", "glibc,glibc", NULL});
    expect_usage(place, "--blocks many", (const char *[]){suite, "--blocks", "many", NULL});
    expect_usage(place, "--memory-cap 5", (const char *[]){suite, "--memory-cap", "5", NULL});
    expect_usage(place, "'--nonsense' is no option", (const char *[]){suite, "--nonsense", NULL});
    expect_usage(place, "'--blocks' needs a value", (const char *[]){suite, "--blocks", NULL});
    expect_usage(place, "'--no' could be several", (const char *[]){suite, "--no", NULL});
    /* Abbreviated help is help, and no run. */
    assert_int_equal(run(place, (const char *[]){suite, "--hel", "--out", place->out, NULL}), EXIT_CODE_OK);
    assert_int_not_equal(access(place->out, F_OK), 0);
    expect_usage(place, "the baseline x cannot be used", (const char *[]){suite, "--baseline", "x=/no/such.so", NULL});
    expect_usage(place, "choose another folder", (const char *[]){suite, "--out", "/dev/null/x", NULL});
    expect_usage(place, "only --out", (const char *[]){"--resume", "--blocks", "3", NULL});
    static const char *const of_the_plan[] = {"--mode=latency", "--thp=never", "--memory-blocks=0", "--counters"};
    for (size_t i = 0; i < sizeof of_the_plan / sizeof of_the_plan[0]; i++)
        expect_usage(place, "only --out", (const char *[]){"--resume", of_the_plan[i], NULL});
    expect_usage(place, "--mode fast: must be", (const char *[]){suite, "--mode", "fast", NULL});
    expect_usage(place, "--thp always: must be", (const char *[]){suite, "--thp", "always", NULL});
    expect_usage(place, "--memory-blocks many: must be", (const char *[]){suite, "--memory-blocks", "many", NULL});
    expect_usage(place, "--counters=cycles: must be", (const char *[]){suite, "--counters=cycles", NULL});
    expect_usage(place, "write --counters=hardware", (const char *[]){"--counters", "hardware", NULL});
    expect_usage(place, "has a fixed number of blocks",
                 (const char *[]){suite, "--mode", "limit", "--precision", "0.1", NULL});
    expect_usage(place, "No such file", (const char *[]){"--resume", "--out", "/no/such/run", NULL});
    static const char wrong[] = "[small]\nworkload = small\narguments = --sizes 3\n";
    test_write(suite, wrong, strlen(wrong));
    expect_usage(place, "has no parameter --sizes", (const char *[]){suite, "--out", place->out, NULL});
}

static bool output_says(const Place *place, const char *text) {
    return file_says(place, "output", text);
}

static void dry_run(void **state) {
    const Place *place = *state;
    const char *arguments[] = {place->suite, "--dry-run",  "--out",      place->out,   "--thp",
                               "never",      "--mode",     "throughput", "--counters", "--memory-blocks",
                               "2",          "--no-table", NULL};
    assert_int_equal(run(place, arguments), EXIT_CODE_OK);
    assert_int_not_equal(access(place->out, F_OK), 0);
    assert_true(output_says(place, "mode throughput"));
    assert_true(output_says(place, "small t1 thp=never"));
    assert_true(output_says(place,
                            "2 for memory over time, then 1 for hardware counters, then 1 for system calls, then "
                            "1 for the allocators' own counters, then 2 to compare"));
    assert_true(output_says(place, "in all about"));
}

/* In a block of its own, in front of the compared ones, and shown by compare. */
static void an_allocator_may_count_itself(void **state) {
    const Place *place = *state;
    const char *arguments[] = {
        place->suite,   "--out",          place->out,        "--workloads", "linux_scalability", "--threads", "2",
        "--allocators", "glibc,minipool", "--memory-blocks", "0",           "--counters=tiers",  NULL};
    assert_int_equal(run(place, arguments), EXIT_CODE_OK);
    assert_true(output_says(place, "Lock acquisitions"));
    assert_true(output_says(place, "n/a: the allocator exports no counters of its own"));
    Run *loaded = load_run(place->out);
    assert_int_equal(loaded->meta.tier_blocks, 1);
    assert_int_equal(loaded->sample_count, 3 * (1 + 2));
    for (size_t i = 0; i < loaded->sample_count; i++) {
        const Sample *sample = &loaded->samples[i];
        double locks = sample_measure(sample, "heap_lock_acquisitions");
        bool counting = strcmp(loaded->meta.arms[sample->arm].name, "minipool") == 0 && sample->block == 0;
        assert_int_equal(locks >= 0, counting);
    }
    run_free(loaded);
}

static void latency_is_a_mode(void **state) {
    const Place *place = *state;
    const char *arguments[] = {place->suite, "--out", place->out, "--mode", "latency", "--blocks", "2", NULL};
    assert_int_equal(run(place, arguments), EXIT_CODE_OK);
    Run *loaded = load_run(place->out);
    assert_int_equal(loaded->meta.mode, MODE_LATENCY);
    assert_int_equal(loaded->meta.memory_blocks, 0);
    expect_complete(loaded, 2);
    for (size_t i = 0; i < loaded->sample_count; i++) {
        assert_int_equal(loaded->samples[i].histogram_count, 2);
        assert_string_equal(loaded->samples[i].histograms[0].name, "malloc sampled");
        assert_string_equal(loaded->samples[i].histograms[1].name, "empty chain");
    }
    assert_non_null(loaded->load_at_end);
    run_free(loaded);
    assert_true(errors_say(place, "note: load average "));
}

static void huge_pages_are_a_factor(void **state) {
    const Place *place = *state;
    const char *arguments[] = {place->suite, "--out", place->out, "--thp", "inherit,never", "--blocks", "1", NULL};
    assert_int_equal(run(place, arguments), EXIT_CODE_OK);
    Run *loaded = load_run(place->out);
    assert_int_equal(loaded->meta.row_count, 4);
    assert_string_equal(loaded->meta.rows[1].name, "small t1 thp=never");
    /* Equal work, or the two could not be put side by side. */
    assert_true(loaded->meta.rows[0].operations == loaded->meta.rows[1].operations);
    for (size_t i = 0; i < loaded->sample_count; i++) {
        const Sample *sample = &loaded->samples[i];
        double enabled = sample_measure(sample, "thp_enabled");
        if (loaded->meta.rows[sample->row].thp == THP_NEVER)
            assert_false(enabled > 0); /* 0, or not told by this kernel */
    }
    run_free(loaded);
}

static void strict_asks_for_a_verdict(void **state) {
    const Place *place = *state;
    const char *arguments[] = {place->suite, "--out", place->out, "--strict", "--workloads", "more", NULL};
    assert_int_equal(run(place, arguments), EXIT_CODE_NOT_CONCLUSIVE);
    assert_true(errors_say(place, "too few blocks"));
}

static void a_missing_program_is_unsupported(void **state) {
    const Place *place = *state;
    char *program = text_format("%s/absent.ini", place->folder);
    static const char description[] = "[program]\npackage = some-package\ncommand = no-such-program-here --x\n";
    test_write(program, description, strlen(description));
    char *suite = text_format("[suite]\nblocks = 1\nallocators = glibc\n[p]\nprogram = %s\n", program);
    test_write(place->suite, suite, strlen(suite));
    const char *arguments[] = {place->suite, "--out", place->out, NULL};
    assert_int_equal(run(place, arguments), EXIT_CODE_NOTHING_MEASURED);
    Run *loaded = load_run(place->out);
    expect_status(loaded, "glibc", SAMPLE_UNSUPPORTED);
    assert_non_null(strstr(loaded->samples[0].message, "apt-get install"));
    run_free(loaded);
    free(suite);
    free(program);
}

static void a_program_is_timed_as_a_whole(void **state) {
    const Place *place = *state;
    if (access("/usr/bin/hyperfine", X_OK) != 0)
        skip();
    char *program = text_format("%s/sorting.ini", place->folder), *script = text_format("%s/fill.sh", place->folder);
    static const char description[] = "[program]\nprepare = fill.sh\ncommand = sort -n {scratch}/lines\n";
    static const char filling[] = "i=0; while [ $i -lt 500 ]; do echo $((i * 7 % 501)); i=$((i + 1)); done >$1/lines\n";
    test_write(program, description, strlen(description));
    test_write(script, filling, strlen(filling));
    char *suite = text_format("[suite]\nblocks = 2\n[p]\nprogram = %s\n", program);
    test_write(place->suite, suite, strlen(suite));
    const char *arguments[] = {place->suite,
                               "--out",
                               place->out,
                               "--allocators",
                               "glibc,slow=" ARMS "slow.so?SLOW_ROUNDS=3,none=" ARMS "no_malloc.so",
                               NULL};
    assert_int_equal(run(place, arguments), EXIT_CODE_SLOTS_FAILED);
    Run *loaded = load_run(place->out);
    expect_complete(loaded, 2);
    expect_status(loaded, "glibc", SAMPLE_OK);
    expect_status(loaded, "slow", SAMPLE_OK);
    expect_status(loaded, "none", SAMPLE_PRELOAD_FAILED);
    for (size_t i = 0; i < loaded->sample_count; i++) {
        const Sample *sample = &loaded->samples[i];
        if (sample->status != SAMPLE_OK)
            continue;
        assert_true(sample->operations == 1 && sample->elapsed_ns > 0 && sample->peak_rss_bytes > 0);
        assert_true(sample->checksum == loaded->samples[0].checksum || loaded->samples[0].checksum == 0);
    }
    run_free(loaded);
    free(suite);
    free(script);
    free(program);
}

static void time_and_precision_end_a_run(void **state) {
    const Place *place = *state;
    char *other = text_format("%s/other", place->folder);
    const char *first[] = {place->suite, "--out", place->out, "--max-time", "1", "--blocks", "90000", NULL};
    assert_int_equal(run(place, first), EXIT_CODE_OK);
    assert_true(errors_say(place, "--max-time"));
    Run *loaded = load_run(place->out);
    assert_in_range(loaded->sample_count, 4, 90000);
    uint64_t operations = loaded->meta.rows[0].operations;
    run_free(loaded);

    const char *second[] = {place->suite,  "--out", other,      "--work-from", place->out,
                            "--precision", "1",     "--blocks", "12",          NULL};
    assert_int_equal(run(place, second), EXIT_CODE_OK);
    StoreError error;
    loaded = run_load(other, &error);
    assert_non_null(loaded);
    assert_true(loaded->meta.rows[0].operations == operations);
    uint32_t memory = loaded->meta.memory_blocks;
    assert_in_range(loaded->sample_count, 2 * 2 * (memory + 10), 2 * 2 * (memory + 12));
    run_free(loaded);
    free(other);
}

static void list_answers(void **state) {
    (void)state;
    static const char *const kinds[] = {"",
                                        "-v",
                                        "workloads -v",
                                        "allocators --json",
                                        "suites -v",
                                        "programs --json",
                                        "--markdown",
                                        "workloads programs --json"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char *command = text_format(TEST_ALLOCBENCH " list %s >/dev/null", kinds[i]);
        assert_int_equal(system(command), 0);
        free(command);
    }
    static const char *const wrong[] = {"everything", "--json --markdown"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char *command = text_format(TEST_ALLOCBENCH " list %s >/dev/null 2>&1", wrong[i]);
        int status = system(command);
        assert_int_equal(WEXITSTATUS(status), EXIT_CODE_USAGE);
        free(command);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_is_well, set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(live_bytes_are_counted_apart, set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(broken_arms_do_not_harm_others, set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(a_missing_folder_of_workloads_is_named, set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(nothing_measured, set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(other_checksums_are_corrupt, set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(killed_and_resumed, set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(interrupted, set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(a_changed_library_is_not_resumed, set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(bad_input, set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(dry_run, set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(latency_is_a_mode, set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(an_allocator_may_count_itself, set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(huge_pages_are_a_factor, set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(strict_asks_for_a_verdict, set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(a_missing_program_is_unsupported, set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(a_program_is_timed_as_a_whole, set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(time_and_precision_end_a_run, set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(list_answers, set_up, place_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
