/*
 * results.c - see results.h.
 */
#include "results.h"

#include <errno.h>
#include <glob.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/comparison.h"
#include "counts.h"
#include "store/text.h"

static const char *const KINDS[] = {"aa", "power", "noise"};
enum { KIND_COUNT = sizeof KINDS / sizeof *KINDS };
#define SLOW_UNDER_NOISE "delay10"

bool results_write(const char *folder, const char *name, const char *text) {
    char *path = text_format("%s/%s", folder, name), *aside = text_format("%s/%s.tmp", folder, name);
    FILE *file = fopen(aside, "we");
    bool good = file != NULL && fputs(text, file) >= 0;
    good = file != NULL && fclose(file) == 0 && good;
    good = good && rename(aside, path) == 0;
    if (!good)
        fprintf(stderr, "selftest: %s: cannot be written: %s\n", path, strerror(errno));
    free(aside);
    free(path);
    return good;
}

static double read_seconds(const char *path) {
    double seconds = 0;
    FILE *file = fopen(path, "re");
    if (file == NULL || fscanf(file, "%lf", &seconds) != 1)
        seconds = 0;
    if (file != NULL)
        fclose(file);
    return seconds;
}

static bool same_verdicts(const Run *one, const Run *other, Metric metric) {
    Comparison *first = comparison_of_run(one, metric, one->meta.baseline);
    Comparison *second = comparison_of_run(other, metric, other->meta.baseline);
    bool same = first->row_count == second->row_count;
    for (size_t r = 0; r < first->row_count && same; r++)
        for (size_t c = 0; c < first->rows[r].cell_count && same; c++) {
            const Cell *a = &first->rows[r].cells[c], *b = &second->rows[r].cells[c];
            same = a->verdict == b->verdict && a->gate == b->gate && a->pairs == b->pairs;
        }
    comparison_free(first);
    comparison_free(second);
    return same;
}

/* Nothing may be lost that a verdict depends on: what is counted later has to be what the run itself said. */
static bool judges_alike(const Run *run, json_t *reduced) {
    ReducedRun back;
    bool good = reduced_from_json(reduced, &back) && same_verdicts(run, &back.run, METRIC_THROUGHPUT) &&
                same_verdicts(run, &back.run, METRIC_PEAK_RSS);
    if (!good)
        fprintf(stderr, "selftest: %s: its reduced form is judged otherwise; reduced.c must keep more\n", run->folder);
    reduced_release(&back);
    return good;
}

/* One line a run, so that a difference in the repository shows which run it is. */
static bool write_reduced(const char *folder, const char *kind, const json_t *runs) {
    char *text = text_copy("{\"runs\":[");
    for (size_t i = 0; i < json_array_size(runs); i++) {
        char *line = json_dumps(json_array_get(runs, i), JSON_COMPACT | JSON_REAL_PRECISION(6));
        char *longer = text_format("%s%s\n%s", text, i == 0 ? "" : ",", line);
        free(line);
        free(text);
        text = longer;
    }
    char *whole = text_format("%s\n]}\n", text), *name = text_format("%s.json", kind);
    bool good = results_write(folder, name, whole);
    free(name);
    free(whole);
    free(text);
    return good;
}

static bool collect_runs(const char *work, const char *kind, const char *folder) {
    char *pattern = text_format("%s/%s/*.seconds", work, kind);
    glob_t found;
    json_t *runs = json_array();
    bool good = true;
    size_t count = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
    for (size_t i = 0; i < count && good; i++) {
        const char *mark = found.gl_pathv[i];
        char *run_folder = text_copy_part(mark, strlen(mark) - strlen(".seconds"));
        StoreError error;
        Run *run = run_load(run_folder, &error);
        good = run != NULL;
        if (good) {
            json_t *reduced = reduced_from_run(run, strrchr(run_folder, '/') + 1, read_seconds(mark));
            good = judges_alike(run, reduced);
            json_array_append_new(runs, reduced);
        } else {
            fprintf(stderr, "selftest: %s\n", error.text);
        }
        run_free(run);
        free(run_folder);
    }
    globfree(&found);
    free(pattern);
    good = good && write_reduced(folder, kind, runs);
    json_decref(runs);
    return good;
}

static bool collect_facts(const char *work, const char *folder) {
    char *pattern = text_format("%s/facts/*.json", work);
    glob_t found;
    json_t *facts = json_object();
    bool good = true;
    size_t count = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
    for (size_t i = 0; i < count && good; i++) {
        const char *path = found.gl_pathv[i], *name = strrchr(path, '/') + 1;
        json_error_t error;
        json_t *fact = json_load_file(path, 0, &error);
        good = fact != NULL;
        if (!good)
            fprintf(stderr, "selftest: %s: %s; delete it, and make selftest measures it again\n", path, error.text);
        char *key = text_copy_part(name, strlen(name) - strlen(".json"));
        json_object_set_new(facts, key, fact);
        free(key);
    }
    char *text = json_dumps(facts, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_REAL_PRECISION(6));
    char *whole = text_format("%s\n", text);
    good = good && results_write(folder, "facts.json", whole);
    free(whole);
    free(text);
    globfree(&found);
    free(pattern);
    json_decref(facts);
    return good;
}

bool results_collect(const char *work, const char *folder) {
    bool good = true;
    for (size_t i = 0; i < KIND_COUNT && good; i++)
        good = collect_runs(work, KINDS[i], folder);
    char *counts = good && collect_facts(work, folder) ? results_count(folder) : NULL;
    good = counts != NULL && results_write(folder, "counts.json", counts);
    free(counts);
    return good;
}

char *results_count(const char *folder) {
    ReducedRuns runs[KIND_COUNT] = {{0}};
    bool good = true;
    for (size_t i = 0; i < KIND_COUNT && good; i++) {
        char *path = text_format("%s/%s.json", folder, KINDS[i]);
        good = reduced_load(path, &runs[i]);
        free(path);
    }
    char *text = NULL;
    if (good) {
        json_t *counts =
            json_pack("{s:o, s:o, s:o}", "aa", counts_of_equal_arms(&runs[0]), "power", counts_of_power(&runs[1]),
                      "noise", counts_of_noise(&runs[2], &runs[1], SLOW_UNDER_NOISE));
        char *bare = json_dumps(counts, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_REAL_PRECISION(6));
        text = text_format("%s\n", bare);
        free(bare);
        json_decref(counts);
    }
    for (size_t i = 0; i < KIND_COUNT; i++)
        reduced_free(&runs[i]);
    return text;
}

static json_t *load_one(const char *folder, const char *name) {
    char *path = text_format("%s/%s", folder, name);
    json_error_t error;
    json_t *json = json_load_file(path, 0, &error);
    if (json == NULL)
        fprintf(stderr, "selftest: %s: %s; run `make selftest`\n", path, error.text);
    free(path);
    return json;
}

json_t *results_load(const char *folder) {
    json_t *counts = load_one(folder, "counts.json"), *facts = counts == NULL ? NULL : load_one(folder, "facts.json");
    if (facts != NULL)
        return json_pack("{s:o, s:o}", "counts", counts, "facts", facts);
    json_decref(counts);
    return NULL;
}

json_t *results_at(const json_t *results, const char *path) {
    TextList keys = {0};
    text_list_split(&keys, path, '.');
    const json_t *at = results;
    for (size_t i = 0; i < keys.count && at != NULL; i++)
        at = json_object_get(at, keys.items[i]);
    text_list_release(&keys);
    return (json_t *)(uintptr_t)at;
}

double results_number(const json_t *results, const char *path) {
    const json_t *value = results_at(results, path);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

double results_element(const json_t *results, const char *path, size_t index) {
    const json_t *value = json_array_get(results_at(results, path), index);
    return json_is_number(value) ? json_number_value(value) : NAN;
}
