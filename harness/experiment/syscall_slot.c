/*
 * syscall_slot.c - see syscall_slot.h.
 */
#include "syscall_slot.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"
#include "process.h"
#include "row_command.h"
#include "scratch.h"

/* Work that is too small for its own batches would be refused as no work at all. */
enum { BASE_OPERATIONS = 4096 };

typedef struct Call {
    char name[48];
    int64_t count;
} Call;

typedef struct CallCounts {
    Call *calls;
    size_t count;
} CallCounts;

static void add_call(CallCounts *counts, const char *name, int64_t count) {
    for (size_t i = 0; i < counts->count; i++) {
        if (strcmp(counts->calls[i].name, name) == 0) {
            counts->calls[i].count += count;
            return;
        }
    }
    counts->calls = grow(counts->calls, counts->count + 1, sizeof *counts->calls);
    Call *call = &counts->calls[counts->count++];
    *call = (Call){.count = count};
    snprintf(call->name, sizeof call->name, "%s", name);
}

/* strace -c: "% time  seconds  usecs/call  calls  [errors]  syscall" between two lines of dashes, then the total. */
static bool read_counts(const char *path, int64_t sign, CallCounts *counts) {
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    char *line = NULL;
    size_t capacity = 0;
    int rulers = 0;
    while (getline(&line, &capacity, file) > 0) {
        int64_t count;
        if (strncmp(line, "------", 6) == 0) {
            rulers++;
        } else if (rulers == 1 && sscanf(line, "%*f %*f %*d %" SCNd64, &count) == 1) {
            const char *name = strrchr(text_trim(line), ' ');
            if (name != NULL)
                add_call(counts, name + 1, sign * count);
        }
    }
    free(line);
    fclose(file);
    return rulers >= 2;
}

static bool is_about_memory(const char *name) {
    static const char *const names[] = {"mmap", "munmap", "mremap", "madvise", "mprotect", "brk"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static void add_measures(const CallCounts *counts, Sample *sample) {
    int64_t all = 0, memory = 0, futex = 0;
    for (size_t i = 0; i < counts->count; i++) {
        const Call *call = &counts->calls[i];
        if (call->count <= 0)
            continue;
        all += call->count;
        memory += is_about_memory(call->name) ? call->count : 0;
        futex += strcmp(call->name, "futex") == 0 ? call->count : 0;
        char *name = text_format("sys_%s", call->name);
        sample_add_measure(sample, name, (double)call->count, NULL);
        free(name);
    }
    sample_add_measure(sample, "syscalls", (double)all, NULL);
    sample_add_measure(sample, "memory_syscalls", (double)memory, NULL);
    sample_add_measure(sample, "futex_syscalls", (double)futex, NULL);
}

/* strace itself runs on its own allocator: it sets LD_PRELOAD for the workload alone. */
static SlotEnd run_traced(const SlotRequest *request, const char *strace, const char *folder, uint64_t operations,
                          int64_t sign, Sample *process, CallCounts *counts, StoreError *error) {
    *process = (Sample){0};
    char *path = text_format("%s/calls", folder);
    TextList argv = {0}, command = {0};
    const char *const flags[] = {strace, "-f", "-c", "-o", path, "-E"};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        text_list_add(&argv, text_copy(flags[i]));
    text_list_add(&argv, text_format("LD_PRELOAD=%s", request->arm->path));
    if (operations > 0) {
        command = command_with_operations(request->argv, operations);
        for (size_t i = 0; i < command.count; i++)
            text_list_add(&argv, text_copy(command.items[i]));
    } else {
        for (char *const *word = request->argv; *word != NULL; word++)
            text_list_add(&argv, text_copy(*word));
    }
    SlotRequest tracing = *request;
    tracing.argv = argv.items;
    tracing.observe = 0;
    tracing.tool_preloads = true;
    tracing.conditions.traces = true;
    SlotEnd end = slot_run_workload(&tracing, process, error);
    if (end == SLOT_END_DONE && process->status == SAMPLE_OK && !read_counts(path, sign, counts))
        slot_set_failure(process, SAMPLE_CRASHED, text_copy("strace left no counts"));
    text_list_release(&command);
    text_list_release(&argv);
    free(path);
    return end;
}

static SlotEnd count_calls(const SlotRequest *request, const char *strace, const char *folder, Sample *sample,
                           StoreError *error) {
    CallCounts counts = {0};
    Sample process, base = {0};
    SlotEnd end = run_traced(request, strace, folder, request->operations, 1, &process, &counts, error);
    bool good = end == SLOT_END_DONE && process.status == SAMPLE_OK;
    if (good && request->operations > 0) {
        uint64_t least = request->operations / 2 < BASE_OPERATIONS ? request->operations / 2 : BASE_OPERATIONS;
        end = run_traced(request, strace, folder, least > 0 ? least : 1, -1, &base, &counts, error);
        good = end == SLOT_END_DONE && base.status == SAMPLE_OK;
    }
    bool base_failed = base.status != SAMPLE_OK;
    uint64_t base_operations = base.operations;
    if (end == SLOT_END_DONE)
        slot_take_outcome(base_failed ? &base : &process, sample);
    if (good) {
        sample->operations -= base_operations < sample->operations ? base_operations : 0;
        add_measures(&counts, sample);
    }
    sample_release(&process);
    sample_release(&base);
    free(counts.calls);
    return end;
}

/* NULL when strace can trace here; else the reason with its cure. Asked once. */
static const char *why_not(const char *strace) {
    static const char *reason;
    static bool known;
    if (strace == NULL)
        return "strace is not installed: apt-get install strace";
    if (!known) {
        char *argv[] = {(char *)strace, "-c", "-o", "/dev/null", "true", NULL};
        char *output;
        if (process_capture(argv, 10000, &output) != 0)
            reason = "strace may not trace here: allow ptrace (in a container --cap-add SYS_PTRACE)";
        free(output);
        known = true;
    }
    return reason;
}

SlotEnd slot_run_syscalls(const SlotRequest *request, Sample *sample, StoreError *error) {
    static const char *const names[] = {"syscalls", "memory_syscalls", "futex_syscalls"};
    char *strace, *folder = NULL;
    (void)process_find("strace", &strace);
    const char *reason = why_not(strace);
    SlotEnd end = SLOT_END_DONE;
    if (reason != NULL) {
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            sample_add_measure(sample, names[i], NAN, reason);
    } else if (scratch_folder(&folder, error)) {
        end = count_calls(request, strace, folder, sample, error);
    } else {
        end = SLOT_END_IMPOSSIBLE;
    }
    scratch_remove(folder);
    free(strace);
    return end;
}

uint64_t syscall_operations(uint64_t operations, uint64_t slot_ns) {
    if (slot_ns <= SYSCALL_MOST_NS)
        return operations;
    uint64_t share = (uint64_t)((double)operations * SYSCALL_MOST_NS / (double)slot_ns);
    uint64_t enough = UINT64_C(4) * BASE_OPERATIONS;
    return share >= enough ? share : operations < enough ? operations : enough;
}
