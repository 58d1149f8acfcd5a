/*
 * call_log.c - a malloc to preload that keeps a log of a program's calls, in sums: what a workload asks for, seen by
 * somebody else than the workload. At the end it writes "name value" lines to the file that CALL_LOG names. Only calls
 * that stand in the program itself are in it: not those of the C library, for stdio or for a thread's start.
 *
 * Each block has a header right before it: size, the thread that allocated it, its number among that thread's blocks.
 * CALL_LOG_DIRTY makes calloc forget to clear: for the test that a workload sees it.
 */
#include <errno.h>
#include <inttypes.h>
#include <link.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../kit/random.h"

typedef struct Header {
    uint64_t size;
    uint64_t number; /* counts up in each thread */
    uint32_t thread; /* the main thread is 1; 0: not the program's own */
    uint32_t offset; /* from what glibc gave to the block */
} Header;

enum { HEADER_BYTES = 32, OCTAVES = 48, EXACT_SIZES = 1 << 18, ALIGNMENTS = 32, THREADS = 8192, PAIRED_THREADS = 64 };
_Static_assert(sizeof(Header) <= HEADER_BYTES && HEADER_BYTES % 16 == 0, "blocks stay aligned to 16");

void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

typedef enum Kind { MALLOC, CALLOC, REALLOC, ALIGNED, FREE, KINDS } Kind;

static _Atomic uint64_t calls[KINDS], remote, ascending, descending, reversals, main_frees;
static _Atomic uint64_t octaves[OCTAVES];       /* [n]: sizes in (2^(n-1), 2^n] */
static _Atomic uint64_t exact[EXACT_SIZES];     /* requests of each size */
static _Atomic uint64_t alignments[ALIGNMENTS]; /* [n]: of 2^n, by posix_memalign */
static _Atomic uint64_t allocated_by[THREADS], freed_by[THREADS];
static _Atomic uint64_t freed_of[PAIRED_THREADS][PAIRED_THREADS]; /* [owner][who freed] */
static _Atomic int64_t live_blocks, live_bytes, peak_blocks, peak_bytes;
static _Atomic uint64_t largest, smallest_complement; /* of sizes; the smallest one as UINT64_MAX - size */
static _Atomic uint32_t threads;

/* Sums over all threads, and over every beginning of a thread's sequence of calls: they depend on each thread's order
   and not on how threads take turns. */
static _Atomic uint64_t request_sequences, free_sequences;

static _Thread_local uint32_t this_thread;
static _Thread_local uint64_t numbers, last_freed, request_sequence, free_sequence;
static _Thread_local int direction; /* of the frees: 1 in the order of allocation, -1 against it */

static uintptr_t program_begin, program_end; /* its code; 0 before it was found, when no call is its own */

static int find_program(struct dl_phdr_info *program, size_t size, void *argument) {
    (void)size;
    (void)argument;
    for (int i = 0; i < program->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &program->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_X) == 0)
            continue;
        program_begin = program->dlpi_addr + segment->p_vaddr;
        program_end = program_begin + segment->p_memsz;
    }
    return 1; /* the program comes first; no other file */
}

#define IS_OWN_CALL is_own((uintptr_t)__builtin_return_address(0))
static bool is_own(uintptr_t caller) {
    return caller >= program_begin && caller < program_end;
}

static void add(_Atomic uint64_t *counter) {
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static uint32_t thread_number(void) {
    if (this_thread == 0)
        this_thread = atomic_fetch_add(&threads, 1) + 1;
    return this_thread;
}

__attribute__((constructor)) static void begin_log(void) {
    thread_number(); /* the main thread's is 1 */
    dl_iterate_phdr(find_program, NULL);
}

static void raise_to(_Atomic int64_t *peak, int64_t value) {
    int64_t seen = atomic_load(peak);
    while (value > seen && !atomic_compare_exchange_weak(peak, &seen, value))
        continue;
}

static void raise_size(_Atomic uint64_t *extreme, uint64_t value) {
    uint64_t seen = atomic_load(extreme);
    while (value > seen && !atomic_compare_exchange_weak(extreme, &seen, value))
        continue;
}

/* One more step of a sequence, into the sum of all. */
static void step(uint64_t *sequence, _Atomic uint64_t *sum, uint64_t what) {
    *sequence = random_mix(*sequence + what);
    atomic_fetch_add_explicit(sum, random_mix(*sequence), memory_order_relaxed);
}

static void log_request(Header *header, Kind kind, size_t alignment) {
    const uint64_t size = header->size;
    header->thread = thread_number();
    header->number = ++numbers;
    add(&calls[kind]);
    add(&allocated_by[this_thread % THREADS]);
    unsigned octave = size <= 1 ? 0 : 64 - (unsigned)__builtin_clzll(size - 1);
    add(&octaves[octave < OCTAVES ? octave : OCTAVES - 1]);
    if (size < EXACT_SIZES)
        add(&exact[size]);
    if (kind == ALIGNED)
        add(&alignments[__builtin_ctzll(alignment) % ALIGNMENTS]);
    raise_size(&largest, size);
    raise_size(&smallest_complement, UINT64_MAX - size);
    raise_to(&peak_blocks, atomic_fetch_add(&live_blocks, 1) + 1);
    raise_to(&peak_bytes, atomic_fetch_add(&live_bytes, (int64_t)size) + (int64_t)size);
    step(&request_sequence, &request_sequences, random_mix(size ^ random_mix(alignment ^ ((uint64_t)kind << 56))));
}

static void log_order(uint64_t number) {
    const int now = number > last_freed ? 1 : -1;
    add(now > 0 ? &ascending : &descending);
    if (direction == -now)
        add(&reversals);
    direction = now;
    last_freed = number;
}

static void log_free(const Header *header) {
    const uint32_t owner = header->thread;
    add(&calls[FREE]);
    if (thread_number() == 1)
        add(&main_frees);
    add(&freed_by[this_thread % THREADS]);
    if (owner <= PAIRED_THREADS && this_thread <= PAIRED_THREADS)
        add(&freed_of[owner - 1][this_thread - 1]);
    if (owner == this_thread)
        log_order(header->number);
    else
        add(&remote);
    step(&free_sequence, &free_sequences, random_mix(header->number ^ random_mix(header->size)));
}

static void *allocate(bool own, Kind kind, size_t alignment, size_t size) {
    size_t offset = alignment > HEADER_BYTES ? alignment : HEADER_BYTES;
    if (size > SIZE_MAX / 2 || alignment > 1u << 30)
        return NULL;
    char *whole = __libc_memalign(alignment < 16 ? 16 : alignment, size + offset);
    if (!whole)
        return NULL;
    Header *header = (Header *)(void *)(whole + offset - sizeof(Header));
    *header = (Header){.size = size, .offset = (uint32_t)offset};
    if (own)
        log_request(header, kind, alignment);
    return whole + offset;
}

static Header *header_of(void *block) {
    return (Header *)(void *)((char *)block - sizeof(Header));
}

static void count_out(const Header *header) {
    if (header->thread) {
        atomic_fetch_sub(&live_blocks, 1);
        atomic_fetch_sub(&live_bytes, (int64_t)header->size);
    }
}

static void release(void *block) {
    __libc_free((char *)block - header_of(block)->offset);
}

void *malloc(size_t size) {
    return allocate(IS_OWN_CALL, MALLOC, 16, size);
}

void free(void *block) {
    if (!block)
        return;
    if (header_of(block)->thread)
        log_free(header_of(block));
    count_out(header_of(block));
    release(block);
}

void *calloc(size_t count, size_t size) {
    size_t bytes;
    void *block = __builtin_mul_overflow(count, size, &bytes) ? NULL : allocate(IS_OWN_CALL, CALLOC, 16, bytes);
    if (block)
        memset(block, getenv("CALL_LOG_DIRTY") ? 1 : 0, bytes);
    return block;
}

/* To the program the old and the new block are one: at no moment are both alive. */
void *realloc(void *block, size_t size) {
    if (block)
        count_out(header_of(block));
    void *moved = allocate(IS_OWN_CALL, REALLOC, 16, size);
    if (!moved || !block)
        return moved;
    size_t old = header_of(block)->size;
    memcpy(moved, block, old < size ? old : size);
    release(block);
    return moved;
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    void *given = allocate(IS_OWN_CALL, ALIGNED, alignment, size);
    if (!given)
        return ENOMEM;
    *block = given;
    return 0;
}

size_t malloc_usable_size(void *block) {
    return block ? header_of(block)->size : 0;
}

/* How many threads did only the one, or only the other. */
static void write_threads(FILE *file) {
    uint64_t only_allocate = 0, only_free = 0;
    for (size_t i = 0; i < THREADS; i++) {
        only_allocate += allocated_by[i] != 0 && freed_by[i] == 0;
        only_free += allocated_by[i] == 0 && freed_by[i] != 0;
    }
    fprintf(file, "log.threads %" PRIu32 "\nlog.only_allocate %" PRIu64 "\nlog.only_free %" PRIu64 "\n", threads,
            only_allocate, only_free);
}

/* Pairs of threads of which one freed the other's blocks, how many gave such blocks, how many took some, and how many
   of them one pair had at most. Of the first PAIRED_THREADS threads. */
static void write_pairs(FILE *file) {
    uint64_t pairs = 0, givers = 0, takers = 0, most = 0;
    for (size_t i = 0; i < PAIRED_THREADS; i++) {
        uint64_t gave = 0, took = 0;
        for (size_t k = 0; k < PAIRED_THREADS; k++) {
            if (k == i)
                continue;
            pairs += freed_of[i][k] != 0;
            gave += freed_of[i][k];
            took += freed_of[k][i];
            most = freed_of[i][k] > most ? freed_of[i][k] : most;
        }
        givers += gave != 0;
        takers += took != 0;
    }
    fprintf(file,
            "log.pairs %" PRIu64 "\nlog.givers %" PRIu64 "\nlog.takers %" PRIu64 "\nlog.most_of_a_pair %" PRIu64 "\n",
            pairs, givers, takers, most);
}

static void write_counts(FILE *file, const char *name, const _Atomic uint64_t *counts, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (counts[i] != 0)
            fprintf(file, "log.%s_%zu %" PRIu64 "\n", name, i, counts[i]);
    }
}

__attribute__((destructor)) static void write_log(void) {
    const char *path = getenv("CALL_LOG");
    const uint64_t counts[] = {calls[MALLOC],
                               calls[CALLOC],
                               calls[REALLOC],
                               calls[ALIGNED],
                               calls[FREE],
                               remote,
                               ascending,
                               descending,
                               reversals,
                               main_frees,
                               UINT64_MAX - smallest_complement,
                               largest};
    const int64_t levels[] = {live_blocks, live_bytes, peak_blocks, peak_bytes};
    static const char *const count_names[] = {"malloc",    "calloc",     "realloc",   "aligned",
                                              "free",      "remote",     "ascending", "descending",
                                              "reversals", "main_frees", "smallest",  "largest"};
    static const char *const level_names[] = {"live_at_end", "live_bytes_at_end", "peak_blocks", "peak_bytes"};
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file)
        return;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        fprintf(file, "log.%s %" PRIu64 "\n", count_names[i], counts[i]);
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        fprintf(file, "log.%s %" PRId64 "\n", level_names[i], levels[i]);
    write_threads(file);
    write_pairs(file);
    fprintf(file, "log.request_sequences x%016" PRIx64 "\nlog.free_sequences x%016" PRIx64 "\n", request_sequences,
            free_sequences);
    write_counts(file, "octave", octaves, OCTAVES);
    write_counts(file, "alignment", alignments, ALIGNMENTS);
    write_counts(file, "size", exact, EXACT_SIZES);
    fclose(file);
}
