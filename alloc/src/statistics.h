/*
 * statistics.h - see mp_stats in minipool.h.
 */
#ifndef MINIPOOL_STATISTICS_H
#define MINIPOOL_STATISTICS_H

#include "minipool.h"

void statistics_get(mp_stats *stats);
size_t statistics_json(const mp_stats *stats, char *to, size_t bytes);

#endif
