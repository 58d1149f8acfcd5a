/* slow.c - the C library with a delay before each malloc: SLOW_ROUNDS additions, 20 unless told. */
#include "forward.h"

#include <stdlib.h>

static unsigned rounds = 20;

__attribute__((constructor)) static void read_rounds(void) {
    const char *text = getenv("SLOW_ROUNDS");
    if (text != NULL)
        rounds = (unsigned)strtoul(text, NULL, 10);
}

void *malloc(size_t size) {
    for (unsigned i = 0; i < rounds; i++)
        __asm__ volatile("" ::: "memory");
    return __libc_malloc(size);
}
