/*
 * sample.h - what one slot gave, and what an experiment consists of. Plain data: no I/O, no judgement.
 *
 * Strings are owned by the Run they belong to (see run_store.h) or by whoever filled the struct before storing it.
 */
#ifndef ALLOCBENCH_STORE_SAMPLE_H
#define ALLOCBENCH_STORE_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum SampleStatus {
    SAMPLE_OK = 0,
    SAMPLE_CRASHED,        /* ended by a signal, or an exit code nobody documented */
    SAMPLE_OUT_OF_MEMORY,  /* malloc returned NULL, the memory cap was hit, or the kernel's OOM killer struck */
    SAMPLE_TIMEOUT,        /* killed by the harness after the slot's time limit */
    SAMPLE_CORRUPT,        /* the workload found wrong content, alignment, or a checksum unlike the baseline's */
    SAMPLE_PRELOAD_FAILED, /* malloc did not resolve to the arm's library */
    SAMPLE_UNSUPPORTED,    /* this arm or machine cannot run this row; message says why */
    SAMPLE_FAILED,         /* a real program, or a command beside it, says by its exit code or output that it failed */
    SAMPLE_WRONG_OUTPUT,   /* a real program printed or left something else than under the baseline */
    SAMPLE_STATUS_COUNT
} SampleStatus;

/* "ok", "crashed", "out-of-memory", "timeout", "corrupt", "preload-failed", "unsupported", "failed", "wrong-output" */
const char *sample_status_name(SampleStatus status);
/* Returns false when the name is none of the above. */
bool sample_status_parse(const char *name, SampleStatus *status);

/* Memory over time, seen from outside. At most SERIES_CAPACITY points, evenly thinned when a slot runs longer. */
enum { SERIES_CAPACITY = 128 };
typedef struct Series {
    size_t count;
    uint64_t *time_ns;     /* since the slot's process was started */
    uint64_t *rss_bytes;   /* /proc/PID/statm */
    int64_t *live_bytes;   /* sum of the slot page's lines at the same moment; -1 where not counted */
    int64_t *usable_bytes; /* the same by malloc_usable_size(); -1 where not counted; NULL in files that have none */
} Series;

/* A further number of a slot, by name: what the kit measured (slot_protocol.h), counters, limits. NAN has a reason. */
typedef struct Measure {
    char *name;
    double value;
    char *reason; /* why there is no value; NULL when there is one */
} Measure;

/* Latencies of one kind of call in one slot, sparse: hits[i] of bucket bucket[i], ascending (slot_protocol.h). */
typedef struct Histogram {
    char *name; /* "malloc sampled", "free chain", "empty chain", ...: call and method */
    size_t count;
    uint32_t *bucket;
    uint64_t *hits;
} Histogram;

/* The search for the smallest memory limit ends at this part of it: a result is known no better. */
enum { MEMORY_LIMIT_RESOLUTION = 32 };

/* One try of a search for the smallest memory limit. */
typedef struct LimitProbe {
    uint64_t limit_bytes;
    uint64_t elapsed_ns; /* 0: the workload did not complete under this limit */
} LimitProbe;

typedef struct Sample {
    uint32_t row, block; /* which row of the plan, which block of that row */
    uint32_t attempt;    /* a block redone whole gets the next attempt; only the highest complete one counts */
    uint32_t arm;        /* index into RunMeta.arms */
    bool control;        /* the second baseline slot of a block (A/A) */
    uint32_t position;   /* place in the block's shuffled order, from 0 */
    uint64_t seed;       /* given to the workload; equal within a block */
    SampleStatus status;
    char *message; /* NULL when there is nothing to say */

    uint64_t operations;
    uint64_t elapsed_ns; /* between the workload's marks; hyperfine's wall time for a program row */
    uint64_t user_ns, system_ns;
    uint64_t minor_faults, major_faults;
    uint64_t voluntary_switches, involuntary_switches;
    uint64_t checksum;
    uint64_t start_rss_bytes;
    uint64_t kit_bytes;
    uint64_t peak_rss_bytes;
    bool peak_is_exact;     /* VmHWM; false: maximum of the series, shown with ">=" */
    uint64_t canary_ns;     /* a fixed piece of arithmetic timed just before the slot: the machine, not the allocator */
    uint64_t steal_ticks;   /* CPU time that the hypervisor took from this machine during the slot; /proc/stat's unit */
    uint64_t foreign_ticks; /* CPU time of other processes during the slot; the same unit */
    uint64_t memory_pressure_us; /* "some" stall time of PSI during the slot, of the whole machine; 0 without PSI */
    uint64_t io_pressure_us;
    char *malloc_library; /* proof of preload: the file malloc resolved to; NULL when unknown */
    Series series;
    Measure *measures;
    size_t measure_count;
    Histogram *histograms; /* of latency mode */
    size_t histogram_count;
    LimitProbe *probes; /* of limit mode, in the order of the search */
    size_t probe_count;
} Sample;

/* The value of a measure; NAN when it is not there or has none. */
double sample_measure(const Sample *sample, const char *name);
/* Adds one; name and reason are copied. */
void sample_add_measure(Sample *sample, const char *name, double value, const char *reason);

/* An allocator plus its settings. */
typedef struct Arm {
    char *name;        /* "glibc", "minipool", or the name the user gave before '=' */
    char *label;       /* for people: "tcmalloc (gperftools 2.10)" */
    char *path;        /* library to preload, absolute; NULL when unavailable */
    char *environment; /* settings as given after '?': "MALLOC_CONF=narenas:1"; several separated by '&'; may be "" */
    char *sha256;      /* of the library file, hex; NULL when unavailable */
    bool available;    /* false: a visible 'skipped' row */
    bool broken;       /* the user named this file and it cannot be preloaded: available, so that the arm is judged, but
                          no process is started; every block records a preload-failed sample with the reason */
    char *reason;      /* why not available or broken, with the cure ("apt-get install libjemalloc2"); else NULL */
} Arm;

typedef enum RowKind { ROW_WORKLOAD, ROW_PROGRAM } RowKind;

/* What a slot of a run is. Ratios, intervals and verdicts are made in the same way from each. */
typedef enum RunMode {
    MODE_THROUGHPUT, /* fixed work, timed */
    MODE_LATENCY,    /* the same work with clock readings around single calls */
    MODE_ICOUNT,     /* instructions an operation under callgrind */
    MODE_LIMIT,      /* a search for the smallest memory limit under which the work completes */
    MODE_COUNT
} RunMode;

/* "throughput", "latency", "icount", "limit" */
const char *run_mode_name(RunMode mode);
bool run_mode_parse(const char *name, RunMode *mode);

/* Transparent huge pages of a row's slots: as the system has it, or switched off by prctl. */
typedef enum ThpChoice { THP_INHERIT, THP_NEVER } ThpChoice;

/* One line of the plan: a workload with its parameters at one number of threads. */
typedef struct Row {
    char *name;     /* unique in the run: "larson t2" */
    char *workload; /* "larson"; for a program row the program's name: "sqlite3" */
    RowKind kind;
    uint32_t threads; /* 0 for a program row */
    char *arguments;  /* further flags as one line, space separated: "--preset pc_pair --size 64"; for a program row its
                         command */
    char *sweep;      /* the parameters among them that a sweep varies, as in the name: "size=4K batch=16"; may be "" */
    char *unit;       /* what operations count: "operations", "messages"; "runs" for a program row */
    uint64_t operations; /* fixed work a slot; 0 when the row's work is not scaled */
    bool scaled;         /* the count was fitted to the slot length on the baseline */
    uint64_t usual_ns;   /* about how long a slot takes whose work is not fitted, for estimates; 0: not known */
    char *unsupported;   /* why this machine cannot run the row, with the cure; no process is started and every block
                            records unsupported samples with this reason. NULL when it can */
    char *sha256;        /* of the workload's executable or the program's description; NULL when unsupported */
    char *own_program;   /* a program that was given on the command line: what was said of it, one JSON object as text;
                            NULL for every other row */
    bool memory;         /* memory is the result: live bytes are counted in every block, and it has no throughput */
    ThpChoice thp;
    uint64_t floor_bytes; /* resident memory of this workload's process before anything allocates, on the baseline:
                             subtracted from RSS; 0 where it was not measured */
    uint32_t host;        /* index into the array RunMeta.host_json, in a merged run */
    uint64_t absent_arms; /* bit i: arm i was no part of this row's run, in a merged run; no sample is missed */
} Row;

typedef struct RunMeta {
    uint32_t format_version;
    char *id;      /* unique: time stamp and suite name */
    char *created; /* ISO 8601, UTC */
    char *suite;   /* "quick", or "command line" */
    char *command; /* the exact command that repeats the run */
    RunMode mode;
    uint64_t seed;
    uint32_t baseline;       /* index into arms */
    uint32_t memory_blocks;  /* the first so many blocks of a row count live bytes. Counting costs time, so these blocks
                                give the curves of memory over time and nothing else; they also warm the machine up */
    uint32_t counter_blocks; /* the next so many read hardware counters */
    uint32_t syscall_blocks; /* the next so many count system calls */
    uint32_t tier_blocks;    /* the next so many read the allocators' own counters */
    uint32_t minimum_blocks, maximum_blocks; /* of those that are compared, which come after all these */
    double precision;          /* wished half-width of the intervals, 0.03 = 3 %; 0: a fixed number of blocks */
    double threshold;          /* smallest ratio - 1 that is worth a verdict, 0.01 = 1 % */
    uint64_t slot_ns;          /* wished length of a slot */
    uint64_t timeout_ns;       /* a slot that lasts longer is killed */
    uint64_t memory_cap_bytes; /* a slot whose RSS passes this is killed */
    bool pin;                  /* workload threads are bound to cores, the observer kept off them where it can be */
    Arm *arms;
    size_t arm_count;
    Row *rows;
    size_t row_count;
    char *host_json; /* the host record, one JSON object as text; store and analysis only carry it. Of a merged run: a
                        JSON array of those of its parts, in the order of Row.host */
} RunMeta;

/* How many arms a merged run can have: the bits of Row.absent_arms. */
enum { MERGED_ARMS_LIMIT = 64 };

/* Whether a complete block of this row has a sample of this arm. */
bool run_row_has_arm(const RunMeta *meta, uint32_t row, size_t arm);

/* What the blocks of a row are for. They follow one another in this order. */
typedef enum BlockKind {
    BLOCKS_OF_MEMORY,
    BLOCKS_OF_COUNTERS,
    BLOCKS_OF_SYSCALLS,
    BLOCKS_OF_TIERS,
    BLOCKS_COMPARED
} BlockKind;
BlockKind run_block_kind(const RunMeta *meta, uint32_t block);
/* How many blocks come before the compared ones. */
uint32_t run_observed_blocks(const RunMeta *meta);

#endif
