/*
 * page.c - see page.h. Prose and tables; every number comes from the results.
 */
#include "page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims.h"
#include "results.h"
#include "store/text.h"

static const double MIB = 1024 * 1024;

static const char *text_at(const json_t *results, const char *path) {
    const char *text = json_string_value(results_at(results, path));
    return text == NULL ? "?" : text;
}

/* A table cell must hold neither '|' nor a line end. */
static void print_cell(FILE *page, const char *text) {
    for (; *text != '\0'; text++)
        fputc(*text == '|' || *text == '\n' ? ' ' : *text, page);
}

static void print_head(FILE *page, const json_t *results) {
    fputs("# The instrument, tested\n\n"
          "This page is made by `make selftest` from `results/selftest` and redrawn from there by `make "
          "selftest-report`;\n"
          "a test compares the two. It asks of allocbench what allocbench asks of allocators: cases whose truth is "
          "known\n"
          "are measured like any other, and the verdicts are counted. How verdicts come about is in\n"
          "[measurement.md](measurement.md).\n\n",
          page);
    fprintf(page, "Measured %s on %s, %.0f processors, %s, %s.\n\n", text_at(results, "facts.host.created"),
            text_at(results, "facts.host.host.cpu_model"), results_number(results, "facts.host.host.cpus_online"),
            text_at(results, "facts.host.host.kernel"), text_at(results, "facts.host.host.libc"));
    if (strcmp(text_at(results, "facts.setup.size"), "full") != 0)
        fputs("**This is a tiny version (SELFTEST=quick): it shows that the machinery works, and no rates.**\n\n",
              page);
}

static void print_claims(FILE *page, const json_t *results) {
    Claims claims = claims_of_results(results);
    fputs("| what was to be shown | wanted | measured | met |\n|---|---|---|---|\n", page);
    for (size_t i = 0; i < claims.count; i++) {
        const Claim *claim = &claims.items[i];
        bool good = claim->state == CLAIM_MET;
        fprintf(page, "| %s | %s | %s | %s%s%s |\n", claim->what, claim->wanted, claim->measured, good ? "" : "**",
                claim_word(claim->state), good ? "" : "**");
    }
    fputc('\n', page);
    claims_release(&claims);
}

/* "3 '~', 1 'faster'" of an object of counts. */
static void print_counts(FILE *page, const json_t *counts) {
    const char *key, *separator = "";
    const json_t *value;
    if (json_object_size(counts) == 0)
        fputs("none", page);
    json_object_foreach((json_t *)(uintptr_t)counts, key, value) {
        fprintf(page, "%s%lld `%s`", separator, (long long)json_integer_value(value), key);
        separator = ", ";
    }
}

static void print_equal_metric(FILE *page, const json_t *results, const char *metric, const char *title) {
    char *path = text_format("counts.aa.%s", metric);
    const json_t *one = results_at(results, path);
    free(path);
    fprintf(page, "| %s | %.0f of %.0f (%.1f %%) | %.2g | %.0f | ", title, results_number(one, "raw"),
            results_number(one, "comparisons"), 100 * results_number(one, "raw") / results_number(one, "comparisons"),
            results_number(one, "tail"), results_number(one, "raw_of_control"));
    print_counts(page, results_at(one, "verdicts"));
    fputs(" | ", page);
    print_counts(page, results_at(one, "gates"));
    fprintf(page, " | %.0f |\n", results_number(one, "unstable_rows"));
}

/* Share of p values up to each level: a straight line when the test is exact and continuous. */
static void print_distribution(FILE *page, const json_t *results) {
    static const double levels[] = {0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9};
    static const char *const metrics[][2] = {{"throughput", "throughput"}, {"peak_rss", "peak RSS"}};
    fputs("| share of p values at or under |", page);
    for (size_t k = 0; k < sizeof levels / sizeof *levels; k++)
        fprintf(page, " %g |", levels[k]);
    fputs("\n|---|---|---|---|---|---|---|---|---|\n", page);
    for (size_t m = 0; m < 2; m++) {
        char *path = text_format("counts.aa.%s.p", metrics[m][0]);
        const json_t *list = results_at(results, path);
        free(path);
        fprintf(page, "| %s |", metrics[m][1]);
        for (size_t k = 0; k < sizeof levels / sizeof *levels; k++) {
            size_t i, below = 0;
            const json_t *p;
            json_array_foreach(list, i, p) below += json_number_value(p) <= levels[k];
            fprintf(page, " %.3f |", json_array_size(list) == 0 ? 0.0 : (double)below / (double)json_array_size(list));
        }
        fputc('\n', page);
    }
    fputc('\n', page);
}

static void print_equal_arms(FILE *page, const json_t *results) {
    double level = results_number(results, "counts.aa.throughput.attainable_level");
    fprintf(
        page,
        "## Equal arms\n"
        "%.0f runs with seeds of their own, in each the baseline under a second name, %s.\n"
        "The operation counts come from one run, so that nothing differs but chance. *Raw* is the test of one cell "
        "alone; *by chance* is\n"
        "the probability of so many or more when the true rate is 5 %%. The exact test has steps: with %.0f pairs\n"
        "its rate is %.1f %%. *Control* counts the same for the A/A control of the same rows. *Verdicts* are what a\n"
        "reader would have seen, after Benjamini-Hochberg over the run's table and all gates; *gates* says what\n"
        "held back cells whose own interval excludes 1. A row is `unstable`, and gives no verdict, when its A/A "
        "control\n"
        "differs or over a fifth of its blocks stayed disturbed by other work on the machine. Chance at 5 %% "
        "exceeds\n"
        "the bounds of the first table in at most one case of a hundred.\n\n"
        "| | raw p < 0.05 | by chance | control | verdicts | gates | unstable rows |\n|---|---|---|---|---|---|---|\n",
        results_number(results, "counts.aa.runs"), text_at(results, "facts.setup.equal_rows"),
        results_number(results, "counts.aa.throughput.pairs"), 100 * level);
    print_equal_metric(page, results, "throughput", "throughput");
    print_equal_metric(page, results, "peak_rss", "peak RSS");
    fputs("\nRaw tests under 5 % by row: throughput ", page);
    print_counts(page, results_at(results, "counts.aa.throughput.raw_of_row"));
    fputs("; peak RSS ", page);
    print_counts(page, results_at(results, "counts.aa.peak_rss.raw_of_row"));
    fputs(".\n\n", page);
    print_distribution(page, results);
    fprintf(
        page,
        "Of two equal slots in a block the later one had %.4f [%.4f, %.4f] times the throughput and %.4f [%.4f, %.4f]\n"
        "times the peak RSS of the earlier. The shuffled order turns such a drift into noise that is symmetric.\n\n",
        results_element(results, "counts.aa.throughput.later_over_earlier", 0),
        results_element(results, "counts.aa.throughput.later_over_earlier", 1),
        results_element(results, "counts.aa.throughput.later_over_earlier", 2),
        results_element(results, "counts.aa.peak_rss.later_over_earlier", 0),
        results_element(results, "counts.aa.peak_rss.later_over_earlier", 1),
        results_element(results, "counts.aa.peak_rss.later_over_earlier", 2));
}

static void print_case(FILE *page, const json_t *one) {
    const json_t *look;
    size_t k;
    json_array_foreach(json_object_get(one, "looks"), k, look) {
        if (k == 0)
            fprintf(page, "| %s, %s | %.2f %% [%.2f, %.2f] |", text_at(one, "row"), text_at(one, "arm"),
                    100 * (1 / results_element(one, "true_ratio", 0) - 1),
                    100 * (1 / results_element(one, "true_ratio", 2) - 1),
                    100 * (1 / results_element(one, "true_ratio", 1) - 1));
        else
            fputs("| | |", page);
        fprintf(page, " %.0f | %.0f of %.0f | %.0f | %.0f | %.0f | %.2f %% | ", results_number(look, "blocks"),
                results_number(look, "found"), results_number(look, "runs"), results_number(look, "raw"),
                results_number(look, "wrong"), results_number(look, "unstable"),
                100 * results_number(look, "half_width"));
        double seconds = results_number(look, "seconds");
        if (isnan(seconds))
            fputs("- |\n", page);
        else
            fprintf(page, "%.1f s |\n", seconds);
    }
}

static void print_power(FILE *page, const json_t *results) {
    fprintf(
        page,
        "## Delays of a known size\n"
        "The baseline is the C library behind a library that forwards to it; the other arms are the same library,\n"
        "which turns in an empty loop before every %sth allocation. The loop was set in a run before for 2, 5 and\n"
        "10 %% more time on one row. What it really costs is estimated from all blocks of all %.0f runs together\n"
        "(*true*). Each run is judged as it stood after so many blocks: *found* counts the verdict `slower`, *raw*\n"
        "p < 0.05 in the right direction, *wrong* the verdict `faster`. A table had %.0f cells, all of them with a\n"
        "true difference, which is kind to Benjamini-Hochberg. *Time* is that of two arms and the control in slots\n"
        "of %s, memory blocks included.\n\n"
        "| row, arm | true, more time | blocks | found | raw | wrong | unstable | half-width | time |\n"
        "|---|---|---|---|---|---|---|---|---|\n",
        text_at(results, "facts.setup.every"), results_number(results, "counts.power.runs"),
        results_number(results, "counts.power.cells"), text_at(results, "facts.setup.power_slot"));
    const json_t *cases = results_at(results, "counts.power.cases");
    for (size_t i = 0; i < json_array_size(cases); i++)
        print_case(page, json_array_get(cases, i));
    fputs("\n![Share of runs that found each delay, over the number of "
          "blocks](../results/selftest/selftest_power.svg)\n\n",
          page);
}

static void print_noise(FILE *page, const json_t *results) {
    fputs("## A disturbed machine\n", page);
    if (!(results_number(results, "counts.noise.comparisons") > 0)) {
        fprintf(page, "Not measured: %s.\n\n", text_at(results, "facts.setup.no_noise"));
        return;
    }
    fprintf(page,
            "While stress-ng came and went (%s),\n"
            "%.0f runs compared an equal arm and the one that is about 10 %% slower: %.0f comparisons of each.\n\n"
            "| arm | verdicts |\n|---|---|\n| equal | ",
            text_at(results, "facts.setup.noise"), results_number(results, "counts.noise.runs"),
            results_number(results, "counts.noise.comparisons"));
    print_counts(page, results_at(results, "counts.noise.same"));
    fputs(" |\n| 10 % slower | ", page);
    print_counts(page, results_at(results, "counts.noise.slow"));
    fprintf(
        page,
        " |\n\n"
        "Median half-width of the slow arm's interval: %.1f %%, on the quiet machine with as many blocks %.1f %%. "
        "%.0f\n"
        "blocks were discarded and measured again for %.0f that counted. Raw tests of the equal arm under 5 %%: %.0f.\n"
        "%.0f blocks stayed disturbed after that; because of them %.0f rows were `unstable` as a whole.\n"
        "An unstable row gives no verdict, right or wrong: what counts here is that the disturbance is noticed, and "
        "that\n"
        "the raw test, which knows nothing of it, does not find differences that are not there.\n\n",
        100 * results_number(results, "counts.noise.half_width"),
        100 * results_number(results, "counts.noise.quiet_half_width"),
        results_number(results, "counts.noise.discarded_blocks"), results_number(results, "counts.noise.blocks"),
        results_number(results, "counts.noise.raw_of_same"), results_number(results, "counts.noise.disturbed_blocks"),
        results_number(results, "counts.noise.disturbed_rows"));
}

static void print_peaks(FILE *page, const json_t *results, const char *name, const char *title) {
    char *path = text_format("facts.%s", name);
    const json_t *one = results_at(results, path);
    free(path);
    if (one == NULL)
        return;
    fprintf(page, "| %s | %.3f MiB | %.3f MiB | %+.3f MiB [%+.3f, %+.3f] |\n", title,
            results_number(one, "plain_bytes") / MIB, results_number(one, "other_bytes") / MIB,
            results_element(one, "difference_bytes", 0) / MIB, results_element(one, "difference_bytes", 1) / MIB,
            results_element(one, "difference_bytes", 2) / MIB);
}

static void print_memory(FILE *page, const json_t *results) {
    fprintf(page,
            "## Memory\n"
            "An arm that allocates 64 MiB, writes them and forgets them is `%s`, by %.3f MiB [%.3f, %.3f] over %.0f\n"
            "blocks of %s.\n\n"
            "What stands above a slot must not show in it. The same plan was measured by allocbench as it is, under a\n"
            "parent with 200 MiB of resident memory, and with 200 MiB more in allocbench itself:\n\n"
            "| | peak RSS without | with | difference |\n|---|---|---|---|\n",
            text_at(results, "facts.leak.verdict"), results_element(results, "facts.leak.difference_bytes", 0) / MIB,
            results_element(results, "facts.leak.difference_bytes", 1) / MIB,
            results_element(results, "facts.leak.difference_bytes", 2) / MIB,
            results_number(results, "facts.leak.blocks"), text_at(results, "facts.leak.row"));
    print_peaks(page, results, "parent", "parent of 200 MiB");
    print_peaks(page, results, "itself", "allocbench of 200 MiB");
    fputc('\n', page);
}

static void print_statuses(FILE *page, const json_t *results) {
    static const char *const runs[] = {"facts.statuses.cases", "facts.unsupported.cases"};
    fputs("## Failures\n"
          "Each case is an arm, or a row, made to fail in one way; every slot of it has to get the status.\n\n"
          "| case | expected | got | slots as expected | what the table says |\n|---|---|---|---|---|\n",
          page);
    for (size_t r = 0; r < 2; r++) {
        size_t i;
        const json_t *one;
        json_array_foreach(results_at(results, runs[r]), i, one) {
            fprintf(page, "| %s | `%s` | `%s` | %.0f of %.0f | ", text_at(one, "case"), text_at(one, "expected"),
                    text_at(one, "got"), results_number(one, "as_expected"), results_number(one, "slots"));
            print_cell(page, text_at(one, "message"));
            fputs(" |\n", page);
        }
    }
    fprintf(
        page,
        "\nA run was ended by SIGKILL when it had stored %.0f lines. Resumed, its file still began with exactly these\n"
        "lines%s, and it ended with %.0f of %.0f blocks.\n\n",
        results_number(results, "facts.resumed.kept_lines"),
        json_is_true(results_at(results, "facts.resumed.unchanged")) ? "" : " **NOT**",
        results_number(results, "facts.resumed.blocks"), results_number(results, "facts.resumed.planned_blocks"));
}

static void print_observing(FILE *page, const json_t *results, const char *name, const char *title) {
    char *path = text_format("facts.observing.%s", name);
    const json_t *one = results_at(results, path);
    free(path);
    if (!json_is_object(one)) {
        fprintf(page, "| %s | not measured | |\n", title);
        return;
    }
    fprintf(page, "| %s | %+.2f ns [%+.2f, %+.2f] | %.4f [%.4f, %.4f] |\n", title, results_element(one, "extra_ns", 0),
            results_element(one, "extra_ns", 1), results_element(one, "extra_ns", 2), results_element(one, "ratio", 0),
            results_element(one, "ratio", 1), results_element(one, "ratio", 2));
}

static void print_optional(FILE *page, const char *before, double value, const char *format, const char *after) {
    char *text = isnan(value) ? text_copy("not measured") : text_format("%.*f%s", *format - '0', value, format + 1);
    fprintf(page, "%s%s%s", before, text, after);
    free(text);
}

static void print_cost(FILE *page, const json_t *results) {
    fputs("## What the instrument costs\n", page);
    print_optional(page,
                   "- The observer's processor time, of the time it watched slots as long as the default suite's: ",
                   100 * results_number(results, "facts.observer.cpu_share"), "2 %", ", in every slot alike.\n");
    print_optional(page, "- Resident memory of a workload before anything is measured (subtracted from RSS): ",
                   results_number(results, "facts.observer.floor_bytes") / 1024, "0 KiB", "");
    print_optional(page, "; tables of the kit: ", results_number(results, "facts.observer.kit_bytes") / 1024, "0 KiB",
                   ".\n");
    print_optional(page, "- A malloc and a free through the kit, where nothing is observed, are ",
                   results_number(results, "facts.branch.extra_instructions"), "1 instructions",
                   " more than without the kit (counted by callgrind).\n");
    fprintf(page,
            "- Looking at single calls, on %s, %.0f blocks; an operation is a free and a malloc and takes %.1f ns:\n\n"
            "| observed | more time an operation | ratio |\n|---|---|---|\n",
            text_at(results, "facts.setup.observed_row"), results_number(results, "facts.observing.blocks"),
            results_number(results, "facts.observing.plain_ns"));
    print_observing(page, results, "nothing_again", "nothing (control)");
    print_observing(page, results, "live_bytes", "live bytes (memory blocks)");
    print_observing(page, results, "latency", "latency of single calls (latency mode)");
    fprintf(
        page,
        "\n- `allocbench compare` of a run of %.0f samples (%.0f rows, %.0f arms) from reading to the printed table:\n"
        "  median %.2f s, longest of %.0f %.2f s.\n\n",
        results_number(results, "facts.generated.samples"), results_number(results, "facts.generated.rows"),
        results_number(results, "facts.generated.arms"), results_number(results, "facts.analysis.median_s"),
        results_number(results, "facts.analysis.times"), results_number(results, "facts.analysis.largest_s"));
}

static void print_recomputed(FILE *page, const json_t *results) {
    fputs("## Recomputed elsewhere\n"
          "The verdicts of stored runs, as JSON and as a table, were computed again from a copy:\n\n"
          "| way | bytes | identical |\n|---|---|---|\n",
          page);
    size_t i;
    const json_t *way;
    json_array_foreach(results_at(results, "facts.recomputed.ways"), i, way)
        fprintf(page, "| %s | %.0f | %s |\n", text_at(way, "way"), results_number(way, "bytes"),
                json_is_true(json_object_get(way, "identical")) ? "yes" : "**NO**");
    fputs("\n"
          "## Repeat it\n"
          "`make selftest` takes about half an hour on a quiet machine and writes this page and `results/selftest`; "
          "stopped,\n"
          "it goes on where it was when started again. `SELFTEST=quick` is a tiny version that leaves both alone and "
          "shows\n"
          "only that everything works. `results/selftest` holds the time and peak of every slot of the first three "
          "parts,\n"
          "so the counts can be made again from there, also after a change of the statistics.\n",
          page);
}

char *page_of_results(const json_t *results) {
    char *text = NULL;
    size_t length;
    FILE *page = open_memstream(&text, &length);
    if (page == NULL)
        return NULL;
    print_head(page, results);
    print_claims(page, results);
    print_equal_arms(page, results);
    print_power(page, results);
    print_noise(page, results);
    print_memory(page, results);
    print_statuses(page, results);
    print_cost(page, results);
    print_recomputed(page, results);
    return fclose(page) == 0 ? text : NULL;
}
