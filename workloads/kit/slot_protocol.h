/*
 * slot_protocol.h - what a workload process and the program that started it share: one page of memory.
 *
 * The parent creates an anonymous file (memfd), sizes it to sizeof(SlotPage), writes the header fields and passes the
 * descriptor's number in the environment variable ALLOCBENCH_SLOT_FD. The child maps it MAP_SHARED, checks magic and
 * version and writes what it does as it does it; the parent may read at any moment, and after the child's end however
 * it ended. A workload that finds no such variable uses a private page of the same layout, so it also runs alone.
 *
 * This is the only header that the harness and the workloads have in common. Every field is written by one side only.
 * Times are CLOCK_MONOTONIC nanoseconds, sizes are bytes.
 */
#ifndef ALLOCBENCH_SLOT_PROTOCOL_H
#define ALLOCBENCH_SLOT_PROTOCOL_H

#include <stdatomic.h>
#include <stdint.h>

#define SLOT_FD_ENVIRONMENT "ALLOCBENCH_SLOT_FD"
#define SLOT_MAGIC UINT64_C(0x31544f4c53424c41) /* "ALBSLOT1" */
#define SLOT_PROTOCOL_VERSION 1u
#define SLOT_CACHE_LINE 64
#define SLOT_LINES 256 /* threads beyond share lines modulo this; the counters are then still sums */
#define SLOT_PATH_BYTES 512
#define SLOT_MESSAGE_BYTES 256

/* Where the child stands. Only ever grows, except IDLE -> RUNNING in workloads that declare idle phases. */
typedef enum SlotPhase {
    SLOT_PHASE_NONE = 0,     /* the child has not reached its main() or is no kit workload */
    SLOT_PHASE_SETUP = 1,    /* arguments read, proof of preload written */
    SLOT_PHASE_RUNNING = 2,  /* between the two marks: operations count and time runs */
    SLOT_PHASE_IDLE = 3,     /* everything freed on purpose, watching what memory stays */
    SLOT_PHASE_FINISHED = 4, /* after the second mark, results written */
} SlotPhase;

/* How the workload judged itself. The same numbers are its exit codes. */
typedef enum SlotVerdict {
    SLOT_VERDICT_OK = 0,
    SLOT_VERDICT_USAGE = 2,         /* bad arguments: one line on stderr says which */
    SLOT_VERDICT_OUT_OF_MEMORY = 3, /* the allocator under test returned NULL */
    SLOT_VERDICT_CORRUPT = 4,       /* a block's content, alignment or place was wrong */
    SLOT_VERDICT_UNSUPPORTED = 5,   /* this machine or allocator cannot run the workload; message says why */
} SlotVerdict;

/* One cache line a thread, so that counting never shares a line between threads. Relaxed, single writer. */
typedef struct SlotLine {
    _Alignas(SLOT_CACHE_LINE) _Atomic int64_t live_bytes; /* requested by the workload and not freed yet; a thread
                                                             that frees another's block may go below zero: sum them */
    _Atomic int64_t live_blocks;
    _Atomic uint64_t operations;
} SlotLine;

typedef struct SlotPage {
    /* Written by the parent before exec. */
    uint64_t magic;
    uint32_t version;
    uint32_t page_bytes; /* sizeof(SlotPage) as the parent knows it */
    uint32_t count_live; /* non-zero: keep live_bytes up to date (costs a store an operation) */
    uint32_t reserved;

    /* Written by the child. */
    _Atomic uint32_t phase;   /* SlotPhase */
    _Atomic uint32_t verdict; /* SlotVerdict */
    uint32_t threads;         /* threads that performed operations */
    uint32_t pid;
    uint64_t begin_ns, end_ns; /* the two marks; 0 while not reached */
    uint64_t operations;       /* between the marks, all threads */
    uint64_t checksum;         /* of the request sequence: equal for every allocator at equal arguments and seed */
    uint64_t requested_bytes;  /* sum of sizes asked for between the marks; 0 if the workload does not count them */
    uint64_t user_ns, system_ns;
    uint64_t minor_faults, major_faults;
    uint64_t voluntary_switches, involuntary_switches;
    uint64_t start_rss_bytes; /* at the first mark, after the kit's own tables exist but before they are full */
    uint64_t kit_bytes;       /* memory the kit mapped for itself: part of RSS that is not the allocator's */
    uint64_t peak_rss_bytes;  /* VmHWM just before the end; 0 if not reached */
    char malloc_library[SLOT_PATH_BYTES]; /* file that malloc() resolved to in this process */
    char free_library[SLOT_PATH_BYTES];   /* the same for free(); differing files are a failed preload */
    char message[SLOT_MESSAGE_BYTES];     /* one line for people when verdict is not OK */

    SlotLine lines[SLOT_LINES];
} SlotPage;

_Static_assert(sizeof(SlotLine) == SLOT_CACHE_LINE, "a thread's counters own their cache line");

#endif
