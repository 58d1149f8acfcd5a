/* picture.c - see picture.h. */
#include "picture.h"

#include <dlfcn.h>
#include <stddef.h>

#include "slot.h"

static void (*stats_get)(void *stats);
static size_t (*stats_json)(const void *stats, char *text, size_t bytes);

void picture_prepare(void) {
    if (!slot_malloc_has("mp_stats_get") || !slot_malloc_has("mp_stats_json"))
        return;
    /* POSIX: the result of dlsym is stored through an object pointer. */
    *(void **)&stats_get = dlsym(RTLD_DEFAULT, "mp_stats_get");
    *(void **)&stats_json = dlsym(RTLD_DEFAULT, "mp_stats_json");
}

void picture_take(SlotPicture which) {
    static _Alignas(max_align_t) char stats[4096];
    if (stats_get == NULL)
        return;
    stats_get(stats);
    stats_json(stats, slot_page()->pictures[which], SLOT_PICTURE_BYTES);
}
