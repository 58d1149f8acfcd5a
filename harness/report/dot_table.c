/*
 * dot_table.c - verdicts as dots in text, 80 columns wide.
 *
 *     row                  arm       ratio interval        verdict   0.5  1  2  4
 *     larson t2            minipool  2.107 [1.812, 2.348]  faster         |   -o-
 *
 * The axis of a table is logarithmic and the same for all its lines; what lies outside is an arrow at its end. A name
 * that does not fit stands on a line of its own.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "page_parts.h"
#include "table.h"
#include "wording.h"

enum { WIDTH = 80, LONGEST_NAME = 22, LEAST_PLOT = 12, ROOM_FOR_VERDICT = 15 };

typedef struct DotRow {
    size_t index; /* as the run has them: what ties are sorted by */
    const char *row, *arm;
    Interval ratio;
    char *number, *interval, *verdict;
    Verdict colour;
} DotRow;

typedef struct DotTable {
    DotRow *lines;
    size_t count;
    double low, high; /* of the axis */
    int name, arm, number, interval, verdict, plot;
} DotTable;

bool report_parse_order(const char *name, DotsOrder *order) {
    static const char *const names[] = {[DOTS_BY_ROW] = "row", [DOTS_BY_ARM] = "arm",   [DOTS_BY_RATIO] = "ratio",
                                        [DOTS_BY_LOW] = "low", [DOTS_BY_HIGH] = "high", [DOTS_BY_VERDICT] = "verdict"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i])) {
            *order = (DotsOrder)i;
            return true;
        }
    return false;
}

static bool passes(const DotRow *line, const char *filter) {
    return !filter || strcasestr(line->row, filter) || strcasestr(line->arm, filter) ||
           strcasestr(line->verdict, filter);
}

static void release(DotRow *line) {
    free(line->number);
    free(line->interval);
    free(line->verdict);
}

static void widen(int *width, const char *text, int most) {
    int length = (int)strlen(text);
    length = length < most ? length : most;
    *width = length > *width ? length : *width;
}

/* The axis holds the dots of nine lines in ten and 1, so that one that is far out does not squeeze all others. */
static int by_value(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void find_axis(DotTable *table) {
    double *logs = zeroed(table->count + 1, sizeof *logs);
    size_t count = 0;
    for (size_t i = 0; i < table->count; i++)
        if (table->lines[i].ratio.estimate > 0)
            logs[count++] = log(table->lines[i].ratio.estimate);
    qsort(logs, count, sizeof *logs, by_value);
    size_t cut = count / 20;
    double low = count ? logs[cut] : 0, high = count ? logs[count - 1 - cut] : 0;
    table->low = fmin(low, 0) - 0.2;
    table->high = fmax(high, 0) + 0.2;
    free(logs);
}

static void measure(DotTable *table) {
    table->name = 3;
    table->arm = 3;
    table->number = 5;
    table->interval = 8;
    table->verdict = 7;
    for (size_t i = 0; i < table->count; i++) {
        widen(&table->name, table->lines[i].row, LONGEST_NAME);
        widen(&table->arm, table->lines[i].arm, WIDTH);
        widen(&table->number, table->lines[i].number, WIDTH);
        widen(&table->interval, table->lines[i].interval, WIDTH);
        widen(&table->verdict, table->lines[i].verdict, ROOM_FOR_VERDICT);
    }
    table->plot = WIDTH - table->name - table->arm - table->number - table->interval - table->verdict - 5;
    if (table->plot < LEAST_PLOT) { /* long names of arms: rows give way */
        int missing = LEAST_PLOT - table->plot;
        table->name = table->name - missing > 8 ? table->name - missing : 8;
        table->plot = LEAST_PLOT;
    }
}

static DotTable table_of(const Run *run, const Comparison *comparison, const char *filter) {
    DotTable table = {0};
    table.lines = zeroed(comparison->row_count * run->meta.arm_count + 1, sizeof *table.lines);
    for (size_t r = 0; r < comparison->row_count; r++) {
        const ComparisonRow *row = &comparison->rows[r];
        for (uint32_t arm = 0; row->applies && arm < run->meta.arm_count; arm++) {
            const Cell *cell = comparison_cell(row, arm, false);
            if (!cell || cell->verdict == VERDICT_REFERENCE)
                continue;
            bool alone = metric_is_ratio_free(comparison->metric), skipped = cell->verdict == VERDICT_SKIPPED;
            DotRow line = {.index = table.count,
                           .row = run->meta.rows[r].name,
                           .arm = run->meta.arms[arm].name,
                           .ratio = cell->ratio,
                           .colour = cell->verdict,
                           .number =
                               alone ? word_value(cell->median, comparison->metric) : word_ratio(cell->ratio.estimate),
                           .interval = word_interval(cell->ratio),
                           .verdict = skipped ? text_copy("skipped") : word_verdict(run, row, cell, comparison)};
            if (passes(&line, filter))
                table.lines[table.count++] = line;
            else
                release(&line);
        }
    }
    find_axis(&table);
    measure(&table);
    return table;
}

static double key_of(const DotRow *line, DotsOrder order) {
    return order == DOTS_BY_LOW ? line->ratio.low : order == DOTS_BY_HIGH ? line->ratio.high : line->ratio.estimate;
}

/* Numbers from the largest, unknown ones last; equal lines as the run has them. */
static int by_order(const void *left, const void *right, void *order) {
    const DotRow *a = left, *b = right;
    DotsOrder by = *(const DotsOrder *)order;
    int way = 0;
    if (by == DOTS_BY_ARM)
        way = strcmp(a->arm, b->arm);
    else if (by == DOTS_BY_VERDICT)
        way = strcmp(a->verdict, b->verdict);
    else if (by != DOTS_BY_ROW) {
        double x = key_of(a, by), y = key_of(b, by);
        way = isnan(x) || isnan(y) ? isnan(x) - isnan(y) : (y > x) - (y < x);
    }
    return way ? way : (a->index > b->index) - (a->index < b->index);
}

/* The column of a value in the plot, or one outside of it. */
static int column_of(const DotTable *table, double value) {
    return (int)lround((log(value) - table->low) / (table->high - table->low) * (table->plot - 1));
}

static void put_plot(const DotTable *table, const DotRow *line, FILE *out) {
    char *plot = zeroed((size_t)table->plot + 1, 1);
    int last = table->plot - 1, one = column_of(table, 1);
    memset(plot, ' ', (size_t)table->plot);
    plot[one] = '|';
    if (line->ratio.estimate > 0) {
        bool bar = line->ratio.low > 0 && !isnan(line->ratio.high);
        int dot = column_of(table, line->ratio.estimate);
        int from = bar ? column_of(table, line->ratio.low) : dot, to = bar ? column_of(table, line->ratio.high) : dot;
        for (int i = from < 0 ? 0 : from; i <= to && i <= last; i++)
            plot[i] = i == one ? '+' : '-';
        plot[dot < 0 ? 0 : dot > last ? last : dot] = dot < 0 ? '<' : dot > last ? '>' : 'o';
    }
    int length = table->plot;
    while (length > 0 && plot[length - 1] == ' ')
        length--;
    fprintf(out, "%.*s", length, plot);
    free(plot);
}

/* The numbers over the plot that have room there: 1, then powers of two outwards. */
static void put_axis(const DotTable *table, FILE *out) {
    char *axis = zeroed((size_t)table->plot + 8, 1);
    memset(axis, ' ', (size_t)table->plot);
    for (int step = 0; step < 24; step++) {
        int power = step % 2 ? -(step + 1) / 2 : step / 2;
        double value = exp2(power);
        int at = column_of(table, value);
        char *text = text_format(value < 1 ? "%.3g" : "%.0f", value);
        int length = (int)strlen(text);
        bool room = at >= 0 && at + length <= table->plot;
        for (int i = at > 0 ? at - 1 : at; room && i <= at + length && i < table->plot; i++)
            room = axis[i] == ' ';
        if (room)
            memcpy(axis + at, text, (size_t)length);
        free(text);
    }
    fprintf(out, "%.*s\n", table->plot, axis);
    free(axis);
}

static void put_line(const DotTable *table, const DotRow *line, const Palette *palette, FILE *out) {
    int name = (int)strlen(line->row);
    if (name > table->name)
        fprintf(out, "%s\n%*s", line->row, table->name, "");
    else
        fprintf(out, "%-*s", table->name, line->row);
    bool wide = (int)strlen(line->verdict) > table->verdict;
    fprintf(out, " %-*s %*s %-*s %s%-*.*s%s ", table->arm, line->arm, table->number, line->number, table->interval,
            line->interval, palette_of_verdict(palette, line->colour), table->verdict, table->verdict,
            wide ? "" : line->verdict, palette->reset);
    put_plot(table, line, out);
    fputc('\n', out);
    if (wide)
        fprintf(out, "%*s%s%s%s\n", table->name + table->arm + 2, "", palette_of_verdict(palette, line->colour),
                line->verdict, palette->reset);
}

static void put_table(const Run *run, const Comparison *comparison, DotsOrder order, const char *filter, FILE *out) {
    Palette palette = palette_for(out);
    DotTable table = table_of(run, comparison, filter);
    qsort_r(table.lines, table.count, sizeof *table.lines, by_order, &order);
    char *direction = word_direction(comparison->metric);
    fprintf(out, "\n%s%s%s: %s\n", palette.bold, word_metric(comparison->metric), palette.reset, direction);
    free(direction);
    if (table.count == 0)
        fprintf(out, "no line%s%s%s\n", filter ? " holds '" : "", filter ? filter : "", filter ? "'" : "");
    else {
        fprintf(out, "%s%-*s %-*s %*s %-*s %-*s ", palette.dim, table.name, "row", table.arm, "arm", table.number,
                "ratio", table.interval, "interval", table.verdict, "verdict");
        put_axis(&table, out);
        fputs(palette.reset, out);
    }
    for (size_t i = 0; i < table.count; i++) {
        put_line(&table, &table.lines[i], &palette, out);
        release(&table.lines[i]);
    }
    free(table.lines);
}

int report_print_dots(const Run *run, DotsOrder order, const char *filter, FILE *out) {
    PageSource source = page_source(run);
    PageAnswer answer = page_answer(&source);
    for (size_t i = 0; i < answer.lead.count; i++)
        table_print_wrapped(out, answer.lead.items[i], 0, WIDTH);
    for (size_t i = 0; i < source.count; i++)
        put_table(run, source.comparisons[i], order, filter, out);
    char *legend = word_legend(run);
    fputc('\n', out);
    table_print_wrapped(out, legend, 0, WIDTH);
    free(legend);
    page_answer_release(&answer);
    page_source_release(&source);
    return fflush(out) == 0 && !ferror(out) ? 0 : -1;
}
