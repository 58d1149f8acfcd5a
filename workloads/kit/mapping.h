/*
 * mapping.h - memory for the kit and the workloads' own tables: straight from mmap, never from the heap under test.
 */
#ifndef ALLOCBENCH_KIT_MAPPING_H
#define ALLOCBENCH_KIT_MAPPING_H

#include <stddef.h>
#include <stdint.h>

/*
 * Zeroed, page-aligned, kept until the process ends, counted in kit_bytes, not yet resident. Never returns NULL: what
 * cannot be mapped ends the process with verdict UNSUPPORTED. Thread-safe.
 */
void *mapping_create(size_t count, size_t element_bytes);

/* What mapping_create() handed out so far, rounded up to pages. */
uint64_t mapping_bytes(void);

#endif
