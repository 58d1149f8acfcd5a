/*
 * minipool.c - the mp_ names of minipool.h. Argument rules of each standard stand here; the work is done by heap.c.
 */
#include "minipool.h"

#include <errno.h>

#include "api.h"
#include "central_cache.h"
#include "hardening.h"
#include "heap.h"
#include "options.h"
#include "os_memory.h"
#include "page_heap.h"
#include "statistics.h"

#define PUBLIC __attribute__((visibility("default")))

/* What an option that was just set makes due is given back now, not some day. */
static int take_effect(int error) {
    int saved = errno;
    if (error == 0)
        page_heap_tick();
    errno = saved;
    return error;
}

PUBLIC void *mp_malloc(size_t size) {
    return heap_allocate(size);
}
PUBLIC void mp_free(void *block) {
    heap_free(block);
}
PUBLIC void mp_free_sized(void *block, size_t size) {
    heap_free_sized("free_sized", block, 1, size);
}
PUBLIC void mp_free_aligned_sized(void *block, size_t alignment, size_t size) {
    heap_free_sized("free_aligned_sized", block, alignment, size);
}
PUBLIC void *mp_calloc(size_t count, size_t size) {
    return heap_allocate_zeroed(count, size);
}
PUBLIC void *mp_realloc(void *block, size_t size) {
    return heap_reallocate(block, size);
}
PUBLIC void *mp_reallocarray(void *block, size_t count, size_t size) {
    return api_reallocarray(block, count, size);
}
PUBLIC void *mp_aligned_alloc(size_t alignment, size_t size) {
    return api_aligned_alloc(alignment, size);
}
PUBLIC int mp_posix_memalign(void **out, size_t alignment, size_t size) {
    return api_posix_memalign(out, alignment, size);
}
PUBLIC void *mp_memalign(size_t alignment, size_t size) {
    return api_memalign(alignment, size);
}
PUBLIC void *mp_valloc(size_t size) {
    return heap_allocate_aligned(os_page_bytes(), size);
}
PUBLIC void *mp_pvalloc(size_t size) {
    return api_pvalloc(size);
}
PUBLIC size_t mp_malloc_usable_size(const void *block) {
    return heap_usable_size(block);
}
PUBLIC int mp_malloc_trim(size_t keep) {
    return api_malloc_trim(keep);
}

PUBLIC int mp_option_get(mp_option option, size_t *value) {
    if (options_name(option) == NULL)
        return EINVAL;
    *value = option_value(option);
    return 0;
}
PUBLIC int mp_option_set(mp_option option, size_t value) {
    return take_effect(options_set(option, value));
}
PUBLIC int mp_option_set_text(const char *name, const char *value) {
    return take_effect(options_set_text(name, value));
}
PUBLIC const char *mp_option_name(mp_option option) {
    return options_name(option);
}

PUBLIC void mp_stats_get(mp_stats *stats) {
    statistics_get(stats);
}
PUBLIC size_t mp_stats_json(const mp_stats *stats, char *text, size_t bytes) {
    return statistics_json(stats, text, bytes);
}
PUBLIC void mp_check(void) {
    page_heap_check();
    central_cache_check();
    hardening_check();
    thread_cache_check();
}
