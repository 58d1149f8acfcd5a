/*
 * canary.c - see canary.h.
 */
#include "canary.h"

#include <stdatomic.h>
#include <string.h>

#include "os_memory.h"

static _Atomic uint64_t secret;

uint64_t canary_of(const void *address) {
    uint64_t key = atomic_load_explicit(&secret, memory_order_relaxed);
    if (key == 0) {
        uint64_t fresh = os_random() | 1;
        /* One thread's number becomes the process's; it guards nothing else, so relaxed will do. */
        if (atomic_compare_exchange_strong_explicit(&secret, &key, fresh, memory_order_relaxed, memory_order_relaxed))
            key = fresh;
    }
    uint64_t number = ((uintptr_t)address ^ key) * UINT64_C(0x9e3779b97f4a7c15);
    return (number ^ number >> 32) * UINT64_C(0xd6e8feb86659fd93);
}

static int byte_at(const char *from) {
    return (int)(canary_of(from) >> 56 | 1);
}

void canary_fill(char *from, const char *end) {
    memset(from, byte_at(from), (size_t)(end - from));
}

bool canary_intact(const char *from, const char *end) {
    unsigned char byte = (unsigned char)byte_at(from);
    for (const char *at = from; at < end; at++)
        if ((unsigned char)*at != byte)
            return false;
    return true;
}
