/*
 * experiment_plan.c - what is decided before anything is measured: suites, allocators by name, libraries, order.
 */
#include "assembled.h"

#include "experiment/allocator.h"
#include "experiment/assemble.h"
#include "experiment/elf_library.h"
#include "experiment/experiment.h"
#include "experiment/plan.h"
#include "experiment/suite.h"

static void expect_suite_error(const char *folder, const char *text, const char *message) {
    char *path = text_format("%s/suite.ini", folder);
    test_write(path, text, strlen(text));
    StoreError error = {""};
    Suite *suite = suite_load(path, &error);
    if (message == NULL) {
        assert_non_null(suite);
    } else {
        assert_null(suite);
        if (strstr(error.text, message) == NULL)
            fail_msg("'%s' is not in '%s'", message, error.text);
    }
    suite_free(suite);
    free(path);
}

static void suites_say_what_is_wrong(void **state) {
    (void)state;
    char *folder = test_folder();
    char line[400];
    expect_suite_error(folder, "[suite]\nblocks = 3\n[a]\nworkload = x\nthreads = 1,2\n", NULL);
    expect_suite_error(folder, "[suite]\nbloks = 3\n", "suite.ini:2: [suite] has no key 'bloks'");
    expect_suite_error(folder, "[suite]\nblocks = three\n", "suite.ini:2: blocks = three: must be");
    expect_suite_error(folder, "[suite]\npin = maybe\n", "must be yes or no");
    expect_suite_error(folder, "[suite]\nmode = fast\n", "mode = fast: must be throughput, latency, icount or limit");
    expect_suite_error(folder, "[suite]\nthp = always\n", "thp = always: must be inherit, never");
    expect_suite_error(folder, "[suite]\ncounters = cycles\n", "counters = cycles: must be none, or any of hardware");
    expect_suite_error(folder, "[suite]\nmemory_blocks = -1\n", "memory_blocks = -1: must be");
    expect_suite_error(folder, "[a]\nworkload = x\nthread = 2\n", "suite.ini:3: [a] has no key 'thread'");
    expect_suite_error(folder, "[a]\nworkload = x\nthreads = 2,0\n", "suite.ini:3: threads = 2,0");
    expect_suite_error(folder, "[a]\nworkload = x\nworkload = y\n", "given twice");
    expect_suite_error(folder, "[suite]\nblocks = 3\nblocks = 4\n", "suite.ini:3: [suite] blocks is given twice");
    expect_suite_error(folder, "[a]\nworkload = x\n[b]\nworkload = y\n[a]\nworkload = z\n", "given twice");
    expect_suite_error(folder, "[a\nworkload = x\n", "suite.ini:1: the section's name lacks");
    expect_suite_error(folder, "[a]\nthreads = 1\n", "needs either");
    expect_suite_error(folder, "[a]\nprogram = x\nthreads = 1\n", "is a program");
    expect_suite_error(folder, "[a]\nprogram = x\nusual_ms = 1\n", "is a program");
    expect_suite_error(folder, "[a]\nworkload = x\nusual_ms = 0\n", "suite.ini:3: usual_ms = 0");
    expect_suite_error(folder, "[suite]\nblocks = 3\n", "no rows");
    expect_suite_error(folder, "blocks = 3\n", "before the first section");
    expect_suite_error(folder, "[suite]\nnonsense\n", "suite.ini:2: neither");
    /* 199 characters are read whole, 200 are refused; inih itself would cut them. */
    snprintf(line, sizeof line, "[a]\nworkload = %0*d\n", 199 - 11, 1);
    expect_suite_error(folder, line, NULL);
    snprintf(line, sizeof line, "[a]\nworkload = %0*d\n", 200 - 11, 1);
    expect_suite_error(folder, line, "suite.ini:2: the line has over 199");
    snprintf(line, sizeof line, "[%0*d]\nworkload = x\n", 49, 1);
    expect_suite_error(folder, line, NULL);
    snprintf(line, sizeof line, "[%0*d]\nworkload = x\n", 50, 1);
    expect_suite_error(folder, line, "suite.ini:1: the section's name");
    StoreError error;
    assert_null(suite_load("no-such-suite", &error));
    assert_non_null(strstr(error.text, "list suites"));
    assert_null(suite_load("/etc", &error));
    assert_non_null(strstr(error.text, "/etc: cannot be read: Is a directory"));
    test_folder_remove(folder);
}

/* A suite of one workload row and one program row; `keys` go into [suite]. */
static Assembled *with_suite(const char *keys) {
    setenv("ALLOCBENCH_WORKLOADS", TEST_BUILD_DIR "/workloads", 1);
    char *folder = test_folder(), *path = text_format("%s/suite.ini", folder);
    char *program = text_format("%s/p.ini", folder);
    static const char description[] = "[program]\ncommand = true\n";
    test_write(program, description, strlen(description));
    char *text = text_format("[suite]\nallocators = glibc\n%s\n[a]\nworkload = small\nthreads = 1\n"
                             "[p]\nprogram = %s\n",
                             keys, program);
    test_write(path, text, strlen(text));
    Assembled *it = assembled_of(folder, path);
    if (it->suite == NULL)
        fail_msg("%s", it->error.text);
    free(program);
    free(text);
    free(path);
    return it;
}

static void huge_pages_are_a_factor(void **state) {
    (void)state;
    static const struct {
        unsigned thp;
        size_t rows;
        const char *first, *last;
    } cases[] = {
        {0, 2, "a t1", "p"},
        {1u << THP_NEVER, 2, "a t1 thp=never", "p thp=never"},
        {1u << THP_INHERIT | 1u << THP_NEVER, 4, "a t1 thp=inherit", "p thp=never"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Assembled *it = with_suite("");
        it->choices.thp = cases[i].thp;
        assemble(it);
        assert_int_equal(it->meta.row_count, cases[i].rows);
        const Row *first = &it->meta.rows[0], *last = &it->meta.rows[cases[i].rows - 1];
        assert_string_equal(first->name, cases[i].first);
        assert_string_equal(last->name, cases[i].last);
        assert_int_equal(last->thp, cases[i].thp == 0 ? THP_INHERIT : THP_NEVER);
        assert_true(first->scaled && first->threads == 1 && first->sha256 != NULL);
        done_with(it);
    }
}

/* Adds a workload 'keeper' in `folder` that describes itself by `further` keys to the catalogue. */
static void add_keeper(Assembled *it, const char *folder, const char *further) {
    char *path = text_format("%s/keeper", folder);
    char *script =
        text_format("#!/bin/sh\necho '{\"name\":\"keeper\",\"unit\":\"operations\",%s,\"parameters\":[]}'\n", further);
    test_write(path, script, strlen(script));
    assert_int_equal(chmod(path, 0755), 0);
    catalogue_release(&it->catalogue);
    char *folders = text_format("%s:" TEST_BUILD_DIR "/workloads", folder);
    setenv("ALLOCBENCH_WORKLOADS", folders, 1);
    it->catalogue = catalogue_load();
    free(folders);
    free(script);
    free(path);
}

/* Fitted work takes the slot's length, other work what the workload, the suite or the program says, and 40 ms are
   around each; where nobody says anything it is a second, or the slot's length where the suite says how much is done.
 */
static void a_run_tells_its_length(void **state) {
    (void)state;
    char *folder = test_folder(), *path = text_format("%s/suite.ini", folder);
    char *program = text_format("%s/q.ini", folder);
    Assembled *it = with_suite("");
    add_keeper(it, folder, "\"scaled\":false,\"usual_ms\":2000");
    static const char description[] = "[program]\nusual_ms = 500\ncommand = true\n";
    test_write(program, description, strlen(description));
    char *text = text_format("[suite]\nallocators = glibc\nslot_ms = 100\nblocks = 4\nmemory_blocks = 1\n"
                             "[a]\nworkload = small\nthreads = 1\n[k]\nworkload = keeper\n"
                             "[l]\nworkload = keeper\nusual_ms = 30\n[q]\nprogram = %s\n[p]\nprogram = %s/p.ini\n"
                             "[f]\nworkload = small\nthreads = 1\noperations = 9\nusual_ms = 8000\n"
                             "[g]\nworkload = small\nthreads = 1\noperations = 9\n",
                             program, it->folder);
    test_write(path, text, strlen(text));
    suite_free(it->suite);
    it->suite = suite_load(path, &it->error);
    if (it->suite == NULL)
        fail_msg("%s", it->error.text);
    assemble(it);
    assert_int_equal(it->meta.row_count, 7);
    const uint64_t slots = 5 * 2, fitting = 120;
    assert_int_equal(experiment_estimate_ns(&it->meta) / 1000000,
                     slots * (140 + 2040 + 70 + 540 + 1040 + 8040 + 140) + fitting);
    it->meta.rows[1].unsupported = text_copy("not here");
    assert_int_equal(experiment_estimate_ns(&it->meta) / 1000000,
                     slots * (140 + 70 + 540 + 1040 + 8040 + 140) + fitting);
    it->meta.mode = MODE_LATENCY; /* half as long again where calls are timed */
    assert_int_equal(experiment_estimate_ns(&it->meta) / 1000000,
                     2 * (140 + 70 + 540 + 1040 + 8040 + 140) + 8 * (210 + 105 + 810 + 1560 + 12060 + 210) + fitting);
    done_with(it);
    free(text);
    free(program);
    free(path);
    test_folder_remove(folder);
}

static void a_memory_workload_makes_memory_rows(void **state) {
    (void)state;
    char *folder = test_folder();
    Assembled *it = with_suite("");
    add_keeper(it, folder, "\"memory\":true");
    it->choices.workloads = "keeper,a";
    assemble(it);
    assert_int_equal(it->meta.row_count, 2);
    assert_true(it->meta.rows[0].memory);
    assert_false(it->meta.rows[1].memory);
    done_with(it);
    test_folder_remove(folder);
}

static void a_mode_sets_the_blocks(void **state) {
    (void)state;
    static const struct {
        const char *keys;
        int mode;
        RunMode is;
        uint32_t memory, counters, syscalls, tiers, compared;
    } cases[] = {
        {"", -1, MODE_THROUGHPUT, 3, 0, 0, 0, 10},
        {"blocks = 4\ncounters = syscalls\nmemory_blocks = 2", -1, MODE_THROUGHPUT, 2, 0, 1, 0, 4},
        {"blocks = 4\ncounters = tiers,hardware", -1, MODE_THROUGHPUT, 1, 1, 0, 1, 4},
        {"blocks = 4\ncounters = hardware,syscalls,tiers", MODE_LATENCY, MODE_LATENCY, 0, 0, 0, 0, 10},
        {"blocks = 4\nprecision = 0.1", MODE_ICOUNT, MODE_ICOUNT, 0, 0, 0, 0, 2},
        {"mode = icount\nblocks = 4", -1, MODE_ICOUNT, 0, 0, 0, 0, 4},
        {"mode = limit", -1, MODE_LIMIT, 0, 0, 0, 0, 6},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Assembled *it = with_suite(cases[i].keys);
        it->choices.mode = cases[i].mode;
        assemble(it);
        const RunMeta *meta = &it->meta;
        assert_int_equal(meta->mode, cases[i].is);
        assert_int_equal(meta->memory_blocks, cases[i].memory);
        assert_int_equal(meta->counter_blocks, cases[i].counters);
        assert_int_equal(meta->syscall_blocks, cases[i].syscalls);
        assert_int_equal(meta->tier_blocks, cases[i].tiers);
        assert_int_equal(meta->maximum_blocks, cases[i].compared);
        /* A whole program has no marks; and what is counted exactly is not fitted by a clock. */
        if (meta->mode != MODE_THROUGHPUT)
            assert_non_null(meta->rows[1].unsupported);
        assert_int_equal(meta->rows[0].scaled, meta->mode != MODE_ICOUNT);
        assert_int_equal(meta->rows[0].operations > 0, meta->mode == MODE_ICOUNT);
        done_with(it);
    }
    Assembled *it = with_suite("");
    it->choices.mode = MODE_ICOUNT;
    it->choices.counters = SUITE_COUNT_HARDWARE;
    assert_false(assemble_run(it->suite, &it->choices, &it->catalogue, &it->meta, &it->error));
    assert_non_null(strstr(it->error.text, "--counters: --mode icount"));
    done_with(it);
}

static void release(Arm arm) {
    RunMeta holder = {.arms = grow(NULL, 1, sizeof arm), .arm_count = 1};
    holder.arms[0] = arm;
    run_meta_release(&holder);
}

static void expect_arm(const char *specification, const char *name, const char *environment, bool broken) {
    Arm arm;
    StoreError error = {""};
    assert_true(allocator_resolve(specification, &arm, &error));
    assert_string_equal(arm.name, name);
    assert_string_equal(arm.environment, environment);
    assert_true(arm.available);
    assert_int_equal(arm.broken, broken);
    assert_int_equal(arm.sha256 != NULL, !broken);
    assert_int_equal(arm.reason != NULL, broken);
    release(arm);
}

static void expect_nonsense(const char *specification) {
    Arm arm;
    StoreError error = {""};
    assert_false(allocator_resolve(specification, &arm, &error));
    assert_true(strlen(error.text) > 0);
}

static void allocators_by_name(void **state) {
    (void)state;
    expect_arm("glibc", "glibc", "", false);
    expect_arm("glibc?A=b&C=d=e", "glibc?A=b&C=d=e", "A=b&C=d=e", false);
    expect_arm("one=glibc?A=b", "one", "A=b", false);
    expect_arm("s=" TEST_BUILD_DIR "/arms/slow.so", "s", "", false);
    expect_arm(TEST_BUILD_DIR "/arms/slow.so?SLOW_ROUNDS=5", "slow.so?SLOW_ROUNDS=5", "SLOW_ROUNDS=5", false);
    expect_arm("broken=/no/such.so", "broken", "", true);
    expect_arm("/etc/passwd", "passwd", "", true);
    expect_nonsense("./");
    expect_nonsense("nothing-known");
    expect_nonsense("=/x.so");
    expect_nonsense("a b=/x.so");
    expect_nonsense("glibc?");
    expect_nonsense("glibc?novalue");
    expect_nonsense("glibc?LD_PRELOAD=/x.so");
}

static void libraries(void **state) {
    (void)state;
    char reason[512];
    char *folder = test_folder();
    assert_true(elf_library_provides_malloc(TEST_BUILD_DIR "/arms/slow.so", reason, sizeof reason));
    assert_false(elf_library_provides_malloc(TEST_BUILD_DIR "/arms/no_malloc.so", reason, sizeof reason));
    assert_non_null(strstr(reason, "no malloc"));
    assert_false(elf_library_provides_malloc(TEST_ALLOCBENCH, reason, sizeof reason));
    assert_non_null(strstr(reason, "not a shared library"));
    assert_false(elf_library_provides_malloc("/dev/null", reason, sizeof reason));
    assert_false(elf_library_provides_malloc("/etc", reason, sizeof reason));

    /* Of another machine, and cut short anywhere: refused, never a crash. */
    FILE *file = fopen(TEST_BUILD_DIR "/arms/slow.so", "re");
    assert_non_null(file);
    static char bytes[1 << 20];
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    char *path = text_format("%s/x.so", folder);
    bytes[18] ^= 0x55;
    test_write(path, bytes, size);
    assert_false(elf_library_provides_malloc(path, reason, sizeof reason));
    assert_non_null(strstr(reason, "another kind of machine"));
    bytes[18] ^= 0x55;
    /* The loader would split this path; so it is refused before anything is started. */
    char *odd = text_format("%s/a b.so", folder);
    test_write(odd, bytes, size);
    expect_arm(odd, "a b.so", "", true);
    free(odd);
    for (size_t cut = 1; cut < size && cut < 1200; cut += 13) {
        test_write(path, bytes, cut);
        assert_false(elf_library_provides_malloc(path, reason, sizeof reason));
    }
    free(path);
    test_folder_remove(folder);
}

static void blocks_are_shuffled(void **state) {
    (void)state;
    Arm arms[4] = {{.available = true}, {.available = true}, {.available = false}, {.available = true}};
    RunMeta meta = {.seed = 5, .arms = arms, .arm_count = 4, .baseline = 1};
    PlannedSlot first[5], again[5];
    unsigned moved = 0;
    for (uint32_t block = 0; block < 20; block++) {
        assert_int_equal(plan_block(&meta, 0, block, 0, first), 4);
        assert_int_equal(plan_block(&meta, 0, block, 0, again), 4);
        unsigned seen[4] = {0}, controls = 0;
        for (size_t i = 0; i < 4; i++) {
            assert_true(first[i].arm == again[i].arm && first[i].control == again[i].control);
            seen[first[i].arm]++;
            controls += first[i].control ? 1 : 0;
        }
        assert_true(seen[0] == 1 && seen[1] == 2 && seen[2] == 0 && seen[3] == 1 && controls == 1);
        moved += first[0].arm != 0 ? 1 : 0;
    }
    assert_in_range(moved, 5, 20);
    assert_true(plan_workload_seed(&meta, 0, 0) != plan_workload_seed(&meta, 0, 1));
    assert_true(plan_workload_seed(&meta, 0, 0) != plan_workload_seed(&meta, 1, 0));
    assert_true(plan_padding(&meta, 0, 0, 0, 0) < 4096);
}

static void lists_split(void **state) {
    (void)state;
    TextList list = {0};
    text_list_split(&list, " a, b\\,c ,, d=e ", ',');
    assert_int_equal(list.count, 3);
    assert_string_equal(list.items[1], "b,c");
    assert_string_equal(list.items[2], "d=e");
    text_list_release(&list);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suites_say_what_is_wrong),
        cmocka_unit_test(huge_pages_are_a_factor),
        cmocka_unit_test(a_run_tells_its_length),
        cmocka_unit_test(a_memory_workload_makes_memory_rows),
        cmocka_unit_test(a_mode_sets_the_blocks),
        cmocka_unit_test(allocators_by_name),
        cmocka_unit_test(libraries),
        cmocka_unit_test(blocks_are_shuffled),
        cmocka_unit_test(lists_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
