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
#define SLOT_PROTOCOL_VERSION 3u
#define SLOT_CACHE_LINE 64
#define SLOT_LINES 256 /* threads beyond share lines modulo this; the counters are then still sums */
#define SLOT_PATH_BYTES 512
#define SLOT_MESSAGE_BYTES 256
#define SLOT_MEASURES 64
#define SLOT_MEASURE_NAME_BYTES 40
#define SLOT_MEASURE_REASON_BYTES 80
#define SLOT_PICTURE_BYTES 4096

/* What the parent wants observed besides time and memory; each costs time, so compared throughput slots ask for none.
   Bits of SlotPage.observe. */
enum {
    SLOT_OBSERVE_LIVE = 1u << 0,     /* live bytes, blocks and usable bytes of every thread's line */
    SLOT_OBSERVE_LATENCY = 1u << 1,  /* histograms of single calls */
    SLOT_OBSERVE_COUNTERS = 1u << 2, /* hardware counters between the marks, as measures "hw_..." */
    SLOT_OBSERVE_PICTURES = 1u << 3, /* what the allocator itself counts, as pictures */
};

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
    _Atomic int64_t usable_bytes; /* of the live blocks by malloc_usable_size(); stays 0 where the arm has none */
    _Atomic uint64_t operations;
} SlotLine;

/*
 * A further number of the workload or the kit: a counter, a checkpoint, a latency. A value that could not be had is NaN
 * and has a reason, never 0. Names are lower_case with their unit at the end ("idle_rss_1s_bytes"), unique in a slot.
 */
typedef struct SlotMeasure {
    char name[SLOT_MEASURE_NAME_BYTES];
    char reason[SLOT_MEASURE_REASON_BYTES]; /* "" when there is a value */
    double value;
} SlotMeasure;

/*
 * What the allocator under test has counted since the process began, in its own words: the JSON text of its
 * mp_stats_json(). Two are taken just before the first mark, so that it is known what a picture itself adds to the
 * counts, and one just after the second. "" where the allocator has none.
 */
typedef enum SlotPicture { SLOT_PICTURE_FIRST, SLOT_PICTURE_BEGIN, SLOT_PICTURE_END, SLOT_PICTURE_COUNT } SlotPicture;

/*
 * Latency histograms: log-linear over picoseconds. Values below 2^7 stand alone; above, each octave has 2^6 buckets, so
 * a bucket is at most 1/64 of its value wide: two digits. The last bucket takes everything from 2^45 ps (35 s) on.
 */
enum {
    SLOT_HISTOGRAM_SUB_BITS = 6,
    SLOT_HISTOGRAM_TOP_BITS = 45,
    SLOT_HISTOGRAM_BUCKETS = ((SLOT_HISTOGRAM_TOP_BITS - SLOT_HISTOGRAM_SUB_BITS + 1) << SLOT_HISTOGRAM_SUB_BITS) + 1,
};

static inline uint32_t slot_histogram_bucket(uint64_t picoseconds) {
    if (picoseconds >> SLOT_HISTOGRAM_TOP_BITS != 0)
        return SLOT_HISTOGRAM_BUCKETS - 1;
    uint32_t shift = picoseconds >> (SLOT_HISTOGRAM_SUB_BITS + 1) == 0
                         ? 0
                         : 63 - SLOT_HISTOGRAM_SUB_BITS - (uint32_t)__builtin_clzll(picoseconds);
    return (shift << SLOT_HISTOGRAM_SUB_BITS) + (uint32_t)(picoseconds >> shift);
}

/* The smallest value of a bucket; that of bucket + 1 is its exclusive upper end. */
static inline uint64_t slot_histogram_value(uint32_t bucket) {
    uint32_t octave = bucket >> SLOT_HISTOGRAM_SUB_BITS;
    uint32_t shift = octave <= 1 ? 0 : octave - 1;
    return (uint64_t)(bucket - (shift << SLOT_HISTOGRAM_SUB_BITS)) << shift;
}

/* Which call; EMPTY is the same measurement around nothing. calloc stands apart, because it clears; aligned
   allocations count as malloc. */
typedef enum SlotCall {
    SLOT_CALL_MALLOC,
    SLOT_CALL_CALLOC,
    SLOT_CALL_REALLOC,
    SLOT_CALL_FREE,
    SLOT_CALL_EMPTY,
    SLOT_CALL_COUNT
} SlotCall;

/* SAMPLED: fenced clock readings around one call in 64 on average. CHAIN: one reading a call, from the end of the
   previous call to the end of this one, so what the workload does between them is in it. */
typedef enum SlotMethod { SLOT_METHOD_SAMPLED, SLOT_METHOD_CHAIN, SLOT_METHOD_COUNT } SlotMethod;

/* Merged over all threads when the workload ends; only calls between the marks, and EMPTY. */
typedef struct SlotHistogram {
    uint64_t hits[SLOT_HISTOGRAM_BUCKETS];
} SlotHistogram;

typedef struct SlotPage {
    /* Written by the parent before exec. */
    uint64_t magic;
    uint32_t version;
    uint32_t page_bytes; /* sizeof(SlotPage) as the parent knows it */
    uint32_t observe;    /* SLOT_OBSERVE_... */
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

    _Atomic uint32_t measure_count; /* those before it are complete */
    SlotMeasure measures[SLOT_MEASURES];

    SlotLine lines[SLOT_LINES];

    char pictures[SLOT_PICTURE_COUNT][SLOT_PICTURE_BYTES]; /* untouched unless asked for */

    SlotHistogram latency[SLOT_METHOD_COUNT][SLOT_CALL_COUNT]; /* untouched unless asked for */
} SlotPage;

_Static_assert(sizeof(SlotLine) == SLOT_CACHE_LINE, "a thread's counters own their cache line");

#endif
