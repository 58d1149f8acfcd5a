/*
 * page_answer.c - "which allocator should I take, and what does it cost me in memory", in sentences.
 *
 * A sentence says that something is faster or leaner only where the interval of its geometric mean excludes 1. Which is
 * fastest is asked again with the fastest as reference, since two intervals against the baseline do not tell their
 * owners apart.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "page_parts.h"
#include "wording.h"

static bool has_interval(Interval mean) {
    return !isnan(mean.low) && !isnan(mean.high);
}

static bool differs(Interval mean) {
    return has_interval(mean) && (mean.low > 1 || mean.high < 1);
}

/* Rows that have this metric at all. */
static size_t rows_of(const Comparison *comparison) {
    size_t most = 0;
    for (size_t row = 0; row < comparison->row_count; row++)
        most += comparison->rows[row].applies;
    return most;
}

/* ", no verdict in 11"; "" for none. Owned. */
static char *count_words(const char *what, size_t count) {
    return count ? text_format(", %s in %zu", what, count) : text_copy("");
}

/* "faster in 60, slower in 3, no difference shown in 20, no verdict in 11", the last two where there are any. */
static char *tally(const Comparison *comparison, uint32_t arm) {
    const MetricInfo *info = metric_info(comparison->metric);
    size_t better = 0, worse = 0, same = 0, none = 0;
    for (size_t row = 0; row < comparison->row_count; row++) {
        const Cell *cell = comparison->rows[row].applies ? comparison_cell(&comparison->rows[row], arm, false) : NULL;
        if (cell) {
            better += cell->verdict == VERDICT_BETTER;
            worse += cell->verdict == VERDICT_WORSE;
            same += cell->verdict == VERDICT_NO_DIFFERENCE;
            none += cell->verdict != VERDICT_BETTER && cell->verdict != VERDICT_WORSE &&
                    cell->verdict != VERDICT_NO_DIFFERENCE;
        }
    }
    char *no_difference = count_words("no difference shown", same), *no_verdict = count_words("no verdict", none);
    char *text =
        text_format("%s in %zu, %s in %zu%s%s", info->better, better, info->worse, worse, no_difference, no_verdict);
    free(no_difference);
    free(no_verdict);
    return text;
}

/* "95 % interval 1.17 to 1.25", or that there is none. */
static char *interval_words(Interval mean) {
    if (!has_interval(mean))
        return text_copy("too few rows and blocks for an interval, so nothing is proven");
    char *low = word_ratio(mean.low), *high = word_ratio(mean.high);
    char *text = text_format("95 %% interval %s to %s", low, high);
    free(low);
    free(high);
    return text;
}

static const char *noun(Metric metric) {
    return metric == METRIC_THROUGHPUT ? "speed"
           : metric == METRIC_PEAK_RSS ? "peak memory"
                                       : metric_info(metric)->title;
}

/* "1.21 times as fast as glibc", "8 % less memory than glibc": for one that differs. */
static char *difference_words(Metric metric, double ratio, const char *baseline) {
    char *number = word_ratio(ratio), *text;
    if (metric == METRIC_THROUGHPUT)
        text = text_format("is %s times as fast as %s", number, baseline);
    else if (metric != METRIC_PEAK_RSS)
        text = text_format("has %s times the %s of %s", number, noun(metric), baseline);
    else if (ratio >= 2)
        text = text_format("needs %s times the memory of %s", number, baseline);
    else
        text = text_format("needs %.0f %% %s memory than %s", fabs(ratio - 1) * 100, ratio > 1 ? "more" : "less",
                           baseline);
    free(number);
    return text;
}

static char *same_words(Metric metric, double ratio, const char *baseline) {
    char *number = word_ratio(ratio);
    char *text = text_format("shows no difference from %s in %s (ratio %s)", baseline, noun(metric), number);
    free(number);
    return text;
}

/* What one metric says of an arm; owned, NULL when it has no ratio anywhere. */
static char *clause(const PageSource *source, const Comparison *comparison, uint32_t arm, bool with_tally) {
    Interval mean = comparison->geometric_mean[arm];
    size_t rows = comparison->geometric_mean_rows[arm], all = rows_of(comparison);
    if (rows == 0)
        return NULL;
    const char *baseline = source->run->meta.arms[source->run->meta.baseline].name;
    char *what = differs(mean) || !has_interval(mean) ? difference_words(comparison->metric, mean.estimate, baseline)
                                                      : same_words(comparison->metric, mean.estimate, baseline);
    char *interval = interval_words(mean), *verdicts = with_tally ? tally(comparison, arm) : NULL;
    char *of = rows < all ? text_format(" of %zu", all) : text_copy("");
    char *text = text_format("%s over %zu%s row%s (%s%s%s)", what, rows, of, rows == 1 && !*of ? "" : "s", interval,
                             verdicts ? "; " : "", verdicts ? verdicts : "");
    free(what);
    free(interval);
    free(verdicts);
    free(of);
    return text;
}

/* Speed and peak memory where the run is about them, else all that it is about. */
static bool is_headline(const PageSource *source, Metric metric) {
    bool usual = page_comparison(source, METRIC_THROUGHPUT) || page_comparison(source, METRIC_PEAK_RSS);
    return !usual || metric == METRIC_THROUGHPUT || metric == METRIC_PEAK_RSS;
}

/* What the headline metrics say of an arm; owned. */
static char *sentence(const PageSource *source, uint32_t arm) {
    const Arm *one = &source->run->meta.arms[arm];
    if (!one->available)
        return text_format("%s was not measured: %s.", one->name, one->reason ? one->reason : "it is not available");
    char *text =
        arm_is_bound(one) ? text_format("%s, a bound and no allocator to use,", one->name) : text_copy(one->name);
    bool any = false;
    for (size_t i = 0; i < source->count; i++) {
        if (!is_headline(source, source->comparisons[i]->metric))
            continue;
        char *part = clause(source, source->comparisons[i], arm, true);
        if (!part)
            continue;
        char *longer = text_format("%s%s %s", text, any ? "; it" : "", part);
        free(part);
        free(text);
        text = longer;
        any = true;
    }
    char *whole = any ? text_format("%s.", text) : text_format("%s has no ratio in any row: its cells say why.", text);
    free(text);
    return whole;
}

/* In how many rows any arm has a ratio: one that has it in fewer stands for other rows, and is not ranked. */
static size_t ranked_rows(const Run *run, const Comparison *comparison) {
    size_t most = 0;
    for (size_t arm = 0; arm < run->meta.arm_count; arm++)
        if (!arm_is_bound(&run->meta.arms[arm]) && comparison->geometric_mean_rows[arm] > most)
            most = comparison->geometric_mean_rows[arm];
    return most;
}

/* The arm with the best mean; the baseline, at 1, when there is none better. */
static uint32_t best_of(const Run *run, const Comparison *comparison) {
    size_t most = ranked_rows(run, comparison);
    uint32_t best = comparison->reference;
    double value = 1;
    bool larger = metric_info(comparison->metric)->larger_is_better;
    for (uint32_t arm = 0; arm < run->meta.arm_count; arm++) {
        double estimate = comparison->geometric_mean[arm].estimate;
        if (arm == comparison->reference || arm_is_bound(&run->meta.arms[arm]) ||
            comparison->geometric_mean_rows[arm] < most || isnan(estimate))
            continue;
        if (larger ? estimate > value : estimate < value) {
            best = arm;
            value = estimate;
        }
    }
    return best;
}

/* "tcmalloc, mimalloc": those that a comparison with the best does not show to be worse. Owned, "" when none. */
static char *not_worse(const Run *run, Metric metric, uint32_t best) {
    Comparison *against = comparison_of_run(run, metric, best);
    char *names = text_copy("");
    for (size_t arm = 0; arm < run->meta.arm_count; arm++) {
        if (arm == best || arm_is_bound(&run->meta.arms[arm]) || against->geometric_mean_rows[arm] == 0 ||
            differs(against->geometric_mean[arm]))
            continue;
        char *longer = text_format("%s%s%s", names, *names ? ", " : "", run->meta.arms[arm].name);
        free(names);
        names = longer;
    }
    comparison_free(against);
    return names;
}

/* "Fastest over these rows is minipool: it is ...; it needs ...." */
static void add_best(const PageSource *source, const Comparison *comparison, const char *word, TextList *answer) {
    const Run *run = source->run;
    uint32_t best = best_of(run, comparison);
    const char *name = run->meta.arms[best].name;
    char *others = not_worse(run, comparison->metric, best), *facts = text_copy("");
    for (size_t i = 0; i < source->count && best != comparison->reference; i++) {
        if (!is_headline(source, source->comparisons[i]->metric))
            continue;
        char *part = clause(source, source->comparisons[i], best, false);
        if (part) {
            char *longer = text_format("%s%s it %s", facts, *facts ? ";" : ":", part);
            free(facts);
            free(part);
            facts = longer;
        }
    }
    text_list_add(answer, text_format("%s over these rows is %s%s%s.", word, name,
                                      best == comparison->reference ? ", the baseline itself" : "", facts));
    if (*others)
        text_list_add(answer, text_format("Not told apart from %s in this: %s.", name, others));
    free(others);
    free(facts);
}

/* Arms that best_of() left out, if any. */
static void add_unranked(const Run *run, const Comparison *comparison, TextList *answer) {
    size_t most = ranked_rows(run, comparison);
    char *names = text_copy("");
    for (size_t arm = 0; arm < run->meta.arm_count; arm++) {
        if (!run->meta.arms[arm].available || arm_is_bound(&run->meta.arms[arm]) || arm == comparison->reference ||
            comparison->geometric_mean_rows[arm] == most)
            continue;
        char *longer = text_format("%s%s%s", names, *names ? ", " : "", run->meta.arms[arm].name);
        free(names);
        names = longer;
    }
    if (*names)
        text_list_add(answer, text_format("Not ranked, since they have no ratio in some rows: %s.", names));
    free(names);
}

static bool any_differs(const Run *run, const Comparison *comparison) {
    for (size_t arm = 0; arm < run->meta.arm_count; arm++)
        if (arm != comparison->reference && !arm_is_bound(&run->meta.arms[arm]) &&
            comparison->geometric_mean_rows[arm] > 0 && differs(comparison->geometric_mean[arm]))
            return true;
    return false;
}

static size_t unstable_rows(const Comparison *comparison) {
    size_t count = 0;
    for (size_t row = 0; row < comparison->row_count; row++)
        count += comparison->rows[row].applies && comparison->rows[row].unstable;
    return count;
}

PageAnswer page_answer(const PageSource *source) {
    const Run *run = source->run;
    PageAnswer answer = {0};
    const Comparison *first = source->count ? source->comparisons[0] : NULL;
    if (first && metric_is_ratio_free(first->metric)) {
        text_list_add(&answer.lead,
                      text_copy("Counts of instructions rank no allocators: compare this run with another "
                                "of the same allocators."));
        return answer;
    }
    static const struct {
        Metric metric;
        const char *best;
    } asked[] = {{METRIC_THROUGHPUT, "Fastest"}, {METRIC_PEAK_RSS, "Leanest"}};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        const Comparison *comparison = page_comparison(source, asked[i].metric);
        if (!comparison || rows_of(comparison) == 0)
            continue;
        if (any_differs(run, comparison))
            add_best(source, comparison, asked[i].best, &answer.lead);
        else
            text_list_add(&answer.lead, text_format("No difference from %s in %s is shown for any allocator over all "
                                                    "rows together.",
                                                    run->meta.arms[run->meta.baseline].name, noun(asked[i].metric)));
    }
    if (first)
        add_unranked(run, first, &answer.lead);
    if (first && unstable_rows(first))
        text_list_add(&answer.lead, text_format("%zu of %zu rows are unstable: the machine was too noisy there, and "
                                                "they prove nothing by themselves.",
                                                unstable_rows(first), rows_of(first)));
    for (uint32_t arm = 0; arm < run->meta.arm_count; arm++)
        if (arm != run->meta.baseline)
            text_list_add(&answer.arms, sentence(source, arm));
    return answer;
}

void page_answer_release(PageAnswer *answer) {
    text_list_release(&answer->lead);
    text_list_release(&answer->arms);
}

/* What a headline metric says of an arm: mean, interval, and in how many rows which verdict was given. */
static void put_mean(const PageSource *source, const Comparison *comparison, uint32_t arm, FILE *out) {
    bool ranked = !arm_is_bound(&source->run->meta.arms[arm]);
    Interval mean = comparison->geometric_mean[arm];
    size_t rows = comparison->geometric_mean_rows[arm], all = rows_of(comparison);
    if (arm == comparison->reference) {
        fputs("<td><b>1</b> <i>what the others are compared with</i></td>", out);
        return;
    }
    if (rows == 0) {
        fputs("<td class=\"failed\">no ratio in any row</td>", out);
        return;
    }
    char *ratio = word_ratio(mean.estimate), *interval = word_interval(mean), *verdicts = tally(comparison, arm);
    char *of = rows < all ? text_format("over %zu of %zu rows; ", rows, all) : text_copy("");
    html_put(out, "<td class=\"$\"><b>$</b> <small>$</small> <i>$$</i></td>",
             differs(mean) && ranked ? page_heat(comparison->metric, mean.estimate) : "", ratio,
             *interval ? interval : "too few rows and blocks for an interval", of, verdicts);
    free(ratio);
    free(interval);
    free(verdicts);
    free(of);
}

/* A line an arm, a column a headline metric; `sentences` are those of the arms beside the baseline. */
static void put_summary(const PageSource *source, const TextList *sentences, FILE *out) {
    const RunMeta *meta = &source->run->meta;
    size_t metrics = 0, next = 0;
    fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"means of all allocators\"><table "
          "class=\"answer\"><caption>Means of all allocators</caption><thead><tr><th scope=\"col\">allocator</th>",
          out);
    for (size_t i = 0; i < source->count; i++) {
        if (!is_headline(source, source->comparisons[i]->metric))
            continue;
        char *direction = word_direction(source->comparisons[i]->metric);
        html_put(out, "<th scope=\"col\">$ <small>$</small></th>", word_metric(source->comparisons[i]->metric),
                 direction);
        free(direction);
        metrics++;
    }
    fputs("</tr></thead><tbody>\n", out);
    for (uint32_t arm = 0; arm < meta->arm_count; arm++) {
        const char *words = arm == meta->baseline ? "" : sentences->items[next++];
        char *head = page_arm_head(&meta->arms[arm]);
        html_put(out, "<tr><th scope=\"row\">$</th>", head);
        free(head);
        if (!meta->arms[arm].available) {
            fprintf(out, "<td class=\"failed\" colspan=\"%zu\">", metrics);
            html_put(out, "$</td>", words);
        }
        for (size_t i = 0; i < source->count && meta->arms[arm].available; i++)
            if (is_headline(source, source->comparisons[i]->metric))
                put_mean(source, source->comparisons[i], arm, out);
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
}

void page_write_answer(const PageSource *source, FILE *out) {
    PageAnswer answer = page_answer(source);
    fputs("<section id=\"answer\">\n<h1>Which allocator should I take, and what does it cost in memory?</h1>\n"
          "<div class=\"lead\">\n",
          out);
    for (size_t i = 0; i < answer.lead.count; i++)
        html_put(out, "<p>$</p>\n", answer.lead.items[i]);
    fputs("</div>\n", out);
    if (answer.arms.count > 0)
        put_summary(source, &answer.arms, out);
    html_put(
        out,
        "<p class=\"note\">Ratios are geometric means over the rows, against $; coloured where the 95 % interval in "
        "brackets leaves out 1. A mean is no program: look "
        "for the rows that resemble yours, and time your own program before you choose.</p>\n</section>\n",
        source->run->meta.arms[source->run->meta.baseline].name);
    page_answer_release(&answer);
}
