/*
 * reduced.c - see reduced.h.
 */
#include "reduced.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/block_table.h"
#include "store/text.h"

enum { FIELD_ROW, FIELD_BLOCK, FIELD_PLACE, FIELD_COLUMN, FIELD_STATUS, FIELD_ELAPSED, FIELD_PEAK, FIELD_COUNT };

static void add_sample(json_t *list, const RunMeta *meta, const Sample *sample, size_t block, size_t column) {
    double peak;
    bool has_peak = metric_value(meta, sample, METRIC_PEAK_RSS, &peak);
    json_int_t fields[FIELD_COUNT] = {
        [FIELD_ROW] = sample->row,
        [FIELD_BLOCK] = (json_int_t)block,
        [FIELD_PLACE] = sample->position,
        [FIELD_COLUMN] = (json_int_t)column,
        [FIELD_STATUS] = sample->status,
        [FIELD_ELAPSED] = (json_int_t)sample->elapsed_ns,
        [FIELD_PEAK] = !has_peak ? 0 : (json_int_t)(sample->peak_is_exact ? peak : -peak),
    };
    json_t *array = json_array();
    for (size_t i = 0; i < FIELD_COUNT; i++)
        json_array_append_new(array, json_integer(fields[i]));
    json_array_append_new(list, array);
}

/* Which of the row's blocks count although the machine was disturbed, by their place in the table. */
static void add_disturbed(json_t *list, const Run *run, const BlockTable *table, size_t row) {
    for (size_t i = 0; i < run->disturbed_blocks; i++)
        for (size_t block = 0; block < table->blocks && run->disturbed[i].row == row; block++)
            if (table->numbers[block] == run->disturbed[i].block)
                json_array_append_new(list, json_pack("[I, I]", (json_int_t)row, (json_int_t)block));
}

json_t *reduced_from_run(const Run *run, const char *name, double wall_s) {
    const RunMeta *meta = &run->meta;
    json_t *arms = json_array(), *rows = json_array(), *samples = json_array(), *disturbed = json_array();
    for (size_t arm = 0; arm < meta->arm_count; arm++)
        json_array_append_new(arms, json_string(meta->arms[arm].name));
    BlockTable *tables = block_tables_of_run(run, BLOCKS_COMPARED);
    for (size_t row = 0; row < meta->row_count; row++) {
        json_array_append_new(rows, json_pack("{s:s, s:I}", "name", meta->rows[row].name, "operations",
                                              (json_int_t)meta->rows[row].operations));
        for (size_t i = 0; i < tables[row].blocks * tables[row].columns; i++)
            if (tables[row].slots[i] != NULL)
                add_sample(samples, meta, tables[row].slots[i], i / tables[row].columns, i % tables[row].columns);
        add_disturbed(disturbed, run, &tables[row], row);
    }
    block_tables_free(tables, meta->row_count);
    double slot_s = run->sample_count > 0 ? wall_s / (double)run->sample_count : 0;
    return json_pack("{s:s, s:I, s:i, s:f, s:f, s:i, s:i, s:o, s:o, s:o, s:o}", "name", name, "seed",
                     (json_int_t)meta->seed, "baseline", (int)meta->baseline, "threshold", meta->threshold, "slot_s",
                     slot_s, "observed_blocks", (int)run_observed_blocks(meta), "discarded_blocks",
                     (int)run->discarded_blocks, "arms", arms, "rows", rows, "disturbed", disturbed, "samples",
                     samples);
}

static bool sample_from(const json_t *json, const RunMeta *meta, Sample *sample) {
    json_int_t f[FIELD_COUNT];
    if (json_array_size(json) != FIELD_COUNT)
        return false;
    for (size_t i = 0; i < FIELD_COUNT; i++)
        f[i] = json_integer_value(json_array_get(json, i));
    if (f[FIELD_ROW] < 0 || (size_t)f[FIELD_ROW] >= meta->row_count || f[FIELD_COLUMN] < 0 ||
        (size_t)f[FIELD_COLUMN] > meta->arm_count || f[FIELD_STATUS] < 0 || f[FIELD_STATUS] >= SAMPLE_STATUS_COUNT)
        return false;
    bool control = (size_t)f[FIELD_COLUMN] == meta->arm_count;
    *sample = (Sample){
        .row = (uint32_t)f[FIELD_ROW],
        .block = (uint32_t)f[FIELD_BLOCK],
        .position = (uint32_t)f[FIELD_PLACE],
        .arm = control ? meta->baseline : (uint32_t)f[FIELD_COLUMN],
        .control = control,
        .status = (SampleStatus)f[FIELD_STATUS],
        .operations = meta->rows[f[FIELD_ROW]].operations,
        .elapsed_ns = (uint64_t)f[FIELD_ELAPSED],
        .peak_rss_bytes = (uint64_t)llabs(f[FIELD_PEAK]),
        .peak_is_exact = f[FIELD_PEAK] >= 0,
    };
    return true;
}

static bool meta_from(json_t *json, RunMeta *meta, ReducedRun *reduced) {
    json_t *arms, *rows;
    json_int_t seed;
    int baseline, observed, discarded;
    if (json_unpack(json, "{s:I, s:i, s:F, s:F, s:i, s:i, s:o, s:o}", "seed", &seed, "baseline", &baseline, "threshold",
                    &meta->threshold, "slot_s", &reduced->slot_s, "observed_blocks", &observed, "discarded_blocks",
                    &discarded, "arms", &arms, "rows", &rows) != 0)
        return false;
    meta->seed = (uint64_t)seed;
    reduced->observed_blocks = (uint32_t)observed;
    reduced->discarded_blocks = (uint32_t)discarded;
    meta->arm_count = json_array_size(arms);
    meta->arms = zeroed(meta->arm_count, sizeof *meta->arms);
    for (size_t i = 0; i < meta->arm_count; i++) {
        meta->arms[i].name = text_copy(json_string_value(json_array_get(arms, i)));
        meta->arms[i].available = true;
    }
    meta->row_count = json_array_size(rows);
    meta->rows = zeroed(meta->row_count, sizeof *meta->rows);
    for (size_t i = 0; i < meta->row_count; i++) {
        const json_t *row = json_array_get(rows, i);
        meta->rows[i].name = text_copy(json_string_value(json_object_get(row, "name")));
        meta->rows[i].operations = (uint64_t)json_integer_value(json_object_get(row, "operations"));
    }
    meta->baseline = (uint32_t)baseline;
    return baseline >= 0 && meta->baseline < meta->arm_count && meta->row_count > 0;
}

static void disturbed_from(const json_t *list, Run *run) {
    run->disturbed = zeroed(json_array_size(list), sizeof *run->disturbed);
    run->disturbed_blocks = json_array_size(list);
    for (size_t i = 0; i < run->disturbed_blocks; i++) {
        const json_t *mark = json_array_get(list, i);
        run->disturbed[i].row = (uint32_t)json_integer_value(json_array_get(mark, 0));
        run->disturbed[i].block = (uint32_t)json_integer_value(json_array_get(mark, 1));
    }
}

bool reduced_from_json(json_t *json, ReducedRun *reduced) {
    *reduced = (ReducedRun){0};
    Run *run = &reduced->run;
    if (!meta_from(json, &run->meta, reduced))
        return false;
    run->folder = text_copy(json_string_value(json_object_get(json, "name")));
    disturbed_from(json_object_get(json, "disturbed"), run);
    const json_t *samples = json_object_get(json, "samples");
    run->samples = zeroed(json_array_size(samples), sizeof *run->samples);
    for (size_t i = 0; i < json_array_size(samples); i++)
        if (!sample_from(json_array_get(samples, i), &run->meta, &run->samples[run->sample_count++]))
            return false;
    return true;
}

bool reduced_load(const char *path, ReducedRuns *runs) {
    *runs = (ReducedRuns){0};
    json_error_t error;
    json_t *json = json_load_file(path, 0, &error);
    if (json == NULL) {
        fprintf(stderr, "selftest: %s: %s; run `make selftest`\n", path, error.text);
        return false;
    }
    const json_t *list = json_object_get(json, "runs");
    runs->items = zeroed(json_array_size(list), sizeof *runs->items);
    bool good = true;
    for (size_t i = 0; i < json_array_size(list) && good; i++)
        good = reduced_from_json(json_array_get(list, i), &runs->items[runs->count++]);
    if (!good)
        fprintf(stderr, "selftest: %s: run %zu is not of this format; run `make selftest`\n", path, runs->count);
    json_decref(json);
    if (!good)
        reduced_free(runs);
    return good;
}

void reduced_release(ReducedRun *reduced) {
    run_meta_release(&reduced->run.meta);
    free(reduced->run.samples);
    free(reduced->run.disturbed);
    free(reduced->run.folder);
}

void reduced_free(ReducedRuns *runs) {
    for (size_t i = 0; i < runs->count; i++)
        reduced_release(&runs->items[i]);
    free(runs->items);
    *runs = (ReducedRuns){0};
}

Run reduced_first_blocks(const Run *run, uint32_t blocks) {
    Run view = *run;
    view.samples = zeroed(run->sample_count, sizeof *view.samples);
    view.sample_count = 0;
    for (size_t i = 0; i < run->sample_count; i++)
        if (run->samples[i].block < blocks)
            view.samples[view.sample_count++] = run->samples[i];
    return view;
}
