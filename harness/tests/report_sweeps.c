/*
 * report_sweeps.c - rows over threads and over a parameter: what is oversubscribed is marked wherever a row stands, and
 * both charts show the numbers that were measured.
 */
#include "../report/report.h"
#include "chart_testing.h"

static double speed(size_t row, size_t arm) {
    static const double by_row[] = {1, 1.8, 1.7, 1, 0.5, 0.25};
    return by_row[row % 6] * (arm == 1 && row > 0 ? 1.5 : 1);
}

/* Rows 0 to 2 at 1, 2 and 4 threads; host: the record's field for processors, "" for none. */
static Run *threads_run(size_t blocks, const char *host) {
    FakeSpec spec = {.rows = 3, .arms = 3, .blocks = blocks, .seed = 5, .speed = speed};
    Run *run = fake_run(&spec);
    fake_name_row(run, 0, "larson t1", "larson", 1);
    fake_name_row(run, 1, "larson t2", "larson", 2);
    fake_name_row(run, 2, "larson t4", "larson", 4);
    free(run->meta.host_json);
    run->meta.host_json = text_format("{%s}", host);
    return run;
}

static char *layout_of(const char *folder, const char *chart) {
    char *name = text_format("data/%s.layout", chart), *text = content(folder, name);
    free(name);
    return text;
}

static void scaling_is_against_the_same_arm(void **state) {
    (void)state;
    Run *run = threads_run(12, "\"cpus_allowed\":2");
    size_t pages[CHART_COUNT];
    char *folder = written(run, pages);
    assert_true(is_drawn(pages, "thread_scaling") && !is_drawn(pages, "parameter_sweep"));
    Numbers numbers = numbers_of(folder, "thread_scaling", 0);
    for (uint32_t arm = 0; arm < 3; arm++) {
        const double *first = FIRST(numbers, arm), *last = LAST(numbers, arm);
        double expected = 1.7 * (arm == 1 ? 1.5 : 1);
        assert_close(first[2], 1);
        assert_true(isnan(first[3]) && isnan(first[4])); /* it is exact by definition */
        assert_close(last[2], expected);
        assert_close(last[3], expected); /* slots without noise have intervals without width */
        assert_close(last[4], expected);
    }
    /* The ideal ends where every processor has its thread. */
    assert_close(FIRST(numbers, 3, 2)[2], 2);
    assert_close(LAST(numbers, 3, 4)[2], 2);
    char *layout = layout_of(folder, "thread_scaling");
    assert_holds(layout, "panel_title[1] = 'larson'");
    assert_holds(layout, "multiple of 1 thread on 2 processors");
    assert_holds(layout, "panel_band_x_low[1] = 2.5\n");
    assert_holds(layout, "panel_line_x[1] = 2\n");
    assert_svg(folder, "thread_scaling", run, (const char *[]){"oversubscribed", "larson", NULL});
    assert_svg(folder, "throughput", run, (const char *[]){"oversubscribed", NULL});
    free(layout);
    free(numbers.line);
    remove_folder(folder);
    run_free(run);
}

static void unknown_processors_mark_nothing(void **state) {
    (void)state;
    Run *run = threads_run(12, "");
    size_t pages[CHART_COUNT];
    char *folder = written(run, pages);
    Numbers numbers = numbers_of(folder, "thread_scaling", 0);
    assert_close(LAST(numbers, 3, 4)[2], 4);
    char *layout = layout_of(folder, "thread_scaling");
    assert_holds(layout, "panel_band_x_low[1] = NaN");
    free(layout);
    free(numbers.line);
    remove_folder(folder);
    run_free(run);
}

/* An arm that fails at one number of threads has no point there; a row that cannot be run at all is in no curve. */
static void failures_leave_gaps(void **state) {
    (void)state;
    Run *run = threads_run(12, "\"cpus_allowed\":2");
    fake_fail(run, 1, 2, 12, SAMPLE_CRASHED, NULL);
    size_t pages[CHART_COUNT];
    char *folder = written(run, pages);
    Numbers numbers = numbers_of(folder, "thread_scaling", 0);
    size_t points = 0;
    for (size_t i = 0; i < numbers.count; i++)
        points += fabs(numbers.line[i][0] - 2) < 1e-9 && !isnan(numbers.line[i][2]);
    assert_int_equal(points, 2);
    char *data = content(folder, "data/thread_scaling.dat");
    assert_holds(data, "\"mimalloc crashed\"");
    free(data);
    free(numbers.line);
    remove_folder(folder);
    for (uint32_t row = 1; row < 3; row++)
        run->meta.rows[row].unsupported = text_copy("must be odd");
    folder = written(run, pages);
    assert_false(is_drawn(pages, "thread_scaling"));
    remove_folder(folder);
    run_free(run);
}

static char *table_of(const Run *run, ReportFormat format) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    Comparison *throughput = comparison_of_run(run, METRIC_THROUGHPUT, 0);
    assert_int_equal(report_print_comparisons(run, (const Comparison *const[]){throughput}, 1, format, out), 0);
    fclose(out);
    comparison_free(throughput);
    return text;
}

static void tables_mark_what_is_oversubscribed(void **state) {
    (void)state;
    static const struct {
        ReportFormat format;
        const char *mark;
        size_t times; /* one row of three, and what else has the word */
    } forms[] = {
        {REPORT_TEXT, "oversubscribed: 4 threads on 2 processors", 1},
        {REPORT_MARKDOWN, "| larson t4 (oversubscribed) |", 1},
        {REPORT_CSV, ",2,1,\r\n", 4}, /* three arms and the control */
        {REPORT_JSON, "\"oversubscribed\": true", 1},
    };
    for (size_t known = 0; known < 2; known++) {
        Run *run = threads_run(12, known ? "\"cpus_allowed\":2" : "");
        for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
            char *text = table_of(run, forms[i].format);
            size_t times = 0;
            for (const char *at = text; (at = strstr(at, forms[i].mark)) != NULL; at++)
                times++;
            if (times != (known ? forms[i].times : 0))
                fail_msg("%zu times '%s' in:\n%s", times, forms[i].mark, text);
            free(text);
        }
        run_free(run);
    }
}

/* Of a merged run each row's own host counts. */
static void each_host_has_its_processors(void **state) {
    (void)state;
    Run *run = threads_run(12, "");
    free(run->meta.host_json);
    run->meta.host_json = text_copy("[{\"cpus_allowed\":2},{\"cpus_allowed\":8}]");
    run->meta.rows[1].host = run->meta.rows[2].host = 1;
    char *text = table_of(run, REPORT_TEXT);
    assert_null(strstr(text, "oversubscribed"));
    free(text);
    run->meta.rows[2].host = 0;
    text = table_of(run, REPORT_TEXT);
    assert_holds(text, "oversubscribed: 4 threads on 2 processors");
    free(text);
    run_free(run);
}

/* Six rows: three sizes by two slots. */
static Run *swept_run(const char *const sizes[3]) {
    FakeSpec spec = {.rows = 6, .arms = 3, .blocks = 12, .seed = 5, .speed = speed, .series = true};
    Run *run = fake_run(&spec);
    for (uint32_t row = 0; row < 6; row++) {
        Row *plan = &run->meta.rows[row];
        plan->sweep = text_format("size=%s slots=%d", sizes[row % 3], row < 3 ? 100 : 200);
        char *name = text_format("work %s t1", plan->sweep);
        fake_name_row(run, row, name, "work", 1);
        free(name);
    }
    fake_count_usable(run, 2);
    return run;
}

static void a_sweep_is_drawn_over_its_values(void **state) {
    (void)state;
    /* In any order, as they were given. */
    Run *run = swept_run((const char *const[]){"4K", "16", "256"});
    size_t pages[CHART_COUNT];
    char *folder = written(run, pages);
    assert_true(is_drawn(pages, "parameter_sweep") && !is_drawn(pages, "thread_scaling"));
    char *layout = layout_of(folder, "parameter_sweep");
    /* Time and memory for each of the other parameter's values; the axis is the parameter with more of them. */
    assert_holds(layout, "panels = 4\n");
    assert_holds(layout, "panel_title[1] = 'work slots=100 t1'");
    assert_holds(layout, "panel_title[4] = 'work slots=200 t1'");
    assert_holds(layout, "panel_xlog[1] = 1");
    assert_holds(layout, "panel_xtics[1] = '\"16\" 16, \"256\" 256, \"4K\" 4096'");
    assert_holds(layout, "panel_note[1] = 'time / operations over --size");
    assert_holds(layout, "panel_note[2] = 'RSS / live bytes over --size");
    Numbers time = numbers_of(folder, "parameter_sweep", 0), memory = numbers_of(folder, "parameter_sweep", 2);
    /* 4,000,000 operations in 0.25 s by speed 1; the row of 4K is the first, those of 16 and 256 follow. */
    assert_close(FIRST(time, 0)[2], 62.5 / 1.8);
    assert_close(LAST(time, 0)[2], 62.5);
    assert_close(FIRST(time, 1)[2], 62.5 / 1.8 / 1.5);
    assert_close(FIRST(time, 1)[3], FIRST(time, 1)[4]);
    Comparison *overhead = comparison_of_run(run, METRIC_OVERHEAD, 0);
    assert_close(FIRST(memory, 2)[2], comparison_cell(&overhead->rows[1], 2, false)->median);
    assert_close(LAST(memory, 2)[2], comparison_cell(&overhead->rows[0], 2, false)->median);
    assert_svg(folder, "parameter_sweep", run, (const char *[]){"4K", "slots=200", NULL});
    comparison_free(overhead);
    free(time.line);
    free(memory.line);
    free(layout);
    remove_folder(folder);
    run_free(run);
}

static void equal_steps_and_words_have_their_own_axes(void **state) {
    (void)state;
    static const struct {
        const char *values[3], *tics;
        bool joined;
    } cases[] = {
        {{"100", "200", "300"}, "\"100\" 100, \"200\" 200, \"300\" 300", true},
        {{"lifo", "fifo", "spsc"}, "\"lifo\" 1, \"fifo\" 2, \"spsc\" 3", false},
        /* A run may come from anywhere, and gnuplot evaluates its tics. */
        {{"a\"`id`", "b'$x", "c%d@"}, "\"a__id_\" 1, \"b__x\" 2, \"c_d_\" 3", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Run *run = swept_run(cases[i].values);
        size_t pages[CHART_COUNT];
        char *folder = written(run, pages), *layout = layout_of(folder, "parameter_sweep");
        char *tics = text_format("panel_xtics[1] = '%s'", cases[i].tics);
        assert_holds(layout, tics);
        assert_holds(layout, "panel_xlog[1] = 0");
        char *data = content(folder, "data/parameter_sweep.dat");
        assert_int_equal(strstr(data, "\n\n0 ") != NULL, !cases[i].joined); /* the pen is lifted between points */
        free(data);
        free(tics);
        free(layout);
        remove_folder(folder);
        run_free(run);
    }
}

static unsigned count_of(const char *text, const char *part) {
    unsigned count = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

/* A picture of a hundred rows is more than people can scroll through. */
static void many_rows_make_pages(void **state) {
    (void)state;
    static const struct {
        size_t rows, pages;
        unsigned last; /* panels of the last page */
    } cases[] = {{20, 1, 20}, {101, 3, 33}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        FakeSpec spec = {.rows = cases[i].rows, .arms = 2, .blocks = 1, .seed = 5};
        Run *run = fake_run(&spec);
        size_t pages[CHART_COUNT];
        char *folder = written(run, pages), *layout = layout_of(folder, "throughput_ratio");
        assert_int_equal(pages_of(pages, "throughput_ratio"), cases[i].pages);
        assert_int_equal(pages_of(pages, "speed_memory"), 1);
        unsigned height = 0, last_height = 0;
        assert_int_equal(sscanf(layout,
                                "panels = %*u\narms = %*u\npages = %*u\nwidth = 1000\nheight = page < pages ? %u : %u",
                                &height, &last_height),
                         2);
        assert_in_range(height, 1000, 2400);
        assert_in_range(last_height, 1000, height);
        assert_null(strstr(layout, "] = -0.")); /* no panel is below its page */
        unsigned panels = 0;
        for (size_t page = 1; page <= cases[i].pages && have_gnuplot(); page++) {
            char *picture = gnuplot_picture("throughput_ratio", page, "svg"), *svg = content(folder, picture);
            unsigned here = count_of(svg, ">row "); /* each panel's title */
            char *title = text_format(", page %zu of %zu", page, cases[i].pages);
            assert_int_equal(count_of(svg, title), cases[i].pages > 1);
            if (page == cases[i].pages)
                assert_int_equal(here, cases[i].last);
            panels += here;
            free(title);
            free(svg);
            free(picture);
        }
        if (have_gnuplot()) {
            assert_int_equal(panels, cases[i].rows);
            draw(folder, pages, "png");
        }
        free(layout);
        remove_folder(folder);
        run_free(run);
    }
}

/* The end of a long name is what tells it from its neighbours. */
static void long_names_are_whole_above_counts(void **state) {
    (void)state;
    Run *run = threads_run(12, "");
    fake_name_row(run, 0, "producer_consumer batch=1024 size=4K t2", "producer_consumer", 2);
    fake_name_row(run, 1, "producer_consumer batch=1024 size=8K t2", "producer_consumer", 2);
    for (size_t i = 0; i < run->sample_count; i++)
        run->samples[i].minor_faults = 4000;
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    Comparison *faults = comparison_of_run(run, METRIC_MINOR_FAULTS, 0);
    assert_int_equal(report_print_counts(run, (const Comparison *const[]){faults}, 1, REPORT_TEXT, out), 0);
    fclose(out);
    assert_holds(text, "\nproducer_consumer batch=1024 size=4K t2\n                           ");
    assert_holds(text, "\nproducer_consumer batch=1024 size=8K t2\n                           ");
    assert_holds(text, "\nlarson t4                       glibc");
    comparison_free(faults);
    free(text);
    run_free(run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scaling_is_against_the_same_arm),
        cmocka_unit_test(unknown_processors_mark_nothing),
        cmocka_unit_test(failures_leave_gaps),
        cmocka_unit_test(tables_mark_what_is_oversubscribed),
        cmocka_unit_test(each_host_has_its_processors),
        cmocka_unit_test(a_sweep_is_drawn_over_its_values),
        cmocka_unit_test(many_rows_make_pages),
        cmocka_unit_test(long_names_are_whole_above_counts),
        cmocka_unit_test(equal_steps_and_words_have_their_own_axes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
