/* idle.c - see idle.h. */
#include "idle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mapping.h"

enum {
    FIRST_ALLOCATIONS = 1000,
    LIGHT_BLOCKS = 64, /* live at a time */
    LIGHT_BURST = 4,   /* replaced in each step: 4000 a second */
};
static const uint64_t second_ns = 1000000000, step_ns = 1000000;

typedef struct IdleBlock {
    void *address;
    uint32_t size;
} IdleBlock;

static void sleep_until(uint64_t time_ns) {
    const struct timespec time = {(time_t)(time_ns / second_ns), (long)(time_ns % second_ns)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
        continue;
}

void idle_watch_silent(void) {
    slot_enter_phase(SLOT_PHASE_IDLE);
    uint64_t start_ns = clock_now_ns(), resident[3];
    resident[0] = slot_resident_bytes();
    sleep_until(start_ns + second_ns);
    resident[1] = slot_resident_bytes();
    sleep_until(start_ns + 3 * second_ns);
    resident[2] = slot_resident_bytes();
    kit_note("idle_rss_0s_bytes", resident[0]);
    kit_note("idle_rss_1s_bytes", resident[1]);
    kit_note("idle_rss_3s_bytes", resident[2]);
}

static void write_all(IdleBlock *block) {
    if (!block->address)
        slot_out_of_memory("malloc", block->size);
    memset(block->address, (int)(block->size & 0xff), block->size);
}

static void allocate(Probe *probe, IdleBlock *block, uint32_t size) {
    block->size = size;
    block->address = probe_malloc(probe, size);
    write_all(block);
}

static void release(Probe *probe, IdleBlock *block) {
    probe_free(probe, block->address, block->size);
    block->address = NULL;
}

void idle_watch_light(Worker *worker, const Sizes *sizes) {
    IdleBlock blocks[LIGHT_BLOCKS] = {{NULL, 0}};
    Random random = worker->random; /* a copy: how many steps there are must not show in the checksum */
    uint64_t start_ns = clock_now_ns(), resident_1s = 0;
    size_t next = 0;
    slot_enter_phase(SLOT_PHASE_IDLE);
    for (uint64_t at_ns = 0; at_ns < 3 * second_ns; at_ns += step_ns) {
        sleep_until(start_ns + at_ns);
        if (at_ns == second_ns)
            resident_1s = slot_resident_bytes();
        for (int i = 0; i < LIGHT_BURST; i++, next = (next + 1) % LIGHT_BLOCKS) {
            release(worker->probe, &blocks[next]);
            allocate(worker->probe, &blocks[next], sizes_pick(sizes, random_high(random_next(&random))));
        }
    }
    uint64_t resident_3s = slot_resident_bytes();
    for (size_t i = 0; i < LIGHT_BLOCKS; i++)
        release(worker->probe, &blocks[i]);
    kit_note("light_rss_1s_bytes", resident_1s);
    kit_note("light_rss_3s_bytes", resident_3s);
}

/* What is observed of single calls is done after the clock was read, sizes are drawn before: neither is in the time. */
void idle_measure_first_allocations(Worker *worker, const Sizes *sizes) {
    IdleBlock *blocks = mapping_create(FIRST_ALLOCATIONS, sizeof *blocks);
    Random random = worker->random;
    for (size_t i = 0; i < FIRST_ALLOCATIONS; i++)
        blocks[i].size = sizes_pick(sizes, random_high(random_next(&random)));
    uint64_t begin_ns = clock_now_ns();
    for (size_t i = 0; i < FIRST_ALLOCATIONS; i++) {
        blocks[i].address = malloc(blocks[i].size);
        write_all(&blocks[i]);
    }
    uint64_t end_ns = clock_now_ns();
    for (size_t i = 0; i < FIRST_ALLOCATIONS; i++)
        probe_note_malloc(worker->probe, blocks[i].address, blocks[i].size);
    for (size_t i = 0; i < FIRST_ALLOCATIONS; i++)
        release(worker->probe, &blocks[i]);
    kit_measure("first_allocations_ns", (double)(end_ns - begin_ns) / FIRST_ALLOCATIONS);
}
