/*
 * page_tables.c - verdicts, heat map and counts: a row of the run is a line, an arm a column. Every cell that a run
 * should have is there; one without a ratio says why.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "page_parts.h"
#include "table.h"
#include "wording.h"

const char *page_heat(Metric metric, double ratio) {
    static const char *const good[] = {"g1", "g1", "g2", "g3", "g4"}, *const bad[] = {"b1", "b1", "b2", "b3", "b4"};
    static const double steps[] = {1.05, 1.15, 1.5, 2.5}; /* of the larger by the smaller */
    size_t step = 0;
    while (step < sizeof steps / sizeof *steps && fmax(ratio, 1 / ratio) >= steps[step])
        step++;
    return (metric_info(metric)->larger_is_better == (ratio > 1) ? good : bad)[step];
}

/* The colour of a cell that has a verdict; else "". */
static const char *heat_of(const Comparison *comparison, const Cell *cell) {
    if (cell->verdict != VERDICT_BETTER && cell->verdict != VERDICT_WORSE)
        return "";
    return page_heat(comparison->metric, cell->ratio.estimate);
}

static bool is_failure(const Cell *cell) {
    return cell->verdict == VERDICT_FAILED || cell->verdict == VERDICT_SKIPPED;
}

/* A head that a script makes a button for sorting. */
static void put_head(FILE *out, const char *text, bool numbers) {
    html_put(out,
             numbers ? "<th scope=\"col\" data-sort=\"number\">$</th>" : "<th scope=\"col\" data-sort=\"text\">$</th>",
             text);
}

/* The value that a script sorts by; nothing for NAN, which then comes last. */
static void put_key(FILE *out, double value) {
    if (isfinite(value))
        fprintf(out, " data-v=\"%.6g\"", value);
}

static void put_row_name(FILE *out, const Row *row) {
    html_put(out, "<th scope=\"row\">$", row->name);
    if (row->unsupported)
        html_put(out, " <small class=\"failed\">$</small>", row->unsupported);
    fputs("</th>", out);
}

static void put_verdict_cell(const PageSource *source, const Comparison *comparison, const ComparisonRow *row,
                             const Cell *cell, FILE *out) {
    bool failed = is_failure(cell), alone = metric_is_ratio_free(comparison->metric);
    char *verdict =
        cell->verdict == VERDICT_SKIPPED ? text_copy("skipped") : word_verdict(source->run, row, cell, comparison);
    char *ratio = alone || cell->verdict == VERDICT_REFERENCE ? word_value(cell->median, comparison->metric)
                                                              : word_ratio(cell->ratio.estimate);
    char *interval = alone ? text_copy("") : word_interval(cell->ratio);
    fprintf(out, "<td class=\"%s\"", failed ? "failed" : heat_of(comparison, cell));
    put_key(out, failed ? NAN : alone ? cell->median : cell->ratio.estimate);
    if (cell->message)
        html_put(out, " title=\"$\"", cell->message);
    fputc('>', out);
    if (!failed || cell->ok > 0)
        html_put(out, "<b>$</b> ", ratio);
    if (*interval && cell->verdict != VERDICT_REFERENCE)
        html_put(out, "<small>$</small> ", interval);
    if (cell->verdict != VERDICT_REFERENCE)
        html_put(out, "<i>$</i>", verdict);
    char *share = word_share_of_bound(source->run, comparison, row, cell);
    if (share)
        html_put(out, "<i class=\"share\">$ of limit</i>", share);
    fputs("</td>", out);
    free(share);
    free(verdict);
    free(ratio);
    free(interval);
}

static void put_table_tools(FILE *out, const char *what) {
    html_put(
        out,
        "<div class=\"tools\" hidden><label>Show rows that contain <input type=\"search\" "
        "autocomplete=\"off\"></label> <output></output></div>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
        "aria-label=\"$\">",
        what);
}

char *page_arm_head(const Arm *arm) {
    return text_format("%s%s", arm->name, arm_is_bound(arm) ? " (a bound)" : "");
}

static void put_arm_heads(const RunMeta *meta, FILE *out) {
    for (size_t arm = 0; arm < meta->arm_count; arm++) {
        char *head = page_arm_head(&meta->arms[arm]);
        put_head(out, head, true);
        free(head);
    }
}

/* The geometric mean at the foot of a table; it stays there when rows are sorted. */
static void put_means(const PageSource *source, const Comparison *comparison, size_t columns, FILE *out) {
    fputs("<tfoot><tr><th scope=\"row\">geometric mean</th>", out);
    for (size_t arm = 0; arm < source->run->meta.arm_count; arm++) {
        Interval mean = comparison->geometric_mean[arm];
        char *ratio = word_ratio(mean.estimate), *interval = word_interval(mean);
        bool reference = arm == comparison->reference;
        html_put(out, "<td><b>$</b> <small>$</small></td>",
                 reference                              ? "1"
                 : comparison->geometric_mean_rows[arm] ? ratio
                                                        : "-",
                 reference ? "" : interval);
        free(ratio);
        free(interval);
    }
    for (size_t i = 0; i < columns; i++)
        fputs("<td></td>", out);
    fputs("</tr></tfoot>", out);
}

static void put_verdict_table(const PageSource *source, const Comparison *comparison, bool open, FILE *out) {
    const RunMeta *meta = &source->run->meta;
    bool ratios = !metric_is_ratio_free(comparison->metric);
    char *direction = word_direction(comparison->metric);
    char *title = ratios ? text_format("%s against %s: %s", word_metric(comparison->metric),
                                       meta->arms[comparison->reference].name, direction)
                         : text_format("%s: %s", word_metric(comparison->metric), direction);
    if (open)
        html_put(out, "<details open><summary>$</summary>\n", title);
    else
        html_fold_begin(out, title);
    put_table_tools(out, title);
    html_put(out, "<table class=\"sortable verdicts\"><caption>$</caption><thead><tr>", title);
    put_head(out, "row", false);
    put_arm_heads(meta, out);
    if (ratios) {
        put_head(out, "A/A noise floor", true);
        put_head(out, "row is", false);
    }
    fputs("</tr></thead><tbody>\n", out);
    for (size_t r = 0; r < comparison->row_count; r++) {
        const ComparisonRow *row = &comparison->rows[r];
        if (!row->applies)
            continue;
        fputs("<tr>", out);
        put_row_name(out, &meta->rows[r]);
        for (uint32_t arm = 0; arm < meta->arm_count; arm++)
            put_verdict_cell(source, comparison, row, comparison_cell(row, arm, false), out);
        if (ratios) {
            char *floor = word_percent(row->noise_floor);
            fputs("<td", out);
            put_key(out, row->noise_floor);
            html_put(out, ">$</td><td>$</td>", floor,
                     row->disturbed_too_often ? "unstable: disturbed"
                     : row->unstable          ? "unstable"
                                              : "");
            free(floor);
        }
        fputs("</tr>\n", out);
    }
    fputs("</tbody>", out);
    if (ratios)
        put_means(source, comparison, 2, out);
    fputs("</table></div>\n", out);
    if (open)
        fputs("</details>\n", out);
    else
        html_fold_end(out);
    free(title);
    free(direction);
}

static bool any_share_of_bound(const PageSource *source) {
    const Comparison *speed = page_comparison(source, METRIC_THROUGHPUT);
    for (size_t row = 0; speed && row < speed->row_count; row++) {
        char *line = speed->rows[row].applies ? word_bound(source->run, speed, &speed->rows[row]) : NULL;
        bool found = line != NULL;
        free(line);
        if (found)
            return true;
    }
    return false;
}

/* The first table is open where it has at most so many rows: laying out thousands of cells is what takes long when the
 * page opens. */
enum { OPEN_ROWS = 300 };

void page_write_verdicts(const PageSource *source, FILE *out) {
    char *legend = word_legend(source->run);
    html_put(out, "<section id=\"verdicts\">\n<h2>Verdicts</h2>\n<p>$ The baseline's column holds its median", legend);
    html_put(out, "$.</p>\n", source->count ? word_unit(source->comparisons[0]->metric) : "");
    free(legend);
    if (any_share_of_bound(source))
        fputs("<p>The arm <b>limit</b> is a bound for speed and no allocator to use: it does nothing but pop and push "
              "blocks of the own thread. The share of its throughput that an arm reaches stands in grey; where it is "
              "over 100 %, "
              "limit is no bound.</p>\n",
              out);
    for (size_t i = 0; i < source->count; i++)
        put_verdict_table(source, source->comparisons[i], i == 0 && source->run->meta.row_count <= OPEN_ROWS, out);
    fputs("</section>\n", out);
}

/* At most so many metrics stand side by side in the heat map. */
enum { HEAT_METRICS = 2 };

static void put_heat_cell(const Comparison *comparison, const Cell *cell, FILE *out) {
    if (!cell) {
        fputs("<td></td>", out);
        return;
    }
    if (is_failure(cell)) {
        const char *why = cell->verdict == VERDICT_SKIPPED ? "skipped"
                          : cell->failed                   ? sample_status_name(cell->worst_status)
                                                           : "no ratio";
        html_put(out, "<td class=\"failed\">$</td>", why);
        return;
    }
    char *ratio = word_ratio(cell->ratio.estimate);
    const char *heat = heat_of(comparison, cell);
    html_put(out, "<td class=\"$\">$</td>", *heat ? heat : "open", ratio);
    free(ratio);
}

/* Those of the run that have ratios, from the first. */
static size_t heat_metrics(const PageSource *source, const Comparison *shown[HEAT_METRICS]) {
    size_t count = 0;
    for (size_t i = 0; i < source->count && count < HEAT_METRICS; i++)
        if (!metric_is_ratio_free(source->comparisons[i]->metric))
            shown[count++] = source->comparisons[i];
    return source->run->meta.arm_count > 1 ? count : 0;
}

bool page_has_heat_map(const PageSource *source) {
    const Comparison *shown[HEAT_METRICS];
    return heat_metrics(source, shown) > 0;
}

void page_write_heat_map(const PageSource *source, FILE *out) {
    const RunMeta *meta = &source->run->meta;
    const Comparison *shown[HEAT_METRICS];
    size_t count = heat_metrics(source, shown);
    if (count == 0)
        return;
    html_put(
        out,
        "<section id=\"heat\">\n<h2>Heat map</h2>\n<p>Ratio to $. Coloured where a verdict was given: "
        "<span class=\"key g4\">much better</span> <span class=\"key g2\">better</span> <span "
        "class=\"key b2\">worse</span> <span class=\"key b4\">much worse</span>; <span class=\"key open\">grey"
        "</span> where no difference is shown or the row proves nothing; <span class=\"key failed\">the word</span> "
        "where it failed.</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"heat map\">"
        "<table class=\"heat\"><caption>Ratios by row and arm</caption><thead><tr><td></td>",
        meta->arms[meta->baseline].name);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "<th scope=\"colgroup\" colspan=\"%zu\">", meta->arm_count - 1);
        html_put(out, "$</th>", word_metric(shown[i]->metric));
    }
    fputs("</tr><tr><th scope=\"col\">row</th>", out);
    for (size_t i = 0; i < count; i++)
        for (size_t arm = 0; arm < meta->arm_count; arm++)
            if (arm != meta->baseline) {
                char *head = page_arm_head(&meta->arms[arm]);
                html_put(out, "<th scope=\"col\">$</th>", head);
                free(head);
            }
    fputs("</tr></thead><tbody>\n", out);
    for (size_t row = 0; row < meta->row_count; row++) {
        html_put(out, "<tr><th scope=\"row\">$</th>", meta->rows[row].name);
        for (size_t i = 0; i < count; i++)
            for (uint32_t arm = 0; arm < meta->arm_count; arm++)
                if (arm != meta->baseline)
                    put_heat_cell(
                        shown[i],
                        shown[i]->rows[row].applies ? comparison_cell(&shown[i]->rows[row], arm, false) : NULL, out);
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div></section>\n", out);
}

static void put_counts_table(const PageSource *source, const Comparison *counts, FILE *out) {
    const RunMeta *meta = &source->run->meta;
    html_fold_begin(out, word_metric(counts->metric));
    put_table_tools(out, word_metric(counts->metric));
    html_put(out, "<table class=\"sortable\"><caption>$ per 1,000 operations</caption><thead><tr>",
             word_metric(counts->metric));
    put_head(out, "row", false);
    put_arm_heads(meta, out);
    fputs("</tr></thead><tbody>\n", out);
    for (size_t row = 0; row < counts->row_count; row++) {
        if (!counts_has_line(source->run, counts, row))
            continue;
        fputs("<tr>", out);
        put_row_name(out, &meta->rows[row]);
        for (size_t arm = 0; arm < meta->arm_count; arm++) {
            const Cell *cell = &counts->rows[row].cells[arm];
            char *value = counts_word(counts, row, arm);
            fputs("<td", out);
            put_key(out, cell->ok ? cell->median : NAN);
            if (!cell->ok && cell->message)
                html_put(out, " class=\"failed\">$<i>$</i></td>", value, cell->message);
            else
                html_put(out, ">$</td>", value);
            free(value);
        }
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
    html_fold_end(out);
}

void page_write_counts(const PageSource *source, FILE *out) {
    Metric counted[METRIC_COUNT];
    size_t count = metrics_observes_counts(&source->run->meta) ? metrics_counted(source->run, counted) : 0;
    if (count == 0)
        return;
    fputs("<section id=\"counts\">\n<h2>Counts</h2>\n<p>Medians per 1,000 operations.</p>\n", out);
    for (size_t i = 0; i < count; i++) {
        Comparison *counts = comparison_of_run(source->run, counted[i], source->run->meta.baseline);
        put_counts_table(source, counts, out);
        comparison_free(counts);
    }
    fputs("</section>\n", out);
}
