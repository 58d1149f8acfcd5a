/*
 * progress.h - how far a run is: one rewritten line on a terminal, a plain line now and then elsewhere. On stderr, so
 * that stdout holds results only.
 */
#ifndef ALLOCBENCH_COMMANDS_PROGRESS_H
#define ALLOCBENCH_COMMANDS_PROGRESS_H

#include "../experiment/experiment.h"

typedef struct ProgressLine {
    bool terminal;
    bool colour;    /* NO_COLOR is unset */
    bool shown;     /* a rewritten line stands on the terminal */
    int last_tenth; /* elsewhere: the last tenth of the plan that was told; -1: none */
} ProgressLine;

void progress_start(ProgressLine *line);
/* A ProgressCallback; user is the ProgressLine. */
void progress_show(void *user, const Progress *progress);
/* Removes the rewritten line before anything else is printed. */
void progress_clear(ProgressLine *line);

#endif
