/*
 * combinations.c - see combinations.h.
 */
#include "combinations.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A swept parameter of this row: `key` is "--set" or "[section] set", for complaints. */
typedef struct Chosen {
    const Sweep *sweep;
    char *key;
    const json_t *parameter;
} Chosen;

typedef struct Choice {
    Chosen *items;
    size_t count;
} Choice;

static void choose(Choice *choice, const CombinedRow *row, const Sweep *sweep, char *key) {
    choice->items = grow(choice->items, choice->count + 1, sizeof *choice->items);
    choice->items[choice->count++] = (Chosen){sweep, key, catalogue_parameter(row->entry, sweep->parameter)};
}

static bool choose_all(const CombinedRow *row, Choice *choice, StoreError *error) {
    for (size_t i = 0; i < row->sweeps->count; i++) {
        const Sweep *own = &row->sweeps->items[i], *instead = sweeps_find(row->requested, own->parameter);
        if (catalogue_parameter(row->entry, own->parameter) == NULL) {
            char *near = catalogue_nearest(&row->entry, 1, own->parameter);
            store_complain(error, "[%s] set: workload %s has no parameter '%s'; %s", row->section, row->entry->name,
                           own->parameter, near);
            free(near);
            return false;
        }
        choose(choice, row, instead == NULL ? own : instead,
               instead == NULL ? text_format("[%s] set", row->section) : text_copy("--set"));
    }
    for (size_t i = 0; i < row->requested->count; i++) {
        const Sweep *asked = &row->requested->items[i];
        if (sweeps_find(row->sweeps, asked->parameter) == NULL &&
            catalogue_parameter(row->entry, asked->parameter) != NULL)
            choose(choice, row, asked, text_copy("--set"));
    }
    return true;
}

/* "lifo, fifo or spsc" */
static char *list_of(const json_t *words) {
    char *text = text_copy("");
    for (size_t i = 0; i < json_array_size(words); i++) {
        const char *word = json_string_value(json_array_get(words, i));
        const char *between = i == 0 ? "" : i + 1 < json_array_size(words) ? ", " : " or ";
        char *longer = text_format("%s%s%s", text, between, word == NULL ? "?" : word);
        free(text);
        text = longer;
    }
    return text;
}

static bool is_choice(const json_t *choices, const char *value) {
    for (size_t i = 0; i < json_array_size(choices); i++) {
        const char *choice = json_string_value(json_array_get(choices, i));
        if (choice != NULL && strcmp(choice, value) == 0)
            return true;
    }
    return false;
}

/* The value as the workload's flag takes it: whole numbers in full, since not every parameter knows suffixes. NULL when
 * the workload does not allow it. */
static char *flag_value(const Chosen *chosen, const char *workload, const char *value, StoreError *error) {
    const json_t *maximum = json_object_get(chosen->parameter, "maximum");
    const json_t *choices = json_object_get(chosen->parameter, "choices");
    const char *name = chosen->sweep->parameter;
    if (json_is_integer(maximum)) {
        json_int_t low = json_integer_value(json_object_get(chosen->parameter, "minimum"));
        json_int_t high = json_integer_value(maximum);
        uint64_t number;
        if (text_to_size(value, (uint64_t)(low > 0 ? low : 0), (uint64_t)high, &number))
            return text_format("%" PRIu64, number);
        store_complain(error, "%s %s=%s: workload %s takes whole numbers from %" PRId64 " to %" PRId64, chosen->key,
                       name, value, workload, (int64_t)low, (int64_t)high);
        return NULL;
    }
    if (choices == NULL || is_choice(choices, value))
        return text_copy(value);
    char *allowed = list_of(choices);
    store_complain(error, "%s %s=%s: workload %s takes %s", chosen->key, name, value, workload, allowed);
    free(allowed);
    return NULL;
}

/* The line without "--NAME VALUE" and "--NAME=VALUE" of what is swept. */
static char *without_swept(const char *line, const Choice *choice) {
    TextList words = {0};
    text_list_split(&words, line, ' ');
    char *kept = text_copy("");
    for (size_t i = 0; i < words.count; i++) {
        const char *flag = strncmp(words.items[i], "--", 2) == 0 ? words.items[i] + 2 : "";
        size_t length = strcspn(flag, "=");
        bool swept = false;
        for (size_t c = 0; c < choice->count; c++) {
            const char *name = choice->items[c].sweep->parameter;
            swept = swept || (strlen(name) == length && strncmp(name, flag, length) == 0);
        }
        if (swept) {
            i += flag[length] == '=' ? 0 : 1;
            continue;
        }
        char *longer = text_format("%s%s%s", kept, *kept == '\0' ? "" : " ", words.items[i]);
        free(kept);
        kept = longer;
    }
    text_list_release(&words);
    return kept;
}

/* Adds "NAME=VALUE" to the sweep and "--NAME VALUE" to the arguments. */
static bool add_value(Combination *combination, const Chosen *chosen, const char *workload, const char *value,
                      StoreError *error) {
    char *flag = flag_value(chosen, workload, value, error);
    if (flag == NULL)
        return false;
    const char *name = chosen->sweep->parameter;
    char *sweep = text_format("%s%s%s=%s", combination->sweep, *combination->sweep == '\0' ? "" : " ", name, value);
    char *arguments =
        text_format("%s%s--%s %s", combination->arguments, *combination->arguments == '\0' ? "" : " ", name, flag);
    free(flag);
    free(combination->sweep);
    free(combination->arguments);
    *combination = (Combination){sweep, arguments};
    return true;
}

/* The combination of this number, the last parameter's values counting fastest. */
static bool make_one(const CombinedRow *row, const Choice *choice, size_t number, Combination *made,
                     StoreError *error) {
    char *kept = choice->count == 0 ? text_copy(row->arguments) : without_swept(row->arguments, choice);
    *made = (Combination){
        .sweep = text_copy(""),
        .arguments = row->preset == NULL ? text_copy(kept)
                                         : text_format("--preset %s%s%s", row->preset, *kept == '\0' ? "" : " ", kept),
    };
    free(kept);
    size_t span = 1;
    for (size_t c = 0; c < choice->count; c++)
        span *= choice->items[c].sweep->values.count;
    bool good = true;
    for (size_t c = 0; c < choice->count && good; c++) {
        const TextList *values = &choice->items[c].sweep->values;
        span /= values->count;
        good =
            add_value(made, &choice->items[c], row->entry->name, values->items[number / span % values->count], error);
    }
    return good;
}

bool combinations_make(const CombinedRow *row, Combinations *combinations, StoreError *error) {
    Choice choice = {0};
    *combinations = (Combinations){0};
    bool good = choose_all(row, &choice, error);
    size_t count = 1;
    for (size_t c = 0; c < choice.count && good; c++) {
        count *= choice.items[c].sweep->values.count;
        if (count > MAXIMUM_ROWS)
            good = store_complain(error, "%s: the values of %s make over %d rows; take fewer values",
                                  choice.items[c].key, row->section, MAXIMUM_ROWS);
    }
    combinations->items = zeroed(good ? count : 0, sizeof *combinations->items);
    while (good && combinations->count < count) {
        size_t number = combinations->count++;
        good = make_one(row, &choice, number, &combinations->items[number], error);
    }
    for (size_t c = 0; c < choice.count; c++)
        free(choice.items[c].key);
    free(choice.items);
    return good;
}

void combinations_release(Combinations *combinations) {
    for (size_t i = 0; i < combinations->count; i++) {
        free(combinations->items[i].sweep);
        free(combinations->items[i].arguments);
    }
    free(combinations->items);
    *combinations = (Combinations){0};
}
