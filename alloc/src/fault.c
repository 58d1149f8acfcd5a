/*
 * fault.c - see fault.h.
 */
#include "fault.h"

#include <stdlib.h>

#include "text.h"

static Text begin(const char *function, const void *pointer) {
    Text line = {.used = 0};
    text_add(&line, "minipool: ");
    text_add(&line, function);
    text_add(&line, "(");
    text_add_pointer(&line, pointer);
    text_add(&line, "): ");
    return line;
}

static _Noreturn void end(Text *line) {
    text_write(line);
    abort();
}

_Noreturn void fault(const char *function, const void *pointer, const char *what) {
    Text line = begin(function, pointer);
    text_add(&line, what);
    end(&line);
}

_Noreturn void fault_interior(const char *function, const void *pointer, const void *start) {
    Text line = begin(function, pointer);
    text_add(&line, (uintptr_t)pointer % sizeof(void *) == 0 ? "interior" : "unaligned interior");
    text_add(&line, " pointer, the block starts at ");
    text_add_pointer(&line, start);
    end(&line);
}

_Noreturn void fault_size(const char *function, const void *pointer, size_t given, size_t held) {
    Text line = begin(function, pointer);
    text_add(&line, "wrong size ");
    text_add_number(&line, given);
    text_add(&line, ", the block has ");
    text_add_number(&line, held);
    end(&line);
}
