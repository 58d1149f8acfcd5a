/*
 * override_cxx.c - C++'s operator new and delete in all forms, written in C under their mangled names so that programs
 * without C++ need no C++ library. libstdc++ is found when it is there: as a weak symbol, or by dlsym() when it came
 * with a dlopen()ed plugin. Compiled with -fexceptions: a new-handler and std::bad_alloc may pass through.
 *
 * In the mangled names m is size_t, St11align_val_t std::align_val_t, RKSt9nothrow_t const std::nothrow_t&.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

#include "fault.h"
#include "heap.h"

#define EXPORT __attribute__((visibility("default")))

typedef void (*Handler)(void);

/* std::get_new_handler() and std::__throw_bad_alloc() */
extern Handler _ZSt15get_new_handlerv(void) __attribute__((weak));
extern void _ZSt17__throw_bad_allocv(void) __attribute__((weak));

static void *find_in_libstdcxx(const char *name) {
    void *library = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD);
    return library == NULL ? NULL : dlsym(library, name);
}

static Handler current_handler(void) {
    Handler (*get)(void) = _ZSt15get_new_handlerv;
    if (get == NULL)
        *(void **)&get = find_in_libstdcxx("_ZSt15get_new_handlerv");
    return get == NULL ? NULL : get();
}

static void throw_bad_alloc(size_t size) {
    void (*throw_it)(void) = _ZSt17__throw_bad_allocv;
    if (throw_it == NULL)
        *(void **)&throw_it = find_in_libstdcxx("_ZSt17__throw_bad_allocv");
    if (throw_it != NULL)
        throw_it();
    fault("operator new", (void *)size, "out of memory, and no C++ library to throw std::bad_alloc");
}

/* The loop of [new.delete.single]: ask the new-handler for help until there is none. */
static cold void *new_slow(size_t alignment, size_t size, bool may_throw) {
    for (;;) {
        void *block = alignment == 0 ? heap_allocate(size) : heap_allocate_aligned(alignment, size);
        if (block != NULL)
            return block;
        Handler handler = current_handler();
        if (handler == NULL) {
            if (may_throw)
                throw_bad_alloc(size);
            return NULL;
        }
        handler();
    }
}

static __attribute__((noinline)) void *new_beyond_lists(size_t size) {
    void *block = heap_allocate_slow(size);
    return likely(block != NULL) ? block : new_slow(0, size, true);
}

static inline void *new_throwing(size_t size) {
    void *block = heap_allocate_fast(size);
    return likely(block != NULL) ? block : new_beyond_lists(size);
}

/* A new-handler may throw, and the caller of a nothrow form must then see NULL. C cannot catch, but libstdc++'s own
 * form of the same name calls operator new and catches; without that library there is no handler to throw. */
static cold void *nothrow_slow(const char *name, size_t alignment, size_t size, const void *tag) {
    void *theirs = find_in_libstdcxx(name);
    if (theirs == NULL)
        return new_slow(alignment, size, false);
    if (alignment == 0) {
        void *(*form)(size_t, const void *);
        *(void **)&form = theirs;
        return form(size, tag);
    }
    void *(*form)(size_t, size_t, const void *);
    *(void **)&form = theirs;
    return form(size, alignment, tag);
}

#define NEW(name)                                                                                                      \
    void *name(size_t size);                                                                                           \
    EXPORT begins_line void *name(size_t size) {                                                                       \
        return new_throwing(size);                                                                                     \
    }
#define NEW_NOTHROW(name)                                                                                              \
    void *name(size_t size, const void *tag);                                                                          \
    EXPORT void *name(size_t size, const void *tag) {                                                                  \
        void *block = heap_allocate(size);                                                                             \
        return likely(block != NULL) ? block : nothrow_slow(#name, 0, size, tag);                                      \
    }
#define NEW_ALIGNED(name)                                                                                              \
    void *name(size_t size, size_t alignment);                                                                         \
    EXPORT void *name(size_t size, size_t alignment) {                                                                 \
        return new_slow(alignment, size, true);                                                                        \
    }
#define NEW_ALIGNED_NOTHROW(name)                                                                                      \
    void *name(size_t size, size_t alignment, const void *tag);                                                        \
    EXPORT void *name(size_t size, size_t alignment, const void *tag) {                                                \
        void *block = heap_allocate_aligned(alignment, size);                                                          \
        return likely(block != NULL) ? block : nothrow_slow(#name, alignment, size, tag);                              \
    }
#define DELETE(name)                                                                                                   \
    void name(void *block);                                                                                            \
    EXPORT begins_line void name(void *block) {                                                                        \
        heap_free(block);                                                                                              \
    }
#define DELETE_WITH(name, type)                                                                                        \
    void name(void *block, type extra);                                                                                \
    EXPORT void name(void *block, type extra) {                                                                        \
        (void)extra;                                                                                                   \
        heap_free(block);                                                                                              \
    }
#define DELETE_ALIGNED_NOTHROW(name)                                                                                   \
    void name(void *block, size_t alignment, const void *tag);                                                         \
    EXPORT void name(void *block, size_t alignment, const void *tag) {                                                 \
        (void)alignment;                                                                                               \
        (void)tag;                                                                                                     \
        heap_free(block);                                                                                              \
    }
#define DELETE_SIZED(name)                                                                                             \
    void name(void *block, size_t size);                                                                               \
    EXPORT void name(void *block, size_t size) {                                                                       \
        heap_free_sized("operator delete", block, 1, size);                                                            \
    }
#define DELETE_SIZED_ALIGNED(name)                                                                                     \
    void name(void *block, size_t size, size_t alignment);                                                             \
    EXPORT void name(void *block, size_t size, size_t alignment) {                                                     \
        heap_free_sized("operator delete", block, alignment, size);                                                    \
    }

/* The form for arrays does the same under another name. */
#define FOR_ARRAYS(name, same, result, ...)                                                                            \
    result name(__VA_ARGS__);                                                                                          \
    EXPORT __attribute__((alias(#same))) result name(__VA_ARGS__);

NEW(_Znwm)
NEW_NOTHROW(_ZnwmRKSt9nothrow_t)
NEW_ALIGNED(_ZnwmSt11align_val_t)
NEW_ALIGNED_NOTHROW(_ZnwmSt11align_val_tRKSt9nothrow_t)
FOR_ARRAYS(_Znam, _Znwm, void *, size_t size)
FOR_ARRAYS(_ZnamRKSt9nothrow_t, _ZnwmRKSt9nothrow_t, void *, size_t size, const void *tag)
FOR_ARRAYS(_ZnamSt11align_val_t, _ZnwmSt11align_val_t, void *, size_t size, size_t alignment)
FOR_ARRAYS(_ZnamSt11align_val_tRKSt9nothrow_t, _ZnwmSt11align_val_tRKSt9nothrow_t, void *, size_t size,
           size_t alignment, const void *tag)

DELETE(_ZdlPv)
DELETE_SIZED(_ZdlPvm)
DELETE_WITH(_ZdlPvRKSt9nothrow_t, const void *)
DELETE_WITH(_ZdlPvSt11align_val_t, size_t)
DELETE_SIZED_ALIGNED(_ZdlPvmSt11align_val_t)
DELETE_ALIGNED_NOTHROW(_ZdlPvSt11align_val_tRKSt9nothrow_t)
FOR_ARRAYS(_ZdaPv, _ZdlPv, void, void *block)
FOR_ARRAYS(_ZdaPvm, _ZdlPvm, void, void *block, size_t size)
FOR_ARRAYS(_ZdaPvRKSt9nothrow_t, _ZdlPvRKSt9nothrow_t, void, void *block, const void *tag)
FOR_ARRAYS(_ZdaPvSt11align_val_t, _ZdlPvSt11align_val_t, void, void *block, size_t alignment)
FOR_ARRAYS(_ZdaPvmSt11align_val_t, _ZdlPvmSt11align_val_t, void, void *block, size_t size, size_t alignment)
FOR_ARRAYS(_ZdaPvSt11align_val_tRKSt9nothrow_t, _ZdlPvSt11align_val_tRKSt9nothrow_t, void, void *block,
           size_t alignment, const void *tag)
