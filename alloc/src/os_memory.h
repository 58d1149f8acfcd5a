/*
 * os_memory.h - all that minipool asks of the kernel: memory, its return, sleeping, the time. Nothing else in alloc/
 * makes a system call but text.h's write to standard error, so that one place can make them fail in a test.
 */
#ifndef MINIPOOL_OS_MEMORY_H
#define MINIPOOL_OS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-filled, private, `bytes` long (a multiple of the OS page), aligned to `alignment` (a power of two). NULL when
 * the system has none. `hint` is where it would be best, or NULL. */
void *os_map(size_t bytes, size_t alignment, void *hint);
void os_unmap(void *address, size_t bytes);

/* Gives the pages' memory back; the addresses stay and read as zero. False: the pages keep their content. */
bool os_release(void *address, size_t bytes);

/* Asks for huge pages there, or for none, whatever the system's setting is. An advice: systems without it ignore it. */
void os_advise_huge(void *address, size_t bytes, bool wanted);

/* Grows or shrinks a mapping that os_map() made where it stands. */
bool os_resize(void *address, size_t old_bytes, size_t new_bytes);

/* Moves its pages over `target`, another such mapping of `new_bytes`, which they replace. False: the old mapping is
 * untouched, and what stands at `target` is unknown, so it is never used or unmapped again. */
bool os_move(void *address, size_t old_bytes, void *target, size_t new_bytes);

/* Makes pages usable or, if not, every access to them the end of the process. May fail for want of kernel memory, and
 * then changes nothing. */
void os_protect(void *address, size_t bytes, bool usable);

/* A number that nobody can guess. */
uint64_t os_random(void);

/* How many calls for memory were made: mmap, munmap, mremap, mprotect, madvise. */
uint64_t os_calls(void);

size_t os_page_bytes(void);

/* Milliseconds of a clock that never jumps; coarse and cheap. */
uint64_t os_clock_ms(void);

#endif
