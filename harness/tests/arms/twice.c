/* twice.c - malloc gives the same block to two owners. Nothing is freed, so that only the content tells. */
#define FREE_IS_OWN
#include "forward.h"

void free(void *block) {
    (void)block;
}

void *malloc(size_t size) {
    static void *last;
    static size_t last_size;
    if (trouble() && last != NULL && size <= last_size)
        return last;
    last = __libc_malloc(size);
    last_size = size;
    return last;
}
