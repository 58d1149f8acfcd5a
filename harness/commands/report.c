/*
 * report.c - allocbench report: one HTML page about a stored run with its raw data beside it, or the verdicts as dots
 * on the terminal.
 */
#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../report/gnuplot.h"
#include "../report/page.h"
#include "../report/report.h"
#include "../store/text.h"
#include "arguments.h"
#include "drawing.h"

enum { KEY_OUTPUT = 'o', KEY_CHECK = 'c', KEY_TERM = 't', KEY_SORT = 's', KEY_FILTER = 'f' };

typedef struct ReportOptions {
    const char *run;
    const char *output; /* NULL: the run's folder */
    bool check, term;
    const char *sort, *filter; /* NULL: not given */
    DotsOrder order;
} ReportOptions;

static error_t parse_option(int key, char *argument, struct argp_state *state) {
    ReportOptions *options = state->input;
    switch (key) {
    case KEY_OUTPUT:
        options->output = argument;
        return 0;
    case KEY_CHECK:
        options->check = true;
        return 0;
    case KEY_TERM:
        options->term = true;
        return 0;
    case KEY_SORT:
        options->sort = argument;
        if (!report_parse_order(argument, &options->order))
            exit(usage_error("--sort %s is no column: use row, arm, ratio, low, high or verdict", argument));
        return 0;
    case KEY_FILTER:
        options->filter = argument;
        return 0;
    case ARGP_KEY_ARG:
        if (options->run)
            exit(usage_error("report takes one run, \"%s\" is a second", argument));
        options->run = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        exit(usage_error("report needs a run, its folder or archive: allocbench report RUN"));
    case ARGP_KEY_SUCCESS:
        if (options->term && (options->output || options->check))
            exit(usage_error("--term prints on the terminal: leave out --out and --check"));
        if (!options->term && (options->sort || options->filter))
            exit(usage_error("--sort and --filter belong to --term: the page has both built in"));
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option OPTIONS[] = {
    {"out", KEY_OUTPUT, "DIR", 0, "Folder for the page (default: RUN; of an archive: NAME-report beside it)", 0},
    {"check", KEY_CHECK, NULL, 0, "Write nothing; say whether the report in DIR is what the samples give", 0},
    {"term", KEY_TERM, NULL, 0, "Print the answer and all verdicts as dots, 80 columns wide", 1},
    {"sort", KEY_SORT, "COLUMN", 0, "With --term: by row (default), arm, ratio, low, high or verdict", 1},
    {"filter", KEY_FILTER, "TEXT", 0, "With --term: only lines in whose row, arm or verdict TEXT stands", 1},
    {0},
};

static const struct argp ARGP = {
    .options = OPTIONS,
    .parser = parse_option,
    .args_doc = "RUN",
    .doc =
        "Write report.html about a stored run: which allocator to take and what it costs in memory, every verdict, "
        "every chart, the noise, the machine, and how to repeat each row. The page needs no network and no other "
        "file; report.csv and, in a folder that is not the run's, a copy of the samples stand beside it.\v"
        "Exit status: 0 written, or the same under --check; 1 a file could not be written or gnuplot failed, 2 usage "
        "or a bad run, 6 --check found a difference, 7 gnuplot is missing.",
};

/* The files of a report below its folder; those of the run itself are left out in the run's own folder. */
static const char *const FILES[] = {"report.html", "report.csv", "data/run.json", "data/samples.jsonl"};
enum { OWN_FILES = 2, ALL_FILES = sizeof FILES / sizeof *FILES };

static char *file_text(const char *folder, const char *name) {
    char *path = text_format("%s/%s", folder, name), *text = NULL;
    FILE *file = fopen(path, "r");
    size_t capacity = 0;
    free(path);
    if (file && getdelim(&text, &capacity, '\0', file) < 0) {
        free(text);
        text = NULL;
    }
    if (file)
        fclose(file);
    return text;
}

static bool copy_file(const char *from, const char *to) {
    FILE *in = fopen(from, "r"), *out = in ? fopen(to, "w") : NULL;
    char buffer[1 << 16];
    size_t length;
    bool good = in && out;
    while (good && (length = fread(buffer, 1, sizeof buffer, in)) > 0)
        good = fwrite(buffer, 1, length, out) == length;
    good = good && !ferror(in);
    if (out)
        good = fclose(out) == 0 && good;
    if (in)
        fclose(in);
    return good;
}

/* What stands beside the page besides its table. An archive is linked as it is. */
static size_t links_of(const ReportOptions *options, bool inside, PageLink links[3]) {
    size_t count = 0;
    links[count++] = (PageLink){"report.csv", "the tables in full numbers"};
    const char *where[] = {inside ? "run.json" : FILES[OWN_FILES], inside ? "samples.jsonl" : FILES[OWN_FILES + 1]};
    if (drawing_is_archive(options->run))
        return count;
    links[count++] = (PageLink){where[0], "plan, libraries, machine"};
    links[count++] = (PageLink){where[1], "a line for every process that was measured"};
    return count;
}

static int write_page(const Run *run, const char *path, const PageParts *parts) {
    FILE *file = fopen(path, "w");
    bool good = file && page_write(run, parts, file) == 0;
    int saved = errno;
    if (file && fclose(file) != 0 && good) {
        good = false;
        saved = errno;
    }
    return good ? EXIT_CODE_OK : failure("%s: %s; choose another folder with --out", path, strerror(saved));
}

/* Draws into a folder of its own, since the page holds the pictures. */
static int write_html(const Run *run, const ReportOptions *options, bool inside, const char *version,
                      const char *path) {
    PageLink links[3];
    PageParts parts = {.gnuplot = version, .links = links, .link_count = links_of(options, inside, links)};
    char *pictures = drawing_temporary_folder(), *scripts = gnuplot_scripts_folder();
    char *style = scripts ? file_text(scripts, "report.css") : NULL,
         *script = scripts ? file_text(scripts, "report.js") : NULL;
    int code = pictures ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
    if (pictures && (!style || !script))
        code = failure("report.css and report.js are missing: reinstall, or run allocbench from its build folder");
    if (code == EXIT_CODE_OK)
        code = drawing_draw_for_page(run, pictures, PAGE_MOST_PICTURES, parts.pages);
    if (code == EXIT_CODE_OK) {
        parts.pictures = pictures;
        parts.style = style;
        parts.script = script;
        code = write_page(run, path, &parts);
    }
    if (pictures)
        drawing_remove_folder(pictures);
    free(scripts);
    free(style);
    free(script);
    return code;
}

static int write_csv(const Run *run, const char *path) {
    FILE *file = fopen(path, "w");
    bool good = file && report_print_csv(run, file) == 0;
    good = file && fclose(file) == 0 && good;
    return good ? EXIT_CODE_OK : failure("%s: %s; choose another folder with --out", path, strerror(errno));
}

static int copy_data(const char *run, const char *folder) {
    char *data = text_format("%s/data", folder);
    int code = drawing_make_folders(data) ? EXIT_CODE_OK : failure("%s: %s", data, strerror(errno));
    for (size_t i = OWN_FILES; i < ALL_FILES && code == EXIT_CODE_OK; i++) {
        char *from = text_format("%s%s", run, strchr(FILES[i], '/')), *to = text_format("%s/%s", folder, FILES[i]);
        if (!copy_file(from, to))
            code = failure("%s could not be copied to %s: %s", from, to, strerror(errno));
        free(from);
        free(to);
    }
    free(data);
    return code;
}

/* All files of the report into `folder`. */
static int write_report(const Run *run, const ReportOptions *options, bool inside, const char *version,
                        const char *folder) {
    if (!drawing_make_folders(folder))
        return failure("%s: %s; choose another folder with --out", folder, strerror(errno));
    char *page = text_format("%s/%s", folder, FILES[0]), *csv = text_format("%s/%s", folder, FILES[1]);
    int code = write_html(run, options, inside, version, page);
    if (code == EXIT_CODE_OK)
        code = write_csv(run, csv);
    if (code == EXIT_CODE_OK && !inside && !drawing_is_archive(options->run))
        code = copy_data(options->run, folder);
    free(page);
    free(csv);
    return code;
}

static int check(const Run *run, const ReportOptions *options, bool inside, const char *version, const char *folder) {
    char *fresh = drawing_temporary_folder();
    if (!fresh)
        return EXIT_CODE_FAILURE;
    int code = write_report(run, options, inside, version, fresh);
    size_t count = inside || drawing_is_archive(options->run) ? OWN_FILES : ALL_FILES;
    for (size_t i = 0; i < count && code == EXIT_CODE_OK; i++) {
        char *stored = text_format("%s/%s", folder, FILES[i]), *made = text_format("%s/%s", fresh, FILES[i]);
        if (!drawing_same_files(stored, made)) {
            printf("%s differs from what the samples give here with %s: make it again with allocbench report\n", stored,
                   version);
            code = EXIT_CODE_DIFFERS;
        }
        free(stored);
        free(made);
    }
    drawing_remove_folder(fresh);
    return code;
}

static bool same_folder(const char *left, const char *right) {
    struct stat a, b;
    return stat(left, &a) == 0 && stat(right, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int report_page(const Run *run, const ReportOptions *options) {
    char *version = gnuplot_version();
    if (!version)
        return drawing_without_gnuplot();
    bool archive = drawing_is_archive(options->run);
    char *folder = options->output ? text_copy(options->output)
                   : archive       ? drawing_default_folder(options->run, "report")
                                   : text_copy(options->run);
    bool inside = same_folder(folder, options->run);
    int code = options->check ? check(run, options, inside, version, folder)
                              : write_report(run, options, inside, version, folder);
    if (code == EXIT_CODE_OK && !options->check)
        printf("%s/%s\n", folder, FILES[0]);
    free(folder);
    free(version);
    return code;
}

int command_report(int argc, char **argv) {
    ReportOptions options = {.order = DOTS_BY_ROW};
    int code = arguments_parse(&ARGP, "report", argc, argv, &options);
    if (code != EXIT_CODE_OK)
        return code;
    StoreError error;
    Run *run = run_load(options.run, &error);
    if (!run)
        return usage_error("%s", error.text);
    if (!options.term)
        code = report_page(run, &options);
    else if (report_print_dots(run, options.order, options.filter, stdout) != 0)
        code = failure("cannot write to stdout: %s", strerror(errno));
    run_free(run);
    return code;
}
