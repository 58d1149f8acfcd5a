/*
 * keys.c - enumerations as stable words for programs, without spaces: CSV and JSON.
 */
#include "table.h"

const char *unit_key(MetricUnit unit) {
    static const char *const keys[] = {
        [UNIT_PER_SECOND] = "per-second",
        [UNIT_BYTES] = "bytes",
        [UNIT_NANOSECONDS] = "ns",
        [UNIT_MULTIPLE] = "multiple",
        [UNIT_PER_OPERATION] = "per-operation",
        [UNIT_PER_THOUSAND] = "per-thousand-operations",
    };
    return keys[unit];
}

const char *gate_key(Gate gate) {
    static const char *const keys[] = {
        [GATE_NONE] = "none",
        [GATE_MULTIPLICITY] = "multiplicity",
        [GATE_THRESHOLD] = "threshold",
        [GATE_NOISE_FLOOR] = "noise-floor",
        [GATE_COUNTER_ERROR] = "counter-error",
        [GATE_RESOLUTION] = "resolution",
        [GATE_LOWER_BOUND] = "lower-bound",
    };
    return keys[gate];
}
