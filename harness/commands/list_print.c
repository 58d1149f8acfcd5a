/*
 * list_print.c - see list_print.h.
 */
#include "list_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"

enum { WIDTH = 100 };

const char *list_text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

/* ---- words ---- */

static char *number_words(uint64_t value, bool bytes) {
    static const char units[] = "KMG";
    int unit = -1;
    for (; bytes && value >= 1024 && value % 1024 == 0 && unit < 2; unit++)
        value /= 1024;
    return unit < 0 ? text_format("%" PRIu64, value) : text_format("%" PRIu64 "%c", value, units[unit]);
}

static bool is_bytes(const json_t *parameter) {
    return strcmp(list_text_of(parameter, "kind"), "bytes") == 0;
}

char *list_default(const json_t *parameter) {
    const char *text = list_text_of(parameter, "default");
    uint64_t value;
    return is_bytes(parameter) && text_to_u64(text, 0, UINT64_MAX, &value) ? number_words(value, true)
                                                                           : text_copy(text);
}

/* Takes `list`. */
static char *append(char *list, const char *separator, const char *text) {
    char *longer = text_format("%s%s%s", list, separator, text);
    free(list);
    return longer;
}

char *list_range(const json_t *parameter) {
    const json_t *choices = json_object_get(parameter, "choices");
    size_t count = json_array_size(choices);
    if (count == 0) {
        bool bytes = is_bytes(parameter);
        char *from = number_words((uint64_t)json_integer_value(json_object_get(parameter, "minimum")), bytes);
        char *to = number_words((uint64_t)json_integer_value(json_object_get(parameter, "maximum")), bytes);
        char *range = text_format("%s to %s", from, to);
        free(from);
        free(to);
        return range;
    }
    char *list = text_copy("");
    for (size_t i = 0; i < count; i++)
        list = append(list,
                      i == 0           ? ""
                      : i + 1 == count ? " or "
                                       : ", ",
                      json_string_value(json_array_get(choices, i)));
    return list;
}

char *list_work(const json_t *workload) {
    bool scaled = json_is_true(json_object_get(workload, "scaled"));
    json_int_t operations = json_integer_value(json_object_get(workload, "default_operations"));
    json_int_t threads = json_integer_value(json_object_get(workload, "default_threads"));
    char *work = scaled
                     ? text_format("%s, by default %" JSON_INTEGER_FORMAT, list_text_of(workload, "unit"), operations)
                     : text_format("%s, as many as the parameters make", list_text_of(workload, "unit"));
    char *count = threads == 0 ? text_copy("threads by the number of processors")
                               : text_format("%" JSON_INTEGER_FORMAT " thread%s", threads, threads == 1 ? "" : "s");
    bool memory = json_is_true(json_object_get(workload, "memory"));
    char *all = text_format("%s; %s%s", work, count, memory ? "; the result is memory, not time" : "");
    free(work);
    free(count);
    return all;
}

char *list_threads(const json_t *row) {
    char *list = text_copy("");
    size_t index;
    json_t *number;
    json_array_foreach(json_object_get(row, "threads"), index, number) {
        char *longer =
            text_format("%s%s%" JSON_INTEGER_FORMAT, list, index == 0 ? "" : ",", json_integer_value(number));
        free(list);
        list = longer;
    }
    return list;
}

char *list_swept(const json_t *row) {
    char *list = text_copy("");
    const char *parameter;
    size_t index;
    json_t *values, *value;
    json_object_foreach(json_object_get(row, "set"), parameter, values) {
        json_array_foreach(values, index, value) {
            const char *name = index == 0 ? parameter : "", *after = index == 0 ? "=" : ",";
            char *longer = text_format("%s%s%s%s%s", list, index == 0 && *list != '\0' ? " " : "", name, after,
                                       json_string_value(value));
            free(list);
            list = longer;
        }
    }
    return list;
}

/* ---- for a terminal ---- */

/* "      label: text", broken at blanks; further lines stand under the text. */
static void print_labelled(const char *label, const char *text) {
    int indent = 6 + (int)strlen(label) + 2, column = indent;
    printf("      %s:", label);
    column--;
    while (*text != '\0') {
        int length = (int)strcspn(text, " ");
        if (column + 1 + length > WIDTH && column > indent) {
            printf("\n%*s", indent - 1, "");
            column = indent - 1;
        }
        printf(" %.*s", length, text);
        column += 1 + length;
        text += length;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_parameter(const json_t *parameter) {
    char *value = list_default(parameter), *range = list_range(parameter);
    printf("      --%-16s %s\n%25s%s [%s]\n", list_text_of(parameter, "name"), list_text_of(parameter, "doc"), "",
           range, value);
    free(value);
    free(range);
}

void list_print_workload(const json_t *object, bool verbose) {
    printf("  %-20s %s\n", list_text_of(object, "name"), list_text_of(object, "summary"));
    size_t index;
    json_t *item;
    if (verbose) {
        static const char *const keys[] = {"models", "published", "changed"};
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
            print_labelled(keys[i], list_text_of(object, keys[i]));
        char *work = list_work(object);
        print_labelled("counts", work);
        free(work);
        json_array_foreach(json_object_get(object, "parameters"), index, item) print_parameter(item);
    }
    json_array_foreach(json_object_get(object, "presets"), index, item) {
        printf("    %-18s %s\n", list_text_of(item, "name"), list_text_of(item, "doc"));
        if (verbose)
            printf("      = %s\n", list_text_of(item, "arguments"));
    }
}

void list_print_allocator(const json_t *object, bool verbose) {
    bool available = json_is_true(json_object_get(object, "available"));
    printf("  %-12s %s\n", list_text_of(object, "name"), list_text_of(object, available ? "label" : "reason"));
    if (verbose && available)
        printf("      %s\n      sha256 %s\n", list_text_of(object, "path"), list_text_of(object, "sha256"));
}

void list_print_suite(const json_t *object, bool verbose) {
    const char *problem = list_text_of(object, "problem");
    printf("  %-12s %s\n", list_text_of(object, "name"),
           *problem != '\0' ? problem : list_text_of(object, "description"));
    if (!verbose)
        return;
    printf("      %s\n", list_text_of(object, "path"));
    size_t index;
    json_t *row;
    json_array_foreach(json_object_get(object, "rows"), index, row) {
        const char *workload = list_text_of(row, "workload"), *arguments = list_text_of(row, "arguments");
        char *threads = list_threads(row), *swept = list_swept(row);
        printf("      %-20s %s%s%s%s%s%s%s%s\n", list_text_of(row, "name"), *workload != '\0' ? workload : "program ",
               *workload != '\0' ? "" : list_text_of(row, "program"), *arguments != '\0' ? " " : "", arguments,
               *swept != '\0' ? "  set " : "", swept, *threads != '\0' ? "  threads " : "", threads);
        free(swept);
        free(threads);
    }
}

void list_print_program(const json_t *object, bool verbose) {
    const char *problem = list_text_of(object, "problem");
    printf("  %-12s %s%s%s\n", list_text_of(object, "name"), list_text_of(object, "summary"),
           *problem != '\0' ? "  -- " : "", problem);
    if (!verbose)
        return;
    static const char *const keys[] = {"models", "command", "check", "input", "package"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (*list_text_of(object, keys[i]) != '\0')
            print_labelled(keys[i], list_text_of(object, keys[i]));
    }
}
