/*
 * doctor.c - allocbench doctor: what on this machine will hurt measurements, and what to do about it.
 */
#include "../experiment/doctor.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../report/wording.h"
#include "../store/text.h"
#include "arguments.h"
#include "command.h"

enum { EXIT_CODE_MACHINE_DISTURBS = 8 }; /* --strict: there is a warning or a problem */
enum { KEY_JSON = 'j', KEY_STRICT = 's', KEY_OUT = 'o' };
enum { COLUMNS = 80, INDENT = 9, WATCH_MS = 400 };

typedef struct DoctorOptions {
    const char *results;
    bool json, strict;
} DoctorOptions;

static error_t parse_option(int key, char *argument, struct argp_state *state) {
    DoctorOptions *options = state->input;
    switch (key) {
    case KEY_JSON:
        options->json = true;
        return 0;
    case KEY_STRICT:
        options->strict = true;
        return 0;
    case KEY_OUT:
        options->results = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN; /* also words: it takes none */
    }
}

static const struct argp_option OPTIONS[] = {
    {"json", KEY_JSON, NULL, 0, "All findings as a JSON array of objects: id, level, finding, value, cure", 0},
    {"strict", KEY_STRICT, NULL, 0, "Exit with 8 when there is a warning or a problem", 0},
    {"out", KEY_OUT, "DIR", 0, "Where runs will be stored [results/runs]", 0},
    {0},
};

static const struct argp ARGP = {
    .options = OPTIONS,
    .parser = parse_option,
    .doc = "Say what on this machine will hurt measurements, with the cure for each. Only reads; changes nothing.\v"
           "Levels: problem - results would be wrong; warning - wider intervals, harder to repeat; note - something is "
           "not measured here, or is part of every result; ok.\n\n"
           "Exit status: 0 examined, whatever was found; 1 the output could not be written; 2 usage; 8 see --strict.",
};

static bool print_json(const Diagnosis *diagnosis) {
    json_t *array = json_array();
    for (size_t i = 0; i < diagnosis->count; i++) {
        const Finding *finding = &diagnosis->findings[i];
        json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:s?, s:s?}", "id", finding->id, "level",
                                               doctor_level_name(finding->level), "finding", finding->finding, "value",
                                               finding->value, "cure", finding->cure));
    }
    bool good = json_dumpf(array, stdout, JSON_INDENT(1)) == 0 && putchar('\n') != EOF;
    json_decref(array);
    return good;
}

/* Wraps at blanks; `column` is where the first line goes on, further ones begin at INDENT. */
static void print_wrapped(const char *text, size_t column) {
    for (bool first = true; *text != '\0'; first = false) {
        size_t length = strcspn(text, " ");
        if (!first && column + 1 + length > COLUMNS) {
            printf("\n%*s", INDENT, "");
            column = INDENT;
        } else if (!first) {
            putchar(' ');
            column++;
        }
        printf("%.*s", (int)length, text);
        column += length;
        text += length + strspn(text + length, " ");
    }
    putchar('\n');
}

static void print_finding(const Finding *finding, const Palette *palette) {
    const char *const colours[] = {palette->good, palette->dim, palette->warn, palette->bad};
    char *line = finding->value == NULL ? text_format("%s: %s", finding->id, finding->finding)
                                        : text_format("%s (%s): %s", finding->id, finding->value, finding->finding);
    printf("%s%-7s%s  ", colours[finding->level], doctor_level_name(finding->level), palette->reset);
    print_wrapped(line, INDENT);
    free(line);
    if (finding->cure != NULL) {
        printf("%*s-> ", INDENT, "");
        print_wrapped(finding->cure, INDENT + 3);
    }
}

/* Worst first; of what is well only how much. */
static void print_table(const Diagnosis *diagnosis) {
    Palette palette = palette_for(stdout);
    size_t counts[DOCTOR_PROBLEM + 1] = {0};
    for (int level = DOCTOR_PROBLEM; level >= DOCTOR_OK; level--) {
        for (size_t i = 0; i < diagnosis->count; i++) {
            const Finding *finding = &diagnosis->findings[i];
            if ((int)finding->level != level)
                continue;
            counts[level]++;
            if (level > DOCTOR_OK)
                print_finding(finding, &palette);
        }
    }
    printf("%s%zu ok, %zu note%s, %zu warning%s, %zu problem%s%s\n", palette.bold, counts[DOCTOR_OK],
           counts[DOCTOR_NOTE], counts[DOCTOR_NOTE] == 1 ? "" : "s", counts[DOCTOR_WARNING],
           counts[DOCTOR_WARNING] == 1 ? "" : "s", counts[DOCTOR_PROBLEM], counts[DOCTOR_PROBLEM] == 1 ? "" : "s",
           palette.reset);
}

int command_doctor(int argc, char **argv) {
    DoctorOptions options = {.results = "results/runs"};
    int code = arguments_parse(&ARGP, "doctor", argc, argv, &options);
    if (code != EXIT_CODE_OK)
        return code;
    Diagnosis diagnosis = doctor_examine("", options.results, WATCH_MS);
    bool written = true;
    if (options.json)
        written = print_json(&diagnosis);
    else
        print_table(&diagnosis);
    if (fflush(stdout) != 0 || !written)
        code = failure("cannot write to stdout: %s", strerror(errno));
    else if (options.strict && diagnosis_worst(&diagnosis) >= DOCTOR_WARNING)
        code = EXIT_CODE_MACHINE_DISTURBS;
    diagnosis_release(&diagnosis);
    return code;
}
