/*
 * facts.c - see facts.h.
 */
#include "facts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/block_table.h"
#include "analysis/comparison.h"
#include "analysis/rank_sum.h"
#include "analysis/signed_rank.h"
#include "store/run_store.h"
#include "store/text.h"

static Run *load(const char *folder) {
    StoreError error;
    Run *run = run_load(folder, &error);
    if (run == NULL)
        fprintf(stderr, "selftest: %s\n", error.text);
    return run;
}

static json_t *real(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *estimate_json(Estimate e) {
    return json_pack("[o, o, o]", real(e.estimate), real(e.low), real(e.high));
}

static bool find_arm(const Run *run, const char *name, uint32_t *arm) {
    for (*arm = 0; *arm < run->meta.arm_count; ++*arm)
        if (strcmp(run->meta.arms[*arm].name, name) == 0)
            return true;
    fprintf(stderr, "selftest: %s: no arm is called %s\n", run->folder, name);
    return false;
}

json_t *facts_of_leak(int argc, char **argv) {
    uint32_t arm;
    Run *run = argc == 2 ? load(argv[0]) : NULL;
    if (run == NULL || !find_arm(run, argv[1], &arm)) {
        run_free(run);
        return NULL;
    }
    BlockTable table = block_table_of_row(run, 0);
    double *differences = zeroed(table.blocks, sizeof *differences);
    size_t count = 0;
    for (size_t b = 0; b < table.blocks; b++) {
        const Sample **slots = table.slots + b * table.columns;
        double leaking, plain;
        if (metric_value(&run->meta, slots[arm], METRIC_PEAK_RSS, &leaking) &&
            metric_value(&run->meta, slots[run->meta.baseline], METRIC_PEAK_RSS, &plain))
            differences[count++] = leaking - plain;
    }
    Comparison *comparison = comparison_of_run(run, METRIC_PEAK_RSS, run->meta.baseline);
    const Cell *cell = comparison_cell(&comparison->rows[0], arm, false);
    json_t *json = json_pack("{s:s, s:I, s:s, s:o}", "row", run->meta.rows[0].name, "blocks", (json_int_t)count,
                             "verdict", verdict_name(cell->verdict, METRIC_PEAK_RSS), "difference_bytes",
                             estimate_json(signed_rank_estimate(differences, count)));
    comparison_free(comparison);
    free(differences);
    block_table_release(&table);
    run_free(run);
    return json;
}

/* Peaks of the baseline's slots, the control's too: the same library. */
static double *peaks_of(const Run *run, size_t *count) {
    double *peaks = zeroed(run->sample_count, sizeof *peaks);
    *count = 0;
    for (size_t i = 0; i < run->sample_count; i++)
        if (run->samples[i].arm == run->meta.baseline &&
            run_block_kind(&run->meta, run->samples[i].block) == BLOCKS_COMPARED &&
            metric_value(&run->meta, &run->samples[i], METRIC_PEAK_RSS, &peaks[*count]))
            ++*count;
    return peaks;
}

json_t *facts_of_peaks(int argc, char **argv) {
    Run *plain = argc == 2 ? load(argv[0]) : NULL, *other = plain != NULL ? load(argv[1]) : NULL;
    json_t *json = NULL;
    if (other != NULL) {
        size_t plain_count, other_count;
        double *before = peaks_of(plain, &plain_count), *after = peaks_of(other, &other_count);
        double largest = 0;
        for (size_t i = 0; i < other_count; i++)
            largest = fmax(largest, after[i]);
        json = json_pack("{s:I, s:o, s:o, s:o, s:o}", "slots", (json_int_t)other_count, "plain_bytes",
                         real(median_of(before, plain_count)), "other_bytes", real(median_of(after, other_count)),
                         "largest_bytes", real(largest), "difference_bytes",
                         estimate_json(rank_sum_shift(after, other_count, before, plain_count)));
        free(before);
        free(after);
    }
    run_free(plain);
    run_free(other);
    return json;
}

static json_t *status_case(const Run *run, const char *name, const char *wanted) {
    size_t slots = 0, as_wanted = 0;
    const Sample *example = NULL;
    for (size_t i = 0; i < run->sample_count; i++) {
        const Sample *sample = &run->samples[i];
        if (strcmp(run->meta.arms[sample->arm].name, name) != 0 && strcmp(run->meta.rows[sample->row].name, name) != 0)
            continue;
        bool right = strcmp(sample_status_name(sample->status), wanted) == 0;
        slots++;
        as_wanted += right;
        if (example == NULL || !right)
            example = sample;
    }
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:s}", "case", name, "expected", wanted, "got",
                     example == NULL ? "no slot" : sample_status_name(example->status), "slots", (json_int_t)slots,
                     "as_expected", (json_int_t)as_wanted, "message",
                     example == NULL || example->message == NULL ? "" : example->message);
}

json_t *facts_of_statuses(int argc, char **argv) {
    Run *run = argc >= 2 ? load(argv[0]) : NULL;
    if (run == NULL)
        return NULL;
    json_t *cases = json_array();
    for (int i = 1; i < argc; i++) {
        char *name = text_copy(argv[i]), *equals = strchr(name, '=');
        if (equals != NULL) {
            *equals = '\0';
            json_array_append_new(cases, status_case(run, name, equals + 1));
        }
        free(name);
    }
    run_free(run);
    return json_pack("{s:o}", "cases", cases);
}

/* How many whole lines `file` holds, if `longer` begins with all of them; -1 if it does not. */
static json_int_t common_lines(FILE *file, FILE *longer) {
    char *line = NULL, *other = NULL;
    size_t capacity = 0, other_capacity = 0;
    json_int_t lines = 0;
    ssize_t length;
    while (lines >= 0 && (length = getline(&line, &capacity, file)) > 0 && line[length - 1] == '\n') {
        ssize_t got = getline(&other, &other_capacity, longer);
        lines = got == length && memcmp(line, other, (size_t)length) == 0 ? lines + 1 : -1;
    }
    free(line);
    free(other);
    return lines;
}

json_t *facts_of_resumed(int argc, char **argv) {
    Run *run = argc == 2 ? load(argv[0]) : NULL;
    if (run == NULL)
        return NULL;
    char *path = text_format("%s/samples.jsonl", argv[0]);
    FILE *before = fopen(argv[1], "re"), *after = fopen(path, "re");
    json_t *json = NULL;
    if (before != NULL && after != NULL) {
        json_int_t kept = common_lines(before, after);
        size_t blocks = 0;
        for (uint32_t row = 0; row < run->meta.row_count; row++) {
            BlockTable table = block_table_of_row(run, row);
            blocks += table.blocks;
            block_table_release(&table);
        }
        json = json_pack("{s:b, s:I, s:I, s:I}", "unchanged", kept >= 0, "kept_lines", kept < 0 ? (json_int_t)0 : kept,
                         "blocks", (json_int_t)blocks, "planned_blocks",
                         (json_int_t)(run->meta.maximum_blocks * run->meta.row_count));
    } else {
        fprintf(stderr, "selftest: %s: %s\n", before == NULL ? argv[1] : path, strerror(errno));
    }
    if (before != NULL)
        fclose(before);
    if (after != NULL)
        fclose(after);
    free(path);
    run_free(run);
    return json;
}

json_t *facts_of_observer(int argc, char **argv) {
    Run *run = argc == 1 ? load(argv[0]) : NULL;
    if (run == NULL)
        return NULL;
    double busy = 0, elapsed = 0;
    double *floors = zeroed(run->sample_count, sizeof *floors);
    size_t slots = 0, floor_count = 0;
    for (size_t i = 0; i < run->sample_count; i++) {
        const Sample *sample = &run->samples[i];
        if (sample->status != SAMPLE_OK || run_block_kind(&run->meta, sample->block) != BLOCKS_COMPARED)
            continue;
        double cpu = sample_measure(sample, "observer_cpu_ns"), bottom = sample_measure(sample, "floor_rss_bytes");
        if (!isnan(cpu)) {
            busy += cpu;
            elapsed += sample_measure(sample, "watched_ns");
            slots++;
        }
        if (!isnan(bottom))
            floors[floor_count++] = bottom;
    }
    json_t *json =
        json_pack("{s:I, s:o, s:o, s:I, s:I, s:I}", "slots", (json_int_t)slots, "cpu_share",
                  real(slots > 0 ? busy / elapsed : NAN), "floor_bytes", real(median_of(floors, floor_count)),
                  "floor_slots", (json_int_t)floor_count, "row_floor_bytes", (json_int_t)run->meta.rows[0].floor_bytes,
                  "kit_bytes", (json_int_t)(run->sample_count > 0 ? run->samples[0].kit_bytes : 0));
    free(floors);
    run_free(run);
    return json;
}

json_t *facts_of_host(int argc, char **argv) {
    static const char *const kept[] = {"cpu_model", "cpus_online", "kernel",     "libc",         "distribution",
                                       "compiler",  "commit",      "allocbench", "clock_source", "governor",
                                       "thp",       "aslr",        "topology",   "memory_total", "virtualisation"};
    Run *run = argc == 1 ? load(argv[0]) : NULL;
    if (run == NULL)
        return NULL;
    json_t *whole = json_loads(run->meta.host_json == NULL ? "{}" : run->meta.host_json, 0, NULL),
           *host = json_object();
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (json_object_get(whole, kept[i]) != NULL)
            json_object_set(host, kept[i], json_object_get(whole, kept[i]));
    json_decref(whole);
    json_t *json = json_pack("{s:s, s:o}", "created", run->meta.created, "host", host);
    run_free(run);
    return json;
}
