/*
 * api.h - argument rules that the mp_ functions and the exported malloc family share.
 */
#ifndef MINIPOOL_API_H
#define MINIPOOL_API_H

#include <stddef.h>

void *api_reallocarray(void *block, size_t count, size_t size);
void *api_aligned_alloc(size_t alignment, size_t size);            /* EINVAL unless a power of two */
int api_posix_memalign(void **out, size_t alignment, size_t size); /* POSIX */
void *api_memalign(size_t alignment, size_t size); /* rounds the alignment up to a power of two, as glibc */
void *api_pvalloc(size_t size);
int api_malloc_trim(size_t keep); /* 1: something was given back to the system */

#endif
