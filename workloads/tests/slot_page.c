/*
 * slot_page.c - plays the parent of the slot protocol: runs a workload with a page that counts live bytes (or times
 * single calls), watches the page while it runs, and judges what is in it afterwards.
 *
 *   slot_page finished PROGRAM ARGS...        ends well: results complete, nothing live at the end
 *   slot_page constant BYTES PROGRAM ARGS...  live bytes never leave a band of BYTES while it runs
 *   slot_page latency CALLS PROGRAM ARGS...   ends well, and each of so many calls was timed or counted as lost
 *   slot_page missing NAME PROGRAM ARGS...    ends well, and says why it has no measure NAME
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

/* Watches the page until the child ends; the extremes of live bytes between the marks. */
static int watch(const SlotPage *page, pid_t child, int64_t *minimum, int64_t *maximum) {
    *minimum = INT64_MAX;
    *maximum = INT64_MIN;
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
        *minimum = bytes < *minimum ? bytes : *minimum;
        *maximum = bytes > *maximum ? bytes : *maximum;
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

int main(int argc, char **argv) {
    require(argc > 2, "usage: slot_page finished|constant BYTES|missing NAME|latency CALLS|verdict N PROGRAM ARGS...");
    bool finished = strcmp(argv[1], "finished") == 0, constant = strcmp(argv[1], "constant") == 0;
    bool missing = strcmp(argv[1], "missing") == 0, latency = strcmp(argv[1], "latency") == 0;
    char **program = argv + (finished ? 2 : 3);
    long number = finished || missing ? 0 : strtol(argv[2], NULL, 10);
    SlotPage *page = create_page(latency ? SLOT_OBSERVE_LATENCY : SLOT_OBSERVE_LIVE);
    pid_t child = fork();
    if (child == 0) {
        execv(program[0], program);
        _exit(127);
    }
    int64_t minimum, maximum;
    int code = watch(page, child, &minimum, &maximum);
    if (finished || constant || missing || latency) {
        require(code == 0, "exit code %d", code);
        check_finished(page);
        printf("live bytes %" PRId64 " to %" PRId64 "\n", minimum, maximum);
        require(!constant || (minimum <= maximum && minimum > 0 && maximum - minimum <= number),
                "live bytes wandered by %" PRId64 ", allowed are %ld", maximum - minimum, number);
        if (missing)
            check_missing(page, argv[2]);
        if (latency)
            check_latency(page, (uint64_t)number);
    } else {
        require(code == number && atomic_load(&page->verdict) == (uint32_t)number, "exit code %d, verdict %u", code,
                atomic_load(&page->verdict));
        require(page->message[0] != '\0' && !strchr(page->message, '\n'), "message '%s'", page->message);
    }
    return 0;
}
