/*
 * message.c - one way to say what went wrong: a single line on stderr that starts with the program's name.
 */
#include "command.h"

#include <stdarg.h>
#include <stdio.h>

#include "../experiment/places.h"

static void print_line(const char *format, va_list arguments) {
    fflush(stdout);
    fputs("allocbench: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

int usage_error(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments);
    va_end(arguments);
    return EXIT_CODE_USAGE;
}

int failure(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments);
    va_end(arguments);
    return EXIT_CODE_FAILURE;
}

void note_missing_workload_folders(void) {
    TextList missing = places_workloads_missing();
    for (size_t i = 0; i < missing.count; i++)
        fprintf(stderr, "allocbench: note: " PLACES_WORKLOADS_ENVIRONMENT " names %s, which is no folder\n",
                missing.items[i]);
    text_list_release(&missing);
}
