/*
 * traverse.c - what the allocator's placement of objects costs the program that uses them.
 *
 * A list of --objects nodes of mixed sizes is built and churned: a random node is unlinked and freed, a new one is
 * appended, --churn times as often as there are nodes. Then the survivors are walked in the list's order, which is that
 * of their creation, again and again; only the walking is between the marks, and an operation is a node visited. The
 * first and the last word of each are read. No call of the allocator is timed: the time is that of caches and TLBs.
 *
 * The links stand in the nodes, since following them is the point.
 *
 * Models: programs that spend their time in old data structures, not in the allocator.
 * Published: nowhere else.
 * Changed: nothing.
 */
#include "kit/caller.h"
#include "kit/kit.h"

#include <stddef.h>

static uint64_t objects = 200000, churn = 4, minimum_size = 48, maximum_size = 256;

typedef struct Node {
    struct Node *next, *previous;
    uint32_t size; /* of the whole block */
    uint32_t slot; /* its place in the table */
    uint64_t content[];
} Node;

static const Sizes *sizes;
static Node **table;
static Node list; /* its ring's head, no node itself */

enum { CONTENT = offsetof(Node, content) };

KIT_INLINE void append(Worker *worker, uint32_t slot, uint32_t size) {
    Node *node = probe_malloc(worker->probe, size);
    if (!node)
        slot_out_of_memory("malloc", size);
    if (!block_is_aligned(node, size))
        slot_corrupt(node, size, "not aligned as malloc promises");
    *node = (Node){.next = &list, .previous = list.previous, .size = size, .slot = slot};
    list.previous->next = node;
    list.previous = node;
    table[slot] = node;
    block_fill(node->content, size - CONTENT, slot);
}

KIT_INLINE void drop(Worker *worker, uint32_t slot) {
    Node *node = table[slot];
    if (worker->verify && (node->slot != slot || !block_check(node->content, node->size - CONTENT, slot)))
        slot_corrupt(node, node->size, "content changed since it was written");
    node->previous->next = node->next;
    node->next->previous = node->previous;
    probe_free(worker->probe, node, node->size);
}

/* Before the first mark. Returns the bytes asked for. */
__attribute__((noinline)) static uint64_t timed_churn(Worker *worker) {
    const uint32_t count = (uint32_t)objects;
    Random random = worker->random;
    uint64_t requested = 0;
    for (uint64_t i = 0; i < objects * (churn + 1); i++) {
        const uint64_t draw = random_next(&random);
        const uint32_t slot = i < objects ? (uint32_t)i : random_scale(random_high(draw), count);
        const uint32_t size = sizes_pick(sizes, random_low(draw));
        if (i >= objects)
            drop(worker, slot);
        append(worker, slot, size);
        requested += size;
    }
    worker->random = random;
    return requested;
}

/* Measured: goes on from `node` for `count` nodes, round and round. */
__attribute__((noinline)) static const Node *timed_walk(const Node *node, uint64_t count, uint64_t *sum) {
    uint64_t read = *sum;
    while (count > 0) {
        if (node != &list) {
            uint64_t last;
            memcpy(&last, (const char *)node + node->size - sizeof last, sizeof last);
            read += node->content[0] + last;
            count--;
        }
        node = node->next;
    }
    *sum = read;
    return node;
}

static volatile uint64_t everything_read;

static void run_thread(Worker *worker) {
    const Node *node = list.next;
    uint64_t sum = 0;
    team_begin(worker);
    for (uint64_t taken; (taken = worker_take(worker, WORKER_BATCH)) > 0;) {
        node = timed_walk(node, taken, &sum);
        worker_done(worker, taken, 0);
    }
    team_end(worker);
    everything_read = sum;
}

/* Nodes in one page with the node before: 100 % is what creation in a row into fresh memory would give. */
static double near_percent(void) {
    uint64_t near = 0;
    for (const Node *node = list.next; node != &list && node->next != &list; node = node->next)
        near += (uintptr_t)node / 4096 == (uintptr_t)node->next / 4096;
    return 100.0 * (double)near / (double)objects;
}

static void run(const Options *options) {
    Worker *worker = workers_create(options, 1);
    worker_assign(worker, options, 0, 1);
    sizes = sizes_create(SIZES_LOGARITHMIC, (uint32_t)minimum_size, (uint32_t)maximum_size, options->seed);
    table = mapping_create(objects, sizeof *table);
    list.next = list.previous = &list;
    slot_note_start_rss();
    const uint64_t requested = timed_churn(worker);
    worker_seal(worker, requested);
    team_run(options, worker, 1, run_thread);
    kit_measure("same_page_percent", near_percent());
    uint64_t survivors = 0;
    for (uint32_t slot = 0; slot < objects; slot++, survivors++)
        drop(worker, slot);
    kit_note("survivors", survivors);
}

static double alive_at_most(const Options *options) {
    (void)options;
    return (double)objects * sizes_mean(SIZES_LOGARITHMIC, minimum_size, maximum_size);
}

static void check_options(Options *options) {
    if (options->threads != 1)
        kit_usage_error("--threads %u: must be 1, this is a shape of one thread", options->threads);
    if (minimum_size > maximum_size)
        kit_usage_error("--min-size %llu: must not be above --max-size, which is %llu",
                        (unsigned long long)minimum_size, (unsigned long long)maximum_size);
}

static const Parameter parameters[] = {
    {"objects", PARAMETER_COUNT, &objects, 1, 100000000, NULL, "Nodes of the list"},
    {"churn", PARAMETER_COUNT, &churn, 0, 1000, NULL, "Times the whole list is replaced, node by node, at random"},
    {"min-size", PARAMETER_BYTES, &minimum_size, 48, 1 << 20, NULL, "Smallest node"},
    {"max-size", PARAMETER_BYTES, &maximum_size, 48, 1 << 20, NULL, "Largest node"},
};

static const Workload workload = {
    .name = "traverse",
    .summary = "a list is churned, then its survivors are walked",
    .models = "programs that spend their time in old data structures, not in the allocator",
    .published = "a shape of its own, described in its source file and nowhere else",
    .changed = "nothing, it has no original",
    .unit = "nodes",
    .default_operations = 20000000,
    .default_threads = 1,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof parameters[0],
    .live_bytes = alive_at_most,
    .check = check_options,
    .run = run,
};

int main(int argc, char **argv) {
    return kit_main(&workload, argc, argv);
}
