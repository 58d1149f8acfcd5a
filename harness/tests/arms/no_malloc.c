/* no_malloc.c - a library that is no allocator. */
int no_malloc_here(void);
int no_malloc_here(void) {
    return 1;
}
