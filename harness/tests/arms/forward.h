/*
 * forward.h - the base of allocators that misbehave on purpose: everything but malloc goes straight to the C library. A
 * test's arm includes this, defines malloc, and does its mischief after TROUBLE_AFTER calls, when the process is up.
 */
#ifndef ALLOCBENCH_TESTS_FORWARD_H
#define ALLOCBENCH_TESTS_FORWARD_H

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

enum { TROUBLE_AFTER = 2000 };

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);
void *memalign(size_t alignment, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
int posix_memalign(void **block, size_t alignment, size_t size);
void free(void *block);

/* True from the TROUBLE_AFTER-th call on. */
static inline int trouble(void) {
    static atomic_uint calls;
    return atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed) >= TROUBLE_AFTER;
}

void *calloc(size_t count, size_t size) {
    return __libc_calloc(count, size);
}
void *realloc(void *block, size_t size) {
    return __libc_realloc(block, size);
}
void *memalign(size_t alignment, size_t size) {
    return __libc_memalign(alignment, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    *block = __libc_memalign(alignment, size);
    return *block == NULL ? ENOMEM : 0;
}

#ifndef FREE_IS_OWN
void free(void *block) {
    __libc_free(block);
}
#endif

#endif
