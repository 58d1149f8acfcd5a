/*
 * markdown.c - comparisons as Markdown tables, to paste into an issue or a README.
 */
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"
#include "processors.h"
#include "table.h"
#include "wording.h"

/* Text inside a cell: a bar would end it. */
static void print_escaped(const char *text, FILE *out) {
    for (; *text; text++) {
        if (*text == '|')
            fputc('\\', out);
        fputc(*text == '\n' ? ' ' : *text, out);
    }
}

static void print_cell(const Run *run, const Comparison *comparison, const ComparisonRow *row, const Cell *cell,
                       bool first, FILE *out) {
    bool reference = cell->verdict == VERDICT_REFERENCE;
    char *ratio = reference ? text_copy("1") : word_ratio(cell->ratio.estimate);
    char *interval = reference ? text_copy("") : word_interval(cell->ratio);
    char *value = word_value(cell->median, comparison->metric);
    char *verdict = word_verdict(run, row, cell, comparison);
    char *title = first ? row_title(&run->meta, row->row) : text_copy("");
    bool strong = cell->verdict == VERDICT_BETTER || cell->verdict == VERDICT_WORSE;
    fputs("| ", out);
    print_escaped(title, out);
    fputs(" | ", out);
    print_escaped(run->meta.arms[cell->arm].name, out);
    fprintf(out, "%s | %s | %s | %s%s | %s", cell->control ? " again" : "", ratio, interval,
            cell->lower_bound ? ">= " : "", value, strong ? "**" : "");
    print_escaped(verdict, out);
    fprintf(out, "%s |\n", strong ? "**" : "");
    free(ratio);
    free(interval);
    free(value);
    free(verdict);
    free(title);
}

static void print_comparison(const Run *run, const Comparison *comparison, FILE *out) {
    char *direction = word_direction(comparison->metric);
    if (metric_is_ratio_free(comparison->metric))
        fprintf(out, "### %s (%s)\n\n", word_metric(comparison->metric), direction);
    else
        fprintf(out, "### %s against %s (%s)\n\n", word_metric(comparison->metric),
                run->meta.arms[comparison->reference].name, direction);
    free(direction);
    fprintf(out, "| row | allocator | ratio | 95 %% interval | median%s | verdict |\n|---|---|--:|:--|--:|:--|\n",
            word_unit(comparison->metric));
    for (size_t r = 0; r < comparison->row_count; r++) {
        const ComparisonRow *row = &comparison->rows[r];
        for (size_t c = 0; row->applies && c < row->cell_count; c++)
            print_cell(run, comparison, row, &row->cells[c], c == 0, out);
    }
    bool first = true;
    for (size_t arm = 0; arm < run->meta.arm_count; arm++) {
        size_t rows = comparison->geometric_mean_rows[arm];
        if (rows == 0 || arm == comparison->reference)
            continue;
        char *ratio = word_ratio(comparison->geometric_mean[arm].estimate);
        char *interval = word_interval(comparison->geometric_mean[arm]);
        fprintf(out, "| %s | ", first ? "**geometric mean**" : "");
        print_escaped(run->meta.arms[arm].name, out);
        fprintf(out, " | %s | %s | | %zu row%s |\n", ratio, interval, rows, rows == 1 ? "" : "s");
        free(ratio);
        free(interval);
        first = false;
    }
    fputc('\n', out);
}

static void print_row_notes(const Run *run, const Comparison *comparison, FILE *out) {
    for (size_t r = 0; r < comparison->row_count; r++) {
        const ComparisonRow *row = &comparison->rows[r];
        if (!row->applies)
            continue;
        char *facts = word_row(run, comparison, row);
        fprintf(out, "- %s, %s: %s", run->meta.rows[row->row].name, word_metric(comparison->metric), facts);
        if (row->disturbed_too_often)
            fputs("; unstable, too many blocks were disturbed", out);
        else if (row->unstable)
            fputs("; unstable, the baseline differs from itself", out);
        if (row->drift > 0.5 || row->drift < -0.5)
            fprintf(out, "; drift over the blocks (Spearman %+.2f)", row->drift);
        char *bound = word_bound(run, comparison, row);
        fprintf(out, "%s%s\n", bound ? "; " : "", bound ? bound : "");
        free(bound);
        free(facts);
    }
}

void markdown_print_counts(const Run *run, const Comparison *const *comparisons, size_t count, FILE *out) {
    fputs("### Counts per 1,000 operations (medians)\n\n| row | count |", out);
    for (size_t arm = 0; arm < run->meta.arm_count; arm++) {
        fputc(' ', out);
        print_escaped(run->meta.arms[arm].name, out);
        fputs(" |", out);
    }
    fputs("\n|---|---|", out);
    for (size_t arm = 0; arm < run->meta.arm_count; arm++)
        fputs("--:|", out);
    fputc('\n', out);
    for (size_t row = 0; row < run->meta.row_count; row++) {
        bool first = true;
        for (size_t i = 0; i < count; i++) {
            if (!counts_has_line(run, comparisons[i], row))
                continue;
            fputs("| ", out);
            print_escaped(first ? run->meta.rows[row].name : "", out);
            fprintf(out, " | %s |", word_metric(comparisons[i]->metric));
            for (size_t arm = 0; arm < run->meta.arm_count; arm++) {
                char *value = counts_word(comparisons[i], row, arm);
                fprintf(out, " %s |", value);
                free(value);
            }
            fputc('\n', out);
            first = false;
        }
    }
    fputc('\n', out);
    for (size_t row = 0; row < run->meta.row_count; row++) {
        char *reasons = counts_reasons(run, comparisons, count, row);
        if (reasons)
            fprintf(out, "- %s, n/a: %s\n", run->meta.rows[row].name, reasons);
        free(reasons);
    }
}

void markdown_print(const Run *run, const Comparison *const *comparisons, size_t count, FILE *out) {
    for (size_t i = 0; i < count; i++)
        print_comparison(run, comparisons[i], out);
    for (size_t i = 0; i < count; i++)
        print_row_notes(run, comparisons[i], out);
    char *legend = word_legend(run);
    fprintf(out, "\n%s\n", legend);
    free(legend);
}

void markdown_print_shifts(const RunShift *const *shifts, size_t count, FILE *out) {
    for (size_t i = 0; i < count; i++) {
        bool counts = metric_is_ratio_free(shifts[i]->metric);
        fprintf(out, "### %s, second run against first\n\n", word_metric(shifts[i]->metric));
        fputs("| row | allocator | first | second | change | ", out);
        fprintf(out, "%s | verdict |\n|---|---|--:|--:|--:|:--|:--|\n", counts ? "range" : "95 % interval");
        for (size_t c = 0; c < shifts[i]->cell_count; c++) {
            const ShiftCell *cell = &shifts[i]->cells[c];
            char *first = counts ? word_value(cell->first_value, shifts[i]->metric) : word_ratio(cell->first_ratio);
            char *second = counts ? word_value(cell->second_value, shifts[i]->metric) : word_ratio(cell->second_ratio);
            char *ratio = word_ratio(cell->shift.estimate), *interval = word_interval(cell->shift);
            fputs("| ", out);
            print_escaped(cell->row, out);
            fputs(" | ", out);
            print_escaped(cell->arm, out);
            fprintf(out, " | %s | %s | %s | %s | ", first, second, ratio, interval);
            print_escaped(cell->refused ? cell->refused : verdict_name(cell->verdict, shifts[i]->metric), out);
            fputs(" |\n", out);
            free(first);
            free(second);
            free(ratio);
            free(interval);
        }
        fputc('\n', out);
    }
}
