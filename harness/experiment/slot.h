/*
 * slot.h - one slot: a fresh process with an arm's library preloaded, watched until it ends, judged by what it wrote
 * into its slot page and by how it ended.
 */
#ifndef ALLOCBENCH_EXPERIMENT_SLOT_H
#define ALLOCBENCH_EXPERIMENT_SLOT_H

#include <signal.h>

#include "../store/run_store.h"
#include "launch.h"
#include "tracer.h"

enum { SLOT_OUTPUT_BYTES = 4096 };

typedef struct SlotLimits {
    uint64_t timeout_ns;
    uint64_t memory_cap_bytes;
    const volatile sig_atomic_t *stop; /* non-zero: kill the slot and return */
} SlotLimits;

typedef enum SlotEnd {
    SLOT_END_DONE,        /* the sample is filled, whatever its status */
    SLOT_END_INTERRUPTED, /* *limits->stop was set; there is no sample */
    SLOT_END_IMPOSSIBLE,  /* no process could be started; *error says why */
} SlotEnd;

/* What a slot runs and on whose behalf. */
typedef struct SlotRequest {
    char *const *argv; /* of a kit workload; argv[0] is its path */
    const Arm *arm;
    uint32_t padding_bytes;
    ThpChoice thp;
    uint32_t bound_threads; /* processors that the workload binds threads to; 0: none */
    uint32_t observe;       /* SLOT_OBSERVE_...: what the workload is to look at, which costs it time */
    SlotLimits limits;

    /* For the slots that start the workload in their own way (icount_slot.h, limit_slot.h, syscall_slot.h). */
    uint64_t operations;  /* what argv's --ops says, which such a slot may replace; 0: the work cannot be set */
    uint32_t threads;     /* of the row; 0: the workload's own */
    const char *settings; /* beside those of the arm, in the same form; NULL: none */
    bool tool_preloads; /* argv[0] is a tool that itself preloads the arm into the workload, and not to be preloaded */
    LaunchConditions conditions;
    uint32_t *threads_used; /* gets how many threads performed operations, as far as the workload came; may be NULL */
} SlotRequest;

/* Runs a kit workload. Fills status, message, counters, peak, series, measures, histograms and proof of *sample; the
 * rest is the caller's. */
SlotEnd slot_run_workload(const SlotRequest *request, Sample *sample, StoreError *error);
/* For slots made of several processes: moves what holds however a workload is started - status, message, proof of
 * preload, operations, checksum - from `process` to *sample, and releases the rest. */
void slot_take_outcome(Sample *process, Sample *sample);

/* What program_slot.c shares: a process watched to its end. */
typedef struct Watched {
    Tracer tracer;
    bool timed_out, over_cap, oom_killed;
    uint64_t peak_seen_bytes;
    uint64_t watched_ns, observer_cpu_ns; /* how long this thread watched, and its processor time meanwhile */
    Series series;
    char output[SLOT_OUTPUT_BYTES]; /* the first part of what it printed, NUL terminated */
    size_t output_length;
} Watched;

/* For a slot that does something to its process while that runs. */
typedef struct SlotGuide {
    /* Called at least every 5 ms, soon after the end of any child, and once when the process has ended; false kills
     * what there is and ends the slot. */
    bool (*step)(void *user, Watched *watched);
    void *user;
} SlotGuide;

struct SlotPage;
/* Starts the process and watches it to its end; nothing of it is left when this returns. The series is the caller's. */
SlotEnd slot_watch(const LaunchRequest *launch, const struct SlotPage *page, bool descendants, const char *library,
                   const SlotLimits *limits, Watched *watched, StoreError *error);
/* The same with a guide. */
SlotEnd slot_watch_guided(const LaunchRequest *launch, const SlotGuide *guide, const char *library,
                          const SlotLimits *limits, Watched *watched, StoreError *error);
/* Sets the status that follows from how a process ended: crash, timeout, memory; returns false when it ended by
 * itself. `status` is as from wait(). */
bool slot_judge_end(const Watched *watched, int status, const SlotLimits *limits, Sample *sample);
/* The observer's own cost, as measures "watched_ns" and "observer_cpu_ns". */
void slot_note_cost(const Watched *watched, Sample *sample);
void slot_set_failure(Sample *sample, SampleStatus status, char *owned_message);
/* The line of captured output that says most: the last that is not empty; owned, NULL when there is none. */
char *slot_output_line(const Watched *watched);

#endif
