/*
 * text.c - see text.h.
 */
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *memory) {
    if (memory == NULL) {
        fputs("allocbench: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

char *text_copy(const char *text) {
    return text == NULL ? NULL : must(strdup(text));
}

char *text_copy_part(const char *text, size_t length) {
    return must(strndup(text, length));
}

char *text_format(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    return must(length < 0 ? NULL : text);
}

char *text_trim(char *text) {
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    return text;
}

char *text_shell_word(const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=./,:+@%";
    if (*word != '\0' && strspn(word, plain) == strlen(word))
        return text_copy(word);
    char *result = text_copy("'");
    for (const char *rest = word;; rest++) {
        size_t length = strcspn(rest, "'");
        char *longer = text_format("%s%.*s%s", result, (int)length, rest, rest[length] == '\'' ? "'\\''" : "'");
        free(result);
        result = longer;
        rest += length;
        if (*rest == '\0')
            return result;
    }
}

void *grow(void *array, size_t count, size_t size) {
    return must(reallocarray(array, count == 0 ? 1 : count, size));
}

void *zeroed(size_t count, size_t size) {
    return must(calloc(count == 0 ? 1 : count, size));
}

void text_list_add(TextList *list, char *owned) {
    list->items = grow(list->items, list->count + 2, sizeof *list->items);
    list->items[list->count++] = owned;
    list->items[list->count] = NULL;
}

void text_list_release(TextList *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (TextList){0};
}

void text_list_split(TextList *list, const char *text, char separator) {
    char *part = text_copy(text);
    size_t length = 0;
    for (const char *at = text;; at++) {
        if (at[0] == '\\' && at[1] == separator) {
            part[length++] = *++at;
            continue;
        }
        if (*at != '\0' && *at != separator) {
            part[length++] = *at;
            continue;
        }
        part[length] = '\0';
        char *trimmed = text_trim(part);
        if (*trimmed != '\0')
            text_list_add(list, text_copy(trimmed));
        length = 0;
        if (*at == '\0')
            break;
    }
    free(part);
}

bool text_list_has_gap(const char *text, char separator) {
    bool empty = true;
    for (const char *at = text;; at++) {
        if (*at == '\0' || (*at == separator && (at == text || at[-1] != '\\'))) {
            if (empty)
                return true;
            empty = true;
        } else if (!isspace((unsigned char)*at)) {
            empty = false;
        }
        if (*at == '\0')
            return false;
    }
}

bool text_to_u64(const char *text, uint64_t minimum, uint64_t maximum, uint64_t *value) {
    if (!isdigit((unsigned char)text[0]))
        return false;
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || number < minimum || number > maximum)
        return false;
    *value = number;
    return true;
}

bool text_to_size(const char *text, uint64_t minimum, uint64_t maximum, uint64_t *value) {
    static const char units[] = "KMG";
    size_t length = strlen(text);
    const char *unit = length == 0 ? NULL : strchr(units, text[length - 1]);
    if (unit == NULL)
        return text_to_u64(text, minimum, maximum, value);
    unsigned shift = 10u * (unsigned)(unit - units + 1);
    char *number = text_copy_part(text, length - 1);
    uint64_t count;
    bool good =
        text_to_u64(number, 0, UINT64_MAX >> shift, &count) && count << shift >= minimum && count << shift <= maximum;
    free(number);
    if (good)
        *value = count << shift;
    return good;
}

bool text_to_double(const char *text, double minimum, double maximum, double *value) {
    if (!isdigit((unsigned char)text[0]) && text[0] != '.')
        return false;
    char *end;
    errno = 0;
    double number = strtod(text, &end);
    if (errno != 0 || *end != '\0' || !(number >= minimum && number <= maximum))
        return false;
    *value = number;
    return true;
}
