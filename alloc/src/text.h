/*
 * text.h - lines for standard error, put together by hand and written by one write(2): stdio may allocate, and the heap
 * may be locked or not to be trusted where such lines are needed.
 */
#ifndef MINIPOOL_TEXT_H
#define MINIPOOL_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* What does not fit is dropped; the bytes are not terminated. Begins as {.used = 0}. */
enum { TEXT_BYTES = 2048 };
typedef struct Text {
    size_t used;
    char bytes[TEXT_BYTES];
} Text;

void text_add(Text *text, const char *string);
/* At most `most` bytes of a string of somebody else's, with a question mark for each that is not printable ASCII, so
 * that the line stays one line. */
void text_add_foreign(Text *text, const char *string, size_t most);
void text_add_number(Text *text, uint64_t number);
void text_add_pointer(Text *text, const void *pointer);

/* Ends the line and writes everything; keeps errno. */
void text_write(Text *text);

#endif
