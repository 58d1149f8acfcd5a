/*
 * analysis_comparison.c - verdicts on runs whose truth is known, and on runs in which things went wrong.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../analysis/comparison.h"
#include "../analysis/run_shift.h"
#include "analysis_fake_run.h"

static double effect = 1;
static double second_arm_is_faster(size_t row, size_t arm) {
    (void)row;
    return arm == 1 ? effect : 1;
}

static const Cell *cell(const Comparison *comparison, size_t row, uint32_t arm) {
    return comparison_cell(&comparison->rows[row], arm, false);
}

/* Runs of one row with two arms; counts p <= 5 % and verdicts. */
static void simulate(size_t runs, size_t blocks, double true_ratio, size_t *significant, size_t *verdicts) {
    effect = true_ratio;
    *significant = *verdicts = 0;
    for (size_t i = 0; i < runs; i++) {
        FakeSpec spec = {
            .rows = 1, .arms = 2, .blocks = blocks, .noise = 0.03 / sqrt(2), .block_noise = 0.1, .seed = i + 1};
        spec.speed = second_arm_is_faster;
        Run *run = fake_run(&spec);
        Comparison *comparison = comparison_of_run(run, METRIC_THROUGHPUT, 0);
        const Cell *arm = cell(comparison, 0, 1);
        *significant += arm->p <= 0.05;
        *verdicts += arm->verdict == VERDICT_BETTER || arm->verdict == VERDICT_WORSE;
        comparison_free(comparison);
        run_free(run);
    }
}

/* At 10 blocks the test's own rate is 2 P(T <= 8) = 4.88 %: of 400 runs 19.5, standard deviation 4.3. */
static void equal_arms_are_rarely_told_apart(void **state) {
    (void)state;
    size_t significant, verdicts;
    simulate(400, 10, 1, &significant, &verdicts);
    assert_in_range(significant, 7, 32);
    assert_in_range(verdicts, 0, significant);
}

static void power_grows_with_blocks_and_effect(void **state) {
    (void)state;
    size_t few, more, larger, verdicts;
    simulate(100, 10, 1.03, &few, &verdicts);
    simulate(100, 30, 1.03, &more, &verdicts);
    simulate(100, 10, 1.08, &larger, &verdicts);
    assert_true(more > few + 10);
    assert_true(more >= 95);
    assert_true(larger >= 95);
    assert_true(verdicts >= 85); /* the noise floor gate costs some */
}

static void a_clear_difference_has_a_direction(void **state) {
    (void)state;
    effect = 1.3;
    FakeSpec spec = {.rows = 3, .arms = 3, .blocks = 12, .noise = 0.01, .block_noise = 0.2, .seed = 5};
    spec.speed = second_arm_is_faster;
    spec.memory = second_arm_is_faster;
    Run *run = fake_run(&spec);
    Comparison *speed = comparison_of_run(run, METRIC_THROUGHPUT, 0),
               *memory = comparison_of_run(run, METRIC_PEAK_RSS, 0);
    Comparison *other = comparison_of_run(run, METRIC_THROUGHPUT, 1);
    for (size_t row = 0; row < 3; row++) {
        assert_int_equal(cell(speed, row, 1)->verdict, VERDICT_BETTER);
        assert_int_equal(cell(memory, row, 1)->verdict, VERDICT_WORSE);
        assert_int_equal(cell(other, row, 0)->verdict, VERDICT_WORSE);
        assert_int_equal(cell(other, row, 1)->verdict, VERDICT_REFERENCE);
        const Interval ratio = cell(speed, row, 1)->ratio;
        assert_true(ratio.low < 1.3 && ratio.high > 1.3 && ratio.high - ratio.low < 0.06);
        /* The A/A cell belongs to the baseline, whatever the reference: both tables show the same noise floor. */
        assert_true(speed->rows[row].noise_floor == other->rows[row].noise_floor);
    }
    assert_true(fabs(speed->geometric_mean[1].estimate - 1.3) < 0.02);
    assert_int_equal(speed->geometric_mean_rows[1], 3);
    comparison_free(speed);
    comparison_free(memory);
    comparison_free(other);
    run_free(run);
}

/* Baseline, arm and control are set block by block, so that every number can be followed by hand. */
static Run *scripted_run(size_t blocks, double arm_ratio, double control_low, double control_high) {
    FakeSpec spec = {.rows = 1, .arms = 2, .blocks = blocks, .seed = 1};
    Run *run = fake_run(&spec);
    for (uint32_t block = 0; block < blocks; block++) {
        fake_find(run, 0, block, 0, false)->elapsed_ns = 1000000000;
        fake_find(run, 0, block, 1, false)->elapsed_ns = (uint64_t)(1e9 / arm_ratio);
        fake_find(run, 0, block, 0, true)->elapsed_ns = (uint64_t)(1e9 / (block % 2 ? control_low : control_high));
    }
    return run;
}

static Cell judge(Run *run, bool *unstable) {
    Comparison *comparison = comparison_of_run(run, METRIC_THROUGHPUT, 0);
    Cell result = *cell(comparison, 0, 1);
    if (unstable)
        *unstable = comparison->rows[0].unstable;
    comparison_free(comparison);
    run_free(run);
    result.message = NULL; /* belonged to the run */
    return result;
}

static void every_gate_holds_and_is_named(void **state) {
    (void)state;
    Cell passed = judge(scripted_run(10, 1.10, 0.98, 1.02), NULL);
    assert_int_equal(passed.verdict, VERDICT_BETTER);
    assert_int_equal(passed.gate, GATE_NONE);
    Cell small = judge(scripted_run(10, 1.005, 0.999, 1.001), NULL);
    assert_int_equal(small.verdict, VERDICT_NO_DIFFERENCE);
    assert_int_equal(small.gate, GATE_THRESHOLD);
    Cell below_floor = judge(scripted_run(10, 1.05, 0.9, 1.12), NULL);
    assert_int_equal(below_floor.verdict, VERDICT_NO_DIFFERENCE);
    assert_int_equal(below_floor.gate, GATE_NOISE_FLOOR);
    bool unstable;
    Cell shaken = judge(scripted_run(10, 1.5, 1.03, 1.05), &unstable);
    assert_true(unstable);
    assert_int_equal(shaken.verdict, VERDICT_UNSTABLE);
}

/* One A/A interval of twenty excludes 1 just so: that is chance, and the row keeps its verdict. Alone in its table it
 * is not, and the row has none. */
static void one_lucky_control_of_many_is_not_unstable(void **state) {
    (void)state;
    for (uint32_t rows = 1; rows <= 20; rows += 19) {
        FakeSpec spec = {.rows = rows, .arms = 2, .blocks = 10, .noise = 0.0001, .seed = 9};
        Run *run = fake_run(&spec);
        for (uint32_t block = 0; block < 10; block++) /* eight up, two slightly down: p = 0.0137 */
            fake_find(run, 0, block, 0, true)->elapsed_ns =
                (uint64_t)(0.25e9 / (block < 8 ? 1.1 + 0.01 * block : 0.995));
        Comparison *comparison = comparison_of_run(run, METRIC_THROUGHPUT, 0);
        assert_true(comparison->rows[0].cells[2].p < 0.05 && comparison->rows[0].cells[2].ratio.low > 1);
        assert_int_equal(comparison->rows[0].unstable, rows == 1);
        comparison_free(comparison);
        run_free(run);
    }
}

/* Twenty rows of which one differs just enough for 5 % alone (p = 10/1024 at best passes 20 tests only as the smallest
 * of many): what multiplicity holds back is said so. */
static void multiplicity_holds_a_lonely_small_p(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 20, .arms = 2, .blocks = 10, .noise = 0.0001, .seed = 9};
    Run *run = fake_run(&spec);
    for (uint32_t block = 0; block < 10; block++) /* eight up, two slightly down: p = 0.0137 */
        fake_find(run, 0, block, 1, false)->elapsed_ns = (uint64_t)(0.25e9 / (block < 8 ? 1.1 + 0.01 * block : 0.995));
    Comparison *comparison = comparison_of_run(run, METRIC_THROUGHPUT, 0);
    const Cell *lonely = cell(comparison, 0, 1);
    assert_true(lonely->p < 0.05 && lonely->p > 0.0025);
    assert_true(lonely->ratio.low > 1);
    assert_int_equal(lonely->verdict, VERDICT_NO_DIFFERENCE);
    assert_int_equal(lonely->gate, GATE_MULTIPLICITY);
    comparison_free(comparison);
    run_free(run);
}

/* Three of twelve blocks are more than a fifth, two are not; blocks of other rows and before the compared ones are
 * another matter. */
static void a_row_that_was_often_disturbed_is_unstable(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 2, .arms = 2, .blocks = 15, .noise = 0.001, .seed = 3};
    effect = 1.3;
    spec.speed = second_arm_is_faster;
    for (size_t marks = 2; marks <= 3; marks++) {
        Run *run = fake_run(&spec);
        run->meta.memory_blocks = 3;
        run->disturbed_blocks = marks + 4;
        run->disturbed = zeroed(run->disturbed_blocks, sizeof *run->disturbed);
        for (uint32_t i = 0; i < 3; i++)
            run->disturbed[i] = (BlockAttempt){.row = 0, .block = i};
        run->disturbed[3] = (BlockAttempt){.row = 1, .block = 4};
        for (uint32_t i = 0; i < marks; i++)
            run->disturbed[4 + i] = (BlockAttempt){.row = 0, .block = 5 + 2 * i};
        Comparison *comparison = comparison_of_run(run, METRIC_THROUGHPUT, 0);
        assert_int_equal(comparison->rows[0].blocks, 12);
        assert_int_equal(comparison->rows[0].disturbed, marks);
        assert_int_equal(comparison->rows[0].unstable, marks == 3);
        assert_int_equal(cell(comparison, 0, 1)->verdict, marks == 3 ? VERDICT_UNSTABLE : VERDICT_BETTER);
        assert_int_equal(cell(comparison, 1, 1)->verdict, VERDICT_BETTER);
        comparison_free(comparison);
        run_free(run);
    }
}

static void few_blocks_give_no_verdict(void **state) {
    (void)state;
    Cell nine = judge(scripted_run(9, 1.5, 0.99, 1.01), NULL);
    assert_int_equal(nine.verdict, VERDICT_TOO_FEW);
    assert_true(!isnan(nine.ratio.low));
    Cell five = judge(scripted_run(5, 1.5, 0.99, 1.01), NULL);
    assert_int_equal(five.verdict, VERDICT_TOO_FEW);
    assert_true(isnan(five.ratio.low) && isnan(five.p));
    assert_true(fabs(five.ratio.estimate - 1.5) < 1e-6);
    Cell none = judge(scripted_run(0, 1.5, 0.99, 1.01), NULL);
    assert_int_equal(none.verdict, VERDICT_TOO_FEW);
    assert_true(isnan(none.ratio.estimate));
}

static void a_failed_slot_drops_one_pair_of_one_arm(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 1, .arms = 4, .blocks = 12, .noise = 0.01, .seed = 2};
    Run *run = fake_run(&spec);
    fake_fail(run, 0, 1, 2, SAMPLE_CRASHED, "signal 11");
    fake_fail(run, 0, 2, 12, SAMPLE_TIMEOUT, "60 s");
    fake_find(run, 0, 5, 1, false)->status = SAMPLE_CORRUPT;
    Comparison *comparison = comparison_of_run(run, METRIC_THROUGHPUT, 0);
    assert_int_equal(cell(comparison, 0, 1)->pairs, 9);
    assert_int_equal(cell(comparison, 0, 1)->failed, 3);
    assert_int_equal(cell(comparison, 0, 1)->worst_status, SAMPLE_CRASHED);
    assert_string_equal(cell(comparison, 0, 1)->message, "signal 11");
    assert_int_equal(cell(comparison, 0, 1)->verdict, VERDICT_TOO_FEW);
    assert_int_equal(cell(comparison, 0, 2)->verdict, VERDICT_FAILED);
    assert_int_equal(cell(comparison, 0, 3)->pairs, 12);
    comparison_free(comparison);

    /* A block whose baseline failed has no pair for anyone, but the arms' own values remain. */
    fake_find(run, 0, 7, 0, false)->status = SAMPLE_CRASHED;
    comparison = comparison_of_run(run, METRIC_THROUGHPUT, 0);
    assert_int_equal(cell(comparison, 0, 3)->pairs, 11);
    assert_int_equal(cell(comparison, 0, 3)->ok, 12);
    comparison_free(comparison);
    run_free(run);
}

static void torn_and_redone_blocks_do_not_count_twice(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 1, .arms = 2, .blocks = 12, .noise = 0.01, .seed = 2};
    Run *run = fake_run(&spec);
    run->sample_count -= 1; /* the last block lost its control: killed before the end */
    Comparison *comparison = comparison_of_run(run, METRIC_THROUGHPUT, 0);
    assert_int_equal(comparison->rows[0].blocks, 11);
    assert_int_equal(cell(comparison, 0, 1)->pairs, 11);
    comparison_free(comparison);

    run->sample_count += 1;
    for (size_t i = 0; i < 3; i++) { /* block 11 is a second attempt at block 10 */
        Sample *sample = &run->samples[run->sample_count - 3 + i];
        sample->block = 10;
        sample->attempt = 1;
        sample->elapsed_ns = 777;
    }
    comparison = comparison_of_run(run, METRIC_THROUGHPUT, 0);
    assert_int_equal(comparison->rows[0].blocks, 11);
    comparison_free(comparison);
    run->sample_count -= 1; /* the second attempt is torn: the first still counts */
    comparison = comparison_of_run(run, METRIC_THROUGHPUT, 0);
    assert_int_equal(comparison->rows[0].blocks, 11);
    assert_true(cell(comparison, 0, 1)->median < 1e9);
    comparison_free(comparison);
    run_free(run);
}

static void missing_arms_are_skipped(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 1, .arms = 3, .blocks = 10, .noise = 0.01, .seed = 2};
    Run *run = fake_run(&spec);
    fake_make_unavailable(run, 1, "apt-get install libjemalloc2");
    Comparison *comparison = comparison_of_run(run, METRIC_THROUGHPUT, 0);
    assert_int_equal(cell(comparison, 0, 1)->verdict, VERDICT_SKIPPED);
    assert_int_equal(cell(comparison, 0, 2)->pairs, 10);
    assert_int_equal(comparison->geometric_mean_rows[1], 0);
    comparison_free(comparison);
    run_free(run);
}

static double arm_is_lean(size_t row, size_t arm) {
    (void)row;
    return arm == 1 ? 0.5 : 1;
}

/* A peak known only as ">=" may be fatter than it looks: "leaner" is not proven, "fatter" is. */
static void lower_bounds_prove_one_direction_only(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 1, .arms = 2, .blocks = 12, .noise = 0.01, .seed = 2, .memory = arm_is_lean};
    Run *run = fake_run(&spec);
    fake_find(run, 0, 3, 1, false)->peak_is_exact = false;
    Comparison *lean = comparison_of_run(run, METRIC_PEAK_RSS, 0), *fat = comparison_of_run(run, METRIC_PEAK_RSS, 1);
    assert_true(cell(lean, 0, 1)->lower_bound);
    assert_int_equal(cell(lean, 0, 1)->verdict, VERDICT_NO_DIFFERENCE);
    assert_int_equal(cell(lean, 0, 1)->gate, GATE_LOWER_BOUND);
    assert_int_equal(cell(fat, 0, 0)->gate, GATE_LOWER_BOUND);
    comparison_free(lean);
    comparison_free(fat);
    fake_find(run, 0, 3, 1, false)->peak_is_exact = true;
    fake_find(run, 0, 3, 0, false)->peak_is_exact = false;
    lean = comparison_of_run(run, METRIC_PEAK_RSS, 0);
    assert_int_equal(cell(lean, 0, 1)->verdict, VERDICT_BETTER); /* the baseline is even fatter than seen */
    comparison_free(lean);
    run_free(run);
}

static void precision_is_asked_of_arms_that_work(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 1, .arms = 3, .blocks = 10, .noise = 0.03, .seed = 4};
    Run *run = fake_run(&spec);
    double all = comparison_half_width(run, 0);
    assert_true(all > 0.01 && all < 0.1);
    fake_fail(run, 0, 1, 10, SAMPLE_CRASHED, NULL);
    assert_true(comparison_half_width(run, 0) <= all);
    run_free(run);
    spec.blocks = 5;
    run = fake_run(&spec);
    assert_true(isinf(comparison_half_width(run, 0)));
    run_free(run);
}

static void same_samples_give_the_same_table(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 4, .arms = 3, .blocks = 10, .noise = 0.03, .seed = 8};
    Run *first = fake_run(&spec), *second = fake_run(&spec);
    for (size_t i = 0; i < second->sample_count / 2; i++) { /* the order in the file does not matter */
        Sample swap = second->samples[i];
        second->samples[i] = second->samples[second->sample_count - 1 - i];
        second->samples[second->sample_count - 1 - i] = swap;
    }
    Comparison *a = comparison_of_run(first, METRIC_THROUGHPUT, 0),
               *b = comparison_of_run(second, METRIC_THROUGHPUT, 0);
    for (size_t arm = 0; arm < 3; arm++) {
        assert_memory_equal(&a->geometric_mean[arm], &b->geometric_mean[arm], sizeof(Interval));
        for (size_t row = 0; row < 4; row++)
            assert_memory_equal(&cell(a, row, (uint32_t)arm)->ratio, &cell(b, row, (uint32_t)arm)->ratio,
                                sizeof(Interval));
    }
    comparison_free(a);
    comparison_free(b);
    run_free(first);
    run_free(second);
}

static void two_runs_are_compared_or_refused(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 2, .arms = 3, .blocks = 12, .noise = 0.01, .block_noise = 0.1, .seed = 11};
    Run *first = fake_run(&spec);
    effect = 1.2;
    spec.speed = second_arm_is_faster;
    spec.seed = 12;
    Run *second = fake_run(&spec);
    assert_null(run_shift_refusal(first, second));
    RunShift *shift = run_shift_of_runs(first, second, METRIC_THROUGHPUT);
    assert_int_equal(shift->cell_count, 4);
    for (size_t i = 0; i < 4; i++) {
        bool moved = !strcmp(shift->cells[i].arm, "jemalloc");
        assert_int_equal(shift->cells[i].verdict, moved ? VERDICT_BETTER : VERDICT_NO_DIFFERENCE);
        assert_true(fabs(shift->cells[i].shift.estimate - (moved ? 1.2 : 1)) < 0.03);
    }
    run_shift_free(shift);

    for (uint32_t block = 0; block < 12; block++) /* the second run's baseline differs from itself in one row */
        fake_find(second, 0, block, 0, true)->elapsed_ns = fake_find(second, 0, block, 0, false)->elapsed_ns * 5 / 4;
    shift = run_shift_of_runs(first, second, METRIC_THROUGHPUT);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(shift->cells[i].verdict == VERDICT_UNSTABLE, i < 2);
    run_shift_free(shift);

    second->meta.rows[1].operations++;
    shift = run_shift_of_runs(first, second, METRIC_THROUGHPUT);
    assert_int_equal(shift->compared, 2);
    assert_null(shift->cells[0].refused);
    assert_non_null(strstr(shift->cells[2].refused, "work differs"));
    run_shift_free(shift);

    /* A workload built anew is the same work; another version of a program, or of the script of its input, is not. */
    first->meta.rows[0].sha256 = text_copy("aa");
    second->meta.rows[0].sha256 = text_copy("bb");
    shift = run_shift_of_runs(first, second, METRIC_THROUGHPUT);
    assert_null(shift->cells[0].refused);
    run_shift_free(shift);
    first->meta.rows[0].kind = second->meta.rows[0].kind = ROW_PROGRAM;
    shift = run_shift_of_runs(first, second, METRIC_THROUGHPUT);
    assert_non_null(strstr(shift->cells[0].refused, "the program work0"));
    run_shift_free(shift);

    second->meta.arms[0].sha256[0] = 'f';
    char *refusal = run_shift_refusal(first, second);
    assert_non_null(strstr(refusal, "baseline's library differs"));
    free(refusal);
    second->meta.arms[0].sha256[0] = '0';
    free(second->meta.host_json);
    second->meta.host_json = text_copy("{\"cpu_model\":\"another\",\"kernel\":\"6.1\",\"load\":\"0.1\"}");
    refusal = run_shift_refusal(first, second);
    assert_non_null(strstr(refusal, "cpu_model"));
    free(refusal);
    free(second->meta.host_json); /* the same machine at another moment */
    second->meta.host_json = text_copy("{\"cpu_model\":\"a cpu\",\"kernel\":\"6.1\",\"load\":\"2.5\"}");
    assert_null(run_shift_refusal(first, second));
    run_free(first);
    run_free(second);
}

static char *refusal_between(const char *first_host, const char *second_host) {
    FakeSpec spec = {.rows = 1, .arms = 2, .blocks = 1, .seed = 1};
    Run *first = fake_run(&spec), *second = fake_run(&spec);
    free(first->meta.host_json);
    free(second->meta.host_json);
    first->meta.host_json = text_copy(first_host);
    second->meta.host_json = text_copy(second_host);
    char *refusal = run_shift_refusal(first, second);
    run_free(first);
    run_free(second);
    return refusal;
}

/* Two machines of the same kind are told apart by their names, as far as both records have one. */
static void hosts_are_told_apart_by_name(void **state) {
    (void)state;
    assert_null(refusal_between("{\"kernel\":\"6.1\",\"hostname\":\"a\"}", "{\"kernel\":\"6.1\"}"));
    assert_null(refusal_between("{\"hostname\":\"a\"}", "{\"hostname\":\"a\",\"machine_id\":\"1\"}"));
    char *refusal = refusal_between("{\"hostname\":\"a\"}", "{\"hostname\":\"b\"}");
    assert_non_null(strstr(refusal, "hostname is \"a\" in one and \"b\" in the other"));
    free(refusal);
    refusal = refusal_between("{\"machine_id\":\"1\"}", "{\"machine_id\":\"2\"}");
    assert_non_null(strstr(refusal, "machine_id"));
    free(refusal);
    refusal = refusal_between("{\"kernel\":\"6.1\"}", "{}");
    assert_non_null(strstr(refusal, "unknown"));
    free(refusal);
}

/* Merged runs: each row is compared with that of its own host, and the others are refused. */
static void merged_runs_are_compared_within_a_host(void **state) {
    (void)state;
    FakeSpec spec = {.rows = 2, .arms = 2, .blocks = 12, .noise = 0.01, .seed = 11};
    Run *first = fake_run(&spec), *second = fake_run(&spec);
    Run *runs[] = {first, second};
    for (size_t i = 0; i < 2; i++) {
        fake_name_row(runs[i], 0, "larson t1", "larson", 1);
        fake_name_row(runs[i], 1, "larson t1", "larson", 1);
        free(runs[i]->meta.host_json);
    }
    first->meta.host_json = text_copy("[{\"hostname\":\"a\"},{\"hostname\":\"b\"}]");
    second->meta.host_json = text_copy("[{\"hostname\":\"b\"},{\"hostname\":\"c\"}]");
    first->meta.rows[1].host = second->meta.rows[1].host = 1;
    for (uint32_t block = 0; block < 12; block++) /* b's arm got a third faster */
        fake_find(second, 0, block, 1, false)->elapsed_ns = fake_find(first, 1, block, 1, false)->elapsed_ns * 3 / 4;
    assert_null(run_shift_refusal(first, second));
    RunShift *shift = run_shift_of_runs(first, second, METRIC_THROUGHPUT);
    assert_int_equal(shift->cell_count, 2);
    assert_int_equal(shift->compared, 1);
    assert_non_null(strstr(shift->cells[0].refused, "different hosts"));
    assert_null(shift->cells[1].refused);
    assert_true(shift->cells[1].shift.estimate > 1.2);
    run_shift_free(shift);
    run_free(first);
    run_free(second);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_arms_are_rarely_told_apart),
        cmocka_unit_test(power_grows_with_blocks_and_effect),
        cmocka_unit_test(a_clear_difference_has_a_direction),
        cmocka_unit_test(every_gate_holds_and_is_named),
        cmocka_unit_test(one_lucky_control_of_many_is_not_unstable),
        cmocka_unit_test(multiplicity_holds_a_lonely_small_p),
        cmocka_unit_test(a_row_that_was_often_disturbed_is_unstable),
        cmocka_unit_test(few_blocks_give_no_verdict),
        cmocka_unit_test(a_failed_slot_drops_one_pair_of_one_arm),
        cmocka_unit_test(torn_and_redone_blocks_do_not_count_twice),
        cmocka_unit_test(missing_arms_are_skipped),
        cmocka_unit_test(lower_bounds_prove_one_direction_only),
        cmocka_unit_test(precision_is_asked_of_arms_that_work),
        cmocka_unit_test(same_samples_give_the_same_table),
        cmocka_unit_test(two_runs_are_compared_or_refused),
        cmocka_unit_test(hosts_are_told_apart_by_name),
        cmocka_unit_test(merged_runs_are_compared_within_a_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
