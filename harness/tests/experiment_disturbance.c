/*
 * experiment_disturbance.c - when the machine counts as disturbed, and what of it is on file.
 */
#include "testing.h"

#include "experiment/cores.h"
#include "experiment/disturbance.h"
#include "store/run_store.h"
#include "store/text.h"

static void stat_is_summed_over_our_processors(void **state) {
    (void)state;
    static const char text[] = "cpu  600 60 300 9000 90 30 15 9 7 7\n"
                               "cpu0 100 10 50 3000 30 5 5 1 100 10\n"
                               "cpu1 200 20 100 3000 30 10 5 3 0 0\n"
                               "cpu2 300 30 150 3000 30 15 5 5 0 0\n"
                               "intr 5 5 5 5 5 5 5 5 5 5\n";
    cpu_set_t processors;
    CPU_ZERO(&processors);
    uint64_t busy, steal;
    assert_false(machine_use_parse_stat(text, &processors, &busy, &steal));
    CPU_SET(0, &processors);
    CPU_SET(2, &processors);
    assert_true(machine_use_parse_stat(text, &processors, &busy, &steal));
    /* user + nice + system + irq + softirq; the guest's 100 are in user already, idle, iowait and steal are not busy.
     */
    assert_int_equal(busy, 100 + 10 + 50 + 5 + 5 + 300 + 30 + 150 + 15 + 5);
    assert_int_equal(steal, 1 + 5);
    /* The first line counts all of them and is no processor, also where its first number could be one. */
    cpu_set_t all;
    CPU_ZERO(&all);
    CPU_SET(600, &all);
    assert_false(machine_use_parse_stat(text, &all, &busy, &steal));
    assert_false(machine_use_parse_stat("", &processors, &busy, &steal));
    assert_false(machine_use_parse_stat("cpu0 1 2 3", &processors, &busy, &steal));
    /* The last line may lack its newline. */
    assert_true(machine_use_parse_stat("cpu2 1 2 3 4 5 6 7 8", &processors, &busy, &steal));
    assert_int_equal(busy, 1 + 2 + 3 + 6 + 7);
}

static void pressure_is_the_total_of_some(void **state) {
    (void)state;
    static const char both[] = "some avg10=0.13 avg60=0.10 avg300=0.06 total=4129362\n"
                               "full avg10=0.13 avg60=0.09 avg300=0.06 total=3756084\n";
    assert_int_equal(machine_use_parse_pressure(both), 4129362);
    assert_int_equal(machine_use_parse_pressure("full avg10=0.13 total=7\nsome avg10=0 total=5\n"), 5);
    assert_int_equal(machine_use_parse_pressure("some avg10=0.13\nfull total=7\n"), 0);
    assert_int_equal(machine_use_parse_pressure(""), 0);
}

static void this_machine_is_read(void **state) {
    (void)state;
    MachineUse before = machine_use_read();
    while (machine_use_read().time_ns - before.time_ns < 100000000)
        (void)canary_run();
    MachineUse after = machine_use_read(), use = machine_use_between(&before, &after);
    assert_true(use.time_ns >= 100000000);
    assert_true(use.own_ns > 0); /* the canaries */
    assert_true(machine_available_bytes() > 1 << 20);
    char *load = machine_load_average();
    assert_non_null(load);
    assert_true(strchr(load, '\n') == NULL && strchr(load, '.') != NULL);
    free(load);
}

static void foreign_is_what_is_not_ours(void **state) {
    (void)state;
    uint64_t second = (uint64_t)sysconf(_SC_CLK_TCK);
    MachineUse use = {.busy_ticks = 3 * second, .own_ns = 1000000000};
    assert_int_equal(machine_use_foreign_ticks(&use), 2 * second);
    use.own_ns = 4000000000u;
    assert_int_equal(machine_use_foreign_ticks(&use), 0);
    MachineUse earlier = {.busy_ticks = 5, .io_pressure_us = 9}, later = {.busy_ticks = 4, .io_pressure_us = 11};
    use = machine_use_between(&earlier, &later);
    assert_true(use.busy_ticks == 0 && use.io_pressure_us == 2);
}

/* Ten seconds on a machine with plenty of memory; nothing else happened. */
static BlockConditions quiet(void) {
    return (BlockConditions){
        .worst_canary_ns = 2000000,
        .use = {.time_ns = 10000000000u},
        .available_bytes = UINT64_C(8) << 30,
        .largest_rss_bytes = 100 << 20,
    };
}

static void expect(const BlockConditions *block, const char *reason) {
    Canary canary = {0};
    for (uint64_t i = 0; i < 40; i++)
        canary_note(&canary, 2000000 + i % 3 * 1000);
    const char *found = disturbance_of_block(&canary, block);
    if (reason == NULL ? found != NULL : found == NULL || strstr(found, reason) == NULL)
        fail_msg("'%s' in place of '%s'", found == NULL ? "quiet" : found, reason == NULL ? "quiet" : reason);
    canary_release(&canary);
}

static void a_block_is_judged(void **state) {
    (void)state;
    uint64_t all_ticks = 10 * (uint64_t)sysconf(_SC_CLK_TCK) * cores_count();
    BlockConditions block = quiet();
    expect(&block, NULL);
    block.worst_canary_ns = 3100000;
    expect(&block, "fixed arithmetic");
    /* Nothing is normal before enough was seen. */
    assert_null(disturbance_of_block(&(Canary){0}, &block));
    block = quiet();
    block.use.steal_ticks = all_ticks / 10;
    expect(&block, "hypervisor");
    block = quiet();
    block.use.busy_ticks = all_ticks;
    block.use.own_ns = (uint64_t)((double)all_ticks / (double)sysconf(_SC_CLK_TCK) * 1e9);
    expect(&block, NULL); /* busy, but by us alone */
    block.use.own_ns /= 2;
    expect(&block, "other processes");
    block = quiet();
    block.use.memory_pressure_us = 400000;
    expect(&block, NULL);
    block.use.memory_pressure_us = 600000;
    expect(&block, "waited for memory");
    block = quiet();
    block.use.io_pressure_us = 600000;
    expect(&block, "waited for I/O");
    block.does_io = true;
    expect(&block, NULL);
    expect(&(BlockConditions){.use = {.time_ns = 1000, .io_pressure_us = 500}}, NULL);
}

/* An arm that fills the memory makes the machine wait, swap and reclaim; that is its result, not a disturbance. */
static void an_arm_may_not_have_its_blocks_thrown_away(void **state) {
    (void)state;
    uint64_t all_ticks = 10 * (uint64_t)sysconf(_SC_CLK_TCK) * cores_count();
    BlockConditions block = quiet();
    block.use.memory_pressure_us = block.use.io_pressure_us = 5000000;
    block.use.busy_ticks = all_ticks / 2;
    expect(&block, "other processes");
    block.largest_rss_bytes = UINT64_C(3) << 30;
    expect(&block, NULL);
    /* What it cannot cause still counts. */
    block.use.steal_ticks = all_ticks / 10;
    expect(&block, "hypervisor");
}

static void a_fifth_may_be_redone(void **state) {
    (void)state;
    assert_false(disturbance_may_redo(0, 0, 4));
    assert_true(disturbance_may_redo(0, 0, 5));
    assert_false(disturbance_may_redo(1, 0, 5));
    assert_true(disturbance_may_redo(11, 1, 60));
    assert_false(disturbance_may_redo(12, 0, 60));
    assert_false(disturbance_may_redo(2, 2, 60));
}

static void append(RunWriter *writer, uint32_t block, uint32_t attempt) {
    StoreError error;
    Sample sample = {.row = 0, .block = block, .attempt = attempt, .operations = 1, .elapsed_ns = 1};
    assert_true(run_writer_append(writer, &sample, &error));
    sample.control = true;
    assert_true(run_writer_append(writer, &sample, &error));
}

static void marks_are_on_file(void **state) {
    (void)state;
    char *folder = test_folder(), *path = text_format("%s/run", folder);
    Arm arm = {.name = "glibc", .label = "glibc", .available = true};
    Row row = {.name = "row", .workload = "small", .unit = "operations", .arguments = ""};
    RunMeta meta = {
        .id = "x", .arms = &arm, .arm_count = 1, .rows = &row, .row_count = 1, .memory_blocks = 1, .maximum_blocks = 3};
    StoreError error = {""};
    RunWriter *writer = run_writer_create(path, &meta, &error);
    assert_non_null(writer);
    append(writer, 0, 0); /* a memory block: marked, but not one that is compared */
    assert_true(run_writer_note_disturbed(writer, 0, 0, 0, "disturbed: a", &error));
    append(writer, 1, 0);
    assert_true(run_writer_discard_block(writer, 0, 1, 0, "disturbed: b", &error));
    append(writer, 1, 1);
    assert_true(run_writer_note_disturbed(writer, 0, 1, 1, "disturbed: c", &error));
    append(writer, 2, 0);
    assert_true(run_writer_note_disturbed(writer, 0, 2, 0, "disturbed: d", &error));
    assert_true(run_writer_discard_block(writer, 0, 2, 0, "torn", &error)); /* then its mark is void */
    append(writer, 2, 1);
    Run *run = run_load(path, &error);
    assert_non_null(run);
    assert_null(run->load_at_end);
    run_free(run);
    assert_true(run_writer_note_end(writer, "0.5 0.4 0.3 1/2 3", &error));
    run_writer_close(writer);

    run = run_load(path, &error);
    assert_non_null(run);
    assert_int_equal(run->unreadable_lines, 0);
    assert_int_equal(run->sample_count, 6);
    assert_int_equal(run->discarded_blocks, 2);
    assert_string_equal(run->discarded[0].reason, "disturbed: b");
    assert_string_equal(run->discarded[1].reason, "torn");
    assert_int_equal(run->disturbed_blocks, 2);
    assert_string_equal(run->disturbed[1].reason, "disturbed: c");
    assert_true(run->disturbed[1].block == 1 && run->disturbed[1].attempt == 1);
    assert_string_equal(run->load_at_end, "0.5 0.4 0.3 1/2 3");
    run_free(run);
    free(path);
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stat_is_summed_over_our_processors),
        cmocka_unit_test(pressure_is_the_total_of_some),
        cmocka_unit_test(this_machine_is_read),
        cmocka_unit_test(foreign_is_what_is_not_ours),
        cmocka_unit_test(a_block_is_judged),
        cmocka_unit_test(an_arm_may_not_have_its_blocks_thrown_away),
        cmocka_unit_test(a_fifth_may_be_redone),
        cmocka_unit_test(marks_are_on_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
