/*
 * suite.c - see suite.h.
 */
#include "suite.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cores.h"
#include "ini_file.h"
#include "places.h"

static bool bad(StoreError *what, const char *key, const char *value, const char *cure) {
    snprintf(what->text, sizeof what->text, "%s = %s: %s", key, value, cure);
    return false;
}

static bool set_text(char **field, const char *key, const char *value, StoreError *what) {
    if (*value == '\0')
        return bad(what, key, value, "is empty; give a value or remove the line");
    *field = text_copy(value);
    return true;
}

/* Sets bit i for words[i]; false when a part of text is none of them, or there is none. */
static bool parse_words(const char *text, const char *const *words, size_t word_count, unsigned *bits) {
    TextList parts = {0};
    text_list_split(&parts, text, ',');
    bool good = !text_list_has_gap(text, ',');
    *bits = 0;
    for (size_t i = 0; i < parts.count && good; i++) {
        size_t word = 0;
        while (word < word_count && strcmp(parts.items[i], words[word]) != 0)
            word++;
        good = word < word_count;
        *bits |= 1u << word;
    }
    text_list_release(&parts);
    return good;
}

bool suite_parse_thp(const char *text, unsigned *thp) {
    static const char *const words[] = {[THP_INHERIT] = "inherit", [THP_NEVER] = "never"};
    return parse_words(text, words, sizeof words / sizeof words[0], thp);
}

bool suite_parse_counters(const char *text, unsigned *counters) {
    static const char *const words[] = {"hardware", "syscalls", "tiers"};
    *counters = 0;
    return strcmp(text, "none") == 0 || parse_words(text, words, sizeof words / sizeof words[0], counters);
}

uint64_t suite_default_blocks(RunMode mode) {
    static const uint64_t blocks[MODE_COUNT] = {
        [MODE_THROUGHPUT] = 10, [MODE_LATENCY] = 10, [MODE_ICOUNT] = 2, [MODE_LIMIT] = 6};
    return blocks[mode];
}

static bool suite_key(Suite *suite, const char *key, const char *value, StoreError *what) {
    if (strcmp(key, "description") == 0)
        return set_text(&suite->description, key, value, what);
    if (strcmp(key, "allocators") == 0)
        return set_text(&suite->allocators, key, value, what);
    if (strcmp(key, "baseline") == 0)
        return set_text(&suite->baseline, key, value, what);
    if (strcmp(key, "slot_ms") == 0)
        return text_to_u64(value, 1, 3600000, &suite->slot_ms) ||
               bad(what, key, value, "must be a whole number of milliseconds from 1 to 3600000");
    if (strcmp(key, "blocks") == 0)
        return text_to_u64(value, 1, 100000, &suite->blocks) ||
               bad(what, key, value, "must be a whole number from 1 to 100000");
    if (strcmp(key, "mode") == 0)
        return run_mode_parse(value, &suite->mode) ||
               bad(what, key, value, "must be throughput, latency, icount or limit");
    if (strcmp(key, "memory_blocks") == 0) {
        uint64_t blocks = 0;
        bool good = text_to_u64(value, 0, 1000, &blocks);
        suite->memory_blocks = (int64_t)blocks;
        return good || bad(what, key, value, "must be a whole number from 0 to 1000");
    }
    if (strcmp(key, "thp") == 0)
        return suite_parse_thp(value, &suite->thp) || bad(what, key, value, "must be inherit, never or inherit,never");
    if (strcmp(key, "counters") == 0)
        return suite_parse_counters(value, &suite->counters) ||
               bad(what, key, value, "must be none, or any of hardware,syscalls,tiers");
    if (strcmp(key, "timeout_s") == 0)
        return text_to_u64(value, 1, 86400, &suite->timeout_s) ||
               bad(what, key, value, "must be a whole number of seconds from 1 to 86400");
    if (strcmp(key, "max_time_s") == 0)
        return text_to_u64(value, 1, 31536000, &suite->max_time_s) ||
               bad(what, key, value, "must be a whole number of seconds from 1 to 31536000");
    if (strcmp(key, "precision") == 0)
        return text_to_double(value, 0, 1, &suite->precision) ||
               bad(what, key, value, "must be a number from 0 to 1, 0.03 for 3 %");
    if (strcmp(key, "threshold") == 0)
        return text_to_double(value, 0, 1, &suite->threshold) ||
               bad(what, key, value, "must be a number from 0 to 1, 0.01 for 1 %");
    if (strcmp(key, "pin") == 0) {
        suite->pin = strcmp(value, "yes") == 0;
        return suite->pin || strcmp(value, "no") == 0 || bad(what, key, value, "must be yes or no");
    }
    snprintf(what->text, sizeof what->text,
             "[suite] has no key '%s'; it has description, allocators, baseline, mode, slot_ms, blocks, "
             "memory_blocks, counters, thp, timeout_s, max_time_s, precision, threshold, pin",
             key);
    return false;
}

static bool row_key(SuiteRow *row, const char *key, const char *value, StoreError *what) {
    StoreError problem = {""};
    if (strcmp(key, "workload") == 0)
        return set_text(&row->workload, key, value, what);
    if (strcmp(key, "program") == 0)
        return set_text(&row->program, key, value, what);
    if (strcmp(key, "arguments") == 0)
        return set_text(&row->arguments, key, value, what);
    if (strcmp(key, "operations") == 0)
        return text_to_u64(value, 1, UINT64_C(1) << 48, &row->operations) ||
               bad(what, key, value, "must be a whole number of at least 1");
    if (strcmp(key, "usual_ms") == 0)
        return text_to_u64(value, 1, 86400000, &row->usual_ms) ||
               bad(what, key, value, "must be a whole number of milliseconds from 1 to 86400000");
    if (strcmp(key, "threads") == 0)
        return sweep_parse_threads(value, cores_count(), &row->threads, &row->thread_count, &problem) ||
               bad(what, key, value, problem.text);
    if (strcmp(key, "set") == 0)
        return sweeps_add(&row->sweeps, value, &problem) || bad(what, key, value, problem.text);
    snprintf(what->text, sizeof what->text,
             "[%s] has no key '%s'; it has workload or program, arguments, set, threads, operations, usual_ms",
             row->name, key);
    return false;
}

static bool on_key(void *user, const char *section, const char *key, const char *value, StoreError *what) {
    Suite *suite = user;
    if (*section == '\0') {
        snprintf(what->text, sizeof what->text, "'%s' stands before the first section; put [suite] above it", key);
        return false;
    }
    if (strcmp(section, "suite") == 0)
        return suite_key(suite, key, value, what);
    SuiteRow *row = NULL;
    for (size_t i = 0; i < suite->row_count && row == NULL; i++) {
        if (strcmp(suite->rows[i].name, section) == 0)
            row = &suite->rows[i];
    }
    if (row == NULL) {
        suite->rows = grow(suite->rows, suite->row_count + 1, sizeof *suite->rows);
        row = &suite->rows[suite->row_count++];
        *row = (SuiteRow){.name = text_copy(section)};
    }
    return row_key(row, key, value, what);
}

static bool check_rows(const Suite *suite, StoreError *error) {
    if (suite->row_count == 0) {
        snprintf(error->text, sizeof error->text, "%s: no rows; add a section with 'workload = NAME'", suite->path);
        return false;
    }
    for (size_t i = 0; i < suite->row_count; i++) {
        const SuiteRow *row = &suite->rows[i];
        const char *problem = NULL;
        if ((row->workload == NULL) == (row->program == NULL))
            problem = "needs either 'workload = NAME' or 'program = NAME'";
        else if (row->program != NULL && (row->thread_count > 0 || row->arguments != NULL || row->operations > 0 ||
                                          row->usual_ms > 0 || row->sweeps.count > 0))
            problem = "is a program: threads, arguments, set, operations and usual_ms belong to workloads; what there "
                      "is of them stands in the program's own .ini";
        if (problem != NULL) {
            snprintf(error->text, sizeof error->text, "%s: [%s] %s", suite->path, row->name, problem);
            return false;
        }
    }
    return true;
}

char *suite_find_file(TextList folders, const char *name) {
    char *found = NULL;
    for (size_t i = 0; i < folders.count && found == NULL; i++) {
        char *path = text_format("%s/%s.ini", folders.items[i], name);
        if (access(path, F_OK) == 0)
            found = path;
        else
            free(path);
    }
    text_list_release(&folders);
    return found;
}

static int by_text(const void *one, const void *other) {
    return strcmp(*(char *const *)one, *(char *const *)other);
}

TextList suite_list_files(TextList folders) {
    TextList names = {0};
    for (size_t i = 0; i < folders.count; i++) {
        DIR *folder = opendir(folders.items[i]);
        for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
            size_t length = strlen(entry->d_name);
            if (length > 4 && strcmp(entry->d_name + length - 4, ".ini") == 0 && entry->d_name[0] != '.')
                text_list_add(&names, text_copy_part(entry->d_name, length - 4));
        }
        if (folder != NULL)
            closedir(folder);
    }
    text_list_release(&folders);
    if (names.count > 0)
        qsort(names.items, names.count, sizeof *names.items, by_text);
    return names;
}

/* Takes the name. */
static Suite *suite_with_defaults(char *name) {
    Suite *suite = zeroed(1, sizeof *suite);
    *suite = (Suite){.name = name,
                     .slot_ms = 250,
                     .memory_blocks = -1,
                     .thp = 1u << THP_INHERIT,
                     .timeout_s = 60,
                     .threshold = 0.01};
    return suite;
}

Suite *suite_without_rows(const char *name) {
    Suite *suite = suite_with_defaults(text_copy(name));
    suite->blocks = suite_default_blocks(MODE_THROUGHPUT);
    suite->memory_blocks = 1; /* warms up, and is the curve of memory over time */
    return suite;
}

TextList suite_names(void) {
    return suite_list_files(places_suites());
}

Suite *suite_load(const char *name, StoreError *error) {
    size_t length = strlen(name);
    bool is_path = strchr(name, '/') != NULL || (length > 4 && strcmp(name + length - 4, ".ini") == 0);
    char *path = is_path ? text_copy(name) : suite_find_file(places_suites(), name);
    if (path == NULL) {
        snprintf(error->text, sizeof error->text,
                 "unknown suite '%s'; 'allocbench list suites' shows those there are, or give the path of a .ini file",
                 name);
        return NULL;
    }
    const char *slash = strrchr(path, '/');
    const char *file = slash == NULL ? path : slash + 1;
    size_t file_length = strlen(file);
    bool has_suffix = file_length > 4 && strcmp(file + file_length - 4, ".ini") == 0;
    Suite *suite = suite_with_defaults(text_copy_part(file, has_suffix ? file_length - 4 : file_length));
    suite->path = path;
    if (!ini_file_read(path, on_key, suite, error) || !check_rows(suite, error)) {
        suite_free(suite);
        return NULL;
    }
    if (suite->blocks == 0)
        suite->blocks = suite_default_blocks(suite->mode);
    return suite;
}

void suite_free(Suite *suite) {
    if (suite == NULL)
        return;
    for (size_t i = 0; i < suite->row_count; i++) {
        SuiteRow *row = &suite->rows[i];
        free(row->name);
        free(row->workload);
        free(row->program);
        free(row->arguments);
        free(row->threads);
        sweeps_release(&row->sweeps);
    }
    free(suite->rows);
    free(suite->name);
    free(suite->path);
    free(suite->description);
    free(suite->allocators);
    free(suite->baseline);
    free(suite);
}
