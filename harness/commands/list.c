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
#include "list_print.h"

typedef struct ListOptions {
    unsigned kinds; /* bit i: kinds[i] was named; 0: none was, which means all */
    bool verbose, json, markdown;
    int code;
} ListOptions;

enum { KEY_JSON = 1000, KEY_MARKDOWN };

/* ---- each kind as a JSON array: the one source for both outputs ---- */

static json_t *workloads(void) {
    json_t *array = json_array();
    note_missing_workload_folders();
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

static json_t *swept_parameters(const Sweeps *sweeps) {
    json_t *object = json_object();
    for (size_t i = 0; i < sweeps->count; i++) {
        const TextList *values = &sweeps->items[i].values;
        json_t *array = json_array();
        for (size_t v = 0; v < values->count; v++)
            json_array_append_new(array, json_string(values->items[v]));
        json_object_set_new(object, sweeps->items[i].parameter, array);
    }
    return object;
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
        json_object_set_new(object, "set", swept_parameters(&row->sweeps));
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

static void set_text(json_t *object, const char *key, const char *text) {
    json_object_set_new(object, key, json_string(text == NULL ? "" : text));
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
            set_text(object, "summary", program->summary);
            set_text(object, "models", program->models);
            set_text(object, "command", program->command);
            set_text(object, "check", program->check);
            set_text(object, "package", program->package);
            set_text(object, "input", program->prepare == NULL ? NULL : strrchr(program->prepare, '/') + 1);
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

static const struct {
    const char *name;
    json_t *(*get)(void);
    void (*print)(const json_t *object, bool verbose);
    void (*markdown)(const json_t *object);
} kinds[] = {
    {"workloads", workloads, list_print_workload, list_markdown_workload},
    {"allocators", allocators, list_print_allocator, list_markdown_allocator},
    {"suites", suites, list_print_suite, list_markdown_suite},
    {"programs", programs, list_print_program, list_markdown_program},
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
    case KEY_MARKDOWN:
        options->markdown = true;
        return 0;
    case ARGP_KEY_ARG:
        for (size_t i = 0; i < KIND_COUNT; i++) {
            if (strcmp(kinds[i].name, text) == 0) {
                options->kinds |= 1u << i;
                return 0;
            }
        }
        if (options->code == EXIT_CODE_OK)
            options->code =
                usage_error("list: '%s': give some of workloads, allocators, suites, programs, or nothing", text);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* One kind alone is an array, several are an object of arrays. */
static void print_json(const json_t *document) {
    const json_t *first = json_object_iter_value(json_object_iter((json_t *)document));
    json_dumpf(json_object_size(document) == 1 ? first : document, stdout, JSON_INDENT(1));
    putchar('\n');
}

static void print_kind(size_t kind, const json_t *objects, const ListOptions *options) {
    size_t index;
    json_t *object;
    if (options->markdown)
        list_markdown_heading(kinds[kind].name, objects);
    else
        puts(kinds[kind].name);
    json_array_foreach(objects, index, object) {
        if (options->markdown)
            kinds[kind].markdown(object);
        else
            kinds[kind].print(object, options->verbose);
    }
    if (json_array_size(objects) == 0)
        puts("  none was found");
}

int command_list(int argc, char **argv) {
    static const struct argp_option option_table[] = {
        {"verbose", 'v', NULL, 0,
         "All there is to say: what each models, where it was published, what is changed, parameters, paths, hashes",
         0},
        {"json", KEY_JSON, NULL, 0, "One JSON document", 0},
        {"markdown", KEY_MARKDOWN, NULL, 0, "All there is to say as Markdown, of which docs/workloads.md is made", 0},
        {0},
    };
    static const struct argp argp = {
        option_table, on_option, "[workloads|allocators|suites|programs...]", "What can be measured here.", 0, 0, 0};
    ListOptions options = {0};
    int code = arguments_parse(&argp, "list", argc, argv, &options);
    if (options.code == EXIT_CODE_OK)
        options.code = code;
    if (options.code == EXIT_CODE_OK && options.json && options.markdown)
        options.code = usage_error("list: --json and --markdown exclude each other; give one");
    if (options.code != EXIT_CODE_OK)
        return options.code;

    json_t *document = json_object();
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (options.kinds != 0 && (options.kinds >> i & 1) == 0)
            continue;
        json_t *objects = kinds[i].get();
        json_object_set_new(document, kinds[i].name, objects);
        if (!options.json)
            print_kind(i, objects, &options);
    }
    if (options.json)
        print_json(document);
    json_decref(document);
    return fflush(stdout) == 0 ? EXIT_CODE_OK : failure("cannot write to stdout");
}
