/*
 * fail_if.c - see fail_if.h.
 */
#include "fail_if.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../report/wording.h"
#include "../store/text.h"

static bool is_word_for_worse(const char *word) {
    for (unsigned metric = 0; metric < METRIC_COUNT; metric++)
        if (strcmp(metric_info((Metric)metric)->worse, word) == 0)
            return true;
    return false;
}

/* Takes the last word off `text`, in place; NULL when there is none. */
static char *last_word(char *text) {
    char *end = text_trim(text);
    char *space = strrchr(end, ' ');
    if (!space)
        return NULL;
    *space = '\0';
    return space + 1;
}

bool fail_if_parse(const char *text, FailIf *condition, const char **problem) {
    char *copy = text_copy(text), *percent = last_word(copy), *word = percent ? last_word(copy) : NULL;
    *condition = (FailIf){.text = text};
    *problem = NULL;
    size_t length = percent ? strlen(percent) : 0;
    if (!word) {
        *problem = "it has the form 'ARM WORD P%', for instance 'minipool slower 5%'";
    } else if (length < 2 || percent[length - 1] != '%') {
        *problem = "it ends with a number and a percent sign, for instance 'minipool slower 5%'";
    } else if (!is_word_for_worse(word)) {
        *problem = "its second word is slower, fatter or more";
    } else {
        percent[length - 1] = '\0';
        if (strspn(percent, "0123456789.") != length - 1 || !text_to_double(percent, 0, 10000, &condition->percent))
            *problem = "its percentage is a number from 0 to 10000";
    }
    if (!*problem) {
        condition->arm = text_copy(text_trim(copy));
        condition->word = text_copy(word);
    }
    free(copy);
    return *problem == NULL;
}

void fail_if_release(FailIf *condition) {
    free(condition->arm);
    free(condition->word);
    *condition = (FailIf){0};
}

static bool lies_beyond(const FailIf *condition, const MetricInfo *info, Interval ratio) {
    double share = condition->percent / 100;
    return info->larger_is_better ? ratio.high < 1 - share : ratio.low > 1 + share;
}

/* A table that the condition is about. Values of which more is better cannot lose all of themselves. */
static bool takes_table(FailIf *condition, const MetricInfo *info) {
    if (strcmp(info->worse, condition->word) != 0)
        return false;
    condition->tables++;
    condition->impossible += info->larger_is_better && condition->percent >= 100;
    return true;
}

/* One cell; `reason` says why it has no verdict, `broken` that it is because slots failed or are missing. */
static void judge(FailIf *condition, const MetricInfo *info, const char *row, Verdict verdict, Interval ratio,
                  const char *reason, bool broken) {
    condition->broken += broken;
    if (broken && (verdict == VERDICT_BETTER || verdict == VERDICT_WORSE || verdict == VERDICT_NO_DIFFERENCE))
        fprintf(stderr, "allocbench: --fail-if '%s': %s, %s: over a fifth of its slots failed\n", condition->text, row,
                info->key);
    if (verdict != VERDICT_BETTER && verdict != VERDICT_WORSE && verdict != VERDICT_NO_DIFFERENCE) {
        fprintf(stderr, "allocbench: --fail-if '%s': %s, %s: could not be judged: %s\n", condition->text, row,
                info->key, reason);
        return;
    }
    condition->judged++;
    if (verdict != VERDICT_WORSE || !lies_beyond(condition, info, ratio))
        return;
    condition->failed++;
    char *estimate = word_ratio(ratio.estimate), *interval = word_interval(ratio);
    fprintf(stderr, "allocbench: --fail-if '%s': %s, %s: ratio %s %s\n", condition->text, row, info->key, estimate,
            interval);
    free(estimate);
    free(interval);
}

void fail_if_check(FailIf *condition, const Run *run, const Comparison *comparison) {
    const MetricInfo *info = metric_info(comparison->metric);
    if (metric_is_ratio_free(comparison->metric) || !takes_table(condition, info))
        return;
    for (size_t r = 0; r < comparison->row_count; r++) {
        const ComparisonRow *row = &comparison->rows[r];
        for (size_t c = 0; row->applies && c < row->cell_count; c++) {
            const Cell *cell = &row->cells[c];
            if (cell->control || strcmp(run->meta.arms[cell->arm].name, condition->arm) != 0)
                continue;
            char *reason = word_verdict(run, row, cell, comparison);
            const Cell *reference = comparison_cell(row, comparison->reference, false);
            bool unpaired = cell->verdict == VERDICT_FAILED && reference && reference->failed > 0;
            bool broken = unpaired || cell->verdict == VERDICT_SKIPPED || comparison_cell_is_failing(cell);
            judge(condition, info, run->meta.rows[row->row].name, cell->verdict, cell->ratio, reason, broken);
            free(reason);
        }
    }
}

void fail_if_check_shift(FailIf *condition, const RunShift *shift) {
    const MetricInfo *info = metric_info(shift->metric);
    if (!takes_table(condition, info))
        return;
    for (size_t i = 0; i < shift->cell_count; i++) {
        const ShiftCell *cell = &shift->cells[i];
        if (strcmp(cell->arm, condition->arm) != 0)
            continue;
        bool broken = cell->refused != NULL || cell->failing;
        judge(condition, info, cell->row, cell->refused ? VERDICT_FAILED : cell->verdict, cell->shift,
              cell->refused                       ? cell->refused
              : cell->verdict == VERDICT_TOO_FEW  ? "n too small"
              : cell->verdict == VERDICT_UNSTABLE ? "unstable"
                                                  : "no ratio in one of the runs",
              broken);
    }
}
