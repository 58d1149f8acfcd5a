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

/* Words of `text` in lines of at most TEXT_WIDTH, all indented. */
static void print_wrapped(FILE *out, const char *text, int indent) {
    int column = fprintf(out, "%*s", indent, "");
    while (*text) {
        size_t length = strcspn(text, " ");
        if (column > indent && column + 1 + (int)length > TEXT_WIDTH) {
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
    char *floor = word_percent(row->noise_floor);
    const char *unit = comparison->metric == METRIC_THROUGHPUT && plan->unit ? plan->unit : "";
    fprintf(out, "\n%s%s%s  %s%zu block%s, A/A noise floor %s%s%s%s%s\n", palette->bold, plan->name, palette->reset,
            palette->dim, row->blocks, row->blocks == 1 ? "" : "s", floor, *unit ? ", " : "", unit, *unit ? "/s" : "",
            palette->reset);
    free(floor);
    for (size_t i = 0; i < row->cell_count; i++)
        print_cell(run, comparison, row, &row->cells[i], width, palette, out);
    if (row->unstable)
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
        fprintf(out, "\n%s%s%s against %s: %s\n", palette.bold, word_metric(comparison->metric), palette.reset,
                run->meta.arms[comparison->reference].name, word_direction(comparison->metric));
        for (size_t row = 0; row < comparison->row_count; row++)
            print_row(run, comparison, &comparison->rows[row], width, &palette, out);
        print_geometric_mean(run, comparison, width, &palette, out);
    }
    char *legend = word_legend(run);
    fputc('\n', out);
    print_wrapped(out, legend, 0);
    free(legend);
}

static void print_shift_cell(const RunShift *shift, const ShiftCell *cell, const Palette *palette, FILE *out) {
    char *first = word_ratio(cell->first_ratio), *second = word_ratio(cell->second_ratio);
    char *ratio = word_ratio(cell->shift.estimate), *interval = word_interval(cell->shift);
    const char *gate = gate_name(cell->gate);
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
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%s%s%s%s: first run -> second run, each against its own baseline; change over 1 is %s\n",
                i ? "\n" : "", palette.bold, word_metric(shifts[i]->metric), palette.reset,
                shifts[i]->metric == METRIC_THROUGHPUT ? "faster" : "fatter");
        const char *row = NULL;
        for (size_t c = 0; c < shifts[i]->cell_count; c++) {
            const ShiftCell *cell = &shifts[i]->cells[c];
            bool first_of_row = !row || strcmp(row, cell->row);
            if (first_of_row)
                fprintf(out, "\n%s%s%s\n", palette.bold, cell->row, palette.reset);
            if (!cell->refused)
                print_shift_cell(shifts[i], cell, &palette, out);
            else if (first_of_row) /* the reason belongs to the row, not to the arm */
                fprintf(out, "  %snot compared: %s%s\n", palette.warn, cell->refused, palette.reset);
            row = cell->row;
        }
    }
    fputc('\n', out);
    print_wrapped(out,
                  "How to read: change [95 % interval] of the ratio to the baseline between two runs without common "
                  "blocks; ~ is no difference shown. Two builds are told apart better as two arms of one run.",
                  0);
}
