/*
 * counts.c - the self-test's own arithmetic: runs with a known outcome are counted as such, and reduced files come back
 * as they were.
 */
#include "../../tests/testing.h"

#include <math.h>

#include "../claims.h"
#include "../counts.h"
#include "../page.h"
#include "../results.h"
#include "analysis/block_table.h"
#include "store/text.h"

typedef double (*Factor)(uint32_t run, uint32_t block);

typedef struct Place {
    char *folder, *path;
} Place;

static int set_up(void **state) {
    Place *place = zeroed(1, sizeof *place);
    place->folder = test_folder();
    place->path = text_format("%s/runs.json", place->folder);
    *state = place;
    return 0;
}

static int tear_down(void **state) {
    Place *place = *state;
    free(place->path);
    test_folder_remove(place->folder);
    free(place);
    return 0;
}

/* Runs of one row with the arms base, `name` and the control, written as a reduced file. The baseline's time differs
 * from block to block, the control's and the arm's from it by their factors. */
static void write_runs(const char *path, const char *name, uint32_t runs, uint32_t blocks, Factor arm, Factor control) {
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs("{\"runs\":[", file);
    for (uint32_t r = 0; r < runs; r++) {
        fprintf(file,
                "%s{\"name\":\"run %u\",\"seed\":%u,\"baseline\":0,\"threshold\":0.01,\"slot_s\":0.1,"
                "\"observed_blocks\":1,\"discarded_blocks\":2,\"arms\":[\"base\",\"%s\"],"
                "\"rows\":[{\"name\":\"row\",\"operations\":1000}],\"samples\":[",
                r == 0 ? "" : ",", r, r, name);
        for (uint32_t b = 0; b < blocks; b++) {
            double base = 1e7 * (1 + 0.01 * (b % 5));
            const double times[] = {base, base * arm(r, b), base * control(r, b)};
            for (int column = 0; column < 3; column++)
                fprintf(file, "%s[0,%u,%d,%d,0,%.0f,4000000]", b == 0 && column == 0 ? "" : ",", b, column, column,
                        times[column]);
        }
        fputs("]}", file);
    }
    fputs("]}\n", file);
    assert_int_equal(fclose(file), 0);
}

/* Tiny differences of both signs and different sizes: no test sees anything. */
static double balanced(uint32_t run, uint32_t block) {
    (void)run;
    return 1 + (block % 2 == 0 ? 1 : -1) * 0.0001 * (double)(block / 2 + 1);
}
static double much_slower(uint32_t run, uint32_t block) {
    (void)run;
    return 1.1 + 0.001 * block;
}
static double first_run_is_faster(uint32_t run, uint32_t block) {
    return run == 0 ? 0.9 - 0.001 * block : balanced(run, block);
}
/* The first ten blocks say nothing, the later ones are clearly slower. */
static double slower_in_the_end(uint32_t run, uint32_t block) {
    return block < 10 ? balanced(run, block) : much_slower(run, block);
}

static double number(const json_t *json, const char *path) {
    return results_number(json, path);
}

static void equal_arms(void **state) {
    const Place *place = *state;
    ReducedRuns runs;
    write_runs(place->path, ARM_SAME, 5, 12, first_run_is_faster, balanced);
    assert_true(reduced_load(place->path, &runs));
    json_t *counts = counts_of_equal_arms(&runs);
    assert_true(number(counts, "throughput.comparisons") == 5 && number(counts, "throughput.raw") == 1);
    assert_true(number(counts, "throughput.verdicts.faster") == 1 && number(counts, "throughput.verdicts.~") == 4);
    assert_true(number(counts, "throughput.raw_of_control") == 0 && number(counts, "throughput.unstable_rows") == 0);
    assert_true(number(counts, "throughput.raw_of_row.row") == 1);
    assert_int_equal(json_array_size(results_at(counts, "throughput.p")), 5);
    assert_true(number(counts, "peak_rss.raw") == 0 && number(counts, "peak_rss.verdicts.~") == 5);
    json_decref(counts);
    reduced_free(&runs);
}

static void power(void **state) {
    const Place *place = *state;
    ReducedRuns runs;
    write_runs(place->path, "delay5", 3, 30, slower_in_the_end, balanced);
    assert_true(reduced_load(place->path, &runs));
    json_t *counts = counts_of_power(&runs);
    const json_t *looks = json_object_get(json_array_get(results_at(counts, "cases"), 0), "looks");
    assert_int_equal(json_array_size(looks), 4); /* 10, 15, 20, 30 */
    assert_true(number(json_array_get(looks, 0), "found") == 0 && number(json_array_get(looks, 0), "raw") == 0);
    assert_true(number(json_array_get(looks, 3), "found") == 3 && number(json_array_get(looks, 3), "wrong") == 0);
    /* Three slots a block, one memory block. */
    assert_true(fabs(number(json_array_get(looks, 3), "seconds") - 0.1 * 3 * 31) < 1e-6);
    json_decref(counts);
    reduced_free(&runs);

    write_runs(place->path, "delay5", 2, 10, first_run_is_faster, balanced);
    assert_true(reduced_load(place->path, &runs));
    counts = counts_of_power(&runs);
    looks = json_object_get(json_array_get(results_at(counts, "cases"), 0), "looks");
    assert_true(number(json_array_get(looks, 0), "wrong") == 1 && number(json_array_get(looks, 0), "raw_wrong") == 1);
    json_decref(counts);
    reduced_free(&runs);
}

/* A baseline that differs from itself gives no verdict, whatever the arms do. */
static void unstable(void **state) {
    const Place *place = *state;
    ReducedRuns runs;
    write_runs(place->path, "delay5", 1, 12, much_slower, much_slower);
    assert_true(reduced_load(place->path, &runs));
    json_t *counts = counts_of_power(&runs);
    const json_t *look = json_array_get(json_object_get(json_array_get(results_at(counts, "cases"), 0), "looks"), 0);
    assert_true(number(look, "unstable") == 1 && number(look, "found") == 0 && number(look, "raw") == 1);
    json_decref(counts);
    reduced_free(&runs);
}

static void levels(void **state) {
    (void)state;
    assert_true(counts_attainable_level(5) == 0);
    assert_true(counts_attainable_level(6) == 2.0 / 64);
    /* Critical value 13 of the published tables: P(W <= 13) = 87/4096. */
    assert_true(counts_attainable_level(12) == 174.0 / 4096);
    assert_int_equal(claims_nominal_bound(200), 18);
}

static void reduced_and_back(void **state) {
    const Place *place = *state;
    Arm arms[] = {{.name = "base", .available = true}, {.name = "other", .available = true}};
    Row rows[] = {{.name = "row", .operations = 5}};
    Sample samples[3];
    for (uint32_t i = 0; i < 3; i++)
        samples[i] = (Sample){.arm = i % 2,
                              .control = i == 2,
                              .position = 2 - i,
                              .operations = 5,
                              .block = 0,
                              .elapsed_ns = 100 + i,
                              .peak_rss_bytes = 1000 + i,
                              .kit_bytes = 100,
                              .peak_is_exact = i != 2};
    samples[1].status = SAMPLE_CRASHED;
    Run run = {.meta = {.arms = arms, .arm_count = 2, .rows = rows, .row_count = 1, .threshold = 0.01, .seed = 7},
               .samples = samples,
               .sample_count = 3,
               .discarded_blocks = 4};
    json_t *json = json_pack("{s:[o]}", "runs", reduced_from_run(&run, "a run", 6));
    assert_int_equal(json_dump_file(json, place->path, 0), 0);
    json_decref(json);

    ReducedRuns runs;
    assert_true(reduced_load(place->path, &runs));
    const ReducedRun *back = &runs.items[0];
    assert_int_equal(runs.count, 1);
    assert_int_equal(back->run.sample_count, 3);
    assert_true(back->slot_s == 2 && back->discarded_blocks == 4 && back->run.meta.seed == 7);
    assert_int_equal(back->run.samples[1].status, SAMPLE_CRASHED);
    assert_true(back->run.samples[2].control && !back->run.samples[2].peak_is_exact);
    for (size_t i = 0; i < 3; i += 2) {
        double before, after;
        for (int metric = METRIC_THROUGHPUT; metric <= METRIC_PEAK_RSS; metric++) {
            assert_true(metric_value(&run.meta, &samples[i], (Metric)metric, &before));
            assert_true(metric_value(&back->run.meta, &back->run.samples[i], (Metric)metric, &after));
            assert_true(before == after);
        }
    }
    reduced_free(&runs);
    test_write(place->path, "{\"runs\":[{}]}", 13);
    assert_false(reduced_load(place->path, &runs));
}

/* What is missing is shown as such and never as success. */
static void a_page_without_results(void **state) {
    (void)state;
    json_t *nothing = json_object();
    Claims claims = claims_of_results(nothing);
    assert_true(claims.count > 10);
    for (size_t i = 0; i < claims.count; i++)
        assert_int_equal(claims.items[i].state, CLAIM_NOT_MEASURED);
    claims_release(&claims);
    char *page = page_of_results(nothing);
    assert_non_null(strstr(page, "not measured"));
    free(page);
    json_decref(nothing);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(equal_arms, set_up, tear_down),
        cmocka_unit_test_setup_teardown(power, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unstable, set_up, tear_down),
        cmocka_unit_test(levels),
        cmocka_unit_test_setup_teardown(reduced_and_back, set_up, tear_down),
        cmocka_unit_test(a_page_without_results),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
