/*
 * plugin.c - a shared object that process_life.c loads and unloads: it allocates in its constructor, in thread-local
 * storage that is itself allocated on demand, and for its caller; its destructor frees what the constructor allocated.
 */
#include <stdlib.h>
#include <string.h>

static char *own;
static __thread char storage[3000];

void *plugin_allocate(size_t size);

__attribute__((constructor)) static void loaded(void) {
    own = malloc(5000);
    if (own != NULL)
        memset(own, 1, 5000);
}

__attribute__((destructor)) static void unloaded(void) {
    free(own);
}

void *plugin_allocate(size_t size) {
    memset(storage, 2, sizeof(storage));
    return own == NULL || own[4999] != 1 ? NULL : calloc(1, size);
}
