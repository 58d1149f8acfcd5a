/* slot.c - the child's side of the slot page. See slot.h. */
#include "slot.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "counters.h"
#include "mapping.h"
#include "picture.h"
#include "workload.h"

bool slot_lines_are_shared, slot_is_running;

static SlotPage *page;
static bool start_rss_noted;
static struct rusage usage_at_begin;
static size_t (*usable_size)(void *block); /* NULL: the allocator under test has none, or it is not needed */
static atomic_flag failing = ATOMIC_FLAG_INIT;

static SlotPage *map_parents_page(const char *text) {
    char *end;
    errno = 0;
    long descriptor = strtol(text, &end, 10);
    struct stat status;
    if (errno != 0 || end == text || *end != '\0' || descriptor < 0 || descriptor > INT_MAX ||
        fstat((int)descriptor, &status) != 0)
        slot_fail(SLOT_VERDICT_UNSUPPORTED, "%s=%s is no open descriptor", SLOT_FD_ENVIRONMENT, text);
    if ((size_t)status.st_size < sizeof(SlotPage))
        slot_fail(SLOT_VERDICT_UNSUPPORTED, "the slot page has %lld bytes, this workload needs %zu",
                  (long long)status.st_size, sizeof(SlotPage));
    SlotPage *mapped = mmap(NULL, sizeof(SlotPage), PROT_READ | PROT_WRITE, MAP_SHARED, (int)descriptor, 0);
    if (mapped == MAP_FAILED)
        slot_fail(SLOT_VERDICT_UNSUPPORTED, "cannot map the slot page: %s", strerror(errno));
    if (mapped->magic != SLOT_MAGIC || mapped->version != SLOT_PROTOCOL_VERSION ||
        mapped->page_bytes < sizeof(SlotPage))
        slot_fail(SLOT_VERDICT_UNSUPPORTED,
                  "the slot page is of protocol version %u with %u bytes, expected %u and %zu", mapped->version,
                  mapped->page_bytes, SLOT_PROTOCOL_VERSION, sizeof(SlotPage));
    return mapped;
}

static SlotPage *map_private_page(void) {
    SlotPage *mapped = mmap(NULL, sizeof(SlotPage), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED)
        slot_fail(SLOT_VERDICT_UNSUPPORTED, "cannot map a slot page: %s", strerror(errno));
    mapped->magic = SLOT_MAGIC;
    mapped->version = SLOT_PROTOCOL_VERSION;
    mapped->page_bytes = sizeof(SlotPage);
    return mapped;
}

/* The file that holds the definition every call of `symbol` in this process ends at; "" when the loader cannot tell. */
static void find_library(const char *symbol, char *path) {
    char resolved[PATH_MAX];
    Dl_info where;
    void *address = dlsym(RTLD_DEFAULT, symbol);
    path[0] = '\0';
    if (!address || dladdr(address, &where) == 0 || !where.dli_fname)
        return;
    const char *file = realpath(where.dli_fname, resolved) ? resolved : where.dli_fname;
    if (strlen(file) >= SLOT_PATH_BYTES)
        slot_fail(SLOT_VERDICT_UNSUPPORTED, "the path of the library that defines %s is too long", symbol);
    strcpy(path, file);
}

bool slot_malloc_has(const char *symbol) {
    char library[SLOT_PATH_BYTES];
    find_library(symbol, library);
    return page->malloc_library[0] != '\0' && strcmp(library, page->malloc_library) == 0;
}

/*
 * Another library's malloc_usable_size() would read the blocks of the one under test as its own. A statically linked
 * malloc that the loader does not know has none either; one of a sanitizer has both functions in the executable.
 */
static void find_usable_size(void) {
    if (page->malloc_library[0] == '\0')
        kit_measure_missing("usable_bytes", "the loader cannot tell where malloc is: link it dynamically");
    else if (!slot_malloc_has("malloc_usable_size"))
        kit_measure_missing("usable_bytes", "the library that has malloc has no malloc_usable_size");
    else
        /* POSIX: the result of dlsym is stored through an object pointer. */
        *(void **)&usable_size = dlsym(RTLD_DEFAULT, "malloc_usable_size");
}

void slot_open(void) {
    const char *descriptor = getenv(SLOT_FD_ENVIRONMENT);
    page = descriptor ? map_parents_page(descriptor) : map_private_page();
    page->pid = (uint32_t)getpid();
    find_library("malloc", page->malloc_library);
    find_library("free", page->free_library);
    if (slot_observes(SLOT_OBSERVE_LIVE))
        find_usable_size();
    if (slot_observes(SLOT_OBSERVE_PICTURES))
        picture_prepare();
}

SlotPage *slot_page(void) {
    return page;
}

void slot_set_threads(uint32_t threads) {
    page->threads = threads;
    slot_lines_are_shared = threads > SLOT_LINES;
}

/* Release: a parent that reads the phase with acquire also sees what was written into the page before it. */
void slot_enter_phase(SlotPhase phase) {
    atomic_store_explicit(&page->phase, phase, memory_order_release);
}

SlotLine *slot_line(uint32_t thread) {
    return &page->lines[thread % SLOT_LINES];
}

bool slot_observes(uint32_t what) {
    return (page->observe & what) != 0;
}

size_t slot_usable_bytes(void *block) {
    return usable_size ? usable_size(block) : 0;
}

bool slot_read_file(const char *path, char *text, size_t size) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    size_t used = 0;
    ssize_t got;
    while (used < size - 1 && (got = read(file, text + used, size - 1 - used)) > 0)
        used += (size_t)got;
    close(file);
    text[used] = '\0';
    return used > 0;
}

static uint64_t current_rss_bytes(void) {
    char text[256];
    if (!slot_read_file("/proc/self/statm", text, sizeof text))
        return 0;
    const char *second = strchr(text, ' ');
    return second ? strtoull(second, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

/* "\nVmHWM:  1234 kB" of a /proc file; 0 without such a line. */
static uint64_t read_kibibytes(const char *path, const char *key) {
    char text[8192];
    if (!slot_read_file(path, text, sizeof text))
        return 0;
    const char *line = strstr(text, key);
    return line ? strtoull(line + strlen(key), NULL, 10) * 1024 : 0;
}

static uint64_t peak_rss_bytes(void) {
    return read_kibibytes("/proc/self/status", "\nVmHWM:");
}

uint64_t slot_resident_bytes(void) {
    uint64_t exact = read_kibibytes("/proc/self/smaps_rollup", "\nRss:");
    return exact ? exact : current_rss_bytes(); /* kernels before 4.14; may lag by some pages a thread */
}

void slot_note_start_rss(void) {
    page->kit_bytes = mapping_bytes();
    page->start_rss_bytes = current_rss_bytes();
    start_rss_noted = true;
}

void slot_begin(void) {
    if (!start_rss_noted)
        slot_note_start_rss();
    picture_take(SLOT_PICTURE_FIRST);
    picture_take(SLOT_PICTURE_BEGIN);
    getrusage(RUSAGE_SELF, &usage_at_begin);
    slot_enter_phase(SLOT_PHASE_RUNNING);
    slot_is_running = true;
    counters_start();
    page->begin_ns = clock_now_ns();
}

static uint64_t time_difference_ns(struct timeval from, struct timeval to) {
    int64_t difference_us = (int64_t)(to.tv_sec - from.tv_sec) * 1000000 + (to.tv_usec - from.tv_usec);
    return difference_us < 0 ? 0 : (uint64_t)difference_us * 1000;
}

void slot_end(void) {
    page->end_ns = clock_now_ns();
    counters_stop();
    slot_is_running = false;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    page->user_ns = time_difference_ns(usage_at_begin.ru_utime, usage.ru_utime);
    page->system_ns = time_difference_ns(usage_at_begin.ru_stime, usage.ru_stime);
    page->minor_faults = (uint64_t)(usage.ru_minflt - usage_at_begin.ru_minflt);
    page->major_faults = (uint64_t)(usage.ru_majflt - usage_at_begin.ru_majflt);
    page->voluntary_switches = (uint64_t)(usage.ru_nvcsw - usage_at_begin.ru_nvcsw);
    page->involuntary_switches = (uint64_t)(usage.ru_nivcsw - usage_at_begin.ru_nivcsw);
    picture_take(SLOT_PICTURE_END);
    counters_report();
}

void slot_finish(uint64_t operations, uint64_t checksum, uint64_t requested_bytes) {
    page->operations = operations;
    page->checksum = checksum;
    page->requested_bytes = requested_bytes;
    page->kit_bytes = mapping_bytes();
    page->peak_rss_bytes = peak_rss_bytes();
    slot_enter_phase(SLOT_PHASE_FINISHED);
}

_Noreturn void slot_fail(SlotVerdict verdict, const char *format, ...) {
    while (atomic_flag_test_and_set(&failing))
        pause();
    char line[SLOT_MESSAGE_BYTES + 64];
    int prefix = snprintf(line, sizeof line, "%s: ", program_invocation_short_name);
    size_t start = prefix < 0 || (size_t)prefix > 60 ? 0 : (size_t)prefix;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line + start, SLOT_MESSAGE_BYTES, format, arguments);
    va_end(arguments);
    if (page) {
        snprintf(page->message, sizeof page->message, "%s", line + start);
        page->peak_rss_bytes = peak_rss_bytes();
        atomic_store_explicit(&page->verdict, verdict, memory_order_release);
    }
    size_t length = strlen(line);
    line[length] = '\n';
    ssize_t written = write(STDERR_FILENO, line, length + 1);
    (void)written; /* a closed stderr must not hide the verdict */
    _exit((int)verdict);
}

_Noreturn void slot_out_of_memory(const char *function, size_t size) {
    slot_fail(SLOT_VERDICT_OUT_OF_MEMORY, "out of memory: %s of %zu bytes returned NULL", function, size);
}

_Noreturn void slot_corrupt(const void *block, size_t size, const char *what) {
    slot_fail(SLOT_VERDICT_CORRUPT, "corrupt: block %p of %zu bytes: %s", block, size, what);
}
