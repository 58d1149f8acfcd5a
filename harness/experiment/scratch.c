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
#include "program.h"

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

static bool fill(const RunMeta *meta, uint32_t row, const char *path, StoreError *error) {
    char *folder = text_format("%s/%u", path, row);
    Program *program = program_load(meta->rows[row].workload, error);
    bool good = program != NULL;
    if (good && mkdir(folder, 0700) != 0) {
        snprintf(error->text, sizeof error->text, "%s: cannot create: %s", folder, strerror(errno));
        good = false;
    }
    good = good && program_prepare(program, folder, error);
    program_free(program);
    free(folder);
    return good;
}

bool scratch_create(const RunMeta *meta, char **path, StoreError *error) {
    *path = NULL;
    bool good = true;
    for (uint32_t row = 0; row < meta->row_count && good; row++) {
        if (meta->rows[row].kind != ROW_PROGRAM || meta->rows[row].unsupported != NULL)
            continue;
        good = (*path != NULL || scratch_folder(path, error)) && fill(meta, row, *path, error);
    }
    return good;
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
