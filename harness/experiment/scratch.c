/*
 * scratch.c - see scratch.h.
 */
#include "scratch.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../store/text.h"
#include "own_program.h"

bool scratch_folder(char **path, StoreError *error) {
    const char *parent = getenv("TMPDIR");
    *path = text_format("%s/allocbench-XXXXXX", parent == NULL || *parent == '\0' ? "/tmp" : parent);
    if (mkdtemp(*path) != NULL)
        return true;
    snprintf(error->text, sizeof error->text, "%s: cannot create: %s; point TMPDIR to a writable folder", *path,
             strerror(errno));
    free(*path);
    *path = NULL;
    return false;
}

char *scratch_row_folder(const Scratch *scratch, size_t row) {
    return text_format("%s/%zu", scratch->path, row);
}

static bool fill(const Scratch *scratch, size_t row, const volatile sig_atomic_t *stop, StoreError *error) {
    char *folder = scratch_row_folder(scratch, row);
    bool good = mkdir(folder, 0700) == 0;
    if (!good)
        snprintf(error->text, sizeof error->text, "%s: cannot create: %s", folder, strerror(errno));
    good = good && program_prepare(scratch->programs[row], folder, stop, error);
    free(folder);
    return good;
}

bool scratch_create(const RunMeta *meta, const volatile sig_atomic_t *stop, Scratch *scratch, StoreError *error) {
    *scratch = (Scratch){.programs = zeroed(meta->row_count, sizeof *scratch->programs), .count = meta->row_count};
    for (size_t row = 0; row < meta->row_count; row++) {
        if (meta->rows[row].kind != ROW_PROGRAM || meta->rows[row].unsupported != NULL)
            continue;
        scratch->programs[row] = own_program_of_row(&meta->rows[row], error);
        if (scratch->programs[row] == NULL || (scratch->path == NULL && !scratch_folder(&scratch->path, error)) ||
            !fill(scratch, row, stop, error))
            return false;
    }
    return true;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status;
    (void)kind;
    (void)place;
    (void)remove(path);
    return 0;
}

void scratch_remove(char *path) {
    if (path != NULL)
        (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(path);
}

void scratch_release(Scratch *scratch) {
    for (size_t i = 0; i < scratch->count; i++)
        program_free(scratch->programs[i]);
    free(scratch->programs);
    scratch_remove(scratch->path);
    *scratch = (Scratch){0};
}
