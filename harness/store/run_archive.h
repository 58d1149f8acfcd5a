/*
 * run_archive.h - a run as one compressed tar file, by libarchive; without it every function fails and says so.
 *
 * Inside is one folder that holds what a run's folder holds, and SHA256SUMS. Equal files give equal bytes: members are
 * sorted, belong to nobody and carry the run's own time. What is read is not trusted: its size is bounded before it is
 * unpacked, nothing is written to disk, names that lead out of the folder are refused, and every file that SHA256SUMS
 * names must be what it says.
 */
#ifndef ALLOCBENCH_STORE_RUN_ARCHIVE_H
#define ALLOCBENCH_STORE_RUN_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#include "run_store.h"

typedef struct ArchiveFile {
    char *name; /* below the folder: "run.json", "charts/peak_rss.svg" */
    char *data;
    size_t length;
} ArchiveFile;

typedef struct ArchiveFiles {
    ArchiveFile *items;
    size_t count;
} ArchiveFiles;

/* Both arguments become the list's. */
void archive_files_add(ArchiveFiles *files, char *name, char *data, size_t length);
void archive_files_release(ArchiveFiles *files);

bool run_archive_supported(void);

/* "zstd" or "gzip" for a name that ends in .tar.zst, .tar.gz or .tgz; NULL for all others. */
const char *run_archive_compression(const char *path);

/* Writes folder/... with SHA256SUMS added; sorts `files`. The file appears whole or not at all; one that exists is
 * replaced only if `replace`. */
bool run_archive_write(const char *path, const char *folder, int64_t time_s, ArchiveFiles *files, bool replace,
                       StoreError *error);

/* Unpacks run.json and samples.jsonl into memory, one after the other in `files`. */
bool run_archive_read(const char *path, ArchiveFiles *files, StoreError *error);

#endif
