/*
 * run_writer.c - writing a run so that a kill at any moment loses at most the line being written: run.json appears
 * whole by rename, every sample is one appended line in one write(2), and nothing is ever rewritten.
 */
#include "run_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json.h"
#include "text.h"

struct RunWriter {
    int fd;
    char *path;
};

static bool fail(StoreError *error, const char *path, const char *what) {
    snprintf(error->text, sizeof error->text, "%s: %s", path, what);
    return false;
}

static bool make_folders(const char *folder, StoreError *error) {
    char *path = text_copy(folder);
    for (char *slash = path + 1;; slash++) {
        if (*slash != '/' && *slash != '\0')
            continue;
        char kept = *slash;
        *slash = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST) {
            snprintf(error->text, sizeof error->text, "%s: cannot create: %s; choose another folder with --out", path,
                     strerror(errno));
            free(path);
            return false;
        }
        *slash = kept;
        if (kept == '\0')
            break;
    }
    free(path);
    return true;
}

static bool write_whole(int fd, const char *text, size_t length) {
    while (length > 0) {
        ssize_t done = write(fd, text, length);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false;
        text += done;
        length -= (size_t)done;
    }
    return true;
}

/* The file is there whole or not at all, also after a power cut: written aside, synced, renamed, folder synced. */
static bool write_meta(const char *folder, const RunMeta *meta, StoreError *error) {
    char *path = text_format("%s/run.json", folder);
    char *aside = text_format("%s/run.json.tmp", folder);
    RunMeta stamped = *meta;
    stamped.format_version = RUN_FORMAT_VERSION;
    json_t *json = meta_to_json(&stamped);
    char *text = json_dumps(json, JSON_INDENT(1));
    json_decref(json);

    int fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool good = fd >= 0 && write_whole(fd, text, strlen(text)) && write_whole(fd, "\n", 1) && fsync(fd) == 0;
    if (fd >= 0 && close(fd) != 0)
        good = false;
    if (good && rename(aside, path) != 0)
        good = false;
    if (!good)
        fail(error, path, strerror(errno));
    int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder_fd >= 0) {
        (void)fsync(folder_fd);
        close(folder_fd);
    }
    free(text);
    free(aside);
    free(path);
    return good;
}

static RunWriter *open_samples(const char *folder, int flags, StoreError *error) {
    char *path = text_format("%s/samples.jsonl", folder);
    int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | flags, 0666);
    if (fd < 0) {
        fail(error, path, strerror(errno));
        free(path);
        return NULL;
    }
    /* The lock ends with the process, however that ends. */
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        fail(error, folder, "another allocbench is measuring this run; wait for it to end");
        close(fd);
        free(path);
        return NULL;
    }
    RunWriter *writer = zeroed(1, sizeof *writer);
    writer->fd = fd;
    writer->path = path;
    return writer;
}

RunWriter *run_writer_create(const char *folder, const RunMeta *meta, StoreError *error) {
    if (!make_folders(folder, error))
        return NULL;
    static const char *const files[] = {"run.json", "samples.jsonl"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char *path = text_format("%s/%s", folder, files[i]);
        bool exists = access(path, F_OK) == 0;
        free(path);
        if (exists) {
            fail(error, folder, "already holds a run; continue it with --resume or choose another folder with --out");
            return NULL;
        }
    }
    if (!write_meta(folder, meta, error))
        return NULL;
    return open_samples(folder, O_EXCL, error);
}

RunWriter *run_writer_resume(const char *folder, StoreError *error) {
    char *meta_path = text_format("%s/run.json", folder);
    bool exists = access(meta_path, F_OK) == 0;
    free(meta_path);
    if (!exists) {
        fail(error, folder, "holds no run that could be resumed; leave --resume out to start one there");
        return NULL;
    }
    RunWriter *writer = open_samples(folder, 0, error);
    if (writer == NULL)
        return NULL;
    struct stat status;
    char last = '\n';
    if (fstat(writer->fd, &status) != 0 ||
        (status.st_size > 0 && pread(writer->fd, &last, 1, status.st_size - 1) != 1) ||
        (last != '\n' && !write_whole(writer->fd, "\n", 1))) {
        fail(error, writer->path, strerror(errno));
        run_writer_close(writer);
        return NULL;
    }
    return writer;
}

/* Takes the reference to json. */
static bool append_line(RunWriter *writer, json_t *json, StoreError *error) {
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    size_t length = strlen(text);
    text = grow(text, length + 2, 1);
    text[length] = '\n';
    ssize_t done;
    do
        done = write(writer->fd, text, length + 1);
    while (done < 0 && errno == EINTR);
    free(text);
    if (done == (ssize_t)length + 1)
        return true;
    return fail(error, writer->path, done < 0 ? strerror(errno) : "the disk is full; free space and use --resume");
}

bool run_writer_append(RunWriter *writer, const Sample *sample, StoreError *error) {
    return append_line(writer, sample_to_json(sample), error);
}

static bool append_note(RunWriter *writer, const char *kind, json_t *note, StoreError *error) {
    json_t *line = json_object();
    json_object_set_new(line, kind, note);
    return append_line(writer, line, error);
}

static bool append_block_note(RunWriter *writer, const char *kind, BlockAttempt attempt, StoreError *error) {
    json_t *note = json_object();
    json_set_u64(note, "row", attempt.row);
    json_set_u64(note, "block", attempt.block);
    json_set_u64(note, "attempt", attempt.attempt);
    json_set_text(note, "reason", attempt.reason);
    return append_note(writer, kind, note, error);
}

bool run_writer_discard_block(RunWriter *writer, uint32_t row, uint32_t block, uint32_t attempt, const char *reason,
                              StoreError *error) {
    return append_block_note(writer, "discarded", (BlockAttempt){row, block, attempt, (char *)reason}, error);
}

bool run_writer_note_disturbed(RunWriter *writer, uint32_t row, uint32_t block, uint32_t attempt, const char *reason,
                               StoreError *error) {
    return append_block_note(writer, "disturbed", (BlockAttempt){row, block, attempt, (char *)reason}, error);
}

bool run_writer_note_end(RunWriter *writer, const char *load, StoreError *error) {
    json_t *note = json_object();
    json_set_text(note, "load", load);
    return append_note(writer, "ended", note, error);
}

void run_writer_close(RunWriter *writer) {
    if (writer == NULL)
        return;
    close(writer->fd);
    free(writer->path);
    free(writer);
}
