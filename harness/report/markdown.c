/*
 * markdown.c - comparisons as Markdown tables, to paste into an issue or a README.
 */
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"
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
    bool strong = cell->verdict == VERDICT_BETTER || cell->verdict == VERDICT_WORSE;
    fputs("| ", out);
    print_escaped(first ? run->meta.rows[row->row].name : "", out);
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
}

static void print_comparison(const Run *run, const Comparison *comparison, FILE *out) {
    fprintf(out, "### %s against %s (%s)\n\n", word_metric(comparison->metric),
            run->meta.arms[comparison->reference].name, word_direction(comparison->metric));
    fprintf(out, "| row | allocator | ratio | 95 %% interval | %s | verdict |\n|---|---|--:|:--|--:|:--|\n",
            comparison->metric == METRIC_THROUGHPUT ? "median a second" : "median");
    for (size_t r = 0; r < comparison->row_count; r++) {
        const ComparisonRow *row = &comparison->rows[r];
        for (size_t c = 0; c < row->cell_count; c++)
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
        char *floor = word_percent(row->noise_floor);
        fprintf(out, "- %s, %s: %zu blocks, A/A noise floor %s", run->meta.rows[row->row].name,
                word_metric(comparison->metric), row->blocks, floor);
        if (row->unstable)
            fputs("; unstable, the baseline differs from itself", out);
        if (row->drift > 0.5 || row->drift < -0.5)
            fprintf(out, "; drift over the blocks (Spearman %+.2f)", row->drift);
        fputc('\n', out);
        free(floor);
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
        fprintf(out, "### %s, second run against first\n\n", word_metric(shifts[i]->metric));
        fputs(
            "| row | allocator | first | second | change | 95 % interval | verdict |\n|---|---|--:|--:|--:|:--|:--|\n",
            out);
        for (size_t c = 0; c < shifts[i]->cell_count; c++) {
            const ShiftCell *cell = &shifts[i]->cells[c];
            char *first = word_ratio(cell->first_ratio), *second = word_ratio(cell->second_ratio);
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
