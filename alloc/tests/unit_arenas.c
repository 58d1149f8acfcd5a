/*
 * unit_arenas.c - an arena that grows exactly into the gap between two others makes one of the three, since free runs
 * unite across all of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "config.h"
#include "minipool.h"

enum { MOST_BLOCKS = 8 };
static char *blocks[MOST_BLOCKS];
static int block_count;

/* A block that fills an arena of the smallest size by itself. */
static char *take_arena(void) {
    assert_true(block_count < MOST_BLOCKS);
    return blocks[block_count++] = mp_malloc(GROW_MIN_BYTES - 1);
}

static void a_filled_gap_unites_its_neighbours(void **state) {
    (void)state;
    mp_free(mp_malloc(1));
    char *above = take_arena(); /* arenas are placed downwards */
    char *gap = mmap(above - GROW_MIN_BYTES, GROW_MIN_BYTES, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (gap == MAP_FAILED)
        skip(); /* something else stands there on this system */
    char *below = take_arena();
    if (below != gap - GROW_MIN_BYTES)
        skip(); /* this system places mappings otherwise */
    /* With the place below taken, too, the system's next choice is the gap. */
    void *wall = mmap(below - GROW_MIN_BYTES, GROW_MIN_BYTES, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    assert_int_equal(munmap(gap, GROW_MIN_BYTES), 0);
    if (wall == MAP_FAILED || take_arena() != gap)
        skip();
    for (int i = 0; i < block_count; i++)
        mp_free(blocks[i]);
    mp_malloc_trim(0); /* everything is one kind of free run now */
    mp_check();
    mp_stats stats;
    mp_stats_get(&stats);

    pid_t child = fork();
    if (child == 0) {
        void *block = mp_malloc(100000);
        mp_check();
        _exit(block == NULL ? 1 : 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_filled_gap_unites_its_neighbours)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
