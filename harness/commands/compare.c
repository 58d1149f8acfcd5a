/*
 * compare.c - allocbench compare: judge one stored run, or two against each other.
 */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../report/report.h"
#include "../store/text.h"
#include "arguments.h"
#include "conclusive.h"
#include "fail_if.h"

enum { EXIT_CODE_FAIL_IF = 6 }; /* a condition of --fail-if is met */
enum {
    KEY_REFERENCE = 'r',
    KEY_FORMAT = 'f',
    KEY_METRIC = 'm',
    KEY_STRICT = 's',
    KEY_BLOCKS = 'b',
    KEY_FAIL_IF = 0x100,
};

typedef struct CompareOptions {
    const char *folders[2];
    size_t folder_count;
    const char *reference; /* NULL: the run's baseline */
    ReportFormat format;
    bool named[METRIC_COUNT]; /* asked for by key */
    bool all, counts;         /* groups; neither of them and no key: what the run is about */
    uint64_t blocks;          /* of those compared; 0: all */
    FailIf *conditions;
    size_t condition_count;
    bool strict;
} CompareOptions;

static bool parse_format(const char *name, ReportFormat *format) {
    static const char *const names[] = {
        [REPORT_TEXT] = "text", [REPORT_MARKDOWN] = "markdown", [REPORT_CSV] = "csv", [REPORT_JSON] = "json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i])) {
            *format = (ReportFormat)i;
            return true;
        }
    return false;
}

/* False for an empty list; a name that is none ends the program. */
static bool parse_metrics(const char *list, CompareOptions *options) {
    TextList names = {0};
    text_list_split(&names, list, ',');
    bool any = !text_list_has_gap(list, ',');
    for (size_t i = 0; i < names.count; i++) {
        Metric metric;
        if (!strcmp(names.items[i], "all"))
            options->all = true;
        else if (!strcmp(names.items[i], "counts"))
            options->counts = true;
        else if (metric_parse(names.items[i], &metric))
            options->named[metric] = true;
        else
            exit(usage_error("--metric %s is unknown: use all, counts, or names as in 'allocbench compare --help'",
                             names.items[i]));
    }
    text_list_release(&names);
    return any;
}

static void add_condition(const char *text, CompareOptions *options) {
    const char *problem;
    options->conditions = grow(options->conditions, options->condition_count + 1, sizeof *options->conditions);
    if (!fail_if_parse(text, &options->conditions[options->condition_count], &problem))
        exit(usage_error("--fail-if '%s': %s", text, problem));
    options->condition_count++;
}

static error_t parse_option(int key, char *argument, struct argp_state *state) {
    CompareOptions *options = state->input;
    switch (key) {
    case KEY_REFERENCE:
        options->reference = argument;
        return 0;
    case KEY_FORMAT:
        if (!parse_format(argument, &options->format))
            exit(usage_error("--format %s is unknown: use text, markdown, csv or json", argument));
        return 0;
    case KEY_METRIC:
        if (!parse_metrics(argument, options))
            exit(usage_error("--metric needs a name: all, counts, or names as in 'allocbench compare --help'"));
        return 0;
    case KEY_BLOCKS:
        if (!text_to_u64(argument, 1, UINT32_MAX, &options->blocks))
            exit(usage_error("--blocks %s is no number of blocks: use 1 or more", argument));
        return 0;
    case KEY_FAIL_IF:
        add_condition(argument, options);
        return 0;
    case KEY_STRICT:
        options->strict = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->folder_count == 2)
            exit(usage_error("'%s' is one folder too many: compare takes one run, or two", argument));
        options->folders[options->folder_count++] = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        exit(usage_error("compare needs a run, its folder or archive: allocbench compare RUN [RUN2]"));
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option OPTIONS[] = {
    {"ref", KEY_REFERENCE, "ARM", 0, "Compare with this arm instead of the run's baseline", 0},
    {"format", KEY_FORMAT, "FORMAT", 0, "text (default), markdown, csv or json", 0},
    {"metric", KEY_METRIC, "LIST", 0,
     "Metrics by name, separated by commas, or all; counts is all that is counted per 1,000 operations, side by side. "
     "Default: what the run is about",
     0},
    {"blocks", KEY_BLOCKS, "N", 0, "Use only the first N compared blocks of each row", 0},
    {"fail-if", KEY_FAIL_IF, "'ARM WORD P%'", 0,
     "Exit with 6 when ARM's verdict in any row is WORD (slower, fatter or more) and its whole interval lies more than "
     "P percent from 1; repeatable",
     0},
    {"strict", KEY_STRICT, NULL, 0, "Exit with 5 when a row is imprecise, unstable or has too few blocks", 0},
    {0},
};

static const struct argp ARGP = {
    .options = OPTIONS,
    .parser = parse_option,
    .args_doc = "RUN [RUN2]",
    .doc =
        "Judge a stored run: every arm against the baseline, with intervals and verdicts. With two runs: how far "
        "each arm moved against its own run's baseline; of two runs of --mode icount, how each arm's own count "
        "changed.\v"
        "Metrics: throughput, peak_rss, mean_rss; overhead, internal_waste, retention (multiples of live bytes); "
        "idle_rss_0s, idle_rss_1s, idle_rss_3s, light_rss_1s, light_rss_3s, first_allocations; memory_limit; "
        "instructions; malloc_p50, malloc_p99, malloc_p99.9, malloc_p99.99 and the same of calloc, realloc and free; "
        "minor_faults, context_switches, hw_instructions, hw_cycles, hw_cache_misses, hw_branch_misses, "
        "hw_dtlb_misses, syscalls, memory_syscalls, futex_syscalls; heap_refills_held, heap_refills_carved, "
        "heap_spans_adopted, heap_refills_page_heap, heap_large_blocks, heap_os_calls, heap_lock_acquisitions, "
        "heap_lock_contentions, heap_lock_sleeps, heap_atomic_operations, heap_remote_frees.\n\n"
        "--fail-if: a cell fails when its verdict is WORD and its 95 % interval lies wholly below 1 - P/100 (metrics "
        "of which more is better) or above 1 + P/100 (all others). A ratio beyond P percent whose interval is not, or "
        "that has no verdict, does not fail. It looks at every table printed with ratios whose word for worse is WORD. "
        "What could not be judged is named on stderr; when that is every cell of a condition, or one of an arm that "
        "failed in "
        "over a fifth of its slots or that the other run lacks, the exit status is 5.\n\n"
        "Exit status: 0 compared, 1 the output could not be written, 2 usage or a bad run, 5 see --strict and "
        "--fail-if, 6 a condition of --fail-if is met.",
};

static bool find_arm(const Run *run, const char *name, uint32_t *found) {
    for (uint32_t arm = 0; arm < run->meta.arm_count; arm++)
        if (!strcmp(run->meta.arms[arm].name, name)) {
            *found = arm;
            return true;
        }
    return false;
}

/* Takes the samples of later compared blocks out of the run. The floor and the count of discarded blocks stay those of
 * the whole run. */
static void keep_first_blocks(Run *run, uint64_t blocks) {
    uint64_t end = run_observed_blocks(&run->meta) + blocks;
    size_t kept = 0;
    for (size_t i = 0; i < run->sample_count; i++) {
        if (run->samples[i].block < end)
            run->samples[kept++] = run->samples[i];
        else
            sample_release(&run->samples[i]);
    }
    run->sample_count = kept;
}

/* Which metrics get a table with ratios, and which stand side by side as counts; both in the order of the registry. */
typedef struct Choice {
    Metric tables[METRIC_COUNT], counts[METRIC_COUNT];
    size_t table_count, count_count;
} Choice;

static bool holds(const Metric *metrics, size_t count, Metric metric) {
    for (size_t i = 0; i < count; i++)
        if (metrics[i] == metric)
            return true;
    return false;
}

static Choice choose(const Run *run, const CompareOptions *options) {
    Choice choice = {0};
    Metric about[METRIC_COUNT], counted[METRIC_COUNT];
    bool any_named = false;
    for (unsigned metric = 0; metric < METRIC_COUNT; metric++)
        any_named = any_named || options->named[metric];
    bool unasked = !any_named && !options->all && !options->counts;
    bool side_by_side = options->format == REPORT_TEXT || options->format == REPORT_MARKDOWN;
    bool counts = options->all || options->counts || (unasked && metrics_observes_counts(&run->meta));
    size_t about_count = metrics_of_run(run, about), counted_count = counts ? metrics_counted(run, counted) : 0;
    for (unsigned i = 0; i < METRIC_COUNT; i++) {
        Metric metric = (Metric)i;
        bool counting = metric_info(metric)->unit == UNIT_PER_THOUSAND;
        if (holds(counted, counted_count, metric) && side_by_side && !options->named[metric])
            choice.counts[choice.count_count++] = metric;
        else if (options->named[metric] || (unasked && holds(about, about_count, metric)) ||
                 holds(counted, counted_count, metric) || (options->all && !counting && metric_is_in_run(run, metric)))
            choice.tables[choice.table_count++] = metric;
    }
    return choice;
}

/* Metrics asked for by name of which the run has nothing are no empty table but a mistake. */
static int check_named(const Run *run, const CompareOptions *options) {
    Metric counted[METRIC_COUNT], about[METRIC_COUNT];
    size_t counted_count = metrics_counted(run, counted), about_count = metrics_of_run(run, about);
    for (unsigned metric = 0; metric < METRIC_COUNT; metric++)
        if (options->named[metric] && !holds(counted, counted_count, (Metric)metric) &&
            !holds(about, about_count, (Metric)metric) && !metric_is_in_run(run, (Metric)metric))
            return usage_error("%s has no values of %s; --metric all shows what it has", run->folder,
                               metric_info((Metric)metric)->key);
    return EXIT_CODE_OK;
}

/* A condition that nothing was compared for is a mistake, not a gate that is always open. */
static int check_conditions(const CompareOptions *options) {
    for (size_t i = 0; i < options->condition_count; i++)
        if (options->conditions[i].tables == 0)
            return usage_error("--fail-if '%s': no table of ratios here has the verdict '%s'; choose one by --metric",
                               options->conditions[i].text, options->conditions[i].word);
        else if (options->conditions[i].impossible > 0)
            return usage_error("--fail-if '%s': nothing loses 100 %% or more of its throughput; use less",
                               options->conditions[i].text);
    return EXIT_CODE_OK;
}

static int judge_conditions(const CompareOptions *options) {
    int code = EXIT_CODE_OK;
    for (size_t i = 0; i < options->condition_count; i++) {
        const FailIf *condition = &options->conditions[i];
        if (condition->failed > 0)
            return EXIT_CODE_FAIL_IF;
        if (condition->judged == 0 || condition->broken > 0)
            code = EXIT_CODE_NOT_CONCLUSIVE;
    }
    return code;
}

static int check_condition_arms(const Run *run, const CompareOptions *options, uint32_t reference) {
    for (size_t i = 0; i < options->condition_count; i++) {
        const FailIf *condition = &options->conditions[i];
        uint32_t arm;
        if (!find_arm(run, condition->arm, &arm))
            return usage_error("--fail-if '%s': %s is no arm of this run", condition->text, condition->arm);
        if (arm == reference)
            return usage_error("--fail-if '%s': %s is what the others are compared with; choose another by --ref",
                               condition->text, condition->arm);
    }
    if (options->condition_count > 0 && run->meta.mode == MODE_ICOUNT)
        return usage_error("--fail-if '%s': counts of instructions rank no allocators within a run; give two runs",
                           options->conditions[0].text);
    return EXIT_CODE_OK;
}

static int print_comparisons(const Run *run, Comparison *const *tables, const Choice *choice, Comparison *const *counts,
                             ReportFormat format) {
    int written = 0;
    if (choice->table_count > 0 || choice->count_count == 0)
        written = report_print_comparisons(run, (const Comparison *const *)tables, choice->table_count, format, stdout);
    written |= report_print_counts(run, (const Comparison *const *)counts, choice->count_count, format, stdout);
    return written == 0 ? EXIT_CODE_OK : failure("the table could not be written to standard output");
}

static int compare_arms(const Run *run, const CompareOptions *options) {
    uint32_t reference = run->meta.baseline;
    if (options->reference && (!find_arm(run, options->reference, &reference) || !run->meta.arms[reference].available))
        return usage_error("--ref %s is no arm that this run measured: see the table's first lines for their names",
                           options->reference);
    int code = check_condition_arms(run, options, reference);
    if (code != EXIT_CODE_OK)
        return code;
    Choice choice = choose(run, options);
    Comparison *tables[METRIC_COUNT] = {NULL}, *counts[METRIC_COUNT] = {NULL};
    bool conclusive = true;
    for (size_t i = 0; i < choice.table_count; i++) {
        tables[i] = comparison_of_run(run, choice.tables[i], reference);
        conclusive = conclusive && comparison_is_conclusive(tables[i]);
    }
    for (size_t i = 0; i < choice.count_count; i++)
        counts[i] = comparison_of_run(run, choice.counts[i], reference);
    code = print_comparisons(run, tables, &choice, counts, options->format);
    for (size_t c = 0; c < options->condition_count && code == EXIT_CODE_OK; c++)
        for (size_t i = 0; i < choice.table_count; i++)
            fail_if_check(&options->conditions[c], run, tables[i]);
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        comparison_free(tables[i]);
        comparison_free(counts[i]);
    }
    if (code == EXIT_CODE_OK)
        code = check_conditions(options);
    if (code == EXIT_CODE_OK)
        code = judge_conditions(options);
    return code == EXIT_CODE_OK && options->strict && !conclusive ? EXIT_CODE_NOT_CONCLUSIVE : code;
}

/* Rows that only the second run has are no part of the comparison; that is said, not passed over. */
static void name_new_rows(const Run *first, const Run *second) {
    for (size_t i = 0; i < second->meta.row_count; i++) {
        bool known = false;
        for (size_t j = 0; j < first->meta.row_count && !known; j++)
            known = run_shift_same_row(&first->meta, &first->meta.rows[j], &second->meta, &second->meta.rows[i]);
        if (!known)
            fprintf(stderr, "allocbench: note: %s is in the second run only\n", second->meta.rows[i].name);
    }
}

/* Tables without a cell are dropped: no row and arm of both runs has values of that metric. */
static size_t shifts_of_runs(const Run *first, const Run *second, const Choice *choice, RunShift **shifts) {
    size_t count = 0;
    for (size_t i = 0; i < choice->table_count; i++) {
        shifts[count] = run_shift_of_runs(first, second, choice->tables[i]);
        if (shifts[count]->cell_count > 0)
            count++;
        else
            run_shift_free(shifts[count]);
    }
    return count;
}

static int print_shifts(RunShift *const *shifts, size_t count, ReportFormat format) {
    const ShiftCell *refused = NULL;
    size_t compared = 0;
    for (size_t i = 0; i < count; i++) {
        compared += shifts[i]->compared;
        for (size_t c = 0; c < shifts[i]->cell_count && !refused; c++)
            refused = shifts[i]->cells[c].refused ? &shifts[i]->cells[c] : NULL;
    }
    if (count == 0)
        return usage_error("the two runs have no row, arm and metric of the same name in common");
    if (compared == 0 && refused)
        return usage_error("%s: %s", refused->row, refused->refused);
    if (report_print_shifts((const RunShift *const *)shifts, count, format, stdout) != 0)
        return failure("the table could not be written to standard output");
    return EXIT_CODE_OK;
}

static bool shifts_are_conclusive(RunShift *const *shifts, size_t count) {
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < shifts[i]->cell_count; c++)
            if (shifts[i]->cells[c].refused || shifts[i]->cells[c].verdict == VERDICT_TOO_FEW ||
                shifts[i]->cells[c].failing || shifts[i]->cells[c].verdict == VERDICT_UNSTABLE)
                return false;
    return true;
}

static int compare_runs(const Run *first, const Run *second, const CompareOptions *options) {
    if (options->reference)
        return usage_error("--ref does not apply to two runs: each is compared with its own baseline");
    char *refusal = run_shift_refusal(first, second);
    if (refusal) {
        int code = usage_error("%s", refusal);
        free(refusal);
        return code;
    }
    const char *base = first->meta.arms[first->meta.baseline].name;
    for (size_t i = 0; i < options->condition_count; i++) {
        uint32_t arm;
        if (!find_arm(first, options->conditions[i].arm, &arm) || !find_arm(second, options->conditions[i].arm, &arm))
            return usage_error("--fail-if '%s': %s is no arm of both runs", options->conditions[i].text,
                               options->conditions[i].arm);
        if (first->meta.mode != MODE_ICOUNT && strcmp(options->conditions[i].arm, base) == 0)
            return usage_error("--fail-if '%s': %s is what the others are compared with, in each run",
                               options->conditions[i].text, options->conditions[i].arm);
    }
    CompareOptions in_full = *options; /* counts of two runs do not stand side by side */
    in_full.format = REPORT_CSV;
    Choice choice = choose(first, &in_full);
    RunShift *shifts[METRIC_COUNT];
    size_t count = shifts_of_runs(first, second, &choice, shifts);
    int code = print_shifts(shifts, count, options->format);
    if (code == EXIT_CODE_OK)
        name_new_rows(first, second);
    for (size_t c = 0; c < options->condition_count && code == EXIT_CODE_OK; c++)
        for (size_t i = 0; i < count; i++)
            fail_if_check_shift(&options->conditions[c], shifts[i]);
    if (code == EXIT_CODE_OK)
        code = check_conditions(options);
    if (code == EXIT_CODE_OK)
        code = judge_conditions(options);
    if (code == EXIT_CODE_OK && options->strict && !shifts_are_conclusive(shifts, count))
        code = EXIT_CODE_NOT_CONCLUSIVE;
    for (size_t i = 0; i < count; i++)
        run_shift_free(shifts[i]);
    return code;
}

int command_compare(int argc, char **argv) {
    CompareOptions options = {0};
    int code = arguments_parse(&ARGP, "compare", argc, argv, &options);
    Run *runs[2] = {NULL, NULL};
    for (size_t i = 0; i < options.folder_count && code == EXIT_CODE_OK; i++) {
        StoreError error;
        runs[i] = run_load(options.folders[i], &error);
        if (!runs[i])
            code = usage_error("%s", error.text);
        if (runs[i] && options.blocks > 0)
            keep_first_blocks(runs[i], options.blocks);
        if (runs[i])
            code = check_named(runs[i], &options);
    }
    if (code == EXIT_CODE_OK)
        code = runs[1] ? compare_runs(runs[0], runs[1], &options) : compare_arms(runs[0], &options);
    run_free(runs[0]);
    run_free(runs[1]);
    for (size_t i = 0; i < options.condition_count; i++)
        fail_if_release(&options.conditions[i]);
    free(options.conditions);
    return code;
}
