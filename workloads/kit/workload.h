/*
 * workload.h - what one workload tells about itself. A workload is one .c file with one `static const Workload` and a
 * main() that returns kit_main(&workload, argc, argv); everything else a program needs is the kit's.
 */
#ifndef ALLOCBENCH_KIT_WORKLOAD_H
#define ALLOCBENCH_KIT_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KIT_MAXIMUM_THREADS = 4096, KIT_MAXIMUM_PARAMETERS = 32 };

/* The flags every workload understands, after they were read. */
typedef struct Options {
    uint32_t threads;
    bool threads_given;   /* false: threads is the default */
    uint64_t operations;  /* the whole work over all threads; meaningless when duration_ns is not 0 */
    uint64_t duration_ns; /* run for this time instead; 0: fixed work */
    uint64_t seed;
    bool verify;
    bool json;
    bool pin;
    const char *preset; /* NULL: none */
} Options;

typedef enum ParameterKind {
    PARAMETER_COUNT,  /* a whole number */
    PARAMETER_BYTES,  /* a whole number that may end in K, M or G (powers of 1024) */
    PARAMETER_CHOICE, /* the index of one of `choices` */
    PARAMETER_YES_NO, /* 0 or 1 */
} ParameterKind;

/* One flag of a workload: --NAME VALUE. The value stands in the workload's own variable and is its default before. */
typedef struct Parameter {
    const char *name;
    ParameterKind kind;
    uint64_t *value;
    uint64_t minimum, maximum;  /* of COUNT and BYTES, both allowed */
    const char *const *choices; /* of CHOICE, ended by NULL */
    const char *doc;
} Parameter;

/* A named line of arguments. They come before the user's own, which override them. */
typedef struct Preset {
    const char *name;
    const char *arguments;
    const char *doc;
} Preset;

typedef struct Workload {
    const char *name;
    const char *summary;   /* one line */
    const char *models;    /* the real behaviour it stands for */
    const char *published; /* where it was described */
    const char *changed;   /* what differs from the original and why */
    const char *unit;      /* what operations count */
    uint64_t default_operations;
    bool unscaled;            /* the work is fixed by the parameters: --ops and --seconds are refused */
    bool memory;              /* what stays in memory is the result, not the time; such a workload is unscaled too */
    uint64_t usual_ms;        /* of an unscaled one: about how long it takes as it is, to tell a run's length before */
    uint32_t default_threads; /* 0: as many as there are processors */

    const Parameter *parameters;
    size_t parameter_count;
    const Preset *presets;
    size_t preset_count;

    /* About how many bytes of blocks are alive at most, after `check`: what does not fit into this machine's memory is
       refused. NULL: never many. Without side effects. */
    double (*live_bytes)(const Options *options);
    /* Refuses with kit_usage_error() what cannot be run together and may settle options->threads. May be NULL. */
    void (*check)(Options *options);
    /* Called once in the main thread. It takes the two marks itself, or lets team_run() do that. */
    void (*run)(const Options *options);
} Workload;

/* The whole program: reads arguments, describes itself or runs, reports. Returns the exit code (SlotVerdict). */
int kit_main(const Workload *workload, int argc, char **argv);

/* Bad arguments: one line on stderr, exit code 2. Say the flag, the value and what is allowed. */
_Noreturn void kit_usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Further numbers of this workload ("generations", "idle_rss_1s_bytes"), into the slot page, the line and the JSON.
 * Names are lower_case with their unit at the end and given once a slot. From one thread at a time, never between the
 * marks.
 */
void kit_measure(const char *name, double value);
/* The same for a count. */
void kit_note(const char *name, uint64_t value);
/* A number that could not be had, and why: a short text that also names the cure. It is shown as missing, never as 0.
 */
void kit_measure_missing(const char *name, const char *reason);

#endif
