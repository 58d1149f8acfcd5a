/*
 * memory.h - memory for the kit and the workloads' own tables: straight from mmap, never from the heap under test.
 */
#ifndef ALLOCBENCH_KIT_MEMORY_H
#define ALLOCBENCH_KIT_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/*
 * Zeroed, page-aligned, kept until the process ends, counted in kit_bytes, not yet resident. Never returns NULL: what
 * cannot be mapped ends the process with verdict UNSUPPORTED. Thread-safe.
 */
void *memory_map(size_t count, size_t element_bytes);

/* What memory_map() handed out so far, rounded up to pages. */
uint64_t memory_mapped_bytes(void);

#endif
