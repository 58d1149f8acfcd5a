/*
 * bare_calls.c - so many pairs of malloc and free, through the kit's probe as workloads make them when nothing is
 * observed, or without it. Run under callgrind; the difference is what the kit costs a compared slot.
 *
 *     bare_calls kit|bare PAIRS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

/* Reached only when something is observed, which is never so here. */
void *probe_malloc_observed(Probe *probe, size_t size) {
    (void)probe;
    (void)size;
    abort();
}
void probe_free_observed(Probe *probe, void *block, size_t size) {
    (void)probe;
    (void)block;
    (void)size;
    abort();
}

/* A workload's loop is too long to exist twice, with and without a probe; this one must not either. */
#define KEEP_IN_LOOP(value) __asm__ volatile("" : "+r"(value))

static __attribute__((noinline)) void through_kit(Probe *probe, unsigned long pairs) {
    for (unsigned long i = 0; i < pairs; i++) {
        KEEP_IN_LOOP(probe);
        void *block = probe_malloc(probe, 64);
        KEEP_IN_LOOP(probe);
        probe_free(probe, block, 64);
    }
}

static __attribute__((noinline)) void without_kit(unsigned long pairs) {
    for (unsigned long i = 0; i < pairs; i++)
        free(malloc(64));
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fputs("usage: bare_calls kit|bare PAIRS\n", stderr);
        return 2;
    }
    unsigned long pairs = strtoul(argv[2], NULL, 10);
    Probe *volatile unknown = NULL; /* what the compiler must not know */
    if (strcmp(argv[1], "kit") == 0)
        through_kit(unknown, pairs);
    else
        without_kit(pairs);
    return 0;
}
