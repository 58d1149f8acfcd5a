/* counters.c - see counters.h. One descriptor a counter: groups cannot be inherited by threads and read at once. */
#include "counters.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "slot.h"
#include "workload.h"

typedef struct Counter {
    const char *name;
    uint32_t type;
    uint64_t config;
    int error; /* of opening it */
    int file;  /* valid when error is 0 */
} Counter;

#define DTLB_READ_MISSES                                                                                               \
    (PERF_COUNT_HW_CACHE_DTLB | PERF_COUNT_HW_CACHE_OP_READ << 8 | PERF_COUNT_HW_CACHE_RESULT_MISS << 16)

static Counter counters[] = {
    {"hw_instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, 0, -1},
    {"hw_cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, 0, -1},
    {"hw_cache_misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, 0, -1},
    {"hw_branch_misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES, 0, -1},
    {"hw_dtlb_misses", PERF_TYPE_HW_CACHE, DTLB_READ_MISSES, 0, -1},
    {"sw_task_clock_ns", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, 0, -1},
    {"sw_page_faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, 0, -1},
};
enum { COUNTERS = sizeof counters / sizeof counters[0] };

static bool user_only;

static int open_event(const Counter *counter) {
    struct perf_event_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.size = sizeof attributes;
    attributes.type = counter->type;
    attributes.config = counter->config;
    attributes.disabled = 1;
    attributes.inherit = 1;
    attributes.exclude_kernel = user_only;
    attributes.exclude_hv = user_only;
    attributes.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    return (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static void open_all(void) {
    for (size_t i = 0; i < COUNTERS; i++) {
        counters[i].file = open_event(&counters[i]);
        counters[i].error = counters[i].file < 0 ? errno : 0;
    }
}

static bool any_refused(void) {
    for (size_t i = 0; i < COUNTERS; i++) {
        if (counters[i].error == EACCES || counters[i].error == EPERM)
            return true;
    }
    return false;
}

static void close_all(void) {
    for (size_t i = 0; i < COUNTERS; i++) {
        if (counters[i].error == 0)
            close(counters[i].file);
    }
}

/* All counters see the same: where the kernel may not be watched, none of them watches it. */
void counters_open(void) {
    if (!slot_observes(SLOT_OBSERVE_COUNTERS))
        return;
    open_all();
    if (!any_refused())
        return;
    close_all();
    user_only = true;
    open_all();
}

static void tell_all(unsigned long request) {
    for (size_t i = 0; i < COUNTERS; i++) {
        if (counters[i].file >= 0)
            ioctl(counters[i].file, request, 0);
    }
}

void counters_start(void) {
    tell_all(PERF_EVENT_IOC_ENABLE);
}

void counters_stop(void) {
    tell_all(PERF_EVENT_IOC_DISABLE);
}

/* For a person: why, and what helps. */
static void describe_error(int error, char reason[SLOT_MEASURE_REASON_BYTES]) {
    char level[16] = "";
    switch (error) {
    case EACCES:
    case EPERM:
        if (slot_read_file("/proc/sys/kernel/perf_event_paranoid", level, sizeof level) && atoi(level) > 2)
            snprintf(reason, SLOT_MEASURE_REASON_BYTES,
                     "kernel.perf_event_paranoid is %d: sysctl kernel.perf_event_paranoid=1", atoi(level));
        else
            snprintf(reason, SLOT_MEASURE_REASON_BYTES, "perf_event_open refused, by a container? run it outside");
        break;
    case ENOENT:
    case ENODEV:
    case EOPNOTSUPP:
        snprintf(reason, SLOT_MEASURE_REASON_BYTES,
                 "no such hardware counter: a virtual machine without PMU? use another machine");
        break;
    case ENOSYS:
        snprintf(reason, SLOT_MEASURE_REASON_BYTES, "this kernel has no perf events (CONFIG_PERF_EVENTS)");
        break;
    default:
        snprintf(reason, SLOT_MEASURE_REASON_BYTES, "perf_event_open: %s", strerror(error));
    }
}

static void report_counter(const Counter *counter) {
    struct {
        uint64_t value, enabled_ns, running_ns;
    } reading;
    char reason[SLOT_MEASURE_REASON_BYTES];
    if (counter->error != 0) {
        describe_error(counter->error, reason);
        kit_measure_missing(counter->name, reason);
    } else if (read(counter->file, &reading, sizeof reading) != sizeof reading) {
        kit_measure_missing(counter->name, "the counter cannot be read");
    } else if (reading.running_ns == 0) {
        kit_measure_missing(counter->name, "the counter never ran, others hold it: try kernel.nmi_watchdog=0");
    } else {
        kit_measure(counter->name, (double)reading.value * ((double)reading.enabled_ns / (double)reading.running_ns));
    }
}

void counters_report(void) {
    if (!slot_observes(SLOT_OBSERVE_COUNTERS))
        return;
    for (size_t i = 0; i < COUNTERS; i++)
        report_counter(&counters[i]);
    kit_note("counters_user_only", user_only);
}
