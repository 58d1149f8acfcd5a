/*
 * page.c - the frame of the page, and the pictures.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gnuplot.h"
#include "page_parts.h"
#include "svg_inline.h"

PageSource page_source(const Run *run) {
    Metric metrics[METRIC_COUNT];
    PageSource source = {.run = run, .count = metrics_of_run(run, metrics)};
    for (size_t i = 0; i < source.count; i++)
        source.comparisons[i] = comparison_of_run(run, metrics[i], run->meta.baseline);
    return source;
}

void page_source_release(PageSource *source) {
    for (size_t i = 0; i < source->count; i++)
        comparison_free(source->comparisons[i]);
}

const Comparison *page_comparison(const PageSource *source, Metric metric) {
    for (size_t i = 0; i < source->count; i++)
        if (source->comparisons[i]->metric == metric)
            return source->comparisons[i];
    return NULL;
}

/* A whole file; owned, NULL with errno. */
static char *read_file(const char *folder, const char *name) {
    char *path = text_format("%s/%s", folder, name), *text = NULL;
    size_t capacity = 0;
    FILE *file = fopen(path, "r");
    free(path);
    if (!file)
        return NULL;
    ssize_t length = getdelim(&text, &capacity, '\0', file);
    int saved = errno;
    fclose(file);
    if (length < 0) {
        free(text);
        errno = saved;
        return NULL;
    }
    return text;
}

/* "thread_scaling" as "Thread scaling", "peak_rss" as "Peak RSS". */
static char *chart_title(const char *name) {
    char *title = text_copy(name), *abbreviation = strstr(title, "rss");
    if (!abbreviation)
        abbreviation = strstr(title, "thp");
    for (size_t i = 0; abbreviation && i < 3; i++)
        abbreviation[i] = (char)(abbreviation[i] - 'a' + 'A');
    for (char *at = title; *at; at++)
        *at = *at == '_' ? ' ' : *at;
    *title = *title >= 'a' && *title <= 'z' ? (char)(*title - 'a' + 'A') : *title;
    return title;
}

/* One page of a chart. The first of a page's pictures brings the definitions of marks, which all share. */
static bool put_picture(const PageParts *parts, const char *name, size_t page, const ChartTips *tips, bool with_marks,
                        FILE *out) {
    char *file = gnuplot_picture(name, page, "svg"), *svg = read_file(parts->pictures, file);
    free(file);
    if (!svg)
        return false;
    if (with_marks)
        svg_inline_marks(out, svg);
    char *title = chart_title(name);
    char *label = text_format(
        "Chart: %s, page %zu; arrow keys go from mark to mark, numbers are in the tables and files", title, page);
    html_put(out, "<div class=\"chart scroll\" tabindex=\"0\" role=\"region\" aria-label=\"$\">", label);
    svg_inline(out, svg, label, tips, page);
    fputs("</div>\n", out);
    free(label);
    free(title);
    free(svg);
    return true;
}

/* Further pages of a chart are folded away, so that a page of many charts opens at once. */
static bool put_chart(const PageParts *parts, size_t chart, bool with_marks, FILE *out) {
    const char *name = CHARTS[chart].name;
    char *title = chart_title(name);
    html_put(out, "<details class=\"figure\" id=\"chart-$\" open><summary>$</summary>\n", name, title);
    free(title);
    ChartTips tips = chart_tips_read(parts->pictures, name);
    size_t pages = parts->pages[chart], shown = pages < PAGE_MOST_PICTURES ? pages : PAGE_MOST_PICTURES;
    bool good = true;
    for (size_t page = 1; good && page <= shown; page++) {
        if (page > 1) {
            char *summary = text_format("Page %zu of %zu", page, pages);
            html_fold_begin(out, summary);
            free(summary);
        }
        good = put_picture(parts, name, page, &tips, with_marks && page == 1, out);
        if (page > 1)
            html_fold_end(out);
    }
    chart_tips_release(&tips);
    if (shown < pages)
        fprintf(out,
                "<p class=\"note\">Pages %zu to %zu are not in this report, so that it opens at once; <code>allocbench "
                "charts RUN</code> draws all. The tables above have every row.</p>\n",
                shown + 1, pages);
    fputs("</details>\n", out);
    return good;
}

/* The colours of the arms, by which a script names what the pointer is on. */
static void put_arm_colours(const RunMeta *meta, FILE *out) {
    ArmStyle *styles = arm_styles(meta);
    fputs("<p class=\"legend\">", out);
    for (size_t arm = 0; arm < meta->arm_count; arm++) {
        unsigned colour = styles[arm].colour;
        fprintf(out,
                "<span data-rgb=\"rgb(%u, %u, %u)\"><svg class=\"swatch\" viewBox=\"-2 -2 4 4\" fill=\"none\" "
                "aria-hidden=\"true\"><use "
                "href=\"#gpPt%d\" color=\"#%06x\"/></svg>",
                colour >> 16, colour >> 8 & 255, colour & 255, styles[arm].mark - 1, colour);
        html_put(out, "$</span> ", meta->arms[arm].name);
    }
    fputs("</p>\n", out);
    free(styles);
}

static bool put_charts(const PageSource *source, const PageParts *parts, FILE *out) {
    fputs("<section id=\"charts\">\n<h2>Charts</h2>\n", out);
    put_arm_colours(&source->run->meta, out);
    bool good = true, first = true;
    for (int overview = 1; overview >= 0; overview--) /* what stands for all rows comes first */
        for (size_t i = 0; i < CHART_COUNT && good; i++) {
            if (parts->pages[i] == 0 || (strcmp(CHARTS[i].name, "speed_memory") == 0) != overview)
                continue;
            good = put_chart(parts, i, first, out);
            first = false;
        }
    fputs("<details><summary>Charts that this run has no data for</summary><ul>\n", out);
    for (size_t i = 0; i < CHART_COUNT; i++)
        if (parts->pages[i] == 0)
            html_put(out, "<li><code>$</code> needs $</li>\n", CHARTS[i].name, CHARTS[i].needs);
    fputs("</ul></details>\n</section>\n", out);
    return good;
}

char *page_generator(const char *gnuplot) {
    return text_format("allocbench, %s", gnuplot);
}

static void put_head(const PageSource *source, const PageParts *parts, FILE *out) {
    const Run *run = source->run;
    char *generator = page_generator(parts->gnuplot);
    html_put(out,
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
             "content=\"width=device-width, initial-scale=1\">\n<meta name=\"generator\" content=\"$\">\n<title>$ - "
             "allocbench</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n",
             generator, run->meta.id);
    free(generator);
    fputs(parts->style, out);
    html_put(
        out,
        "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#answer\">To the answer</a>\n<header><p>allocbench run "
        "<b>$</b>, suite $, $ mode</p>\n<nav aria-label=\"sections\">",
        run->meta.id, run->meta.suite ? run->meta.suite : "-", run_mode_name(run->meta.mode));
    static const PageLink sections[] = {{"#answer", "Answer"},      {"#verdicts", "Verdicts"}, {"#heat", "Heat map"},
                                        {"#charts", "Charts"},      {"#noise", "Noise"},       {"#machine", "Machine"},
                                        {"#commands", "Repeat it"}, {"#data", "Raw data"}};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (strcmp(sections[i].href, "#heat") || page_has_heat_map(source))
            html_put(out, "<a href=\"$\">$</a> ", sections[i].href, sections[i].text);
    fputs("</nav></header>\n<main>\n", out);
}

static void put_data(const PageParts *parts, FILE *out) {
    fputs("<section id=\"data\">\n<h2>Raw data</h2>\n<ul>\n", out);
    for (size_t i = 0; i < parts->link_count; i++)
        html_put(out, "<li><a href=\"$\">$</a>: $</li>\n", parts->links[i].href, parts->links[i].href,
                 parts->links[i].text);
    fputs("</ul>\n<p>Everything on this page is computed from these files: <code>allocbench report</code> gives it "
          "again, "
          "<code>allocbench compare</code> the tables.</p>\n</section>\n",
          out);
}

int page_write(const Run *run, const PageParts *parts, FILE *out) {
    PageSource source = page_source(run);
    put_head(&source, parts, out);
    page_write_answer(&source, out);
    page_write_verdicts(&source, out);
    page_write_heat_map(&source, out);
    bool good = put_charts(&source, parts, out);
    int saved = errno;
    page_write_counts(&source, out);
    page_write_noise(&source, out);
    page_write_machine(&source, out);
    page_write_commands(&source, out);
    put_data(parts, out);
    fputs("</main>\n<script>\n", out);
    fputs(parts->script, out);
    fputs("</script>\n</body>\n</html>\n", out);
    page_source_release(&source);
    if (!good) {
        errno = saved;
        return -1;
    }
    return fflush(out) == 0 && !ferror(out) ? 0 : -1;
}
