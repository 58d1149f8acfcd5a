/*
 * store_archive.c - a run in an archive: the same verdicts as from its folder, the same bytes every time, and a clear
 * refusal of everything that is not what `allocbench bundle` wrote.
 */
#include "command_testing.h"
#include "report/gnuplot.h"
#include "store/run_archive.h"

#if HAVE_LIBARCHIVE
#include <archive.h>
#include <archive_entry.h>
#endif

static double speed(size_t row, size_t arm) {
    return arm == 1 ? 1.3 + 0.1 * (double)row : 1;
}

static char *below(const char *folder, const char *name) {
    return text_format("%s/%s", folder, name);
}

/* A folder with the run `name` in it, with a chart beside the samples. */
static char *make_run(const char *folder, const char *name) {
    FakeSpec spec = {.rows = 2, .arms = 3, .blocks = 12, .noise = 0.02, .seed = 3, .speed = speed, .series = true};
    Run *run = fake_run(&spec);
    char *path = below(folder, name);
    store_run(run, path);
    run_free(run);
    char *charts = below(path, "charts"), *chart = below(charts, "peak_rss.svg");
    assert_int_equal(mkdir(charts, 0777), 0);
    test_write(chart, "<svg/>", 6);
    free(charts);
    free(chart);
    return path;
}

static void the_same_verdicts_from_the_archive(void **state) {
    if (!run_archive_supported())
        skip();
    char *run = make_run(*state, "run");
    static const char *const names[] = {"a.tar.zst", "a.tar.gz", "a.tgz"};
    static const char *const formats[] = {"text", "csv", "json"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        char *archive = below(*state, names[n]);
        assert_int_equal(run_command(command_bundle, run, "-o", archive, NULL), 0);
        assert_printed(archive);
        for (size_t f = 0; f < sizeof formats / sizeof formats[0]; f++) {
            assert_int_equal(run_command(command_compare, run, "--format", formats[f], NULL), 0);
            char *expected = text_copy(printed);
            assert_int_equal(run_command(command_compare, archive, "--format", formats[f], NULL), 0);
            assert_string_equal(printed, expected);
            free(expected);
        }
        free(archive);
    }
    free(run);
}

static void charts_of_an_archive_lie_beside_it(void **state) {
    char *version = gnuplot_version();
    bool drawable = version != NULL;
    free(version);
    if (!run_archive_supported() || !drawable)
        skip();
    char *run = make_run(*state, "run"), *archive = below(*state, "a.tar.zst"), *charts = below(*state, "a-charts");
    assert_int_equal(run_command(command_bundle, run, "-o", archive, NULL), 0);
    assert_int_equal(run_command(command_charts, archive, "--format", "svg", NULL), 0);
    assert_printed("/a-charts/");
    assert_int_equal(access(charts, F_OK), 0);
    assert_int_equal(run_command(command_charts, archive, "--check", NULL), 0);
    /* The folder's own charts are the same. */
    assert_int_equal(run_command(command_charts, run, "--check", "-o", charts, NULL), 0);
    free(run);
    free(archive);
    free(charts);
}

static void the_same_bytes_every_time(void **state) {
    if (!run_archive_supported())
        skip();
    char *run = make_run(*state, "run");
    static const char *const names[] = {"1.tar.zst", "2.tar.zst", "1.tar.gz", "2.tar.gz"};
    char *data[4];
    size_t length[4];
    for (size_t n = 0; n < 4; n++) {
        char *archive = below(*state, names[n]);
        assert_int_equal(run_command(command_bundle, run, "--out", archive, NULL), 0);
        data[n] = read_whole_file(archive, &length[n]);
        free(archive);
        char *touched = below(run, "samples.jsonl");
        struct timespec times[2] = {{.tv_sec = 1000 * (long)n}, {.tv_sec = 1000 * (long)n}};
        assert_int_equal(utimensat(AT_FDCWD, touched, times, 0), 0);
        assert_int_equal(chmod(touched, n % 2 ? 0600 : 0644), 0);
        free(touched);
    }
    for (size_t n = 0; n < 4; n += 2) {
        assert_int_equal(length[n], length[n + 1]);
        assert_memory_equal(data[n], data[n + 1], length[n]);
    }
    for (size_t n = 0; n < 4; n++)
        free(data[n]);
    free(run);
}

static void nothing_is_overwritten(void **state) {
    if (!run_archive_supported())
        skip();
    char *run = make_run(*state, "run"), *archive = below(*state, "a.tar.zst"), *odd = below(*state, "a.zip");
    test_write(archive, "mine", 4);
    assert_refused(run_command(command_bundle, run, "-o", archive, NULL), "--force");
    size_t length;
    char *kept = read_whole_file(archive, &length);
    assert_string_equal(kept, "mine");
    assert_int_equal(run_command(command_bundle, run, "-o", archive, "--force", NULL), 0);
    assert_int_equal(run_command(command_compare, archive, NULL), 0);
    assert_refused(run_command(command_bundle, run, "-o", odd, NULL), ".tar.zst");
    assert_refused(run_command(command_bundle, archive, NULL), "is no folder");
    free(kept);
    free(run);
    free(archive);
    free(odd);
}

/* Each byte in turn would be slow; a prime step meets headers, sums, data and the end. */
static void damage_is_noticed(void **state) {
    if (!run_archive_supported())
        skip();
    char *run = make_run(*state, "run");
    static const char *const names[] = {"a.tar.zst", "a.tar.gz"};
    for (size_t n = 0; n < 2; n++) {
        char *archive = below(*state, names[n]), *bad = below(*state, n == 0 ? "bad.tar.zst" : "bad.tar.gz");
        assert_int_equal(run_command(command_bundle, run, "-o", archive, NULL), 0);
        assert_int_equal(run_command(command_compare, archive, "--format", "csv", NULL), 0);
        char *expected = text_copy(printed);
        size_t length;
        char *data = read_whole_file(archive, &length);
        for (size_t at = 0; at < length; at += length / 61) {
            data[at] = (char)(data[at] ^ 0x10);
            test_write(bad, data, length);
            data[at] = (char)(data[at] ^ 0x10);
            /* A flipped bit that no reader looks at, such as a time, may pass: but only with every result intact. */
            int code = run_command(command_compare, bad, "--format", "csv", NULL);
            if (code == 0)
                assert_string_equal(printed, expected);
            else
                assert_refused(code, "bad.tar");
        }
        for (size_t kept = 0; kept + 64 < length; kept += length / 37) {
            test_write(bad, data, kept);
            assert_refused(run_command(command_compare, bad, NULL), "bad.tar");
        }
        free(data);
        free(expected);
        free(archive);
        free(bad);
    }
    free(run);
}

#if HAVE_LIBARCHIVE
typedef struct Member {
    const char *path, *text;
    const char *link; /* a symbolic link to this */
} Member;

static char *pack(const char *folder, const Member *members, size_t count) {
    char *path = below(folder, "made.tar.gz");
    struct archive *out = archive_write_new();
    archive_write_add_filter_gzip(out);
    archive_write_set_format_ustar(out);
    assert_int_equal(archive_write_open_filename(out, path), ARCHIVE_OK);
    for (size_t i = 0; i < count; i++) {
        struct archive_entry *entry = archive_entry_new();
        archive_entry_set_pathname(entry, members[i].path);
        archive_entry_set_filetype(entry, members[i].link != NULL ? AE_IFLNK : AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        if (members[i].link != NULL)
            archive_entry_set_symlink(entry, members[i].link);
        size_t length = members[i].text == NULL ? 0 : strlen(members[i].text);
        archive_entry_set_size(entry, (la_int64_t)length);
        assert_int_equal(archive_write_header(out, entry), ARCHIVE_OK);
        if (length > 0)
            assert_int_equal(archive_write_data(out, members[i].text, length), length);
        archive_entry_free(entry);
    }
    archive_write_close(out);
    archive_write_free(out);
    return path;
}

static void assert_archive_refused(const char *folder, const Member *members, size_t count, const char *why) {
    char *path = pack(folder, members, count);
    assert_refused(run_command(command_compare, path, NULL), why);
    free(path);
}

static void strange_archives_are_refused(void **state) {
    const Member outside[] = {{"run/run.json", "{}", NULL}, {"run/../../evil", "x", NULL}};
    assert_archive_refused(*state, outside, 2, "leads out of its folder");
    const Member absolute[] = {{"/etc/evil", "x", NULL}};
    assert_archive_refused(*state, absolute, 1, "leads out of its folder");
    const Member link[] = {{"run/run.json", NULL, "/etc/passwd"}};
    assert_archive_refused(*state, link, 1, "a link or a device");
    const Member foreign[] = {{"src/main.c", "int main;", NULL}};
    assert_archive_refused(*state, foreign, 1, "no archive of a run");
    const Member flat[] = {{"run.json", "{}", NULL}};
    assert_archive_refused(*state, flat, 1, "one folder");
    const Member two[] = {{"a/run.json", "{}", NULL}, {"b/run.json", "{}", NULL}};
    assert_archive_refused(*state, two, 2, "one folder");
    const Member twice[] = {{"a/run.json", "{}", NULL}, {"a/run.json", "{}", NULL}};
    assert_archive_refused(*state, twice, 2, "twice");
    const Member changed[] = {
        {"a/run.json", "{}", NULL}, {"a/samples.jsonl", "", NULL}, {"a/SHA256SUMS", "00000000  run.json\n", NULL}};
    assert_archive_refused(*state, changed, 3, "SHA256SUMS");
    const Member unlisted[] = {{"a/run.json", "{}", NULL}, {"a/samples.jsonl", "", NULL}, {"a/SHA256SUMS", "", NULL}};
    assert_archive_refused(*state, unlisted, 3, "lacks a file of the run");
    const Member empty_record[] = {{"a/run.json", "{}", NULL}, {"a/samples.jsonl", "", NULL}};
    assert_archive_refused(*state, empty_record, 2, "format_version");
    assert_archive_refused(*state, NULL, 0, "no archive of a run");
    char *text = below(*state, "text");
    test_write(text, "hello\n", 6);
    assert_refused(run_command(command_compare, text, NULL), "neither the folder of a run nor");
    free(text);
}

/* A header that promises eight gigabytes: refused before a byte is unpacked. */
static void a_bomb_is_not_unpacked(void **state) {
    char header[512] = "run/samples.jsonl";
    memcpy(header + 100, "0000644", 7);
    memcpy(header + 124, "77777777777", 11);
    memcpy(header + 136, "00000000000", 11);
    header[156] = '0';
    memcpy(header + 257, "ustar\00000", 8);
    memset(header + 148, ' ', 8);
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof header; i++)
        sum += (unsigned char)header[i];
    snprintf(header + 148, 8, "%06o", sum);
    char *path = below(*state, "bomb.tar.gz");
    test_write(path, header, sizeof header);
    assert_refused(run_command(command_compare, path, NULL), "more than 1 GiB");
    free(path);
}
#endif

static void without_libarchive_it_is_said(void **state) {
    if (run_archive_supported())
        skip();
    char *run = make_run(*state, "run"), *archive = below(*state, "a.tar.zst");
    assert_refused(run_command(command_bundle, run, NULL), "libarchive-dev");
    test_write(archive, "x", 1);
    assert_refused(run_command(command_compare, archive, NULL), "libarchive-dev");
    free(run);
    free(archive);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_same_verdicts_from_the_archive, test_folder_set_up, test_folder_tear_down),
        cmocka_unit_test_setup_teardown(charts_of_an_archive_lie_beside_it, test_folder_set_up, test_folder_tear_down),
        cmocka_unit_test_setup_teardown(the_same_bytes_every_time, test_folder_set_up, test_folder_tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_overwritten, test_folder_set_up, test_folder_tear_down),
        cmocka_unit_test_setup_teardown(damage_is_noticed, test_folder_set_up, test_folder_tear_down),
#if HAVE_LIBARCHIVE
        cmocka_unit_test_setup_teardown(strange_archives_are_refused, test_folder_set_up, test_folder_tear_down),
        cmocka_unit_test_setup_teardown(a_bomb_is_not_unpacked, test_folder_set_up, test_folder_tear_down),
#endif
        cmocka_unit_test_setup_teardown(without_libarchive_it_is_said, test_folder_set_up, test_folder_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
