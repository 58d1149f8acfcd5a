/*
 * window.h - a buffer of blocks that is filled from front to back again and again, of which a fifth survives each time.
 *
 * Invariant: slots [start, end) hold the blocks that were kept when the buffer was full the last time; the cursor jumps
 * over them. When it comes to the end, all slots hold a block. Then the window moves on by its own length, all before
 * it is freed forward and all behind it backward.
 */
#ifndef ALLOCBENCH_KIT_WINDOW_H
#define ALLOCBENCH_KIT_WINDOW_H

#include "caller.h"
#include "mapping.h"

typedef struct Window {
    Held *slots;
    size_t count;
    size_t cursor; /* the slot to fill next */
    size_t start, end;
    uint64_t turns; /* times the buffer was full */
} Window;

static inline Window window_create(size_t count) {
    return (Window){.slots = mapping_create(count, sizeof(Held)), .count = count};
}

KIT_INLINE void window_turn(Window *window, Caller caller) {
    window->start = window->end < window->count ? window->end : 0;
    window->end = window->start + window->count / 5;
    if (window->end > window->count)
        window->end = window->count;
    for (size_t i = 0; i < window->start; i++)
        caller_release(caller, &window->slots[i]);
    for (size_t i = window->count; i > window->end; i--)
        caller_release(caller, &window->slots[i - 1]);
    window->cursor = window->start == 0 ? window->end : 0;
    window->turns++;
}

/* The buffer takes a block; when it is full then, most blocks are freed. */
KIT_INLINE void window_put(Window *window, Caller caller, void *block, size_t size) {
    window->slots[window->cursor++] = (Held){block, size};
    if (window->cursor == window->start)
        window->cursor = window->end;
    if (window->cursor >= window->count)
        window_turn(window, caller);
}

static inline void window_clear(Window *window, Caller caller) {
    for (size_t i = 0; i < window->count; i++)
        caller_release(caller, &window->slots[i]);
}

#endif
