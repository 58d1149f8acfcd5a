/*
 * slot_page.c - plays the parent of the slot protocol: runs a workload with a page that counts live bytes (or times
 * single calls), watches the page while it runs, and judges what is in it afterwards.
 *
 *   slot_page finished PROGRAM ARGS...        ends well: results complete, nothing live at the end
 *   slot_page constant BYTES PROGRAM ARGS...  live bytes never leave a band of BYTES while it runs
 *   slot_page latency CALLS PROGRAM ARGS...   ends well, and each of so many calls was timed or counted as lost
 *   slot_page counters PROGRAM ARGS...        ends well, and each counter has a sound value or a reason
 *   slot_page missing NAME PROGRAM ARGS...    ends well, and says why it has no measure NAME
 *   slot_page measures A,B,... PROGRAM ARGS... ends well, and has all these measures, above 0
 *   slot_page verdict N PROGRAM ARGS...       ends with exit code and verdict N and says why
 */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../kit/slot_protocol.h"

static void require(bool condition, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void require(bool condition, const char *format, ...) {
    if (condition)
        return;
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static SlotPage *create_page(uint32_t observe) {
    int file = memfd_create("slot", 0);
    require(file >= 0 && ftruncate(file, sizeof(SlotPage)) == 0, "no memfd");
    SlotPage *page = mmap(NULL, sizeof(SlotPage), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    require(page != MAP_FAILED, "no page");
    page->magic = SLOT_MAGIC;
    page->version = SLOT_PROTOCOL_VERSION;
    page->page_bytes = sizeof(SlotPage);
    page->observe = observe;
    char text[16];
    snprintf(text, sizeof text, "%d", file);
    setenv(SLOT_FD_ENVIRONMENT, text, 1);
    return page;
}

typedef struct Live {
    int64_t bytes, blocks, usable;
    uint64_t operations;
} Live;

static Live sum_lines(const SlotPage *page) {
    Live live = {0, 0, 0, 0};
    for (int i = 0; i < SLOT_LINES; i++) {
        live.bytes += atomic_load_explicit(&page->lines[i].live_bytes, memory_order_relaxed);
        live.blocks += atomic_load_explicit(&page->lines[i].live_blocks, memory_order_relaxed);
        live.usable += atomic_load_explicit(&page->lines[i].usable_bytes, memory_order_relaxed);
        live.operations += atomic_load_explicit(&page->lines[i].operations, memory_order_relaxed);
    }
    return live;
}

typedef struct Extremes {
    int64_t minimum, maximum;
} Extremes;

/* Watches the page until the child ends; the extremes of live bytes between the marks. */
static int watch(const SlotPage *page, pid_t child, Extremes *live) {
    for (int status;;) {
        if (waitpid(child, &status, WNOHANG) == child) {
            require(WIFEXITED(status), "the workload was ended by signal %d", WTERMSIG(status));
            return WEXITSTATUS(status);
        }
        const struct timespec pause = {0, 200000};
        nanosleep(&pause, NULL);
        if (atomic_load_explicit(&page->phase, memory_order_acquire) != SLOT_PHASE_RUNNING)
            continue;
        int64_t bytes = sum_lines(page).bytes;
        /* Looked at the lines one by one while they changed: only valid when the run did not end meanwhile. */
        if (atomic_load_explicit(&page->phase, memory_order_acquire) != SLOT_PHASE_RUNNING || page->end_ns)
            continue;
        live->minimum = bytes < live->minimum ? bytes : live->minimum;
        live->maximum = bytes > live->maximum ? bytes : live->maximum;
    }
}

static void check_finished(const SlotPage *page) {
    Live live = sum_lines(page);
    require(atomic_load(&page->phase) == SLOT_PHASE_FINISHED, "phase %u", atomic_load(&page->phase));
    require(atomic_load(&page->verdict) == SLOT_VERDICT_OK, "verdict %u", atomic_load(&page->verdict));
    require(page->operations > 0 && page->operations == live.operations, "operations %" PRIu64 ", lines %" PRIu64,
            page->operations, live.operations);
    require(live.bytes == 0 && live.blocks == 0 && live.usable == 0,
            "%" PRId64 " bytes (%" PRId64 " usable) in %" PRId64 " blocks still counted live", live.bytes, live.usable,
            live.blocks);
    require(page->begin_ns > 0 && page->end_ns > page->begin_ns, "marks");
    require(page->threads > 0 && page->pid > 0 && page->requested_bytes > 0 && page->checksum != 0, "counts");
    require(page->start_rss_bytes > 0 && page->peak_rss_bytes >= page->start_rss_bytes && page->kit_bytes > 0,
            "memory: start %" PRIu64 ", peak %" PRIu64 ", kit %" PRIu64, page->start_rss_bytes, page->peak_rss_bytes,
            page->kit_bytes);
    require(page->malloc_library[0] == '/' && strcmp(page->malloc_library, page->free_library) == 0,
            "proof of preload: %s, %s", page->malloc_library, page->free_library);
}

static const SlotMeasure *find_measure(const SlotPage *page, const char *name) {
    uint32_t count = atomic_load_explicit(&page->measure_count, memory_order_acquire);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(page->measures[i].name, name) == 0)
            return &page->measures[i];
    }
    return NULL;
}

/* NAME,NAME,...: all are there and above 0. */
static void check_measures(const SlotPage *page, const char *names) {
    char list[512];
    snprintf(list, sizeof list, "%s", names);
    for (char *rest = list, *name; (name = strtok_r(NULL, ",", &rest));) {
        const SlotMeasure *measure = find_measure(page, name);
        require(measure && measure->value > 0, "no measure %s above 0", name);
        printf("%s: %.0f\n", name, measure->value);
    }
}

static void check_missing(const SlotPage *page, const char *name) {
    const SlotMeasure *measure = find_measure(page, name);
    require(measure && isnan(measure->value) && measure->reason[0], "%s is not missing with a reason", name);
    printf("%s: %s\n", name, measure->reason);
}

static double measure_value(const SlotPage *page, const char *name) {
    const SlotMeasure *measure = find_measure(page, name);
    require(measure && !isnan(measure->value), "no measure %s", name);
    return measure->value;
}

static void check_latency(const SlotPage *page, uint64_t calls) {
    uint64_t hits[SLOT_METHOD_COUNT] = {0, 0};
    for (int method = 0; method < SLOT_METHOD_COUNT; method++) {
        for (int call = 0; call < SLOT_CALL_COUNT; call++) {
            uint64_t here = 0;
            for (int i = 0; i < SLOT_HISTOGRAM_BUCKETS; i++)
                here += page->latency[method][call].hits[i];
            bool used = call == SLOT_CALL_MALLOC || call == SLOT_CALL_FREE || call == SLOT_CALL_EMPTY;
            require(used == (here > 0), "method %d, call %d: %" PRIu64 " hits", method, call, here);
            hits[method] += call == SLOT_CALL_EMPTY ? 0 : here;
        }
    }
    uint64_t lost = (uint64_t)(measure_value(page, "latency_dropped") + measure_value(page, "latency_broken"));
    printf("%" PRIu64 " sampled, %" PRIu64 " chained, %" PRIu64 " lost\n", hits[SLOT_METHOD_SAMPLED],
           hits[SLOT_METHOD_CHAIN], lost);
    require(hits[SLOT_METHOD_SAMPLED] + hits[SLOT_METHOD_CHAIN] + lost == calls, "not %" PRIu64 " calls", calls);
}

/* Present and above 0, or missing with a reason. */
static bool counter_works(const SlotPage *page, const char *name) {
    const SlotMeasure *measure = find_measure(page, name);
    require(measure != NULL, "no measure %s", name);
    if (isnan(measure->value)) {
        require(measure->reason[0] != '\0', "%s is missing without a reason", name);
        printf("%s: %s\n", name, measure->reason);
        return false;
    }
    printf("%s: %.0f\n", name, measure->value);
    require(measure->value > 0 && measure->reason[0] == '\0', "%s is %g", name, measure->value);
    return true;
}

static void check_counters(const SlotPage *page) {
    static const char *const hardware[] = {"hw_instructions", "hw_cycles", "hw_cache_misses", "hw_branch_misses",
                                           "hw_dtlb_misses"};
    for (size_t i = 0; i < sizeof hardware / sizeof hardware[0]; i++)
        counter_works(page, hardware[i]);
    double user_only = measure_value(page, "counters_user_only");
    require(user_only == 0 || user_only == 1, "counters_user_only is %g", user_only);
    /* What the kernel counts itself is held against what getrusage says of the same threads: it begins after and ends
       before it, and sees the ends of the threads too. */
    if (counter_works(page, "sw_task_clock_ns")) {
        double clock_ns = measure_value(page, "sw_task_clock_ns"), usage_ns = (double)(page->user_ns + page->system_ns);
        require(clock_ns > usage_ns / 2 - 2e6 && clock_ns < usage_ns * 2 + 2e6, "task clock %g ns, usage %g ns",
                clock_ns, usage_ns);
    }
    if (counter_works(page, "sw_page_faults")) {
        double faults = measure_value(page, "sw_page_faults"),
               usage = (double)(page->minor_faults + page->major_faults);
        require(faults <= usage + 100 && (user_only != 0 || faults >= usage - 100), "%g page faults, usage says %g",
                faults, usage);
    }
}

/* What is asked for on the command line: what the page is to observe, whether a number follows, how it is judged. */
typedef struct Mode {
    const char *name;
    bool argument;
    uint32_t observe;
} Mode;

static const Mode modes[] = {
    {"finished", false, SLOT_OBSERVE_LIVE},  {"constant", true, SLOT_OBSERVE_LIVE},
    {"latency", true, SLOT_OBSERVE_LATENCY}, {"counters", false, SLOT_OBSERVE_COUNTERS},
    {"missing", true, SLOT_OBSERVE_LIVE},    {"measures", true, SLOT_OBSERVE_LIVE},
    {"verdict", true, SLOT_OBSERVE_LIVE},
};

static const Mode *find_mode(const char *name) {
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(modes[i].name, name) == 0)
            return &modes[i];
    }
    require(false, "no mode %s: see the head of slot_page.c", name);
    return NULL;
}

static void judge(const char *mode, const char *argument, const SlotPage *page, const Extremes *live) {
    long number = argument ? strtol(argument, NULL, 10) : 0;
    check_finished(page);
    if (strcmp(mode, "constant") == 0)
        require(live->minimum <= live->maximum && live->minimum > 0 && live->maximum - live->minimum <= number,
                "live bytes wandered by %" PRId64 ", allowed are %ld", live->maximum - live->minimum, number);
    else if (strcmp(mode, "latency") == 0)
        check_latency(page, (uint64_t)number);
    else if (strcmp(mode, "counters") == 0)
        check_counters(page);
    else if (strcmp(mode, "missing") == 0)
        check_missing(page, argument);
    else if (strcmp(mode, "measures") == 0)
        check_measures(page, argument);
}

int main(int argc, char **argv) {
    require(argc > 1, "usage: see the head of slot_page.c");
    const Mode *mode = find_mode(argv[1]);
    require(argc > 2 + mode->argument, "%s: arguments are missing, see the head of slot_page.c", mode->name);
    const char *argument = mode->argument ? argv[2] : NULL;
    char **program = argv + 2 + mode->argument;
    SlotPage *page = create_page(mode->observe);
    pid_t child = fork();
    if (child == 0) {
        execv(program[0], program);
        _exit(127);
    }
    Extremes live = {INT64_MAX, INT64_MIN};
    int code = watch(page, child, &live);
    if (strcmp(mode->name, "verdict") != 0) {
        require(code == 0, "exit code %d: %s", code, page->message);
        judge(mode->name, argument, page, &live);
        return 0;
    }
    long verdict = strtol(argument, NULL, 10);
    require(code == verdict && atomic_load(&page->verdict) == (uint32_t)verdict, "exit code %d, verdict %u", code,
            atomic_load(&page->verdict));
    require(page->message[0] != '\0' && !strchr(page->message, '\n'), "message '%s'", page->message);
    return 0;
}
