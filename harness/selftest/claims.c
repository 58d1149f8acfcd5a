/*
 * claims.c - see claims.h.
 */
#include "claims.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results.h"
#include "store/text.h"

unsigned claims_nominal_bound(unsigned n) {
    unsigned bound = 0;
    while (bound < n && gsl_cdf_binomial_Q(bound, 0.05, n) > 0.01)
        bound++;
    return bound;
}

const char *claim_word(ClaimState state) {
    return state == CLAIM_MET ? "yes" : state == CLAIM_NOT_MET ? "NO" : "not measured";
}

void claims_release(Claims *claims) {
    for (size_t i = 0; i < claims->count; i++) {
        free(claims->items[i].what);
        free(claims->items[i].wanted);
        free(claims->items[i].measured);
    }
    free(claims->items);
    *claims = (Claims){0};
}

static ClaimState met(bool yes) {
    return yes ? CLAIM_MET : CLAIM_NOT_MET;
}

/* Takes the three texts. */
static void add(Claims *claims, char *what, char *wanted, char *measured, ClaimState state) {
    claims->items = grow(claims->items, claims->count + 1, sizeof *claims->items);
    claims->items[claims->count++] = (Claim){what, wanted, measured, state};
}

static void add_missing(Claims *claims, const char *what, const char *wanted) {
    add(claims, text_copy(what), text_copy(wanted), text_copy("-"), CLAIM_NOT_MEASURED);
}

/* Sum over the words in an object of counts. */
static double words(const json_t *results, const char *path, const char *first, const char *second) {
    double one = json_number_value(json_object_get(results_at(results, path), first));
    return one + (second == NULL ? 0 : json_number_value(json_object_get(results_at(results, path), second)));
}

static void claim_equal_arms(Claims *claims, const json_t *results, const char *metric, const char *title,
                             const char *better, const char *worse) {
    char *base = text_format("counts.aa.%s", metric), *verdicts = text_format("%s.verdicts", base);
    char *raw_path = text_format("%s.raw", base), *count_path = text_format("%s.comparisons", base);
    char *tail_path = text_format("%s.tail", base);
    double raw = results_number(results, raw_path), count = results_number(results, count_path);
    unsigned bound = count > 0 ? claims_nominal_bound((unsigned)count) : 0;
    char *what = text_format("Equal arms, %s: raw tests with p < 0.05", title);
    if (!(count > 0)) {
        add_missing(claims, what, "");
        free(what);
    } else {
        add(claims, what, text_format("at most %u of %.0f", bound, count),
            text_format("%.0f of %.0f; so many or more by chance: %.2g", raw, count,
                        results_number(results, tail_path)),
            met(raw <= bound));
        /* An unstable row can give no verdict: it must not count as one that was right. */
        double wrong = words(results, verdicts, better, worse),
               able = count - words(results, verdicts, "unstable", NULL);
        unsigned most = able > 0 ? claims_nominal_bound((unsigned)able) : 0;
        add(claims, text_format("Equal arms, %s: verdicts %s or %s", title, better, worse),
            text_format("at most %u of %.0f that are not unstable", most, able),
            text_format("%.0f of %.0f", wrong, able), able > 0 ? met(wrong <= most) : CLAIM_NOT_MET);
    }
    free(base);
    free(verdicts);
    free(raw_path);
    free(count_path);
    free(tail_path);
}

static void claim_power(Claims *claims, const json_t *results) {
    const json_t *cases = results_at(results, "counts.power.cases"), *one, *look;
    size_t i, k;
    double wrong = 0, looks = 0, found = 0, tried = 0;
    json_array_foreach(cases, i, one) {
        const char *arm = json_string_value(json_object_get(one, "arm"));
        json_array_foreach(json_object_get(one, "looks"), k, look) {
            double runs = results_number(look, "runs");
            wrong += results_number(look, "wrong");
            looks += runs;
            if (arm != NULL && strcmp(arm, "delay5") == 0 && results_number(look, "blocks") == 60) {
                found += results_number(look, "found");
                tried += runs;
            }
        }
    }
    if (looks == 0) {
        add_missing(claims, "Delays: verdicts in the wrong direction", "none");
        return;
    }
    add(claims, text_copy("Delays: verdicts in the wrong direction"), text_copy("none"),
        text_format("%.0f of %.0f looks", wrong, looks), met(wrong == 0));
    if (tried > 0)
        add(claims, text_copy("A delay of about 5 % is found with 60 blocks"), text_copy("at least 9 of 10 runs"),
            text_format("%.0f of %.0f", found, tried), met(found >= 0.9 * tried));
    else
        add_missing(claims, "A delay of about 5 % is found with 60 blocks", "at least 9 of 10 runs");
}

static void claim_noise(Claims *claims, const json_t *results) {
    double count = results_number(results, "counts.noise.comparisons");
    if (!(count > 0)) {
        add_missing(claims, "stress-ng beside it: no verdict is turned round", "none");
        return;
    }
    unsigned bound = claims_nominal_bound((unsigned)count);
    double equal = words(results, "counts.noise.same", "faster", "slower");
    double turned = words(results, "counts.noise.slow", "faster", NULL);
    add(claims, text_copy("stress-ng beside it: verdicts on equal arms"),
        text_format("at most %u of %.0f", bound, count),
        text_format("%.0f of %.0f, %.0f unstable", equal, count, words(results, "counts.noise.same", "unstable", NULL)),
        met(equal <= bound));
    add(claims, text_copy("stress-ng beside it: the arm that is 10 % slower is called faster"), text_copy("never"),
        text_format("%.0f of %.0f, %.0f unstable", turned, count,
                    words(results, "counts.noise.slow", "unstable", NULL)),
        met(turned == 0));
}

static void claim_memory(Claims *claims, const json_t *results) {
    static const double MIB = 1024 * 1024;
    double leak = results_element(results, "facts.leak.difference_bytes", 0);
    const char *verdict = json_string_value(results_at(results, "facts.leak.verdict"));
    if (isnan(leak) || verdict == NULL)
        add_missing(claims, "A planted leak of 64 MiB", "fatter, by 63 to 66 MiB");
    else
        add(claims, text_copy("A planted leak of 64 MiB"), text_copy("fatter, by 63 to 66 MiB"),
            text_format("%s, by %.2f MiB", verdict, leak / MIB),
            met(strcmp(verdict, "fatter") == 0 && leak > 63 * MIB && leak < 66 * MIB));
    static const char *const cases[][2] = {{"parent", "Peak of a slot when the parent of allocbench has 200 MiB more"},
                                           {"itself", "Peak of a slot when allocbench itself has 200 MiB more"}};
    for (size_t i = 0; i < 2; i++) {
        char *path = text_format("facts.%s.difference_bytes", cases[i][0]);
        double shift = results_element(results, path, 0), low = results_element(results, path, 1),
               high = results_element(results, path, 2);
        free(path);
        if (isnan(low))
            add_missing(claims, cases[i][1], "within 0.5 MiB of the same");
        else
            add(claims, text_copy(cases[i][1]), text_copy("within 0.5 MiB of the same"),
                text_format("%+.3f MiB [%+.3f, %+.3f]", shift / MIB, low / MIB, high / MIB),
                met(fabs(low) < MIB / 2 && fabs(high) < MIB / 2));
    }
}

static void claim_failures(Claims *claims, const json_t *results) {
    static const char *const runs[] = {"facts.statuses.cases", "facts.unsupported.cases"};
    size_t cases = 0, right = 0, i;
    const json_t *one;
    for (size_t r = 0; r < 2; r++)
        json_array_foreach(results_at(results, runs[r]), i, one) {
            double slots = results_number(one, "slots");
            cases++;
            right += slots > 0 && results_number(one, "as_expected") == slots;
        }
    if (cases == 0)
        add_missing(claims, "Slots whose end is known get their status", "all");
    else
        add(claims, text_copy("Slots whose end is known get their status"), text_copy("all"),
            text_format("%zu of %zu", right, cases), met(right == cases));
    const json_t *unchanged = results_at(results, "facts.resumed.unchanged");
    double blocks = results_number(results, "facts.resumed.blocks");
    if (unchanged == NULL)
        add_missing(claims, "A killed run keeps what it had and is completed", "yes");
    else
        add(claims, text_copy("A killed run keeps what it had and is completed"),
            text_copy("every stored slot kept, all blocks"),
            text_format("%.0f lines kept, %.0f of %.0f blocks", results_number(results, "facts.resumed.kept_lines"),
                        blocks, results_number(results, "facts.resumed.planned_blocks")),
            met(json_is_true(unchanged) && results_number(results, "facts.resumed.kept_lines") > 0 &&
                blocks == results_number(results, "facts.resumed.planned_blocks")));
}

static void claim_cost(Claims *claims, const json_t *results) {
    double share = results_number(results, "facts.observer.cpu_share");
    if (isnan(share))
        add_missing(claims, "Processor time of the observer, of a slot's time", "under 1 %");
    else
        add(claims, text_copy("Processor time of the observer, of a slot's time"), text_copy("under 1 %"),
            text_format("%.2f %%", 100 * share), met(share < 0.01));
    double seconds = results_number(results, "facts.analysis.median_s");
    double samples = results_number(results, "facts.generated.samples");
    if (isnan(seconds) || isnan(samples))
        add_missing(claims, "compare of a stored run of 10,000 samples", "under 1 s");
    else
        add(claims, text_format("compare of a stored run of %.0f samples", samples), text_copy("under 1 s"),
            text_format("%.2f s", seconds), met(seconds < 1 && samples >= 10000));
}

static void claim_recomputed(Claims *claims, const json_t *results) {
    const json_t *list = results_at(results, "facts.recomputed.ways"), *way;
    size_t i, same = 0;
    json_array_foreach(list, i, way) same += json_is_true(json_object_get(way, "identical")) ? 1 : 0;
    if (json_array_size(list) == 0)
        add_missing(claims, "Verdicts recomputed elsewhere are the same to the byte", "all");
    else
        add(claims, text_copy("Verdicts recomputed elsewhere are the same to the byte"), text_copy("all"),
            text_format("%zu of %zu ways", same, json_array_size(list)), met(same == json_array_size(list)));
}

Claims claims_of_results(const json_t *results) {
    Claims claims = {0};
    claim_equal_arms(&claims, results, "throughput", "throughput", "faster", "slower");
    claim_equal_arms(&claims, results, "peak_rss", "peak RSS", "leaner", "fatter");
    claim_power(&claims, results);
    claim_noise(&claims, results);
    claim_memory(&claims, results);
    claim_failures(&claims, results);
    claim_cost(&claims, results);
    claim_recomputed(&claims, results);
    return claims;
}
