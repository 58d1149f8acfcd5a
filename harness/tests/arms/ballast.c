/* ballast.c - no allocator: preloaded into allocbench itself, it makes it 200 MiB larger. */
#include <string.h>
#include <sys/mman.h>

enum { BALLAST_BYTES = 200 << 20 };

__attribute__((constructor)) static void grow_fat(void) {
    static char *ballast; /* kept: it is to stay */
    ballast = mmap(NULL, BALLAST_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ballast != MAP_FAILED)
        memset(ballast, 1, BALLAST_BYTES);
    __asm__ volatile("" ::"r"(ballast) : "memory");
}
