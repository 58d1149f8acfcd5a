/*
 * server_slot.h - one slot of a server: it is started with the arm preloaded, put under load by a client that runs on
 * its own allocator, watched, stopped and reaped.
 */
#ifndef ALLOCBENCH_EXPERIMENT_SERVER_SLOT_H
#define ALLOCBENCH_EXPERIMENT_SERVER_SLOT_H

#include "program_slot.h"

/* As slot_run_program(), for a program with a server. Operations and elapsed time are those that the client reports;
 * memory, faults and processor time are the server's. Whatever the server leaves running makes the slot a crashed one.
 */
SlotEnd slot_run_server(const ProgramSlotRequest *request, Sample *sample, StoreError *error);

/* Sums up a client's CSV: a header that names the column, then a line a test of so many requests. False when there is
 * no such column or a line has no rate above zero in it. */
bool server_read_report(const char *csv, const char *column, uint64_t requests, uint64_t *operations,
                        uint64_t *elapsed_ns);

#endif
