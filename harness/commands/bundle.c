/*
 * bundle.c - allocbench bundle: a stored run as one archive that compare and charts read on another machine.
 */
#include "command.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../store/run_archive.h"
#include "../store/text.h"
#include "arguments.h"

enum { KEY_OUTPUT = 'o', KEY_FORCE = 'f' };

typedef struct BundleOptions {
    const char *run;
    const char *output; /* NULL: the run's id in the current folder */
    bool force;
} BundleOptions;

static error_t parse_option(int key, char *argument, struct argp_state *state) {
    BundleOptions *options = state->input;
    switch (key) {
    case KEY_OUTPUT:
        options->output = argument;
        return 0;
    case KEY_FORCE:
        options->force = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->run)
            exit(usage_error("bundle takes one run, \"%s\" is a second; unite runs with allocbench merge", argument));
        options->run = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        exit(usage_error("bundle needs the folder of a run: allocbench bundle RUN"));
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option OPTIONS[] = {
    {"out", KEY_OUTPUT, "FILE", 0, "The archive, .tar.zst or .tar.gz (default: the run's name in this folder)", 0},
    {"force", KEY_FORCE, NULL, 0, "Replace an archive of that name", 0},
    {0},
};

static const struct argp ARGP = {
    .options = OPTIONS,
    .parser = parse_option,
    .args_doc = "RUN",
    .doc = "Pack a stored run into one file: its record, its samples, its charts if they were drawn, and checksums. "
           "'allocbench compare', 'charts', 'merge' and 'run --work-from' take the file in place of the folder.\v"
           "Exit status: 0 packed, 1 the archive could not be written, 2 usage, a bad run, or a file of that name "
           "exists.",
};

/* The run's id as a name of one folder, whatever stands in the record. */
static char *folder_name(const RunMeta *meta) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+.";
    char *name = text_copy(*meta->id == '\0' || *meta->id == '.' ? "run" : meta->id);
    for (char *at = name; *at != '\0'; at++) {
        if (strchr(plain, *at) == NULL)
            *at = '_';
    }
    return name;
}

/* When the run was made; 0 where the record does not say. */
static int64_t created_s(const RunMeta *meta) {
    struct tm utc = {0};
    const char *end = strptime(meta->created, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return end == NULL || *end != '\0' ? 0 : (int64_t)timegm(&utc);
}

static char *readme(const RunMeta *meta, const char *folder) {
    return text_format("This is a run of allocbench, a benchmark of memory allocators: %s\n"
                       "made %s, suite %s, mode %s, %zu rows, %zu allocators, baseline %s.\n"
                       "\n"
                       "  run.json        what was measured, with what settings, on what machine (\"host\")\n"
                       "  samples.jsonl   one line for every process that was measured\n"
                       "  charts/         drawn from these two, if they were drawn before packing\n"
                       "  SHA256SUMS      check with: sha256sum -c SHA256SUMS\n"
                       "\n"
                       "Tables and charts are computed from the samples; no result is stored in them:\n"
                       "  allocbench compare %s    (the archive or the unpacked folder)\n"
                       "  allocbench charts %s\n"
                       "\n"
                       "It was measured by: %s\n",
                       meta->id, *meta->created == '\0' ? "at an unknown time" : meta->created, meta->suite,
                       run_mode_name(meta->mode), meta->row_count, meta->arm_count, meta->arms[meta->baseline].name,
                       folder, folder, meta->command);
}

static bool add_file(ArchiveFiles *files, const char *path, char *name) {
    FILE *file = fopen(path, "re");
    struct stat status;
    bool good = file != NULL && fstat(fileno(file), &status) == 0;
    char *data = good ? zeroed((size_t)status.st_size + 1, 1) : NULL;
    size_t length = good ? fread(data, 1, (size_t)status.st_size, file) : 0;
    good = good && ferror(file) == 0;
    if (file != NULL)
        fclose(file);
    if (good) {
        archive_files_add(files, name, data, length);
    } else {
        free(data);
        free(name);
    }
    return good;
}

/* Every regular file below RUN/charts. That there are none is no failure. */
static bool add_charts(ArchiveFiles *files, const char *run) {
    char *folder = text_format("%s/charts", run), *roots[] = {folder, NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    bool good = true;
    for (FTSENT *entry; tree != NULL && good && (entry = fts_read(tree)) != NULL;) {
        if (entry->fts_info == FTS_F)
            good = add_file(files, entry->fts_path, text_copy(entry->fts_path + strlen(run) + 1));
    }
    if (tree != NULL)
        fts_close(tree);
    free(folder);
    return good;
}

static bool add_run(ArchiveFiles *files, const char *run) {
    static const char *const names[] = {"run.json", "samples.jsonl"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *path = text_format("%s/%s", run, names[i]);
        bool good = add_file(files, path, text_copy(names[i]));
        free(path);
        if (!good)
            return false;
    }
    return add_charts(files, run);
}

static int pack(const Run *run, const BundleOptions *options) {
    ArchiveFiles files = {0};
    StoreError error;
    char *folder = folder_name(&run->meta);
    char *output = options->output != NULL ? text_copy(options->output) : text_format("%s.tar.zst", folder);
    int code = EXIT_CODE_OK;
    if (!options->force && access(output, F_OK) == 0) {
        code = usage_error("%s: exists already; choose another name with -o, or replace it with --force", output);
    } else if (!add_run(&files, options->run)) {
        code = failure("%s: %s", options->run, strerror(errno));
    } else {
        char *text = readme(&run->meta, folder);
        archive_files_add(&files, text_copy("README.txt"), text, strlen(text));
        if (!run_archive_write(output, folder, created_s(&run->meta), &files, options->force, &error))
            code = failure("%s", error.text);
        else
            printf("%s\n", output);
    }
    archive_files_release(&files);
    free(output);
    free(folder);
    return code;
}

int command_bundle(int argc, char **argv) {
    BundleOptions options = {0};
    int code = arguments_parse(&ARGP, "bundle", argc, argv, &options);
    if (code != EXIT_CODE_OK)
        return code;
    StoreError error;
    struct stat status;
    if (!run_archive_supported())
        return usage_error("bundle needs libarchive, which this allocbench was built without: apt-get install "
                           "libarchive-dev nettle-dev and build again, or pack the folder with tar");
    if (options.output != NULL && run_archive_compression(options.output) == NULL)
        return usage_error("-o %s: the name must end in .tar.zst, .tar.gz or .tgz", options.output);
    if (stat(options.run, &status) == 0 && !S_ISDIR(status.st_mode))
        return usage_error("%s: is no folder; bundle packs the folder of a run", options.run);
    size_t length = strlen(options.run);
    char *folder = text_copy(options.run);
    while (length > 1 && folder[length - 1] == '/')
        folder[--length] = '\0';
    options.run = folder;
    Run *run = run_load(folder, &error);
    code = run == NULL ? usage_error("%s", error.text) : pack(run, &options);
    run_free(run);
    free(folder);
    return code;
}
