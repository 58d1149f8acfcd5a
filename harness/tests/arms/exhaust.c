/* exhaust.c - malloc takes and touches memory without end. */
#include "forward.h"

#include <string.h>

void *malloc(size_t size) {
    while (trouble()) {
        char *block = __libc_malloc(1 << 20);
        if (block != NULL)
            memset(block, 1, 1 << 20);
        __asm__ volatile("" ::"r"(block) : "memory");
    }
    return __libc_malloc(size);
}
