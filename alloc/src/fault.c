/*
 * fault.c - see fault.h.
 */
#include "fault.h"

#include <stdlib.h>

#include "text.h"

_Noreturn void fault(const char *function, const void *pointer, const char *what) {
    Text line = {.used = 0};
    text_add(&line, "minipool: ");
    text_add(&line, function);
    text_add(&line, "(");
    text_add_pointer(&line, pointer);
    text_add(&line, "): ");
    text_add(&line, what);
    text_write(&line);
    abort();
}
