/*
 * charts.c - allocbench charts: draw a stored run, or check that stored charts are what the samples give.
 */
#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../report/chart.h"
#include "../report/gnuplot.h"
#include "../store/text.h"
#include "arguments.h"
#include "drawing.h"

enum { KEY_OUTPUT = 'o', KEY_CHECK = 'c', KEY_FORMAT = 'f' };
enum { MAXIMUM_FORMATS = 2 };

typedef struct ChartsOptions {
    const char *run;
    const char *output; /* NULL: RUN/charts */
    bool check;
    const char *formats[MAXIMUM_FORMATS];
    size_t format_count;
} ChartsOptions;

/* "svg,png" in any order; each at most once. */
static bool parse_formats(const char *text, ChartsOptions *options) {
    static const char *const known[MAXIMUM_FORMATS] = {"svg", "png"};
    TextList parts = {0};
    text_list_split(&parts, text, ',');
    size_t matched = 0;
    options->format_count = 0;
    for (size_t k = 0; k < MAXIMUM_FORMATS; k++)
        for (size_t i = 0; i < parts.count; i++)
            if (!strcmp(parts.items[i], known[k])) {
                options->formats[options->format_count++] = known[k];
                matched++;
                break;
            }
    bool good = matched == parts.count && !text_list_has_gap(text, ',');
    text_list_release(&parts);
    return good;
}

static error_t parse_option(int key, char *argument, struct argp_state *state) {
    ChartsOptions *options = state->input;
    switch (key) {
    case KEY_OUTPUT:
        options->output = argument;
        return 0;
    case KEY_CHECK:
        options->check = true;
        return 0;
    case KEY_FORMAT:
        if (!parse_formats(argument, options))
            exit(usage_error("--format %s is unknown: use svg, png or svg,png", argument));
        return 0;
    case ARGP_KEY_ARG:
        if (options->run)
            exit(usage_error("charts takes one run, \"%s\" is a second", argument));
        options->run = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        exit(usage_error("charts needs a run, its folder or archive: allocbench charts RUN"));
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option OPTIONS[] = {
    {"out", KEY_OUTPUT, "DIR", 0, "Folder for the charts (default: RUN/charts; of an archive: NAME-charts beside it)",
     0},
    {"format", KEY_FORMAT, "LIST", 0, "svg, png or svg,png (default)", 0},
    {"check", KEY_CHECK, NULL, 0, "Draw nothing; say whether the charts in DIR are what the samples give", 0},
    {0},
};

static const struct argp ARGP = {
    .options = OPTIONS,
    .parser = parse_option,
    .args_doc = "RUN",
    .doc =
        "Draw a stored run with gnuplot: every chart that the run has the data for, and say which it has not.\v"
        "Charts: relative and absolute throughput, scaling with threads, time and memory over a parameter, peak RSS, "
        "RSS and overhead over time, internal waste and "
        "retention, speed against memory, latency percentiles and tail ratios, memory after idling, smallest memory "
        "limits and time under limits, huge pages on and off.\n"
        "Exit status: 0 drawn, or the same under --check; 1 a file could not be written or gnuplot failed, 2 usage or "
        "a bad run, 6 --check found a difference, 7 gnuplot is missing.",
};

static bool write_line(const char *folder, const char *name, const char *line) {
    char *path = text_format("%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    free(path);
    if (!file)
        return false;
    fprintf(file, "%s\n", line);
    return fclose(file) == 0;
}

/* The first line of a file; owned, "" when there is none. */
static char *read_line(const char *folder, const char *name) {
    char *path = text_format("%s/%s", folder, name), *line = NULL;
    size_t capacity = 0;
    FILE *file = fopen(path, "r");
    free(path);
    if (!file || getline(&line, &capacity, file) < 0) {
        free(line);
        line = text_copy("");
    }
    if (file)
        fclose(file);
    line[strcspn(line, "\n")] = '\0';
    return line;
}

/* Charts that a run has no data for, those that need the same on one line. */
static void say_what_is_missing(const size_t *pages) {
    for (size_t i = 0; i < CHART_COUNT; i++) {
        if (pages[i] || (i > 0 && !pages[i - 1] && !strcmp(CHARTS[i - 1].needs, CHARTS[i].needs)))
            continue;
        fprintf(stderr, "not drawn: %s", CHARTS[i].name);
        for (size_t j = i + 1; j < CHART_COUNT && !pages[j] && !strcmp(CHARTS[j].needs, CHARTS[i].needs); j++)
            fprintf(stderr, ", %s", CHARTS[j].name);
        fprintf(stderr, ": needs %s\n", CHARTS[i].needs);
    }
}

static int draw(const Run *run, const char *folder, const char *version, const ChartsOptions *options) {
    size_t pages[CHART_COUNT] = {0};
    int code = drawing_draw(run, folder, options->formats, options->format_count, pages);
    if (code != EXIT_CODE_OK)
        return code;
    if (!write_line(folder, "gnuplot_version.txt", version))
        return failure("%s/gnuplot_version.txt: %s", folder, strerror(errno));
    for (size_t i = 0; i < CHART_COUNT; i++)
        for (size_t f = 0; f < options->format_count; f++)
            drawing_print_pages(folder, CHARTS[i].name, pages[i], options->formats[f]);
    say_what_is_missing(pages);
    return fflush(stdout) == 0 ? EXIT_CODE_OK : failure("cannot write to stdout: %s", strerror(errno));
}

/* True when both folders hold the same data/NAME.SUFFIX. */
static bool same_data(const char *stored, const char *fresh, const char *name, const char *suffix) {
    char *left = text_format("%s/data/%s.%s", stored, name, suffix);
    char *right = text_format("%s/data/%s.%s", fresh, name, suffix);
    bool same = drawing_same_files(left, right);
    free(left);
    free(right);
    return same;
}

static bool same_pictures(const char *stored, const char *fresh, const char *name, size_t pages) {
    bool same = true;
    for (size_t page = 1; same && page <= pages; page++) {
        char *picture = gnuplot_picture(name, page, "svg");
        char *left = text_format("%s/%s", stored, picture), *right = text_format("%s/%s", fresh, picture);
        same = drawing_same_files(left, right);
        free(left);
        free(right);
        free(picture);
    }
    return same;
}

static int compare_charts(const char *stored, const char *fresh, const char *version, const size_t *pages) {
    char *recorded = read_line(stored, "gnuplot_version.txt");
    bool same_version = !strcmp(recorded, version);
    if (!*recorded) {
        printf("%s holds no charts: draw them with allocbench charts\n", stored);
        free(recorded);
        return EXIT_CODE_DIFFERS;
    }
    if (!same_version)
        printf("drawn by \"%s\", here is \"%s\": comparing the data instead of the charts\n", recorded, version);
    free(recorded);
    for (size_t i = 0; i < CHART_COUNT; i++) {
        const char *name = CHARTS[i].name;
        bool same = !pages[i] ||
                    (same_version ? same_pictures(stored, fresh, name, pages[i])
                                  : same_data(stored, fresh, name, "dat") && same_data(stored, fresh, name, "layout"));
        if (!same) {
            printf("%s differs from what the samples give: draw it again with allocbench charts\n", name);
            return EXIT_CODE_DIFFERS;
        }
    }
    return EXIT_CODE_OK;
}

static int check(const Run *run, const char *folder, const char *version) {
    static const char *const svg[] = {"svg"};
    size_t pages[CHART_COUNT] = {0};
    char *fresh = drawing_temporary_folder();
    if (!fresh)
        return EXIT_CODE_FAILURE;
    int code = drawing_draw(run, fresh, svg, 1, pages);
    if (code == EXIT_CODE_OK)
        code = compare_charts(folder, fresh, version, pages);
    drawing_remove_folder(fresh);
    return code;
}

int command_charts(int argc, char **argv) {
    ChartsOptions options = {.formats = {"svg", "png"}, .format_count = MAXIMUM_FORMATS};
    int code = arguments_parse(&ARGP, "charts", argc, argv, &options);
    if (code != EXIT_CODE_OK)
        return code;
    StoreError error;
    Run *run = run_load(options.run, &error);
    if (!run)
        return usage_error("%s", error.text);
    char *folder = options.output ? text_copy(options.output) : drawing_default_folder(options.run, "charts");
    char *version = gnuplot_version();
    if (!version) {
        code = drawing_without_gnuplot();
    } else {
        code = options.check ? check(run, folder, version) : draw(run, folder, version, &options);
    }
    free(version);
    free(folder);
    run_free(run);
    return code;
}
