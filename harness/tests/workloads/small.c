/*
 * small.c - a workload for the harness's own tests: it knows nothing of the kit, only slot_protocol.h, so it also shows
 * that the protocol is all a workload needs. It allocates, fills, checks and frees blocks in one thread; --mode makes
 * it end in every way a process can.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "slot_protocol.h"

enum { BLOCKS = 64 };

static SlotPage *page;

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void find_library(const char *symbol, char *path) {
    Dl_info info;
    void *address = dlsym(RTLD_DEFAULT, symbol);
    if (address != NULL && dladdr(address, &info) != 0)
        snprintf(path, SLOT_PATH_BYTES, "%s", info.dli_fname);
}

static _Noreturn void fail(SlotVerdict verdict, const char *message) {
    snprintf(page->message, sizeof page->message, "%s", message);
    atomic_store(&page->verdict, verdict);
    _exit((int)verdict);
}

static void count(int64_t size, void *block, int64_t sign) {
    atomic_fetch_add_explicit(&page->lines[0].live_bytes, sign * size, memory_order_relaxed);
    if ((page->observe & SLOT_OBSERVE_LIVE) != 0)
        atomic_fetch_add_explicit(&page->lines[0].usable_bytes, sign * (int64_t)malloc_usable_size(block),
                                  memory_order_relaxed);
}

static void note(const char *name, double value, const char *reason) {
    SlotMeasure *measure = &page->measures[page->measure_count];
    snprintf(measure->name, sizeof measure->name, "%s", name);
    snprintf(measure->reason, sizeof measure->reason, "%s", reason);
    measure->value = value;
    page->measure_count++;
}

static void note_thp(void) {
    FILE *file = fopen("/proc/self/status", "re");
    char line[128];
    int enabled;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "THP_enabled: %d", &enabled) == 1)
            note("thp_enabled", enabled, "");
    }
    if (file != NULL)
        fclose(file);
}

/* As a child whose memory the allocator under test has overwritten. */
static void write_nonsense(void) {
    memset(page->measures[1].name, 'x', sizeof page->measures[1].name + sizeof page->measures[1].reason);
    note("fine", 1, "");
    page->measure_count++;
    note("Not A Name", 1, "");
    note("fine", 2, "");
    note("reasonless", NAN, "");
    note("no_text", NAN, "\xff\n");
    page->measure_count = 4000000000u;
    page->latency[SLOT_METHOD_CHAIN][SLOT_CALL_FREE].hits[3] = UINT64_MAX;
}

static void work(uint64_t operations, double seconds, uint64_t seed) {
    static unsigned char *blocks[BLOCKS];
    static size_t sizes[BLOCKS];
    uint64_t state = seed, checksum = 0, done = 0;
    uint64_t until = seconds > 0 ? now_ns() + (uint64_t)(seconds * 1e9) : 0;
    while (until > 0 ? (done & 1023) != 0 || now_ns() < until : done < operations) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
        size_t index = (state >> 33) % BLOCKS, size = 16 + (state >> 40) % 500;
        checksum = (checksum ^ state) * 1099511628211u;
        if (blocks[index] != NULL) {
            size_t last = sizes[index] - 1;
            if (blocks[index][0] != (unsigned char)index || blocks[index][last] != (unsigned char)index)
                fail(SLOT_VERDICT_CORRUPT, "a block's content changed");
            count((int64_t)sizes[index], blocks[index], -1);
            free(blocks[index]);
        }
        blocks[index] = malloc(size);
        if (blocks[index] == NULL)
            fail(SLOT_VERDICT_OUT_OF_MEMORY, "malloc returned NULL");
        memset(blocks[index], (int)index, size);
        sizes[index] = size;
        count((int64_t)size, blocks[index], 1);
        done++;
    }
    page->operations = done;
    page->checksum = checksum;
}

static void misbehave(const char *mode) {
    if (strcmp(mode, "crash") == 0)
        raise(SIGSEGV);
    if (strcmp(mode, "abort") == 0)
        abort();
    if (strcmp(mode, "hang") == 0)
        pause();
    if (strcmp(mode, "leave") == 0)
        _exit(0);
    if (strcmp(mode, "code") == 0)
        _exit(77);
    if (strcmp(mode, "refuse") == 0)
        fail(SLOT_VERDICT_UNSUPPORTED, "not on this machine");
    if (strcmp(mode, "talk") == 0) {
        for (int i = 0; i < 100000; i++)
            puts("a line that nobody wants to keep");
    }
    if (strcmp(mode, "orphan") == 0 && fork() == 0) {
        setsid();
        sleep(1000);
        _exit(0);
    }
    if (strcmp(mode, "vary") == 0)
        page->checksum ^= (uint64_t)now_ns() | 1;
}

static int print_description(void) {
    puts("{\"name\":\"small\",\"summary\":\"for tests\",\"models\":\"nothing\",\"published\":\"nowhere\","
         "\"changed\":\"\",\"unit\":\"operations\",\"scaled\":true,\"default_operations\":20000,"
         "\"parameters\":[{\"name\":\"mode\",\"default\":\"none\",\"doc\":\"how it ends\"},"
         "{\"name\":\"rounds\",\"default\":\"1\",\"minimum\":1,\"maximum\":1000000,\"doc\":\"nothing\"},"
         "{\"name\":\"odd\",\"default\":\"yes\",\"choices\":[\"no\",\"yes\"],\"doc\":\"rounds above 1 may be "
         "odd\"}],"
         "\"presets\":[{\"name\":\"small_crash\",\"arguments\":\"--mode crash\",\"doc\":\"crashes\"}]}");
    return 0;
}

int main(int argc, char **argv) {
    uint64_t operations = 20000, seed = 1, rounds = 1;
    bool odd = true, describe = false;
    double seconds = 0;
    const char *mode = "none";
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--describe") == 0) {
            describe = true;
            continue;
        }
        if (strcmp(argv[i], "--pin") == 0)
            continue;
        if (i + 1 == argc) {
            fprintf(stderr, "small: %s needs a value\n", argv[i]);
            return SLOT_VERDICT_USAGE;
        }
        const char *flag = argv[i], *value = argv[++i];
        if (strcmp(flag, "--ops") == 0)
            operations = strtoull(value, NULL, 10);
        else if (strcmp(flag, "--seconds") == 0)
            seconds = strtod(value, NULL);
        else if (strcmp(flag, "--seed") == 0)
            seed = strtoull(value, NULL, 10);
        else if (strcmp(flag, "--mode") == 0)
            mode = value;
        else if (strcmp(flag, "--rounds") == 0)
            rounds = strtoull(value, NULL, 10);
        else if (strcmp(flag, "--odd") == 0)
            odd = strcmp(value, "yes") == 0;
        else if (strcmp(flag, "--preset") == 0)
            mode = "crash";
    }
    const char *descriptor = getenv(SLOT_FD_ENVIRONMENT);
    if (descriptor == NULL)
        return describe ? print_description() : SLOT_VERDICT_USAGE;
    page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, atoi(descriptor), 0);
    if (page == MAP_FAILED || page->magic != SLOT_MAGIC)
        return SLOT_VERDICT_USAGE;
    if (rounds > 1 && rounds % 2 == 1 && !odd) {
        char message[64];
        snprintf(message, sizeof message, "--rounds %llu: must be even", (unsigned long long)rounds);
        fail(SLOT_VERDICT_USAGE, message);
    }
    if (describe)
        return print_description();
    page->pid = (uint32_t)getpid();
    page->threads = 1;
    find_library("malloc", page->malloc_library);
    find_library("free", page->free_library);
    atomic_store(&page->phase, SLOT_PHASE_SETUP);
    atomic_store(&page->phase, SLOT_PHASE_RUNNING);
    page->begin_ns = now_ns();
    work(operations, seconds, seed);
    page->end_ns = now_ns();
    misbehave(mode);
    if (strcmp(mode, "nonsense") == 0) {
        write_nonsense();
    } else {
        note_thp();
        note("answer_ns", 42.5, "");
        note("missing_bytes", NAN, "nobody looked");
    }
    if ((page->observe & SLOT_OBSERVE_LATENCY) != 0) {
        page->latency[SLOT_METHOD_SAMPLED][SLOT_CALL_MALLOC].hits[7] = 3;
        page->latency[SLOT_METHOD_SAMPLED][SLOT_CALL_MALLOC].hits[SLOT_HISTOGRAM_BUCKETS - 1] = 1;
        page->latency[SLOT_METHOD_CHAIN][SLOT_CALL_EMPTY].hits[0] = 5;
    }
    atomic_store(&page->phase, SLOT_PHASE_FINISHED);
    return 0;
}
