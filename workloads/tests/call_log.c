/*
 * call_log.c - a malloc to preload that keeps a log of the calls of a whole process, in sums: what a workload asks for,
 * seen by somebody else than the workload. At the end it writes "name value" lines to the file that CALL_LOG names.
 *
 * Each block has a header right before it: size, the thread that allocated it, its number among that thread's blocks.
 * CALL_LOG_DIRTY makes calloc forget to clear: for the test that a workload sees it.
 */
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Header {
    uint64_t size;
    uint64_t number; /* counts up in each thread */
    uint32_t thread; /* the first thread that allocates is 1 */
    uint32_t offset; /* from what glibc gave to the block */
} Header;

enum { HEADER_BYTES = 32, OCTAVES = 48 };
_Static_assert(sizeof(Header) <= HEADER_BYTES && HEADER_BYTES % 16 == 0, "blocks stay aligned to 16");

void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

static _Atomic uint64_t mallocs, callocs, reallocs, aligned, frees, remote, ascending, descending, main_frees;
static _Atomic uint64_t octaves[OCTAVES]; /* [n]: sizes in (2^(n-1), 2^n] */
static _Atomic int64_t live_blocks, live_bytes, peak_blocks, peak_bytes;
static _Atomic uint32_t threads;

static _Thread_local uint32_t this_thread;
static _Thread_local uint64_t numbers, last_freed;

static void add(_Atomic uint64_t *counter) {
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static uint32_t thread_number(void) {
    if (this_thread == 0)
        this_thread = atomic_fetch_add(&threads, 1) + 1;
    return this_thread;
}

static void raise_to(_Atomic int64_t *peak, int64_t value) {
    int64_t seen = atomic_load(peak);
    while (value > seen && !atomic_compare_exchange_weak(peak, &seen, value))
        continue;
}

static void *allocate(size_t alignment, size_t size) {
    size_t offset = alignment > HEADER_BYTES ? alignment : HEADER_BYTES;
    if (size > SIZE_MAX / 2 || alignment > 1u << 30)
        return NULL;
    char *whole = __libc_memalign(alignment < 16 ? 16 : alignment, size + offset);
    if (!whole)
        return NULL;
    Header *header = (Header *)(void *)(whole + offset - sizeof(Header));
    *header = (Header){size, ++numbers, thread_number(), (uint32_t)offset};
    unsigned octave = size <= 1 ? 0 : 64 - (unsigned)__builtin_clzll(size - 1);
    add(&octaves[octave < OCTAVES ? octave : OCTAVES - 1]);
    raise_to(&peak_blocks, atomic_fetch_add(&live_blocks, 1) + 1);
    raise_to(&peak_bytes, atomic_fetch_add(&live_bytes, (int64_t)size) + (int64_t)size);
    return whole + offset;
}

static Header *header_of(void *block) {
    return (Header *)(void *)((char *)block - sizeof(Header));
}

static void release(void *block) {
    Header *header = header_of(block);
    atomic_fetch_sub(&live_blocks, 1);
    atomic_fetch_sub(&live_bytes, (int64_t)header->size);
    __libc_free((char *)block - header->offset);
}

void *malloc(size_t size) {
    add(&mallocs);
    return allocate(16, size);
}

void free(void *block) {
    if (!block)
        return;
    const Header *header = header_of(block);
    add(&frees);
    if (thread_number() == 1)
        add(&main_frees);
    if (header->thread != this_thread) {
        add(&remote);
    } else {
        add(header->number > last_freed ? &ascending : &descending);
        last_freed = header->number;
    }
    release(block);
}

void *calloc(size_t count, size_t size) {
    size_t bytes;
    add(&callocs);
    void *block = __builtin_mul_overflow(count, size, &bytes) ? NULL : allocate(16, bytes);
    if (block)
        memset(block, getenv("CALL_LOG_DIRTY") ? 1 : 0, bytes);
    return block;
}

void *realloc(void *block, size_t size) {
    add(&reallocs);
    void *moved = allocate(16, size);
    if (!moved || !block)
        return moved;
    size_t old = header_of(block)->size;
    memcpy(moved, block, old < size ? old : size);
    release(block);
    return moved;
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    add(&aligned);
    void *given = allocate(alignment, size);
    if (!given)
        return ENOMEM;
    *block = given;
    return 0;
}

size_t malloc_usable_size(void *block) {
    return block ? header_of(block)->size : 0;
}

__attribute__((destructor)) static void write_log(void) {
    const char *path = getenv("CALL_LOG");
    /* What is written is what was before the log itself allocates. */
    const uint64_t counts[] = {mallocs, callocs, reallocs, aligned, frees, remote, ascending, descending, main_frees};
    const int64_t levels[] = {live_blocks, live_bytes, peak_blocks, peak_bytes};
    static const char *const count_names[] = {"malloc", "calloc",    "realloc",    "aligned",   "free",
                                              "remote", "ascending", "descending", "main_frees"};
    static const char *const level_names[] = {"live_at_end", "live_bytes_at_end", "peak_blocks", "peak_bytes"};
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file)
        return;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        fprintf(file, "log.%s %" PRIu64 "\n", count_names[i], counts[i]);
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        fprintf(file, "log.%s %" PRId64 "\n", level_names[i], levels[i]);
    fprintf(file, "log.threads %" PRIu32 "\n", threads);
    for (size_t i = 0; i < OCTAVES; i++)
        fprintf(file, "log.octave_%zu %" PRIu64 "\n", i, octaves[i]);
    fclose(file);
}
