/* crash.c - malloc dies by SIGSEGV. */
#include "forward.h"

#include <signal.h>

void *malloc(size_t size) {
    if (trouble())
        raise(SIGSEGV);
    return __libc_malloc(size);
}
