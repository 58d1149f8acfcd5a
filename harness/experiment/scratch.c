/*
 * scratch.c - see scratch.h.
 */
#include "scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../store/text.h"
#include "own_program.h"

#define PREFIX "allocbench-scratch-"
#define UNIQUE "XXXXXX"

/* A process holds a lock on each folder that it has made, so what one that was killed has left can be told from what is
 * in use, by whichever container. Without locks (some network file systems) nothing is ever taken for left over. */
typedef struct Held {
    char *path;
    int fd;
} Held;
static Held *held;
static size_t held_count;

static const char *parent_folder(void) {
    const char *parent = getenv("TMPDIR");
    return parent == NULL || *parent == '\0' ? "/tmp" : parent;
}

/* It gets its name when it is locked: nobody sees it unlocked. */
static bool create_locked(const char *parent, char **path) {
    char *early = text_format("%s/new-" PREFIX UNIQUE, parent);
    if (mkdtemp(early) == NULL) {
        *path = early;
        return false;
    }
    held = grow(held, held_count + 1, sizeof *held);
    Held *folder = &held[held_count++];
    folder->fd = open(early, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->fd >= 0)
        (void)flock(folder->fd, LOCK_EX | LOCK_NB);
    *path = text_format("%s/%s", parent, early + strlen(parent) + strlen("/new-"));
    bool good = rename(early, *path) == 0;
    if (!good)
        (void)rmdir(early);
    free(early);
    folder->path = text_copy(*path);
    return good;
}

bool scratch_folder(char **path, StoreError *error) {
    if (create_locked(parent_folder(), path))
        return true;
    snprintf(error->text, sizeof error->text, "%s: cannot create: %s; point TMPDIR to a writable folder", *path,
             strerror(errno));
    free(*path);
    *path = NULL;
    return false;
}

static void let_go(const char *path) {
    for (size_t i = 0; i < held_count; i++) {
        if (strcmp(held[i].path, path) != 0)
            continue;
        if (held[i].fd >= 0)
            close(held[i].fd);
        free(held[i].path);
        held[i] = held[--held_count];
        break;
    }
    if (held_count == 0) {
        free(held);
        held = NULL;
    }
}

void scratch_remove_leftovers(void) {
    DIR *parent = opendir(parent_folder());
    for (struct dirent *entry; parent != NULL && (entry = readdir(parent)) != NULL;) {
        struct stat status;
        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0 || strlen(entry->d_name) != strlen(PREFIX UNIQUE))
            continue;
        int fd = openat(dirfd(parent), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
            continue;
        if (fstat(fd, &status) == 0 && status.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0)
            scratch_remove(text_format("%s/%s", parent_folder(), entry->d_name));
        close(fd);
    }
    if (parent != NULL)
        closedir(parent);
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
    if (path == NULL)
        return;
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    let_go(path);
    free(path);
}

void scratch_release(Scratch *scratch) {
    for (size_t i = 0; i < scratch->count; i++)
        program_free(scratch->programs[i]);
    free(scratch->programs);
    scratch_remove(scratch->path);
    *scratch = (Scratch){0};
}
