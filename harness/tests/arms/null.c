/* null.c - malloc says that there is no memory. */
#include "forward.h"

void *malloc(size_t size) {
    if (trouble()) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_malloc(size);
}
