/*
 * arguments.c - command line by argp. argp collects the flags and prints --help; the values are judged here, because
 * argp's own errors take several lines and do not say what is allowed. Silencing those (ARGP_NO_ERRS) silences argp's
 * own
 * --help too, hence the one here.
 */
#include "arguments.h"

#include <argp.h>
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "slot.h"

enum Key {
    KEY_THREADS = 1000,
    KEY_OPS,
    KEY_SECONDS,
    KEY_SEED,
    KEY_VERIFY,
    KEY_JSON,
    KEY_PIN,
    KEY_DESCRIBE,
    KEY_PRESET,
    KEY_HELP,
    KEY_PARAMETER = 2000, /* + index into the workload's table */
};

static const struct argp_option common_options[] = {
    {"threads", KEY_THREADS, "N", 0, "Threads, 1 to 4096", 0},
    {"ops", KEY_OPS, "N", 0, "Operations in all, over all threads", 0},
    {"seconds", KEY_SECONDS, "S", 0, "Run for this time instead of a fixed number of operations", 0},
    {"seed", KEY_SEED, "N", 0, "Seed of the request sequence", 0},
    {"verify", KEY_VERIFY, NULL, 0, "Fill every block and check its content and alignment", 0},
    {"json", KEY_JSON, NULL, 0, "Print one JSON object instead of a line", 0},
    {"pin", KEY_PIN, NULL, 0, "Bind each thread to one processor", 0},
    {"describe", KEY_DESCRIBE, NULL, 0, "Print what this workload is as JSON and end", 0},
    {"preset", KEY_PRESET, "NAME", 0, "Start from a named set of parameters", 0},
    {"help", KEY_HELP, NULL, 0, "Print this and end", -1},
};
enum { COMMON_OPTIONS = sizeof common_options / sizeof common_options[0], MAXIMUM_GIVEN = 128 };

/* Flags in the order given, not judged yet. */
typedef struct Given {
    int key;
    const char *text; /* NULL for a flag without a value */
} Given;

typedef struct Collected {
    size_t count;
    Given given[MAXIMUM_GIVEN];
} Collected;

_Noreturn void kit_usage_error(const char *format, ...) {
    char line[SLOT_MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    slot_fail(SLOT_VERDICT_USAGE, "%s", line);
}

static bool option_needs_value(const struct argp_option *options, const char *flag) {
    for (const struct argp_option *option = options; option->name; option++) {
        if (strncmp(flag, "--", 2) == 0 && strcmp(option->name, flag + 2) == 0)
            return option->arg != NULL;
    }
    return false;
}

/* argp met a flag it cannot read: the one before state->next. */
static _Noreturn void refuse_flag(const struct argp_state *state) {
    const char *flag = state->next > 0 && state->next <= state->argc ? state->argv[state->next - 1] : "";
    if (option_needs_value(state->root_argp->options, flag))
        kit_usage_error("%s: needs a value", flag);
    kit_usage_error("%s: unknown or ambiguous flag, or a value where none belongs (see --help)", flag);
}

static error_t collect(int key, char *text, struct argp_state *state) {
    Collected *collected = state->input;
    if (key == ARGP_KEY_ERROR)
        refuse_flag(state);
    if (key == KEY_HELP) {
        argp_help(state->root_argp, stdout, ARGP_HELP_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC, state->name);
        exit(fflush(stdout) == 0 ? SLOT_VERDICT_OK : SLOT_VERDICT_UNSUPPORTED);
    }
    if (key == ARGP_KEY_ARG)
        kit_usage_error("unexpected argument '%s': every value needs a flag before it (see --help)", text);
    if (key < KEY_THREADS || key >= KEY_PARAMETER + KIT_MAXIMUM_PARAMETERS)
        return ARGP_ERR_UNKNOWN;
    if (collected->count == MAXIMUM_GIVEN)
        kit_usage_error("more than %d flags", MAXIMUM_GIVEN);
    collected->given[collected->count++] = (Given){key, text};
    return 0;
}

/* "lifo, fifo or spsc" */
static void list_choices(const char *const *choices, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; choices[i] && used < size; i++) {
        const char *between = i == 0 ? "" : choices[i + 1] ? ", " : " or ";
        int written = snprintf(text + used, size - used, "%s%s", between, choices[i]);
        used += written > 0 ? (size_t)written : 0;
    }
}

/* The presets' names, ended by NULL. */
static void preset_names(const Workload *workload, const char *names[KIT_MAXIMUM_PARAMETERS + 1]) {
    size_t count = workload->preset_count < KIT_MAXIMUM_PARAMETERS ? workload->preset_count : KIT_MAXIMUM_PARAMETERS;
    for (size_t i = 0; i < count; i++)
        names[i] = workload->presets[i].name;
    names[count] = NULL;
}

/* Whose parameters --help shows: argp gives a filter nothing to know it by. */
static const Workload *helped;

/* A parameter's text with its default, which it still has when --help is met. */
static char *add_default(int key, const char *text, void *input) {
    (void)input;
    char value[32], *longer = NULL;
    if (key < KEY_PARAMETER || key >= KEY_PARAMETER + KIT_MAXIMUM_PARAMETERS ||
        asprintf(&longer, "%s [%s]", text, arguments_format(&helped->parameters[key - KEY_PARAMETER], value)) < 0)
        return (char *)(uintptr_t)text; /* as it is */
    return longer;
}

static void collect_all(const Workload *workload, int argc, char **argv, Collected *collected) {
    struct argp_option options[COMMON_OPTIONS + KIT_MAXIMUM_PARAMETERS + 1];
    memset(options, 0, sizeof options);
    memcpy(options, common_options, sizeof common_options);
    for (size_t i = 0; i < workload->parameter_count; i++) {
        const Parameter *parameter = &workload->parameters[i];
        struct argp_option *option = &options[COMMON_OPTIONS + i];
        option->name = parameter->name;
        option->key = KEY_PARAMETER + (int)i;
        option->arg = parameter->kind == PARAMETER_CHOICE   ? "NAME"
                      : parameter->kind == PARAMETER_YES_NO ? "yes|no"
                                                            : "N";
        option->doc = parameter->doc;
        option->group = 1;
    }
    char preset_doc[320];
    const char *names[KIT_MAXIMUM_PARAMETERS + 1];
    preset_names(workload, names);
    if (names[0]) {
        size_t start = (size_t)snprintf(preset_doc, sizeof preset_doc, "Start from the parameters of ");
        list_choices(names, preset_doc + start, sizeof preset_doc - start);
        for (size_t i = 0; i < COMMON_OPTIONS; i++)
            options[i].doc = options[i].key == KEY_PRESET ? preset_doc : options[i].doc;
    }
    helped = workload;
    const struct argp argp = {options, collect, NULL, workload->summary, NULL, add_default, NULL};
    if (argp_parse(&argp, argc, argv, ARGP_NO_ERRS | ARGP_NO_HELP, NULL, collected) != 0)
        kit_usage_error("the arguments cannot be read (see --help)");
}

bool arguments_parse_number(const char *text, bool bytes, uint64_t *value) {
    if (*text < '0' || *text > '9')
        return false;
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno != 0)
        return false;
    unsigned shift = 0;
    if (bytes && *end != '\0') {
        static const char units[] = "KMG";
        const char *unit = strchr(units, *end);
        if (!unit)
            return false;
        shift = 10u * (unsigned)(unit - units + 1);
        end++;
    }
    if (*end != '\0' || number > UINT64_MAX >> shift)
        return false;
    *value = (uint64_t)number << shift;
    return true;
}

bool arguments_parse_seconds(const char *text, uint64_t *duration_ns) {
    if (*text < '0' || *text > '9')
        return false;
    char *end;
    double seconds = strtod(text, &end);
    if (*end != '\0' || !isfinite(seconds) || seconds < 0.001 || seconds > 86400)
        return false;
    *duration_ns = (uint64_t)(seconds * 1e9);
    return true;
}

static uint64_t number_in_range(const char *flag, const char *text, bool bytes, uint64_t minimum, uint64_t maximum) {
    uint64_t value;
    if (!arguments_parse_number(text, bytes, &value) || value < minimum || value > maximum)
        kit_usage_error("--%s %s: must be a whole number from %llu to %llu%s", flag, text, (unsigned long long)minimum,
                        (unsigned long long)maximum, bytes ? " bytes (K, M and G are understood)" : "");
    return value;
}

static void set_parameter(const Parameter *parameter, const char *text) {
    static const char *const yes_no[] = {"no", "yes", NULL};
    if (parameter->kind == PARAMETER_COUNT || parameter->kind == PARAMETER_BYTES) {
        *parameter->value = number_in_range(parameter->name, text, parameter->kind == PARAMETER_BYTES,
                                            parameter->minimum, parameter->maximum);
        return;
    }
    const char *const *choices = parameter->kind == PARAMETER_YES_NO ? yes_no : parameter->choices;
    for (size_t i = 0; choices[i]; i++) {
        if (strcmp(choices[i], text) == 0) {
            *parameter->value = i;
            return;
        }
    }
    char allowed[256];
    list_choices(choices, allowed, sizeof allowed);
    kit_usage_error("--%s %s: must be %s", parameter->name, text, allowed);
}

const char *arguments_format(const Parameter *parameter, char *text) {
    if (parameter->kind == PARAMETER_CHOICE)
        return parameter->choices[*parameter->value];
    if (parameter->kind == PARAMETER_YES_NO)
        return *parameter->value ? "yes" : "no";
    snprintf(text, 32, "%llu", (unsigned long long)*parameter->value);
    return text;
}

static void apply(const Workload *workload, const Collected *collected, Options *options) {
    for (size_t i = 0; i < collected->count; i++) {
        const char *text = collected->given[i].text;
        switch (collected->given[i].key) {
        case KEY_THREADS:
            options->threads = (uint32_t)number_in_range("threads", text, false, 1, KIT_MAXIMUM_THREADS);
            options->threads_given = true;
            break;
        case KEY_OPS:
            options->operations = number_in_range("ops", text, false, 1, UINT64_C(1) << 48);
            break;
        case KEY_SECONDS:
            if (!arguments_parse_seconds(text, &options->duration_ns))
                kit_usage_error("--seconds %s: must be a number from 0.001 to 86400", text);
            break;
        case KEY_SEED:
            options->seed = number_in_range("seed", text, false, 0, UINT64_MAX);
            break;
        case KEY_VERIFY:
            options->verify = true;
            break;
        case KEY_JSON:
            options->json = true;
            break;
        case KEY_PIN:
            options->pin = true;
            break;
        case KEY_DESCRIBE:
        case KEY_PRESET:
            break;
        default:
            set_parameter(&workload->parameters[collected->given[i].key - KEY_PARAMETER], text);
        }
    }
}

static const char *last_text(const Collected *collected, int key) {
    const char *text = NULL;
    for (size_t i = 0; i < collected->count; i++) {
        if (collected->given[i].key == key)
            text = collected->given[i].text ? collected->given[i].text : "";
    }
    return text;
}

static void apply_preset(const Workload *workload, const char *name, Options *options) {
    const Preset *preset = NULL;
    for (size_t i = 0; i < workload->preset_count; i++) {
        if (strcmp(workload->presets[i].name, name) == 0)
            preset = &workload->presets[i];
    }
    if (!preset) {
        const char *names[KIT_MAXIMUM_PARAMETERS + 1];
        preset_names(workload, names);
        char allowed[256];
        list_choices(names, allowed, sizeof allowed);
        kit_usage_error("--preset %s: %s%s", name, names[0] ? "must be " : "this workload has no presets", allowed);
    }
    char line[512];
    char *argv[MAXIMUM_GIVEN];
    int argc = 0;
    argv[argc++] = program_invocation_short_name;
    snprintf(line, sizeof line, "%s", preset->arguments);
    for (char *rest = line, *word; argc < MAXIMUM_GIVEN - 1 && (word = strtok_r(NULL, " ", &rest));)
        argv[argc++] = word;
    argv[argc] = NULL;
    Collected collected = {0};
    collect_all(workload, argc, argv, &collected);
    apply(workload, &collected, options);
    options->preset = preset->name;
}

static uint32_t default_threads(const Workload *workload) {
    if (workload->default_threads)
        return workload->default_threads;
    cpu_set_t processors;
    if (sched_getaffinity(0, sizeof processors, &processors) != 0)
        return 1;
    int count = CPU_COUNT(&processors);
    return count < 1 ? 1 : (uint32_t)count;
}

static void check_memory(const Workload *workload, const Options *options) {
    const double memory = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    const double needed = workload->live_bytes ? workload->live_bytes(options) : 0;
    if (needed > memory)
        kit_usage_error("with these parameters the blocks alive take about %.0f MiB, and this machine has %.0f MiB: "
                        "choose fewer or smaller ones, or fewer --threads",
                        needed / (1 << 20), memory / (1 << 20));
}

bool arguments_read(const Workload *workload, int argc, char **argv, Options *options) {
    Collected collected = {0};
    collect_all(workload, argc, argv, &collected);
    bool described = last_text(&collected, KEY_DESCRIBE);
    if (described && collected.count == 1)
        return false;
    uint64_t defaults[KIT_MAXIMUM_PARAMETERS];
    for (size_t i = 0; i < workload->parameter_count; i++)
        defaults[i] = *workload->parameters[i].value;
    bool fixed = last_text(&collected, KEY_OPS), timed = last_text(&collected, KEY_SECONDS);
    if (fixed && timed)
        kit_usage_error("--ops and --seconds exclude each other: give the work or the time");
    if (workload->unscaled && (fixed || timed))
        kit_usage_error("--%s: the work of %s is set by its parameters alone", fixed ? "ops" : "seconds",
                        workload->name);
    *options =
        (Options){.threads = default_threads(workload), .operations = workload->default_operations, .seed = 4141};
    const char *preset = last_text(&collected, KEY_PRESET);
    if (preset)
        apply_preset(workload, preset, options);
    apply(workload, &collected, options);
    if (workload->check)
        workload->check(options);
    check_memory(workload, options);
    for (size_t i = 0; described && i < workload->parameter_count; i++)
        *workload->parameters[i].value = defaults[i];
    return !described;
}
