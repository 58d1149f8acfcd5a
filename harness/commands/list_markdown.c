/*
 * list_markdown.c - see list_print.h. Only what is the same on every machine: docs/workloads.md is made of it.
 */
#include "list_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Inside a table's cell a bar would end it. */
static void print_cell(const char *text) {
    fputs("| ", stdout);
    for (; *text != '\0'; text++) {
        if (*text == '|')
            putchar('\\');
        putchar(*text);
    }
    putchar(' ');
}

static void print_point(const char *label, const char *text) {
    if (*text != '\0')
        printf("- **%s**: %s.\n", label, text);
}

static void print_parameter(const json_t *item) {
    char *value = list_default(item), *range = list_range(item);
    printf("| `--%s` ", list_text_of(item, "name"));
    print_cell(value);
    print_cell(range);
    free(value);
    free(range);
}

static void print_preset(const json_t *item) {
    printf("| `%s` | `%s` ", list_text_of(item, "name"), list_text_of(item, "arguments"));
}

/* A table whose last column is each item's doc; nothing where there are no items. */
static void print_table(const char *head, const json_t *items, void (*print_columns)(const json_t *item)) {
    size_t index;
    json_t *item;
    json_array_foreach(items, index, item) {
        if (index == 0)
            puts(head);
        print_columns(item);
        print_cell(list_text_of(item, "doc"));
        puts("|");
    }
}

void list_markdown_workload(const json_t *object) {
    char *work = list_work(object);
    printf("\n### %s\n\n%s.\n\n", list_text_of(object, "name"), list_text_of(object, "summary"));
    print_point("Models", list_text_of(object, "models"));
    print_point("Published", list_text_of(object, "published"));
    print_point("Changed", list_text_of(object, "changed"));
    print_point("Counts", work);
    free(work);
    print_table("\n| parameter | default | allowed | |\n|---|---|---|---|", json_object_get(object, "parameters"),
                print_parameter);
    print_table("\n| preset | is | |\n|---|---|---|", json_object_get(object, "presets"), print_preset);
}

void list_markdown_allocator(const json_t *object) {
    bool available = json_is_true(json_object_get(object, "available"));
    printf("- `%s`: %s\n", list_text_of(object, "name"), list_text_of(object, available ? "label" : "reason"));
}

void list_markdown_suite(const json_t *object) {
    const char *problem = list_text_of(object, "problem");
    printf("\n### %s\n\n%s.\n", list_text_of(object, "name"),
           *problem != '\0' ? problem : list_text_of(object, "description"));
    size_t index;
    json_t *row;
    json_array_foreach(json_object_get(object, "rows"), index, row) {
        const char *arguments = list_text_of(row, "arguments");
        char *threads = list_threads(row), *swept = list_swept(row);
        if (index == 0)
            puts("\n| row | measures | threads |\n|---|---|---|");
        bool program = *list_text_of(row, "program") != '\0';
        printf("| %s | %s`%s%s%s`%s%s ", list_text_of(row, "name"), program ? "program " : "",
               list_text_of(row, program ? "program" : "workload"), *arguments != '\0' ? " " : "", arguments,
               *swept != '\0' ? " over " : "", swept);
        print_cell(threads);
        puts("|");
        free(swept);
        free(threads);
    }
}

void list_markdown_program(const json_t *object) {
    printf("\n### %s\n\n%s.\n\n", list_text_of(object, "name"), list_text_of(object, "summary"));
    print_point("Models", list_text_of(object, "models"));
    static const char *const codes[][2] = {
        {"Command", "command"}, {"Checked by", "check"}, {"Input made by", "input"}, {"Debian packages", "package"}};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (*list_text_of(object, codes[i][1]) != '\0')
            printf("- **%s**: `%s`\n", codes[i][0], list_text_of(object, codes[i][1]));
    }
}

static const struct {
    const char *kind, *title, *text;
} headings[] = {
    {"workloads", "Workloads",
     "Programs that exercise an allocator; the comment at the top of `workloads/NAME.c` says how each works. Besides "
     "its own "
     "parameters each takes `--threads N`, `--ops N` (the whole work over all threads) or `--seconds S`, `--seed N` "
     "[4141], "
     "`--verify`, `--pin` and `--json`; `build/workloads/NAME --help` has them all. A preset is a row name of its own: "
     "`--workloads pc_pair` means `producer_consumer --preset pc_pair`. Bytes may end in K, M or G."},
    {"allocators", "Allocators", "What this machine has."},
    {"suites", "Suites",
     "`allocbench run NAME`, `make bench SUITE=NAME`; `allocbench run NAME --dry-run` says how long it takes."},
    {"programs", "Real programs",
     "Timed as a whole, with input made on the spot and output compared with the baseline's; `scripts/bootstrap "
     "programs` "
     "installs them. docs/measurement.md says what such rows prove."},
};

void list_markdown_heading(const char *kind, const json_t *objects) {
    for (size_t i = 0; i < sizeof headings / sizeof headings[0]; i++) {
        if (strcmp(headings[i].kind, kind) == 0)
            printf("\n## %s\n\n%s\n", headings[i].title, headings[i].text);
    }
    if (strcmp(kind, "workloads") != 0 || json_array_size(objects) == 0)
        return;
    puts("\n| workload | |\n|---|---|");
    size_t index;
    json_t *object;
    json_array_foreach(objects, index, object) {
        const char *name = list_text_of(object, "name");
        printf("| [%s](#%s) ", name, name);
        print_cell(list_text_of(object, "summary"));
        puts("|");
    }
}
