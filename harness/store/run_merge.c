/*
 * run_merge.c - see run_merge.h.
 */
#include "run_merge.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "text.h"

typedef struct Part {
    const Run *run;
    json_t *host; /* its record, owned */
    uint32_t host_index;
    uint32_t *arms; /* its arm i is arm arms[i] of the union; owned */
    uint32_t first_row;
} Part;

typedef struct Merge {
    Part *parts;
    size_t count;
    RunMeta meta; /* of the union, owned */
    json_t *hosts;
} Merge;

bool run_is_merged(const RunMeta *meta) {
    return meta->host_json != NULL && meta->host_json[strspn(meta->host_json, " \t\r\n")] == '[';
}

static bool refuse(StoreError *error, const char *what, const char *cure) {
    snprintf(error->text, sizeof error->text, "cannot merge: %s; %s", what, cure);
    return false;
}

/* Takes `what`. */
static bool refuse_owned(StoreError *error, char *what, const char *cure) {
    (void)refuse(error, what, cure);
    free(what);
    return false;
}

static bool same_text(const char *a, const char *b) {
    return a != NULL && b != NULL ? strcmp(a, b) == 0 : a == b;
}

/* ---- hosts ---- */

/* The same computer, whatever its settings are by now. What one record does not know decides nothing. */
static bool same_machine(const json_t *a, const json_t *b) {
    static const char *const keys[] = {"machine_id", "hostname", "cpu_model", "cpus_online", "memory_total", "machine"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        json_t *left = json_object_get(a, keys[i]), *right = json_object_get(b, keys[i]);
        bool known = left != NULL && right != NULL && !json_is_null(left) && !json_is_null(right);
        if (known && json_equal(left, right) == 0)
            return false;
    }
    return true;
}

/* The same computer in the same state: the records are equal but for what changes from minute to minute. */
static bool same_record(const json_t *a, const json_t *b) {
    static const char *const volatile_keys[] = {"at_start", "load", "arms", "runs"};
    json_t *left = json_copy((json_t *)a), *right = json_copy((json_t *)b);
    for (size_t i = 0; i < sizeof volatile_keys / sizeof volatile_keys[0]; i++) {
        json_object_del(left, volatile_keys[i]);
        json_object_del(right, volatile_keys[i]);
    }
    bool same = json_equal(left, right) == 1;
    json_decref(left);
    json_decref(right);
    return same;
}

static json_t *named(const json_t *array, const char *name) {
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *own = json_string_value(json_object_get(json_array_get(array, i), "name"));
        if (own != NULL && strcmp(own, name) == 0)
            return json_array_get(array, i);
    }
    return NULL;
}

/* What each host ran under an arm's name: the union's arm shows the first part's library only. */
static json_t *arms_of(const Part *part) {
    json_t *array = json_array();
    for (size_t i = 0; i < part->run->meta.arm_count; i++) {
        const Arm *arm = &part->run->meta.arms[i];
        json_t *object = json_object();
        json_set_text(object, "name", arm->name);
        json_set_text(object, "label", arm->label);
        json_set_text(object, "environment", arm->environment);
        json_set_text(object, "sha256", arm->sha256);
        json_t *package = json_object_get(named(json_object_get(part->host, "arms"), arm->name), "package");
        if (package != NULL)
            json_object_set(object, "package", package);
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *origin_of(const Part *part) {
    const RunMeta *meta = &part->run->meta;
    json_t *object = json_object();
    json_set_text(object, "id", meta->id);
    json_set_text(object, "created", meta->created);
    json_set_text(object, "suite", meta->suite);
    json_set_text(object, "command", meta->command);
    json_set_hex(object, "seed", meta->seed);
    return object;
}

static void add_host(Merge *merge, Part *part) {
    size_t i = 0, count = json_array_size(merge->hosts);
    while (i < count && !same_record(json_array_get(merge->hosts, i), part->host))
        i++;
    if (i == count) {
        json_t *record = json_copy(part->host);
        json_object_set_new(record, "arms", json_array());
        json_object_set_new(record, "runs", json_array());
        json_array_append_new(merge->hosts, record);
    }
    json_t *record = json_array_get(merge->hosts, i), *listed = json_object_get(record, "arms");
    json_t *arms = arms_of(part);
    for (size_t k = 0; k < json_array_size(arms); k++) {
        json_t *arm = json_array_get(arms, k);
        if (named(listed, json_string_value(json_object_get(arm, "name"))) == NULL)
            json_array_append(listed, arm);
    }
    json_decref(arms);
    json_array_append_new(json_object_get(record, "runs"), origin_of(part));
    part->host_index = (uint32_t)i;
}

/* ---- what must be equal ---- */

static bool same_settings(const RunMeta *a, const RunMeta *b, StoreError *error) {
    static const char cure[] = "repeat one of them with the other's settings";
    const struct {
        const char *name;
        double left, right;
    } numbers[] = {
        {"threshold", a->threshold, b->threshold},
        {"precision", a->precision, b->precision},
        {"memory blocks", a->memory_blocks, b->memory_blocks},
        {"counter blocks", a->counter_blocks, b->counter_blocks},
        {"system call blocks", a->syscall_blocks, b->syscall_blocks},
        {"tier blocks", a->tier_blocks, b->tier_blocks},
        {"slot length (ms)", (double)a->slot_ns / 1e6, (double)b->slot_ns / 1e6},
        {"pinning (0 or 1)", a->pin, b->pin},
    };
    if (a->mode != b->mode)
        return refuse_owned(error,
                            text_format("the modes differ: %s is %s, %s is %s", a->id, run_mode_name(a->mode), b->id,
                                        run_mode_name(b->mode)),
                            "merge runs of one mode");
    if (!same_text(a->arms[a->baseline].name, b->arms[b->baseline].name))
        return refuse_owned(error,
                            text_format("the baselines differ: %s has %s, %s has %s", a->id, a->arms[a->baseline].name,
                                        b->id, b->arms[b->baseline].name),
                            "repeat one of them with --baseline");
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (fabs(numbers[i].left - numbers[i].right) > 0)
            return refuse_owned(error,
                                text_format("%s differs: %g in %s, %g in %s", numbers[i].name, numbers[i].left, a->id,
                                            numbers[i].right, b->id),
                                cure);
    }
    return true;
}

static const Arm *arm_named(const RunMeta *meta, const char *name) {
    for (size_t i = 0; i < meta->arm_count; i++) {
        if (strcmp(meta->arms[i].name, name) == 0)
            return &meta->arms[i];
    }
    return NULL;
}

/* On one machine an arm's name must mean one library with one set of settings. */
static bool same_arms(const Part *a, const Part *b, StoreError *error) {
    for (size_t i = 0; i < a->run->meta.arm_count; i++) {
        const Arm *mine = &a->run->meta.arms[i], *theirs = arm_named(&b->run->meta, mine->name);
        if (theirs == NULL || !mine->available || !theirs->available)
            continue;
        const char *what = !same_text(mine->sha256, theirs->sha256)             ? "library (SHA-256)"
                           : !same_text(mine->environment, theirs->environment) ? "settings"
                                                                                : NULL;
        if (what != NULL)
            return refuse_owned(error,
                                text_format("%s has another %s in %s than in %s, on the same host", mine->name, what,
                                            a->run->meta.id, b->run->meta.id),
                                "compare them as two arms of one run, with names of their own (NAME=LIBRARY)");
    }
    return true;
}

static bool parts_agree(const Merge *merge, StoreError *error) {
    for (size_t i = 0; i < merge->count; i++) {
        const Part *part = &merge->parts[i];
        if (run_is_merged(&part->run->meta))
            return refuse_owned(error, text_format("%s is the result of a merge itself", part->run->meta.id),
                                "merge its parts");
        for (size_t k = 0; k < i; k++) {
            const Part *other = &merge->parts[k];
            bool one_machine = same_machine(other->host, part->host);
            if (one_machine && strcmp(other->run->meta.id, part->run->meta.id) == 0 &&
                strcmp(other->run->meta.command, part->run->meta.command) == 0)
                return refuse_owned(error, text_format("%s is given twice", part->run->meta.id), "name it once");
            if (!same_settings(&other->run->meta, &part->run->meta, error) ||
                (one_machine && !same_arms(other, part, error)))
                return false;
        }
    }
    return true;
}

/* ---- the union ---- */

static void add_alternative(char **text, const char *other) {
    if (*text != NULL && strstr(*text, other) != NULL)
        return;
    char *longer = *text == NULL ? text_copy(other) : text_format("%s or %s", *text, other);
    free(*text);
    *text = longer;
}

static Arm copy_of_arm(const Arm *arm) {
    return (Arm){
        .name = text_copy(arm->name),
        .label = text_copy(arm->label),
        .path = text_copy(arm->path),
        .environment = text_copy(arm->environment),
        .sha256 = text_copy(arm->sha256),
        .available = arm->available,
        .broken = arm->broken,
        .reason = text_copy(arm->reason),
    };
}

/* An arm that some part has is available; its label names every version and setting that it had. */
static void unite_arm(Arm *arm, const Arm *other) {
    if (!other->available)
        return;
    if (!arm->available) {
        Arm copy = copy_of_arm(other);
        free(arm->name);
        free(arm->label);
        free(arm->path);
        free(arm->environment);
        free(arm->sha256);
        free(arm->reason);
        *arm = copy;
        return;
    }
    bool same_settings_too = strcmp(arm->environment, other->environment) == 0;
    char *label = same_settings_too ? text_copy(other->label)
                                    : text_format("%s with %s", other->label,
                                                  *other->environment == '\0' ? "no settings" : other->environment);
    add_alternative(&arm->label, label);
    free(label);
}

static bool unite_arms(Merge *merge, StoreError *error) {
    RunMeta *meta = &merge->meta;
    for (size_t p = 0; p < merge->count; p++) {
        Part *part = &merge->parts[p];
        const RunMeta *own = &part->run->meta;
        part->arms = zeroed(own->arm_count, sizeof *part->arms);
        for (size_t i = 0; i < own->arm_count; i++) {
            size_t at = 0;
            while (at < meta->arm_count && strcmp(meta->arms[at].name, own->arms[i].name) != 0)
                at++;
            if (at == meta->arm_count) {
                meta->arms = grow(meta->arms, at + 1, sizeof *meta->arms);
                meta->arms[meta->arm_count++] = copy_of_arm(&own->arms[i]);
            } else {
                unite_arm(&meta->arms[at], &own->arms[i]);
            }
            part->arms[i] = (uint32_t)at;
        }
    }
    meta->baseline = merge->parts[0].arms[merge->parts[0].run->meta.baseline];
    return meta->arm_count <= MERGED_ARMS_LIMIT ||
           refuse(error, "they have more than 64 allocators in all", "merge fewer runs");
}

static const Part *first_of_machine(const Merge *merge, const Part *part) {
    const Part *first = merge->parts;
    while (first < part && !same_machine(first->host, part->host))
        first++;
    return first;
}

/* Charts draw rows of one name but for what is swept as one curve, so machines of one name must not share it. */
static char *name_of_host(const Merge *merge, const Part *part) {
    const char *known = json_string_value(json_object_get(part->host, "hostname"));
    if (known == NULL)
        return text_format("host%u", (unsigned)part->host_index + 1);
    const Part *first = first_of_machine(merge, part);
    unsigned number = 1;
    for (const Part *other = merge->parts; other < first; other++)
        number += first_of_machine(merge, other) == other &&
                  same_text(json_string_value(json_object_get(other->host, "hostname")), known);
    return number == 1 ? text_copy(known) : text_format("%s#%u", known, number);
}

/* Takes " WORDS" out of a name, where it stands as whole words. */
static void cut_words(char *name, const char *words) {
    size_t length = strlen(words);
    for (char *at = strstr(name, words); length > 0 && at != NULL; at = strstr(at + 1, words)) {
        if (at > name && at[-1] == ' ' && (at[length] == '\0' || at[length] == ' ')) {
            memmove(at - 1, at + length, strlen(at + length) + 1);
            return;
        }
    }
}

/* What rows of one curve have in common: the name without the swept values and the number of threads. Owned. */
static char *name_of_curve(const Row *row, const char *row_name) {
    char *name = text_copy(row_name), *threads = text_format("t%u", (unsigned)row->threads);
    cut_words(name, row->sweep == NULL ? "" : row->sweep);
    cut_words(name, threads);
    free(threads);
    return name;
}

/* Whether the parts before this one have a row of this curve. */
static bool has_curve(const Merge *merge, const Part *part, const char *curve) {
    bool found = false;
    for (size_t i = 0; i < part->first_row && !found; i++) {
        char *other = name_of_curve(&merge->meta.rows[i], merge->meta.rows[i].name);
        found = strcmp(other, curve) == 0;
        free(other);
    }
    return found;
}

/* A curve is of one run: values that were measured in different runs are not joined. */
static char *name_of_row(const Merge *merge, const Part *part, const Row *row) {
    char *host = name_of_host(merge, part), *name = NULL;
    bool taken = true;
    for (unsigned again = 1; taken; again++) {
        free(name);
        name = again == 1 ? text_format("%s @%s", row->name, host) : text_format("%s @%s#%u", row->name, host, again);
        char *curve = name_of_curve(row, name);
        taken = has_curve(merge, part, curve);
        free(curve);
    }
    free(host);
    return name;
}

/* All arms of the union that the part did not have or could not load. */
static uint64_t absent_arms(const Merge *merge, const Part *part) {
    uint64_t absent =
        merge->meta.arm_count == MERGED_ARMS_LIMIT ? UINT64_MAX : (UINT64_C(1) << merge->meta.arm_count) - 1;
    for (size_t i = 0; i < part->run->meta.arm_count; i++) {
        if (part->run->meta.arms[i].available)
            absent &= ~(UINT64_C(1) << part->arms[i]);
    }
    for (size_t i = 0; i < merge->meta.arm_count; i++) {
        if (!merge->meta.arms[i].available) /* that nobody has it is said once, by the arm */
            absent &= ~(UINT64_C(1) << i);
    }
    return absent;
}

static void unite_rows(Merge *merge) {
    RunMeta *meta = &merge->meta;
    for (size_t p = 0; p < merge->count; p++) {
        Part *part = &merge->parts[p];
        uint64_t absent = absent_arms(merge, part);
        part->first_row = (uint32_t)meta->row_count;
        for (size_t i = 0; i < part->run->meta.row_count; i++) {
            const Row *row = &part->run->meta.rows[i];
            Row copy = *row;
            copy.name = name_of_row(merge, part, row);
            copy.workload = text_copy(row->workload);
            copy.arguments = text_copy(row->arguments);
            copy.sweep = text_copy(row->sweep);
            copy.unit = text_copy(row->unit);
            copy.unsupported = text_copy(row->unsupported);
            copy.sha256 = text_copy(row->sha256);
            copy.own_program = text_copy(row->own_program);
            copy.host = part->host_index;
            copy.absent_arms = absent;
            meta->rows = grow(meta->rows, meta->row_count + 1, sizeof *meta->rows);
            meta->rows[meta->row_count++] = copy;
        }
    }
}

static uint64_t smaller(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t larger(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* "2026-01-02T03:04:05Z" -> "20260102T030405Z-merged", as other runs are called. */
static char *id_of(const char *created) {
    char *stamp = text_copy(created);
    size_t kept = 0;
    for (const char *at = created; *at != '\0'; at++) {
        if (*at != '-' && *at != ':')
            stamp[kept++] = *at;
    }
    stamp[kept] = '\0';
    char *id = text_format("%s%smerged", stamp, kept > 0 ? "-" : "");
    free(stamp);
    return id;
}

static void unite_settings(Merge *merge, const char *command) {
    const RunMeta *first = &merge->parts[0].run->meta;
    RunMeta *meta = &merge->meta;
    const char *created = first->created;
    bool one_suite = true;
    *meta = (RunMeta){
        .format_version = RUN_FORMAT_VERSION,
        .command = text_copy(command),
        .mode = first->mode,
        .seed = first->seed,
        .memory_blocks = first->memory_blocks,
        .counter_blocks = first->counter_blocks,
        .syscall_blocks = first->syscall_blocks,
        .tier_blocks = first->tier_blocks,
        .minimum_blocks = first->minimum_blocks,
        .maximum_blocks = first->maximum_blocks,
        .precision = first->precision,
        .threshold = first->threshold,
        .slot_ns = first->slot_ns,
        .timeout_ns = first->timeout_ns,
        .memory_cap_bytes = first->memory_cap_bytes,
        .pin = first->pin,
    };
    for (size_t i = 1; i < merge->count; i++) {
        const RunMeta *other = &merge->parts[i].run->meta;
        meta->minimum_blocks = (uint32_t)smaller(meta->minimum_blocks, other->minimum_blocks);
        meta->maximum_blocks = (uint32_t)larger(meta->maximum_blocks, other->maximum_blocks);
        meta->timeout_ns = larger(meta->timeout_ns, other->timeout_ns);
        meta->memory_cap_bytes = larger(meta->memory_cap_bytes, other->memory_cap_bytes);
        if (strcmp(other->created, created) > 0) /* ISO 8601 sorts as text */
            created = other->created;
        one_suite = one_suite && strcmp(other->suite, first->suite) == 0;
    }
    meta->created = text_copy(created);
    meta->id = id_of(created);
    meta->suite = text_copy(one_suite ? first->suite : "merged");
}

/* ---- writing ---- */

static bool write_part(const Part *part, RunWriter *writer, StoreError *error) {
    const Run *run = part->run;
    for (size_t i = 0; i < run->sample_count; i++) {
        Sample sample = run->samples[i]; /* borrows what it points to */
        sample.row += part->first_row;
        sample.arm = part->arms[sample.arm];
        if (!run_writer_append(writer, &sample, error))
            return false;
    }
    for (size_t i = 0; i < run->discarded_blocks; i++) {
        const BlockAttempt *block = &run->discarded[i];
        if (!run_writer_discard_block(writer, block->row + part->first_row, block->block, block->attempt, block->reason,
                                      error))
            return false;
    }
    for (size_t i = 0; i < run->disturbed_blocks; i++) {
        const BlockAttempt *block = &run->disturbed[i];
        if (!run_writer_note_disturbed(writer, block->row + part->first_row, block->block, block->attempt,
                                       block->reason, error))
            return false;
    }
    return true;
}

static void remove_half_written(const char *folder) {
    static const char *const files[] = {"samples.jsonl", "run.json", "run.json.tmp"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char *path = text_format("%s/%s", folder, files[i]);
        (void)unlink(path);
        free(path);
    }
    (void)rmdir(folder);
}

static bool write_union(const Merge *merge, const char *folder, StoreError *error) {
    char *aside = text_format("%s.tmp-%ld", folder, (long)getpid());
    RunWriter *writer = run_writer_create(aside, &merge->meta, error);
    bool good = writer != NULL;
    for (size_t i = 0; i < merge->count && good; i++)
        good = write_part(&merge->parts[i], writer, error);
    run_writer_close(writer);
    if (good && rename(aside, folder) != 0) {
        bool taken = errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR;
        snprintf(error->text, sizeof error->text, "%s: %s; choose another folder with -o", folder,
                 taken ? "exists already" : strerror(errno));
        good = false;
    }
    if (!good)
        remove_half_written(aside);
    free(aside);
    return good;
}

static json_t *host_of(const Run *run) {
    json_t *host = run->meta.host_json == NULL ? NULL : json_loads(run->meta.host_json, 0, NULL);
    return host != NULL ? host : json_object();
}

static bool has_work(const RunMeta *meta, const Row *row) {
    bool found = false;
    for (size_t i = 0; i < meta->row_count && !found; i++) {
        const Row *own = &meta->rows[i];
        found = own->kind == row->kind && own->threads == row->threads && own->thp == row->thp &&
                same_text(own->workload, row->workload) && same_text(own->arguments, row->arguments);
    }
    return found;
}

size_t run_merge_repeated_rows(const Run *const *parts, size_t count, const char **example) {
    size_t repeated = 0;
    json_t **hosts = zeroed(count, sizeof *hosts);
    for (size_t p = 0; p < count; p++) {
        hosts[p] = host_of(parts[p]);
        for (size_t i = 0; i < parts[p]->meta.row_count; i++) {
            const Row *row = &parts[p]->meta.rows[i];
            bool again = false;
            for (size_t k = 0; k < p && !again; k++)
                again = same_machine(hosts[k], hosts[p]) && has_work(&parts[k]->meta, row);
            if (again && repeated++ == 0)
                *example = row->name;
        }
    }
    for (size_t p = 0; p < count; p++)
        json_decref(hosts[p]);
    free(hosts);
    return repeated;
}

bool run_merge(const Run *const *parts, size_t count, const char *command, const char *folder, StoreError *error) {
    Merge merge = {.parts = zeroed(count, sizeof *merge.parts), .count = count, .hosts = json_array()};
    for (size_t i = 0; i < count; i++)
        merge.parts[i] = (Part){.run = parts[i], .host = host_of(parts[i])};
    bool good = count >= 2 ? parts_agree(&merge, error) : refuse(error, "there is only one run", "name two or more");
    if (good) {
        unite_settings(&merge, command);
        for (size_t i = 0; i < count; i++)
            add_host(&merge, &merge.parts[i]);
        good = unite_arms(&merge, error);
    }
    if (good) {
        unite_rows(&merge);
        merge.meta.host_json = json_dumps(merge.hosts, JSON_COMPACT | JSON_SORT_KEYS);
        good = write_union(&merge, folder, error);
    }
    for (size_t i = 0; i < count; i++) {
        json_decref(merge.parts[i].host);
        free(merge.parts[i].arms);
    }
    free(merge.parts);
    json_decref(merge.hosts);
    run_meta_release(&merge.meta);
    return good;
}
