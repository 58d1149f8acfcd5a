/*
 * merge.c - allocbench merge: runs of several hosts, or of one host, as one run.
 */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../store/run_merge.h"
#include "../store/text.h"
#include "arguments.h"

enum { KEY_OUTPUT = 'o' };

typedef struct MergeOptions {
    TextList runs;
    char *output; /* NULL: not given */
} MergeOptions;

static error_t parse_option(int key, char *argument, struct argp_state *state) {
    MergeOptions *options = state->input;
    switch (key) {
    case KEY_OUTPUT:
        free(options->output);
        options->output = text_copy(argument);
        for (size_t length = strlen(argument); length > 1 && options->output[length - 1] == '/'; length--)
            options->output[length - 1] = '\0';
        return 0;
    case ARGP_KEY_ARG:
        text_list_add(&options->runs, text_copy(argument));
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option OPTIONS[] = {
    {"out", KEY_OUTPUT, "DIR", 0, "Folder of the united run; it must not exist", 0},
    {0},
};

static const struct argp ARGP = {
    .options = OPTIONS,
    .parser = parse_option,
    .args_doc = "RUN RUN... -o DIR",
    .doc = "Unite runs of several hosts, or several runs of one host, into one that compare, charts and bundle read. "
           "Folders and archives are taken. Every row stays with its host, so ratios are always within a host; its "
           "name gets ' @HOSTNAME', and #2 and so on where another machine or run has that name, too.\v"
           "The runs must have the same mode, baseline, threshold, precision, slot length, pinning and kinds of "
           "blocks. An allocator must be the same library with the same settings in all runs of one host; between "
           "hosts it may differ. A united run cannot be resumed.\n\n"
           "Exit status: 0 united, 2 usage, a bad run, runs that do not fit, or a folder that cannot be written.",
};

static char *command_line(const MergeOptions *options) {
    char *line = text_copy("allocbench merge");
    for (size_t i = 0; i < options->runs.count; i++) {
        char *longer = text_format("%s %s", line, options->runs.items[i]);
        free(line);
        line = longer;
    }
    char *whole = text_format("%s -o %s", line, options->output);
    free(line);
    return whole;
}

static void warn_of_repeated_rows(const Run *const *runs, size_t count) {
    const char *example = NULL;
    size_t repeated = run_merge_repeated_rows(runs, count, &example);
    if (repeated > 0)
        fprintf(stderr,
                "allocbench: note: %zu row%s of one host, such as '%s', %s in several of these runs; each measurement "
                "stays a row of its own (named #2 and so on) and counts as one in the geometric means\n",
                repeated, repeated == 1 ? "" : "s", example, repeated == 1 ? "is" : "are");
}

static int merge(const MergeOptions *options) {
    size_t count = options->runs.count;
    Run **runs = zeroed(count, sizeof *runs);
    StoreError error;
    int code = EXIT_CODE_OK;
    for (size_t i = 0; i < count && code == EXIT_CODE_OK; i++) {
        runs[i] = run_load(options->runs.items[i], &error);
        if (runs[i] == NULL)
            code = usage_error("%s", error.text);
    }
    if (code == EXIT_CODE_OK) {
        char *command = command_line(options);
        if (!run_merge((const Run *const *)runs, count, command, options->output, &error)) {
            code = usage_error("%s", error.text);
        } else {
            warn_of_repeated_rows((const Run *const *)runs, count);
            printf("%s\n", options->output);
        }
        free(command);
    }
    for (size_t i = 0; i < count; i++)
        run_free(runs[i]);
    free(runs);
    return code;
}

int command_merge(int argc, char **argv) {
    MergeOptions options = {0};
    int code = arguments_parse(&ARGP, "merge", argc, argv, &options);
    if (code == EXIT_CODE_OK && options.runs.count < 2)
        code = usage_error("merge needs two runs or more: allocbench merge RUN RUN... -o DIR");
    else if (code == EXIT_CODE_OK && (options.output == NULL || *options.output == '\0'))
        code = usage_error("merge needs a folder for the united run: -o DIR");
    if (code == EXIT_CODE_OK)
        code = merge(&options);
    text_list_release(&options.runs);
    free(options.output);
    return code;
}
