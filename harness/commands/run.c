/*
 * run.c - `allocbench run`: plan, measure, store, and print the tables of what was measured.
 */
#include "command.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../experiment/experiment.h"
#include "../experiment/host.h"
#include "../report/report.h"
#include "conclusive.h"
#include "progress.h"
#include "run_options.h"
#include "run_plan.h"

#define RUNS_FOLDER "results/runs"
#define LATEST_LINK "results/latest"

static volatile sig_atomic_t stop_requested;

static void request_stop(int number) {
    (void)number;
    stop_requested = 1;
}

/* Without SA_RESTART: what waits is to return and look at the flag. What the caller ignores stays ignored: nohup. */
static void catch_signals(void) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = request_stop}, before;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
}

/* results/latest -> runs/<id>; that it cannot be made is no reason to lose a run. */
static void link_latest(const char *folder) {
    const char *name = strrchr(folder, '/') + 1;
    char *target = text_format("runs/%s", name);
    char *aside = text_format(LATEST_LINK ".%ld", (long)getpid());
    (void)unlink(aside);
    if (symlink(target, aside) != 0 || rename(aside, LATEST_LINK) != 0) {
        fprintf(stderr, "allocbench: note: " LATEST_LINK " does not point to this run: %s\n", strerror(errno));
        (void)unlink(aside);
    }
    free(aside);
    free(target);
}

static void warn_of_variables(void) {
    char *variables = host_allocator_variables();
    if (*variables != '\0')
        fprintf(stderr, "allocbench: note: these reach every slot: %s (unset them for the allocators' defaults)\n",
                variables);
    free(variables);
}

/* A path that was mistyped is worth knowing before minutes of measuring, not after them. */
static void warn_of_arms(const RunMeta *meta) {
    for (size_t i = 0; i < meta->arm_count; i++) {
        const Arm *arm = &meta->arms[i];
        if (arm->reason != NULL)
            fprintf(stderr, "allocbench: note: %s %s: %s\n", arm->name, arm->available ? "will fail" : "is skipped",
                    arm->reason);
    }
}

/* Rows that a workload refuses stay in the table without a value; in a large sweep that is long after. */
static void warn_of_rows(const RunMeta *meta) {
    const Row *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < meta->row_count; i++) {
        if (meta->rows[i].unsupported == NULL)
            continue;
        count++;
        first = first == NULL ? &meta->rows[i] : first;
    }
    if (first != NULL)
        fprintf(stderr, "allocbench: note: %zu of %zu rows will be unsupported; %s: %s\n", count, meta->row_count,
                first->name, first->unsupported);
}

/* What the slots came to, from what is on file; the exit code follows. */
static int judge_run(const Run *run) {
    size_t ok = 0, failed = 0;
    for (size_t i = 0; i < run->sample_count; i++) {
        SampleStatus status = run->samples[i].status;
        ok += status == SAMPLE_OK ? 1 : 0;
        failed += status != SAMPLE_OK && status != SAMPLE_UNSUPPORTED ? 1 : 0;
    }
    if (ok == 0)
        return EXIT_CODE_NOTHING_MEASURED;
    return failed > 0 ? EXIT_CODE_SLOTS_FAILED : EXIT_CODE_OK;
}

static const char *reason_of(const BlockAttempt *attempt) {
    static const char prefix[] = "disturbed: ";
    const char *reason = attempt->reason == NULL ? "no reason on file" : attempt->reason;
    return strncmp(reason, prefix, strlen(prefix)) == 0 ? reason + strlen(prefix) : reason;
}

/* One line: how many blocks, and how many of them for each reason. */
static void tell_blocks(const char *what, const BlockAttempt *attempts, size_t count) {
    if (count == 0)
        return;
    fprintf(stderr, "allocbench: note: %zu block%s %s:", count, count == 1 ? " was" : "s were", what);
    const char *separator = "";
    for (size_t i = 0; i < count; i++) {
        size_t before = 0, same = 0;
        for (size_t j = 0; j < count; j++) {
            bool equal = strcmp(reason_of(&attempts[i]), reason_of(&attempts[j])) == 0;
            before += equal && j < i;
            same += equal;
        }
        if (before > 0)
            continue;
        fprintf(stderr, "%s %zu for '%s'", separator, same, reason_of(&attempts[i]));
        separator = ",";
    }
    fputc('\n', stderr);
}

/* The first number of /proc/loadavg is the mean of the last minute. */
static void tell_load(const Run *run) {
    json_t *host = json_loads(run->meta.host_json == NULL ? "{}" : run->meta.host_json, 0, NULL);
    const json_t *start = json_object_get(host, "at_start");
    const char *begin = json_string_value(json_object_get(start == NULL ? host : start, "load"));
    const char *end = run->load_at_end;
    if (begin != NULL && end != NULL)
        fprintf(stderr, "allocbench: note: load average %.*s when the run began, %.*s when it ended\n",
                (int)strcspn(begin, " "), begin, (int)strcspn(end, " "), end);
    json_decref(host);
}

static int finish(const RunOptions *options, const char *folder, ExperimentEnd end) {
    StoreError error;
    Run *run = run_load(folder, &error);
    if (run == NULL)
        return failure("%s", error.text);
    int code = judge_run(run);
    if (end == EXPERIMENT_OUT_OF_TIME)
        fprintf(stderr,
                "allocbench: note: the time given by --max-time is over before all blocks were measured; "
                "'%s run --resume --out %s' goes on\n",
                program_invocation_name, folder);
    tell_blocks("measured again", run->discarded, run->discarded_blocks);
    tell_blocks("kept all the same, since no more may be redone", run->disturbed, run->disturbed_blocks);
    tell_load(run);
    if (!options->no_table && code != EXIT_CODE_NOTHING_MEASURED && report_print_run(run, stdout) != 0)
        code = failure("cannot write the tables to stdout");
    if (code == EXIT_CODE_NOTHING_MEASURED)
        fprintf(stderr, "allocbench: nothing could be measured%s%s\n",
                run->sample_count > 0 && run->samples[0].message != NULL ? ": " : "",
                run->sample_count > 0 && run->samples[0].message != NULL ? run->samples[0].message : "");
    else
        printf("\nThe run is in %s. Charts: %s charts %s\n", folder, program_invocation_name, folder);
    if (fflush(stdout) != 0)
        code = failure("cannot write to stdout: %s", strerror(errno));
    if (code == EXIT_CODE_OK && options->strict && !run_is_conclusive(run)) {
        fputs("allocbench: --strict: a row is imprecise, unstable or has too few blocks\n", stderr);
        code = EXIT_CODE_NOT_CONCLUSIVE;
    }
    run_free(run);
    return code;
}

static int measure(const RunOptions *options, const char *folder, Experiment *experiment, RunWriter *writer,
                   ProgressLine *line) {
    StoreError error = {""};
    ExperimentEnd end = experiment_run(experiment, folder, writer, &error);
    progress_clear(line);
    run_writer_close(writer);
    if (end == EXPERIMENT_FAILED)
        return failure("%s", error.text);
    if (end == EXPERIMENT_INTERRUPTED) {
        fprintf(stderr, "allocbench: interrupted; '%s run --resume --out %s' goes on\n", program_invocation_name,
                folder);
        return EXIT_CODE_INTERRUPTED;
    }
    return finish(options, folder, end);
}

static Experiment make_experiment(RunMeta *meta, const Catalogue *catalogue, uint64_t max_time_s, ProgressLine *line) {
    progress_start(line);
    return (Experiment){
        .meta = meta,
        .catalogue = catalogue,
        .stop = &stop_requested,
        .max_time_ns = max_time_s * 1000000000,
        .progress = progress_show,
        .user = line,
    };
}

static int run_resumed(const RunOptions *options, const Catalogue *catalogue) {
    StoreError error = {""};
    char *folder = options->out != NULL ? text_copy(options->out) : realpath(LATEST_LINK, NULL);
    if (folder == NULL)
        return usage_error(LATEST_LINK ": %s; name the run with --out", strerror(errno));
    Run *run = run_load(folder, &error);
    RunWriter *writer = NULL;
    int code = EXIT_CODE_OK;
    if (run == NULL || !run_plan_is_unchanged(&run->meta, catalogue, &error) ||
        (writer = run_writer_resume(folder, &error)) == NULL) {
        code = usage_error("%s", error.text);
    } else {
        ProgressLine line;
        Experiment experiment = make_experiment(&run->meta, catalogue, options->max_time_s, &line);
        catch_signals();
        warn_of_variables();
        code = measure(options, folder, &experiment, writer, &line);
    }
    run_free(run);
    free(folder);
    return code;
}

/* The folder of a run without --out; another that began within the same second may have taken the name. */
static char *default_folder(RunMeta *meta) {
    char *first = meta->id, *folder = text_format(RUNS_FOLDER "/%s", first);
    meta->id = text_copy(first);
    for (unsigned i = 2; access(folder, F_OK) == 0; i++) {
        free(meta->id);
        free(folder);
        meta->id = text_format("%s-%u", first, i);
        folder = text_format(RUNS_FOLDER "/%s", meta->id);
    }
    free(first);
    return folder;
}

static int run_planned(const RunOptions *options, uint64_t max_time_s, RunMeta *meta, const Catalogue *catalogue) {
    StoreError error = {""};
    char *folder = options->out != NULL ? text_copy(options->out) : default_folder(meta);
    ProgressLine line;
    Experiment experiment = make_experiment(meta, catalogue, max_time_s, &line);
    if (!run_plan_folder_is_usable(folder, &error)) {
        free(folder);
        return usage_error("%s", error.text);
    }
    catch_signals();
    warn_of_variables();
    warn_of_arms(meta);
    ExperimentEnd end = experiment_fit_work(&experiment, &error);
    progress_clear(&line);
    int code;
    RunWriter *writer;
    if (end == EXPERIMENT_INTERRUPTED) {
        fputs("allocbench: interrupted before the first slot; nothing was stored\n", stderr);
        code = EXIT_CODE_INTERRUPTED;
    } else if (end == EXPERIMENT_FAILED || (writer = run_writer_create(folder, meta, &error)) == NULL) {
        code = usage_error("%s", error.text);
    } else {
        if (options->out == NULL)
            link_latest(folder);
        warn_of_rows(meta);
        code = measure(options, folder, &experiment, writer, &line);
    }
    free(folder);
    return code;
}

/* What a run would refuse is refused here, too. */
static int show_plan(const RunOptions *options, RunMeta *meta, const Catalogue *catalogue) {
    StoreError error = {""};
    Experiment experiment = {.meta = meta, .catalogue = catalogue, .stop = &stop_requested};
    if (options->out != NULL && !run_plan_folder_is_usable(options->out, &error))
        return usage_error("%s", error.text);
    catch_signals();
    switch (experiment_check_rows(&experiment, &error)) {
    case EXPERIMENT_FAILED:
        return usage_error("%s", error.text);
    case EXPERIMENT_INTERRUPTED:
        return EXIT_CODE_INTERRUPTED;
    default:
        return run_plan_print(meta, stdout) ? EXIT_CODE_OK : failure("cannot write to stdout");
    }
}

static int run_suite(const RunOptions *options, const Catalogue *catalogue, int argc, char **argv) {
    StoreError error = {""};
    Suite *suite = options->choices.own != NULL ? suite_without_rows("program")
                                                : suite_load(options->suite == NULL ? "quick" : options->suite, &error);
    if (suite == NULL)
        return usage_error("%s", error.text);
    RunMeta meta;
    int code;
    if (!assemble_run(suite, &options->choices, catalogue, &meta, &error)) {
        code = usage_error("%s", error.text);
    } else {
        run_plan_stamp(&meta, argc, argv);
        if (options->dry_run)
            code = show_plan(options, &meta, catalogue);
        else
            code = run_planned(options, options->max_time_s > 0 ? options->max_time_s : suite->max_time_s, &meta,
                               catalogue);
        run_meta_release(&meta);
    }
    suite_free(suite);
    return code;
}

int command_run(int argc, char **argv) {
    RunOptions options;
    int code = run_options_read(argc, argv, &options);
    if (code == EXIT_CODE_OK) {
        note_missing_workload_folders();
        Catalogue catalogue = catalogue_load();
        code = options.resume ? run_resumed(&options, &catalogue) : run_suite(&options, &catalogue, argc, argv);
        catalogue_release(&catalogue);
    }
    run_options_release(&options);
    return code;
}
