/*
 * program_slot.h - one slot of a real program: hyperfine times one run of it, our observer watches its memory.
 */
#ifndef ALLOCBENCH_EXPERIMENT_PROGRAM_SLOT_H
#define ALLOCBENCH_EXPERIMENT_PROGRAM_SLOT_H

#include "slot.h"

typedef struct ProgramSlotRequest {
    const char *command; /* of the program's description, with {scratch} in it */
    const char *scratch; /* folder with what the program needs; output and times are put there, too */
    const Arm *arm;
    uint32_t padding_bytes;
    ThpChoice thp;
    SlotLimits limits;
} ProgramSlotRequest;

/* As slot_run_workload(); the checksum is that of the program's standard output. */
SlotEnd slot_run_program(const ProgramSlotRequest *request, Sample *sample, StoreError *error);

#endif
