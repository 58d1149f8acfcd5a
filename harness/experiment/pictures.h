/*
 * pictures.h - what an allocator that counts itself did between the marks, from the pictures in the slot page.
 */
#ifndef ALLOCBENCH_EXPERIMENT_PICTURES_H
#define ALLOCBENCH_EXPERIMENT_PICTURES_H

#include "../../workloads/kit/slot_protocol.h"
#include "../store/sample.h"

/* Adds heap_NAME for every counter that a tier block is about: what it grew by between the marks, without what the
 * pictures themselves added to it. NAN with the reason where the allocator has no such counter. */
void pictures_take(const SlotPage *page, Sample *sample);

#endif
