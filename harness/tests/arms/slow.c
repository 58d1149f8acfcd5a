/*
 * slow.c - the C library with a delay before every SLOW_EVERY-th malloc of a thread (1 unless told): SLOW_ROUNDS turns
 * of an empty loop, 20 unless told. A long delay now and then can be set in fine steps; a processor hides a short one.
 */
#include "forward.h"

#include <stdlib.h>

static unsigned rounds = 20, every = 1;
static _Thread_local unsigned calls __attribute__((tls_model("initial-exec")));

static unsigned setting(const char *name, unsigned otherwise) {
    const char *text = getenv(name);
    return text == NULL ? otherwise : (unsigned)strtoul(text, NULL, 10);
}

__attribute__((constructor)) static void read_settings(void) {
    rounds = setting("SLOW_ROUNDS", rounds);
    every = setting("SLOW_EVERY", every);
}

void *malloc(size_t size) {
    if (++calls >= every) {
        calls = 0;
        for (unsigned i = 0; i < rounds; i++)
            __asm__ volatile("" ::: "memory");
    }
    return __libc_malloc(size);
}
