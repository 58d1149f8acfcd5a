/*
 * minipool.h - the public interface of minipool, a malloc replacement in three tiers: ThreadCache, CentralCache,
 * PageHeap over Spans.
 *
 * Two ways to use it:
 *   - as malloc itself: preload or link libminipool.so, or link libminipool.a. Nothing of this header is needed.
 *   - beside the system's malloc: link libminipool_mp.a, which defines the mp_ names only.
 *
 * Every function here is thread-safe, may be the first call of a process or a thread, and may be called between fork()
 * and exec() in the child. None may be called from a signal handler. Sizes are bytes. Blocks up to 8 bytes are aligned
 * to 8, all others to at least 16. An mp_ block must be freed by an mp_ function (or by free() where libminipool is
 * malloc).
 *
 * Errors: functions that return a block return NULL with errno = ENOMEM when memory cannot be had or when a size
 * exceeds PTRDIFF_MAX. A pointer outside every block, or a second free of one block where it is noticed, ends the
 * process by abort() after one line on standard error; memory is never knowingly corrupted. What else is noticed
 * depends on MINIPOOL_HARDENING (docs/hardening.md): by default a pointer into the middle of a small block is not.
 */
#ifndef MINIPOOL_H
#define MINIPOOL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MINIPOOL_VERSION "0.1.0"

/* C17, 7.22.3. A size of 0 gives a unique block that can be freed. */
void *mp_malloc(size_t size);
void *mp_calloc(size_t count, size_t size);
void *mp_realloc(void *block, size_t size);            /* size 0 frees the block and returns NULL, as glibc does */
void mp_free(void *block);                             /* keeps errno; NULL is allowed */
void *mp_aligned_alloc(size_t alignment, size_t size); /* EINVAL unless alignment is a power of two */

/* C23. The size (and alignment) must be the ones asked for; they may be used to free faster or to detect misuse. */
void mp_free_sized(void *block, size_t size);
void mp_free_aligned_sized(void *block, size_t alignment, size_t size);

/* POSIX and glibc. */
int mp_posix_memalign(void **out, size_t alignment, size_t size); /* 0, EINVAL or ENOMEM; errno is untouched */
void *mp_memalign(size_t alignment, size_t size);
void *mp_valloc(size_t size);
void *mp_pvalloc(size_t size); /* size is rounded up to whole OS pages */
void *mp_reallocarray(void *block, size_t count, size_t size);
size_t mp_malloc_usable_size(const void *block); /* all of it may be written; 0 for NULL */

/* Gives free memory back to the system now, all but about `keep` bytes. Returns 1 if any was given, else 0. */
int mp_malloc_trim(size_t keep);

/* A picture of the heap. Exact when no other thread is allocating or freeing meanwhile, else close. */
typedef struct mp_stats {
    size_t mapped_bytes;    /* address space obtained from the system for blocks */
    size_t metadata_bytes;  /* obtained for spans, the page map and thread caches */
    size_t allocated_bytes; /* in blocks that the program holds, rounded up to their size class */
    size_t allocated_blocks;
    size_t span_bytes;            /* in spans that hold blocks, free or not */
    size_t page_heap_dirty_bytes; /* free whole pages, still resident */
    size_t page_heap_clean_bytes; /* free whole pages, given back to the system or never touched */
    size_t thread_caches;         /* live threads that have allocated; 0 where blocks are hardened */
    uint64_t spans_created;       /* spans cut from the PageHeap since the start */
    uint64_t spans_adopted;       /* spans taken from the CentralCache */
    uint64_t released_bytes;      /* given back to the system since the start */

    /* Where allocations were served that found their thread's list empty, since the start; all others found an object
     * in it and are not counted. The first two by what the thread had, spans_adopted by the CentralCache,
     * refills_page_heap by the PageHeap. */
    uint64_t refills_held;      /* by objects on the lists of its spans: those that had come back, rests of a piece */
    uint64_t refills_carved;    /* by a new piece of a span, which was never used */
    uint64_t refills_page_heap; /* by a new span */
    uint64_t large_blocks;      /* blocks of whole pages handed out */
    uint64_t os_calls;          /* mmap, munmap, mremap, madvise */

    /* What threads may wait for each other at, since the start. A thread that never allocates passes its remote frees
     * on in lots of 64, so up to 63 a thread may be missing. */
    uint64_t lock_acquisitions;
    uint64_t lock_contentions;  /* acquisitions that failed at the first attempt */
    uint64_t lock_sleeps;       /* waits in the kernel */
    uint64_t remote_frees;      /* atomic operations by which blocks went back to spans of others */
    uint64_t atomic_operations; /* read-modify-writes: two a lock, one a remote free, those that move spans; not those
                                   made while waiting for a lock, nor one beside each call for memory */
} mp_stats;
void mp_stats_get(mp_stats *stats);

/* Writes a picture as one JSON object, the members of mp_stats by their names, into `text`, at most `bytes` with the
 * terminating zero. Returns the length of the whole, which was cut off unless it is less than `bytes`. */
size_t mp_stats_json(const mp_stats *stats, char *text, size_t bytes);

/*
 * Options. Each can be given in the environment, where it is read once, at the process's first allocation: an unknown
 * MINIPOOL_ name or a bad value gives one line on standard error and changes nothing. A privileged process (AT_SECURE,
 * as for set-user-ID programs) does not look at the environment. docs/tuning.md says what each option trades.
 */
typedef enum mp_option {
    MP_OPTION_RELEASE_CLOCK,      /* MINIPOOL_RELEASE_CLOCK=running|frozen: an mp_clock */
    MP_OPTION_RELEASE_SOFT_BYTES, /* MINIPOOL_RELEASE_SOFT_BYTES: free memory that is always kept resident */
    MP_OPTION_RELEASE_HARD_BYTES, /* MINIPOOL_RELEASE_HARD_BYTES: what is kept besides, at most */
    MP_OPTION_RELEASE_DELAY_MS,   /* MINIPOOL_RELEASE_DELAY_MS: free for so long, memory over the soft bound goes */
    MP_OPTION_HUGE_PAGES,         /* MINIPOOL_HUGE_PAGES=system|never|always: an mp_huge_pages */
    MP_OPTION_STATISTICS,         /* MINIPOOL_STATISTICS=0|1: mp_stats on standard error when the process exits */
    MP_OPTION_HARDENING,          /* MINIPOOL_HARDENING=0|1|2: what misuse is looked for; fixed from the start on */
} mp_option;

typedef enum mp_clock {
    MP_CLOCK_RUNNING,
    MP_CLOCK_FROZEN, /* no time passes: what is released depends on the calls made, not on when they were made */
} mp_clock;

typedef enum mp_huge_pages {
    MP_HUGE_PAGES_SYSTEM, /* whatever the system does without being asked */
    MP_HUGE_PAGES_NEVER,
    MP_HUGE_PAGES_ALWAYS,
} mp_huge_pages;

/* The value in force. Returns 0, or EINVAL when there is no such option. */
int mp_option_get(mp_option option, size_t *value);

/* Changes an option at run time. Memory that is due for release under the new value goes at once;
 * MP_OPTION_HUGE_PAGES holds for memory that is mapped from now on. Returns 0; EINVAL when there is no such option, the
 * value is out of its range, or it is another than the one in force of MP_OPTION_HARDENING, which only the environment
 * and the build choose; then nothing has changed. errno is untouched. */
int mp_option_set(mp_option option, size_t value);

/* The same, by the name and the text that the environment would have ("MINIPOOL_RELEASE_SOFT_BYTES", "4M"). Also
 * returns ENOENT when no option has the name. Prints nothing. */
int mp_option_set_text(const char *name, const char *value);

/* The option's name in the environment; NULL when there is no such option, so that a loop from 0 meets them all. */
const char *mp_option_name(mp_option option);

/* Checks the heap's invariants at a moment when no other thread uses it; aborts with a message where one is broken. */
void mp_check(void);

#ifdef __cplusplus
}
#endif
#endif
