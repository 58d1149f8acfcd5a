/*
 * run_sweep.c - a sweep as a user runs it: each value is fitted and stored as a row of its own, and every command that
 * looks for a row finds it.
 */
#include "command_testing.h"

#include "commands/list_print.h"
#include "run_fixture.h"

static int set_up(void **state) {
    return place_set_up(
        state, "[suite]\nslot_ms = 5\nblocks = 1\nmemory_blocks = 0\nallocators = glibc,other=glibc?A=b\npin = no\n"
               "[small]\nworkload = small\nset = rounds=1..4*2\n");
}

static void each_value_is_a_row_with_its_own_work(void **state) {
    const Place *place = *state;
    assert_int_equal(run_command(command_run, place->suite, "--out", place->out, NULL), EXIT_CODE_OK);
    assert_printed("small rounds=4");
    Run *run = load_run(place->out);
    assert_int_equal(run->meta.row_count, 3);
    static const char *const names[] = {"small rounds=1", "small rounds=2", "small rounds=4"};
    for (size_t row = 0; row < 3; row++) {
        const Row *plan = &run->meta.rows[row];
        assert_string_equal(plan->name, names[row]);
        assert_string_equal(plan->sweep, names[row] + strlen("small "));
        assert_true(plan->scaled && plan->operations > 0);
        for (size_t i = 0; i < run->sample_count; i++) {
            if (run->samples[i].row == row)
                assert_int_equal(run->samples[i].operations, plan->operations);
        }
    }

    /* The same rows, written in another way and order: each gets the work of its own value. */
    char *again = text_format("%s/again", place->folder);
    assert_int_equal(
        run_command(command_run, place->suite, "--out", again, "--set", "rounds=4,1", "--work-from", place->out, NULL),
        EXIT_CODE_OK);
    Run *other = load_run(again);
    assert_int_equal(other->meta.row_count, 2);
    assert_string_equal(other->meta.rows[0].name, "small rounds=4");
    assert_int_equal(other->meta.rows[0].operations, run->meta.rows[2].operations);
    assert_int_equal(other->meta.rows[1].operations, run->meta.rows[0].operations);
    char *third = text_format("%s/third", place->folder);
    assert_refused(
        run_command(command_run, place->suite, "--out", third, "--set", "rounds=3", "--work-from", place->out, NULL),
        "that run has no row like 'small rounds=3'");

    /* Two runs meet by the rows' names; merged, rows keep what they sweep. */
    assert_int_equal(run_command(command_compare, place->out, again, NULL), EXIT_CODE_OK);
    assert_printed("small rounds=1");
    assert_printed("small rounds=4");
    char *both = text_format("%s/both", place->folder);
    assert_int_equal(run_command(command_merge, place->out, again, "-o", both, NULL), EXIT_CODE_OK);
    Run *merged = load_run(both);
    assert_int_equal(merged->meta.row_count, 5);
    assert_string_equal(merged->meta.rows[1].sweep, "rounds=2");
    assert_string_equal(merged->meta.rows[3].sweep, "rounds=4");

    assert_int_equal(run_command(command_run, "--resume", "--out", place->out, NULL), EXIT_CODE_OK);
    Run *resumed = load_run(place->out);
    assert_int_equal(resumed->sample_count, run->sample_count);
    assert_refused(run_command(command_run, "--resume", "--out", place->out, "--set", "rounds=1", NULL), "only --out");
    run_free(resumed);
    run_free(merged);
    run_free(other);
    run_free(run);
    free(both);
    free(third);
    free(again);
}

/* What a workload refuses is a visible row; only when it refuses everything was it a mistake. */
static void refused_values_are_rows_without_values(void **state) {
    const Place *place = *state;
    assert_int_equal(
        run_command(command_run, place->suite, "--out", place->out, "--set", "rounds=1,3", "--set", "odd=no", NULL),
        EXIT_CODE_OK);
    assert_printed("note: 1 of 2 rows will be unsupported; small rounds=3 odd=no: --rounds 3: must be even\n");
    assert_printed("\n  every arm     unsupported\n                --rounds 3: must be even\n");
    Run *run = load_run(place->out);
    assert_int_equal(run->meta.row_count, 2);
    assert_string_equal(run->meta.rows[1].name, "small rounds=3 odd=no");
    assert_string_equal(run->meta.rows[1].unsupported, "--rounds 3: must be even");
    for (size_t i = 0; i < run->sample_count; i++)
        assert_int_equal(run->samples[i].status, run->samples[i].row == 1 ? SAMPLE_UNSUPPORTED : SAMPLE_OK);
    run_free(run);
    char *none = text_format("%s/none", place->folder);
    assert_int_equal(
        run_command(command_run, place->suite, "--out", none, "--set", "rounds=3,5", "--set", "odd=no", NULL),
        EXIT_CODE_USAGE);
    assert_printed("allocbench: row 'small rounds=3 odd=no': --rounds 3: must be even\n");
    /* A dry run asks the workload, too. */
    assert_refused(run_command(command_run, place->suite, "--dry-run", "--set", "rounds=3,5", "--set", "odd=no", NULL),
                   "row 'small rounds=3 odd=no': --rounds 3: must be even");
    assert_int_equal(
        run_command(command_run, place->suite, "--dry-run", "--set", "rounds=1,3", "--set", "odd=no", NULL),
        EXIT_CODE_OK);
    assert_printed("unsupported: --rounds 3: must be even\n");
    assert_refused(run_command(command_run, place->suite, "--dry-run", "--out", place->out, NULL),
                   "already holds a run");
    assert_int_not_equal(access(none, F_OK), 0);
    free(none);
}

static void mistakes_are_one_line(void **state) {
    const Place *place = *state;
    static const struct {
        const char *flag, *value, *message;
    } cases[] = {
        {"--threads", "0", "--threads 0: there must be from 1 to 4096 threads"},
        {"--threads", "8..1", "--threads 8..1: the range 8..1 runs backwards"},
        {"--threads", "1..4000", "has over 256 values"},
        {"--threads", "two", "'two' is no number of threads"},
        {"--set", "rounds", "--set rounds: 'rounds' is not NAME=VALUE"},
        {"--set", "rounds=9..1", "runs backwards"},
        {"--set", "rounds=0", "--set rounds=0: workload small takes whole numbers from 1 to 1000000"},
        {"--set", "rounds=1..2M*2", "--set rounds=1M: workload small takes whole numbers"},
        {"--set", "round=3", "did you mean 'rounds' of small?"},
        {"--set", "odd=maybe", "--set odd=maybe: workload small takes no or yes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(run_command(command_run, place->suite, "--out", place->out, cases[i].flag, cases[i].value, NULL),
                       cases[i].message);
    assert_refused(run_command(command_run, place->suite, "--set", "rounds=1", "--set", "rounds=2", NULL),
                   "rounds is given twice");
    assert_int_not_equal(access(place->out, F_OK), 0);
}

static void the_plan_shows_the_sweep(void **state) {
    const Place *place = *state;
    static const char suite[] = "[suite]\nallocators = glibc\n[small]\nworkload = small\nthreads = 1\n";
    char *path = text_format("%s/threads.ini", place->folder);
    test_write(path, suite, strlen(suite));
    assert_int_equal(run_command(command_run, path, "--threads", "1,4000", "--set", "rounds=1K", "--dry-run", NULL),
                     EXIT_CODE_OK);
    free(path);
    assert_printed("small rounds=1K t1       small --rounds 1024: operations, fitted to");
    assert_printed("small rounds=1K t4000    small --rounds 1024: operations, fitted to");
    assert_printed("ms, oversubscribed\n");
    assert_int_equal(run_command(command_run, place->suite, "--dry-run", NULL), EXIT_CODE_OK);
    assert_null(strstr(printed, "oversubscribed"));
}

static void a_listed_row_says_what_it_sweeps(void **state) {
    (void)state;
    json_t *swept = json_loads("{\"set\":{\"size\":[\"16\",\"4K\"],\"queue\":[\"lifo\"]}}", 0, NULL);
    json_t *plain = json_loads("{\"set\":{}}", 0, NULL);
    char *words = list_swept(swept), *none = list_swept(plain);
    assert_string_equal(words, "size=16,4K queue=lifo");
    assert_string_equal(none, "");
    free(words);
    free(none);
    json_decref(swept);
    json_decref(plain);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_value_is_a_row_with_its_own_work, set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(refused_values_are_rows_without_values, set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(mistakes_are_one_line, set_up, place_tear_down),
        cmocka_unit_test(a_listed_row_says_what_it_sweeps),
        cmocka_unit_test_setup_teardown(the_plan_shows_the_sweep, set_up, place_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
