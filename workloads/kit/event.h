/*
 * event.h - lets a thread sleep until another says that something changed, for lock-free structures.
 *
 * Waiter: key = event_prepare(); look again whether the condition holds; if not event_wait(key), else event_cancel().
 * Notifier: change the structure, then event_notify().
 *
 * No wake-up is lost: both sides perform a read-modify-write on `waiters`, and all of those have one order. If the
 * notifier's comes first, the waiter's (acquire) synchronises with it (release) and the second look sees the change; if
 * the waiter's comes first, the notifier sees a waiter, moves `sequence`, and the futex does not sleep on the old key.
 */
#ifndef ALLOCBENCH_KIT_EVENT_H
#define ALLOCBENCH_KIT_EVENT_H

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct Event {
    _Alignas(64) _Atomic uint32_t sequence;
    _Atomic uint32_t waiters;
} Event;

/* Between two looks of a short spin. */
static inline void event_relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

static inline uint32_t event_prepare(Event *event) {
    uint32_t key = atomic_load_explicit(&event->sequence, memory_order_acquire);
    atomic_fetch_add_explicit(&event->waiters, 1, memory_order_acq_rel);
    return key;
}

static inline void event_cancel(Event *event) {
    atomic_fetch_sub_explicit(&event->waiters, 1, memory_order_acq_rel);
}

/* May return early; the caller looks again. */
static inline void event_wait(Event *event, uint32_t key) {
    syscall(SYS_futex, &event->sequence, FUTEX_WAIT_PRIVATE, key, NULL, NULL, 0);
    event_cancel(event);
}

static inline void event_notify(Event *event) {
    if (atomic_fetch_add_explicit(&event->waiters, 0, memory_order_acq_rel) == 0)
        return;
    atomic_fetch_add_explicit(&event->sequence, 1, memory_order_release);
    syscall(SYS_futex, &event->sequence, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

#endif
