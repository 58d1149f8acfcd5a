/*
 * assemble.c - see assemble.h.
 */
#include "assemble.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "../store/run_merge.h"
#include "allocator.h"
#include "combinations.h"
#include "process.h"
#include "program.h"

/* Under callgrind a workload is some fifty times slower, and its cost an operation needs no long run. */
enum { ICOUNT_SHARE = 40 };

uint64_t assemble_default_memory_cap(void) {
    uint64_t cap = UINT64_C(4) << 30;
    FILE *file = fopen("/proc/meminfo", "re");
    char line[128];
    unsigned long long available_kib;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "MemAvailable: %llu kB", &available_kib) == 1 && available_kib * 512 < cap)
            cap = available_kib * 512;
    }
    if (file != NULL)
        fclose(file);
    return cap;
}

/* ---- arms ---- */

static bool find_arm(const RunMeta *meta, const char *name, uint32_t *index) {
    for (size_t i = 0; i < meta->arm_count; i++) {
        if (strcmp(meta->arms[i].name, name) == 0) {
            *index = (uint32_t)i;
            return true;
        }
    }
    return false;
}

static bool add_arm(RunMeta *meta, const char *specification, StoreError *error) {
    Arm arm;
    uint32_t index;
    if (!allocator_resolve(specification, &arm, error))
        return false;
    bool twice = find_arm(meta, arm.name, &index);
    meta->arms = grow(meta->arms, meta->arm_count + 1, sizeof *meta->arms);
    meta->arms[meta->arm_count++] = arm;
    return !twice || store_complain(error, "two allocators are called '%s'; give one another name: other=%s", arm.name,
                                    specification);
}

static bool add_arms(RunMeta *meta, const char *list, StoreError *error) {
    TextList specifications = {0};
    text_list_split(&specifications, list, ',');
    bool good = specifications.count == 0
                    ? store_complain(error, "the list of allocators is empty; name at least one")
                    : !text_list_has_gap(list, ',') ||
                          store_complain(error, "the list of allocators '%s' has an empty part; remove a comma", list);
    for (size_t i = 0; i < specifications.count && good; i++)
        good = add_arm(meta, specifications.items[i], error);
    text_list_release(&specifications);
    return good;
}

/* The baseline is measured twice a block, so it has to be there; one that is not in the list is put before it. */
static bool choose_baseline(RunMeta *meta, const char *name, StoreError *error) {
    if (!find_arm(meta, name, &meta->baseline)) {
        if (!add_arm(meta, name, error))
            return false;
        Arm arm = meta->arms[meta->arm_count - 1];
        memmove(meta->arms + 1, meta->arms, (meta->arm_count - 1) * sizeof *meta->arms);
        meta->arms[0] = arm;
        meta->baseline = 0;
    }
    const Arm *arm = &meta->arms[meta->baseline];
    if (!arm->available || arm->broken)
        return store_complain(error, "the baseline %s cannot be used: %s; choose another with --baseline", arm->name,
                              arm->reason);
    return true;
}

/* ---- rows ---- */

typedef struct Assembly {
    const Choices *choices;
    const Catalogue *catalogue;
    RunMeta *meta;
    StoreError *error;
} Assembly;

/* Takes the row. */
static bool add_row(Assembly *assembly, Row row) {
    RunMeta *meta = assembly->meta;
    bool twice = false, full = meta->row_count == MAXIMUM_ROWS;
    for (size_t i = 0; i < meta->row_count; i++)
        twice = twice || strcmp(meta->rows[i].name, row.name) == 0;
    meta->rows = grow(meta->rows, meta->row_count + 1, sizeof *meta->rows);
    meta->rows[meta->row_count++] = row;
    if (full)
        return store_complain(assembly->error,
                              "the run would have over %d rows; take fewer workloads, threads or values", MAXIMUM_ROWS);
    return !twice || store_complain(assembly->error,
                                    "two rows are called '%s'; name each workload once, or rename a section", row.name);
}

/* Takes the program; `description` is owned as well, and NULL for one that has a file. */
static bool add_program_row(Assembly *assembly, const char *row_name, const char *program_name, Program *program,
                            char *description) {
    Row row = {
        .name = text_copy(row_name),
        .workload = text_copy(program_name),
        .kind = ROW_PROGRAM,
        .arguments = text_copy(program->command),
        .unit = text_copy(program->unit),
        .usual_ns = program->usual_ms * 1000000,
        .unsupported = program_unsupported(program),
        .sha256 = program_sha256(program),
        .own_program = description,
    };
    if (row.unsupported == NULL && assembly->meta->mode != MODE_THROUGHPUT)
        row.unsupported = text_format("a whole program has no marks and no single calls that --mode %s could measure; "
                                      "measure it by --mode throughput",
                                      run_mode_name(assembly->meta->mode));
    program_free(program);
    return add_row(assembly, row);
}

static bool add_program(Assembly *assembly, const char *row_name, const char *program_name) {
    Program *program = program_load(program_name, assembly->error);
    return program != NULL && add_program_row(assembly, row_name, program_name, program, NULL);
}

static bool add_own_program(Assembly *assembly) {
    Program *program = own_program_create(assembly->choices->own, assembly->error);
    if (program == NULL)
        return false;
    char *description = own_program_describe(program);
    if (description == NULL) {
        program_free(program);
        return store_complain(assembly->error, "the program, its arguments and commands must be UTF-8 text");
    }
    return add_program_row(assembly, program->name, program->name, program, description);
}

/* A row for each number of threads. */
static bool add_combination(Assembly *assembly, const SuiteRow *suite_row, const CatalogueEntry *entry,
                            const Combination *combination, const char *sha256) {
    const uint32_t own = 0;
    bool override = assembly->choices->thread_count > 0 && suite_row->thread_count > 0;
    const uint32_t *threads = override                      ? assembly->choices->threads
                              : suite_row->thread_count > 0 ? suite_row->threads
                                                            : &own;
    size_t count = override ? assembly->choices->thread_count : suite_row->thread_count;
    /* Instructions are to be the same from run to run, so nothing that is timed may decide how much is done. */
    bool counted = assembly->meta->mode == MODE_ICOUNT;
    uint64_t operations = suite_row->operations;
    if (operations == 0 && counted && entry->scaled)
        operations = entry->default_operations < ICOUNT_SHARE ? 1 : entry->default_operations / ICOUNT_SHARE;
    const char *between = *combination->sweep == '\0' ? "" : " ";
    bool good = true;
    for (size_t i = 0; i < (count == 0 ? 1 : count) && good; i++) {
        char *name = text_format("%s%s%s", suite_row->name, between, combination->sweep);
        Row row = {
            .name = threads[i] == 0 ? text_copy(name) : text_format("%s t%" PRIu32, name, threads[i]),
            .workload = text_copy(entry->name),
            .kind = ROW_WORKLOAD,
            .threads = threads[i],
            .arguments = text_copy(combination->arguments),
            .sweep = text_copy(combination->sweep),
            .unit = text_copy(entry->unit),
            .operations = operations,
            .scaled = entry->scaled && operations == 0,
            .usual_ns = suite_row->usual_ms > 0 ? suite_row->usual_ms * 1000000 : entry->usual_ns,
            .memory = entry->memory,
            .sha256 = text_copy(sha256),
        };
        free(name);
        good = add_row(assembly, row);
    }
    return good;
}

static bool add_workload(Assembly *assembly, const SuiteRow *suite_row) {
    const char *preset;
    const CatalogueEntry *entry = catalogue_find(assembly->catalogue, suite_row->workload, &preset);
    if (entry == NULL)
        return store_complain(
            assembly->error, "unknown workload '%s'; 'allocbench list workloads' shows those there are%s",
            suite_row->workload,
            assembly->catalogue->count == 0 ? " (none was found: build the project's workloads)" : "");
    const char *further = suite_row->arguments == NULL ? "" : suite_row->arguments;
    if (!catalogue_check_arguments(entry, further, assembly->error))
        return false;
    if (suite_row->operations > 0 && !entry->scaled)
        return store_complain(assembly->error,
                              "[%s] operations: the work of %s is set by its parameters alone; remove it",
                              suite_row->name, entry->name);
    const CombinedRow plan = {entry, preset, suite_row->name, further, &suite_row->sweeps, &assembly->choices->sweeps};
    Combinations combinations;
    char *sha256 = process_sha256(entry->path);
    bool good = combinations_make(&plan, &combinations, assembly->error);
    for (size_t i = 0; i < combinations.count && good; i++)
        good = add_combination(assembly, suite_row, entry, &combinations.items[i], sha256);
    combinations_release(&combinations);
    free(sha256);
    return good;
}

static bool add_suite_row(Assembly *assembly, const SuiteRow *row) {
    return row->program != NULL ? add_program(assembly, row->name, row->program) : add_workload(assembly, row);
}

static bool row_is_called(const SuiteRow *row, const char *name) {
    return strcmp(row->name, name) == 0 || (row->workload != NULL && strcmp(row->workload, name) == 0) ||
           (row->program != NULL && strcmp(row->program, name) == 0);
}

/* A name on the command line: the suite's rows of that name, else any workload, preset or program there is. */
static bool add_named(Assembly *assembly, const Suite *suite, const char *name) {
    bool found = false;
    for (size_t i = 0; i < suite->row_count; i++) {
        if (!row_is_called(&suite->rows[i], name))
            continue;
        found = true;
        if (!add_suite_row(assembly, &suite->rows[i]))
            return false;
    }
    if (found)
        return true;
    if (strchr(name, '/') != NULL) /* a program's file: what is wrong with it is to be told */
        return add_program(assembly, name, name);
    const char *preset;
    StoreError ignored;
    Program *program = NULL;
    if (catalogue_find(assembly->catalogue, name, &preset) == NULL &&
        (program = program_load(name, &ignored)) != NULL) {
        program_free(program);
        return add_program(assembly, name, name);
    }
    SuiteRow row = {
        .name = (char *)name,
        .workload = (char *)name,
        .threads = assembly->choices->threads,
        .thread_count = assembly->choices->thread_count,
    };
    return add_workload(assembly, &row);
}

/* A parameter that no workload of the run has is a slip: nothing would be swept. */
static bool check_requested(Assembly *assembly) {
    const RunMeta *meta = assembly->meta;
    const Sweeps *requested = &assembly->choices->sweeps;
    const CatalogueEntry **entries = zeroed(meta->row_count, sizeof *entries);
    size_t count = 0;
    bool good = true;
    for (size_t i = 0; i < meta->row_count; i++) {
        const char *preset;
        if (meta->rows[i].kind == ROW_WORKLOAD)
            entries[count++] = catalogue_find(assembly->catalogue, meta->rows[i].workload, &preset);
    }
    for (size_t r = 0; r < requested->count && good; r++) {
        const char *name = requested->items[r].parameter;
        bool known = false;
        for (size_t i = 0; i < count; i++)
            known = known || catalogue_parameter(entries[i], name) != NULL;
        char *near = strcmp(name, "threads") == 0 ? text_copy("numbers of threads are given by --threads")
                                                  : catalogue_nearest(entries, count, name);
        good = known ||
               store_complain(assembly->error, "--set %s: no chosen workload has such a parameter; %s", name, near);
        free(near);
    }
    free(entries);
    return good;
}

static bool add_rows(Assembly *assembly, const Suite *suite) {
    bool good = true;
    if (assembly->choices->own != NULL)
        return add_own_program(assembly);
    if (assembly->choices->workloads == NULL) {
        for (size_t i = 0; i < suite->row_count && good; i++)
            good = add_suite_row(assembly, &suite->rows[i]);
        return good;
    }
    TextList names = {0};
    text_list_split(&names, assembly->choices->workloads, ',');
    const char *list = assembly->choices->workloads;
    good = names.count == 0 ? store_complain(assembly->error, "--workloads: the list is empty; name at least one")
                            : !text_list_has_gap(list, ',') ||
                                  store_complain(assembly->error,
                                                 "--workloads %s: the list has an empty part; remove a comma", list);
    for (size_t i = 0; i < names.count && good; i++)
        good = add_named(assembly, suite, names.items[i]);
    text_list_release(&names);
    return good;
}

static Row copy_of_row(const Row *row, ThpChoice thp) {
    Row copy = *row;
    copy.name = text_format("%s thp=%s", row->name, thp == THP_NEVER ? "never" : "inherit");
    copy.workload = text_copy(row->workload);
    copy.arguments = text_copy(row->arguments);
    copy.sweep = text_copy(row->sweep);
    copy.unit = text_copy(row->unit);
    copy.unsupported = text_copy(row->unsupported);
    copy.sha256 = text_copy(row->sha256);
    copy.own_program = text_copy(row->own_program);
    copy.thp = thp;
    if (thp == THP_NEVER && row->unsupported == NULL && prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) < 0)
        copy.unsupported = text_copy("this kernel cannot switch transparent huge pages off for a process (prctl "
                                     "PR_SET_THP_DISABLE); leave --thp out");
    return copy;
}

/* One row for each row and value. A plan that has only what the system has keeps its names. */
static void multiply_by_thp(RunMeta *meta, unsigned thp) {
    if (thp == 1u << THP_INHERIT)
        return;
    RunMeta before = {.rows = meta->rows, .row_count = meta->row_count};
    meta->rows = zeroed(2 * before.row_count, sizeof *meta->rows);
    meta->row_count = 0;
    for (size_t i = 0; i < before.row_count; i++) {
        for (ThpChoice choice = THP_INHERIT; choice <= THP_NEVER; choice++) {
            if ((thp & 1u << choice) != 0)
                meta->rows[meta->row_count++] = copy_of_row(&before.rows[i], choice);
        }
    }
    run_meta_release(&before);
}

/* ---- work from another run ---- */

/* Takes the operation counts of rows that are the same in both runs; refuses when a scaled row is not among them. */
static bool take_work(const char *folder, RunMeta *meta, StoreError *error) {
    Run *other = run_load(folder, error);
    if (other == NULL)
        return false;
    if (run_is_merged(&other->meta)) {
        run_free(other);
        return store_complain(
            error, "--work-from: that run is of several hosts, each with its own counts; name one of its parts");
    }
    bool good = true;
    for (size_t i = 0; i < meta->row_count && good; i++) {
        Row *row = &meta->rows[i];
        const Row *same = NULL;
        for (size_t j = 0; j < other->meta.row_count; j++) {
            const Row *candidate = &other->meta.rows[j];
            if (candidate->kind == row->kind && strcmp(candidate->workload, row->workload) == 0 &&
                candidate->threads == row->threads && strcmp(candidate->arguments, row->arguments) == 0)
                same = candidate;
        }
        if (!row->scaled)
            continue;
        if (same == NULL || same->operations == 0)
            good = store_complain(error, "--work-from %s: that run has no row like '%s'; leave that workload out",
                                  folder, row->name);
        else
            row->operations = same->operations;
    }
    run_free(other);
    return good;
}

/* ---- blocks ---- */

/* The mode and what follows from it: a suite's numbers of blocks were meant for the suite's own mode. */
static bool set_blocks(const Suite *suite, const Choices *choices, RunMeta *meta, StoreError *error) {
    meta->mode = choices->mode >= 0 ? (RunMode)choices->mode : suite->mode;
    bool timed = meta->mode == MODE_THROUGHPUT, own = meta->mode == suite->mode;
    bool adaptive = timed || meta->mode == MODE_LATENCY;
    const char *mode = run_mode_name(meta->mode);
    if (!timed && choices->memory_blocks > 0)
        return store_complain(error, "--memory-blocks: --mode %s counts no live bytes; leave one of the two out", mode);
    if (!timed && choices->counters > 0)
        return store_complain(error, "--counters: --mode %s measures nothing beside; leave one of the two out", mode);
    if (!adaptive && choices->precision > 0)
        return store_complain(error, "--precision: --mode %s has a fixed number of blocks; give it by --blocks", mode);
    uint64_t blocks = choices->blocks > 0 ? choices->blocks : own ? suite->blocks : suite_default_blocks(meta->mode);
    meta->minimum_blocks = meta->maximum_blocks = (uint32_t)blocks;
    meta->precision = !adaptive ? 0 : choices->precision >= 0 ? choices->precision : suite->precision;
    /* Precision is looked at from 10 blocks on; a given number of blocks is then the upper bound. */
    if (meta->precision > 0) {
        meta->minimum_blocks = 10;
        meta->maximum_blocks = choices->blocks > 0 ? (uint32_t)blocks : 60;
        if (meta->maximum_blocks < meta->minimum_blocks)
            meta->minimum_blocks = meta->maximum_blocks;
    }
    if (!timed)
        return true;
    int64_t memory_blocks = choices->memory_blocks >= 0 ? choices->memory_blocks : suite->memory_blocks;
    /* Of three the one with the median peak is drawn. */
    meta->memory_blocks = memory_blocks >= 0 ? (uint32_t)memory_blocks : blocks >= 10 ? 3 : 1;
    unsigned counters = choices->counters >= 0 ? (unsigned)choices->counters : suite->counters;
    meta->counter_blocks = (counters & SUITE_COUNT_HARDWARE) != 0 ? 1 : 0;
    meta->syscall_blocks = (counters & SUITE_COUNT_SYSCALLS) != 0 ? 1 : 0;
    meta->tier_blocks = (counters & SUITE_COUNT_TIERS) != 0 ? 1 : 0;
    return true;
}

bool assemble_run(const Suite *suite, const Choices *choices, const Catalogue *catalogue, RunMeta *meta,
                  StoreError *error) {
    *meta = (RunMeta){
        .format_version = RUN_FORMAT_VERSION,
        .suite = text_copy(suite->name),
        .seed = choices->seed_given ? choices->seed : 1,
        .threshold = choices->threshold >= 0 ? choices->threshold : suite->threshold,
        .slot_ns = (choices->slot_ms > 0 ? choices->slot_ms : suite->slot_ms) * 1000000,
        .timeout_ns = (choices->timeout_s > 0 ? choices->timeout_s : suite->timeout_s) * 1000000000,
        .memory_cap_bytes = choices->memory_cap_bytes > 0 ? choices->memory_cap_bytes : assemble_default_memory_cap(),
        .pin = choices->pin >= 0 ? choices->pin != 0 : suite->pin,
    };
    const char *allocators = choices->allocators != NULL ? choices->allocators : suite->allocators;
    const char *baseline = choices->baseline != NULL ? choices->baseline : suite->baseline;
    Assembly assembly = {choices, catalogue, meta, error};
    bool good =
        set_blocks(suite, choices, meta, error) &&
        add_arms(meta, allocators != NULL ? allocators : "glibc,jemalloc,mimalloc,tcmalloc,tbb,minipool", error) &&
        choose_baseline(meta, baseline != NULL ? baseline : "glibc", error) && add_rows(&assembly, suite) &&
        check_requested(&assembly) && (choices->work_from == NULL || take_work(choices->work_from, meta, error));
    if (good)
        multiply_by_thp(meta, choices->thp != 0 ? choices->thp : suite->thp);
    else
        run_meta_release(meta);
    return good;
}
