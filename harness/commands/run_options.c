/*
 * run_options.c - see run_options.h. argp splits the line; values are judged here, so that every mistake gets one line
 * that says what is allowed.
 */
#include "run_options.h"

#include <stdlib.h>
#include <string.h>

#include "../experiment/cores.h"
#include "arguments.h"
#include "command.h"

enum Key {
    KEY_SUITE = 1000,
    KEY_ALLOCATORS,
    KEY_WORKLOADS,
    KEY_THREADS,
    KEY_SET,
    KEY_BLOCKS,
    KEY_SLOT_MS,
    KEY_SEED,
    KEY_RESUME,
    KEY_DRY_RUN,
    KEY_MAX_TIME,
    KEY_PRECISION,
    KEY_THRESHOLD,
    KEY_BASELINE,
    KEY_TIMEOUT,
    KEY_MEMORY_CAP,
    KEY_PIN,
    KEY_NO_PIN,
    KEY_WORK_FROM,
    KEY_NO_TABLE,
    KEY_MODE,
    KEY_THP,
    KEY_MEMORY_BLOCKS,
    KEY_COUNTERS,
    KEY_STRICT,
    KEY_NAME,
    KEY_PREPARE,
    KEY_CLEANUP,
    KEY_CHECK,
    KEY_METRIC,
    KEY_IGNORE_OUTPUT,
    KEY_SERVER,
    KEY_READY,
    KEY_LOAD,
    KEY_REQUESTS,
    KEY_OUT = 'o', /* as in the other commands */
};

static const struct argp_option option_table[] = {
    {0, 0, 0, 0, "What is measured:", 1},
    {"suite", KEY_SUITE, "NAME", 0, "The suite: a name ('allocbench list suites') or a .ini file [quick]", 0},
    {"allocators", KEY_ALLOCATORS, "LIST", 0,
     "Allocators, separated by commas: NAME, [NAME=]/path/lib.so, each with settings ?VARIABLE=value&OTHER=value "
     "('\\,' is a comma in a value)",
     0},
    {"workloads", KEY_WORKLOADS, "LIST", 0, "Only these: rows of the suite, or any workload, preset or program", 0},
    {"threads", KEY_THREADS, "LIST", 0,
     "Numbers of threads in place of the suite's: 1,2 or 1..8 or '1..64*2' (doubled each time); n is the number of "
     "processors, 2n twice as many",
     0},
    {"set", KEY_SET, "NAME=LIST", 0,
     "A row for each value of a workload's parameter, where the workload has it: size=16,64,4K or 'size=8..32K*2' or "
     "slots=100..500+100; given several times, each combination",
     0},
    {"baseline", KEY_BASELINE, "ALLOCATOR", 0, "What the others are compared with [glibc]", 0},
    {"thp", KEY_THP, "LIST", 0,
     "Transparent huge pages: inherit (as the system has it), never, or inherit,never, which measures every row twice "
     "[inherit]",
     0},
    {0, 0, 0, 0, "How it is measured:", 2},
    {"mode", KEY_MODE, "MODE", 0,
     "throughput; latency (single calls); icount (instructions under callgrind); limit (the smallest memory limit) "
     "[throughput]",
     0},
    {"blocks", KEY_BLOCKS, "N", 0, "Blocks: each holds every allocator once and the baseline twice", 0},
    {"memory-blocks", KEY_MEMORY_BLOCKS, "N", 0,
     "Blocks before these that count live bytes, for memory over time [3, or 1 if under 10 are compared]", 0},
    {"counters", KEY_COUNTERS, "LIST", OPTION_ARG_OPTIONAL,
     "Count in blocks of their own: hardware, syscalls, tiers (what the allocator itself counts), or none [all three "
     "when only --counters is given]",
     0},
    {"slot-ms", KEY_SLOT_MS, "N", 0, "Length of a slot on the baseline, milliseconds", 0},
    {"seed", KEY_SEED, "N", 0, "Seed of orders and request sequences [1]", 0},
    {"precision", KEY_PRECISION, "P", 0,
     "Measure until the intervals' half-width is under P (0.03 is 3 %), looking at 10, 15, 20, 30, 45 and 60 blocks",
     0},
    {"threshold", KEY_THRESHOLD, "P", 0, "Smallest difference that is worth a verdict [0.01]", 0},
    {"max-time", KEY_MAX_TIME, "S", 0, "Start no further block after so many seconds", 0},
    {"timeout", KEY_TIMEOUT, "S", 0, "A slot that lasts longer is killed [60]", 0},
    {"memory-cap", KEY_MEMORY_CAP, "BYTES", 0,
     "A slot that needs more is killed; K, M and G are understood [the smaller of 4G and half of what is free]", 0},
    {"pin", KEY_PIN, NULL, 0, "Bind the workload's threads to processors", 0},
    {"no-pin", KEY_NO_PIN, NULL, 0, "Leave them to the kernel", 0},
    {"work-from", KEY_WORK_FROM, "RUN", 0, "Use the operation counts of another run in place of fitting them", 0},
    {0, 0, 0, 0, "Where it goes:", 3},
    {"out", KEY_OUT, "DIR", 0, "Folder of the run [results/runs/<time>-<suite>, with a link results/latest]", 0},
    {"resume", KEY_RESUME, NULL, 0, "Go on with the run in --out [results/latest]", 0},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "Print the plan and how long it takes; measure nothing", 0},
    {"no-table", KEY_NO_TABLE, NULL, 0, "Do not print the tables at the end", 0},
    {"strict", KEY_STRICT, NULL, 0, "Exit with 5 when a row is imprecise, unstable or has too few blocks", 0},
    {0, 0, 0, 0,
     "A program of your own in place of a suite: '-- PROGRAM ARGUMENTS' behind all options. CMD is one line in shell "
     "quoting, run without a shell and without the allocator; {scratch} is a temporary folder:",
     4},
    {"prepare", KEY_PREPARE, "CMD", 0, "Run this before each slot, untimed", 0},
    {"cleanup", KEY_CLEANUP, "CMD", 0, "Run this after each slot, untimed", 0},
    {"check", KEY_CHECK, "CMD", 0, "Run this after the program; what it prints is compared with the baseline's, too",
     0},
    {"metric", KEY_METRIC, "REGEX", 0,
     "The first group is a rate that the program (or --load) prints, more is better; throughput is that in place of "
     "runs a second",
     0},
    {"ignore-output", KEY_IGNORE_OUTPUT, NULL, 0,
     "Do not compare what it prints: it differs from run to run [with --metric]", 0},
    {"name", KEY_NAME, "NAME", 0, "Call the row so [the program's file name]", 0},
    {"server", KEY_SERVER, "CMD", 0,
     "In place of '-- PROGRAM': a server that runs in the foreground under the allocator and ends at SIGTERM; {socket} "
     "is "
     "a path for a Unix socket",
     0},
    {"ready", KEY_READY, "CMD", 0, "Ends with 0 once the server answers", 0},
    {"load", KEY_LOAD, "CMD", 0, "The client: its time is measured, or its rate taken by --metric", 0},
    {"requests", KEY_REQUESTS, "N", 0, "How many requests the load makes, for requests a second", 0},
    {0},
};

static const char documentation[] =
    "Measure a suite of workloads under several allocators.\v"
    "Examples:\n"
    "  allocbench run\n"
    "  allocbench run full --precision 0.02 --max-time 3600\n"
    "  allocbench run --workloads larson --allocators glibc,mine=./libmine.so\n"
    "  allocbench run --workloads larson --threads 1..2n\n"
    "  allocbench run --workloads size_sweep --set 'size=8..32K*2'\n"
    "  allocbench run --allocators 'glibc,one=jemalloc?MALLOC_CONF=narenas:1'\n"
    "  allocbench run --allocators glibc,minipool -- sqlite3 test.db '.read q.sql'\n"
    "  allocbench run --metric 'rate: ([0-9.]+)' -- ./bench --seconds 1\n"
    "\n"
    "ALLOCBENCH_WORKLOADS names more folders with workloads, separated by ':'.\n"
    "\n"
    "Exit codes: 0 all well (allocators that are not installed are skipped); 1 internal or system failure; 2 bad "
    "input; "
    "3 the run is complete but some slots failed, or a library that was given cannot be preloaded; 4 nothing could be "
    "measured; 5 see --strict; 130 interrupted (what was measured is kept; go on with --resume).";

typedef struct Parsing {
    RunOptions *options;
    int code;
} Parsing;

static void expect_u64(Parsing *parsing, const char *flag, const char *text, uint64_t minimum, uint64_t maximum,
                       uint64_t *value) {
    if (!text_to_u64(text, minimum, maximum, value))
        parsing->code = usage_error("%s %s: must be a whole number from %llu to %llu", flag, text,
                                    (unsigned long long)minimum, (unsigned long long)maximum);
}

static void expect_ratio(Parsing *parsing, const char *flag, const char *text, double *value) {
    if (!text_to_double(text, 0, 1, value))
        parsing->code = usage_error("%s %s: must be a number from 0 to 1 (0.03 is 3 %%)", flag, text);
}

static void expect_bytes(Parsing *parsing, const char *flag, const char *text, uint64_t *value) {
    if (!text_to_size(text, 1 << 20, UINT64_C(1) << 60, value))
        parsing->code =
            usage_error("%s %s: must be a whole number from 1M to 1073741824G (K, M and G are understood)", flag, text);
}

/* A list that is given again goes on. */
static void join(RunOptions *options, const char **list, const char *text) {
    if (*list == NULL) {
        *list = text;
        return;
    }
    char *longer = text_format("%s,%s", *list, text);
    text_list_add(&options->joined, longer);
    *list = longer;
}

static error_t on_option(int key, char *text, struct argp_state *state) {
    Parsing *parsing = state->input;
    RunOptions *options = parsing->options;
    Choices *choices = &options->choices;
    OwnProgram *own = &options->own;
    unsigned bits;
    uint64_t number;
    RunMode mode;
    StoreError problem = {""};
    if (parsing->code != EXIT_CODE_OK)
        return 0; /* only the first mistake is told */
    switch (key) {
    case ARGP_KEY_ARG:
        if (choices->counters >= 0 && suite_parse_counters(text, &bits)) {
            parsing->code = usage_error("--counters %s: write --counters=%s", text, text);
            break;
        }
        __attribute__((fallthrough));
    case KEY_SUITE:
        if (options->suite != NULL)
            parsing->code = usage_error("two suites, '%s' and '%s'; give one", options->suite, text);
        options->suite = text;
        break;
    case KEY_ALLOCATORS:
        join(options, &choices->allocators, text);
        break;
    case KEY_WORKLOADS:
        join(options, &choices->workloads, text);
        break;
    case KEY_THREADS:
        free(choices->threads);
        if (!sweep_parse_threads(text, cores_count(), &choices->threads, &choices->thread_count, &problem))
            parsing->code = usage_error("--threads %s: %s", text, problem.text);
        break;
    case KEY_SET:
        if (!sweeps_add(&choices->sweeps, text, &problem))
            parsing->code = usage_error("--set %s: %s", text, problem.text);
        break;
    case KEY_BLOCKS:
        expect_u64(parsing, "--blocks", text, 1, 100000, &choices->blocks);
        break;
    case KEY_SLOT_MS:
        expect_u64(parsing, "--slot-ms", text, 1, 3600000, &choices->slot_ms);
        break;
    case KEY_SEED:
        expect_u64(parsing, "--seed", text, 0, UINT64_MAX, &choices->seed);
        choices->seed_given = true;
        break;
    case KEY_OUT:
        options->out = text;
        if (*text == '\0')
            parsing->code = usage_error("--out: is empty; give a folder");
        break;
    case KEY_RESUME:
        options->resume = true;
        break;
    case KEY_DRY_RUN:
        options->dry_run = true;
        break;
    case KEY_NO_TABLE:
        options->no_table = true;
        break;
    case KEY_MAX_TIME:
        expect_u64(parsing, "--max-time", text, 1, 31536000, &options->max_time_s);
        break;
    case KEY_PRECISION:
        expect_ratio(parsing, "--precision", text, &choices->precision);
        break;
    case KEY_THRESHOLD:
        expect_ratio(parsing, "--threshold", text, &choices->threshold);
        break;
    case KEY_BASELINE:
        choices->baseline = text;
        break;
    case KEY_TIMEOUT:
        expect_u64(parsing, "--timeout", text, 1, 86400, &choices->timeout_s);
        break;
    case KEY_MEMORY_CAP:
        expect_bytes(parsing, "--memory-cap", text, &choices->memory_cap_bytes);
        break;
    case KEY_PIN:
        choices->pin = 1;
        break;
    case KEY_NO_PIN:
        choices->pin = 0;
        break;
    case KEY_WORK_FROM:
        choices->work_from = text;
        break;
    case KEY_MODE:
        if (run_mode_parse(text, &mode))
            choices->mode = (int)mode;
        else
            parsing->code = usage_error("--mode %s: must be throughput, latency, icount or limit", text);
        break;
    case KEY_THP:
        if (!suite_parse_thp(text, &choices->thp))
            parsing->code = usage_error("--thp %s: must be inherit, never or inherit,never", text);
        break;
    case KEY_MEMORY_BLOCKS:
        number = 0;
        expect_u64(parsing, "--memory-blocks", text, 0, 1000, &number);
        choices->memory_blocks = (int64_t)number;
        break;
    case KEY_COUNTERS:
        bits = SUITE_COUNT_ALL;
        if (text != NULL && !suite_parse_counters(text, &bits))
            parsing->code = usage_error("--counters=%s: must be none, or any of hardware,syscalls,tiers", text);
        choices->counters = (int)bits;
        break;
    case KEY_STRICT:
        options->strict = true;
        break;
    case KEY_NAME:
        own->name = text;
        break;
    case KEY_PREPARE:
        own->prepare = text;
        break;
    case KEY_CLEANUP:
        own->cleanup = text;
        break;
    case KEY_CHECK:
        own->check = text;
        break;
    case KEY_METRIC:
        own->metric = text;
        break;
    case KEY_IGNORE_OUTPUT:
        own->ignore_output = true;
        break;
    case KEY_SERVER:
        own->server = text;
        break;
    case KEY_READY:
        own->ready = text;
        break;
    case KEY_LOAD:
        own->load = text;
        break;
    case KEY_REQUESTS:
        expect_u64(parsing, "--requests", text, 1, UINT64_C(1) << 40, &own->requests);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* A resumed run goes on as it was planned; what would change the plan is refused rather than ignored. */
static int check_resume(const RunOptions *options) {
    const Choices *choices = &options->choices;
    if (!options->resume)
        return EXIT_CODE_OK;
    if (options->dry_run)
        return usage_error("--dry-run and --resume exclude each other");
    if (options->suite != NULL || choices->allocators != NULL || choices->workloads != NULL ||
        choices->baseline != NULL || choices->work_from != NULL || choices->thread_count > 0 ||
        choices->sweeps.count > 0 || choices->blocks > 0 || choices->slot_ms > 0 || choices->timeout_s > 0 ||
        choices->memory_cap_bytes > 0 || choices->seed_given || choices->precision >= 0 || choices->threshold >= 0 ||
        choices->pin >= 0 || choices->mode >= 0 || choices->memory_blocks >= 0 || choices->thp != 0 ||
        choices->counters >= 0)
        return usage_error(
            "--resume goes on with the stored plan; only --out, --max-time, --strict and --no-table go with it");
    return EXIT_CODE_OK;
}

/* What only workloads have is refused beside a program rather than ignored. */
static int check_own(RunOptions *options) {
    Choices *choices = &options->choices;
    const char *option = own_program_option(&options->own);
    if (option == NULL)
        return EXIT_CODE_OK;
    if (options->resume)
        return usage_error("%s: --resume goes on with the stored plan, the program included; leave it out", option);
    const struct {
        const char *flag;
        bool given;
        const char *why;
    } refused[] = {
        {options->suite == NULL ? "a suite" : options->suite, options->suite != NULL, "it has rows of its own"},
        {"--workloads", choices->workloads != NULL, "it has rows of its own; measure them in another run"},
        {"--threads", choices->thread_count > 0, "a program is told by its own arguments"},
        {"--set", choices->sweeps.count > 0, "a program is told by its own arguments"},
        {"--slot-ms", choices->slot_ms > 0, "a program does its whole work in each slot"},
        {"--work-from", choices->work_from != NULL, "a program does its whole work in each slot"},
        {"--counters", choices->counters > 0, "they are counted inside of workloads"},
        {"--pin", choices->pin > 0, "only a workload's threads are bound"},
        {"--mode", choices->mode > MODE_THROUGHPUT, "a whole program has no marks and no single calls"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (refused[i].given)
            return usage_error("%s does not go with %s: %s", refused[i].flag,
                               strcmp(option, "--") == 0 ? "'-- PROGRAM'" : option, refused[i].why);
    }
    choices->own = &options->own;
    return EXIT_CODE_OK;
}

/* The words behind "--" are the program's, whatever they look like. Returns how many words are ours. */
static int split_program(int argc, char **argv, OwnProgram *own) {
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") != 0)
            continue;
        own->separated = true;
        own->words = argv + i + 1;
        own->word_count = (size_t)(argc - i - 1);
        return i;
    }
    return argc;
}

int run_options_read(int argc, char **argv, RunOptions *options) {
    *options = (RunOptions){
        .choices = {.precision = -1, .threshold = -1, .pin = -1, .mode = -1, .memory_blocks = -1, .counters = -1}};
    Parsing parsing = {options, EXIT_CODE_OK};
    static const struct argp argp = {option_table, on_option, "[SUITE]\n-- PROGRAM [ARGUMENTS]", documentation, NULL,
                                     NULL,         NULL};
    int code = arguments_parse(&argp, "run", split_program(argc, argv, &options->own), argv, &parsing);
    if (parsing.code == EXIT_CODE_OK)
        parsing.code = code;
    if (parsing.code == EXIT_CODE_OK)
        parsing.code = check_own(options);
    return parsing.code == EXIT_CODE_OK ? check_resume(options) : parsing.code;
}

void run_options_release(RunOptions *options) {
    free(options->choices.threads);
    sweeps_release(&options->choices.sweeps);
    text_list_release(&options->joined);
}
