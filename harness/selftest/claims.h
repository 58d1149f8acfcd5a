/*
 * claims.h - what the self-test was to show, beside what it showed. A part that could not be measured is no success.
 */
#ifndef ALLOCBENCH_SELFTEST_CLAIMS_H
#define ALLOCBENCH_SELFTEST_CLAIMS_H

#include <jansson.h>
#include <stddef.h>

typedef enum ClaimState { CLAIM_MET, CLAIM_NOT_MET, CLAIM_NOT_MEASURED } ClaimState;

typedef struct Claim {
    char *what, *wanted, *measured; /* owned */
    ClaimState state;
} Claim;

typedef struct Claims {
    Claim *items;
    size_t count;
} Claims;

/* `results` as results_load() gives them. */
Claims claims_of_results(const json_t *results);
void claims_release(Claims *claims);
/* "yes", "NO", "not measured" */
const char *claim_word(ClaimState state);

/* The largest count of n independent tests at 5 % that is not significantly (1 %) above nominal: 18 of 200. */
unsigned claims_nominal_bound(unsigned n);

#endif
