/*
 * report_page.c - the HTML page and the dots on the terminal: everything that happened is in them, nothing that comes
 * from outside becomes markup, and the same samples give the same bytes.
 */
#include "command_testing.h"

#include "../report/chart.h"
#include "../report/gnuplot.h"
#include "../report/page_parts.h"

static double speed(size_t row, size_t arm) {
    (void)row;
    return arm == 1 ? 1.5 : arm == 2 ? 0.7 : 1;
}

static double memory(size_t row, size_t arm) {
    (void)row;
    return arm == 1 ? 1.3 : arm == 2 ? 0.8 : 1;
}

/* Arms: glibc, jemalloc (faster, fatter), mimalloc (slower, leaner), tcmalloc (the same). */
static Run *plain_run(size_t rows, size_t blocks) {
    FakeSpec spec = {
        .rows = rows, .arms = 4, .blocks = blocks, .noise = 0.01, .seed = 5, .speed = speed, .memory = memory};
    spec.series = true;
    return fake_run(&spec);
}

static bool have(const char *program) {
    char *command = text_format("command -v %s >/dev/null 2>&1", program);
    bool found = system(command) == 0;
    free(command);
    return found;
}

/* The page of a run that is stored in `folder`, by the command. */
static char *page_of(Run *run, const char *folder) {
    store_run(run, folder);
    assert_int_equal(run_command(command_report, folder, NULL), EXIT_CODE_OK);
    assert_printed("/report.html\n");
    char *path = text_format("%s/report.html", folder);
    size_t length;
    char *page = read_whole_file(path, &length);
    free(path);
    return page;
}

static void assert_in(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in the page", part);
}

static void assert_well_formed(const char *folder) {
    if (!have("python3"))
        return;
    char *command = text_format("python3 %s/html_check.py %s/report.html", TEST_DATA_DIR, folder);
    assert_int_equal(system(command), 0);
    free(command);
}

static void what_happened_is_on_the_page(void **state) {
    (void)state;
    if (!have("gnuplot"))
        skip();
    char *base = test_folder(), *folder = text_format("%s/run", base);
    Run *run = plain_run(8, 12);
    fake_fail(run, 1, 2, 12, SAMPLE_CRASHED, "signal 11 in free()");
    fake_fail(run, 2, 1, 3, SAMPLE_TIMEOUT, NULL);
    fake_make_unavailable(run, 3, "apt-get install libtcmalloc-minimal4");
    for (uint32_t row = 4; row < 8; row++) { /* curves over threads and over a parameter */
        char *name = text_format(row < 6 ? "scaled t%u" : "swept size=%u", row < 6 ? row - 3 : 8 * row);
        fake_name_row(run, row, name, row < 6 ? "scaled" : "swept", row < 6 ? row - 3 : 1);
        if (row >= 6)
            run->meta.rows[row].sweep = text_format("size=%u", 8 * row);
        free(name);
    }
    char *page = page_of(run, folder);
    assert_in(page, "<i>crashed 12/12</i>");
    assert_in(page, "title=\"signal 11 in free()\"");
    assert_in(page, "timeout 3/12");
    assert_in(page, "tcmalloc was not measured: apt-get install libtcmalloc-minimal4.");
    assert_in(page, "<td class=\"failed\">crashed</td>");
    assert_in(page, "<td class=\"failed\">skipped</td>");
    for (size_t row = 0; row < run->meta.row_count; row++) {
        char *head = text_format("<th scope=\"row\">%s</th>", run->meta.rows[row].name);
        assert_in(page, head);
        free(head);
    }
    for (size_t chart = 0; chart < CHART_COUNT; chart++) { /* drawn, or said to be missing with what it needs */
        char *drawn = text_format("id=\"chart-%s\"", CHARTS[chart].name);
        char *missing = text_format("<li><code>%s</code> needs", CHARTS[chart].name);
        assert_int_equal((strstr(page, drawn) != NULL) + (strstr(page, missing) != NULL), 1);
        free(drawn);
        free(missing);
    }
    static const char *const expected[] = {"throughput_ratio", "thread_scaling", "parameter_sweep", "rss_over_time",
                                           "speed_memory"};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        char *drawn = text_format("id=\"chart-%s\"", expected[i]);
        assert_in(page, drawn);
        free(drawn);
    }
    assert_in(page, "<title>row 0, jemalloc: 1."); /* marks of ratios, of curves, of both metrics at once */
    assert_in(page, "<title>scaled t1, mimalloc: ");
    assert_in(page, "times the peak RSS of glibc</title>");
    assert_in(page, " at most</title>"); /* curves of memory */
    assert_in(page, "<a href=\"samples.jsonl\">");
    assert_well_formed(folder);
    free(page);
    run_free(run);
    free(folder);
    test_folder_remove(base);
}

static void shares_of_the_bound_stand_in_the_verdicts(void **state) {
    (void)state;
    if (!have("gnuplot"))
        skip();
    char *base = test_folder(), *folder = text_format("%s/run", base);
    Run *run = plain_run(3, 12);
    free(run->meta.arms[1].name);
    run->meta.arms[1].name = text_copy("limit");
    char *page = page_of(run, folder);
    assert_in(page, "limit (a bound)</th>");
    assert_in(page, "<p>The arm <b>limit</b> is a bound");
    size_t shares = 0; /* of speed, and not of the bound itself */
    for (const char *at = page; (at = strstr(at, " % of limit</i>")) != NULL; at++)
        shares++;
    assert_int_equal(shares, 3 * 3);
    assert_well_formed(folder);
    free(page);
    run_free(run);
    free(folder);
    test_folder_remove(base);
}

/* Nothing from outside becomes markup, wherever it stands. */
static void names_cannot_become_markup(void **state) {
    (void)state;
    if (!have("gnuplot"))
        skip();
    static const char evil[] = "</title></noscript><script>alert('\"&')</script>";
    static const char harmless[] =
        "&lt;/title&gt;&lt;/noscript&gt;&lt;script&gt;alert(&#39;&quot;&amp;&#39;)&lt;/script&gt;";
    char *base = test_folder(), *folder = text_format("%s/run", base);
    Run *run = plain_run(2, 12);
    RunMeta *meta = &run->meta;
    fake_name_row(run, 1, evil, evil, 1);
    char **texts[] = {&meta->id,
                      &meta->suite,
                      &meta->command,
                      &meta->arms[1].name,
                      &meta->arms[1].path,
                      &meta->arms[1].label,
                      &meta->arms[1].environment,
                      &meta->host_json};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        free(*texts[i]);
        *texts[i] = text_copy(evil);
    }
    free(meta->host_json);
    meta->host_json = text_copy("{\"cpu_model\":\"</script><script>alert(1)</script>\",\"<b>\":{\"<i>\":[\"<u>\"]}}");
    fake_fail(run, 0, 2, 12, SAMPLE_CRASHED, evil);
    fake_make_unavailable(run, 3, evil);
    char *page = page_of(run, folder);
    assert_in(page, harmless);
    assert_null(strstr(page, "<script>alert"));
    assert_null(strstr(page, "</noscript><script"));
    assert_null(strstr(page, "<u>"));
    const char *script = strstr(page, "<script>");
    assert_non_null(script);
    assert_null(strstr(script + 1, "<script>")); /* the page's own */
    assert_well_formed(folder);
    free(page);
    run_free(run);
    free(folder);
    test_folder_remove(base);
}

static void the_same_samples_give_the_same_report(void **state) {
    (void)state;
    if (!have("gnuplot"))
        skip();
    char *base = test_folder(), *folder = text_format("%s/run", base), *other = text_format("%s/far/away", base);
    Run *run = plain_run(3, 10);
    char *page = page_of(run, folder);
    assert_null(strstr(page, base));
    assert_int_equal(run_command(command_report, folder, "--check", NULL), EXIT_CODE_OK);
    assert_string_equal(printed, "");
    assert_int_equal(run_command(command_report, folder, "-o", other, "--check", NULL), 6);
    assert_int_equal(run_command(command_report, folder, "-o", other, NULL), EXIT_CODE_OK);
    assert_int_equal(run_command(command_report, folder, "-o", other, "--check", NULL), EXIT_CODE_OK);

    static const char *const files[] = {"report.html", "report.csv", "data/run.json", "data/samples.jsonl"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *path = text_format("%s/%s", other, files[i]);
        size_t length;
        char *whole = read_whole_file(path, &length);
        FILE *file = fopen(path, "a");
        fputs(" ", file);
        fclose(file);
        assert_int_equal(run_command(command_report, folder, "-o", other, "--check", NULL), 6);
        assert_printed(files[i]);
        test_write(path, whole, length);
        free(whole);
        free(path);
    }
    char *copy = text_format("%s/data", other);
    StoreError error;
    Run *copied = run_load(copy, &error); /* the raw data beside the page are a run again */
    assert_non_null(copied);
    assert_int_equal(copied->sample_count, run->sample_count);
    run_free(copied);
    free(copy);
    free(page);
    run_free(run);
    free(folder);
    free(other);
    test_folder_remove(base);
}

static void mistakes_are_refused(void **state) {
    (void)state;
    char *base = test_folder(), *folder = text_format("%s/run", base), *blocked = text_format("%s/file", base);
    Run *run = plain_run(2, 10);
    store_run(run, folder);
    test_write(blocked, "x", 1);
    assert_refused(run_program("report"), "allocbench report RUN");
    assert_refused(run_command(command_report, blocked, NULL), "file");
    assert_refused(run_program("report x y"), "second");
    assert_refused(run_program("report x --sort ratio"), "--term");
    assert_refused(run_program("report x --term --sort speed"), "row, arm, ratio");
    assert_refused(run_program("report x --term --check"), "--check");
    if (have("gnuplot")) {
        assert_int_equal(run_command(command_report, folder, "-o", blocked, NULL), EXIT_CODE_FAILURE);
        assert_printed("choose another folder with --out");
    }
    char *path = text_copy(getenv("PATH"));
    setenv("PATH", "/nonexistent", 1);
    int code = run_command(command_report, folder, NULL);
    setenv("PATH", path, 1);
    assert_int_equal(code, 7);
    assert_printed("apt-get install gnuplot-nox");
    free(path);
    run_free(run);
    free(blocked);
    free(folder);
    test_folder_remove(base);
}

/* The lines of the terminal's first table that name an arm, in their order; NULL ends. Points into `printed`. */
static size_t table_lines(char *lines[], size_t most) {
    size_t count = 0;
    char *at = strstr(printed, "\nThroughput");
    assert_non_null(at);
    char *end = strstr(at, "\n\n"); /* of the table */
    for (at = strchr(strchr(at + 1, '\n') + 1, '\n'); at && at < end && count < most; at = strchr(at + 1, '\n'))
        lines[count++] = at + 1;
    return count;
}

static void dots_fit_a_terminal(void **state) {
    (void)state;
    char *base = test_folder(), *folder = text_format("%s/run", base), *lines[64];
    Run *run = plain_run(6, 12);
    fake_name_row(run, 2, "a_workload_with_a_name_that_is_longer_than_its_column size=4K batch=16 t2", "long", 2);
    fake_fail(run, 1, 2, 12, SAMPLE_CRASHED, NULL);
    store_run(run, folder);
    assert_int_equal(run_command(command_report, folder, "--term", NULL), EXIT_CODE_OK);
    for (const char *at = printed; *at; at += strcspn(at, "\n") + 1)
        if (strcspn(at, "\n") > 80)
            fail_msg("wider than 80: %.*s", (int)strcspn(at, "\n"), at);
    assert_printed("Fastest over these rows is jemalloc: it is 1.");
    assert_printed("Not ranked, since they have no ratio in some rows: mimalloc.");
    assert_printed("crashed 12/12");
    assert_printed("a_workload_with_a_name_that_is_longer_than_its_column size=4K batch=16 t2");
    assert_int_equal(table_lines(lines, 64), 6 * 3 + 3); /* the long name has lines of its own */

    assert_int_equal(run_command(command_report, folder, "--term", "--sort", "ratio", "--filter", "row", NULL),
                     EXIT_CODE_OK);
    size_t count = table_lines(lines, 64);
    assert_int_equal(count, 5 * 3);
    for (size_t i = 0; i < 5; i++)
        assert_non_null(memmem(lines[i], 20, "jemalloc", 8));
    assert_non_null(memmem(lines[count - 1], 80, "crashed", 7)); /* what has no ratio comes last */

    assert_int_equal(run_command(command_report, folder, "--term", "--filter", "SLOWER", NULL), EXIT_CODE_OK);
    assert_int_equal(table_lines(lines, 64), 5 + 1);
    assert_int_equal(run_command(command_report, folder, "--term", "--filter", "nothing like it", NULL), EXIT_CODE_OK);
    assert_printed("no line holds 'nothing like it'");
    run_free(run);
    free(folder);
    test_folder_remove(base);
}

/* The dot stands where the ratio is: left of the line of 1, on it, right of it, and order is kept. */
static void dots_stand_where_ratios_are(void **state) {
    (void)state;
    char *base = test_folder(), *folder = text_format("%s/run", base), *lines[8];
    Run *run = plain_run(1, 12);
    store_run(run, folder);
    assert_int_equal(run_command(command_report, folder, "--term", NULL), EXIT_CODE_OK);
    assert_int_equal(table_lines(lines, 8), 3);
    char *head = strstr(printed, "\nrow  "), *verdict = strstr(head, "verdict");
    size_t plot = (size_t)(verdict - head - 1) + strlen("verdict "), dots[3];
    size_t one = plot + strcspn(lines[0] + plot, "|"); /* where the ratio is 1 */
    for (size_t i = 0; i < 3; i++)
        dots[i] = plot + strcspn(lines[i] + plot, "o");
    assert_true(one < 80);
    assert_true(dots[0] > one && dots[0] < 80);            /* jemalloc, 1.5 */
    assert_true(dots[1] < one);                            /* mimalloc, 0.7 */
    assert_true(dots[2] + 1 >= one && dots[2] <= one + 1); /* tcmalloc, 1 */
    run_free(run);
    free(folder);
    test_folder_remove(base);
}

static char *answer_of(const Run *run, bool lead, size_t index) {
    PageSource source = page_source(run);
    PageAnswer answer = page_answer(&source);
    const TextList *list = lead ? &answer.lead : &answer.arms;
    assert_true(index < list->count);
    char *text = text_copy(list->items[index]);
    page_answer_release(&answer);
    page_source_release(&source);
    return text;
}

static void assert_answer(const Run *run, bool lead, size_t index, const char *part) {
    char *text = answer_of(run, lead, index);
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in: %s", part, text);
    free(text);
}

static void the_answer_follows_the_intervals(void **state) {
    (void)state;
    Run *run = plain_run(8, 12);
    assert_answer(run, true, 0, "Fastest over these rows is jemalloc: it is 1.");
    assert_answer(run, true, 0, "it needs 30 % more memory than glibc");
    assert_answer(run, true, 1, "Leanest over these rows is mimalloc: it is 0.");
    assert_answer(run, false, 0, "faster in 8, slower in 0)");
    assert_answer(run, false, 1, "it needs 20 % less memory than glibc");
    assert_answer(run, false, 2, "tcmalloc shows no difference from glibc in speed");
    free(run->meta.arms[1].name);
    run->meta.arms[1].name = text_copy("limit");
    assert_answer(run, true, 0, "Fastest over these rows is glibc, the baseline itself.");
    assert_answer(run, false, 0, "limit, a bound and no allocator to use, is 1.");
    run_free(run);

    FakeSpec equal = {.rows = 8, .arms = 3, .blocks = 12, .noise = 0.05, .seed = 3};
    run = fake_run(&equal);
    assert_answer(run, true, 0, "No difference from glibc in speed is shown for any allocator");
    run_free(run);

    FakeSpec few = {.rows = 1, .arms = 2, .blocks = 3, .noise = 0.01, .seed = 3, .speed = speed};
    run = fake_run(&few);
    assert_answer(run, false, 0, "too few rows and blocks for an interval, so nothing is proven");
    run_free(run);

    /* Two arms that are equally fast are not ranked. */
    run = plain_run(8, 12);
    for (size_t i = 0; i < run->sample_count; i++)
        if (run->samples[i].arm == 3)
            run->samples[i].elapsed_ns = (uint64_t)((double)run->samples[i].elapsed_ns / 1.5);
    char *text = answer_of(run, true, 1);
    assert_non_null(strstr(text, "Not told apart from"));
    free(text);
    run_free(run);
}

static void each_row_has_its_command(void **state) {
    (void)state;
    Run *run = plain_run(4, 1);
    free(run->meta.command);
    run->meta.command =
        text_copy("allocbench run --workloads a,b --threads=1,2 --allocators 'glibc,my=/a b/x.so' --blocks "
                  "12 --set 'size=8..32K*2' -o out --work-from x --resume full --seed 7");
    fake_name_row(run, 0, "larson_remote t2", "larson", 2);
    fake_name_row(run, 1, "size_sweep size=4K batch=16 t1", "size_sweep", 1);
    run->meta.rows[1].sweep = text_copy("size=4K batch=16");
    fake_name_row(run, 2, "sqlite3", "sqlite3", 0);
    fake_name_row(run, 3, "larson t2 thp=never", "larson", 2);
    static const char *const common =
        "allocbench run --allocators 'glibc,my=/a b/x.so' --blocks 12 full --seed 7 --workloads ";
    static const char *const ends[] = {"larson_remote --threads 2",
                                       "size_sweep --threads 1 --set size=4K --set batch=16", "sqlite3",
                                       "larson --threads 2"};
    for (size_t row = 0; row < 4; row++) {
        char *command = page_row_command(&run->meta, row), *expected = text_format("%s%s", common, ends[row]);
        assert_string_equal(command, expected);
        free(command);
        free(expected);
    }
    free(run->meta.command);
    run->meta.command = text_copy("allocbench merge a b -o c");
    assert_null(page_row_command(&run->meta, 0));
    run_free(run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_happened_is_on_the_page), cmocka_unit_test(shares_of_the_bound_stand_in_the_verdicts),
        cmocka_unit_test(names_cannot_become_markup),   cmocka_unit_test(the_same_samples_give_the_same_report),
        cmocka_unit_test(mistakes_are_refused),         cmocka_unit_test(dots_fit_a_terminal),
        cmocka_unit_test(dots_stand_where_ratios_are),  cmocka_unit_test(the_answer_follows_the_intervals),
        cmocka_unit_test(each_row_has_its_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
