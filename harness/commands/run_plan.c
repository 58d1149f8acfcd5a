/*
 * run_plan.c - see run_plan.h.
 */
#include "run_plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../experiment/cores.h"
#include "../experiment/experiment.h"
#include "../experiment/host.h"
#include "../experiment/own_program.h"
#include "../experiment/process.h"
#include "../store/run_merge.h"
#include "../store/text.h"

void run_plan_stamp(RunMeta *meta, int argc, char **argv) {
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    char stamp[32], iso[32];
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
    strftime(iso, sizeof iso, "%Y-%m-%dT%H:%M:%SZ", &utc);
    meta->id = text_format("%s-%s", stamp, meta->suite);
    meta->created = text_copy(iso);
    meta->command = text_copy("allocbench");
    for (int i = 0; i < argc; i++) {
        char *word = text_shell_word(argv[i]);
        char *longer = text_format("%s %s", meta->command, word);
        free(word);
        free(meta->command);
        meta->command = longer;
    }
    meta->host_json = host_record(meta);
}

static void print_observed(uint32_t blocks, const char *purpose, FILE *out) {
    if (blocks > 0)
        fprintf(out, "%" PRIu32 " %s, then ", blocks, purpose);
}

bool run_plan_print(const RunMeta *meta, FILE *out) {
    size_t slots = 1;
    fprintf(out, "mode %s, suite %s, seed %" PRIu64 ", baseline %s\n\nallocators\n", run_mode_name(meta->mode),
            meta->suite, meta->seed, meta->arms[meta->baseline].name);
    for (size_t i = 0; i < meta->arm_count; i++) {
        const Arm *arm = &meta->arms[i];
        if (!arm->available)
            fprintf(out, "  %-12s skipped: %s\n", arm->name, arm->reason);
        else if (arm->broken)
            fprintf(out, "  %-12s fails: %s\n", arm->name, arm->reason);
        else
            fprintf(out, "  %-12s %s, %s\n", arm->name, arm->label, arm->path);
        slots += arm->available && !arm->broken ? 1 : 0;
    }
    fputs("\nrows\n", out);
    for (size_t i = 0; i < meta->row_count; i++) {
        const Row *row = &meta->rows[i];
        char *work = row->operations > 0 ? text_format("%" PRIu64 " %s a slot", row->operations, row->unit)
                     : row->scaled ? text_format("%s, fitted to %" PRIu64 " ms", row->unit, meta->slot_ns / 1000000)
                                   : text_format("%s, as much as the workload says", row->unit);
        const char *thp = row->thp == THP_NEVER ? ", without huge pages" : "";
        if (row->unsupported != NULL)
            fprintf(out, "  %-24s unsupported: %s\n", row->name, row->unsupported);
        else if (row->kind == ROW_PROGRAM)
            fprintf(out, "  %-24s %s%s\n", row->name, row->arguments, thp);
        else
            fprintf(out, "  %-24s %s%s%s: %s%s%s\n", row->name, row->workload, *row->arguments == '\0' ? "" : " ",
                    row->arguments, work, thp, row->threads > cores_count() ? ", oversubscribed" : "");
        free(work);
    }
    uint64_t seconds = experiment_estimate_ns(meta) / 1000000000;
    fprintf(out, "\nrows: %zu\nblocks of each: ", meta->row_count);
    print_observed(meta->memory_blocks, "for memory over time", out);
    print_observed(meta->counter_blocks, "for hardware counters", out);
    print_observed(meta->syscall_blocks, "for system calls", out);
    print_observed(meta->tier_blocks, "for the allocators' own counters", out);
    fprintf(out,
            "%s%" PRIu32
            " to compare\nslots of a block: %zu (each allocator once, the baseline twice)\nin all %s%" PRIu64
            " min %02" PRIu64 " s\n",
            meta->precision > 0 ? "at most " : "", meta->maximum_blocks, slots,
            meta->precision > 0 ? "at most about " : "about ", seconds / 60, seconds % 60);
    return fflush(out) == 0;
}

bool run_plan_folder_is_usable(const char *folder, StoreError *error) {
    struct stat status;
    char *meta = text_format("%s/run.json", folder), *samples = text_format("%s/samples.jsonl", folder);
    bool holds_run = access(meta, F_OK) == 0, holds_samples = access(samples, F_OK) == 0;
    free(meta);
    free(samples);
    if (holds_samples && !holds_run) {
        snprintf(error->text, sizeof error->text,
                 "%s holds the samples of a run that has lost its run.json; choose another folder with --out", folder);
        return false;
    }
    if (holds_run) {
        snprintf(error->text, sizeof error->text,
                 "%s already holds a run; go on with it by --resume, or choose another folder with --out", folder);
        return false;
    }
    /* The nearest folder that exists must be one, and writable. */
    char *path = text_copy(folder);
    while (stat(path, &status) != 0) {
        char *slash = strrchr(path, '/');
        if (errno != ENOENT || slash == path) {
            free(path);
            path = text_copy(errno == ENOENT ? "/" : folder);
            break;
        }
        if (slash == NULL) {
            free(path);
            path = text_copy(".");
        } else {
            *slash = '\0';
        }
    }
    bool usable = stat(path, &status) == 0;
    if (usable && !S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
        usable = false;
    }
    usable = usable && access(path, W_OK | X_OK) == 0;
    if (!usable)
        snprintf(error->text, sizeof error->text,
                 "cannot store the run in %s: %s: %s; choose another folder with --out", folder, path, strerror(errno));
    free(path);
    return usable;
}

static bool changed(StoreError *error, const char *kind, const char *name) {
    snprintf(error->text, sizeof error->text,
             "cannot resume: %s '%s' is not the one that the run began with; restore it, or start a new run", kind,
             name);
    return false;
}

static bool is_file(const char *path, const char *sha256) {
    char *now = process_sha256(path);
    bool same = now != NULL && sha256 != NULL && strcmp(now, sha256) == 0;
    free(now);
    return same;
}

static bool row_is_unchanged(RunMode mode, const Row *row, const Catalogue *catalogue, StoreError *error) {
    if (row->kind == ROW_WORKLOAD) {
        const char *preset;
        const CatalogueEntry *entry = catalogue_find(catalogue, row->workload, &preset);
        return (entry != NULL && is_file(entry->path, row->sha256)) || changed(error, "workload", row->workload);
    }
    StoreError why;
    Program *program = own_program_of_row(row, &why);
    char *now = program == NULL ? NULL : program_sha256(program);
    char *unsupported = program == NULL ? NULL : program_unsupported(program);
    bool same = now != NULL && row->sha256 != NULL && strcmp(now, row->sha256) == 0 &&
                (mode != MODE_THROUGHPUT || (unsupported == NULL) == (row->unsupported == NULL));
    free(unsupported);
    free(now);
    program_free(program);
    return same || changed(error, "program", row->workload);
}

bool run_plan_is_unchanged(const RunMeta *meta, const Catalogue *catalogue, StoreError *error) {
    if (run_is_merged(meta)) {
        snprintf(error->text, sizeof error->text,
                 "cannot resume: this run was merged from others; resume one of those and merge again");
        return false;
    }
    char *host = host_record(NULL);
    StoreError what;
    bool same = host_is_same(meta->host_json, host, &what);
    free(host);
    if (!same) {
        snprintf(
            error->text, sizeof error->text,
            "cannot resume: this is not the machine, or not the state of it, that the run began on (%.40s differs); "
            "start a new run",
            what.text);
        return false;
    }
    for (size_t i = 0; i < meta->arm_count; i++) {
        const Arm *arm = &meta->arms[i];
        if (arm->available && !arm->broken && !is_file(arm->path, arm->sha256))
            return changed(error, "the library of", arm->name);
    }
    for (size_t i = 0; i < meta->row_count; i++) {
        if (!row_is_unchanged(meta->mode, &meta->rows[i], catalogue, error))
            return false;
    }
    return true;
}
