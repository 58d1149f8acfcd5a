/*
 * table.c - comparisons as text for a terminal of 80 to 100 columns: one group of lines a row, one line an arm.
 */
#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"
#include "wording.h"

static const double DRIFT_WARNING = 0.5;
enum { TEXT_WIDTH = 96, SMALLEST_NAME = 12 };

static int name_width(const Run *run) {
    size_t width = SMALLEST_NAME;
    for (size_t arm = 0; arm < run->meta.arm_count; arm++) {
        size_t length = strlen(run->meta.arms[arm].name);
        width = length > width ? length : width;
    }
    width += strlen(" again") * (strlen(run->meta.arms[run->meta.baseline].name) + 6 > width);
    return (int)width;
}

void table_print_wrapped(FILE *out, const char *text, int indent, int width) {
    int column = fprintf(out, "%*s", indent, "");
    while (*text) {
        size_t length = strcspn(text, " ");
        if (column > indent && column + 1 + (int)length > width) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", (int)length, text);
        column += (int)length;
        text += length + (text[length] == ' ');
    }
    fputc('\n', out);
}

static void print_wrapped(FILE *out, const char *text, int indent) {
    table_print_wrapped(out, text, indent, TEXT_WIDTH);
}

static void print_cell(const Run *run, const Comparison *comparison, const ComparisonRow *row, const Cell *cell,
                       int width, const Palette *palette, FILE *out) {
    char *name = text_format(cell->control ? "%s again" : "%s", run->meta.arms[cell->arm].name);
    bool skipped = cell->verdict == VERDICT_SKIPPED; /* the heading has the reason, once */
    char *verdict = skipped ? text_copy("skipped") : word_verdict(run, row, cell, comparison);
    if (cell->ok == 0) { /* nothing but the reason, which may be long */
        fprintf(out, "  %-*s  %s%s%s\n", width, name, palette_of_verdict(palette, cell->verdict), verdict,
                palette->reset);
        if (cell->message)
            print_wrapped(out, cell->message, width + 4);
    } else {
        bool reference = cell->verdict == VERDICT_REFERENCE;
        char *ratio = reference ? text_copy("1") : word_ratio(cell->ratio.estimate);
        char *interval = reference ? text_copy("") : word_interval(cell->ratio);
        char *value = word_value(cell->median, comparison->metric);
        fprintf(out, "  %-*s  %7s  %-18s %s%11s  %s%s%s\n", width, name, ratio, interval,
                cell->lower_bound ? ">=" : "  ", value, palette_of_verdict(palette, cell->verdict), verdict,
                palette->reset);
        free(ratio);
        free(interval);
        free(value);
    }
    free(name);
    free(verdict);
}

static void print_row(const Run *run, const Comparison *comparison, const ComparisonRow *row, int width,
                      const Palette *palette, FILE *out) {
    const Row *plan = &run->meta.rows[row->row];
    char *facts = word_row(run, comparison, row);
    fprintf(out, "\n%s%s%s  %s%s%s\n", palette->bold, plan->name, palette->reset, palette->dim, facts, palette->reset);
    free(facts);
    if (plan->unsupported) { /* no process was started for any arm, so all cells would say the same */
        fprintf(out, "  %-*s  %sunsupported%s\n", width, "every arm", palette->warn, palette->reset);
        print_wrapped(out, plan->unsupported, width + 4);
        return;
    }
    for (size_t i = 0; i < row->cell_count; i++)
        print_cell(run, comparison, row, &row->cells[i], width, palette, out);
    char *bound = word_bound(run, comparison, row);
    if (bound)
        print_wrapped(out, bound, 2);
    free(bound);
    if (row->disturbed_too_often)
        fprintf(out, "  %sunstable: %zu of %zu blocks were disturbed, this row proves nothing%s\n", palette->warn,
                row->disturbed, row->blocks, palette->reset);
    else if (row->unstable)
        fprintf(out, "  %sunstable: the baseline differs from itself, this row proves nothing%s\n", palette->warn,
                palette->reset);
    if (fabs(row->drift) > DRIFT_WARNING)
        fprintf(out, "  %sdrift: the values change with the block (Spearman %+.2f); was the machine busy or hot?%s\n",
                palette->warn, row->drift, palette->reset);
}

static void print_geometric_mean(const Run *run, const Comparison *comparison, int width, const Palette *palette,
                                 FILE *out) {
    fprintf(out, "\n%sgeometric mean%s  %sover the rows where an arm has a ratio%s\n", palette->bold, palette->reset,
            palette->dim, palette->reset);
    for (size_t arm = 0; arm < run->meta.arm_count; arm++) {
        const Interval *mean = &comparison->geometric_mean[arm];
        size_t rows = comparison->geometric_mean_rows[arm];
        if (rows == 0)
            continue;
        bool reference = arm == comparison->reference;
        char *ratio = reference ? text_copy("1") : word_ratio(mean->estimate);
        char *interval = reference ? text_copy("") : word_interval(*mean);
        fprintf(out, "  %-*s  %7s  %-18s %13zu row%s\n", width, run->meta.arms[arm].name, ratio, interval, rows,
                rows == 1 ? "" : "s");
        free(ratio);
        free(interval);
    }
}

static void print_heading(const Run *run, const Palette *palette, FILE *out) {
    const RunMeta *meta = &run->meta;
    fprintf(out, "%s%s%s  suite %s, seed %llu\n", palette->bold, meta->id ? meta->id : "run", palette->reset,
            meta->suite ? meta->suite : "-", (unsigned long long)meta->seed);
    for (size_t arm = 0; arm < meta->arm_count; arm++) {
        const Arm *one = &meta->arms[arm];
        bool settings = one->environment && *one->environment;
        if (one->available)
            fprintf(out, "  %s = %s%s%s\n", one->name, one->label ? one->label : one->name, settings ? ", " : "",
                    settings ? one->environment : "");
        else
            fprintf(out, "  %s%s = skipped: %s%s\n", palette->warn, one->name, one->reason ? one->reason : "",
                    palette->reset);
    }
    for (size_t row = 0; row < meta->row_count; row++) {
        if (meta->rows[row].own_program == NULL || meta->command == NULL)
            continue;
        fprintf(out, "  %s\n", meta->command); /* in one line, to be pasted */
        break;
    }
    if (run->discarded_blocks)
        fprintf(out, "  %zu disturbed or torn block%s discarded\n", run->discarded_blocks,
                run->discarded_blocks == 1 ? "" : "s");
    if (run->unreadable_lines)
        fprintf(out, "  %s%zu unreadable line%s in the run's file%s\n", palette->warn, run->unreadable_lines,
                run->unreadable_lines == 1 ? "" : "s", palette->reset);
}

void table_print(const Run *run, const Comparison *const *comparisons, size_t count, FILE *out) {
    Palette palette = palette_for(out);
    int width = name_width(run);
    print_heading(run, &palette, out);
    for (size_t i = 0; i < count; i++) {
        const Comparison *comparison = comparisons[i];
        char *direction = word_direction(comparison->metric);
        bool ratios = !metric_is_ratio_free(comparison->metric);
        fprintf(out, "\n%s%s%s%s%s: %s\n", palette.bold, word_metric(comparison->metric), palette.reset,
                ratios ? " against " : "", ratios ? run->meta.arms[comparison->reference].name : "", direction);
        free(direction);
        for (size_t row = 0; row < comparison->row_count; row++)
            if (comparison->rows[row].applies)
                print_row(run, comparison, &comparison->rows[row], width, &palette, out);
        if (ratios)
            print_geometric_mean(run, comparison, width, &palette, out);
    }
    char *legend = word_legend(run);
    fputc('\n', out);
    print_wrapped(out, legend, 0);
    free(legend);
}

static void print_shift_cell(const RunShift *shift, const ShiftCell *cell, const Palette *palette, FILE *out) {
    bool counts = metric_is_ratio_free(shift->metric);
    char *first = counts ? word_value(cell->first_value, shift->metric) : word_ratio(cell->first_ratio);
    char *second = counts ? word_value(cell->second_value, shift->metric) : word_ratio(cell->second_ratio);
    char *ratio = word_ratio(cell->shift.estimate), *interval = word_interval(cell->shift);
    const char *gate = counts ? (cell->exact ? "exact" : "varies") : gate_name(cell->gate);
    fprintf(out, "  %-14s %7s -> %-7s %7s  %-18s %s%s%s%s%s%s\n", cell->arm, first, second, ratio, interval,
            palette_of_verdict(palette, cell->verdict), verdict_name(cell->verdict, shift->metric), *gate ? " (" : "",
            gate, *gate ? ")" : "", palette->reset);
    free(first);
    free(second);
    free(ratio);
    free(interval);
}

void table_print_shifts(const RunShift *const *shifts, size_t count, FILE *out) {
    Palette palette = palette_for(out);
    bool counts_only = true;
    for (size_t i = 0; i < count; i++) {
        const MetricInfo *info = metric_info(shifts[i]->metric);
        counts_only = counts_only && metric_is_ratio_free(shifts[i]->metric);
        fprintf(out, "%s%s%s%s: first run -> second run%s; change over 1 is %s\n", i ? "\n" : "", palette.bold,
                info->title, palette.reset,
                metric_is_ratio_free(shifts[i]->metric) ? "" : ", each against its own baseline",
                info->larger_is_better ? info->better : info->worse);
        const char *row = NULL, *refused = NULL;
        for (size_t c = 0; c < shifts[i]->cell_count; c++) {
            const ShiftCell *cell = &shifts[i]->cells[c];
            bool first_of_row = !row || strcmp(row, cell->row);
            if (first_of_row)
                fprintf(out, "\n%s%s%s\n", palette.bold, cell->row, palette.reset);
            if (!cell->refused)
                print_shift_cell(shifts[i], cell, &palette, out);
            else if (first_of_row || !refused || strcmp(refused, cell->refused) != 0)
                fprintf(out, "  %s%s not compared: %s%s\n", palette.warn, cell->arm, cell->refused, palette.reset);
            refused = cell->refused; /* a reason that belongs to the whole row is told once */
            row = cell->row;
        }
    }
    fputc('\n', out);
    print_wrapped(out,
                  counts_only
                      ? "How to read: change [smallest, largest] of the count between slots of both runs with the same "
                        "seed; exact: all slots of a run agree."
                      : "How to read: change [95 % interval] of the ratio to the baseline between two runs without "
                        "common blocks; ~ is no difference shown. Two builds are told apart better as two arms of one "
                        "run.",
                  0);
}

char *counts_word(const Comparison *comparison, size_t row, size_t arm) {
    const Cell *cell = &comparison->rows[row].cells[arm];
    return cell->ok ? word_value(cell->median, comparison->metric) : text_copy("n/a");
}

bool counts_has_line(const Run *run, const Comparison *comparison, size_t row) {
    for (size_t arm = 0; arm < run->meta.arm_count; arm++) {
        const Cell *cell = &comparison->rows[row].cells[arm];
        if (cell->ok || cell->message)
            return true;
    }
    return false;
}

/* Grows *text by "; line" unless it already holds the line; takes both. */
static char *with_reason(char *text, char *line) {
    bool known = text && strstr(text, line);
    char *longer = known ? text_copy(text) : text ? text_format("%s; %s", text, line) : text_copy(line);
    free(text);
    free(line);
    return longer;
}

char *counts_reasons(const Run *run, const Comparison *const *comparisons, size_t count, size_t row) {
    char *reasons = NULL;
    for (size_t i = 0; i < count; i++)
        for (size_t arm = 0; arm < run->meta.arm_count; arm++) {
            const Cell *cell = &comparisons[i]->rows[row].cells[arm];
            if (cell->ok || !cell->message || !counts_has_line(run, comparisons[i], row))
                continue;
            bool failed = cell->failed > 0; /* then the reason is the arm's, else the metric's */
            reasons = with_reason(reasons, failed ? text_format("%s: %s", run->meta.arms[arm].name, cell->message)
                                                  : text_copy(cell->message));
        }
    return reasons;
}

/* False when it would be a line of n/a: the reason below says so. */
static bool counts_has_value(const Comparison *comparison, size_t row) {
    for (size_t i = 0; i < comparison->rows[row].cell_count; i++)
        if (comparison->rows[row].cells[i].ok > 0)
            return true;
    return false;
}

enum { COUNT_LABEL = 25, COUNT_COLUMN = 10, COUNT_ARMS = 7 }; /* together TEXT_WIDTH at most */

/* One line a metric for up to COUNT_ARMS arms from `first` on. */
static void print_counts_of_row(const Run *run, const Comparison *const *comparisons, size_t count, size_t row,
                                size_t first, FILE *out) {
    size_t end = first + COUNT_ARMS < run->meta.arm_count ? first + COUNT_ARMS : run->meta.arm_count;
    for (size_t i = 0; i < count; i++) {
        if (!counts_has_line(run, comparisons[i], row) || !counts_has_value(comparisons[i], row))
            continue;
        fprintf(out, "  %-*s", COUNT_LABEL, word_metric(comparisons[i]->metric));
        for (size_t arm = first; arm < end; arm++) {
            char *value = counts_word(comparisons[i], row, arm);
            fprintf(out, "%*s", COUNT_COLUMN, value);
            free(value);
        }
        fputc('\n', out);
    }
}

static void print_count_names(const Run *run, const char *row, size_t first, const Palette *palette, FILE *out) {
    size_t room = 2 + COUNT_LABEL, length = strlen(row);
    fprintf(out, "\n%s%s%s%s%*s", palette->bold, row, palette->reset, length < room ? "" : "\n",
            (int)(length < room ? room - length : room), "");
    for (size_t arm = first; arm < run->meta.arm_count && arm < first + COUNT_ARMS; arm++)
        fprintf(out, " %*.*s", COUNT_COLUMN - 1, COUNT_COLUMN - 1, run->meta.arms[arm].name);
    fputc('\n', out);
}

void table_print_counts(const Run *run, const Comparison *const *comparisons, size_t count, FILE *out) {
    Palette palette = palette_for(out);
    fprintf(out, "\n%sCounts per 1,000 operations%s: medians of each arm's slots\n", palette.bold, palette.reset);
    for (size_t row = 0; row < run->meta.row_count; row++) {
        for (size_t first = 0; first < run->meta.arm_count; first += COUNT_ARMS) {
            print_count_names(run, run->meta.rows[row].name, first, &palette, out);
            print_counts_of_row(run, comparisons, count, row, first, out);
        }
        char *reasons = counts_reasons(run, comparisons, count, row);
        char *line = reasons ? text_format("n/a: %s", reasons) : NULL;
        if (line)
            print_wrapped(out, line, 2);
        free(line);
        free(reasons);
    }
}
