/*
 * selftest.c - what scripts/selftest asks besides allocbench itself: facts from stored runs, the committed results and
 * the page made from them.
 *
 *     selftest leak|peaks|statuses|resumed|observer|host ...    one fact, as JSON on standard output (facts.h)
 *     selftest observing|generate|duration ...                  what looking and analysing cost (cost.h)
 *     selftest rounds RUN                                       rounds of the delay for 2, 5 and 10 % (rounds.h)
 *     selftest ballast MIB COMMAND...                           a command under a parent with so much resident memory
 *     selftest collect WORK FOLDER                              stored runs and facts -> FOLDER/(all).json
 *     selftest page FOLDER                                      FOLDER/(all).json -> Markdown on standard output
 *     selftest count FOLDER                                     FOLDER/counts.json again from the reduced runs
 *     selftest chart FOLDER                                     FOLDER/selftest_power.svg
 *     selftest claims FOLDER                                    what was to be shown, line by line; 1 if not all was
 *     selftest check FOLDER PAGE                                counts.json and PAGE are what follows from the rest
 *
 * Exit status: 0 done, 1 not as claimed or not done, 2 bad arguments.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast.h"
#include "chart.h"
#include "claims.h"
#include "cost.h"
#include "facts.h"
#include "page.h"
#include "results.h"
#include "rounds.h"

typedef json_t *(*Fact)(int argc, char **argv);

static const struct {
    const char *name;
    Fact fact;
} FACTS[] = {
    {"leak", facts_of_leak},          {"peaks", facts_of_peaks},       {"statuses", facts_of_statuses},
    {"resumed", facts_of_resumed},    {"observer", facts_of_observer}, {"host", facts_of_host},
    {"observing", cost_of_observing}, {"generate", cost_generate_run}, {"duration", cost_of_program},
};

static int print_fact(Fact fact, int argc, char **argv) {
    json_t *json = fact(argc, argv);
    if (json == NULL)
        return 1;
    bool good = json_dumpf(json, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) == 0 && putchar('\n') >= 0;
    json_decref(json);
    return good && fflush(stdout) == 0 ? 0 : 1;
}

/* Whether a file holds exactly this text; says so when not. */
static bool holds(const char *path, const char *text) {
    FILE *file = fopen(path, "re");
    size_t length = strlen(text), got = 0;
    char *content = malloc(length + 2);
    if (file != NULL && content != NULL)
        got = fread(content, 1, length + 1, file);
    bool same = content != NULL && got == length && memcmp(content, text, length) == 0;
    if (file != NULL)
        fclose(file);
    free(content);
    if (!same)
        fprintf(stderr, "selftest: %s is not what the other files give; run `make selftest-report`\n", path);
    return same;
}

static int check(const char *folder, const char *page_path) {
    char *counts = results_count(folder), path[4096];
    snprintf(path, sizeof path, "%s/counts.json", folder);
    bool good = counts != NULL && holds(path, counts);
    free(counts);
    json_t *results = results_load(folder);
    char *page = results == NULL ? NULL : page_of_results(results);
    good = page != NULL && holds(page_path, page) && good;
    free(page);
    json_decref(results);
    return good ? 0 : 1;
}

static int print_page(const char *folder) {
    json_t *results = results_load(folder);
    char *page = results == NULL ? NULL : page_of_results(results);
    bool good = page != NULL && fputs(page, stdout) >= 0 && fflush(stdout) == 0;
    free(page);
    json_decref(results);
    return good ? 0 : 1;
}

static int draw_chart(const char *folder) {
    json_t *results = results_load(folder);
    bool good = results != NULL && chart_draw_power(folder, results);
    json_decref(results);
    return good ? 0 : 1;
}

static int recount(const char *folder) {
    char *counts = results_count(folder);
    bool good = counts != NULL && results_write(folder, "counts.json", counts);
    free(counts);
    return good ? 0 : 1;
}

static int print_claims(const char *folder) {
    json_t *results = results_load(folder);
    if (results == NULL)
        return 1;
    Claims claims = claims_of_results(results);
    bool all = true;
    for (size_t i = 0; i < claims.count; i++) {
        printf("%-4s %s: %s (wanted: %s)\n", claim_word(claims.items[i].state), claims.items[i].what,
               claims.items[i].measured, claims.items[i].wanted);
        all = all && claims.items[i].state == CLAIM_MET;
    }
    claims_release(&claims);
    json_decref(results);
    return all ? 0 : 1;
}

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < sizeof FACTS / sizeof *FACTS; i++)
        if (strcmp(name, FACTS[i].name) == 0)
            return print_fact(FACTS[i].fact, argc - 2, argv + 2);
    if (strcmp(name, "rounds") == 0 && argc == 3)
        return rounds_print(argv[2]) ? 0 : 1;
    if (strcmp(name, "ballast") == 0 && argc >= 4)
        return ballast_run(argv[2], argv + 3);
    if (strcmp(name, "collect") == 0 && argc == 4)
        return results_collect(argv[2], argv[3]) ? 0 : 1;
    if (strcmp(name, "count") == 0 && argc == 3)
        return recount(argv[2]);
    if (strcmp(name, "chart") == 0 && argc == 3)
        return draw_chart(argv[2]);
    if (strcmp(name, "page") == 0 && argc == 3)
        return print_page(argv[2]);
    if (strcmp(name, "claims") == 0 && argc == 3)
        return print_claims(argv[2]);
    if (strcmp(name, "check") == 0 && argc == 4)
        return check(argv[2], argv[3]);
    fprintf(stderr,
            "selftest: '%s' with %d arguments is nothing it does; see the head of harness/selftest/selftest.c\n", name,
            argc > 2 ? argc - 2 : 0);
    return 2;
}
