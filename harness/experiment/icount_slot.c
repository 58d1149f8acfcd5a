/*
 * icount_slot.c - see icount_slot.h.
 *
 * callgrind writes what it has counted, and begins anew, after slot_begin() and before slot_end(). So the file of the
 * second of these moments holds what lies between the marks: FILE.1, FILE.2, ... and FILE itself at the program's end.
 * In it, the calls of the measured loops are added up with all that was called by them.
 */
#include "icount_slot.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../store/text.h"
#include "process.h"
#include "row_command.h"
#include "scratch.h"

#define END_TRIGGER "--dump-before=slot_end"
#define SEVERAL_THREADS "counts of several threads vary with their interleaving"
#define LOOP_PREFIX "timed_"

typedef struct Counted {
    Sample process;
    uint64_t instructions;
    bool loops_only;
} Counted;

/* Debian's valgrind is a shell script before the real one, and a shell is not to be preloaded. Owned; NULL: none.
 */
static char *find_valgrind(void) {
    char *path;
    if (!process_find("valgrind", &path))
        return NULL;
    char *binary = text_format("%s.bin", path);
    bool wrapped = access(binary, X_OK) == 0;
    free(wrapped ? path : binary);
    return wrapped ? binary : path;
}

typedef struct Part {
    bool ends_at_mark; /* written by END_TRIGGER */
    bool loops;        /* a measured loop was called */
    uint64_t instructions, loop_instructions;
} Part;

static bool starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

/*
 * callgrind's format, names and positions in full: "fn=" begins what one function did itself, "cfn=" and "calls=" a
 * call that it made, and the line after that is position and instructions of the callee with all it called in turn.
 * Calls of a measured loop by another are inside the first one's count. False when there is no such file.
 */
static bool read_part(const char *path, Part *part) {
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    *part = (Part){0};
    char *line = NULL;
    size_t capacity = 0;
    bool in_loop = false, to_loop = false, cost_of_call = false;
    while (getline(&line, &capacity, file) > 0) {
        uint64_t count;
        if (starts_with(line, "desc: Trigger: " END_TRIGGER)) {
            part->ends_at_mark = true;
        } else if (starts_with(line, "fn=")) {
            in_loop = starts_with(line, "fn=" LOOP_PREFIX);
        } else if (starts_with(line, "cfn=")) {
            to_loop = starts_with(line, "cfn=" LOOP_PREFIX);
        } else if (starts_with(line, "calls=")) {
            cost_of_call = true;
            continue;
        } else if (cost_of_call && to_loop && !in_loop && sscanf(line, "%*s %" SCNu64, &count) == 1) {
            part->loops = true;
            part->loop_instructions += count;
        } else if (sscanf(line, "totals: %" SCNu64, &count) == 1) {
            part->instructions = count;
        }
        cost_of_call = false;
    }
    free(line);
    fclose(file);
    return true;
}

/* The narrowest count that this workload allows. False when callgrind wrote nothing. */
static bool read_counts(const char *base, Counted *counted) {
    Part part, between = {0}, whole;
    bool marked = false;
    for (unsigned number = 1;; number++) {
        char *path = text_format("%s.%u", base, number);
        bool there = read_part(path, &part);
        free(path);
        if (!there)
            break;
        if (part.ends_at_mark) {
            marked = true;
            between.loops = between.loops || part.loops;
            between.instructions += part.instructions;
            between.loop_instructions += part.loop_instructions;
        }
    }
    if (!marked && !read_part(base, &whole))
        return false;
    counted->loops_only = between.loops;
    counted->instructions = between.loops ? between.loop_instructions
                            : marked      ? between.instructions
                                          : whole.instructions;
    return counted->instructions > 0;
}

static SlotEnd run_counted(const SlotRequest *request, const char *valgrind, const char *folder, uint64_t operations,
                           Counted *counted, StoreError *error) {
    *counted = (Counted){0};
    uint32_t threads = 0;
    char *base = text_format("%s/%" PRIu64, folder, operations);
    TextList argv = {0}, command = command_with_operations(request->argv, operations);
    text_list_add(&argv, text_copy(valgrind));
    text_list_add(&argv, text_copy("-q"));
    text_list_add(&argv, text_copy("--vgdb=no")); /* whose pipes stay behind when a slot is killed */
    text_list_add(&argv, text_copy("--tool=callgrind"));
    text_list_add(&argv, text_format("--log-file=%s.log", base));
    text_list_add(&argv, text_format("--callgrind-out-file=%s", base));
    text_list_add(&argv, text_copy("--compress-strings=no"));
    text_list_add(&argv, text_copy("--compress-pos=no"));
    text_list_add(&argv, text_copy("--dump-after=slot_begin"));
    text_list_add(&argv, text_copy(END_TRIGGER));
    for (size_t i = 0; i < command.count; i++)
        text_list_add(&argv, text_copy(command.items[i]));
    SlotRequest counting = *request;
    counting.argv = argv.items;
    counting.padding_bytes = 0;
    counting.observe = 0;
    counting.settings = "MINIPOOL_RELEASE_CLOCK=frozen";
    counting.conditions.fixed_addresses = true;
    counting.threads_used = &threads;
    SlotEnd end = slot_run_workload(&counting, &counted->process, error);
    if (end == SLOT_END_DONE && counted->process.status == SAMPLE_OK) {
        if (threads > 1)
            slot_set_failure(&counted->process, SAMPLE_UNSUPPORTED,
                             text_format("it works with %" PRIu32 " threads, and " SEVERAL_THREADS, threads));
        else if (!read_counts(base, counted))
            slot_set_failure(&counted->process, SAMPLE_CRASHED, text_copy("callgrind left no count"));
    }
    text_list_release(&command);
    text_list_release(&argv);
    free(base);
    return end;
}

static void add_measures(const Counted *once, const Counted *twice, Sample *sample) {
    double operations = (double)twice->process.operations - (double)once->process.operations;
    double instructions = (double)twice->instructions - (double)once->instructions;
    if (operations > 0)
        sample_add_measure(sample, "instructions_per_operation", instructions / operations, NULL);
    else
        sample_add_measure(sample, "instructions_per_operation", NAN, "the workload does not do the work it is given");
    sample_add_measure(sample, "instructions_n", (double)once->instructions, NULL);
    sample_add_measure(sample, "instructions_2n", (double)twice->instructions, NULL);
    sample_add_measure(sample, "timed_loops_only", once->loops_only && twice->loops_only ? 1 : 0, NULL);
}

static SlotEnd count_twice(const SlotRequest *request, const char *valgrind, const char *folder, Sample *sample,
                           StoreError *error) {
    uint64_t operations = request->operations < ICOUNT_MOST_OPERATIONS ? request->operations : ICOUNT_MOST_OPERATIONS;
    Counted once, twice = {0};
    SlotEnd end = run_counted(request, valgrind, folder, operations, &once, error);
    if (end != SLOT_END_DONE)
        return end;
    bool good = once.process.status == SAMPLE_OK;
    if (good)
        end = run_counted(request, valgrind, folder, 2 * operations, &twice, error);
    if (end == SLOT_END_DONE && good && twice.process.status == SAMPLE_OK)
        add_measures(&once, &twice, sample);
    bool second_failed = good && twice.process.status != SAMPLE_OK;
    slot_take_outcome(second_failed ? &twice.process : &once.process, sample);
    sample_release(second_failed ? &once.process : &twice.process);
    return end;
}

SlotEnd slot_run_icount(const SlotRequest *request, Sample *sample, StoreError *error) {
    char *valgrind = NULL, *folder = NULL;
    SlotEnd end = SLOT_END_DONE;
    if (request->threads > 1) {
        slot_set_failure(sample, SAMPLE_UNSUPPORTED, text_copy(SEVERAL_THREADS "; choose --threads 1"));
    } else if (request->operations == 0) {
        slot_set_failure(sample, SAMPLE_UNSUPPORTED,
                         text_copy("its work is set by its parameters alone, so one operation more cannot be counted"));
    } else if ((valgrind = find_valgrind()) == NULL) {
        slot_set_failure(sample, SAMPLE_UNSUPPORTED, text_copy("valgrind is not installed: apt-get install valgrind"));
    } else if (!scratch_folder(&folder, error)) {
        end = SLOT_END_IMPOSSIBLE;
    } else {
        end = count_twice(request, valgrind, folder, sample, error);
    }
    scratch_remove(folder);
    free(valgrind);
    return end;
}
