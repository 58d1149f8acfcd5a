/*
 * os_memory.c - see os_memory.h, and lock.h for lock_wait() and lock_wake().
 */
#define _GNU_SOURCE
#include "os_memory.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lock.h"

/* Beside a system call, an atomic operation on a shared word costs nothing. */
static with_written _Atomic uint64_t calls, sleeps;

static void count_call(void) {
    atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
}

uint64_t os_calls(void) {
    return atomic_load_explicit(&calls, memory_order_relaxed);
}

static void *map_at(void *hint, size_t bytes) {
    count_call();
    void *address = mmap(hint, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return address == MAP_FAILED ? NULL : address;
}

void os_unmap(void *address, size_t bytes) {
    count_call();
    /* Refused where a mapping would fall into two and no more are allowed. The addresses are lost, the memory is not.
     */
    if (munmap(address, bytes) != 0)
        os_release(address, bytes);
}

void *os_map(size_t bytes, size_t alignment, void *hint) {
    char *address = map_at(hint, bytes);
    if (address == NULL || ((uintptr_t)address & (alignment - 1)) == 0)
        return address;
    /* Not aligned: take more and cut the ends off. */
    os_unmap(address, bytes);
    size_t slack = alignment - os_page_bytes();
    if (bytes + slack < bytes)
        return NULL;
    address = map_at(NULL, bytes + slack);
    if (address == NULL)
        return NULL;
    size_t before = (size_t)(-(uintptr_t)address & (alignment - 1));
    if (before != 0)
        os_unmap(address, before);
    if (slack != before)
        os_unmap(address + before + bytes, slack - before);
    return address + before;
}

/* MADV_DONTNEED, not MADV_FREE: lazily freed pages still count as resident until the system is short of memory. */
bool os_release(void *address, size_t bytes) {
    count_call();
    return madvise(address, bytes, MADV_DONTNEED) == 0;
}

void os_advise_huge(void *address, size_t bytes, bool wanted) {
    int saved = errno;
    count_call();
    madvise(address, bytes, wanted ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    errno = saved;
}

void os_protect(void *address, size_t bytes, bool usable) {
    int saved = errno;
    count_call();
    mprotect(address, bytes, usable ? PROT_READ | PROT_WRITE : PROT_NONE);
    errno = saved;
}

uint64_t os_random(void) {
    int saved = errno;
    uint64_t number;
    if (syscall(SYS_getrandom, &number, sizeof number, 1 /* GRND_NONBLOCK */) != (long)sizeof number) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        number = (uint64_t)(uintptr_t)&now << 16 ^ (uint64_t)now.tv_nsec;
    }
    errno = saved;
    return number;
}

bool os_resize(void *address, size_t old_bytes, size_t new_bytes) {
    count_call();
    return mremap(address, old_bytes, new_bytes, 0) != MAP_FAILED;
}

bool os_move(void *address, size_t old_bytes, void *target, size_t new_bytes) {
    count_call();
    return mremap(address, old_bytes, new_bytes, MREMAP_MAYMOVE | MREMAP_FIXED, target) != MAP_FAILED;
}

size_t os_page_bytes(void) {
    static with_written size_t bytes; /* racing writers write the same value */
    size_t known = __atomic_load_n(&bytes, __ATOMIC_RELAXED);
    if (known == 0) {
        known = getauxval(AT_PAGESZ); /* sysconf() would touch pages of the C library for it */
        __atomic_store_n(&bytes, known, __ATOMIC_RELAXED);
    }
    return known;
}

uint64_t os_clock_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}

/* Long enough for a holder that is running to leave its critical section, far shorter than a sleep and wake-up. */
enum { SPINS = 100 };

void lock_wait(Lock *lock) {
    for (int spin = 0; spin < SPINS; spin++) {
        uint32_t expected = 0;
        if (atomic_load_explicit(&lock->state, memory_order_relaxed) == 0 &&
            atomic_compare_exchange_strong_explicit(&lock->state, &expected, 1, memory_order_acquire,
                                                    memory_order_relaxed)) {
            counter_add(&lock->contended, 1);
            return;
        }
        pause_briefly();
    }
    /* acquire: partner of lock_release(). Taking the lock as 2 may wake one sleeper too many, never one too few. */
    int saved = errno; /* free() keeps it */
    while (atomic_exchange_explicit(&lock->state, 2, memory_order_acquire) != 0) {
        atomic_fetch_add_explicit(&sleeps, 1, memory_order_relaxed);
        syscall(SYS_futex, &lock->state, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
    }
    counter_add(&lock->contended, 1);
    errno = saved;
}

uint64_t lock_sleeps(void) {
    return atomic_load_explicit(&sleeps, memory_order_relaxed);
}

void lock_wake(Lock *lock) {
    int saved = errno;
    syscall(SYS_futex, &lock->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    errno = saved;
}
