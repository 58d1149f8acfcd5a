/*
 * row_command.c - see row_command.h.
 */
#include "row_command.h"

#include <inttypes.h>
#include <string.h>

TextList row_command(const Row *row, const CatalogueEntry *entry, const RowWork *work) {
    TextList argv = {0};
    text_list_add(&argv, text_copy(entry->path));
    text_list_split(&argv, row->arguments, ' ');
    if (row->threads > 0) {
        text_list_add(&argv, text_copy("--threads"));
        text_list_add(&argv, text_format("%" PRIu32, row->threads));
    }
    if (work->duration_ns > 0) {
        text_list_add(&argv, text_copy("--seconds"));
        text_list_add(&argv, text_format("%.3f", (double)work->duration_ns / 1e9));
    } else if (work->operations > 0) {
        text_list_add(&argv, text_copy("--ops"));
        text_list_add(&argv, text_format("%" PRIu64, work->operations));
    }
    text_list_add(&argv, text_copy("--seed"));
    text_list_add(&argv, text_format("%" PRIu64, work->seed));
    if (work->pin)
        text_list_add(&argv, text_copy("--pin"));
    return argv;
}

TextList command_with_operations(char *const *argv, uint64_t operations) {
    TextList changed = {0};
    for (; *argv != NULL; argv++) {
        if (strcmp(*argv, "--ops") == 0 && argv[1] != NULL)
            argv++;
        else
            text_list_add(&changed, text_copy(*argv));
    }
    text_list_add(&changed, text_copy("--ops"));
    text_list_add(&changed, text_format("%" PRIu64, operations));
    return changed;
}
