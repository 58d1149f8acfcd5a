/*
 * cost.c - see cost.h.
 */
#include "cost.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analysis/signed_rank.h"
#include "experiment/allocator.h"
#include "experiment/observer.h"
#include "experiment/slot.h"
#include "store/text.h"

enum { WAY_PLAIN, WAY_AGAIN, WAY_LIVE, WAY_LATENCY, WAY_COUNT };

static const struct {
    const char *name;
    uint32_t observe;
} ways[WAY_COUNT] = {
    [WAY_PLAIN] = {"nothing", 0},
    [WAY_AGAIN] = {"nothing_again", 0},
    [WAY_LIVE] = {"live_bytes", SLOT_OBSERVE_LIVE},
    [WAY_LATENCY] = {"latency", SLOT_OBSERVE_LATENCY},
};

static uint64_t next_random(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static void shuffle(size_t *order, size_t count, uint64_t *state) {
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t i = count; i > 1; i--) {
        size_t other = next_random(state) % i, kept = order[i - 1];
        order[i - 1] = order[other];
        order[other] = kept;
    }
}

/* Nanoseconds an operation; NAN after one line when the slot failed. */
static double time_slot(char **argv, const Arm *arm, uint32_t observe, uint64_t *state, bool *has_histograms) {
    SlotRequest request = {
        .argv = argv,
        .arm = arm,
        .padding_bytes = (uint32_t)(next_random(state) % 4096),
        .observe = observe,
        .limits = {UINT64_C(60000000000), UINT64_C(4) << 30, NULL},
    };
    Sample sample = {0};
    StoreError error = {""};
    double cost = NAN;
    if (slot_run_workload(&request, &sample, &error) != SLOT_END_DONE)
        fprintf(stderr, "selftest: %s\n", error.text);
    else if (sample.status != SAMPLE_OK || sample.operations == 0)
        fprintf(stderr, "selftest: %s: %s\n", argv[0], sample.message == NULL ? "no operations" : sample.message);
    else
        cost = (double)sample.elapsed_ns / (double)sample.operations;
    *has_histograms = sample.histogram_count > 0;
    sample_release(&sample);
    return cost;
}

/* [estimate, low, high] of the difference to WAY_PLAIN in ns an operation, and of the ratio. */
static json_t *way_json(const double (*blocks)[WAY_COUNT], size_t count, int way) {
    double *differences = zeroed(count, sizeof *differences), *logs = zeroed(count, sizeof *logs);
    for (size_t b = 0; b < count; b++) {
        differences[b] = blocks[b][way] - blocks[b][WAY_PLAIN];
        logs[b] = log(blocks[b][way] / blocks[b][WAY_PLAIN]);
    }
    Estimate ns = signed_rank_estimate(differences, count), ratio = signed_rank_estimate(logs, count);
    free(differences);
    free(logs);
    if (isnan(ns.low))
        return json_null();
    return json_pack("{s:[f,f,f], s:[f,f,f]}", "extra_ns", ns.estimate, ns.low, ns.high, "ratio", exp(ratio.estimate),
                     exp(ratio.low), exp(ratio.high));
}

json_t *cost_of_observing(int argc, char **argv) {
    uint64_t count, state = 1;
    Arm arm;
    StoreError error = {""};
    if (argc < 2 || !text_to_u64(argv[0], 1, 10000, &count) || !allocator_resolve("glibc", &arm, &error)) {
        fprintf(stderr, "selftest: observing BLOCKS WORKLOAD [ARGUMENT...] %s\n", error.text);
        return NULL;
    }
    double(*blocks)[WAY_COUNT] = zeroed(count, sizeof *blocks);
    bool good = true, latency_was_measured = true, has_histograms;
    for (uint64_t b = 0; b < count && good; b++) {
        size_t order[WAY_COUNT];
        shuffle(order, WAY_COUNT, &state);
        for (size_t i = 0; i < WAY_COUNT && good; i++) {
            blocks[b][order[i]] = time_slot(argv + 1, &arm, ways[order[i]].observe, &state, &has_histograms);
            good = !isnan(blocks[b][order[i]]);
            latency_was_measured = latency_was_measured && (order[i] != WAY_LATENCY || has_histograms);
        }
    }
    json_t *json = NULL;
    if (good) {
        double plain = 0;
        for (uint64_t b = 0; b < count; b++)
            plain += blocks[b][WAY_PLAIN] / (double)count;
        json = json_pack("{s:I, s:f}", "blocks", (json_int_t)count, "plain_ns", plain);
        for (int way = WAY_AGAIN; way < WAY_COUNT; way++)
            json_object_set_new(json, ways[way].name,
                                way == WAY_LATENCY && !latency_was_measured ? json_null()
                                                                            : way_json(blocks, count, way));
    }
    free(blocks);
    RunMeta holder = {.arms = grow(NULL, 1, sizeof arm), .arm_count = 1};
    holder.arms[0] = arm;
    run_meta_release(&holder);
    return json;
}

json_t *cost_generate_run(int argc, char **argv) {
    uint64_t wanted, state = 2, written = 0;
    StoreError error = {""};
    if (argc != 3 || !text_to_u64(argv[2], 1, 10000000, &wanted)) {
        fputs("selftest: generate FOLDER SOURCE SAMPLES\n", stderr);
        return NULL;
    }
    Run *source = run_load(argv[1], &error);
    RunWriter *writer = source == NULL ? NULL : run_writer_create(argv[0], &source->meta, &error);
    uint32_t blocks = 0;
    for (size_t i = 0; writer != NULL && i < source->sample_count; i++)
        blocks = source->samples[i].block >= blocks ? source->samples[i].block + 1 : blocks;
    bool good = writer != NULL && source->sample_count > 0;
    for (uint32_t round = 0; good && written < wanted; round++)
        for (size_t i = 0; good && i < source->sample_count && written < wanted; i++, written++) {
            Sample sample = source->samples[i];
            sample.block += round * blocks;
            sample.elapsed_ns += sample.elapsed_ns * (next_random(&state) % 1000) / 100000;
            good = run_writer_append(writer, &sample, &error);
        }
    run_writer_close(writer);
    size_t rows = source == NULL ? 0 : source->meta.row_count, arms = source == NULL ? 0 : source->meta.arm_count;
    run_free(source);
    if (!good) {
        fprintf(stderr, "selftest: %s\n", error.text);
        return NULL;
    }
    return json_pack("{s:I, s:I, s:I}", "samples", (json_int_t)written, "rows", (json_int_t)rows, "arms",
                     (json_int_t)arms);
}

static bool run_silently(char **argv) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    pid_t pid;
    int status = -1, failure = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) {
        fprintf(stderr, "selftest: %s: %s\n", argv[0], strerror(failure));
        return false;
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (status != 0)
        fprintf(stderr, "selftest: %s failed\n", argv[0]);
    return status == 0;
}

json_t *cost_of_program(int argc, char **argv) {
    uint64_t times;
    if (argc < 2 || !text_to_u64(argv[0], 1, 1000, &times)) {
        fputs("selftest: duration TIMES PROGRAM [ARGUMENT...]\n", stderr);
        return NULL;
    }
    double *seconds = zeroed(times, sizeof *seconds), largest = 0;
    bool good = run_silently(argv + 1);
    for (uint64_t i = 0; i < times && good; i++) {
        uint64_t begin = monotonic_ns();
        good = run_silently(argv + 1);
        seconds[i] = (double)(monotonic_ns() - begin) / 1e9;
        largest = fmax(largest, seconds[i]);
    }
    json_t *json = !good ? NULL
                         : json_pack("{s:I, s:f, s:f}", "times", (json_int_t)times, "median_s",
                                     median_of(seconds, times), "largest_s", largest);
    free(seconds);
    return json;
}
