/*
 * kit.h - all that a workload needs: include this, fill a Workload, return kit_main(). See larson.c for one.
 */
#ifndef ALLOCBENCH_KIT_H
#define ALLOCBENCH_KIT_H

#include "block.h"
#include "clock.h"
#include "filled.h"
#include "idle.h"
#include "mapping.h"
#include "probe.h"
#include "queue.h"
#include "random.h"
#include "sizes.h"
#include "slot.h"
#include "thread.h"
#include "worker.h"
#include "workload.h"

#endif
