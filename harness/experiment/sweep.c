/*
 * sweep.c - see sweep.h.
 */
#include "sweep.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define EMPTY_PART "a part of the list is empty; write values with one comma between them"

/* ---- values and ranges ---- */

/* A whole number as one kind of list has them; false when text is none. */
typedef bool (*ReadNumber)(const char *text, uint32_t processors, uint64_t *value);

static bool read_threads(const char *text, uint32_t processors, uint64_t *value) {
    size_t digits = strspn(text, "0123456789");
    if (strcmp(text + digits, "n") != 0)
        return text_to_u64(text, 0, UINT64_MAX, value);
    char *number = digits == 0 ? text_copy("1") : text_copy_part(text, digits);
    bool good = text_to_u64(number, 0, UINT32_MAX, value);
    free(number);
    *value *= good ? processors : 1;
    return good;
}

static bool read_size(const char *text, uint32_t processors, uint64_t *value) {
    (void)processors;
    return text_to_size(text, 0, UINT64_MAX, value);
}

typedef struct Range {
    uint64_t first, last, step; /* step: what is added, or the factor */
    bool by_factor, has_suffix;
} Range;

/* "8..32K*2"; false when one of its three numbers is none. A step of 1 is the one that is left out. */
static bool read_range(const char *text, ReadNumber read, uint32_t processors, Range *range) {
    const char *dots = strstr(text, ".."), *sign = strpbrk(dots, "*+");
    char *first = text_copy_part(text, (size_t)(dots - text));
    char *last = sign == NULL ? text_copy(dots + 2) : text_copy_part(dots + 2, (size_t)(sign - dots - 2));
    *range = (Range){.step = 1, .by_factor = sign != NULL && *sign == '*'};
    range->has_suffix = strpbrk(first, "KMG") != NULL || strpbrk(last, "KMG") != NULL;
    bool good = read(first, processors, &range->first) && read(last, processors, &range->last) &&
                (sign == NULL || read(sign + 1, processors, &range->step));
    free(first);
    free(last);
    return good;
}

/* The value after this one; false when that is beyond the range. */
static bool next_in_range(const Range *range, uint64_t *value) {
    uint64_t next;
    bool over = range->by_factor ? __builtin_mul_overflow(*value, range->step, &next)
                                 : __builtin_add_overflow(*value, range->step, &next);
    *value = next;
    return !over && next <= range->last;
}

static bool check_range(const char *text, const Range *range, StoreError *problem) {
    if (range->first > range->last)
        return store_complain(problem, "the range %s runs backwards; write its smaller end first", text);
    if (range->by_factor && (range->step < 2 || range->first == 0))
        return store_complain(problem, "the range %s never ends; multiply by 2 or more, from 1 or more", text);
    if (range->step == 0)
        return store_complain(problem, "the range %s never ends; add 1 or more", text);
    size_t count = 1;
    for (uint64_t value = range->first; next_in_range(range, &value);)
        if (++count > SWEEP_MAXIMUM_VALUES)
            return store_complain(problem, "the range %s has over %d values; give it a larger step, such as %.*s*2",
                                  text, SWEEP_MAXIMUM_VALUES, (int)strcspn(text, "*+"), text);
    return true;
}

/* ---- threads ---- */

static bool add_threads(uint32_t **threads, size_t *count, uint64_t value, const char *part, StoreError *problem) {
    if (value < 1 || value > SWEEP_MAXIMUM_THREADS)
        return store_complain(problem, "there must be from 1 to %d threads, not %s", SWEEP_MAXIMUM_THREADS, part);
    for (size_t i = 0; i < *count; i++)
        if ((*threads)[i] == value)
            return true;
    *threads = grow(*threads, *count + 1, sizeof **threads);
    (*threads)[(*count)++] = (uint32_t)value;
    return true;
}

static bool add_part_of_threads(const char *part, uint32_t processors, uint32_t **threads, size_t *count,
                                StoreError *problem) {
    Range range = {0};
    bool is_range = strstr(part, "..") != NULL;
    if (is_range ? !read_range(part, read_threads, processors, &range) : !read_threads(part, processors, &range.first))
        return store_complain(
            problem,
            "'%s' is no number of threads; write numbers from 1 to %d, n or 2n (n processors) and ranges "
            "(1..8, 1..2n, 1..64*2), separated by commas",
            part, SWEEP_MAXIMUM_THREADS);
    if (!is_range)
        return add_threads(threads, count, range.first, part, problem);
    if (range.last > SWEEP_MAXIMUM_THREADS)
        return store_complain(problem, "there must be from 1 to %d threads, not %s", SWEEP_MAXIMUM_THREADS, part);
    bool good = check_range(part, &range, problem);
    uint64_t value = range.first;
    do
        good = good && add_threads(threads, count, value, part, problem);
    while (good && next_in_range(&range, &value));
    return good;
}

bool sweep_parse_threads(const char *text, uint32_t processors, uint32_t **threads, size_t *count,
                         StoreError *problem) {
    TextList parts = {0};
    text_list_split(&parts, text, ',');
    *threads = NULL;
    *count = 0;
    bool good = parts.count > 0
                    ? !text_list_has_gap(text, ',') || store_complain(problem, EMPTY_PART)
                    : store_complain(problem, "the list is empty; write numbers of threads, such as 1,2 or 1..8");
    for (size_t i = 0; i < parts.count && good; i++)
        good = add_part_of_threads(parts.items[i], processors, threads, count, problem);
    text_list_release(&parts);
    if (!good) {
        free(*threads);
        *threads = NULL;
        *count = 0;
    }
    return good;
}

/* ---- parameters ---- */

static bool is_same_value(const char *one, const char *other) {
    uint64_t left, right;
    if (read_size(one, 0, &left) && read_size(other, 0, &right))
        return left == right;
    return strcmp(one, other) == 0;
}

/* Takes the text. */
static bool add_value(Sweep *sweep, char *value, StoreError *problem) {
    bool known = false, full = sweep->values.count == SWEEP_MAXIMUM_VALUES;
    for (size_t i = 0; i < sweep->values.count; i++)
        known = known || is_same_value(sweep->values.items[i], value);
    if (known || full)
        free(value);
    else
        text_list_add(&sweep->values, value);
    return known || !full ||
           store_complain(problem, "%s has over %d values; take fewer", sweep->parameter, SWEEP_MAXIMUM_VALUES);
}

static char *word_of(uint64_t value, bool with_suffix) {
    static const char units[] = "\0KMG";
    size_t unit = 0;
    while (with_suffix && value > 0 && value % 1024 == 0 && unit < 3) {
        value /= 1024;
        unit++;
    }
    return text_format("%" PRIu64 "%.1s", value, &units[unit]);
}

/* A value is part of a row's name and of a command line: what would need quoting there is not taken. */
static bool is_plain(const char *word) {
    bool plain = isalnum((unsigned char)*word);
    for (; *word != '\0' && plain; word++)
        plain = isalnum((unsigned char)*word) || strchr("_.-", *word) != NULL;
    return plain;
}

static bool add_part(Sweep *sweep, const char *part, StoreError *problem) {
    if (strstr(part, "..") == NULL)
        return is_plain(part) ? add_value(sweep, text_copy(part), problem)
                              : store_complain(problem,
                                               "%s=%s is no value; write a number (K, M and G are understood), a "
                                               "word, or a range such as 8..32K*2",
                                               sweep->parameter, part);
    Range range;
    if (!read_range(part, read_size, 0, &range))
        return store_complain(problem,
                              "%s=%s is no range; write FIRST..LAST, FIRST..LAST+STEP or FIRST..LAST*FACTOR in whole "
                              "numbers (K, M and G are understood)",
                              sweep->parameter, part);
    bool good = check_range(part, &range, problem);
    uint64_t value = range.first;
    do
        good = good && add_value(sweep, word_of(value, range.has_suffix), problem);
    while (good && next_in_range(&range, &value));
    return good;
}

static bool begin_sweep(Sweeps *sweeps, char *parameter, StoreError *problem) {
    parameter += strncmp(parameter, "--", 2) == 0 ? 2 : 0;
    if (!is_plain(parameter))
        return store_complain(problem, "'%s' is no parameter's name; write NAME=VALUE,VALUE", parameter);
    if (sweeps_find(sweeps, parameter) != NULL)
        return store_complain(problem, "%s is given twice; write all its values in one list", parameter);
    sweeps->items = grow(sweeps->items, sweeps->count + 1, sizeof *sweeps->items);
    sweeps->items[sweeps->count++] = (Sweep){.parameter = text_copy(parameter)};
    return true;
}

bool sweeps_add(Sweeps *sweeps, const char *text, StoreError *problem) {
    const size_t before = sweeps->count;
    char *commas = text_copy(text);
    for (char *at = commas; *at != '\0'; at++)
        *at = (char)(isspace((unsigned char)*at) ? ',' : *at);
    TextList parts = {0};
    text_list_split(&parts, commas, ',');
    free(commas);
    bool good = parts.count == 0 || (!text_list_has_gap(text, ',') && strstr(text, "=,") == NULL) ||
                store_complain(problem, EMPTY_PART);
    for (size_t i = 0; i < parts.count && good; i++) {
        char *value = strchr(parts.items[i], '=');
        if (value != NULL) {
            *value++ = '\0';
            good = begin_sweep(sweeps, parts.items[i], problem);
        } else {
            value = parts.items[i];
            good = sweeps->count > before ||
                   store_complain(
                       problem, "'%s' is not NAME=VALUE; write a parameter and its values, such as size=16,64", value);
        }
        if (good && *value != '\0')
            good = add_part(&sweeps->items[sweeps->count - 1], value, problem);
    }
    text_list_release(&parts);
    if (good && sweeps->count == before)
        return store_complain(problem, "is empty; write a parameter and its values, such as size=16,64");
    for (size_t i = before; i < sweeps->count && good; i++)
        good = sweeps->items[i].values.count > 0 ||
               store_complain(problem, "%s has no value; write some, such as %s=16,64", sweeps->items[i].parameter,
                              sweeps->items[i].parameter);
    return good;
}

const Sweep *sweeps_find(const Sweeps *sweeps, const char *parameter) {
    for (size_t i = 0; i < sweeps->count; i++)
        if (strcmp(sweeps->items[i].parameter, parameter) == 0)
            return &sweeps->items[i];
    return NULL;
}

void sweeps_release(Sweeps *sweeps) {
    for (size_t i = 0; i < sweeps->count; i++) {
        free(sweeps->items[i].parameter);
        text_list_release(&sweeps->items[i].values);
    }
    free(sweeps->items);
    *sweeps = (Sweeps){0};
}

size_t sweep_distance(const char *one, const char *other) {
    size_t length = strlen(other);
    size_t *row = zeroed(length + 1, sizeof *row); /* of Levenshtein's table */
    for (size_t i = 0; i <= length; i++)
        row[i] = i;
    for (size_t line = 1; *one != '\0'; one++, line++) {
        size_t diagonal = row[0];
        row[0] = line;
        for (size_t i = 1; i <= length; i++) {
            size_t best = diagonal + (other[i - 1] != *one);
            best = row[i] + 1 < best ? row[i] + 1 : best;
            best = row[i - 1] + 1 < best ? row[i - 1] + 1 : best;
            diagonal = row[i];
            row[i] = best;
        }
    }
    size_t distance = row[length];
    free(row);
    return distance;
}
