/*
 * run_history.c - allocbench history: what a line holds is what the run's tables say, nothing is counted twice or lost,
 * and hosts stay apart in the chart.
 */
#include <jansson.h>
#include <math.h>

#include "analysis/comparison.h"
#include "chart_testing.h"
#include "command_testing.h"
#include "store/history.h"

enum { ROWS = 6, ARMS = 3 };

typedef struct Place {
    char *folder, *file, *run;
} Place;

static double speed(size_t row, size_t arm) {
    return arm == 1 ? 1.3 + 0.02 * (double)row : arm == 2 ? 0.8 : 1;
}

/* A run of this commit and host, stored at place->run in place of an earlier one. Owned. */
static Run *measured(const Place *place, const char *id, const char *commit, const char *host) {
    FakeSpec spec = {.rows = ROWS, .arms = ARMS, .blocks = 12, .noise = 0.01, .seed = 4, .speed = speed};
    Run *run = fake_run(&spec);
    free(run->meta.id);
    free(run->meta.host_json);
    run->meta.id = text_copy(id);
    run->meta.host_json = text_format("{\"commit\":\"%s\",\"dirty\":%s,\"machine_id\":\"%s\",\"hostname\":\"a name\","
                                      "\"cpu_model\":\"a cpu\",\"cpus_allowed\":2}",
                                      commit, commit[0] == 'd' ? "true" : "false", host);
    nftw(place->run, test_remove_one, 8, FTW_DEPTH | FTW_PHYS);
    store_run(run, place->run);
    return run;
}

static void add(const Place *place, const char *id, const char *commit, const char *host) {
    run_free(measured(place, id, commit, host));
    assert_int_equal(run_command(command_history, "add", place->run, "--file", place->file, NULL), EXIT_CODE_OK);
    assert_printed(id);
}

static int set_up(void **state) {
    Place *place = zeroed(1, sizeof *place);
    place->folder = test_folder();
    place->file = text_format("%s/history.jsonl", place->folder);
    place->run = text_format("%s/run", place->folder);
    *state = place;
    return 0;
}

static int tear_down(void **state) {
    Place *place = *state;
    test_folder_remove(place->folder);
    free(place->file);
    free(place->run);
    free(place);
    return 0;
}

static History *load(const Place *place) {
    StoreError error = {""};
    History *history = history_load(place->file, false, &error);
    if (history == NULL)
        fail_msg("%s", error.text);
    return history;
}

static const HistoryRatio *find(const HistoryEntry *entry, const char *metric, const char *arm, const char *row) {
    for (size_t i = 0; i < entry->ratio_count; i++) {
        const HistoryRatio *ratio = &entry->ratios[i];
        bool same_row = row == NULL ? ratio->row == NULL : ratio->row != NULL && !strcmp(ratio->row, row);
        if (same_row && !strcmp(ratio->metric, metric) && !strcmp(ratio->arm, arm))
            return ratio;
    }
    return NULL;
}

/* Five digits are kept. */
static void assert_same(const HistoryRatio *kept, Interval told) {
    assert_non_null(kept);
    assert_float_equal(kept->ratio, told.estimate, 1e-4);
    assert_float_equal(kept->low, told.low, 1e-4);
    assert_float_equal(kept->high, told.high, 1e-4);
}

static void a_line_says_what_the_tables_say(void **state) {
    const Place *place = *state;
    Run *run = measured(place, "first", "dec0de", "machine");
    assert_int_equal(run_command(command_history, "add", place->run, "--file", place->file, NULL), EXIT_CODE_OK);
    History *history = load(place);
    assert_int_equal(history->count, 1);
    const HistoryEntry *entry = &history->entries[0];
    assert_string_equal(entry->commit, "dec0de");
    assert_true(entry->dirty);
    assert_string_equal(entry->host, "machine");
    assert_string_equal(entry->machine, "a cpu, 2 cores");
    assert_string_equal(entry->baseline, "glibc");
    assert_string_equal(entry->date, run->meta.created);
    static const Metric metrics[] = {METRIC_THROUGHPUT, METRIC_PEAK_RSS};
    assert_int_equal(entry->ratio_count, 2 * (ARMS - 1) * (ROWS + 1));
    for (size_t m = 0; m < 2; m++) {
        Comparison *comparison = comparison_of_run(run, metrics[m], 0);
        const char *key = metric_info(metrics[m])->key;
        assert_null(find(entry, key, "glibc", NULL)); /* the baseline's ratio to itself is no news */
        for (uint32_t arm = 1; arm < ARMS; arm++) {
            const HistoryRatio *mean = find(entry, key, run->meta.arms[arm].name, NULL);
            assert_same(mean, comparison->geometric_mean[arm]);
            assert_int_equal(mean->rows, ROWS);
            for (uint32_t row = 0; row < ROWS; row++) {
                const Cell *cell = comparison_cell(&comparison->rows[row], arm, false);
                const HistoryRatio *kept = find(entry, key, run->meta.arms[arm].name, run->meta.rows[row].name);
                assert_same(kept, cell->ratio);
                assert_string_equal(kept->verdict, verdict_name(cell->verdict, metrics[m]));
            }
        }
        comparison_free(comparison);
    }
    history_free(history);
    run_free(run);
}

static void the_table_has_a_line_for_each_ratio(void **state) {
    const Place *place = *state;
    add(place, "first", "1111", "a, \\\"b\\\"");
    add(place, "second", "2222", "c");
    assert_int_equal(run_command(command_history, "csv", "--file", place->file, NULL), EXIT_CODE_OK);
    size_t lines = 0;
    for (const char *at = printed; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    assert_int_equal(lines, 1 + 2 * 2 * (ARMS - 1) * (ROWS + 1));
    assert_printed("date,commit,dirty,host,machine,");
    assert_printed(",1111,0,\"a, \"\"b\"\"\",\"a cpu, 2 cores\",");
    assert_printed(",2222,0,c,");
    assert_printed(",throughput,jemalloc,row 5,,1.4");
    assert_printed(",throughput,jemalloc,,6,1.3");
}

static void a_run_counts_once(void **state) {
    const Place *place = *state;
    add(place, "first", "1111", "a");
    assert_refused(run_command(command_history, "add", place->run, "--file", place->file, NULL), "already");
    assert_int_equal(run_command(command_history, "add", place->run, "--file", place->file, "--host", "a pool", NULL),
                     EXIT_CODE_OK);
    History *history = load(place);
    assert_int_equal(history->count, 2);
    assert_string_equal(history->entries[1].host, "a pool");
    history_free(history);
}

static void a_torn_line_costs_itself_only(void **state) {
    const Place *place = *state;
    add(place, "first", "1111", "a");
    FILE *file = fopen(place->file, "ae");
    assert_non_null(file);
    fputs("{\"format\":1,\"comm", file);
    fclose(file);
    add(place, "second", "2222", "a");
    History *history = load(place);
    assert_int_equal(history->count, 2);
    assert_int_equal(history->unreadable_lines, 1);
    assert_string_equal(history->entries[1].commit, "2222");
    history_free(history);
    assert_int_equal(run_command(command_history, "csv", "--file", place->file, NULL), EXIT_CODE_OK);
    assert_printed("1 line cannot be read and is left out");
}

static void mistakes_are_one_line(void **state) {
    const Place *place = *state;
    assert_refused(run_command(command_history, NULL), "history add RUN");
    assert_refused(run_command(command_history, "show", NULL), "'history show' is unknown");
    assert_refused(run_command(command_history, "add", NULL), "needs a run");
    assert_refused(run_command(command_history, "add", place->folder, NULL), place->folder);
    assert_refused(run_command(command_history, "csv", place->run, NULL), "one argument too many");
    assert_refused(run_command(command_history, "csv", "--file", place->file, NULL), "history add RUN");
    run_free(measured(place, "first", "", "a"));
    assert_refused(run_command(command_history, "add", place->run, "--file", place->file, NULL), "from which commit");
    Run *run = measured(place, "first", "1111", "a");
    char *below = text_format("%s/none/history.jsonl", place->folder);
    assert_refused(run_command(command_history, "add", place->run, "--file", below, NULL), below);
    free(below);
    free(run->meta.host_json);
    run->meta.host_json = text_copy("[{\"commit\":\"1\"},{\"commit\":\"1\"}]");
    char *merged = text_format("%s/merged", place->folder);
    store_run(run, merged);
    assert_refused(run_command(command_history, "add", merged, "--file", place->file, NULL), "several hosts");
    run_free(run);
    free(merged);
    struct stat status;
    assert_int_not_equal(stat(place->file, &status), 0); /* nothing of all this was added */
}

static void hosts_have_panels_of_their_own(void **state) {
    const Place *place = *state;
    if (!have_gnuplot())
        skip();
    add(place, "1", "aaaaaaaaaaaa", "left");
    add(place, "2", "bbbbbbbbbbbb", "right");
    add(place, "3", "dddddddddddd", "left");
    assert_int_equal(run_command(command_history, "chart", "--file", place->file, NULL), EXIT_CODE_OK);
    char *folder = text_format("%s/history", place->folder);
    assert_printed("/history/history.svg\n");
    assert_printed("/history/history.png\n");
    char *layout = content(folder, "data/history.layout"), *picture = content(folder, "history.svg");
    assert_holds(layout, "panels = 4\n");
    assert_holds(layout, "panel_title[1] = 'Throughput, fake, host left'");
    assert_holds(layout, "panel_title[3] = 'Throughput, fake, host right'");
    assert_holds(layout, "panel_xtics[1] = '\"aaaaaaa\" 1, \"ddddddd+\" 2'");
    assert_holds(layout, "panel_xtics[3] = '\"bbbbbbb\" 1'");
    assert_holds(picture, "host right: a cpu, 2 cores");
    History *history = load(place);
    Numbers panel = numbers_of(folder, "history", 0);
    size_t points = 0;
    for (size_t i = 0; i < panel.count; i++) {
        const double *line = panel.line[i];
        if (fabs(line[0]) > 0) /* the curve of the first arm, jemalloc, has number 0 */
            continue;
        const HistoryRatio *mean = find(&history->entries[points == 0 ? 0 : 2], "throughput", "jemalloc", NULL);
        assert_close(line[2], mean->ratio);
        assert_close(line[3], mean->low);
        assert_close(line[4], mean->high);
        points++;
    }
    assert_int_equal(points, 2); /* not the one of the other host */
    free(panel.line);
    history_free(history);
    free(folder);
    free(layout);
    free(picture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_says_what_the_tables_say, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_table_has_a_line_for_each_ratio, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_run_counts_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_torn_line_costs_itself_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mistakes_are_one_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hosts_have_panels_of_their_own, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
