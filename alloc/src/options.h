/*
 * options.h - what a user can choose, in one place: the table of all options (mp_option in minipool.h), their values,
 * the one reading of the environment.
 *
 * The environment is read at the first look at any option, without getenv() and without a constructor, since that look
 * comes from the first allocation of the process, maybe before the C library is ready. Only the page heap's slow paths
 * look.
 *
 * Thread-safe. The lock is taken for the reading only and is the last one in the order of locks.
 */
#ifndef MINIPOOL_OPTIONS_H
#define MINIPOOL_OPTIONS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "minipool.h"

enum { OPTION_COUNT = MP_OPTION_HARDENING + 1 };

/* The rest of the file's implementation, here only to be looked at without a call. */
extern struct OptionValues {
    _Atomic bool known; /* the environment was read, or is none of our business */
    _Atomic size_t now[OPTION_COUNT];
} option_values;
cold void options_read(void);

static inline size_t option_value(mp_option option) {
    /* acquire: partner of the release in options_read() */
    if (unlikely(!atomic_load_explicit(&option_values.known, memory_order_acquire)))
        options_read();
    return atomic_load_explicit(&option_values.now[option], memory_order_relaxed);
}

/* As mp_option_set() and mp_option_set_text() in minipool.h: 0, EINVAL, ENOENT. */
int options_set(mp_option option, size_t value);
int options_set_text(const char *name, const char *text);
const char *options_name(mp_option option); /* NULL: no such option */

/* For fork(). */
void options_lock(void);
void options_unlock(void);
void options_reset_lock(void);

#endif
