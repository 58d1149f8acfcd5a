/*
 * fail_if.h - --fail-if 'ARM WORD P%': a gate for scripts that is judged by verdicts, never by point values.
 *
 * A cell of ARM fails when its verdict is WORD and its whole interval lies beyond P percent: below 1 - P/100 where more
 * is better, above 1 + P/100 where less is. So a difference that is only probably larger than P does not fail, and one
 * that noise could explain never does.
 */
#ifndef ALLOCBENCH_COMMANDS_FAIL_IF_H
#define ALLOCBENCH_COMMANDS_FAIL_IF_H

#include "../analysis/comparison.h"
#include "../analysis/run_shift.h"

typedef struct FailIf {
    const char *text; /* as given; not owned */
    char *arm;        /* owned */
    char *word;       /* a metric's word for worse: "slower"; owned */
    double percent;
    size_t tables;         /* that have this word */
    size_t impossible;     /* of those: tables in which nothing can be worse by so much */
    size_t judged, failed; /* cells */
    size_t broken;         /* cells of which over a fifth of the slots failed, or that a run lacks: a gate that is about
                              them is not passed */
} FailIf;

/* False when the text is not of that form; *problem then says what is wrong (static storage). */
bool fail_if_parse(const char *text, FailIf *condition, const char **problem);
void fail_if_release(FailIf *condition);

/* Looks at the arm's cells of one table, if its metric has the word, and adds to the counts. Prints a line on stderr
 * for each cell that fails, with row, ratio and interval, and for each that could not be judged, with the reason. */
void fail_if_check(FailIf *condition, const Run *run, const Comparison *comparison);
void fail_if_check_shift(FailIf *condition, const RunShift *shift);

#endif
