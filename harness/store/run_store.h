/*
 * run_store.h - a run on disk. The only code that knows the file format.
 *
 * A run is a folder:
 *     run.json        RunMeta, written once, before the first slot, by rename from a temporary file
 *     samples.jsonl   one JSON object a line, only ever appended; each line is written by one write(2)
 *     charts/         drawn from the two files above; can be deleted at any time
 *
 * A line is either a sample or a note: {"discarded":{"row":..,"block":..,"attempt":..,"reason":"torn"}}, "disturbed" in
 * the same form for a block that counts all the same, or {"ended":{"load":".."}} when a run ended. A last line without
 * its newline (the writer was killed) is ignored and counted; so is a line that is not JSON. Nothing is ever rewritten:
 * a run killed at any moment keeps all finished slots.
 *
 * Functions that can fail return false (or NULL) and put one line for people into `error`, naming the file and the
 * cure. Not thread-safe: one writer, any number of readers of finished lines.
 */
#ifndef ALLOCBENCH_STORE_RUN_STORE_H
#define ALLOCBENCH_STORE_RUN_STORE_H

#include <stdio.h>

#include "sample.h"

enum { RUN_FORMAT_VERSION = 1, STORE_ERROR_BYTES = 512 };
typedef struct StoreError {
    char text[STORE_ERROR_BYTES];
} StoreError;
/* Writes the line, cut to what there is room for. Always false, so that `return store_complain(...)` reads well. */
bool store_complain(StoreError *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

typedef struct BlockAttempt {
    uint32_t row, block, attempt;
    char *reason; /* "torn", "disturbed: ..."; may be NULL */
} BlockAttempt;

/* A run in memory: everything that has been measured and is valid. Freed by run_free().
 *
 * Of a block's attempts only the highest complete one counts; where none is complete, the highest that is not discarded
 * (a torn block: its samples are real, but run_block_is_complete() is false). The file keeps facts; one judgement is
 * made on loading because a slot may be stored before the baseline of its block has run: an ok sample whose checksum
 * differs from the baseline's in the same block is SAMPLE_CORRUPT, of a program SAMPLE_WRONG_OUTPUT. And
 * Row.floor_bytes is found, from the baseline's samples. */
typedef struct Run {
    char *folder; /* or the archive's file */
    RunMeta meta;
    Sample *samples; /* complete blocks and a possible torn one, in the order of the file */
    size_t sample_count;
    size_t unreadable_lines;
    BlockAttempt *discarded; /* those marked on file */
    size_t discarded_blocks;
    BlockAttempt *disturbed; /* blocks that count although the machine was disturbed: no more could be redone */
    size_t disturbed_blocks;
    char *load_at_end; /* /proc/loadavg when the run ended; NULL while it has not */
} Run;

/* `path`: the folder of a run, or an archive of one (run_archive.h). */
Run *run_load(const char *path, StoreError *error);
void run_free(Run *run);

/* True when every available arm and the control of this row have a sample (of any status) in (block, attempt). */
bool run_block_is_complete(const Run *run, uint32_t row, uint32_t block, uint32_t attempt);

/* The number that the next attempt at this block gets: one more than the highest on file, discarded ones included. */
uint32_t run_next_attempt(const Run *run, uint32_t row, uint32_t block);

typedef struct RunWriter RunWriter;

/* Creates the folder (parents too) and run.json. Refuses a folder that already holds a run. */
RunWriter *run_writer_create(const char *folder, const RunMeta *meta, StoreError *error);
/* Opens an existing run for appending; a torn last line is closed with a newline first. Refuses a run that another
 * process has open for writing. */
RunWriter *run_writer_resume(const char *folder, StoreError *error);
bool run_writer_append(RunWriter *writer, const Sample *sample, StoreError *error);
bool run_writer_discard_block(RunWriter *writer, uint32_t row, uint32_t block, uint32_t attempt, const char *reason,
                              StoreError *error);
/* Marks a block that counts although it was disturbed. */
bool run_writer_note_disturbed(RunWriter *writer, uint32_t row, uint32_t block, uint32_t attempt, const char *reason,
                               StoreError *error);
bool run_writer_note_end(RunWriter *writer, const char *load, StoreError *error);
void run_writer_close(RunWriter *writer);

/* Deep copies and releases of the plain structs, for those that build them. */
void sample_release(Sample *sample); /* frees what it points to, not the struct itself */
void run_meta_release(RunMeta *meta);

#endif
