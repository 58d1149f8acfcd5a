/* hang.c - malloc does not return. */
#include "forward.h"

#include <unistd.h>

void *malloc(size_t size) {
    while (trouble())
        pause();
    return __libc_malloc(size);
}
