/*
 * text.c - see text.h.
 */
#include "text.h"

#include <errno.h>
#include <unistd.h>

static void add_byte(Text *text, char byte) {
    if (text->used < TEXT_BYTES - 1) /* room for the line's end */
        text->bytes[text->used++] = byte;
}

void text_add(Text *text, const char *string) {
    while (*string != '\0')
        add_byte(text, *string++);
}

void text_add_foreign(Text *text, const char *string, size_t most) {
    for (size_t at = 0; at < most && string[at] != '\0'; at++)
        add_byte(text, string[at] >= ' ' && string[at] <= '~' ? string[at] : '?');
}

static void add_digits(Text *text, uint64_t number, unsigned base) {
    enum { MOST_DIGITS = 20 };
    char digits[MOST_DIGITS];
    int count = 0;
    do {
        digits[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    while (count > 0)
        add_byte(text, digits[--count]);
}

void text_add_number(Text *text, uint64_t number) {
    add_digits(text, number, 10);
}

void text_add_pointer(Text *text, const void *pointer) {
    text_add(text, "0x");
    add_digits(text, (uintptr_t)pointer, 16);
}

void text_write(Text *text) {
    int saved = errno;
    text->bytes[text->used++] = '\n';
    ssize_t ignored = write(STDERR_FILENO, text->bytes, text->used);
    (void)ignored;
    errno = saved;
}
