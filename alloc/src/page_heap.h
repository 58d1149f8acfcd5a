/*
 * page_heap.h - tier 3: runs of pages. Splits and coalesces them, grows from the system, gives back what lies unused.
 *
 * Free runs are dirty (resident) or clean (known to read as zero); the two are kept apart and never merged with each
 * other. A dirty run is taken before a clean one: touching fresh memory costs a page fault, and costs RSS.
 *
 * Everything here is thread-safe. Lock order: CentralFreeList -> page heap -> metadata.
 */
#ifndef MINIPOOL_PAGE_HEAP_H
#define MINIPOOL_PAGE_HEAP_H

#include "span.h"

typedef enum PageUse {
    PAGE_USE_SMALL, /* the page map is set for every page */
    PAGE_USE_LARGE, /* the page map is set for the first page only */
} PageUse;

/* A run of `pages` pages whose start is a multiple of `alignment_pages` (a power of two). NULL: the system has no
 * memory. The span's `zeroed` says whether the pages read as zero; its control word is 0 and is the caller's to set. */
Span *page_heap_allocate(size_t pages, size_t alignment_pages, PageUse use);

/* Takes back a run; the caller has made its control word 0 and dropped its bits. */
void page_heap_free(Span *span);

/* Makes a large run longer or shorter where it stands. False: what follows it is not free. */
bool page_heap_resize(Span *span, size_t pages);

/* A mapping of its own for a very large block, and its end. */
Span *page_heap_map(size_t pages, size_t alignment_pages);
void page_heap_unmap(Span *span);
/* The block may move; span->base is then new. False: nothing changed. */
bool page_heap_remap(Span *span, size_t pages);

/* Gives back what is due by age or amount; cheap when nothing is. Called on slow paths, since there is no thread for
 * it. */
void page_heap_tick(void);
/* The time of what is given back by age, as of the last tick or use of the page heap: milliseconds, and they stand
 * still while MP_OPTION_RELEASE_CLOCK is frozen. */
uint32_t page_heap_now(void);
/* How long ago that was; 0 for a time that another thread has just read a little later. */
uint32_t page_heap_age(uint32_t since_ms);
/* Gives back dirty runs, oldest first, until at most `keep` dirty bytes are left. Returns how many bytes. */
size_t page_heap_release(size_t keep);

typedef struct PageHeapStats {
    size_t mapped_bytes, dirty_bytes, clean_bytes;
    uint64_t released_bytes, spans_created;
    uint64_t large_blocks; /* of spans_created: for large blocks */
    LockCounts locks;
} PageHeapStats;
PageHeapStats page_heap_stats(void);

/* Visits every run, in use or free, with the page heap locked. */
void page_heap_each(void (*visit)(Span *span, void *argument), void *argument);

/* Aborts where the free runs, the bins, the counts and the page map do not agree. */
void page_heap_check(void);

/* For fork(): lock before; unlock in the parent; in the child, where the caller is the only thread, start anew. */
void page_heap_lock(void);
void page_heap_unlock(void);
void page_heap_after_fork(void);

#endif
