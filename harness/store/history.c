/*
 * history.c - see history.h.
 */
#include "history.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "text.h"

enum { FORMAT = 1, DIGITS = 5 };

/* ---- writing ---- */

static json_t *number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *numbers(const HistoryRatio *ratio) {
    json_t *array = json_array();
    json_array_append_new(array, number(ratio->ratio));
    json_array_append_new(array, number(ratio->low));
    json_array_append_new(array, number(ratio->high));
    return array;
}

/* The member of this name, made when there is none yet. */
static json_t *member(json_t *object, const char *name) {
    json_t *found = json_object_get(object, name);
    if (found == NULL) {
        found = json_object();
        json_object_set_new(object, name, found);
    }
    return found;
}

static void put_ratio(json_t *metrics, const HistoryRatio *ratio) {
    json_t *arm = member(member(metrics, ratio->metric), ratio->arm), *values = numbers(ratio);
    if (ratio->row == NULL) {
        json_object_set_new(arm, "mean", values);
        json_object_set_new(arm, "mean_rows", json_integer((json_int_t)ratio->rows));
        return;
    }
    json_array_append_new(values, json_string(ratio->verdict));
    json_object_set_new(member(arm, "rows"), ratio->row, values);
}

/* One line with its newline; owned. */
static char *line_of(const HistoryEntry *entry) {
    json_t *object = json_object(), *metrics = json_object();
    json_object_set_new(object, "format", json_integer(FORMAT));
    json_set_text(object, "commit", entry->commit);
    json_object_set_new(object, "dirty", json_boolean(entry->dirty));
    json_set_text(object, "date", entry->date);
    json_set_text(object, "host", entry->host);
    json_set_text(object, "machine", entry->machine);
    json_set_text(object, "suite", entry->suite);
    json_set_text(object, "mode", entry->mode);
    json_set_text(object, "run", entry->run);
    json_set_text(object, "baseline", entry->baseline);
    for (size_t i = 0; i < entry->ratio_count; i++)
        put_ratio(metrics, &entry->ratios[i]);
    json_object_set_new(object, "metrics", metrics);
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS)), *line = text_format("%s\n", text);
    free(text);
    json_decref(object);
    return line;
}

void history_entry_add(HistoryEntry *entry, HistoryRatio ratio) {
    entry->ratios = grow(entry->ratios, entry->ratio_count + 1, sizeof *entry->ratios);
    entry->ratios[entry->ratio_count++] = ratio;
}

/* A last line that a kill cut short is closed first, so that it stays the only one that cannot be read. */
static bool append_line(int file, const char *line) {
    char last = '\n';
    off_t size = lseek(file, 0, SEEK_END);
    if (size > 0 && pread(file, &last, 1, size - 1) != 1)
        return false;
    char *whole = text_format("%s%s", last == '\n' ? "" : "\n", line);
    size_t length = strlen(whole);
    bool good = write(file, whole, length) == (ssize_t)length;
    free(whole);
    return good;
}

bool history_append(const char *path, const HistoryEntry *entry, StoreError *error) {
    History *history = history_load(path, true, error);
    if (history == NULL)
        return false;
    bool known = false;
    for (size_t i = 0; i < history->count; i++)
        known =
            known || (!strcmp(history->entries[i].run, entry->run) && !strcmp(history->entries[i].host, entry->host));
    history_free(history);
    if (known)
        return store_complain(error, "%s: has run %s of this host already", path, entry->run);
    int file = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    char *line = line_of(entry);
    bool good = file >= 0 && append_line(file, line);
    int saved = errno;
    free(line);
    if (file >= 0 && close(file) != 0)
        good = false;
    return good || store_complain(error, "%s: %s", path, strerror(saved));
}

/* ---- reading ---- */

static double number_at(const json_t *array, size_t index) {
    const json_t *value = json_array_get(array, index);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static HistoryRatio ratio_from(const char *metric, const char *arm, const json_t *values) {
    return (HistoryRatio){.metric = text_copy(metric),
                          .arm = text_copy(arm),
                          .ratio = number_at(values, 0),
                          .low = number_at(values, 1),
                          .high = number_at(values, 2)};
}

static void read_arm(HistoryEntry *entry, const char *metric, const char *arm, const json_t *object) {
    HistoryRatio mean = ratio_from(metric, arm, json_object_get(object, "mean"));
    mean.rows = (size_t)json_integer_value(json_object_get(object, "mean_rows"));
    history_entry_add(entry, mean);
    const char *row;
    json_t *values;
    json_object_foreach(json_object_get(object, "rows"), row, values) {
        HistoryRatio ratio = ratio_from(metric, arm, values);
        const char *verdict = json_string_value(json_array_get(values, 3));
        ratio.row = text_copy(row);
        ratio.verdict = text_copy(verdict != NULL ? verdict : "");
        history_entry_add(entry, ratio);
    }
}

static bool entry_from(const json_t *object, HistoryEntry *entry) {
    const char *wrong = NULL, *metric, *arm;
    json_t *arms, *one;
    *entry = (HistoryEntry){.commit = json_get_text(object, "commit", &wrong),
                            .dirty = json_get_flag(object, "dirty", &wrong),
                            .date = json_get_text(object, "date", &wrong),
                            .host = json_get_text(object, "host", &wrong),
                            .machine = json_get_text(object, "machine", &wrong),
                            .suite = json_get_text(object, "suite", &wrong),
                            .mode = json_get_text(object, "mode", &wrong),
                            .run = json_get_text(object, "run", &wrong),
                            .baseline = json_get_text(object, "baseline", &wrong)};
    json_object_foreach(json_object_get(object, "metrics"), metric, arms) json_object_foreach(arms, arm, one)
        read_arm(entry, metric, arm, one);
    bool good = wrong == NULL && json_get_u64(object, "format", &wrong) == FORMAT && entry->commit && entry->date &&
                entry->host && entry->machine && entry->suite && entry->mode && entry->run && entry->baseline;
    if (!good)
        history_entry_release(entry);
    return good;
}

static void read_line(History *history, const char *line) {
    json_t *object = json_loads(line, 0, NULL);
    HistoryEntry entry;
    if (json_is_object(object) && entry_from(object, &entry)) {
        history->entries = grow(history->entries, history->count + 1, sizeof *history->entries);
        history->entries[history->count++] = entry;
    } else {
        history->unreadable_lines++;
    }
    json_decref(object);
}

History *history_load(const char *path, bool may_be_absent, StoreError *error) {
    FILE *file = fopen(path, "re");
    if (file == NULL && !(may_be_absent && errno == ENOENT)) {
        (void)store_complain(error, "%s: %s; 'allocbench history add RUN' begins one", path, strerror(errno));
        return NULL;
    }
    History *history = zeroed(1, sizeof *history);
    char *line = NULL;
    size_t capacity = 0;
    while (file != NULL && getline(&line, &capacity, file) > 0)
        read_line(history, line);
    free(line);
    if (file != NULL)
        fclose(file);
    return history;
}

void history_entry_release(HistoryEntry *entry) {
    for (size_t i = 0; i < entry->ratio_count; i++) {
        free(entry->ratios[i].metric);
        free(entry->ratios[i].arm);
        free(entry->ratios[i].row);
        free(entry->ratios[i].verdict);
    }
    free(entry->ratios);
    free(entry->commit);
    free(entry->date);
    free(entry->host);
    free(entry->machine);
    free(entry->suite);
    free(entry->mode);
    free(entry->run);
    free(entry->baseline);
    *entry = (HistoryEntry){0};
}

void history_free(History *history) {
    if (history == NULL)
        return;
    for (size_t i = 0; i < history->count; i++)
        history_entry_release(&history->entries[i]);
    free(history->entries);
    free(history);
}
