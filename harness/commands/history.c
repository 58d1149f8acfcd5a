/*
 * history.c - allocbench history: ratios of the runs of many commits in one file, as CSV and as a chart.
 */
#include "command.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../report/chart_history.h"
#include "../report/gnuplot.h"
#include "../report/report.h"
#include "../store/text.h"
#include "arguments.h"
#include "drawing.h"

#define DEFAULT_FILE "results/history.jsonl"
#define ENDING ".jsonl"

enum { KEY_OUTPUT = 'o', KEY_FILE = 'f', KEY_HOST = 0x100 };

typedef struct HistoryOptions {
    const char *action, *run; /* NULL: not given */
    const char *file, *host, *output;
} HistoryOptions;

static error_t parse_option(int key, char *argument, struct argp_state *state) {
    HistoryOptions *options = state->input;
    switch (key) {
    case KEY_FILE:
        options->file = argument;
        return 0;
    case KEY_HOST:
        options->host = argument;
        return 0;
    case KEY_OUTPUT:
        options->output = argument;
        return 0;
    case ARGP_KEY_ARG:
        if (options->run)
            exit(usage_error("'%s' is one argument too many: history add RUN, history csv or history chart", argument));
        *(options->action ? &options->run : &options->action) = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option OPTIONS[] = {
    {"file", KEY_FILE, "FILE", 0, "The history [" DEFAULT_FILE "]", 0},
    {"host", KEY_HOST, "NAME", 0,
     "add: what the machine is called, for instance one name for a pool of equal machines [its id in the run, or else "
     "its host name]",
     0},
    {"out", KEY_OUTPUT, "DIR", 0, "chart: folder for the pictures [FILE without its ending]", 0},
    {0},
};

static const struct argp ARGP = {
    .options = OPTIONS,
    .parser = parse_option,
    .args_doc = "add RUN\ncsv\nchart",
    .doc = "Follow the ratios to the baseline from commit to commit. 'add' appends one line for a run: commit, date, "
           "host and, for each arm and metric, the geometric mean and every row with intervals. 'csv' prints all lines "
           "as a table. 'chart' draws the means, a panel for each host and metric; hosts are never joined.\v"
           "Exit status: 0 done, 1 a file could not be written or gnuplot failed, 2 usage, a bad run or a bad history, "
           "7 gnuplot is missing.",
};

/* ---- add ---- */

static const char *text_of(const json_t *host, const char *key) {
    const char *text = json_string_value(json_object_get(host, key));
    return text != NULL ? text : "";
}

static void add_metric(HistoryEntry *entry, const Run *run, Metric metric) {
    Comparison *comparison = comparison_of_run(run, metric, run->meta.baseline);
    const char *key = metric_info(metric)->key;
    for (uint32_t arm = 0; arm < run->meta.arm_count; arm++) {
        if (arm == run->meta.baseline || !run->meta.arms[arm].available)
            continue;
        const char *name = run->meta.arms[arm].name;
        Interval mean = comparison->geometric_mean[arm];
        history_entry_add(entry, (HistoryRatio){.metric = text_copy(key),
                                                .arm = text_copy(name),
                                                .ratio = mean.estimate,
                                                .low = mean.low,
                                                .high = mean.high,
                                                .rows = comparison->geometric_mean_rows[arm]});
        for (size_t r = 0; r < comparison->row_count; r++) {
            const ComparisonRow *row = &comparison->rows[r];
            const Cell *cell = row->applies ? comparison_cell(row, arm, false) : NULL;
            if (cell == NULL)
                continue;
            history_entry_add(entry, (HistoryRatio){.metric = text_copy(key),
                                                    .arm = text_copy(name),
                                                    .row = text_copy(run->meta.rows[row->row].name),
                                                    .ratio = cell->ratio.estimate,
                                                    .low = cell->ratio.low,
                                                    .high = cell->ratio.high,
                                                    .verdict = text_copy(verdict_name(cell->verdict, metric))});
        }
    }
    comparison_free(comparison);
}

static char *machine_of(const json_t *host) {
    long long cores = (long long)json_integer_value(json_object_get(host, "cpus_allowed"));
    const char *model = text_of(host, "cpu_model");
    return text_format("%s, %lld core%s", *model ? model : "unknown processor", cores, cores == 1 ? "" : "s");
}

/* Everything that the run has ratios of. */
static HistoryEntry entry_of(const Run *run, const json_t *host, const char *host_name) {
    const RunMeta *meta = &run->meta;
    const char *id = text_of(host, "machine_id");
    HistoryEntry entry = {.commit = text_copy(text_of(host, "commit")),
                          .dirty = json_is_true(json_object_get(host, "dirty")),
                          .date = text_copy(meta->created),
                          .host = text_copy(host_name ? host_name
                                            : *id     ? id
                                                      : text_of(host, "hostname")),
                          .machine = machine_of(host),
                          .suite = text_copy(meta->suite),
                          .mode = text_copy(run_mode_name(meta->mode)),
                          .run = text_copy(meta->id),
                          .baseline = text_copy(meta->arms[meta->baseline].name)};
    Metric metrics[METRIC_COUNT];
    size_t count = metrics_of_run(run, metrics);
    for (size_t i = 0; i < count; i++)
        if (!metric_is_ratio_free(metrics[i]))
            add_metric(&entry, run, metrics[i]);
    return entry;
}

static int add_run(const Run *run, const json_t *host, const HistoryOptions *options) {
    if (json_is_array(host))
        return usage_error("%s is united from several hosts; add the runs that it was made of", options->run);
    HistoryEntry entry = entry_of(run, host, options->host);
    StoreError error;
    int code = EXIT_CODE_OK;
    if (*entry.commit == '\0')
        code =
            usage_error("%s does not say from which commit it is: it was measured outside a git clone, or without git",
                        options->run);
    else if (*entry.host == '\0')
        code = usage_error("%s does not say on which machine it was measured; name it by --host", options->run);
    else if (entry.ratio_count == 0)
        code = usage_error("%s has no ratios to its baseline: a history needs a second arm that was measured",
                           options->run);
    else if (!history_append(options->file, &entry, &error))
        code = usage_error("%s", error.text);
    else
        printf("%s: added %s, commit %.12s%s, host %s\n", options->file, entry.run, entry.commit,
               entry.dirty ? " with changes" : "", entry.host);
    history_entry_release(&entry);
    return code;
}

static int add(const HistoryOptions *options) {
    if (options->run == NULL)
        return usage_error("history add needs a run, its folder or archive: allocbench history add RUN");
    StoreError error;
    Run *run = run_load(options->run, &error);
    if (run == NULL)
        return usage_error("%s", error.text);
    json_t *host = run->meta.host_json != NULL ? json_loads(run->meta.host_json, 0, NULL) : NULL;
    int code = add_run(run, host, options);
    json_decref(host);
    run_free(run);
    return code;
}

/* ---- csv and chart ---- */

static int draw(const History *history, const char *folder) {
    char *version = gnuplot_version();
    if (version == NULL)
        return drawing_without_gnuplot();
    free(version);
    char *scripts = drawing_scripts();
    if (scripts == NULL)
        return EXIT_CODE_FAILURE;
    char *data = text_format("%s/data", folder);
    int pages = drawing_make_folders(data) ? chart_write_history(history, folder) : -1;
    int code = pages < 0    ? failure("%s: %s; choose another folder with --out", folder, strerror(errno))
               : pages == 0 ? usage_error("the history has no geometric mean to draw: add a run with two rows or more")
                            : EXIT_CODE_OK;
    static const char *const formats[] = {"svg", "png"};
    for (size_t f = 0; f < 2 && code == EXIT_CODE_OK; f++)
        code = drawing_pages(scripts, folder, CHART_HISTORY_NAME, (size_t)pages, formats[f]);
    for (size_t f = 0; f < 2 && code == EXIT_CODE_OK; f++)
        drawing_print_pages(folder, CHART_HISTORY_NAME, (size_t)pages, formats[f]);
    free(data);
    free(scripts);
    return code;
}

static int draw_chart(const History *history, const HistoryOptions *options) {
    size_t length = strlen(options->file), ending = strlen(ENDING);
    bool has_ending = length > ending && strcmp(options->file + length - ending, ENDING) == 0;
    char *folder = options->output ? text_copy(options->output)
                   : has_ending    ? text_copy_part(options->file, length - ending)
                                   : text_format("%s-charts", options->file);
    int code = draw(history, folder);
    free(folder);
    return code;
}

static int show(const HistoryOptions *options, bool as_chart) {
    if (options->run != NULL)
        return usage_error("'%s' is one argument too many: only 'history add' takes a run", options->run);
    StoreError error;
    History *history = history_load(options->file, false, &error);
    if (history == NULL)
        return usage_error("%s", error.text);
    if (history->unreadable_lines > 0)
        fprintf(stderr, "allocbench: note: %s: %zu line%s cannot be read and %s left out\n", options->file,
                history->unreadable_lines, history->unreadable_lines == 1 ? "" : "s",
                history->unreadable_lines == 1 ? "is" : "are");
    int code = as_chart ? draw_chart(history, options)
               : report_print_history(history, stdout) == 0
                   ? EXIT_CODE_OK
                   : failure("the table could not be written to standard output");
    history_free(history);
    return code;
}

int command_history(int argc, char **argv) {
    HistoryOptions options = {.file = DEFAULT_FILE};
    int code = arguments_parse(&ARGP, "history", argc, argv, &options);
    if (code != EXIT_CODE_OK)
        return code;
    if (options.action == NULL)
        return usage_error("history needs to know what: history add RUN, history csv or history chart");
    if (strcmp(options.action, "add") == 0)
        return add(&options);
    if (strcmp(options.action, "csv") == 0)
        return show(&options, false);
    if (strcmp(options.action, "chart") == 0)
        return show(&options, true);
    return usage_error("'history %s' is unknown: use history add RUN, history csv or history chart", options.action);
}
