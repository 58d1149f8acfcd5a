/*
 * meta_json.c - a run's metadata as one JSON object.
 */
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

static json_t *arm_to_json(const Arm *arm) {
    json_t *object = json_object();
    json_set_text(object, "name", arm->name);
    json_set_text(object, "label", arm->label);
    json_set_text(object, "path", arm->path);
    json_set_text(object, "environment", arm->environment);
    json_set_text(object, "sha256", arm->sha256);
    json_object_set_new(object, "available", json_boolean(arm->available));
    json_object_set_new(object, "broken", json_boolean(arm->broken));
    json_set_text(object, "reason", arm->reason);
    return object;
}

/* The arms that a row of a merged run lacks, by name; left out where there are none. */
static void absent_to_json(json_t *object, const RunMeta *meta, const Row *row) {
    json_t *names = json_array();
    for (size_t i = 0; i < meta->arm_count && i < MERGED_ARMS_LIMIT; i++) {
        if ((row->absent_arms >> i & 1) != 0)
            json_array_append_new(names, json_string(meta->arms[i].name));
    }
    if (json_array_size(names) > 0)
        json_object_set(object, "absent_arms", names);
    json_decref(names);
}

static void absent_from_json(const json_t *object, const RunMeta *meta, Row *row, const char **wrong) {
    const json_t *names = json_object_get(object, "absent_arms");
    for (size_t n = 0; n < json_array_size(names); n++) {
        const char *name = json_string_value(json_array_get(names, n));
        size_t i = 0;
        while (i < meta->arm_count && (name == NULL || strcmp(meta->arms[i].name, name) != 0))
            i++;
        if (i < meta->arm_count && i < MERGED_ARMS_LIMIT)
            row->absent_arms |= UINT64_C(1) << i;
        else
            *wrong = "absent_arms";
    }
}

/* An object that store only carries, as text; owned, NULL where there is none. */
static char *object_as_text(const json_t *object) {
    return object == NULL ? NULL : json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
}

static json_t *row_to_json(const Row *row) {
    json_t *object = json_object();
    json_set_text(object, "name", row->name);
    json_set_text(object, "kind", row->kind == ROW_PROGRAM ? "program" : "workload");
    json_set_text(object, "workload", row->workload);
    json_set_u64(object, "threads", row->threads);
    json_set_text(object, "arguments", row->arguments);
    json_set_text(object, "sweep", row->sweep);
    json_set_text(object, "unit", row->unit);
    json_set_u64(object, "operations", row->operations);
    json_object_set_new(object, "scaled", json_boolean(row->scaled));
    json_set_u64(object, "usual_ns", row->usual_ns);
    json_set_text(object, "unsupported", row->unsupported);
    json_set_text(object, "sha256", row->sha256);
    if (row->own_program != NULL)
        json_object_set_new(object, "own_program", json_loads(row->own_program, 0, NULL));
    json_object_set_new(object, "memory", json_boolean(row->memory));
    json_set_text(object, "thp", row->thp == THP_NEVER ? "never" : "inherit");
    json_set_u64(object, "floor_bytes", row->floor_bytes);
    json_set_u64(object, "host", row->host);
    return object;
}

json_t *meta_to_json(const RunMeta *meta) {
    json_t *object = json_object();
    json_set_u64(object, "format_version", meta->format_version);
    json_set_text(object, "id", meta->id);
    json_set_text(object, "created", meta->created);
    json_set_text(object, "suite", meta->suite);
    json_set_text(object, "command", meta->command);
    json_set_hex(object, "seed", meta->seed);
    json_set_u64(object, "baseline", meta->baseline);
    json_set_text(object, "mode", run_mode_name(meta->mode));
    json_set_u64(object, "memory_blocks", meta->memory_blocks);
    json_set_u64(object, "counter_blocks", meta->counter_blocks);
    json_set_u64(object, "syscall_blocks", meta->syscall_blocks);
    json_set_u64(object, "tier_blocks", meta->tier_blocks);
    json_set_u64(object, "minimum_blocks", meta->minimum_blocks);
    json_set_u64(object, "maximum_blocks", meta->maximum_blocks);
    json_object_set_new(object, "precision", json_real(meta->precision));
    json_object_set_new(object, "threshold", json_real(meta->threshold));
    json_set_u64(object, "slot_ns", meta->slot_ns);
    json_set_u64(object, "timeout_ns", meta->timeout_ns);
    json_set_u64(object, "memory_cap_bytes", meta->memory_cap_bytes);
    json_object_set_new(object, "pin", json_boolean(meta->pin));
    json_t *arms = json_array();
    for (size_t i = 0; i < meta->arm_count; i++)
        json_array_append_new(arms, arm_to_json(&meta->arms[i]));
    json_object_set_new(object, "arms", arms);
    json_t *rows = json_array();
    for (size_t i = 0; i < meta->row_count; i++) {
        json_t *row = row_to_json(&meta->rows[i]);
        absent_to_json(row, meta, &meta->rows[i]);
        json_array_append_new(rows, row);
    }
    json_object_set_new(object, "rows", rows);
    json_t *host = meta->host_json == NULL ? NULL : json_loads(meta->host_json, 0, NULL);
    json_object_set_new(object, "host", host == NULL ? json_object() : host);
    return object;
}

static char *required_text(const json_t *object, const char *key, const char **wrong) {
    char *text = json_get_text(object, key, wrong);
    if (text == NULL)
        *wrong = key;
    return text;
}

/* "" where the file has nothing, for those texts that readers use without asking. */
static char *text_or_empty(const json_t *object, const char *key, const char **wrong) {
    char *text = json_get_text(object, key, wrong);
    return text == NULL ? text_copy("") : text;
}

static void arm_from_json(const json_t *object, Arm *arm, const char **wrong) {
    arm->name = required_text(object, "name", wrong);
    arm->label = json_get_text(object, "label", wrong);
    if (arm->label == NULL)
        arm->label = text_copy(arm->name);
    arm->path = json_get_text(object, "path", wrong);
    arm->environment = text_or_empty(object, "environment", wrong);
    arm->sha256 = json_get_text(object, "sha256", wrong);
    arm->available = json_get_flag(object, "available", wrong);
    arm->broken = json_get_flag(object, "broken", wrong);
    arm->reason = json_get_text(object, "reason", wrong);
}

static void row_from_json(const json_t *object, Row *row, const char **wrong) {
    row->name = required_text(object, "name", wrong);
    row->workload = required_text(object, "workload", wrong);
    const char *kind = json_string_value(json_object_get(object, "kind"));
    row->kind = kind != NULL && kind[0] == 'p' ? ROW_PROGRAM : ROW_WORKLOAD;
    row->threads = (uint32_t)json_get_u64(object, "threads", wrong);
    row->arguments = text_or_empty(object, "arguments", wrong);
    row->sweep = text_or_empty(object, "sweep", wrong);
    row->unit = text_or_empty(object, "unit", wrong);
    row->operations = json_get_u64(object, "operations", wrong);
    row->scaled = json_get_flag(object, "scaled", wrong);
    row->usual_ns = json_get_u64(object, "usual_ns", wrong);
    row->unsupported = json_get_text(object, "unsupported", wrong);
    row->sha256 = json_get_text(object, "sha256", wrong);
    row->own_program = object_as_text(json_object_get(object, "own_program"));
    row->memory = json_get_flag(object, "memory", wrong);
    const char *thp = json_string_value(json_object_get(object, "thp"));
    row->thp = thp != NULL && strcmp(thp, "never") == 0 ? THP_NEVER : THP_INHERIT;
    row->floor_bytes = json_get_u64(object, "floor_bytes", wrong);
    row->host = (uint32_t)json_get_u64(object, "host", wrong);
}

bool meta_from_json(const json_t *json, RunMeta *meta, const char **what) {
    *meta = (RunMeta){0};
    const char *wrong = NULL;
    meta->format_version = (uint32_t)json_get_u64(json, "format_version", &wrong);
    meta->id = required_text(json, "id", &wrong);
    meta->created = text_or_empty(json, "created", &wrong);
    meta->suite = text_or_empty(json, "suite", &wrong);
    meta->command = text_or_empty(json, "command", &wrong);
    meta->seed = json_get_hex(json, "seed", &wrong);
    meta->baseline = (uint32_t)json_get_u64(json, "baseline", &wrong);
    const char *mode = json_string_value(json_object_get(json, "mode"));
    if (mode != NULL && !run_mode_parse(mode, &meta->mode))
        wrong = "mode";
    meta->memory_blocks = (uint32_t)json_get_u64(json, "memory_blocks", &wrong);
    meta->counter_blocks = (uint32_t)json_get_u64(json, "counter_blocks", &wrong);
    meta->syscall_blocks = (uint32_t)json_get_u64(json, "syscall_blocks", &wrong);
    meta->tier_blocks = (uint32_t)json_get_u64(json, "tier_blocks", &wrong);
    meta->minimum_blocks = (uint32_t)json_get_u64(json, "minimum_blocks", &wrong);
    meta->maximum_blocks = (uint32_t)json_get_u64(json, "maximum_blocks", &wrong);
    meta->precision = json_get_real(json, "precision", &wrong);
    meta->threshold = json_get_real(json, "threshold", &wrong);
    meta->slot_ns = json_get_u64(json, "slot_ns", &wrong);
    meta->timeout_ns = json_get_u64(json, "timeout_ns", &wrong);
    meta->memory_cap_bytes = json_get_u64(json, "memory_cap_bytes", &wrong);
    meta->pin = json_get_flag(json, "pin", &wrong);

    const json_t *arms = json_object_get(json, "arms");
    meta->arm_count = json_array_size(arms);
    meta->arms = zeroed(meta->arm_count, sizeof *meta->arms);
    for (size_t i = 0; i < meta->arm_count; i++)
        arm_from_json(json_array_get(arms, i), &meta->arms[i], &wrong);
    const json_t *rows = json_object_get(json, "rows");
    meta->row_count = json_array_size(rows);
    meta->rows = zeroed(meta->row_count, sizeof *meta->rows);
    for (size_t i = 0; i < meta->row_count; i++)
        row_from_json(json_array_get(rows, i), &meta->rows[i], &wrong);
    for (size_t i = 0; i < meta->row_count && wrong == NULL; i++)
        absent_from_json(json_array_get(rows, i), meta, &meta->rows[i], &wrong);
    if (meta->arm_count == 0)
        wrong = "arms";
    else if (meta->row_count == 0)
        wrong = "rows";
    else if (meta->baseline >= meta->arm_count)
        wrong = "baseline";
    meta->host_json = object_as_text(json_object_get(json, "host"));
    if (meta->host_json == NULL)
        meta->host_json = text_copy("{}");

    if (wrong != NULL) {
        *what = wrong;
        run_meta_release(meta);
        return false;
    }
    return true;
}
