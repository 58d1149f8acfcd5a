/*
 * rounds.c - see rounds.h.
 */
#include "rounds.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/comparison.h"
#include "store/text.h"

static const int PERCENTS[] = {2, 5, 10};

bool rounds_print(const char *run_folder) {
    StoreError error;
    Run *run = run_load(run_folder, &error);
    if (run == NULL || run->meta.arm_count != 3) {
        fprintf(stderr, "selftest: %s\n", run == NULL ? error.text : "the calibration needs three arms");
        run_free(run);
        return false;
    }
    Comparison *comparison = comparison_of_run(run, METRIC_THROUGHPUT, run->meta.baseline);
    double rounds[2] = {0}, extra[2] = {0};
    size_t found = 0;
    for (uint32_t arm = 0; arm < run->meta.arm_count && found < 2; arm++)
        if (arm != run->meta.baseline) {
            rounds[found] = strtod(run->meta.arms[arm].name + sizeof "rounds" - 1, NULL);
            extra[found++] = 1 / comparison_cell(&comparison->rows[0], arm, false)->ratio.estimate - 1;
        }
    comparison_free(comparison);
    run_free(run);
    double slope = (extra[1] - extra[0]) / (rounds[1] - rounds[0]);
    if (!isfinite(slope) || slope <= 0) {
        fputs("selftest: the calibration saw no delay grow with its rounds; the machine is too noisy\n", stderr);
        return false;
    }
    for (size_t i = 0; i < sizeof PERCENTS / sizeof *PERCENTS; i++)
        printf("%d %.0f\n", PERCENTS[i], fmax(1, rounds[0] + (PERCENTS[i] / 100.0 - extra[0]) / slope));
    return true;
}
