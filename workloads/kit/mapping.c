/* mapping.c - mmap for the kit, counted. */
#include "mapping.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "slot.h"

/* Relaxed: a statistic that the main thread reads after it joined or started the other threads. */
static _Atomic uint64_t mapped_bytes;

void *mapping_create(size_t count, size_t element_bytes) {
    size_t bytes, page = (size_t)sysconf(_SC_PAGESIZE);
    if (__builtin_mul_overflow(count, element_bytes, &bytes) || __builtin_add_overflow(bytes, page - 1, &bytes))
        slot_fail(SLOT_VERDICT_UNSUPPORTED, "tables of %zu x %zu bytes do not fit into the address space", count,
                  element_bytes);
    bytes = bytes < page ? page : bytes & ~(page - 1);
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        slot_fail(SLOT_VERDICT_UNSUPPORTED, "cannot map %zu bytes for the workload's own tables", bytes);
    atomic_fetch_add_explicit(&mapped_bytes, bytes, memory_order_relaxed);
    return memory;
}

uint64_t mapping_bytes(void) {
    return atomic_load_explicit(&mapped_bytes, memory_order_relaxed);
}
