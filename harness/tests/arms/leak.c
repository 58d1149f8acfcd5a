/* leak.c - the C library with 64 MiB that nobody asked for. */
#include "forward.h"

#include <string.h>

enum { LEAK_BYTES = 64 << 20 };

void *malloc(size_t size) {
    static atomic_flag planted = ATOMIC_FLAG_INIT;
    if (trouble() && !atomic_flag_test_and_set(&planted)) {
        char *block = __libc_malloc(LEAK_BYTES);
        if (block != NULL)
            memset(block, 1, LEAK_BYTES);
        __asm__ volatile("" ::"r"(block) : "memory");
    }
    return __libc_malloc(size);
}
