/*
 * disturbance.c - see disturbance.h.
 */
#include "disturbance.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../store/text.h"
#include "cores.h"
#include "observer.h"

enum { CANARY_ROUNDS = 500000, CANARY_ENOUGH = 20, UNRESOLVED_TICKS = 2, REDONE_OF_BLOCK = 2 };
#define SHARE 0.05
#define MEMORY_SHARE 0.25

/* ---- canary ---- */

uint64_t canary_run(void) {
    uint64_t state = 1;
    uint64_t begin = monotonic_ns();
    for (int i = 0; i < CANARY_ROUNDS; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
        /* The compiler must neither shorten nor reorder the chain. */
        __asm__ volatile("" : "+r"(state));
    }
    return monotonic_ns() - begin;
}

void canary_note(Canary *canary, uint64_t canary_ns) {
    if (canary->count == canary->capacity) {
        canary->capacity = canary->capacity == 0 ? 256 : 2 * canary->capacity;
        canary->seen = grow(canary->seen, canary->capacity, sizeof *canary->seen);
    }
    canary->seen[canary->count++] = canary_ns;
}

void canary_release(Canary *canary) {
    free(canary->seen);
    *canary = (Canary){0};
}

static int by_value(const void *one, const void *other) {
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return a < b ? -1 : a > b;
}

static uint64_t median_of(uint64_t *values, size_t count) {
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

static bool canary_is_slow(const Canary *canary, uint64_t canary_ns) {
    if (canary->count < CANARY_ENOUGH)
        return false;
    uint64_t *values = zeroed(canary->count, sizeof *values);
    memcpy(values, canary->seen, canary->count * sizeof *values);
    uint64_t median = median_of(values, canary->count);
    for (size_t i = 0; i < canary->count; i++)
        values[i] = values[i] > median ? values[i] - median : median - values[i];
    uint64_t bound = 5 * median_of(values, canary->count);
    free(values);
    if (bound < median / 2)
        bound = median / 2;
    return canary_ns > median + bound;
}

/* ---- what the kernel counts ---- */

/* The whole file, owned; "" when it cannot be read. Files of /proc have no size beforehand. */
static char *read_text(const char *path) {
    FILE *file = fopen(path, "re");
    size_t capacity = 4096, length = 0;
    char *text = grow(NULL, capacity, 1);
    for (size_t got; file != NULL && (got = fread(text + length, 1, capacity - 1 - length, file)) > 0;) {
        length += got;
        if (length == capacity - 1)
            text = grow(text, capacity *= 2, 1);
    }
    text[length] = '\0';
    if (file != NULL)
        fclose(file);
    return text;
}

bool machine_use_parse_stat(const char *text, const cpu_set_t *processors, uint64_t *busy_ticks,
                            uint64_t *steal_ticks) {
    bool found = false;
    *busy_ticks = *steal_ticks = 0;
    for (const char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
        line += *line == '\n' ? 1 : 0;
        unsigned processor;
        if (strncmp(line, "cpu", 3) != 0 || line[3] < '0' || line[3] > '9')
            continue; /* the line of all processors together, and what is no processor */
        /* user and nice hold the time of guests already; idle and iowait are passed over. */
        uint64_t user, nice, system, irq, softirq, steal;
        if (sscanf(line, "cpu%u %" SCNu64 " %" SCNu64 " %" SCNu64 " %*u %*u %" SCNu64 " %" SCNu64 " %" SCNu64,
                   &processor, &user, &nice, &system, &irq, &softirq, &steal) != 7 ||
            processor >= CPU_SETSIZE || !CPU_ISSET(processor, processors))
            continue;
        found = true;
        *busy_ticks += user + nice + system + irq + softirq;
        *steal_ticks += steal;
    }
    return found;
}

uint64_t machine_use_parse_pressure(const char *text) {
    const char *some = strstr(text, "some ");
    const char *total = some == NULL ? NULL : strstr(some, "total=");
    uint64_t value;
    if (total == NULL || (size_t)(total - some) > strcspn(some, "\n") || sscanf(total, "total=%" SCNu64, &value) != 1)
        return 0;
    return value;
}

static uint64_t pressure(const char *path) {
    char *text = read_text(path);
    uint64_t value = machine_use_parse_pressure(text);
    free(text);
    return value;
}

static uint64_t usage_ns(int who) {
    struct rusage usage;
    if (getrusage(who, &usage) != 0)
        return 0;
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000u +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000u;
}

MachineUse machine_use_read(void) {
    MachineUse use = {.time_ns = monotonic_ns()};
    char *stat = read_text("/proc/stat");
    (void)machine_use_parse_stat(stat, cores_allowed(), &use.busy_ticks, &use.steal_ticks);
    free(stat);
    use.own_ns = usage_ns(RUSAGE_SELF) + usage_ns(RUSAGE_CHILDREN);
    use.memory_pressure_us = pressure("/proc/pressure/memory");
    use.io_pressure_us = pressure("/proc/pressure/io");
    return use;
}

/* Some of the kernel's sums have been seen to go back by a tick. */
static uint64_t added(uint64_t before, uint64_t after) {
    return after > before ? after - before : 0;
}

MachineUse machine_use_between(const MachineUse *before, const MachineUse *after) {
    return (MachineUse){
        .time_ns = added(before->time_ns, after->time_ns),
        .busy_ticks = added(before->busy_ticks, after->busy_ticks),
        .steal_ticks = added(before->steal_ticks, after->steal_ticks),
        .own_ns = added(before->own_ns, after->own_ns),
        .memory_pressure_us = added(before->memory_pressure_us, after->memory_pressure_us),
        .io_pressure_us = added(before->io_pressure_us, after->io_pressure_us),
    };
}

static double ticks_a_second(void) {
    return (double)sysconf(_SC_CLK_TCK);
}

uint64_t machine_use_foreign_ticks(const MachineUse *use) {
    double own = (double)use->own_ns / 1e9 * ticks_a_second();
    return (double)use->busy_ticks > own ? (uint64_t)((double)use->busy_ticks - own) : 0;
}

static uint64_t number_in(const char *path, uint64_t missing) {
    char *text = read_text(path);
    uint64_t value;
    if (sscanf(text, "%" SCNu64, &value) != 1)
        value = missing; /* "max", or no such file */
    free(text);
    return value;
}

uint64_t machine_available_bytes(void) {
    char *text = read_text("/proc/meminfo");
    const char *line = strstr(text, "MemAvailable:");
    uint64_t kib, available = UINT64_MAX;
    if (line != NULL && sscanf(line, "MemAvailable: %" SCNu64, &kib) == 1)
        available = kib * 1024;
    free(text);
    uint64_t maximum = number_in("/sys/fs/cgroup/memory.max", UINT64_MAX);
    uint64_t current = number_in("/sys/fs/cgroup/memory.current", 0);
    uint64_t left = maximum == UINT64_MAX ? maximum : added(current, maximum);
    return left < available ? left : available;
}

char *machine_load_average(void) {
    char *text = read_text("/proc/loadavg"), *load = NULL;
    if (*text != '\0')
        load = text_copy_part(text, strcspn(text, "\n"));
    free(text);
    return load;
}

/* ---- judging a block ---- */

static const char *from_others(const BlockConditions *block, double available_ticks) {
    const MachineUse *use = &block->use;
    if ((double)block->largest_rss_bytes > MEMORY_SHARE * (double)block->available_bytes)
        return NULL;
    if ((double)machine_use_foreign_ticks(use) > SHARE * available_ticks + UNRESOLVED_TICKS * cores_count())
        return "disturbed: other processes took processor time";
    double us = (double)use->time_ns / 1e3;
    if ((double)use->memory_pressure_us > SHARE * us)
        return "disturbed: processes waited for memory";
    return !block->does_io && (double)use->io_pressure_us > SHARE * us ? "disturbed: processes waited for I/O" : NULL;
}

const char *disturbance_of_block(const Canary *canary, const BlockConditions *block) {
    if (block->worst_canary_ns == 0)
        return NULL; /* no slot was started */
    double available_ticks = (double)block->use.time_ns / 1e9 * ticks_a_second() * cores_count();
    if (canary_is_slow(canary, block->worst_canary_ns))
        return "disturbed: fixed arithmetic took unusually long";
    if (available_ticks > 0 && (double)block->use.steal_ticks > SHARE * available_ticks)
        return "disturbed: the hypervisor took processor time";
    return from_others(block, available_ticks);
}

bool disturbance_may_redo(uint32_t redone_of_row, uint32_t redone_of_block, uint32_t maximum_blocks) {
    return redone_of_row < maximum_blocks / 5 && redone_of_block < REDONE_OF_BLOCK;
}
