/*
 * progress.c - see progress.h.
 */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../store/text.h"

void progress_start(ProgressLine *line) {
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    bool dumb = terminal == NULL || terminal[0] == '\0' || (terminal[0] == 'd' && terminal[1] == 'u');
    *line = (ProgressLine){
        .terminal = isatty(STDERR_FILENO) == 1 && !dumb,
        .colour = no_colour == NULL || *no_colour == '\0',
        .last_tenth = -1,
    };
}

static char *duration(uint64_t ns) {
    uint64_t seconds = (ns + 500000000) / 1000000000;
    if (seconds < 60)
        return text_format("%" PRIu64 " s", seconds);
    if (seconds < 3600)
        return text_format("%" PRIu64 " min %02" PRIu64 " s", seconds / 60, seconds % 60);
    return text_format("%" PRIu64 " h %02" PRIu64 " min", seconds / 3600, seconds / 60 % 60);
}

static void rewrite(ProgressLine *line, const Progress *progress) {
    const char *row = progress->meta->rows[progress->row].name;
    char *text;
    if (progress->planned == 0) {
        text = text_format("%s: %s", progress->activity, row);
    } else {
        char *left = duration(progress->left_ns);
        text = text_format("slot %zu of %zu  block %" PRIu32 "  %s  %s  %s left", progress->done + 1, progress->planned,
                           progress->block + 1, row, progress->arm, left);
        free(left);
    }
    struct winsize size;
    int columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1 : 79;
    fprintf(stderr, "\r%s%.*s%s\033[K", line->colour ? "\033[2m" : "", columns, text, line->colour ? "\033[0m" : "");
    fflush(stderr);
    free(text);
    line->shown = true;
}

static void tell_tenth(ProgressLine *line, const Progress *progress) {
    if (progress->planned == 0) {
        if (progress->row == 0)
            fprintf(stderr, "fitting the work of %zu row%s to the slot length\n", progress->meta->row_count,
                    progress->meta->row_count == 1 ? "" : "s");
        return;
    }
    int tenth = (int)(progress->done * 10 / progress->planned);
    if (tenth == line->last_tenth)
        return;
    line->last_tenth = tenth;
    char *elapsed = duration(progress->elapsed_ns);
    char *left = duration(progress->left_ns);
    fprintf(stderr, "%3d %%  slot %zu of %zu, %s elapsed, about %s left\n", tenth * 10, progress->done,
            progress->planned, elapsed, left);
    free(elapsed);
    free(left);
}

void progress_show(void *user, const Progress *progress) {
    ProgressLine *line = user;
    if (!line->terminal)
        tell_tenth(line, progress);
    else if (progress->arm != NULL || progress->planned == 0)
        rewrite(line, progress);
}

void progress_clear(ProgressLine *line) {
    if (line->shown)
        fputs("\r\033[K", stderr);
    line->shown = false;
    fflush(stderr);
}
