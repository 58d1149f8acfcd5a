/*
 * store_run.c - a run survives being written, read, cut short at any byte, and read by the wrong program.
 */
#include "testing.h"

#include "store/run_store.h"
#include "store/text.h"

enum { ARMS = 2, SLOTS = ARMS + 1, BLOCKS = 2 };

static void make_meta(RunMeta *meta) {
    *meta = (RunMeta){
        .format_version = RUN_FORMAT_VERSION,
        .id = text_copy("test"),
        .created = text_copy("2000-01-01T00:00:00Z"),
        .suite = text_copy("quick"),
        .command = text_copy("allocbench run"),
        .seed = UINT64_C(0xfedcba9876543210),
        .minimum_blocks = BLOCKS,
        .maximum_blocks = BLOCKS,
        .precision = 0.03,
        .threshold = 0.01,
        .slot_ns = 250000000,
        .timeout_ns = 1000000000,
        .memory_cap_bytes = 1 << 30,
        .pin = true,
        .arms = zeroed(ARMS + 1, sizeof(Arm)),
        .arm_count = ARMS + 1,
        .rows = zeroed(1, sizeof(Row)),
        .row_count = 1,
        .host_json = text_copy("{\"kernel\":\"x\"}"),
    };
    for (size_t i = 0; i < ARMS; i++) {
        meta->arms[i] =
            (Arm){.name = text_format("arm%zu", i), .label = text_copy("label \"quoted\""), .available = true};
        meta->arms[i].path = text_copy("/lib/x.so");
        meta->arms[i].environment = text_copy("A=b&C=d");
        meta->arms[i].sha256 = text_copy("00");
    }
    meta->arms[ARMS] = (Arm){.name = text_copy("missing"), .label = text_copy("missing")};
    meta->arms[ARMS].reason = text_copy("not installed");
    meta->rows[0] =
        (Row){.name = text_copy("larson t2"), .workload = text_copy("larson"), .threads = 2, .scaled = true};
    meta->rows[0].arguments = text_copy("--slots 5");
    meta->rows[0].unit = text_copy("operations");
    meta->rows[0].operations = 4200000;
}

static Sample make_sample(uint32_t block, uint32_t attempt, uint32_t slot) {
    Sample sample = {
        .block = block,
        .attempt = attempt,
        .arm = slot < ARMS ? slot : 0,
        .control = slot == ARMS,
        .position = slot,
        .seed = UINT64_MAX - block,
        .operations = 1000 + slot,
        .elapsed_ns = 250000000 + slot,
        .checksum = UINT64_C(0x8000000000000001),
        .peak_rss_bytes = 12345678,
        .peak_is_exact = true,
        .canary_ns = 99,
        .malloc_library = text_copy("/lib/x.so"),
        .message = slot == 1 ? text_copy("line \"one\"\nline two \xff") : NULL,
    };
    sample.series = (Series){2, zeroed(2, 8), zeroed(2, 8), zeroed(2, 8), zeroed(2, 8)};
    sample.series.time_ns[1] = 5000000;
    sample.series.rss_bytes[1] = 777;
    sample.series.live_bytes[0] = -1;
    return sample;
}

static void append(RunWriter *writer, Sample sample) {
    StoreError error;
    assert_true(run_writer_append(writer, &sample, &error));
    sample_release(&sample);
}

static void write_run(const char *folder, uint32_t blocks) {
    RunMeta meta;
    StoreError error;
    make_meta(&meta);
    RunWriter *writer = run_writer_create(folder, &meta, &error);
    assert_non_null(writer);
    for (uint32_t block = 0; block < blocks; block++) {
        for (uint32_t slot = 0; slot < SLOTS; slot++)
            append(writer, make_sample(block, 0, slot));
    }
    run_writer_close(writer);
    run_meta_release(&meta);
}

static char *read_all(const char *folder, const char *name, size_t *length) {
    char *path = text_format("%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    char *text = zeroed(1 << 20, 1);
    *length = fread(text, 1, 1 << 20, file);
    fclose(file);
    free(path);
    return text;
}

static void write_all(const char *folder, const char *name, const char *text, size_t length) {
    char *path = text_format("%s/%s", folder, name);
    test_write(path, text, length);
    free(path);
}

static void round_trip(void **state) {
    (void)state;
    char *base = test_folder(), *folder = text_format("%s/deep/er", base);
    write_run(folder, BLOCKS);
    StoreError error;
    Run *run = run_load(folder, &error);
    assert_non_null(run);
    RunMeta meta;
    make_meta(&meta);
    assert_true(run->meta.seed == meta.seed);
    assert_string_equal(run->meta.host_json, meta.host_json);
    assert_string_equal(run->meta.arms[0].label, meta.arms[0].label);
    assert_string_equal(run->meta.arms[0].environment, meta.arms[0].environment);
    assert_false(run->meta.arms[ARMS].available);
    assert_string_equal(run->meta.arms[ARMS].reason, "not installed");
    assert_string_equal(run->meta.rows[0].arguments, "--slots 5");
    assert_true(run->meta.rows[0].operations == 4200000 && run->meta.rows[0].scaled && run->meta.pin);
    assert_true(run->meta.timeout_ns == meta.timeout_ns && run->meta.memory_cap_bytes == meta.memory_cap_bytes);
    assert_true(run->meta.precision == meta.precision && run->meta.threshold == meta.threshold);
    run_meta_release(&meta);

    assert_int_equal(run->sample_count, BLOCKS * SLOTS);
    const Sample *sample = &run->samples[SLOTS + 1];
    Sample wanted = make_sample(1, 0, 1);
    assert_true(sample->seed == wanted.seed && sample->checksum == wanted.checksum && sample->block == 1);
    assert_true(sample->operations == 1001 && sample->peak_is_exact && sample->canary_ns == 99);
    assert_string_equal(sample->message, "line \"one\"\nline two ?");
    assert_int_equal(sample->series.count, 2);
    assert_true(sample->series.live_bytes[0] == -1 && sample->series.rss_bytes[1] == 777);
    assert_true(run->samples[2].control && run_block_is_complete(run, 0, 1, 0));
    sample_release(&wanted);
    run_free(run);
    free(folder);
    test_folder_remove(base);
}

/* Cut anywhere, only the torn line is lost, and a resumed writer goes on behind it. */
static void cut_at_every_byte(void **state) {
    (void)state;
    char *base = test_folder(), *folder = text_format("%s/run", base);
    write_run(folder, 1);
    size_t length;
    StoreError error;
    char *text = read_all(folder, "samples.jsonl", &length);
    for (size_t cut = 0; cut <= length; cut++) {
        write_all(folder, "samples.jsonl", text, cut);
        size_t whole = 0;
        for (size_t i = 0; i < cut; i++)
            whole += text[i] == '\n' ? 1 : 0;
        bool torn = cut > 0 && text[cut - 1] != '\n';
        Run *run = run_load(folder, &error);
        assert_non_null(run);
        assert_int_equal(run->sample_count, whole);
        assert_int_equal(run->unreadable_lines, torn ? 1 : 0);
        assert_int_equal(run_block_is_complete(run, 0, 0, 0), whole == SLOTS);
        run_free(run);

        RunWriter *writer = run_writer_resume(folder, &error);
        assert_non_null(writer);
        append(writer, make_sample(1, 0, 0));
        run_writer_close(writer);
        run = run_load(folder, &error);
        assert_non_null(run);
        /* A line that lacked only its newline became whole by the resumed writer's. */
        bool completed = torn && text[cut] == '\n';
        assert_int_equal(run->sample_count, whole + (completed ? 1 : 0) + 1);
        run_free(run);
    }
    free(text);

    char *meta = read_all(folder, "run.json", &length);
    for (size_t cut = 0; cut + 2 < length; cut += 7) {
        write_all(folder, "run.json", meta, cut);
        assert_null(run_load(folder, &error));
        assert_non_null(strstr(error.text, "run.json"));
    }
    free(meta);
    free(folder);
    test_folder_remove(base);
}

static void what_is_no_run(void **state) {
    (void)state;
    char *base = test_folder(), *folder = text_format("%s/run", base);
    StoreError error;
    assert_null(run_load(folder, &error));
    assert_non_null(strstr(error.text, "No such file"));
    assert_null(run_load(base, &error));
    assert_non_null(strstr(error.text, "holds no run"));
    write_run(folder, 1);
    RunMeta meta;
    make_meta(&meta);
    assert_null(run_writer_create(folder, &meta, &error));
    assert_non_null(strstr(error.text, "--resume"));
    assert_null(run_writer_create("/proc/none/run", &meta, &error));
    assert_null(run_writer_resume(base, &error));
    /* One writer at a time. */
    RunWriter *writer = run_writer_resume(folder, &error);
    assert_non_null(writer);
    assert_null(run_writer_resume(folder, &error));
    assert_non_null(strstr(error.text, "another allocbench"));
    run_writer_close(writer);
    run_meta_release(&meta);
    static const char newer[] = "{\"format_version\": 99}";
    write_all(folder, "run.json", newer, strlen(newer));
    assert_null(run_load(folder, &error));
    assert_non_null(strstr(error.text, "newer allocbench"));
    free(folder);
    test_folder_remove(base);
}

static void only_the_last_complete_attempt_counts(void **state) {
    (void)state;
    char *base = test_folder(), *folder = text_format("%s/run", base);
    StoreError error;
    write_run(folder, 2);
    RunWriter *writer = run_writer_resume(folder, &error);
    /* Block 0 is redone whole, block 1 only begun again, block 2 torn and given up. */
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        append(writer, make_sample(0, 1, slot));
    append(writer, make_sample(1, 1, 0));
    append(writer, make_sample(2, 0, 0));
    assert_true(run_writer_discard_block(writer, 0, 2, 0, "torn", &error));
    append(writer, make_sample(3, 4, 1));
    run_writer_close(writer);
    Run *run = run_load(folder, &error);
    assert_int_equal(run->discarded_blocks, 1);
    assert_int_equal(run->sample_count, 2 * SLOTS + 1);
    for (size_t i = 0; i < run->sample_count; i++) {
        const Sample *sample = &run->samples[i];
        assert_int_equal(sample->attempt, sample->block == 0 ? 1 : sample->block == 1 ? 0 : 4);
    }
    assert_int_equal(run_next_attempt(run, 0, 2), 1);
    assert_int_equal(run_next_attempt(run, 0, 3), 5);
    assert_int_equal(run_next_attempt(run, 0, 9), 0);
    run_free(run);
    free(folder);
    test_folder_remove(base);
}

static void other_results_than_the_baseline_are_corrupt(void **state) {
    (void)state;
    char *base = test_folder(), *folder = text_format("%s/run", base);
    StoreError error;
    write_run(folder, 0);
    RunWriter *writer = run_writer_resume(folder, &error);
    for (uint32_t slot = SLOTS; slot-- > 0;) {
        Sample sample = make_sample(0, 0, slot);
        sample.checksum = slot == 1 ? 7 : 8;
        append(writer, sample);
    }
    run_writer_close(writer);
    Run *run = run_load(folder, &error);
    for (size_t i = 0; i < run->sample_count; i++)
        assert_int_equal(run->samples[i].status, run->samples[i].arm == 1 ? SAMPLE_CORRUPT : SAMPLE_OK);
    run_free(run);
    free(folder);
    test_folder_remove(base);
}

static void statuses_have_names(void **state) {
    (void)state;
    for (unsigned i = 0; i < SAMPLE_STATUS_COUNT; i++) {
        SampleStatus status;
        assert_true(sample_status_parse(sample_status_name((SampleStatus)i), &status));
        assert_int_equal(status, i);
    }
    SampleStatus status;
    assert_false(sample_status_parse("fine", &status));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(what_is_no_run),
        cmocka_unit_test(only_the_last_complete_attempt_counts),
        cmocka_unit_test(other_results_than_the_baseline_are_corrupt),
        cmocka_unit_test(statuses_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
