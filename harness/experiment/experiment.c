/*
 * experiment.c - see experiment.h.
 *
 * Time goes block by block over all rows, not row by row: a slow change of the machine then touches every row alike,
 * and a run that is stopped early has seen every row. A block that was torn (the run was killed) or disturbed (the
 * machine was) is marked on file and redone whole as its next attempt.
 */
#include "experiment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../analysis/comparison.h"
#include "disturbance.h"
#include "icount_slot.h"
#include "limit_slot.h"
#include "observer.h"
#include "plan.h"
#include "program_slot.h"
#include "row_command.h"
#include "scratch.h"
#include "syscall_slot.h"

enum {
    HOPELESS_AFTER = 2, /* an arm that hung in so many slots of a row in succession is not started there again */
    SLOT_OVERHEAD_NS = 40000000,
    UNKNOWN_GUESS_NS = 1000000000, /* of work that is not fitted and of which nobody says how long it takes */
    TRACED_SLOWDOWN = 2,           /* guesses for --dry-run: under strace, */
    LIMIT_PROBES = 12,             /* a search for a limit, */
    CLOCKED_SHARE = 2,             /* readings of the clock: one part in so many is added, */
};
#define TORN "torn"
#define CALLGRIND_GUESS_NS UINT64_C(1500000000) /* and both counted runs of a slot */

/* What is known about each row while the run goes on. */
typedef struct RowState {
    uint32_t next_block;
    uint32_t next_attempt; /* of next_block */
    uint32_t discarded;
    uint32_t position; /* slots of next_block that are measured */
    bool finished;
    uint32_t *hung; /* one an arm: slots in succession that hung */
    uint64_t slot_ns_sum, slots;
} RowState;

typedef struct Measuring {
    Experiment *experiment;
    const char *folder;
    RunWriter *writer;
    StoreError *error;
    RowState *rows;
    PlannedSlot *slots; /* room for one block */
    size_t slots_per_block;
    Canary canary;
    Scratch scratch; /* of programs; each has its own folder in it */
    uint64_t begin_ns;
    size_t done;
    bool measured; /* anything at all, by this process */
} Measuring;

static uint32_t all_blocks(const RunMeta *meta) {
    return run_observed_blocks(meta) + meta->maximum_blocks;
}

static uint64_t guess_slot_ns(const RunMeta *meta, const Row *row, BlockKind kind) {
    uint64_t slot_ns = SLOT_OVERHEAD_NS;
    if (row->scaled)
        slot_ns += meta->slot_ns;
    else if (row->usual_ns > 0)
        slot_ns += row->usual_ns;
    else
        slot_ns += row->operations > 0 ? meta->slot_ns : UNKNOWN_GUESS_NS;
    if (kind == BLOCKS_OF_SYSCALLS)
        return slot_ns * TRACED_SLOWDOWN;
    if (kind == BLOCKS_COMPARED && meta->mode == MODE_ICOUNT)
        return CALLGRIND_GUESS_NS;
    if (kind == BLOCKS_COMPARED && meta->mode == MODE_LATENCY)
        return slot_ns + slot_ns / CLOCKED_SHARE;
    return kind == BLOCKS_COMPARED && meta->mode == MODE_LIMIT ? slot_ns * LIMIT_PROBES : slot_ns;
}

uint64_t experiment_estimate_ns(const RunMeta *meta) {
    uint64_t slots = 1, total = 0;
    for (size_t i = 0; i < meta->arm_count; i++)
        slots += meta->arms[i].available && !meta->arms[i].broken ? 1 : 0;
    for (size_t i = 0; i < meta->row_count; i++) {
        const Row *row = &meta->rows[i];
        if (row->unsupported != NULL)
            continue;
        total += slots * (meta->memory_blocks + meta->counter_blocks + meta->tier_blocks) *
                 guess_slot_ns(meta, row, BLOCKS_OF_MEMORY);
        total += slots * meta->syscall_blocks * guess_slot_ns(meta, row, BLOCKS_OF_SYSCALLS);
        total += slots * meta->maximum_blocks * guess_slot_ns(meta, row, BLOCKS_COMPARED);
        total += row->scaled && row->operations == 0 ? meta->slot_ns * 6 / 5 : 0;
    }
    return total;
}

static void tell(const Measuring *measuring, uint32_t row, const char *arm) {
    const Experiment *experiment = measuring->experiment;
    if (experiment->progress == NULL)
        return;
    const RunMeta *meta = experiment->meta;
    size_t left = 0;
    double left_ns = 0;
    for (size_t i = 0; i < meta->row_count; i++) {
        const RowState *state = &measuring->rows[i];
        bool over = state->finished || state->next_block >= all_blocks(meta);
        size_t row_blocks = over ? 0 : all_blocks(meta) - state->next_block;
        size_t row_left = row_blocks * measuring->slots_per_block - state->position;
        left += row_left;
        if (meta->rows[i].unsupported != NULL)
            continue;
        BlockKind kind = run_block_kind(meta, state->next_block);
        left_ns += (double)row_left * (state->slots > 0 ? (double)state->slot_ns_sum / (double)state->slots
                                                        : (double)guess_slot_ns(meta, &meta->rows[i], kind));
    }
    Progress progress = {
        .activity = "measuring",
        .meta = meta,
        .row = row,
        .block = measuring->rows[row].next_block,
        .arm = arm,
        .done = measuring->done,
        .planned = measuring->done + left,
        .elapsed_ns = monotonic_ns() - measuring->begin_ns,
        .left_ns = (uint64_t)left_ns,
    };
    experiment->progress(experiment->user, &progress);
}

/* SLOT_OBSERVE_...: what a slot of this block has the workload look at. */
static uint32_t observed(const RunMeta *meta, const Row *row, uint32_t block) {
    BlockKind kind = run_block_kind(meta, block);
    return (kind == BLOCKS_OF_MEMORY || row->memory ? SLOT_OBSERVE_LIVE : 0u) |
           (kind == BLOCKS_OF_COUNTERS ? SLOT_OBSERVE_COUNTERS : 0u) |
           (kind == BLOCKS_OF_TIERS ? SLOT_OBSERVE_PICTURES : 0u) |
           (kind == BLOCKS_COMPARED && meta->mode == MODE_LATENCY ? SLOT_OBSERVE_LATENCY : 0u);
}

typedef SlotEnd SlotRunner(const SlotRequest *request, Sample *sample, StoreError *error);

/* How a slot of this block runs its workload. */
static SlotRunner *slot_runner(const RunMeta *meta, uint32_t block) {
    BlockKind kind = run_block_kind(meta, block);
    if (kind == BLOCKS_OF_SYSCALLS)
        return slot_run_syscalls;
    if (kind == BLOCKS_COMPARED && meta->mode == MODE_ICOUNT)
        return slot_run_icount;
    return kind == BLOCKS_COMPARED && meta->mode == MODE_LIMIT ? slot_run_limit : slot_run_workload;
}

static SlotEnd start_slot(Measuring *measuring, uint32_t row_index, const Arm *arm, uint32_t padding, Sample *sample) {
    const Experiment *experiment = measuring->experiment;
    const RunMeta *meta = experiment->meta;
    const Row *row = &meta->rows[row_index];
    SlotLimits limits = {meta->timeout_ns, meta->memory_cap_bytes, experiment->stop};
    if (row->kind == ROW_PROGRAM) {
        char *scratch = scratch_row_folder(&measuring->scratch, row_index);
        const Program *program = measuring->scratch.programs[row_index];
        ProgramSlotRequest request = {program, scratch, arm, padding, row->thp, limits};
        SlotEnd end = slot_run_program(&request, sample, measuring->error);
        free(scratch);
        return end;
    }
    const char *preset;
    const CatalogueEntry *entry = catalogue_find(experiment->catalogue, row->workload, &preset);
    SlotRunner *run = slot_runner(meta, sample->block);
    if (run == slot_run_icount)
        sample->seed = plan_workload_seed(meta, row_index, 0); /* every block is to give the same count */
    RowWork work = {.operations = row->operations, .seed = sample->seed, .pin = meta->pin};
    TextList argv = row_command(row, entry, &work);
    SlotRequest request = {
        .argv = argv.items,
        .arm = arm,
        .padding_bytes = padding,
        .thp = row->thp,
        .bound_threads = meta->pin ? row->threads : 0,
        .observe = observed(meta, row, sample->block),
        .limits = limits,
        .operations = entry->scaled && row->operations == 0 ? entry->default_operations : row->operations,
        .threads = row->threads,
    };
    if (run == slot_run_syscalls)
        request.operations = syscall_operations(request.operations, meta->slot_ns);
    SlotEnd end = run(&request, sample, measuring->error);
    text_list_release(&argv);
    return end;
}

/* What is known without starting a process; true when the sample is filled. */
static bool known_beforehand(const Row *row, const Arm *arm, uint32_t hung, Sample *sample) {
    if (row->unsupported != NULL)
        slot_set_failure(sample, SAMPLE_UNSUPPORTED, text_copy(row->unsupported));
    else if (arm->broken)
        slot_set_failure(sample, SAMPLE_PRELOAD_FAILED, text_copy(arm->reason));
    else if (hung >= HOPELESS_AFTER)
        slot_set_failure(sample, SAMPLE_TIMEOUT, text_format("not started: it hung %u times before", hung));
    else
        return false;
    return true;
}

/* What the slot's sample and its block are told of the machine meanwhile. */
static void note_conditions(Measuring *measuring, RowState *state, const MachineUse *before, Sample *sample,
                            BlockConditions *block) {
    MachineUse after = machine_use_read(), use = machine_use_between(before, &after);
    sample->steal_ticks = use.steal_ticks;
    sample->foreign_ticks = machine_use_foreign_ticks(&use);
    sample->memory_pressure_us = use.memory_pressure_us;
    sample->io_pressure_us = use.io_pressure_us;
    canary_note(&measuring->canary, sample->canary_ns);
    if (sample->canary_ns > block->worst_canary_ns)
        block->worst_canary_ns = sample->canary_ns;
    if (sample->peak_rss_bytes > block->largest_rss_bytes)
        block->largest_rss_bytes = sample->peak_rss_bytes;
    state->slot_ns_sum += use.time_ns;
    state->slots++;
    state->hung[sample->arm] = sample->status == SAMPLE_TIMEOUT ? state->hung[sample->arm] + 1 : 0;
}

static SlotEnd measure_slot(Measuring *measuring, uint32_t row_index, uint32_t position, BlockConditions *block) {
    Experiment *experiment = measuring->experiment;
    const RunMeta *meta = experiment->meta;
    RowState *state = &measuring->rows[row_index];
    const PlannedSlot *slot = &measuring->slots[position];
    const Arm *arm = &meta->arms[slot->arm];
    Sample sample = {
        .row = row_index,
        .block = state->next_block,
        .attempt = state->next_attempt,
        .arm = slot->arm,
        .control = slot->control,
        .position = position,
        .seed = plan_workload_seed(meta, row_index, state->next_block),
    };
    SlotEnd end = SLOT_END_DONE;
    tell(measuring, row_index, arm->name);
    if (!known_beforehand(&meta->rows[row_index], arm, state->hung[slot->arm], &sample)) {
        MachineUse before = machine_use_read();
        sample.canary_ns = canary_run();
        uint32_t padding = plan_padding(meta, row_index, state->next_block, state->next_attempt, position);
        end = start_slot(measuring, row_index, arm, padding, &sample);
        if (end == SLOT_END_DONE)
            note_conditions(measuring, state, &before, &sample, block);
    }
    if (end == SLOT_END_DONE) {
        measuring->done++;
        measuring->measured = true;
        if (!run_writer_append(measuring->writer, &sample, measuring->error))
            end = SLOT_END_IMPOSSIBLE;
    }
    sample_release(&sample);
    return end;
}

static bool discard(Measuring *measuring, uint32_t row, const char *reason) {
    RowState *state = &measuring->rows[row];
    bool good = run_writer_discard_block(measuring->writer, row, state->next_block, state->next_attempt, reason,
                                         measuring->error);
    state->next_attempt++;
    return good;
}

/* Every slot of the block's next attempt, and what the machine was like meanwhile. */
static ExperimentEnd measure_attempt(Measuring *measuring, uint32_t row, BlockConditions *block) {
    const RunMeta *meta = measuring->experiment->meta;
    RowState *state = &measuring->rows[row];
    size_t count = plan_block(meta, row, state->next_block, state->next_attempt, measuring->slots);
    *block = (BlockConditions){
        .available_bytes = machine_available_bytes(),
        .does_io = meta->rows[row].kind == ROW_PROGRAM,
    };
    MachineUse before = machine_use_read();
    for (uint32_t position = 0; position < count; position++) {
        state->position = position;
        if (*measuring->experiment->stop != 0)
            return EXPERIMENT_INTERRUPTED;
        SlotEnd end = measure_slot(measuring, row, position, block);
        if (end != SLOT_END_DONE)
            return end == SLOT_END_INTERRUPTED ? EXPERIMENT_INTERRUPTED : EXPERIMENT_FAILED;
    }
    state->position = 0;
    MachineUse after = machine_use_read();
    block->use = machine_use_between(&before, &after);
    return EXPERIMENT_COMPLETE;
}

static bool is_out_of_time(const Measuring *measuring) {
    uint64_t limit_ns = measuring->experiment->max_time_ns;
    return limit_ns > 0 && monotonic_ns() - measuring->begin_ns > limit_ns;
}

/* Counts of instructions and smallest limits stay the same on a machine that is busy. */
static bool depends_on_time(const RunMeta *meta) {
    return meta->mode == MODE_THROUGHPUT || meta->mode == MODE_LATENCY;
}

/* One block of one row, redone while the machine is disturbed as far as that is allowed; then it is marked. */
static ExperimentEnd measure_block(Measuring *measuring, uint32_t row) {
    const RunMeta *meta = measuring->experiment->meta;
    RowState *state = &measuring->rows[row];
    for (uint32_t redone = 0;; redone++) {
        BlockConditions block;
        ExperimentEnd end = measure_attempt(measuring, row, &block);
        if (end != EXPERIMENT_COMPLETE)
            return end;
        const char *reason = depends_on_time(meta) ? disturbance_of_block(&measuring->canary, &block) : NULL;
        if (reason == NULL)
            break;
        if (!disturbance_may_redo(state->discarded, redone, meta->maximum_blocks) || is_out_of_time(measuring)) {
            if (!run_writer_note_disturbed(measuring->writer, row, state->next_block, state->next_attempt, reason,
                                           measuring->error))
                return EXPERIMENT_FAILED;
            break;
        }
        state->discarded++;
        if (!discard(measuring, row, reason))
            return EXPERIMENT_FAILED;
    }
    state->next_block++;
    state->next_attempt = 0;
    return EXPERIMENT_COMPLETE;
}

/* Looks at the precision only where the plan says so: looking after every block would favour lucky moments. */
static bool is_precise(const Measuring *measuring, uint32_t row) {
    static const uint32_t looks[] = {10, 15, 20, 30, 45, 60};
    const RunMeta *meta = measuring->experiment->meta;
    uint32_t next = measuring->rows[row].next_block;
    uint32_t observed_blocks = run_observed_blocks(meta), blocks = next < observed_blocks ? 0 : next - observed_blocks;
    if (meta->precision <= 0 || blocks < meta->minimum_blocks)
        return false;
    bool look = false;
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++)
        look = look || looks[i] == blocks;
    if (!look)
        return false;
    StoreError ignored;
    Run *run = run_load(measuring->folder, &ignored);
    bool precise = run != NULL && comparison_half_width(run, row) <= meta->precision;
    run_free(run);
    return precise;
}

/* Where each row stands, from what is on file; torn blocks are marked. */
static bool take_up(Measuring *measuring) {
    const RunMeta *meta = measuring->experiment->meta;
    Run *run = run_load(measuring->folder, measuring->error);
    if (run == NULL)
        return false;
    bool good = true;
    for (uint32_t row = 0; row < meta->row_count && good; row++) {
        RowState *state = &measuring->rows[row];
        for (;;) {
            /* run_load() leaves one attempt of each block: the complete one, else the torn one. */
            bool found = false;
            for (size_t i = 0; i < run->sample_count; i++) {
                const Sample *sample = &run->samples[i];
                if (sample->row == row && sample->block == state->next_block) {
                    found = true;
                    state->next_attempt = sample->attempt;
                }
            }
            if (!found || !run_block_is_complete(run, row, state->next_block, state->next_attempt)) {
                good = !found || discard(measuring, row, TORN);
                state->next_attempt = run_next_attempt(run, row, state->next_block);
                break;
            }
            measuring->done += measuring->slots_per_block;
            state->next_block++;
            state->next_attempt = 0;
        }
        state->finished = is_precise(measuring, row);
    }
    for (size_t i = 0; i < run->discarded_blocks; i++) {
        const BlockAttempt *attempt = &run->discarded[i];
        bool torn = attempt->reason != NULL && strcmp(attempt->reason, TORN) == 0;
        if (attempt->row < meta->row_count && !torn)
            measuring->rows[attempt->row].discarded++;
    }
    for (size_t i = 0; i < run->sample_count && good; i++) {
        if (run->samples[i].canary_ns > 0)
            canary_note(&measuring->canary, run->samples[i].canary_ns);
    }
    run_free(run);
    return good;
}

static ExperimentEnd measure_all(Measuring *measuring) {
    const Experiment *experiment = measuring->experiment;
    const RunMeta *meta = experiment->meta;
    for (uint32_t block = 0; block < all_blocks(meta); block++) {
        for (uint32_t row = 0; row < meta->row_count; row++) {
            RowState *state = &measuring->rows[row];
            if (state->finished || state->next_block > block)
                continue;
            if (is_out_of_time(measuring))
                return EXPERIMENT_OUT_OF_TIME;
            ExperimentEnd end = measure_block(measuring, row);
            if (end != EXPERIMENT_COMPLETE)
                return end;
            state->finished = is_precise(measuring, row);
            tell(measuring, row, NULL);
        }
    }
    return EXPERIMENT_COMPLETE;
}

ExperimentEnd experiment_run(Experiment *experiment, const char *folder, RunWriter *writer, StoreError *error) {
    const RunMeta *meta = experiment->meta;
    Measuring measuring = {
        .experiment = experiment,
        .folder = folder,
        .writer = writer,
        .error = error,
        .rows = zeroed(meta->row_count, sizeof *measuring.rows),
        .slots = zeroed(meta->arm_count + 1, sizeof *measuring.slots),
        .begin_ns = monotonic_ns(),
    };
    measuring.slots_per_block = plan_block(meta, 0, 0, 0, measuring.slots);
    for (size_t i = 0; i < meta->row_count; i++)
        measuring.rows[i].hung = zeroed(meta->arm_count, sizeof *measuring.rows[i].hung);
    ExperimentEnd end = EXPERIMENT_FAILED;
    scratch_remove_leftovers();
    if (!scratch_create(meta, experiment->stop, &measuring.scratch, error))
        end = *experiment->stop != 0 ? EXPERIMENT_INTERRUPTED : EXPERIMENT_FAILED;
    else if (take_up(&measuring))
        end = measure_all(&measuring);
    if (measuring.measured && (end == EXPERIMENT_COMPLETE || end == EXPERIMENT_OUT_OF_TIME)) {
        char *load = machine_load_average();
        if (!run_writer_note_end(writer, load, error))
            end = EXPERIMENT_FAILED;
        free(load);
    }
    scratch_release(&measuring.scratch);
    for (size_t i = 0; i < meta->row_count; i++)
        free(measuring.rows[i].hung);
    canary_release(&measuring.canary);
    free(measuring.slots);
    free(measuring.rows);
    return end;
}
