/*
 * program_slot.h - one slot of a real program: hyperfine times one run of it, our observer watches its memory. Servers
 * go to server_slot.h.
 */
#ifndef ALLOCBENCH_EXPERIMENT_PROGRAM_SLOT_H
#define ALLOCBENCH_EXPERIMENT_PROGRAM_SLOT_H

#include "program.h"
#include "slot.h"

typedef struct ProgramSlotRequest {
    const Program *program;
    const char *scratch; /* folder with what the program needs; output and times are put there, too */
    const Arm *arm;
    uint32_t padding_bytes;
    ThpChoice thp;
    SlotLimits limits;
} ProgramSlotRequest;

/* As slot_run_workload(); the checksum is that of the program's standard output and of what its check prints. */
SlotEnd slot_run_program(const ProgramSlotRequest *request, Sample *sample, StoreError *error);

/* The first 64 bits of the file's SHA-256; 0 when there is none. */
uint64_t program_output_checksum(const char *path);
/* Adds text to the output of a slot. */
bool program_output_add(const char *path, const char *text);

#endif
