/*
 * chart.c - the frame of every chart: sizes, places, texts.
 */
#include "chart.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"
#include "processors.h"

/* Pixels. */
static const double GREATEST_HEIGHT = 2400; /* of a page: what people can scroll through and still find a row in */
static const double FIGURE_WIDTH = 1000, OUTER = 16, COLUMN_GAP = 28, ROW_GAP = 14;
static const double TITLES = 78, FOOTER_LINE = 16;        /* the figure's three lines of text; each line at its foot */
static const double PANEL_HEADER = 38, PANEL_FOOTER = 24; /* title and note above, tics below */
static const double CHARACTER = 6.9;

const ChartInfo CHARTS[CHART_COUNT + 1] = {
    {"throughput_ratio", chart_write_ratio, "timed blocks: allocbench run"},
    {"throughput", chart_write_throughput, "timed blocks: allocbench run"},
    {"thread_scaling", chart_write_scaling, "a workload at several numbers of threads: allocbench run --threads 1..2n"},
    {"parameter_sweep", chart_write_sweep, "a parameter with several values: allocbench run --set 'size=8..32K*2'"},
    {"peak_rss", chart_write_peak, "timed blocks: allocbench run"},
    {"rss_over_time", chart_write_rss, "throughput mode and slots of more than 10 ms"},
    {"overhead_over_time", chart_write_overhead, "blocks that count live bytes"},
    {"waste_retention", chart_write_waste, "blocks that count live and usable bytes"},
    {"speed_memory", chart_write_scatter, "two arms with timed blocks"},
    {"latency", chart_write_latency, "latencies: allocbench run --mode latency"},
    {"latency_ratio", chart_write_latency_ratio, "latencies: allocbench run --mode latency"},
    {"idle_return", chart_write_idle, "a workload with an idle phase"},
    {"memory_limit", chart_write_limit, "limits: allocbench run --mode limit"},
    {"limit_curve", chart_write_limit_curve, "limits: allocbench run --mode limit"},
    {"thp", chart_write_thp, "rows with and without huge pages: allocbench run --thp inherit,never"},
    {"tiers", chart_write_tiers, "an allocator that counts itself, as minipool: allocbench run --counters=tiers"},
    {0},
};

const Comparison *chart_comparison(const ChartSource *source, Metric metric) {
    if (!source->comparisons[metric])
        source->comparisons[metric] = comparison_of_run(source->run, metric, source->run->meta.baseline);
    return source->comparisons[metric];
}

static int write_all(const Run *run, const char *folder, bool tips, size_t pages[CHART_COUNT]) {
    ChartSource source = {
        .run = run,
        .comparisons = zeroed(METRIC_COUNT, sizeof *source.comparisons),
        .compared = block_tables_of_run(run, BLOCKS_COMPARED),
        .observed = block_tables_of_run(run, run->meta.memory_blocks > 0 ? BLOCKS_OF_MEMORY : BLOCKS_COMPARED),
        .styles = arm_styles(&run->meta),
        .titles = zeroed(run->meta.row_count, sizeof *source.titles),
        .footer = chart_footer(run),
        .tips = tips,
    };
    for (uint32_t row = 0; row < run->meta.row_count; row++)
        source.titles[row] = row_title(&run->meta, row);
    int count = 0;
    for (size_t i = 0; i < CHART_COUNT && count >= 0; i++) {
        int written = CHARTS[i].write(&source, folder);
        pages[i] = written > 0 ? (size_t)written : 0;
        count = written < 0 ? -1 : count + (written > 0);
    }
    int saved = errno;
    for (size_t metric = 0; metric < METRIC_COUNT; metric++)
        if (source.comparisons[metric])
            comparison_free(source.comparisons[metric]);
    free(source.comparisons);
    block_tables_free(source.compared, run->meta.row_count);
    block_tables_free(source.observed, run->meta.row_count);
    free(source.styles);
    for (size_t row = 0; row < run->meta.row_count; row++)
        free(source.titles[row]);
    free(source.titles);
    text_list_release(&source.footer);
    errno = saved;
    return count;
}

int chart_write_all(const Run *run, const char *folder, size_t pages[CHART_COUNT]) {
    return write_all(run, folder, false, pages);
}

int chart_write_all_with_tips(const Run *run, const char *folder, size_t pages[CHART_COUNT]) {
    return write_all(run, folder, true, pages);
}

bool chart_mode_shows_memory(RunMode mode) {
    return mode == MODE_THROUGHPUT;
}

size_t chart_arm_count(const Run *run) {
    size_t count = 0;
    for (size_t arm = 0; arm < run->meta.arm_count; arm++)
        count += run->meta.arms[arm].available;
    return count;
}

/* A gnuplot string in single quotes, in which only the quote itself is special. */
static void put_quoted(FILE *out, const char *text) {
    fputc('\'', out);
    for (; *text; text++) {
        if (*text == '\'')
            fputc('\'', out);
        fputc(*text == '\n' || *text == '\r' ? ' ' : *text, out);
    }
    fputc('\'', out);
}

/* The same for a text that is set in bold, which gnuplot can only do inside its markup: the markup's own characters are
 * escaped. */
static void put_title(FILE *out, const char *text) {
    char *escaped = zeroed(2 * strlen(text) + 1, 1), *end = escaped;
    for (; *text; text++) {
        if (strchr("^_{}@&~\\", *text))
            *end++ = '\\';
        *end++ = *text;
    }
    put_quoted(out, escaped);
    free(escaped);
}

void chart_put_text(FILE *out, const char *text) {
    fputs(" \"", out);
    for (; *text; text++)
        fputc(*text == '"' ? '\'' : *text == '\\' ? '/' : (unsigned char)*text < ' ' ? ' ' : *text, out);
    fputc('"', out);
}

void chart_put_number(FILE *out, double value) {
    if (isfinite(value))
        fprintf(out, " %.4g", value);
    else
        fputs(" NaN", out);
}

static FILE *open_data(const char *folder, const char *name, const char *suffix) {
    char *path = text_format("%s/data/%s.%s", folder, name, suffix);
    FILE *file = fopen(path, "w");
    free(path);
    return file;
}

static size_t divided_up(size_t number, size_t by) {
    return (number + by - 1) / by;
}

/* The height of a page with so many lines of panels. */
static double height_of(const Chart *chart, size_t lines) {
    return chart->frame_height + (double)lines * (chart->panel_height + ROW_GAP);
}

/* As many pages as needed, with equally many lines of panels but for the last. */
static void divide_into_pages(Chart *chart) {
    size_t lines = divided_up(chart->panel_count, chart->columns), most = lines;
    while (most > 1 && height_of(chart, most) > GREATEST_HEIGHT)
        most--;
    chart->page_lines = divided_up(lines, divided_up(lines, most));
    chart->pages = divided_up(lines, chart->page_lines);
    chart->height = height_of(chart, chart->page_lines);
    chart->last_height = height_of(chart, lines - (chart->pages - 1) * chart->page_lines);
}

bool chart_begin(Chart *chart, const char *folder, const char *name, const ChartSource *source, size_t panels,
                 double panel_height) {
    *chart = (Chart){.panel_count = panels, .columns = panels > 1 ? 2 : 1, .width = FIGURE_WIDTH};
    chart->panel_height = panel_height + PANEL_HEADER + PANEL_FOOTER;
    chart->frame_height = TITLES + OUTER + (double)source->footer.count * FOOTER_LINE;
    divide_into_pages(chart);
    chart->layout = open_data(folder, name, "layout");
    chart->data = chart->layout ? open_data(folder, name, "dat") : NULL;
    chart->tips = chart->data && source->tips ? open_data(folder, name, "tips") : NULL;
    if (!chart->data || (source->tips && !chart->tips)) {
        int saved = errno;
        if (chart->layout)
            fclose(chart->layout);
        if (chart->data)
            fclose(chart->data);
        errno = saved;
        return false;
    }
    fprintf(chart->layout, "panels = %zu\narms = %zu\npages = %zu\n", panels, source->run->meta.arm_count,
            chart->pages);
    fprintf(chart->layout, "width = %.0f\nheight = page < pages ? %.0f : %.0f\n", chart->width, chart->height,
            chart->last_height);
    size_t page_panels = chart->page_lines * chart->columns;
    fprintf(chart->layout, "first_panel = 1 + (page - 1) * %zu\nlast_panel = page < pages ? page * %zu : panels\n",
            page_panels, page_panels);
    static const char *const arrays[] = {"kind",       "title",       "note",       "left",        "right",  "top",
                                         "bottom",     "title_x",     "title_y",    "note_y",      "xlow",   "xhigh",
                                         "ylow",       "yhigh",       "xlog",       "ylog",        "xtics",  "ytics",
                                         "band_x_low", "band_x_high", "band_y_low", "band_y_high", "line_x", "line_y"};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        fprintf(chart->layout, "array panel_%s[panels]\n", arrays[i]);
    fputs("array arm_colour[arms]\narray arm_mark[arms]\n", chart->layout);
    for (size_t arm = 0; arm < source->run->meta.arm_count; arm++)
        fprintf(chart->layout, "arm_colour[%zu] = %u\narm_mark[%zu] = %d\n", arm + 1, source->styles[arm].colour,
                arm + 1, source->styles[arm].mark);
    fprintf(chart->layout, "footer_lines = %zu\narray footer[footer_lines + 1]\n", source->footer.count);
    for (size_t i = 0; i < source->footer.count; i++) {
        fprintf(chart->layout, "footer[%zu] = ", i + 1);
        put_quoted(chart->layout, source->footer.items[i]);
        fputc('\n', chart->layout);
    }
    return true;
}

void chart_titles(Chart *chart, const char *title, const char *first, const char *second) {
    fputs("figure_title = ", chart->layout);
    put_title(chart->layout, title);
    if (chart->pages > 1)
        fputs(" . sprintf(', page %d of %d', page, pages)", chart->layout);
    fputs("\nfigure_first = ", chart->layout);
    put_quoted(chart->layout, first);
    fputs("\nfigure_second = ", chart->layout);
    put_quoted(chart->layout, second);
    fputc('\n', chart->layout);
}

static double column_width(const Chart *chart) {
    return (chart->width - 2 * OUTER - (double)(chart->columns - 1) * COLUMN_GAP) / (double)chart->columns;
}

double chart_plot_width(const Chart *chart, const Panel *panel) {
    return column_width(chart) - panel->left - panel->right;
}

double chart_plot_height(const Chart *chart) {
    return chart->panel_height - PANEL_HEADER - PANEL_FOOTER;
}

static void put_value(Chart *chart, const char *name, double value) {
    fprintf(chart->layout, "panel_%s[%zu] =", name, chart->next_panel);
    chart_put_number(chart->layout, value);
    fputc('\n', chart->layout);
}

/* A place in the figure as gnuplot's fraction of it, counted from below. Six digits: places must not jump by rounding.
 */
static void put_place(Chart *chart, const char *name, double pixels, double whole) {
    fprintf(chart->layout, "panel_%s[%zu] = %.6f\n", name, chart->next_panel, pixels / whole);
}

static void put_text(Chart *chart, const char *name, const char *text) {
    fprintf(chart->layout, "panel_%s[%zu] = ", name, chart->next_panel);
    put_quoted(chart->layout, text);
    fputc('\n', chart->layout);
}

Panel chart_new_panel(PanelKind kind, const char *title, const char *note) {
    const Interval none = {NAN, NAN, NAN};
    return (Panel){
        .kind = kind, .title = title, .note = note, .band_x = none, .band_y = none, .line_x = NAN, .line_y = NAN};
}

void chart_panel(Chart *chart, const Panel *panel) {
    if (chart->next_panel > 0)
        fputs("\n\n", chart->data);
    size_t column = chart->next_panel % chart->columns, line = chart->next_panel / chart->columns;
    double height = line / chart->page_lines + 1 < chart->pages ? chart->height : chart->last_height;
    size_t page = line / chart->page_lines + 1;
    line %= chart->page_lines;
    chart->next_panel++;
    double x = OUTER + (double)column * (column_width(chart) + COLUMN_GAP);
    double top = TITLES + (double)line * (chart->panel_height + ROW_GAP);
    double plot_top = top + PANEL_HEADER, plot_bottom = top + chart->panel_height - PANEL_FOOTER;
    double plot_left = x + panel->left, plot_right = plot_left + chart_plot_width(chart, panel);
    chart->place = (ChartPlace){page, plot_left, plot_right, plot_top, plot_bottom, panel->x, panel->y};
    fprintf(chart->layout, "panel_kind[%zu] = %d\n", chart->next_panel, panel->kind == PANEL_LINES);
    fprintf(chart->layout, "panel_title[%zu] = ", chart->next_panel);
    put_title(chart->layout, panel->title);
    fputc('\n', chart->layout);
    put_text(chart, "note", panel->note);
    put_place(chart, "left", plot_left, chart->width);
    put_place(chart, "right", plot_right, chart->width);
    put_place(chart, "top", height - plot_top, height);
    put_place(chart, "bottom", height - plot_bottom, height);
    put_place(chart, "title_x", x, chart->width);
    put_place(chart, "title_y", height - top - 10, height);
    put_place(chart, "note_y", height - top - 27, height);
    put_value(chart, "xlow", panel->x.reversed ? panel->x.high : panel->x.low);
    put_value(chart, "xhigh", panel->x.reversed ? panel->x.low : panel->x.high);
    put_value(chart, "ylow", panel->y.low);
    put_value(chart, "yhigh", panel->y.high);
    fprintf(chart->layout, "panel_xlog[%zu] = %d\npanel_ylog[%zu] = %d\n", chart->next_panel, panel->x.logarithmic,
            chart->next_panel, panel->y.logarithmic);
    double spacing = axis_spacing(&panel->x);
    char *xtics =
        panel->x_tics ? text_copy(panel->x_tics) : axis_tics(&panel->x, chart_plot_width(chart, panel), spacing);
    char *ytics = panel->kind == PANEL_LINES ? axis_tics(&panel->y, chart_plot_height(chart), 34) : text_copy("");
    put_text(chart, "xtics", xtics);
    put_text(chart, "ytics", ytics);
    free(xtics);
    free(ytics);
    put_value(chart, "band_x_low", panel->band_x.low);
    put_value(chart, "band_x_high", panel->band_x.high);
    put_value(chart, "band_y_low", panel->band_y.low);
    put_value(chart, "band_y_high", panel->band_y.high);
    put_value(chart, "line_x", panel->line_x);
    put_value(chart, "line_y", panel->line_y);
}

void chart_labels(Chart *chart) {
    fputs("\n\n", chart->data);
}

int chart_end(Chart *chart) {
    bool bad = ferror(chart->layout) || ferror(chart->data);
    bad |= fclose(chart->layout) != 0;
    bad |= fclose(chart->data) != 0;
    if (chart->tips)
        bad |= fclose(chart->tips) != 0;
    return bad ? -1 : (int)chart->pages;
}

double chart_text_width(size_t length) {
    return CHARACTER * (double)length;
}

/* Least squares under a minimal gap: without i * gap the task is isotonic regression, which merging neighbours that are
 * out of order solves (pool adjacent violators). */
void chart_spread(double *positions, size_t n, double gap, double low, double high) {
    size_t *order = zeroed(n, sizeof *order), *sizes = zeroed(n, sizeof *sizes), blocks = 0;
    double *means = zeroed(n, sizeof *means);
    for (size_t i = 0; i < n; i++) { /* by insertion: few values, and equal ones keep their order */
        size_t at = i;
        for (; at > 0 && positions[order[at - 1]] > positions[i]; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    if (n > 1)
        gap = fmin(gap, (high - low) / (double)(n - 1));
    for (size_t i = 0; i < n; i++) {
        means[blocks] = positions[order[i]] - (double)i * gap;
        sizes[blocks++] = 1;
        while (blocks > 1 && means[blocks - 2] > means[blocks - 1]) {
            size_t both = sizes[blocks - 2] + sizes[blocks - 1];
            means[blocks - 2] =
                (means[blocks - 2] * (double)sizes[blocks - 2] + means[blocks - 1] * (double)sizes[blocks - 1]) /
                (double)both;
            sizes[blocks - 2] = both;
            blocks--;
        }
    }
    double highest = n ? high - (double)(n - 1) * gap : high;
    for (size_t block = 0, i = 0; block < blocks; block++)
        for (size_t j = 0; j < sizes[block]; j++, i++)
            positions[order[i]] = fmin(fmax(means[block], low), highest) + (double)i * gap;
    free(order);
    free(sizes);
    free(means);
}
