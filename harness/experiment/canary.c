/*
 * canary.c - see canary.h.
 */
#include "canary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../store/text.h"
#include "cores.h"
#include "observer.h"

enum { CANARY_ROUNDS = 500000, CANARY_ENOUGH = 20 };

uint64_t canary_run(void) {
    uint64_t state = 1;
    uint64_t begin = monotonic_ns();
    for (int i = 0; i < CANARY_ROUNDS; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
        /* The compiler must neither shorten nor reorder the chain. */
        __asm__ volatile("" : "+r"(state));
    }
    return monotonic_ns() - begin;
}

uint64_t canary_steal_ticks(void) {
    FILE *file = fopen("/proc/stat", "re");
    unsigned long long steal = 0;
    if (file == NULL)
        return 0;
    if (fscanf(file, "cpu %*u %*u %*u %*u %*u %*u %*u %llu", &steal) != 1)
        steal = 0;
    fclose(file);
    return steal;
}

void canary_note(Canary *canary, uint64_t canary_ns) {
    if (canary->count == canary->capacity) {
        canary->capacity = canary->capacity == 0 ? 256 : 2 * canary->capacity;
        canary->seen = grow(canary->seen, canary->capacity, sizeof *canary->seen);
    }
    canary->seen[canary->count++] = canary_ns;
}

void canary_release(Canary *canary) {
    free(canary->seen);
    *canary = (Canary){0};
}

static int by_value(const void *one, const void *other) {
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return a < b ? -1 : a > b;
}

static uint64_t median_of(uint64_t *values, size_t count) {
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

bool canary_is_disturbed(const Canary *canary, const CanaryBlock *block, const char **reason) {
    double ticks_a_second = (double)sysconf(_SC_CLK_TCK);
    double available = (double)block->elapsed_ns / 1e9 * ticks_a_second * cores_count();
    if (available > 0 && (double)block->steal_ticks > 0.05 * available) {
        *reason = "disturbed: the hypervisor took processor time";
        return true;
    }
    if (canary->count < CANARY_ENOUGH)
        return false;
    uint64_t *values = zeroed(canary->count, sizeof *values);
    memcpy(values, canary->seen, canary->count * sizeof *values);
    uint64_t median = median_of(values, canary->count);
    for (size_t i = 0; i < canary->count; i++)
        values[i] = values[i] > median ? values[i] - median : median - values[i];
    uint64_t bound = 5 * median_of(values, canary->count);
    free(values);
    if (bound < median / 2)
        bound = median / 2;
    *reason = "disturbed: fixed arithmetic took unusually long";
    return block->worst_ns > median + bound;
}
