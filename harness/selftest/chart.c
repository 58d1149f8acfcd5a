/*
 * chart.c - see chart.h.
 */
#include "chart.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "report/gnuplot.h"
#include "results.h"
#include "store/text.h"

#define NAME "selftest_power"
/* Names at the ends of curves keep this distance, in percent of the axis. */
static const double LABEL_DISTANCE = 8;

static double share(const json_t *look) {
    return 100 * results_number(look, "found") / results_number(look, "runs");
}

static size_t curves_a_row(const json_t *cases) {
    const char *first = json_string_value(json_object_get(json_array_get(cases, 0), "row"));
    size_t count = 0;
    while (count < json_array_size(cases) &&
           strcmp(json_string_value(json_object_get(json_array_get(cases, count), "row")), first) == 0)
        count++;
    return count;
}

static double end_of(const json_t *one) {
    const json_t *looks = json_object_get(one, "looks");
    return share(json_array_get(looks, json_array_size(looks) - 1));
}

/* From the smallest delay, which is found most rarely, upwards, so that names do not overlap; then back below 100. */
static void write_labels(FILE *layout, const json_t *cases, size_t first, size_t curves) {
    double *at = zeroed(curves, sizeof *at);
    for (size_t k = 0; k < curves; k++) {
        at[k] = end_of(json_array_get(cases, first + k));
        if (k > 0)
            at[k] = fmax(at[k], at[k - 1] + LABEL_DISTANCE);
    }
    double excess = at[curves - 1] - 100;
    for (size_t k = 0; k < curves; k++) {
        const json_t *one = json_array_get(cases, first + k);
        fprintf(layout, "curve_name[%zu] = '%.1f %% slower'\ncurve_label[%zu] = %.4g\n", first + k + 1,
                100 * (1 / results_element(one, "true_ratio", 0) - 1), first + k + 1, at[k] - fmax(excess, 0));
    }
    free(at);
}

static void write_layout(FILE *layout, const json_t *cases, size_t curves, double runs) {
    size_t all = json_array_size(cases), panels = all / curves;
    fprintf(
        layout,
        "width = %zu\nheight = 400\npanels = %zu\ncurves = %zu\narray panel_title[%zu]\narray curve_name[%zu]\n"
        "array curve_label[%zu]\npanel_xlow = 7\npanel_xhigh = 62\npanel_xtics = ''\n"
        "figure_title = 'How often a delay is found'\n"
        "figure_first = 'Share of runs with the verdict \"slower\" when judged by their first blocks.'\n"
        "figure_second = ''\nfooter_lines = 1\narray footer[1]\nfooter[1] = '%.0f runs; sizes are estimated from all"
        " their blocks'\n",
        480 * panels, panels, curves, panels, all, all, runs);
    const json_t *look;
    size_t k;
    json_array_foreach(json_object_get(json_array_get(cases, 0), "looks"), k, look) {
        double blocks = results_number(look, "blocks");
        fprintf(layout, "panel_xtics = panel_xtics . '%s\"%.0f\" %.0f'\n", k == 0 ? "" : ", ", blocks, blocks);
    }
    for (size_t p = 0; p < panels; p++) {
        fprintf(layout, "panel_title[%zu] = '%s'\n", p + 1,
                json_string_value(json_object_get(json_array_get(cases, p * curves), "row")));
        write_labels(layout, cases, p * curves, curves);
    }
}

static void write_data(FILE *data, const json_t *cases) {
    const json_t *one, *look;
    size_t i, k;
    json_array_foreach(cases, i, one) {
        json_array_foreach(json_object_get(one, "looks"), k, look)
            fprintf(data, "%.0f %.4g\n", results_number(look, "blocks"), share(look));
        fputs("\n\n", data);
    }
}

static FILE *open_data(const char *folder, const char *kind) {
    char *path = text_format("%s/data/" NAME ".%s", folder, kind);
    FILE *file = fopen(path, "we");
    if (file == NULL)
        fprintf(stderr, "selftest: %s: %s\n", path, strerror(errno));
    free(path);
    return file;
}

static bool draw(const char *folder) {
    char *scripts = gnuplot_scripts_folder(), *version = gnuplot_version(), *error = NULL;
    bool good = scripts != NULL && version != NULL && gnuplot_draw(scripts, folder, NAME, 1, "svg", &error);
    if (!good)
        fprintf(stderr, "selftest: " NAME ".svg is not drawn: %s\n",
                error != NULL ? error : "there is no gnuplot (apt-get install gnuplot-nox)");
    bool harmless = version == NULL || scripts == NULL;
    free(scripts);
    free(version);
    free(error);
    return good || harmless;
}

bool chart_draw_power(const char *folder, const json_t *results) {
    const json_t *cases = results_at(results, "counts.power.cases");
    if (json_array_size(cases) == 0)
        return true;
    char *data_folder = text_format("%s/data", folder);
    (void)mkdir(data_folder, 0777); /* what fails here fails again at the files */
    free(data_folder);
    FILE *layout = open_data(folder, "layout"), *data = open_data(folder, "dat");
    bool good = layout != NULL && data != NULL;
    if (good) {
        write_layout(layout, cases, curves_a_row(cases), results_number(results, "counts.power.runs"));
        write_data(data, cases);
    }
    good = layout != NULL && fclose(layout) == 0 && good;
    good = data != NULL && fclose(data) == 0 && good;
    return good && draw(folder);
}
