/*
 * icount_slot.c - see icount_slot.h.
 *
 * callgrind writes what it has counted, and begins anew, after slot_begin() and before slot_end(). So the file of the
 * second of these moments holds what lies between the marks: FILE.1, FILE.2, ... and FILE itself at the program's end.
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

typedef struct Counted {
    Sample process;
    uint64_t instructions;
    bool between_marks;
} Counted;

static const char several_threads[] = "counts of several threads vary with their interleaving; choose --threads 1";

/* Debian's valgrind is a shell script before the real one, and a shell is not to be preloaded. Owned; NULL: none. */
static char *find_valgrind(void) {
    char *path;
    if (!process_find("valgrind", &path))
        return NULL;
    char *binary = text_format("%s.bin", path);
    bool wrapped = access(binary, X_OK) == 0;
    free(wrapped ? path : binary);
    return wrapped ? binary : path;
}

/* Adds one file's count if it was written for this reason; NULL: whatever the reason. False when there is no file. */
static bool add_count(const char *path, const char *trigger, uint64_t *instructions, bool *found) {
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    char *line = NULL;
    size_t capacity = 0;
    bool wanted = trigger == NULL;
    uint64_t count;
    while (getline(&line, &capacity, file) > 0) {
        if (trigger != NULL && strncmp(line, "desc: Trigger: ", 15) == 0)
            wanted = strncmp(line + 15, trigger, strlen(trigger)) == 0;
        else if (wanted && sscanf(line, "totals: %" SCNu64, &count) == 1) {
            *instructions += count;
            *found = true;
        }
    }
    free(line);
    fclose(file);
    return true;
}

static bool read_counts(const char *base, Counted *counted) {
    bool parts = true, found = false;
    for (unsigned part = 1; parts; part++) {
        char *path = text_format("%s.%u", base, part);
        parts = add_count(path, END_TRIGGER, &counted->instructions, &found);
        free(path);
    }
    counted->between_marks = found;
    if (!found)
        (void)add_count(base, NULL, &counted->instructions, &found);
    return found;
}

static SlotEnd run_counted(const SlotRequest *request, const char *valgrind, const char *folder, uint64_t operations,
                           Counted *counted, StoreError *error) {
    *counted = (Counted){0};
    uint32_t threads = 0;
    char *base = text_format("%s/%" PRIu64, folder, operations);
    TextList argv = {0}, command = command_with_operations(request->argv, operations);
    text_list_add(&argv, text_copy(valgrind));
    text_list_add(&argv, text_copy("-q"));
    text_list_add(&argv, text_copy("--tool=callgrind"));
    text_list_add(&argv, text_format("--log-file=%s.log", base));
    text_list_add(&argv, text_format("--callgrind-out-file=%s", base));
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
            slot_set_failure(&counted->process, SAMPLE_UNSUPPORTED, text_copy(several_threads));
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
    sample_add_measure(sample, "between_marks", once->between_marks && twice->between_marks ? 1 : 0, NULL);
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
        slot_set_failure(sample, SAMPLE_UNSUPPORTED, text_copy(several_threads));
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
