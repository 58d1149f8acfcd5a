/*
 * fault.c - see fault.h. Formats by hand: stdio may allocate, and the heap is not to be trusted here.
 */
#include "fault.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 256 };

static size_t append(char *line, size_t used, const char *text) {
    while (*text != '\0' && used < LINE_BYTES - 1)
        line[used++] = *text++;
    return used;
}

static size_t append_pointer(char *line, size_t used, const void *pointer) {
    char digits[2 + 2 * sizeof pointer + 1];
    size_t at = sizeof digits;
    uintptr_t value = (uintptr_t)pointer;
    digits[--at] = '\0';
    do {
        digits[--at] = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value != 0);
    digits[--at] = 'x';
    digits[--at] = '0';
    return append(line, used, digits + at);
}

_Noreturn void fault(const char *function, const void *pointer, const char *what) {
    char line[LINE_BYTES];
    size_t used = append(line, 0, "minipool: ");
    used = append(line, used, function);
    used = append(line, used, "(");
    used = append_pointer(line, used, pointer);
    used = append(line, used, "): ");
    used = append(line, used, what);
    line[used++] = '\n';
    ssize_t ignored = write(STDERR_FILENO, line, used);
    (void)ignored;
    abort();
}
