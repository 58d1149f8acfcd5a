/* mergeable_loop.c - a loop whose malloc and free an informed compiler deletes: proves that timed_loops.sh would see. */
#include <stdlib.h>

__attribute__((noinline)) static int timed_pairs(int count) {
    int made = 0;
    for (int i = 0; i < count; i++) {
        void *block = malloc(64);
        made += block != NULL;
        free(block);
    }
    return made;
}

int main(int argc, char **argv) {
    (void)argv;
    return timed_pairs(argc) == argc ? 0 : 1;
}
