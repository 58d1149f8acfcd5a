/*
 * run_own_program.c - `allocbench run -- PROGRAM` as a user starts it: what fails under one arm is that arm's status,
 * what cannot be measured is said before, and a stored run goes on and repeats.
 */
#include "testing.h"

#include <sys/wait.h>

#include "commands/command.h"
#include "experiment/process.h"
#include "store/run_store.h"
#include "store/text.h"

#define SLOW TEST_BUILD_DIR "/arms/slow.so"
#define LINES TEST_BUILD_DIR "/programs/lines"
#define FEW "--blocks 1 --memory-blocks 0 --allocators glibc,slow=" SLOW " --timeout 20 "
#define UNDER_SLOW "case $LD_PRELOAD in *slow.so) "

static char *folder; /* every command runs in it */

static void write_program(const char *name, const char *text) {
    char *path = text_format("%s/%s", folder, name);
    test_write(path, text, strlen(text));
    assert_int_equal(chmod(path, 0755), 0);
    free(path);
}

static int set_up(void **state) {
    static const struct {
        const char *name, *text;
    } scripts[] = {
        {"good", "#!/bin/sh\necho same\n"},
        {"fails", "#!/bin/sh\nexit 3\n"},
        {"fails_there", "#!/bin/sh\n" UNDER_SLOW "exit 3 ;; esac\n"},
        {"prints_there", "#!/bin/sh\n" UNDER_SLOW "echo other ;; *) echo same ;; esac\n"},
        {"hangs_there", "#!/bin/sh\n" UNDER_SLOW "exec sleep 100 ;; esac\n"},
        {"crashes_there", "#!/bin/sh\n" UNDER_SLOW "kill -SEGV $$ ;; esac\n"},
        {"varies", "#!/bin/sh\necho $$\n"},
        {"rate", "#!/bin/sh\necho pid $$\necho rate: 12.5 a second\necho rate: 99 a second\n"},
        {"rate_there", "#!/bin/sh\n" UNDER_SLOW "echo none ;; *) echo rate: 8 ;; esac\n"},
        {"rate_word", "#!/bin/sh\necho rate: high\n"},
        {"writes_there", "#!/bin/sh\n" UNDER_SLOW "echo other ;; *) echo same ;; esac >$1/result\n"},
        {"empties", "#!/bin/sh\nenv -u LD_PRELOAD cat /dev/null\n"},
        {"leaves", "#!/bin/sh\nsleep 100 &\n"},
        {"needs", "#!/bin/sh\ntest -e $1/input && mv $1/input $1/used\n"},
        {"no_header", "echo same\n"},
    };
    (void)state;
    folder = test_folder();
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
        write_program(scripts[i].name, scripts[i].text);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    test_folder_remove(folder);
    return 0;
}

/* Runs a line of shell in the folder in which $A is allocbench; stdout and stderr go into files. Its exit code. */
static int shell(const char *line) {
    char *command = text_format("cd '%s' && A='%s' && { %s\n} >output 2>errors", folder, TEST_ALLOCBENCH, line);
    int status = system(command);
    free(command);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static char *content(const char *name) {
    char *path = text_format("%s/%s", folder, name), bytes[16384];
    FILE *file = fopen(path, "re");
    size_t length = file == NULL ? 0 : fread(bytes, 1, sizeof bytes - 1, file);
    if (file != NULL)
        fclose(file);
    free(path);
    return text_copy_part(bytes, length);
}

static void expect_content(const char *name, const char *part) {
    char *text = content(name);
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in %s:\n%s", part, name, text);
    free(text);
}

static void expect_code(int code, int wanted, const char *line) {
    char *errors = content("errors");
    if (code != wanted)
        fail_msg("code %d, not %d, of: %s\n%s", code, wanted, line, errors);
    free(errors);
}

static Run *load(const char *name) {
    StoreError error = {""};
    char *path = text_format("%s/%s", folder, name);
    Run *run = run_load(path, &error);
    free(path);
    if (run == NULL)
        fail_msg("%s", error.text);
    return run;
}

/* All slots of the arm have this status, and a message that holds this part. */
static void expect_status(const Run *run, const char *arm, SampleStatus status, const char *part, const char *line) {
    size_t found = 0;
    for (size_t i = 0; i < run->sample_count; i++) {
        const Sample *sample = &run->samples[i];
        if (strcmp(run->meta.arms[sample->arm].name, arm) != 0)
            continue;
        found++;
        const char *message = sample->message == NULL ? "" : sample->message;
        if (sample->status != status || strstr(message, part) == NULL)
            fail_msg("%s: %s: %s: %s", line, arm, sample_status_name(sample->status), message);
    }
    assert_true(found > 0);
}

static bool has_hyperfine(void) {
    return process_find("hyperfine", NULL);
}

typedef struct Case {
    const char *line; /* behind `allocbench run` and what keeps it short */
    int code;
    SampleStatus glibc, slow;
    const char *message; /* part of what the slow arm's slots say */
    const char *needs;   /* a program that must be installed; or NULL */
} Case;

static void measure(const Case *one) {
    char *line = text_format("$A run " FEW "--out out %s", one->line);
    expect_code(shell(line), one->code, one->line);
    Run *run = load("out");
    expect_status(run, "glibc", one->glibc, one->glibc == one->slow ? one->message : "", one->line);
    expect_status(run, "slow", one->slow, one->message, one->line);
    if (one->code == EXIT_CODE_SLOTS_FAILED) /* it is a cell of the tables */
        expect_content("output", sample_status_name(one->slow));
    run_free(run);
    char *out = text_format("%s/out", folder);
    test_folder_remove(out);
    free(line);
}

static void each_end_is_a_status_of_its_own(void **state) {
    (void)state;
    static const Case cases[] = {
        {"-- ./good", 0, SAMPLE_OK, SAMPLE_OK, "", NULL},
        {"-- sort --version", 0, SAMPLE_OK, SAMPLE_OK, "", NULL},
        {"--check 'sh -c \"echo done\"' -- sqlite3 :memory: 'select 40 + 2;'", 0, SAMPLE_OK, SAMPLE_OK, "", "sqlite3"},
        {"-- env PYTHONMALLOC=malloc python3 -c \"print('it''s', {1: 'x y'})\"", 0, SAMPLE_OK, SAMPLE_OK, "",
         "python3"},
        {"-- ./fails", 4, SAMPLE_FAILED, SAMPLE_FAILED, "ended with code 3", NULL},
        {"-- ./fails_there", 3, SAMPLE_OK, SAMPLE_FAILED, "ended with code 3", NULL},
        {"-- ./prints_there", 3, SAMPLE_OK, SAMPLE_WRONG_OUTPUT, "--ignore-output", NULL},
        {"--ignore-output -- ./prints_there", 0, SAMPLE_OK, SAMPLE_OK, "", NULL},
        {"--timeout 1 -- ./hangs_there", 3, SAMPLE_OK, SAMPLE_TIMEOUT, "did not end within 1 s", NULL},
        {"-- ./crashes_there", 3, SAMPLE_OK, SAMPLE_CRASHED, "", NULL},
        {"--ignore-output -- ./varies", 0, SAMPLE_OK, SAMPLE_OK, "", NULL},
        {"-- ./leaves", 4, SAMPLE_FAILED, SAMPLE_FAILED, "left a process behind (", NULL},
        {"--check 'cat {scratch}/result' -- ./writes_there {scratch}", 3, SAMPLE_OK, SAMPLE_WRONG_OUTPUT, "", NULL},
        {"--ignore-output --check 'cat {scratch}/result' -- ./writes_there {scratch}", 3, SAMPLE_OK,
         SAMPLE_WRONG_OUTPUT, "", NULL},
        {"--check 'grep same {scratch}/result' -- ./writes_there {scratch}", 3, SAMPLE_OK, SAMPLE_WRONG_OUTPUT,
         "the check of its result (grep same {scratch}/result) ended with code 1", NULL},
        {"--check false -- ./good", 4, SAMPLE_WRONG_OUTPUT, SAMPLE_WRONG_OUTPUT, "(false) ended with code 1", NULL},
        {"--metric 'rate: ([0-9.]+)' -- ./rate", 0, SAMPLE_OK, SAMPLE_OK, "", NULL},
        {"--metric 'rate: ([0-9.]+)' -- ./rate_there", 3, SAMPLE_OK, SAMPLE_FAILED, "matches the metric rate: ", NULL},
        {"--metric 'speed: ([0-9.]+)' -- ./rate", 4, SAMPLE_FAILED, SAMPLE_FAILED, "matches the metric speed: ", NULL},
        {"--metric 'rate: (.*)' -- ./rate_word", 4, SAMPLE_FAILED, SAMPLE_FAILED, "'high', which is no number", NULL},
        {"--prepare 'touch {scratch}/input' -- ./needs {scratch}", 0, SAMPLE_OK, SAMPLE_OK, "", NULL},
        {"--prepare false -- ./good", 4, SAMPLE_FAILED, SAMPLE_FAILED, "--prepare (false) ended with code 1", NULL},
        {"--cleanup 'sh -c \"exit 7\"' -- ./good", 4, SAMPLE_FAILED, SAMPLE_FAILED, "--cleanup (", NULL},
        {"-- ./no_header", 4, SAMPLE_UNSUPPORTED, SAMPLE_UNSUPPORTED, "script with a #! line", NULL},
    };
    if (!has_hyperfine())
        skip();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (cases[i].needs == NULL || process_find(cases[i].needs, NULL))
            measure(&cases[i]);
    }
}

/* Under glibc the child has the C library mapped in any case. */
static void each_child_is_proven(void **state) {
    (void)state;
    if (!has_hyperfine())
        skip();
    expect_code(shell("$A run " FEW "--out out -- ./empties"), EXIT_CODE_SLOTS_FAILED, "./empties");
    Run *run = load("out");
    if (run->samples[0].peak_is_exact) /* by ptrace */
        expect_status(run, "slow", SAMPLE_PRELOAD_FAILED, "was not mapped in cat", "./empties");
    expect_status(run, "glibc", SAMPLE_OK, "", "./empties");
    run_free(run);
}

static void what_nothing_can_be_preloaded_into_is_unsupported(void **state) {
    (void)state;
    if (!has_hyperfine())
        skip();
    write_program("static.c", "int main(void) { return 0; }\n");
    assert_int_equal(shell("cp /bin/true setuid && chmod u+s setuid"), 0);
    static const Case setuid = {"-- ./setuid", 4, SAMPLE_UNSUPPORTED, SAMPLE_UNSUPPORTED, "is setuid", NULL};
    measure(&setuid);
    assert_int_equal(shell("$A run --dry-run -- ./setuid"), EXIT_CODE_OK);
    expect_content("output", "unsupported: ./setuid is setuid");
    if (shell("cc -static static.c -o static") != 0)
        skip();
    static const Case linked = {"-- ./static", 4, SAMPLE_UNSUPPORTED, SAMPLE_UNSUPPORTED, "is linked statically", NULL};
    measure(&linked);
    write_program("script", "#! ./static\n");
    static const Case script = {"-- ./script", 4, SAMPLE_UNSUPPORTED, SAMPLE_UNSUPPORTED, "is linked statically", NULL};
    measure(&script);
}

static void the_rate_is_the_throughput(void **state) {
    (void)state;
    if (!has_hyperfine())
        skip();
    assert_int_equal(shell("$A run " FEW "--out out --name mine --metric 'rate: ([0-9.]+)' -- ./rate"), EXIT_CODE_OK);
    Run *run = load("out");
    assert_string_equal(run->meta.rows[0].name, "mine");
    for (size_t i = 0; i < run->sample_count; i++) {
        const Sample *sample = &run->samples[i];
        double rate = (double)sample->operations * 1e9 / (double)sample->elapsed_ns;
        assert_true(rate > 12.4999999 && rate < 12.5000001);
    }
    run_free(run);
    expect_content("output", "12.50");
}

static void prepare_and_cleanup_run_once_a_slot(void **state) {
    (void)state;
    if (!has_hyperfine())
        skip();
    assert_int_equal(shell("$A run " FEW
                           "--out out --prepare 'sh -c \"echo p >>log\"' --cleanup 'sh -c \"echo c >>log\"' "
                           "--check 'sh -c \"echo k >>log\"' -- ./good && tr -d '\\n' <log"),
                     EXIT_CODE_OK);
    expect_content("output", "pkcpkcpkc"); /* glibc twice, slow once */
    char *output = content("output");
    assert_null(strstr(output, "pkcpkcpkcp"));
    free(output);
}

/* ---- servers ---- */

static void a_server_is_loaded(void **state) {
    (void)state;
    static const struct {
        const char *options, *unit;
    } cases[] = {
        {"--server '" LINES " serve {socket}' --ready '" LINES " ask {socket} 1' --load '" LINES " ask {socket} 200' "
         "--metric 'rate: ([0-9.]+)' --check 'echo kept'",
         "operations"},
        {"--server '" LINES " serve {socket}' --ready '" LINES " ask {socket} 1' --load '" LINES " ask {socket} 200' "
         "--requests 200",
         "requests"},
        {"--server \"" LINES " serve $port\" --ready \"" LINES " ask $port 1\" --load \"" LINES " ask $port 50\"",
         "runs"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *line =
            text_format("port=%d; $A run " FEW "--out out%zu %s", 20000 + (int)getpid() % 20000, i, cases[i].options);
        expect_code(shell(line), EXIT_CODE_OK, line);
        char *out = text_format("out%zu", i);
        Run *run = load(out);
        assert_string_equal(run->meta.rows[0].name, "lines");
        assert_string_equal(run->meta.rows[0].unit, cases[i].unit);
        expect_status(run, "slow", SAMPLE_OK, "", line);
        for (size_t s = 0; s < run->sample_count; s++) {
            const Sample *sample = &run->samples[s];
            assert_true(sample->elapsed_ns > 0 && sample->peak_rss_bytes > 0);
            assert_true((sample->checksum != 0) == (i == 0));
            if (i > 0)
                assert_int_equal(sample->operations, i == 1 ? 200 : 1);
        }
        run_free(run);
        free(out);
        free(line);
    }
}

static void a_server_fails_visibly(void **state) {
    (void)state;
    static const struct {
        const char *ready, *load, *more;
        SampleStatus status;
        const char *message;
    } cases[] = {
        {"true", "false", "", SAMPLE_FAILED, "'false' failed"},
        {"true", "echo much", "--metric 'rate: ([0-9]+)'", SAMPLE_FAILED, "matches the metric"},
        {"true", "true", "--metric 'rate: ([0-9]+)'", SAMPLE_FAILED, "printed nothing"},
        {"true", "true", "--check false", SAMPLE_WRONG_OUTPUT, "'false' failed"},
        {"false", "true", "--timeout 1", SAMPLE_TIMEOUT, "did not answer"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *line =
            text_format("$A run " FEW "--out out%zu --server '" LINES " serve {socket}' --ready '%s' --load '%s' %s", i,
                        cases[i].ready, cases[i].load, cases[i].more);
        expect_code(shell(line), EXIT_CODE_NOTHING_MEASURED, line);
        char *out = text_format("out%zu", i);
        Run *run = load(out);
        expect_status(run, "slow", cases[i].status, cases[i].message, line);
        run_free(run);
        free(out);
        free(line);
    }
}

/* ---- on the command line ---- */

static void mistakes_are_one_line(void **state) {
    (void)state;
    static const struct {
        const char *line, *message;
    } cases[] = {
        {"-- no-such-program-here", "'no-such-program-here' is in no folder of PATH"},
        {"-- good", "write ./good for one that lies here"},
        {"-- ./absent", "./absent is no program that can be started"},
        {"-- .", "'.' is in no folder of PATH"},
        {"--", "nothing stands behind '--'"},
        {"-- ''", "'' is in no folder"},
        {"--check 'no-such-check x' -- ./good", "--check: 'no-such-check' is in no folder"},
        {"--check 'a | b' -- ./good", "without a shell"},
        {"--prepare \"a 'b\" -- ./good", "--prepare: a 'b is no command"},
        {"--cleanup ./absent -- ./good", "--cleanup: ./absent is no program"},
        {"--metric 'a(b' -- ./good", "--metric a(b: is no regular expression: "},
        {"--metric 'rate [0-9]+' -- ./good", "has no group"},
        {"--name a/b -- ./good", "cannot be called 'a/b'"},
        {"--name '' -- ./good", "cannot be called ''"},
        {"--check true", "--check belongs to a program of yours"},
        {"--ignore-output", "--ignore-output belongs to a program of yours"},
        {"--ready true -- ./good", "--ready belongs to a server"},
        {"--server ./good --ready true", "--server needs --load CMD"},
        {"--server ./good --load true", "--server needs --ready CMD"},
        {"--server ./good --ready true --load true -- ./good", "exclude each other"},
        {"--server ./good --ready true --load true --ignore-output", "is not compared anyway"},
        {"--server ./good --ready true --load true --requests 0", "--requests 0: must be"},
        {"--server ./good --ready true --load true --requests 2 --metric '(a)'", "both say what is counted"},
        {"--server ./absent --ready true --load true", "--server: ./absent is no program"},
        {"quick -- ./good", "quick does not go with '-- PROGRAM'"},
        {"--workloads larson -- ./good", "--workloads does not go with '-- PROGRAM'"},
        {"--threads 1,2 -- ./good", "--threads does not go with"},
        {"--set size=1 -- ./good", "--set does not go with"},
        {"--slot-ms 5 -- ./good", "--slot-ms does not go with"},
        {"--work-from x -- ./good", "--work-from does not go with"},
        {"--counters -- ./good", "--counters does not go with"},
        {"--pin -- ./good", "--pin does not go with"},
        {"--mode latency -- ./good", "--mode does not go with"},
        {"--resume -- ./good", "--resume goes on with the stored plan"},
        {"--resume --check true", "--resume goes on with the stored plan"},
        {"--blocks many -- ./good", "--blocks many"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *line = text_format("$A run %s", cases[i].line);
        expect_code(shell(line), EXIT_CODE_USAGE, line);
        expect_content("errors", cases[i].message);
        char *errors = content("errors"), *end = strchr(errors, '\n');
        if (strncmp(errors, "allocbench: ", 12) != 0 || end == NULL || end[1] != '\0')
            fail_msg("no single line: %s", errors);
        free(errors);
        free(line);
    }
}

/* What stands behind "--" is the program's, help included; before it, it is ours. */
static void words_belong_to_the_program(void **state) {
    (void)state;
    assert_int_equal(shell("$A run --dry-run --thp never --name 'a b' -- sort --help -o 'it'\\''s $HOME' --threads"),
                     EXIT_CODE_OK);
    expect_content("output", "a b thp=never");
    expect_content("output", "sort --help -o 'it'\\''s $HOME' --threads, without huge pages");
    assert_int_equal(shell("$A run --help -- sort"), EXIT_CODE_OK);
    expect_content("output", "--ignore-output");
    expect_content("output", "A program of your own");
}

static void a_run_goes_on_and_repeats(void **state) {
    (void)state;
    if (!has_hyperfine())
        skip();
    static const char line[] = "run " FEW "--seed 7 --thp inherit,never --out out --check 'echo kept' --name it -- "
                               "./good \"a 'b\"";
    char *command = text_format("$A %s", line);
    expect_code(shell(command), EXIT_CODE_OK, line);
    free(command);
    Run *run = load("out");
    assert_int_equal(run->meta.row_count, 2);
    assert_string_equal(run->meta.rows[1].name, "it thp=never");
    assert_non_null(strstr(run->meta.rows[1].own_program, "\"check\":\"echo kept\""));
    size_t samples = run->sample_count;
    uint64_t checksum = run->samples[0].checksum;
    run_free(run);

    /* Half of it is lost: the rest comes from what is stored, the check included. */
    assert_int_equal(
        shell("head -n 2 out/samples.jsonl >kept && mv kept out/samples.jsonl && $A run --resume --out out"),
        EXIT_CODE_OK);
    run = load("out");
    assert_int_equal(run->sample_count, samples);
    assert_int_equal(run->samples[samples - 1].checksum, checksum);
    /* The stored command makes the same run again. */
    command = text_format("mv out first && $A %s", run->meta.command + strlen("allocbench "));
    expect_code(shell(command), EXIT_CODE_OK, command);
    free(command);
    run_free(run);
    run = load("out");
    assert_int_equal(run->samples[0].checksum, checksum);
    run_free(run);
    assert_int_equal(shell("$A compare first && $A compare first out"), EXIT_CODE_OK);
    expect_content("output", "allocbench run --blocks 1");
    char *output = content("output");
    assert_null(strstr(output, "not compared"));
    free(output);

    /* Another check is other work; another program cannot be resumed. */
    assert_int_equal(shell("$A run " FEW "--seed 7 --thp inherit,never --out third --name it -- ./good \"a 'b\""),
                     EXIT_CODE_OK);
    assert_int_equal(shell("$A compare first third"), EXIT_CODE_USAGE);
    expect_content("errors", "it: work differs: --prepare");
    write_program("good", "#!/bin/sh\necho changed\n");
    assert_int_equal(shell("$A run --resume --out out"), EXIT_CODE_USAGE);
    expect_content("errors", "program 'it' is not the one");
}

/* Several runs may begin within a second: none takes another's folder. */
static void runs_of_one_second_have_folders(void **state) {
    (void)state;
    assert_int_equal(shell("for i in 1 2 3; do $A run --blocks 1 --memory-blocks 0 --allocators glibc --no-table -- "
                           "./no_header; done; ls results/runs; ls -d results/runs/*/run.json | wc -l"),
                     EXIT_CODE_OK);
    expect_content("output", "\n3\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_end_is_a_status_of_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_child_is_proven, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_nothing_can_be_preloaded_into_is_unsupported, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_rate_is_the_throughput, set_up, tear_down),
        cmocka_unit_test_setup_teardown(prepare_and_cleanup_run_once_a_slot, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_server_is_loaded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_server_fails_visibly, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mistakes_are_one_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(words_belong_to_the_program, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_run_goes_on_and_repeats, set_up, tear_down),
        cmocka_unit_test_setup_teardown(runs_of_one_second_have_folders, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
