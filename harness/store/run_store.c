/*
 * run_store.c - reading a run: every finished line is kept or counted, and only the attempts that count are returned.
 */
#include "run_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json.h"
#include "text.h"

static bool load_meta(const char *folder, RunMeta *meta, StoreError *error) {
    char *path = text_format("%s/run.json", folder);
    json_error_t json_error;
    json_t *json = NULL;
    bool good = false;
    if (access(folder, F_OK) != 0) {
        snprintf(error->text, sizeof error->text, "%s: %s; give the folder of a run, for instance results/latest",
                 folder, strerror(errno));
    } else if (access(path, R_OK) != 0) {
        snprintf(error->text, sizeof error->text, "%s: %s; this folder holds no run", path, strerror(errno));
    } else if ((json = json_load_file(path, 0, &json_error)) == NULL) {
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
    free(path);
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

static void note_discarded(Run *run, const json_t *note) {
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
    for (size_t i = 0; i < run->discarded_blocks; i++) {
        const BlockAttempt *known = &run->discarded[i];
        if (known->row == attempt.row && known->block == attempt.block && known->attempt == attempt.attempt)
            return;
    }
    run->discarded = grow(run->discarded, run->discarded_blocks + 1, sizeof *run->discarded);
    run->discarded[run->discarded_blocks++] = attempt;
}

/* True when the sample can belong to this run and its slot was not stored before. */
static bool sample_fits(const Run *run, const Sample *sample) {
    if (sample->row >= run->meta.row_count || sample->arm >= run->meta.arm_count)
        return false;
    for (size_t i = run->sample_count; i-- > 0;) {
        const Sample *other = &run->samples[i];
        if (other->row != sample->row || other->block != sample->block || other->attempt != sample->attempt)
            continue;
        if (other->arm == sample->arm && other->control == sample->control)
            return false;
    }
    return true;
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
            const json_t *note = json_object_get(json, "discarded");
            Sample sample;
            if (note != NULL) {
                note_discarded(run, note);
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

bool run_block_is_complete(const Run *run, uint32_t row, uint32_t block, uint32_t attempt) {
    size_t wanted = 1; /* the control */
    for (size_t i = 0; i < run->meta.arm_count; i++)
        wanted += run->meta.arms[i].available ? 1 : 0;
    size_t found = 0;
    for (size_t i = 0; i < run->sample_count; i++) {
        const Sample *sample = &run->samples[i];
        if (sample->row == row && sample->block == block && sample->attempt == attempt &&
            run->meta.arms[sample->arm].available)
            found++;
    }
    return found >= wanted;
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

/* Drops discarded attempts, then all but the attempt that counts for each block. */
static void keep_counting_attempts(Run *run) {
    bool *keep = zeroed(run->sample_count, sizeof *keep);
    for (size_t i = 0; i < run->sample_count; i++)
        keep[i] = !is_discarded(run, &run->samples[i]);
    keep_if(run, keep);

    for (size_t i = 0; i < run->sample_count; i++) {
        const Sample *sample = &run->samples[i];
        bool complete = run_block_is_complete(run, sample->row, sample->block, sample->attempt);
        keep[i] = true;
        for (size_t j = 0; j < run->sample_count && keep[i]; j++) {
            const Sample *other = &run->samples[j];
            if (other->row != sample->row || other->block != sample->block || other->attempt == sample->attempt)
                continue;
            bool other_complete = run_block_is_complete(run, other->row, other->block, other->attempt);
            if (complete != other_complete ? other_complete : other->attempt > sample->attempt)
                keep[i] = false;
        }
    }
    keep_if(run, keep);
    free(keep);
}

static const Sample *baseline_of_block(const Run *run, const Sample *sample) {
    const Sample *found = NULL;
    for (size_t i = 0; i < run->sample_count; i++) {
        const Sample *other = &run->samples[i];
        if (other->row != sample->row || other->block != sample->block || other->arm != run->meta.baseline ||
            other->status != SAMPLE_OK)
            continue;
        if (found == NULL || !other->control)
            found = other;
    }
    return found;
}

static void judge_checksums(Run *run) {
    for (size_t i = 0; i < run->sample_count; i++) {
        Sample *sample = &run->samples[i];
        if (sample->status != SAMPLE_OK || sample->checksum == 0)
            continue;
        const Sample *baseline = baseline_of_block(run, sample);
        if (baseline == NULL || baseline == sample || baseline->checksum == 0 || baseline->checksum == sample->checksum)
            continue;
        sample->status = SAMPLE_CORRUPT;
        free(sample->message);
        sample->message = text_copy("its results differ from the baseline's at the same seed");
    }
}

Run *run_load(const char *folder, StoreError *error) {
    Run *run = zeroed(1, sizeof *run);
    if (!load_meta(folder, &run->meta, error)) {
        free(run);
        return NULL;
    }
    run->folder = text_copy(folder);
    char *path = text_format("%s/samples.jsonl", folder);
    size_t length;
    char *text = read_whole(path, &length, error);
    free(path);
    if (text == NULL) {
        run_free(run);
        return NULL;
    }
    parse_lines(run, text, length);
    free(text);
    keep_counting_attempts(run);
    judge_checksums(run);
    return run;
}

void run_free(Run *run) {
    if (run == NULL)
        return;
    for (size_t i = 0; i < run->sample_count; i++)
        sample_release(&run->samples[i]);
    free(run->samples);
    free(run->discarded);
    run_meta_release(&run->meta);
    free(run->folder);
    free(run);
}
