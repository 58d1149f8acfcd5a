/*
 * picture.h - what the allocator under test counts itself, for one that counts: its library exports, as minipool's
 * does,
 *
 *     void mp_stats_get(STATS *stats);                                        STATS: any type of at most 4096 bytes
 *     size_t mp_stats_json(const STATS *stats, char *text, size_t bytes);     one JSON object; returns its length
 *
 * A picture walks the heap and takes locks, so slots take none unless they are asked to.
 */
#ifndef ALLOCBENCH_KIT_PICTURE_H
#define ALLOCBENCH_KIT_PICTURE_H

#include "slot_protocol.h"

/* Looks for the two functions. Without it, or where they are missing, picture_take() does nothing. */
void picture_prepare(void);
void picture_take(SlotPicture which);

#endif
