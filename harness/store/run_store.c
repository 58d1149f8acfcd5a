/*
 * run_store.c - reading a run: every finished line is kept or counted, and only the attempts that count are returned.
 */
#include "run_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json.h"
#include "run_archive.h"
#include "text.h"

bool store_complain(StoreError *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return false;
}

/* The record in `text`, which came from `path`. */
static bool parse_meta(const char *path, const char *text, size_t length, RunMeta *meta, StoreError *error) {
    json_error_t json_error;
    json_t *json = json_loadb(text, length, 0, &json_error);
    bool good = false;
    if (json == NULL) {
        snprintf(error->text, sizeof error->text,
                 "%s: cut short or damaged (line %d: %s); it cannot be rebuilt, restore it from a copy", path,
                 json_error.line, json_error.text);
    } else {
        json_int_t version = json_integer_value(json_object_get(json, "format_version"));
        const char *wrong = NULL;
        if (version > RUN_FORMAT_VERSION)
            snprintf(error->text, sizeof error->text,
                     "%s: format version %lld, this program knows versions up to %d; read it with a newer allocbench",
                     path, (long long)version, RUN_FORMAT_VERSION);
        else if (version < 1)
            snprintf(error->text, sizeof error->text, "%s: no format_version; this is not the record of a run", path);
        else if (!meta_from_json(json, meta, &wrong))
            snprintf(error->text, sizeof error->text, "%s: \"%s\" is missing or of the wrong type; restore the file",
                     path, wrong);
        else
            good = true;
    }
    json_decref(json);
    return good;
}

static char *read_whole(const char *path, size_t *length, StoreError *error) {
    *length = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        if (errno == ENOENT)
            return text_copy("");
        snprintf(error->text, sizeof error->text, "%s: %s", path, strerror(errno));
        return NULL;
    }
    size_t capacity = 1 << 16;
    char *text = grow(NULL, capacity, 1);
    for (;;) {
        ssize_t got = read(fd, text + *length, capacity - *length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            snprintf(error->text, sizeof error->text, "%s: %s", path, strerror(errno));
            free(text);
            close(fd);
            return NULL;
        }
        if (got == 0)
            break;
        *length += (size_t)got;
        if (*length == capacity) {
            capacity *= 2;
            text = grow(text, capacity, 1);
        }
    }
    close(fd);
    return text;
}

static void release_attempts(BlockAttempt *attempts, size_t count) {
    for (size_t i = 0; i < count && attempts != NULL; i++)
        free(attempts[i].reason);
    free(attempts);
}

/* Adds the block that a note names; one that is named twice counts once. */
static void note_block(Run *run, const json_t *note, BlockAttempt **attempts, size_t *count) {
    const char *wrong = NULL;
    BlockAttempt attempt = {
        .row = (uint32_t)json_get_u64(note, "row", &wrong),
        .block = (uint32_t)json_get_u64(note, "block", &wrong),
        .attempt = (uint32_t)json_get_u64(note, "attempt", &wrong),
    };
    if (wrong != NULL) {
        run->unreadable_lines++;
        return;
    }
    for (size_t i = 0; i < *count; i++) {
        const BlockAttempt *known = &(*attempts)[i];
        if (known->row == attempt.row && known->block == attempt.block && known->attempt == attempt.attempt)
            return;
    }
    attempt.reason = json_get_text(note, "reason", &wrong);
    *attempts = grow(*attempts, *count + 1, sizeof **attempts);
    (*attempts)[(*count)++] = attempt;
}

/* True when the line is a note, and taken. */
static bool take_note(Run *run, const json_t *json) {
    const json_t *discarded = json_object_get(json, "discarded"), *disturbed = json_object_get(json, "disturbed");
    const json_t *ended = json_object_get(json, "ended");
    const char *wrong = NULL;
    if (discarded != NULL) {
        note_block(run, discarded, &run->discarded, &run->discarded_blocks);
    } else if (disturbed != NULL) {
        note_block(run, disturbed, &run->disturbed, &run->disturbed_blocks);
    } else if (ended != NULL) {
        free(run->load_at_end);
        run->load_at_end = json_get_text(ended, "load", &wrong);
    }
    return discarded != NULL || disturbed != NULL || ended != NULL;
}

/* True when the sample can belong to this run. */
static bool sample_fits(const Run *run, const Sample *sample) {
    return sample->row < run->meta.row_count && sample->arm < run->meta.arm_count;
}

static void parse_lines(Run *run, char *text, size_t length) {
    size_t capacity = 0;
    for (char *line = text, *end = text + length; line < end;) {
        char *newline = memchr(line, '\n', (size_t)(end - line));
        if (newline == NULL) {
            run->unreadable_lines++;
            break;
        }
        if (newline > line) {
            json_t *json = json_loadb(line, (size_t)(newline - line), 0, NULL);
            Sample sample;
            if (take_note(run, json)) {
                /* no sample */
            } else if (json == NULL || !sample_from_json(json, &sample)) {
                run->unreadable_lines++;
            } else if (!sample_fits(run, &sample)) {
                sample_release(&sample);
                run->unreadable_lines++;
            } else {
                if (run->sample_count == capacity) {
                    capacity = capacity == 0 ? 256 : 2 * capacity;
                    run->samples = grow(run->samples, capacity, sizeof *run->samples);
                }
                run->samples[run->sample_count++] = sample;
            }
            json_decref(json);
        }
        line = newline + 1;
    }
}

/* Every arm that the row has, and the control. */
static size_t slots_of_block(const Run *run, uint32_t row) {
    size_t wanted = 1;
    for (size_t i = 0; i < run->meta.arm_count; i++)
        wanted += run_row_has_arm(&run->meta, row, i) ? 1 : 0;
    return wanted;
}

bool run_block_is_complete(const Run *run, uint32_t row, uint32_t block, uint32_t attempt) {
    size_t found = 0;
    for (size_t i = 0; i < run->sample_count; i++) {
        const Sample *sample = &run->samples[i];
        if (sample->row == row && sample->block == block && sample->attempt == attempt &&
            run_row_has_arm(&run->meta, row, sample->arm))
            found++;
    }
    return found >= slots_of_block(run, row);
}

uint32_t run_next_attempt(const Run *run, uint32_t row, uint32_t block) {
    uint32_t next = 0;
    for (size_t i = 0; i < run->sample_count; i++) {
        const Sample *sample = &run->samples[i];
        if (sample->row == row && sample->block == block && sample->attempt >= next)
            next = sample->attempt + 1;
    }
    for (size_t i = 0; i < run->discarded_blocks; i++) {
        const BlockAttempt *attempt = &run->discarded[i];
        if (attempt->row == row && attempt->block == block && attempt->attempt >= next)
            next = attempt->attempt + 1;
    }
    return next;
}

static bool is_discarded(const Run *run, const Sample *sample) {
    for (size_t i = 0; i < run->discarded_blocks; i++) {
        const BlockAttempt *attempt = &run->discarded[i];
        if (attempt->row == sample->row && attempt->block == sample->block && attempt->attempt == sample->attempt)
            return true;
    }
    return false;
}

static void keep_if(Run *run, const bool *keep) {
    size_t kept = 0;
    for (size_t i = 0; i < run->sample_count; i++) {
        if (keep[i])
            run->samples[kept++] = run->samples[i];
        else
            sample_release(&run->samples[i]);
    }
    run->sample_count = kept;
}

/* By row, block and attempt, then by slot, then by place in the file. */
static int compare_places(const void *left, const void *right, void *samples) {
    const size_t *i = left, *j = right;
    const Sample *a = (const Sample *)samples + *i, *b = (const Sample *)samples + *j;
    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    if (a->block != b->block)
        return a->block < b->block ? -1 : 1;
    if (a->attempt != b->attempt)
        return a->attempt < b->attempt ? -1 : 1;
    if (a->arm != b->arm)
        return a->arm < b->arm ? -1 : 1;
    if (a->control != b->control)
        return a->control ? 1 : -1;
    return *i < *j ? -1 : *i > *j;
}

/* Indices of the run's samples in that order: a long run is walked block by block instead of searched for each sample.
 * Owned by the caller. */
static size_t *sorted_places(const Run *run) {
    size_t *places = zeroed(run->sample_count, sizeof *places);
    for (size_t i = 0; i < run->sample_count; i++)
        places[i] = i;
    if (run->sample_count > 1)
        qsort_r(places, run->sample_count, sizeof *places, compare_places, run->samples);
    return places;
}

static bool same_block(const Sample *a, const Sample *b) {
    return a->row == b->row && a->block == b->block;
}

/* Where the samples end that share the block of places[first], and its attempt too if asked. */
static size_t group_end(const Run *run, const size_t *places, size_t first, bool attempt) {
    const Sample *one = &run->samples[places[first]];
    size_t end = first + 1;
    while (end < run->sample_count && same_block(one, &run->samples[places[end]]) &&
           (!attempt || one->attempt == run->samples[places[end]].attempt))
        end++;
    return end;
}

/* A slot stored twice counts once: the first line is the sample, the others are no better than unreadable. */
static void drop_repeated_slots(Run *run) {
    bool *keep = zeroed(run->sample_count, sizeof *keep);
    size_t *places = sorted_places(run);
    for (size_t i = 0; i < run->sample_count; i++) {
        const Sample *one = &run->samples[places[i]], *last = i == 0 ? NULL : &run->samples[places[i - 1]];
        keep[places[i]] = last == NULL || !same_block(one, last) || one->attempt != last->attempt ||
                          one->arm != last->arm || one->control != last->control;
        run->unreadable_lines += !keep[places[i]];
    }
    keep_if(run, keep);
    free(places);
    free(keep);
}

static void drop_discarded_attempts(Run *run) {
    bool *keep = zeroed(run->sample_count, sizeof *keep);
    for (size_t i = 0; i < run->sample_count; i++)
        keep[i] = !is_discarded(run, &run->samples[i]);
    keep_if(run, keep);
    free(keep);
}

/* Of a block's attempts the highest complete one stays; where none is complete, the highest. */
static void keep_counting_attempts(Run *run) {
    bool *keep = zeroed(run->sample_count, sizeof *keep);
    size_t *places = sorted_places(run);
    for (size_t first = 0; first < run->sample_count;) {
        size_t end = group_end(run, places, first, false), chosen = first, chosen_end = first;
        const uint32_t row = run->samples[places[first]].row;
        const size_t wanted = slots_of_block(run, row);
        bool chosen_complete = false;
        for (size_t attempt = first; attempt < end;) {
            size_t attempt_end = group_end(run, places, attempt, true), found = 0;
            for (size_t i = attempt; i < attempt_end; i++)
                found += run_row_has_arm(&run->meta, row, run->samples[places[i]].arm);
            if (found >= wanted || !chosen_complete) {
                chosen = attempt;
                chosen_end = attempt_end;
                chosen_complete = found >= wanted;
            }
            attempt = attempt_end;
        }
        for (size_t i = chosen; i < chosen_end; i++)
            keep[places[i]] = true;
        first = end;
    }
    keep_if(run, keep);
    free(places);
    free(keep);
}

/* A mark on an attempt that was redone after all (a kill came between) says nothing about the one that counts. */
static void drop_stale_marks(Run *run) {
    size_t kept = 0;
    for (size_t i = 0; i < run->disturbed_blocks; i++) {
        BlockAttempt mark = run->disturbed[i];
        bool counts = false;
        for (size_t j = 0; j < run->sample_count && !counts; j++) {
            const Sample *sample = &run->samples[j];
            counts = sample->row == mark.row && sample->block == mark.block && sample->attempt == mark.attempt;
        }
        if (counts)
            run->disturbed[kept++] = mark;
        else
            free(mark.reason);
    }
    run->disturbed_blocks = kept;
}

static void judge_checksum(Sample *sample, const Sample *baseline, RowKind kind) {
    if (sample->status != SAMPLE_OK || sample->checksum == 0 || baseline == NULL || baseline == sample ||
        baseline->checksum == 0 || baseline->checksum == sample->checksum)
        return;
    sample->status = kind == ROW_PROGRAM ? SAMPLE_WRONG_OUTPUT : SAMPLE_CORRUPT;
    free(sample->message);
    sample->message =
        text_copy(kind == ROW_PROGRAM ? "what it or its check printed differs from the baseline's; if it prints times, "
                                        "process ids or the like, use --ignore-output (ignore_output = yes in an .ini)"
                                      : "its results differ from the baseline's at the same seed");
}

/* One attempt of each block is left, so that a block's baseline is its first baseline slot that is ok. */
static void judge_checksums(Run *run) {
    size_t *places = sorted_places(run);
    for (size_t first = 0; first < run->sample_count;) {
        size_t end = group_end(run, places, first, false);
        const Sample *baseline = NULL;
        for (size_t i = first; i < end && baseline == NULL; i++) {
            const Sample *sample = &run->samples[places[i]];
            baseline = sample->arm == run->meta.baseline && sample->status == SAMPLE_OK ? sample : NULL;
        }
        for (size_t i = first; i < end; i++)
            judge_checksum(&run->samples[places[i]], baseline, run->meta.rows[run->samples[places[i]].row].kind);
        first = end;
    }
    free(places);
}

static int compare_reals(const void *left, const void *right) {
    const double *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* A row's floor is the median of what its baseline slots found, so that one odd process does not move a whole row. */
static void find_floors(Run *run) {
    double *floors = zeroed(run->sample_count, sizeof *floors);
    for (uint32_t row = 0; row < run->meta.row_count; row++) {
        size_t count = 0;
        for (size_t i = 0; i < run->sample_count; i++) {
            const Sample *sample = &run->samples[i];
            if (sample->row != row || sample->arm != run->meta.baseline || sample->status != SAMPLE_OK)
                continue;
            double floor = sample_measure(sample, "floor_rss_bytes");
            if (floor >= 0 && floor < 1e15) /* false where it was not measured, and for what no machine has */
                floors[count++] = floor;
        }
        if (count == 0)
            continue;
        qsort(floors, count, sizeof *floors, compare_reals);
        run->meta.rows[row].floor_bytes = (uint64_t)((floors[(count - 1) / 2] + floors[count / 2]) / 2);
    }
    free(floors);
}

/* Reads both files of a folder or an archive into `files`: run.json first. */
static bool read_files(const char *path, ArchiveFiles *files, StoreError *error) {
    struct stat status;
    if (stat(path, &status) != 0) {
        snprintf(error->text, sizeof error->text, "%s: %s; give the folder of a run, which 'allocbench run' makes",
                 path, strerror(errno));
        return false;
    }
    if (S_ISREG(status.st_mode))
        return run_archive_read(path, files, error);
    static const char *const names[] = {"run.json", "samples.jsonl"};
    bool good = true;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && good; i++) {
        char *file = text_format("%s/%s", path, names[i]);
        if (i == 0 && access(file, R_OK) != 0) {
            snprintf(error->text, sizeof error->text, "%s: %s; this folder holds no run", file, strerror(errno));
            good = false;
        } else {
            size_t length;
            char *text = read_whole(file, &length, error);
            good = text != NULL;
            if (good)
                archive_files_add(files, text_copy(names[i]), text, length);
        }
        free(file);
    }
    return good;
}

Run *run_load(const char *path, StoreError *error) {
    ArchiveFiles files = {0};
    Run *run = NULL;
    if (read_files(path, &files, error)) {
        run = zeroed(1, sizeof *run);
        char *meta_path = text_format("%s/%s", path, files.items[0].name);
        if (parse_meta(meta_path, files.items[0].data, files.items[0].length, &run->meta, error)) {
            run->folder = text_copy(path);
            parse_lines(run, files.items[1].data, files.items[1].length);
            drop_repeated_slots(run);
            drop_discarded_attempts(run);
            keep_counting_attempts(run);
            drop_stale_marks(run);
            judge_checksums(run);
            find_floors(run);
        } else {
            free(run);
            run = NULL;
        }
        free(meta_path);
    }
    archive_files_release(&files);
    return run;
}

void run_free(Run *run) {
    if (run == NULL)
        return;
    for (size_t i = 0; i < run->sample_count; i++)
        sample_release(&run->samples[i]);
    free(run->samples);
    release_attempts(run->discarded, run->discarded_blocks);
    release_attempts(run->disturbed, run->disturbed_blocks);
    free(run->load_at_end);
    run_meta_release(&run->meta);
    free(run->folder);
    free(run);
}
