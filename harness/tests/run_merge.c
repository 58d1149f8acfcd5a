/*
 * run_merge.c - runs of several hosts become one: every ratio is what it was in its part, and what does not fit is
 * refused.
 */
#include <jansson.h>

#include "analysis/comparison.h"
#include "command_testing.h"
#include "run_fixture.h"
#include "store/run_archive.h"
#include "store/run_merge.h"

static double speed(size_t row, size_t arm) {
    return arm == 1 ? 1.3 + 0.1 * (double)row : arm == 2 ? 0.8 : 1;
}

static Run *make_run(const char *id, const char *host, uint64_t seed) {
    FakeSpec spec = {.rows = 2, .arms = 3, .blocks = 12, .noise = 0.01, .seed = seed, .speed = speed, .series = true};
    Run *run = fake_run(&spec);
    free(run->meta.id);
    free(run->meta.host_json);
    run->meta.id = text_copy(id);
    run->meta.host_json =
        text_format("{\"hostname\":\"%s\",\"cpu_model\":\"a cpu\",\"machine_id\":\"%s-1\",\"at_start\":"
                    "{\"load\":\"%u\"}}",
                    host, host, (unsigned)seed);
    return run;
}

static char *below(const char *folder, const char *name) {
    return text_format("%s/%s", folder, name);
}

/* Stores and frees the run; gives its folder. */
static char *put(const char *folder, const char *name, Run *run) {
    char *path = below(folder, name);
    store_run(run, path);
    run_free(run);
    return path;
}

static const Cell *cell_of(const Comparison *comparison, uint32_t row, uint32_t arm) {
    return comparison_cell(&comparison->rows[row], arm, false);
}

static uint32_t arm_of(const Run *run, const char *name) {
    uint32_t arm = 0;
    while (arm < run->meta.arm_count && strcmp(run->meta.arms[arm].name, name) != 0)
        arm++;
    assert_true(arm < run->meta.arm_count);
    return arm;
}

/* The rows of `part` are rows first... of `merged`, with the same ratios, blocks and medians. */
static void assert_same_cells(const Run *merged, const Run *part, uint32_t first) {
    Comparison *whole = comparison_of_run(merged, METRIC_THROUGHPUT, merged->meta.baseline);
    Comparison *own = comparison_of_run(part, METRIC_THROUGHPUT, part->meta.baseline);
    for (uint32_t row = 0; row < part->meta.row_count; row++) {
        assert_int_equal(whole->rows[first + row].blocks, own->rows[row].blocks);
        for (uint32_t arm = 0; arm < part->meta.arm_count; arm++) {
            const Cell *mine = cell_of(own, row, arm),
                       *theirs = cell_of(whole, first + row, arm_of(merged, part->meta.arms[arm].name));
            assert_int_equal(mine->pairs, theirs->pairs);
            assert_memory_equal(&mine->median, &theirs->median, sizeof mine->median);
            if (mine->pairs > 0)
                assert_memory_equal(&mine->ratio, &theirs->ratio, sizeof mine->ratio);
        }
    }
    comparison_free(whole);
    comparison_free(own);
}

static void hosts_are_united_and_kept_apart(void **state) {
    /* Another order of arms, and one that is not installed there. */
    Run *other = make_run("two", "beta", 2);
    Arm swapped = other->meta.arms[1];
    other->meta.arms[1] = other->meta.arms[2];
    other->meta.arms[2] = swapped;
    fake_make_unavailable(other, 1, "not installed");
    char *one = put(*state, "one", make_run("one", "alpha", 1)), *two = put(*state, "two", other);
    char *merged_path = below(*state, "deep/merged");
    assert_int_equal(run_command(command_merge, one, two, "-o", merged_path, NULL), 0);

    Run *merged = load_run(merged_path), *first = load_run(one), *second = load_run(two);
    assert_true(run_is_merged(&merged->meta));
    assert_int_equal(merged->meta.row_count, 4);
    assert_string_equal(merged->meta.rows[0].name, "row 0 @alpha");
    assert_string_equal(merged->meta.rows[3].name, "row 1 @beta");
    assert_int_equal(merged->meta.rows[1].host, 0);
    assert_int_equal(merged->meta.rows[2].host, 1);
    assert_int_equal(merged->unreadable_lines, 0);
    assert_int_equal(merged->sample_count, first->sample_count + second->sample_count);
    assert_true(run_row_has_arm(&merged->meta, 0, arm_of(merged, "mimalloc")));
    assert_false(run_row_has_arm(&merged->meta, 2, arm_of(merged, "mimalloc")));
    assert_true(run_row_has_arm(&merged->meta, 2, arm_of(merged, "jemalloc")));
    assert_true(run_block_is_complete(merged, 2, 0, 0));
    assert_same_cells(merged, first, 0);
    assert_same_cells(merged, second, 2);

    Comparison *comparison = comparison_of_run(merged, METRIC_THROUGHPUT, 0);
    assert_int_equal(cell_of(comparison, 2, arm_of(merged, "mimalloc"))->verdict, VERDICT_SKIPPED);
    assert_int_equal(cell_of(comparison, 2, arm_of(merged, "jemalloc"))->verdict, VERDICT_WORSE);
    comparison_free(comparison);

    json_t *hosts = json_loads(merged->meta.host_json, 0, NULL);
    assert_int_equal(json_array_size(hosts), 2);
    const json_t *runs = json_object_get(json_array_get(hosts, 1), "runs");
    assert_string_equal(json_string_value(json_object_get(json_array_get(runs, 0), "id")), "two");
    assert_int_equal(json_array_size(json_object_get(json_array_get(hosts, 0), "arms")), 3);
    json_decref(hosts);

    assert_int_equal(run_command(command_compare, merged_path, NULL), 0);
    assert_printed("row 1 @beta");
    /* With one of its parts: each row with that of its own machine, by that machine's baseline. */
    assert_int_equal(run_command(command_compare, merged_path, two, NULL), 0);
    assert_printed("row 0 @beta");
    assert_int_equal(run_command(command_compare, merged_path, merged_path, "--fail-if", "jemalloc slower 1%", NULL),
                     0);
    assert_int_equal(run_command(command_compare, two, merged_path, "--fail-if", "jemalloc slower 99%", NULL), 0);
    run_free(merged);
    run_free(first);
    run_free(second);
    free(one);
    free(two);
    free(merged_path);
}

/* A block that lacks a sample is torn: of the arms that its own host has, not of all. */
static void a_torn_block_stays_torn(void **state) {
    Run *first = make_run("one", "alpha", 1), *second = make_run("two", "beta", 2);
    fake_make_unavailable(second, 2, "not installed");
    second->sample_count--; /* the control of the last row's last block */
    sample_release(&second->samples[second->sample_count]);
    char *one = put(*state, "one", first), *two = put(*state, "two", second), *path = below(*state, "merged");
    assert_int_equal(run_command(command_merge, one, two, "-o", path, NULL), 0);
    Run *merged = load_run(path);
    assert_true(run_block_is_complete(merged, 3, 10, 0));
    assert_false(run_block_is_complete(merged, 3, 11, 0));
    Comparison *comparison = comparison_of_run(merged, METRIC_THROUGHPUT, 0);
    assert_int_equal(comparison->rows[2].blocks, 12);
    assert_int_equal(comparison->rows[3].blocks, 11);
    comparison_free(comparison);
    run_free(merged);
    free(one);
    free(two);
    free(path);
}

static void runs_of_one_host_share_its_record(void **state) {
    char *one = put(*state, "one", make_run("one", "alpha", 1)), *two = put(*state, "two", make_run("two", "alpha", 2));
    char *path = below(*state, "merged");
    assert_int_equal(run_command(command_merge, one, two, "-o", path, NULL), 0);
    assert_printed("note: 2 rows of one host, such as 'row 0', are in several of these runs");
    Run *merged = load_run(path);
    assert_string_equal(merged->meta.rows[0].name, "row 0 @alpha");
    assert_string_equal(merged->meta.rows[2].name, "row 0 @alpha#2");
    assert_int_equal(merged->meta.rows[2].host, 0);
    json_t *hosts = json_loads(merged->meta.host_json, 0, NULL);
    assert_int_equal(json_array_size(hosts), 1);
    assert_int_equal(json_array_size(json_object_get(json_array_get(hosts, 0), "runs")), 2);
    json_decref(hosts);
    run_free(merged);

    /* It travels as any other, and cannot be merged or overwritten again. */
    if (run_archive_supported()) {
        char *archive = below(*state, "m.tar.zst");
        assert_int_equal(run_command(command_compare, path, "--format", "csv", NULL), 0);
        char *expected = text_copy(printed);
        assert_int_equal(run_command(command_bundle, path, "-o", archive, NULL), 0);
        assert_int_equal(run_command(command_compare, archive, "--format", "csv", NULL), 0);
        assert_string_equal(printed, expected);
        free(expected);
        free(archive);
    }
    char *again = below(*state, "again");
    assert_refused(run_command(command_merge, path, one, "-o", again, NULL), "merge its parts");
    assert_refused(run_command(command_merge, one, two, "-o", path, NULL), "exists already");
    assert_int_equal(access(again, F_OK), -1);
    free(one);
    free(two);
    free(path);
    free(again);
}

/* "localhost" is the name of many. */
static void machines_of_one_name_share_no_row_name(void **state) {
    Run *runs[] = {make_run("one", "alpha", 1), make_run("two", "alpha", 2), make_run("three", "alpha", 3)};
    free(runs[1]->meta.host_json);
    runs[1]->meta.host_json = text_copy("{\"hostname\":\"alpha\",\"machine_id\":\"another\"}");
    free(runs[1]->meta.rows[0].name);
    runs[1]->meta.rows[0].name = text_copy("row of its own");
    char *one = put(*state, "one", runs[0]), *two = put(*state, "two", runs[1]);
    free(runs[2]->meta.rows[0].name);
    runs[2]->meta.rows[0].name = text_copy("a third row");
    char *three = put(*state, "three", runs[2]), *path = below(*state, "merged");
    assert_int_equal(run_command(command_merge, one, two, three, "-o", path, NULL), 0);
    Run *merged = load_run(path);
    assert_string_equal(merged->meta.rows[0].name, "row 0 @alpha");
    assert_string_equal(merged->meta.rows[2].name, "row of its own @alpha#2");
    assert_string_equal(merged->meta.rows[3].name, "row 1 @alpha#2");
    assert_string_equal(merged->meta.rows[4].name, "a third row @alpha");
    run_free(merged);
    free(one);
    free(two);
    free(three);
    free(path);
}

static void make_swept(Run *run, size_t row, const char *sweep, uint32_t threads) {
    Row *plan = &run->meta.rows[row];
    free(plan->name);
    free(plan->sweep);
    plan->name = threads == 0 ? text_format("w %s", sweep) : text_format("w %s t%u", sweep, (unsigned)threads);
    plan->sweep = text_copy(sweep);
    plan->threads = threads;
}

/* Charts join rows of one name but for what is swept; what two runs measured is no curve. */
static void a_curve_is_of_one_run(void **state) {
    Run *runs[] = {make_run("one", "alpha", 1), make_run("two", "alpha", 2), make_run("three", "alpha", 3)};
    make_swept(runs[0], 0, "size=16", 1);
    make_swept(runs[0], 1, "size=32", 1);
    make_swept(runs[1], 0, "size=64", 1); /* another machine of this name */
    free(runs[1]->meta.host_json);
    runs[1]->meta.host_json = text_copy("{\"hostname\":\"alpha\",\"machine_id\":\"another\"}");
    make_swept(runs[2], 0, "size=32", 1);
    make_swept(runs[2], 1, "size=128", 2);
    char *one = put(*state, "one", runs[0]), *two = put(*state, "two", runs[1]), *three = put(*state, "three", runs[2]);
    char *path = below(*state, "merged");
    assert_int_equal(run_command(command_merge, one, two, three, "-o", path, NULL), 0);
    Run *merged = load_run(path);
    static const char *const names[] = {"w size=16 t1 @alpha",   "w size=32 t1 @alpha",   "w size=64 t1 @alpha#2", NULL,
                                        "w size=32 t1 @alpha#3", "w size=128 t2 @alpha#3"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i] != NULL)
            assert_string_equal(merged->meta.rows[i].name, names[i]);
    }
    run_free(merged);
    free(one);
    free(two);
    free(three);
    free(path);
}

static void rows_that_are_not_repeated_need_no_note(void **state) {
    Run *same_name = make_run("two", "alpha", 2);
    same_name->meta.rows[0].threads++;
    free(same_name->meta.rows[1].arguments);
    same_name->meta.rows[1].arguments = text_copy("--size 9");
    char *one = put(*state, "one", make_run("one", "alpha", 1)), *two = put(*state, "two", same_name);
    char *elsewhere = put(*state, "three", make_run("three", "beta", 3)), *path = below(*state, "merged");
    assert_int_equal(run_command(command_merge, one, two, elsewhere, "-o", path, NULL), 0);
    assert_null(strstr(printed, "note:"));
    free(one);
    free(two);
    free(elsewhere);
    free(path);
}

static void a_merged_run_is_not_resumed(void **state) {
    char *one = put(*state, "one", make_run("one", "alpha", 1)), *two = put(*state, "two", make_run("two", "beta", 2));
    char *path = below(*state, "merged");
    assert_int_equal(run_command(command_merge, one, two, "-o", path, NULL), 0);
    assert_refused(run_command(command_run, "--resume", "--out", path, NULL), "merged");
    free(one);
    free(two);
    free(path);
}

static void assert_unfit(const char *folder, Run *run, const char *why) {
    static unsigned number;
    char *name = text_format("bad%u", number++), *bad = put(folder, name, run);
    char *good = below(folder, "good"), *path = below(folder, "merged");
    assert_refused(run_command(command_merge, good, bad, "-o", path, NULL), why);
    assert_int_equal(access(path, F_OK), -1);
    free(name);
    free(bad);
    free(good);
    free(path);
}

static void what_does_not_fit_is_refused(void **state) {
    char *good = put(*state, "good", make_run("good", "alpha", 1));
    Run *run = make_run("bad", "beta", 2);
    run->meta.threshold = 0.02;
    assert_unfit(*state, run, "threshold differs: 0.01 in good, 0.02 in bad");
    run = make_run("bad", "beta", 2);
    run->meta.memory_blocks = 1;
    assert_unfit(*state, run, "memory blocks");
    run = make_run("bad", "beta", 2);
    run->meta.mode = MODE_LATENCY;
    assert_unfit(*state, run, "modes differ");
    run = make_run("bad", "beta", 2);
    run->meta.baseline = 1;
    assert_unfit(*state, run, "baselines differ");
    run = make_run("bad", "alpha", 2);
    run->meta.arms[1].sha256[0] = 'f';
    assert_unfit(*state, run, "jemalloc has another library");
    run = make_run("bad", "alpha", 2);
    free(run->meta.arms[2].environment);
    run->meta.arms[2].environment = text_copy("A=1");
    assert_unfit(*state, run, "mimalloc has another settings");
    assert_unfit(*state, make_run("good", "alpha", 1), "given twice");

    /* On another host the same name may be another build; its label says so. */
    run = make_run("other", "beta", 2);
    run->meta.arms[1].sha256[0] = 'f';
    free(run->meta.arms[1].label);
    run->meta.arms[1].label = text_copy("jemalloc 2.0");
    char *other = put(*state, "other", run), *path = below(*state, "merged");
    assert_int_equal(run_command(command_merge, good, other, "-o", path, NULL), 0);
    Run *merged = load_run(path);
    assert_string_equal(merged->meta.arms[1].label, "jemalloc 1.0 or jemalloc 2.0");
    run_free(merged);

    assert_refused(run_command(command_merge, good, "-o", path, NULL), "two runs");
    assert_refused(run_command(command_merge, good, other, NULL), "-o DIR");
    free(good);
    free(other);
    free(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(hosts_are_united_and_kept_apart, test_folder_set_up, test_folder_tear_down),
        cmocka_unit_test_setup_teardown(a_torn_block_stays_torn, test_folder_set_up, test_folder_tear_down),
        cmocka_unit_test_setup_teardown(runs_of_one_host_share_its_record, test_folder_set_up, test_folder_tear_down),
        cmocka_unit_test_setup_teardown(machines_of_one_name_share_no_row_name, test_folder_set_up,
                                        test_folder_tear_down),
        cmocka_unit_test_setup_teardown(a_curve_is_of_one_run, test_folder_set_up, test_folder_tear_down),
        cmocka_unit_test_setup_teardown(rows_that_are_not_repeated_need_no_note, test_folder_set_up,
                                        test_folder_tear_down),
        cmocka_unit_test_setup_teardown(a_merged_run_is_not_resumed, test_folder_set_up, test_folder_tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_fit_is_refused, test_folder_set_up, test_folder_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
