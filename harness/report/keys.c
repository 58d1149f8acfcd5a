/*
 * keys.c - enumerations as stable words for programs: CSV, JSON and chart data. Unlike the words in tables these do not
 * change with the metric and hold no spaces.
 */
#include "table.h"

const char *metric_key(Metric metric) {
    return metric == METRIC_THROUGHPUT ? "throughput" : "peak_rss";
}

const char *verdict_key(Verdict verdict) {
    static const char *const keys[] = {
        [VERDICT_NO_DIFFERENCE] = "no-difference",
        [VERDICT_BETTER] = "better",
        [VERDICT_WORSE] = "worse",
        [VERDICT_TOO_FEW] = "too-few",
        [VERDICT_UNSTABLE] = "unstable",
        [VERDICT_FAILED] = "failed",
        [VERDICT_SKIPPED] = "skipped",
        [VERDICT_REFERENCE] = "reference",
    };
    return keys[verdict];
}

const char *gate_key(Gate gate) {
    static const char *const keys[] = {
        [GATE_NONE] = "none",
        [GATE_MULTIPLICITY] = "multiplicity",
        [GATE_THRESHOLD] = "threshold",
        [GATE_NOISE_FLOOR] = "noise-floor",
        [GATE_LOWER_BOUND] = "lower-bound",
    };
    return keys[gate];
}
