/*
 * text.h - owned strings and growing arrays for code that has nothing to do when memory runs out: these functions never
 * return NULL for lack of memory, they end the program with one line. Not for code that runs inside a measured process.
 */
#ifndef ALLOCBENCH_STORE_TEXT_H
#define ALLOCBENCH_STORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

char *text_copy(const char *text); /* NULL gives NULL */
char *text_copy_part(const char *text, size_t length);
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *text_trim(char *text); /* in place: no white space at both ends; returns the first character that stays */

/* A word as a shell takes it: in single quotes where it has special characters; owned. */
char *text_shell_word(const char *word);

/* realloc of count * size bytes. */
void *grow(void *array, size_t count, size_t size);
void *zeroed(size_t count, size_t size);

/* A list of owned strings, NULL terminated at all times once something was added, so that it serves as argv. */
typedef struct TextList {
    char **items;
    size_t count;
} TextList;
void text_list_add(TextList *list, char *owned);
void text_list_release(TextList *list);
/* Adds the parts of text between separators, trimmed, empty parts left out. A backslash before a separator keeps it. */
void text_list_split(TextList *list, const char *text, char separator);

/* True when a part between separators is empty: a list with a slip in it, such as "1,,2". */
bool text_list_has_gap(const char *text, char separator);

/* Whole decimal numbers and plain decimals; false when anything else stands in text or it is out of range. */
bool text_to_u64(const char *text, uint64_t minimum, uint64_t maximum, uint64_t *value);
/* The same with a K, M or G behind it: times 1024, 1024 times that, and so on. */
bool text_to_size(const char *text, uint64_t minimum, uint64_t maximum, uint64_t *value);
bool text_to_double(const char *text, double minimum, double maximum, double *value);

#endif
