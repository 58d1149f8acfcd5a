/*
 * fit_work.c - fixed work: how many operations make a slot of the wished length, found once a run on the baseline and
 * then the same for every arm. Only the repetition count is fitted, never sizes, threads or the live set.
 */
#include "experiment.h"

#include <stdlib.h>
#include <string.h>

#include "row_command.h"
#include "slot.h"

/* Two significant digits: enough for a slot's length, and a number that people can read and repeat. */
static uint64_t round_to_two_digits(uint64_t value) {
    uint64_t scale = 1;
    while (value / scale >= 100)
        scale *= 10;
    uint64_t rounded = (value + scale / 2) / scale * scale;
    return rounded == 0 ? 1 : rounded;
}

/* For a duration, or only as far as the workload has judged its arguments. */
static SlotEnd run_for(const Experiment *experiment, uint32_t row_index, uint64_t duration_ns, Sample *sample,
                       StoreError *error) {
    const RunMeta *meta = experiment->meta;
    const Row *row = &meta->rows[row_index];
    const char *preset;
    const CatalogueEntry *entry = catalogue_find(experiment->catalogue, row->workload, &preset);
    RowWork work = {.duration_ns = duration_ns, .seed = 1, .pin = meta->pin};
    TextList argv = row_command(row, entry, &work);
    if (duration_ns == 0)
        text_list_add(&argv, text_copy("--describe"));
    SlotRequest request = {
        .argv = argv.items,
        .arm = &meta->arms[meta->baseline],
        .thp = row->thp,
        .bound_threads = meta->pin ? row->threads : 0,
        .limits = {meta->timeout_ns, meta->memory_cap_bytes, experiment->stop},
    };
    SlotEnd end = slot_run_workload(&request, sample, error);
    text_list_release(&argv);
    return end;
}

static void note_refusal(Row *row, SlotEnd end, const Sample *sample) {
    if (end == SLOT_END_DONE && sample->status == SAMPLE_UNSUPPORTED)
        row->unsupported = text_copy(sample->message == NULL ? "the workload refuses its arguments" : sample->message);
}

static ExperimentEnd fit_row(const Experiment *experiment, uint32_t row_index, StoreError *error) {
    Row *row = &experiment->meta->rows[row_index];
    const char *preset;
    const CatalogueEntry *entry = catalogue_find(experiment->catalogue, row->workload, &preset);
    uint64_t slot_ns = experiment->meta->slot_ns;
    /* A short run first: programs, files and page tables are warm then, as they will be in the slots. */
    uint64_t durations[] = {slot_ns / 5 < 1000000 ? 1000000 : slot_ns / 5, slot_ns};
    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        Sample sample = {0};
        SlotEnd end = run_for(experiment, row_index, durations[i], &sample, error);
        note_refusal(row, end, &sample);
        bool fitted = end == SLOT_END_DONE && sample.status == SAMPLE_OK && sample.elapsed_ns > 0;
        row->operations = entry->default_operations;
        if (fitted) {
            double wished = (double)sample.operations * (double)slot_ns / (double)sample.elapsed_ns;
            row->operations = round_to_two_digits((uint64_t)wished);
        }
        sample_release(&sample);
        if (end == SLOT_END_INTERRUPTED)
            return EXPERIMENT_INTERRUPTED;
        if (end == SLOT_END_IMPOSSIBLE)
            return EXPERIMENT_FAILED;
        if (!fitted)
            break; /* its slots will fail as visibly as this one did */
    }
    return EXPERIMENT_COMPLETE;
}

/* Rows that differ in huge pages alone do the same work: the one fitted before; NULL when there is none. */
static const Row *twin_before(const RunMeta *meta, uint32_t row_index) {
    const Row *row = &meta->rows[row_index];
    for (uint32_t i = 0; i < row_index; i++) {
        const Row *other = &meta->rows[i];
        if (other->scaled && other->unsupported == NULL && other->thp != row->thp && other->threads == row->threads &&
            other->operations > 0 && strcmp(other->workload, row->workload) == 0 &&
            strcmp(other->arguments, row->arguments) == 0)
            return other;
    }
    return NULL;
}

/* Of a sweep some rows may be impossible, such as an odd number of threads of a workload that needs pairs: those are
 * visible rows without values. A workload that refuses all its rows was given bad arguments. */
static bool some_row_is_left(const RunMeta *meta, const Row *refused, StoreError *error) {
    bool left = false;
    for (size_t i = 0; i < meta->row_count; i++)
        left = left || (strcmp(meta->rows[i].workload, refused->workload) == 0 && meta->rows[i].unsupported == NULL);
    if (!left)
        snprintf(error->text, sizeof error->text, "row '%s': %s", refused->name, refused->unsupported);
    return left;
}

static bool every_workload_is_left(const RunMeta *meta, const bool *refused, StoreError *error) {
    bool left = true;
    for (size_t i = 0; i < meta->row_count && left; i++)
        left = !refused[i] || some_row_is_left(meta, &meta->rows[i], error);
    return left;
}

static bool is_open(const Row *row) {
    return row->scaled && row->operations == 0 && row->unsupported == NULL;
}

static ExperimentEnd fit_rows(Experiment *experiment, bool *refused, StoreError *error) {
    RunMeta *meta = experiment->meta;
    for (uint32_t i = 0; i < meta->row_count; i++) {
        if (!is_open(&meta->rows[i]))
            continue;
        if (experiment->progress != NULL) {
            Progress progress = {.activity = "fitting work", .meta = meta, .row = i};
            experiment->progress(experiment->user, &progress);
        }
        const Row *twin = twin_before(meta, i);
        if (twin != NULL) {
            meta->rows[i].operations = twin->operations;
            continue;
        }
        ExperimentEnd end = fit_row(experiment, i, error);
        if (end != EXPERIMENT_COMPLETE)
            return end;
        refused[i] = meta->rows[i].unsupported != NULL;
    }
    return EXPERIMENT_COMPLETE;
}

ExperimentEnd experiment_fit_work(Experiment *experiment, StoreError *error) {
    const RunMeta *meta = experiment->meta;
    bool *refused = zeroed(meta->row_count, sizeof *refused);
    ExperimentEnd end = fit_rows(experiment, refused, error);
    if (end == EXPERIMENT_COMPLETE && !every_workload_is_left(meta, refused, error))
        end = EXPERIMENT_FAILED;
    free(refused);
    return end;
}

ExperimentEnd experiment_check_rows(Experiment *experiment, StoreError *error) {
    RunMeta *meta = experiment->meta;
    bool *refused = zeroed(meta->row_count, sizeof *refused);
    ExperimentEnd end = EXPERIMENT_COMPLETE;
    for (uint32_t i = 0; i < meta->row_count && end == EXPERIMENT_COMPLETE; i++) {
        Row *row = &meta->rows[i];
        if (row->kind != ROW_WORKLOAD || row->unsupported != NULL)
            continue;
        bool is_fitted = is_open(row);
        Sample sample = {0};
        SlotEnd asked = run_for(experiment, i, 0, &sample, error);
        note_refusal(row, asked, &sample);
        sample_release(&sample);
        refused[i] = is_fitted && row->unsupported != NULL;
        end = asked == SLOT_END_INTERRUPTED  ? EXPERIMENT_INTERRUPTED
              : asked == SLOT_END_IMPOSSIBLE ? EXPERIMENT_FAILED
                                             : EXPERIMENT_COMPLETE;
    }
    if (end == EXPERIMENT_COMPLETE && !every_workload_is_left(meta, refused, error))
        end = EXPERIMENT_FAILED;
    free(refused);
    return end;
}
