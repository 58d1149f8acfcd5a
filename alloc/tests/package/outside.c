/*
 * outside.c - a program that uses an installed minipool. Says "malloc" if malloc itself is minipool's, "beside" if only
 * the mp_ names are.
 */
#include <minipool.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
    char *volatile mine = mp_malloc(100);
    mp_stats before, after;
    if (mine == NULL)
        return 1;
    memset(mine, 1, 100);
    mp_stats_get(&before);
    char *volatile general = malloc(100);
    mp_stats_get(&after);
    puts(after.allocated_blocks == before.allocated_blocks + 1 ? "malloc" : "beside");
    free(general);
    mp_free(mine);
    return 0;
}
