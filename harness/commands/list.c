/*
 * list.c - `allocbench list`: what can be measured on this machine.
 */
#include "command.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../experiment/allocator.h"
#include "../experiment/catalogue.h"
#include "../experiment/program.h"
#include "../experiment/suite.h"
#include "arguments.h"

typedef struct ListOptions {
    const char *what; /* NULL: all kinds */
    bool verbose, json;
    int code;
} ListOptions;

enum { KEY_JSON = 1000 };

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

/* ---- each kind as a JSON array: the one source for both outputs ---- */

static json_t *workloads(void) {
    json_t *array = json_array();
    Catalogue catalogue = catalogue_load();
    for (size_t i = 0; i < catalogue.count; i++)
        json_array_append(array, catalogue.entries[i].description);
    catalogue_release(&catalogue);
    return array;
}

static json_t *allocators(void) {
    json_t *array = json_array();
    for (const char *const *name = allocator_names(); *name != NULL; name++) {
        RunMeta holder = {.arms = zeroed(1, sizeof(Arm)), .arm_count = 1};
        StoreError error;
        if (allocator_resolve(*name, &holder.arms[0], &error)) {
            const Arm *arm = &holder.arms[0];
            json_t *object = json_object();
            json_object_set_new(object, "name", json_string(arm->name));
            json_object_set_new(object, "label", json_string(arm->label));
            json_object_set_new(object, "available", json_boolean(arm->available));
            json_object_set_new(object, "path", arm->path == NULL ? json_null() : json_string(arm->path));
            json_object_set_new(object, "sha256", arm->sha256 == NULL ? json_null() : json_string(arm->sha256));
            json_object_set_new(object, "reason", arm->reason == NULL ? json_null() : json_string(arm->reason));
            json_array_append_new(array, object);
        }
        run_meta_release(&holder);
    }
    return array;
}

static json_t *suite_rows(const Suite *suite) {
    json_t *rows = json_array();
    for (size_t i = 0; i < suite->row_count; i++) {
        const SuiteRow *row = &suite->rows[i];
        json_t *threads = json_array();
        for (size_t t = 0; t < row->thread_count; t++)
            json_array_append_new(threads, json_integer(row->threads[t]));
        json_t *object = json_pack("{s:s, s:s?, s:s?, s:s?}", "name", row->name, "workload", row->workload, "program",
                                   row->program, "arguments", row->arguments);
        json_object_set_new(object, "threads", threads);
        json_array_append_new(rows, object);
    }
    return rows;
}

static json_t *suites(void) {
    json_t *array = json_array();
    TextList names = suite_names();
    for (size_t i = 0; i < names.count; i++) {
        StoreError error = {""};
        Suite *suite = suite_load(names.items[i], &error);
        json_t *object = json_object();
        json_object_set_new(object, "name", json_string(names.items[i]));
        if (suite == NULL) {
            json_object_set_new(object, "problem", json_string(error.text));
        } else {
            const char *description = suite->description == NULL ? "" : suite->description;
            json_object_set_new(object, "description", json_string(description));
            json_object_set_new(object, "path", json_string(suite->path));
            json_object_set_new(object, "blocks", json_integer((json_int_t)suite->blocks));
            json_object_set_new(object, "slot_ms", json_integer((json_int_t)suite->slot_ms));
            json_object_set_new(object, "rows", suite_rows(suite));
        }
        json_array_append_new(array, object);
        suite_free(suite);
    }
    text_list_release(&names);
    return array;
}

static json_t *programs(void) {
    json_t *array = json_array();
    TextList names = program_names();
    for (size_t i = 0; i < names.count; i++) {
        StoreError error = {""};
        Program *program = program_load(names.items[i], &error);
        json_t *object = json_object();
        json_object_set_new(object, "name", json_string(names.items[i]));
        if (program == NULL) {
            json_object_set_new(object, "problem", json_string(error.text));
        } else {
            char *unsupported = program_unsupported(program);
            const char *summary = program->summary == NULL ? "" : program->summary;
            json_object_set_new(object, "summary", json_string(summary));
            json_object_set_new(object, "models", json_string(program->models == NULL ? "" : program->models));
            json_object_set_new(object, "command", json_string(program->command));
            if (unsupported != NULL)
                json_object_set_new(object, "problem", json_string(unsupported));
            free(unsupported);
        }
        json_array_append_new(array, object);
        program_free(program);
    }
    text_list_release(&names);
    return array;
}

/* ---- for people ---- */

static void print_workload(const json_t *object, bool verbose) {
    printf("  %-20s %s\n", text_of(object, "name"), text_of(object, "summary"));
    size_t index;
    json_t *item;
    if (verbose) {
        static const char *const keys[] = {"models", "published", "changed"};
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
            printf("      %s: %s\n", keys[i], text_of(object, keys[i]));
        json_array_foreach(json_object_get(object, "parameters"), index, item)
            printf("      --%-16s %s [%s]\n", text_of(item, "name"), text_of(item, "doc"), text_of(item, "default"));
    }
    json_array_foreach(json_object_get(object, "presets"), index, item) {
        printf("    %-18s %s\n", text_of(item, "name"), text_of(item, "doc"));
        if (verbose)
            printf("      = %s\n", text_of(item, "arguments"));
    }
}

static void print_allocator(const json_t *object, bool verbose) {
    bool available = json_is_true(json_object_get(object, "available"));
    printf("  %-12s %s\n", text_of(object, "name"), text_of(object, available ? "label" : "reason"));
    if (verbose && available)
        printf("      %s\n      sha256 %s\n", text_of(object, "path"), text_of(object, "sha256"));
}

static void print_suite(const json_t *object, bool verbose) {
    const char *problem = text_of(object, "problem");
    printf("  %-12s %s\n", text_of(object, "name"), *problem != '\0' ? problem : text_of(object, "description"));
    if (!verbose)
        return;
    printf("      %s\n", text_of(object, "path"));
    size_t index, thread;
    json_t *row, *number;
    json_array_foreach(json_object_get(object, "rows"), index, row) {
        const char *workload = text_of(row, "workload");
        printf("      %-16s %s%s%s", text_of(row, "name"), *workload != '\0' ? workload : "program ",
               *workload != '\0' ? " " : text_of(row, "program"), text_of(row, "arguments"));
        json_array_foreach(json_object_get(row, "threads"), thread, number)
            printf("%s%lld", thread == 0 ? "  threads " : ",", (long long)json_integer_value(number));
        putchar('\n');
    }
}

static void print_program(const json_t *object, bool verbose) {
    const char *problem = text_of(object, "problem");
    printf("  %-12s %s%s%s\n", text_of(object, "name"), text_of(object, "summary"), *problem != '\0' ? "  -- " : "",
           problem);
    if (verbose) {
        printf("      %s\n", text_of(object, "models"));
        printf("      %s\n", text_of(object, "command"));
    }
}

static const struct {
    const char *name;
    json_t *(*get)(void);
    void (*print)(const json_t *object, bool verbose);
} kinds[] = {
    {"workloads", workloads, print_workload},
    {"allocators", allocators, print_allocator},
    {"suites", suites, print_suite},
    {"programs", programs, print_program},
};
enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

static error_t on_option(int key, char *text, struct argp_state *state) {
    ListOptions *options = state->input;
    switch (key) {
    case 'v':
        options->verbose = true;
        return 0;
    case KEY_JSON:
        options->json = true;
        return 0;
    case ARGP_KEY_ARG:
        for (size_t i = 0; i < KIND_COUNT; i++) {
            if (strcmp(kinds[i].name, text) == 0 && options->what == NULL) {
                options->what = kinds[i].name;
                return 0;
            }
        }
        if (options->code == EXIT_CODE_OK)
            options->code =
                usage_error("list: '%s': give one of workloads, allocators, suites, programs, or nothing", text);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int command_list(int argc, char **argv) {
    static const struct argp_option option_table[] = {
        {"verbose", 'v', NULL, 0, "Parameters, sources, paths and hashes, too", 0},
        {"json", KEY_JSON, NULL, 0, "One JSON document", 0},
        {0},
    };
    static const struct argp argp = {
        option_table, on_option, "[workloads|allocators|suites|programs]", "What can be measured here.", 0, 0, 0};
    ListOptions options = {0};
    int code = arguments_parse(&argp, "list", argc, argv, &options);
    if (options.code == EXIT_CODE_OK)
        options.code = code;
    if (options.code != EXIT_CODE_OK)
        return options.code;

    json_t *document = json_object();
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (options.what != NULL && strcmp(options.what, kinds[i].name) != 0)
            continue;
        json_t *array = kinds[i].get();
        json_object_set_new(document, kinds[i].name, array);
        if (options.json)
            continue;
        printf("%s\n", kinds[i].name);
        size_t index;
        json_t *object;
        json_array_foreach(array, index, object) kinds[i].print(object, options.verbose);
        if (json_array_size(array) == 0)
            puts("  none was found");
    }
    if (options.json) {
        json_dumpf(options.what == NULL ? document : json_object_get(document, options.what), stdout, JSON_INDENT(1));
        putchar('\n');
    }
    json_decref(document);
    return fflush(stdout) == 0 ? EXIT_CODE_OK : failure("cannot write to stdout");
}
