/*
 * compare.c - allocbench compare: judge one stored run, or two against each other.
 */
#include "command.h"

#include <stdlib.h>
#include <string.h>

#include "../report/report.h"
#include "arguments.h"
#include "conclusive.h"

enum { KEY_REFERENCE = 'r', KEY_FORMAT = 'f', KEY_METRIC = 'm', KEY_STRICT = 's' };
enum { MAXIMUM_METRICS = 2 };

typedef struct CompareOptions {
    const char *folders[2];
    size_t folder_count;
    const char *reference; /* NULL: the run's baseline */
    ReportFormat format;
    Metric metrics[MAXIMUM_METRICS];
    size_t metric_count;
    bool strict;
} CompareOptions;

static bool parse_format(const char *name, ReportFormat *format) {
    static const char *const names[] = {
        [REPORT_TEXT] = "text", [REPORT_MARKDOWN] = "markdown", [REPORT_CSV] = "csv", [REPORT_JSON] = "json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i])) {
            *format = (ReportFormat)i;
            return true;
        }
    return false;
}

static bool parse_metric(const char *name, CompareOptions *options) {
    bool both = !strcmp(name, "both");
    options->metric_count = 0;
    if (both || !strcmp(name, "throughput"))
        options->metrics[options->metric_count++] = METRIC_THROUGHPUT;
    if (both || !strcmp(name, "memory"))
        options->metrics[options->metric_count++] = METRIC_PEAK_RSS;
    return options->metric_count > 0;
}

static error_t parse_option(int key, char *argument, struct argp_state *state) {
    CompareOptions *options = state->input;
    switch (key) {
    case KEY_REFERENCE:
        options->reference = argument;
        return 0;
    case KEY_FORMAT:
        if (!parse_format(argument, &options->format))
            exit(usage_error("--format %s is unknown: use text, markdown, csv or json", argument));
        return 0;
    case KEY_METRIC:
        if (!parse_metric(argument, options))
            exit(usage_error("--metric %s is unknown: use throughput, memory or both", argument));
        return 0;
    case KEY_STRICT:
        options->strict = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->folder_count == 2)
            exit(usage_error("compare takes one run or two, \"%s\" is a third", argument));
        options->folders[options->folder_count++] = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        exit(usage_error("compare needs the folder of a run: allocbench compare RUN [RUN2]"));
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option OPTIONS[] = {
    {"ref", KEY_REFERENCE, "ARM", 0, "Compare with this arm instead of the run's baseline", 0},
    {"format", KEY_FORMAT, "FORMAT", 0, "text (default), markdown, csv or json", 0},
    {"metric", KEY_METRIC, "METRIC", 0, "throughput, memory or both (default)", 0},
    {"strict", KEY_STRICT, NULL, 0, "Exit with 5 when a row is imprecise, unstable or has too few blocks", 0},
    {0},
};

static const struct argp ARGP = {
    .options = OPTIONS,
    .parser = parse_option,
    .args_doc = "RUN [RUN2]",
    .doc = "Judge a stored run: every arm against the baseline, with intervals and verdicts. With two runs: how far "
           "each arm moved against its own run's baseline.\v"
           "Exit status: 0 compared, 1 the output could not be written, 2 usage or a bad run, 5 see --strict.",
};

static bool find_reference(const Run *run, const char *name, uint32_t *reference) {
    *reference = run->meta.baseline;
    if (!name)
        return true;
    for (uint32_t arm = 0; arm < run->meta.arm_count; arm++)
        if (!strcmp(run->meta.arms[arm].name, name)) {
            *reference = arm;
            return run->meta.arms[arm].available;
        }
    return false;
}

static int compare_arms(const Run *run, const CompareOptions *options) {
    uint32_t reference;
    if (!find_reference(run, options->reference, &reference))
        return usage_error("--ref %s is no arm that this run measured: see the table's first lines for their names",
                           options->reference);
    Comparison *comparisons[MAXIMUM_METRICS] = {NULL};
    bool conclusive = true;
    for (size_t i = 0; i < options->metric_count; i++) {
        comparisons[i] = comparison_of_run(run, options->metrics[i], reference);
        conclusive = conclusive && comparison_is_conclusive(comparisons[i]);
    }
    int written = report_print_comparisons(run, (const Comparison *const *)comparisons, options->metric_count,
                                           options->format, stdout);
    for (size_t i = 0; i < options->metric_count; i++)
        comparison_free(comparisons[i]);
    if (written != 0)
        return failure("the table could not be written to standard output");
    return options->strict && !conclusive ? EXIT_CODE_NOT_CONCLUSIVE : EXIT_CODE_OK;
}

static int compare_runs(const Run *first, const Run *second, const CompareOptions *options) {
    if (options->reference)
        return usage_error("--ref does not apply to two runs: each is compared with its own baseline");
    char *refusal = run_shift_refusal(first, second);
    if (refusal) {
        int code = usage_error("%s", refusal);
        free(refusal);
        return code;
    }
    RunShift *shifts[MAXIMUM_METRICS] = {NULL};
    bool conclusive = true;
    for (size_t i = 0; i < options->metric_count; i++) {
        shifts[i] = run_shift_of_runs(first, second, options->metrics[i]);
        for (size_t c = 0; c < shifts[i]->cell_count; c++)
            conclusive = conclusive && !shifts[i]->cells[c].refused && shifts[i]->cells[c].verdict != VERDICT_TOO_FEW;
    }
    int code = options->strict && !conclusive ? EXIT_CODE_NOT_CONCLUSIVE : EXIT_CODE_OK;
    if (shifts[0]->cell_count == 0)
        code = usage_error("the two runs have no row and arm of the same name in common");
    else if (shifts[0]->compared == 0)
        code = usage_error("%s: %s", shifts[0]->cells[0].row, shifts[0]->cells[0].refused);
    else if (report_print_shifts((const RunShift *const *)shifts, options->metric_count, options->format, stdout) != 0)
        code = failure("the table could not be written to standard output");
    for (size_t i = 0; i < options->metric_count; i++)
        run_shift_free(shifts[i]);
    return code;
}

int command_compare(int argc, char **argv) {
    CompareOptions options = {.metrics = {METRIC_THROUGHPUT, METRIC_PEAK_RSS}, .metric_count = MAXIMUM_METRICS};
    int code = arguments_parse(&ARGP, "compare", argc, argv, &options);
    if (code != EXIT_CODE_OK)
        return code;
    Run *runs[2] = {NULL, NULL};
    for (size_t i = 0; i < options.folder_count && code == EXIT_CODE_OK; i++) {
        StoreError error;
        runs[i] = run_load(options.folders[i], &error);
        if (!runs[i])
            code = usage_error("%s", error.text);
    }
    if (code == EXIT_CODE_OK)
        code = runs[1] ? compare_runs(runs[0], runs[1], &options) : compare_arms(runs[0], &options);
    run_free(runs[0]);
    run_free(runs[1]);
    return code;
}
