/* mergeable_loop.c - a loop whose malloc and free an informed compiler deletes: proves that timed_loops.sh would see.
 */
#include <stdlib.h>

__attribute__((noinline)) static int timed_pairs(int count) {
    int made = 0;
    for (; made < count; made++)
        free(malloc(64));
    return made;
}

int main(int argc, char **argv) {
    (void)argv;
    return timed_pairs(argc) == argc ? 0 : 1;
}
