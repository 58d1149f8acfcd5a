/*
 * report_charts.c - chart data holds what happened and nothing that changes; gnuplot draws the same bytes twice.
 */
#include "../analysis/latency.h"
#include "../analysis/memory.h"
#include "chart_testing.h"

static double speed(size_t row, size_t arm) {
    return 1 + 0.1 * (double)arm + 0.05 * (double)row;
}

static Run *eventful_run(size_t rows, size_t arms, size_t blocks, bool series) {
    FakeSpec spec = {.rows = rows, .arms = arms, .blocks = blocks, .noise = 0.02, .seed = 31, .speed = speed};
    spec.series = series;
    return fake_run(&spec);
}

static void failures_and_gaps_are_in_the_data(void **state) {
    (void)state;
    Run *run = eventful_run(3, 5, 12, true);
    fake_make_unavailable(run, 4, "apt-get install libtbbmalloc2");
    fake_fail(run, 1, 2, 12, SAMPLE_CRASHED, NULL);
    fake_fail(run, 0, 3, 2, SAMPLE_TIMEOUT, NULL);
    fake_find(run, 2, 4, 1, false)->peak_is_exact = false;
    fake_name_row(run, 2, "it's_a \"long\" {name} with ^all& that~gnuplot @takes for \\markup t1", "work2", 1);
    char *folder = new_folder();
    size_t pages[CHART_COUNT];
    assert_int_equal(chart_write_all(run, folder, pages), 7);
    char *ratio = content(folder, "data/throughput_ratio.dat"), *peak = content(folder, "data/peak_rss.dat");
    char *layout = content(folder, "data/throughput_ratio.layout"), *rss = content(folder, "data/rss_over_time.dat");
    char *scatter = content(folder, "data/speed_memory.dat");
    assert_holds(ratio, "crashed 12/12");
    assert_holds(ratio, "timeout 2/12");
    assert_holds(ratio, "glibc again");
    assert_holds(peak, ">= ");
    assert_holds(layout, "Not measured: tbb (apt-get install libtbbmalloc2)");
    assert_holds(layout, "'it''s\\_a \"long\" \\{name\\} with \\^all\\& that\\~gnuplot \\@takes for \\\\markup t1'");
    assert_holds(rss, "mimalloc crashed");
    assert_holds(scatter, "mimalloc (2 of 3 rows)");
    if (have_gnuplot()) {
        draw(folder, pages, "svg");
        char *svg = content(folder, "throughput_ratio.svg");
        assert_holds(svg, "it's_a \"long\" {name} with ^all&amp; that~gnuplot @takes for \\markup t1");
        assert_holds(svg, "font-family=\"sans-serif\"");
        free(svg);
    }
    free(ratio);
    free(peak);
    free(layout);
    free(rss);
    free(scatter);
    remove_folder(folder);
    run_free(run);
}

/* Runs that have every chart between them. */
static Run *run_with(bool limits) {
    static const char *const calls[] = {"malloc", NULL};
    Run *run = eventful_run(8, 4, 11, !limits);
    if (limits) {
        fake_add_limits(run);
        fake_add_latencies(run, calls, 30, 20000, 0.02, 7);
    } else {
        fake_count_usable(run, 1);
        fake_add_tiers(run, 3);
        fake_add_idle(run, 2);
        fake_pair_rows(run, 0);
        fake_name_row(run, 4, "scaled t1", "scaled", 1);
        fake_name_row(run, 5, "scaled t8", "scaled", 8);
        for (uint32_t row = 6; row < 8; row++) {
            run->meta.rows[row].sweep = text_format("size=%u", 8 * row);
            char *name = text_format("swept %s", run->meta.rows[row].sweep);
            fake_name_row(run, row, name, "swept", 1);
            free(name);
        }
    }
    return run;
}

static void the_same_samples_give_the_same_bytes(void **state) {
    (void)state;
    char *folders[2];
    size_t pages[CHART_COUNT], more[CHART_COUNT];
    for (size_t i = 0; i < 2; i++) {
        Run *run = run_with(false), *other = run_with(true);
        folders[i] = new_folder();
        assert_true(chart_write_all(run, folders[i], pages) > 0);
        assert_true(chart_write_all(other, folders[i], more) > 0);
        for (size_t chart = 0; chart < CHART_COUNT; chart++) {
            assert_true(pages[chart] || more[chart]);
            pages[chart] = 1;
        }
        if (have_gnuplot())
            draw(folders[i], pages, "svg");
        run_free(run);
        run_free(other);
    }
    for (size_t i = 0; i < CHART_COUNT; i++)
        for (size_t kind = 0; kind < (have_gnuplot() ? 3 : 2); kind++) {
            char name[64];
            snprintf(name, sizeof name, kind == 2 ? "%s.svg" : kind ? "data/%s.layout" : "data/%s.dat", CHARTS[i].name);
            char *left = content(folders[0], name), *right = content(folders[1], name);
            assert_string_equal(left, right);
            assert_null(strstr(left, folders[0]));
            free(left);
            free(right);
        }
    remove_folder(folders[0]);
    remove_folder(folders[1]);
}

/* Runs of every shape are drawn without an error: one row, many rows, few blocks, no samples at all. */
static void runs_of_every_shape_are_drawn(void **state) {
    (void)state;
    static const struct {
        size_t rows, arms, blocks;
        bool series;
    } shapes[] = {{1, 2, 12, true}, {1, 1, 1, false}, {20, 8, 6, true}, {3, 3, 0, false}, {2, 12, 3, true}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        Run *run = eventful_run(shapes[i].rows, shapes[i].arms, shapes[i].blocks, shapes[i].series);
        for (uint32_t row = 0; row + 1 < shapes[i].rows && row < 6; row += 2) { /* pairs of rows over threads */
            char *name = text_format("pair%u t1", row), *next = text_format("pair%u t16", row);
            fake_name_row(run, row, name, name, 1);
            fake_name_row(run, row + 1, next, name, 16);
            free(name);
            free(next);
        }
        size_t pages[CHART_COUNT];
        char *folder = new_folder();
        assert_true(chart_write_all(run, folder, pages) >= 0);
        assert_int_equal(is_drawn(pages, "rss_over_time"), shapes[i].series);
        if (have_gnuplot()) {
            draw(folder, pages, "svg");
            draw(folder, pages, "png");
        }
        remove_folder(folder);
        run_free(run);
    }
}

static void labels_move_apart_and_no_further(void **state) {
    (void)state;
    double places[] = {50, 10, 50.001, 52};
    chart_spread(places, 4, 10, 0, 100);
    const double expected[] = {40 + 2 / 3.0, 10, 50 + 2 / 3.0, 60 + 2 / 3.0};
    for (size_t i = 0; i < 4; i++)
        assert_true(fabs(places[i] - expected[i]) < 0.01);
    double crowded[] = {99, 99, 99};
    chart_spread(crowded, 3, 60, 0, 100); /* the gap shrinks to what there is */
    assert_true(fabs(crowded[0]) < 1e-9 && fabs(crowded[2] - 100) < 1e-9);
}

static void tics_are_round_and_apart(void **state) {
    (void)state;
    Axis ratio = axis_empty(AXIS_RATIO, true);
    axis_include(&ratio, 0.5);
    axis_include(&ratio, 2);
    axis_include(&ratio, NAN);
    axis_finish(&ratio);
    char *text = axis_tics(&ratio, 240, 34);
    assert_string_equal(text, "\"0.5\" 0.5, \"0.7\" 0.7, \"1\" 1, \"1.5\" 1.5, \"2\" 2");
    free(text);
    Axis far = axis_empty(AXIS_RATIO, true);
    axis_include(&far, 40);
    axis_include(&far, 70);
    axis_finish(&far);
    text = axis_tics(&far, 240, 34);
    assert_string_equal(text, "\"40\" 40, \"50\" 50, \"60\" 60");
    free(text);
    Axis bytes = axis_empty(AXIS_BYTES, false);
    axis_include(&bytes, 95.0 * 1024 * 1024);
    axis_finish(&bytes);
    text = axis_tics(&bytes, 240, 60);
    assert_string_equal(text, "\"0\" 0, \"50 MiB\" 5.24288e+07");
    free(text);
    Axis nothing = axis_empty(AXIS_PER_SECOND, true);
    axis_finish(&nothing);
    text = axis_tics(&nothing, 240, 60);
    assert_non_null(text);
    free(text);
}

static void known_names_keep_their_style(void **state) {
    (void)state;
    Run *small = eventful_run(1, 2, 1, false), *large = eventful_run(1, 12, 1, false);
    ArmStyle *few = arm_styles(&small->meta), *many = arm_styles(&large->meta);
    assert_memory_equal(few, many, 2 * sizeof *few);
    for (size_t a = 0; a < 12; a++)
        for (size_t b = 0; b < a; b++)
            assert_true(many[a].colour != many[b].colour || many[a].mark != many[b].mark);
    free(few);
    free(many);
    run_free(small);
    run_free(large);
}

static const char *const CALLS[] = {"malloc", "free", NULL};

static void a_latency_curve_is_the_merged_percentiles(void **state) {
    (void)state;
    Run *run = eventful_run(2, 3, 11, false);
    run->meta.mode = MODE_LATENCY;
    fake_add_latencies(run, CALLS, 20, 400, 0.02, 3);
    size_t pages[CHART_COUNT];
    char *folder = written(run, pages);
    assert_true(is_drawn(pages, "latency") && !is_drawn(pages, "throughput") && !is_drawn(pages, "peak_rss"));
    BlockTable *tables = block_tables_of_run(run, BLOCKS_COMPARED);
    Numbers first = numbers_of(folder, "latency", 0);
    Latency sampled = latency_of_column(&tables[0], 2, SLOT_CALL_MALLOC, SLOT_METHOD_SAMPLED);
    Latency chain = latency_of_column(&tables[0], 2, SLOT_CALL_MALLOC, SLOT_METHOD_CHAIN);
    double expected;
    assert_true(latency_percentile(&sampled, 1 - pow(10, -0.25), &expected));
    assert_close(FIRST(first, 2, 0, 0.25)[3], expected);
    /* Each ends where a hundred samples are left. */
    assert_close(LAST(first, 2, 0)[2], log10((double)sampled.samples / 100));
    assert_close(LAST(first, 2, 1)[2], log10((double)chain.samples / 100));
    assert_close(FIRST(first, 2, 1)[2], 2);
    assert_non_null(FIRST(first, 3, 0)); /* the reference around nothing */
    assert_non_null(FIRST(first, 4, 1)); /* the baseline again */
    assert_svg(folder, "latency", run, (const char *[]){"sampled", "chain", "row 1: free", "p99", NULL});
    latency_release(&sampled);
    latency_release(&chain);
    block_tables_free(tables, 2);
    free(first.line);
    remove_folder(folder);
    run_free(run);
}

static void tails_are_compared_call_by_call(void **state) {
    (void)state;
    Run *run = eventful_run(2, 3, 11, false);
    run->meta.mode = MODE_LATENCY;
    fake_add_latencies(run, CALLS, 20, 20000, 0.02, 3);
    size_t pages[CHART_COUNT];
    char *folder = written(run, pages);
    assert_true(is_drawn(pages, "latency_ratio"));
    Comparison *tails = comparison_of_run(run, METRIC_FREE_P999, 0);
    Numbers second = numbers_of(folder, "latency_ratio", 2); /* row 0, free */
    const Cell *cell = comparison_cell(&tails->rows[0], 2, false);
    const double *line = FIRST(second, 1); /* the lowest line is the last arm */
    assert_close(line[1], cell->ratio.estimate);
    assert_close(line[2], cell->ratio.low);
    assert_close(line[3], cell->ratio.high);
    char *layout = content(folder, "data/latency_ratio.layout");
    assert_holds(layout, "panel_title[2] = 'row 0: free, p99.9'");
    assert_holds(layout, "panels = 4\n");
    assert_svg(folder, "latency_ratio", run, (const char *[]){"glibc again", "slower", NULL});
    free(layout);
    free(second.line);
    comparison_free(tails);
    remove_folder(folder);
    run_free(run);
}

static void overhead_is_resident_over_live(void **state) {
    (void)state;
    Run *run = eventful_run(2, 3, 12, true);
    fake_count_usable(run, 1);
    size_t pages[CHART_COUNT];
    char *folder = written(run, pages);
    assert_true(is_drawn(pages, "overhead_over_time") && is_drawn(pages, "waste_retention"));
    Numbers curves = numbers_of(folder, "overhead_over_time", 2), bars = numbers_of(folder, "waste_retention", 2);
    const Sample *sample = fake_find(run, 1, 0, 2, false); /* the only block that counts memory */
    const Series *series = &sample->series;
    const double *line = LAST(curves, 2);
    assert_close(line[1], 100);
    assert_close(line[2], (double)series->rss_bytes[series->count - 1] / (double)series->live_bytes[series->count - 1]);
    assert_non_null(FIRST(curves, 4)); /* the baseline again */
    MemoryUse use;
    assert_true(memory_use(&run->meta, sample, &use));
    /* Lines from below: the baseline again, arm 2, arm 1, arm 0. */
    const double *waste = FIRST(bars, 2), *retention = LAST(bars, 2);
    assert_close(waste[1] + 1, 1);
    assert_close(waste[2], 0.15);
    assert_close(retention[1], waste[2]);
    assert_close(retention[2] - retention[1], (use.resident - use.usable) / use.live);
    assert_svg(folder, "overhead_over_time", run,
               (const char *[]){"row 1", "RSS / live bytes, logarithmic axis", NULL});
    assert_svg(folder, "waste_retention", run, (const char *[]){"glibc again", "0.15 waste, ", NULL});
    free(curves.line);
    free(bars.line);
    remove_folder(folder);
    run_free(run);
}

/* What lies between two phases of work is a gap, not a line. */
static void a_curve_of_overhead_has_gaps(void **state) {
    (void)state;
    Run *run = eventful_run(1, 2, 12, true);
    fake_count_usable(run, 1);
    Series *series = &fake_find(run, 0, 0, 1, false)->series;
    for (size_t point = 20; point < 30; point++)
        series->live_bytes[point] = (int64_t)point % 2;
    size_t pages[CHART_COUNT];
    char *folder = written(run, pages), *text = content(folder, "data/overhead_over_time.dat");
    size_t gaps = 0;
    for (const char *at = text; (at = strstr(at, "\n\n")); at += 2)
        gaps += at[2] != '\n';
    assert_int_equal(gaps, 1);
    Numbers curves = numbers_of(folder, "overhead_over_time", 0);
    double before = 100.0 * 20 / FAKE_SERIES_POINTS, after = 100.0 * 31 / FAKE_SERIES_POINTS;
    size_t inside = 0, outside = 0;
    for (size_t i = 0; i < curves.count; i++)
        if (curves.line[i][0] == 1) {
            bool within = curves.line[i][1] > before * 1.001 && curves.line[i][1] < after * 0.999;
            inside += within;
            outside += !within;
        }
    assert_int_equal(inside, 0);
    assert_true(outside > 40);
    free(curves.line);
    free(text);
    remove_folder(folder);
    run_free(run);
}

static void what_stays_after_idling_is_drawn(void **state) {
    (void)state;
    Run *run = eventful_run(3, 3, 11, false);
    fake_add_idle(run, 1);
    size_t pages[CHART_COUNT];
    char *folder = written(run, pages);
    assert_true(is_drawn(pages, "idle_return"));
    char *layout = content(folder, "data/idle_return.layout");
    assert_holds(layout, "panels = 1\n");
    assert_holds(layout, "panel_title[1] = 'row 1'");
    Comparison *idle = comparison_of_run(run, METRIC_IDLE_RSS_3S, 0),
               *light = comparison_of_run(run, METRIC_LIGHT_RSS_1S, 0);
    Numbers numbers = numbers_of(folder, "idle_return", 0);
    const double *silent = LAST(numbers, 2, 0), *traffic = FIRST(numbers, 2, 1);
    assert_close(silent[3], comparison_cell(&idle->rows[1], 2, false)->median);
    assert_true(fabs(silent[2] - 3) < 0.1);
    assert_close(traffic[3], comparison_cell(&light->rows[1], 2, false)->median);
    assert_true(fabs(traffic[2] - 1) < 0.3);
    assert_svg(folder, "idle_return", run, (const char *[]){"MiB", "3 s", NULL});
    free(layout);
    free(numbers.line);
    comparison_free(idle);
    comparison_free(light);
    remove_folder(folder);
    run_free(run);
}

static void a_limit_curve_ends_where_the_work_fails(void **state) {
    (void)state;
    Run *run = eventful_run(1, 3, 11, false);
    fake_add_limits(run);
    size_t pages[CHART_COUNT];
    char *folder = written(run, pages);
    assert_true(is_drawn(pages, "memory_limit") && is_drawn(pages, "limit_curve") && !is_drawn(pages, "throughput"));
    Comparison *limits = comparison_of_run(run, METRIC_MEMORY_LIMIT, 0);
    const Cell *cell = comparison_cell(&limits->rows[0], 2, false);
    Numbers dots = numbers_of(folder, "memory_limit", 0), curves = numbers_of(folder, "limit_curve", 0);
    assert_close(FIRST(dots, 1)[1], cell->median);
    const double *widest = FIRST(curves, 2);
    assert_close(widest[1], 1.4 * cell->median); /* eleven slots: the median one is drawn */
    assert_close(widest[2], 1 + 0.02 / 0.41);
    size_t smallest = 0, marks = 0;
    for (size_t i = 1; i < curves.count; i++)
        if (curves.line[i][0] == 2) {
            smallest = isnan(curves.line[i][1]) ? smallest : i;
            marks = i;
        }
    assert_true(smallest > 0 && marks == smallest + 1);
    assert_close(curves.line[smallest][1], cell->median);
    assert_close(curves.line[smallest][2], 3);
    assert_close(curves.line[marks][3], 0.96 * cell->median);
    assert_svg(folder, "limit_curve", run, (const char *[]){"MiB", NULL});
    assert_svg(folder, "memory_limit", run, (const char *[]){"MiB", "fatter", NULL});
    comparison_free(limits);
    free(dots.line);
    free(curves.line);
    remove_folder(folder);
    run_free(run);
}

static void rows_with_and_without_huge_pages_stand_side_by_side(void **state) {
    (void)state;
    Run *run = eventful_run(3, 2, 11, false);
    fake_pair_rows(run, 1);
    size_t pages[CHART_COUNT];
    char *folder = written(run, pages);
    assert_true(is_drawn(pages, "thp"));
    Comparison *memory = comparison_of_run(run, METRIC_PEAK_RSS, 0);
    Numbers dots = numbers_of(folder, "thp", 0);
    assert_int_equal(dots.count, 1 + 4);
    assert_close(dots.line[3][1], comparison_cell(&memory->rows[1], 1, false)->median);
    assert_close(dots.line[4][1], comparison_cell(&memory->rows[2], 1, false)->median);
    assert_svg(folder, "thp", run, (const char *[]){"row 1: Peak RSS", "row 1: Throughput", " to ", NULL});
    free(dots.line);
    comparison_free(memory);
    remove_folder(folder);
    run_free(run);
}

/* A line a tier of each arm that counts, in any row that has the counts; zero has no place on a logarithmic axis. */
static void tiers_are_events_per_thousand(void **state) {
    (void)state;
    Run *run = eventful_run(3, 3, 4, false);
    fake_add_tiers(run, 1);
    fake_fail(run, 2, 1, 1, SAMPLE_CRASHED, NULL);
    size_t pages[CHART_COUNT];
    char *folder = written(run, pages);
    assert_int_equal(pages_of(pages, "tiers"), 1);
    for (size_t row = 0; row < 2; row++) {
        Numbers dots = numbers_of(folder, "tiers", 2 * row);
        assert_int_equal(dots.count, 1 + 6);
        for (size_t tier = 0; tier < 4; tier++)
            assert_close(FIRST(dots, (double)(6 - tier))[1], (double)(tier + 1) * (row == 0 ? 1 : 10));
        assert_close(FIRST(dots, 2.0)[1], 0.5);
        assert_true(isnan(FIRST(dots, 1.0)[1]));
        free(dots.line);
    }
    char *labels = content(folder, "data/tiers.dat"), *layout = content(folder, "data/tiers.layout");
    assert_holds(labels, "1 \"Calls for memory\" \"0\"");
    assert_holds(labels, "crashed 1/1");
    assert_holds(layout, "did not serve: jemalloc'");
    assert_null(strstr(labels, "glibc"));
    free(labels);
    free(layout);
    remove_folder(folder);
    run_free(run);
}

static void the_footer_says_what_a_chart_rests_on(void **state) {
    (void)state;
    Run *run = eventful_run(2, 3, 12, false);
    fake_make_unavailable(run, 2, "apt-get install libmimalloc2.0");
    run->discarded_blocks = 4;
    TextList footer = chart_footer(run);
    assert_int_equal(footer.count, 2);
    assert_string_equal(footer.items[0], "Not measured: mimalloc (apt-get install libmimalloc2.0)");
    assert_string_equal(footer.items[1], "12 blocks a row, 4 discarded. a cpu, 6.1");
    text_list_release(&footer);
    free(run->meta.host_json);
    run->meta.host_json = text_copy("[{\"cpu_model\":\"a cpu\",\"cpus_allowed\":2},{\"cpu_model\":\"another\"}]");
    footer = chart_footer(run);
    assert_string_equal(footer.items[1], "12 blocks a row, 4 discarded. a cpu, 2 cores; another");
    text_list_release(&footer);
    run_free(run);
}

/* A run of one kind has no chart of another. */
static void charts_without_data_are_left_out(void **state) {
    (void)state;
    Run *run = eventful_run(2, 3, 12, false);
    size_t pages[CHART_COUNT];
    char *folder = written(run, pages);
    static const char *const missing[] = {
        "rss_over_time", "overhead_over_time", "waste_retention", "latency", "latency_ratio",
        "idle_return",   "memory_limit",       "limit_curve",     "thp",     "tiers"};
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        char *path = text_format("%s/data/%s.dat", folder, missing[i]);
        assert_false(is_drawn(pages, missing[i]));
        assert_int_not_equal(access(path, F_OK), 0);
        free(path);
    }
    assert_true(is_drawn(pages, "throughput_ratio") && is_drawn(pages, "peak_rss"));
    remove_folder(folder);
    run_free(run);
}

/* What the program itself says of a stored run: a line a chart that it drew, a line for those it could not. */
static void the_program_names_what_it_did_not_draw(void **state) {
    (void)state;
    if (!have_gnuplot())
        skip();
    Run *run = eventful_run(1, 3, 11, false);
    fake_add_limits(run);
    char *folder = new_folder(), *stored = text_format("%s/run", folder);
    StoreError error;
    RunWriter *writer = run_writer_create(stored, &run->meta, &error);
    assert_non_null(writer);
    for (size_t i = 0; i < run->sample_count; i++)
        assert_true(run_writer_append(writer, &run->samples[i], &error));
    run_writer_close(writer);
    char *command = text_format("%s charts --format svg %s 2>&1", TEST_ALLOCBENCH, stored), said[4096];
    FILE *output = popen(command, "r");
    assert_non_null(output);
    said[fread(said, 1, sizeof said - 1, output)] = '\0';
    assert_int_equal(pclose(output), 0);
    assert_holds(said, "/charts/memory_limit.svg\n");
    assert_holds(said, "/charts/limit_curve.svg\n");
    assert_holds(said, "not drawn: latency, latency_ratio: needs latencies: allocbench run --mode latency\n");
    assert_holds(said, "not drawn: idle_return: needs a workload with an idle phase\n");
    assert_null(strstr(said, "not drawn: memory_limit"));
    free(command);
    free(stored);
    remove_folder(folder);
    run_free(run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_and_gaps_are_in_the_data),
        cmocka_unit_test(the_same_samples_give_the_same_bytes),
        cmocka_unit_test(runs_of_every_shape_are_drawn),
        cmocka_unit_test(labels_move_apart_and_no_further),
        cmocka_unit_test(tics_are_round_and_apart),
        cmocka_unit_test(known_names_keep_their_style),
        cmocka_unit_test(a_latency_curve_is_the_merged_percentiles),
        cmocka_unit_test(tails_are_compared_call_by_call),
        cmocka_unit_test(overhead_is_resident_over_live),
        cmocka_unit_test(a_curve_of_overhead_has_gaps),
        cmocka_unit_test(what_stays_after_idling_is_drawn),
        cmocka_unit_test(a_limit_curve_ends_where_the_work_fails),
        cmocka_unit_test(rows_with_and_without_huge_pages_stand_side_by_side),
        cmocka_unit_test(tiers_are_events_per_thousand),
        cmocka_unit_test(the_footer_says_what_a_chart_rests_on),
        cmocka_unit_test(charts_without_data_are_left_out),
        cmocka_unit_test(the_program_names_what_it_did_not_draw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
