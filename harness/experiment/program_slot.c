/*
 * program_slot.c - see program_slot.h.
 *
 * hyperfine cannot interleave commands, so it is driven one run at a time. The preload stands inside its command
 * (env LD_PRELOAD=... program): hyperfine itself runs on its own allocator.
 */
#include "program_slot.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../store/text.h"
#include "cores.h"
#include "launch.h"
#include "printed_rate.h"
#include "process.h"
#include "server_slot.h"

enum { CHECK_TIMEOUT_MS = 60000, BESIDE_TIMEOUT_MS = 300000 };

/* hyperfine -N takes words as a shell does. */
static char *join_quoted(char *owned_line, const TextList *words) {
    for (size_t i = 0; i < words->count; i++) {
        char *word = text_shell_word(words->items[i]);
        char *longer = text_format("%s %s", owned_line, word);
        free(word);
        free(owned_line);
        owned_line = longer;
    }
    return owned_line;
}

static char *make_command(const ProgramSlotRequest *request) {
    TextList settings = {0}, words = {0};
    text_list_split(&settings, request->arm->environment, '&');
    text_list_add(&settings, text_format("LD_PRELOAD=%s", request->arm->path));
    (void)program_words(request->program->command, request->scratch, &words);
    char *line = join_quoted(join_quoted(text_copy("env"), &settings), &words);
    text_list_release(&settings);
    text_list_release(&words);
    return line;
}

/* hyperfine's one result; false when there is none. *exit_code is -1 where the program was ended by a signal. */
static bool read_times(const char *path, Sample *sample, int *exit_code) {
    json_t *json = json_load_file(path, 0, NULL);
    const json_t *result = json_array_get(json_object_get(json, "results"), 0);
    const json_t *time = json_array_get(json_object_get(result, "times"), 0);
    const json_t *code = json_array_get(json_object_get(result, "exit_codes"), 0);
    bool good = json_is_number(time);
    if (good) {
        sample->operations = 1;
        sample->elapsed_ns = (uint64_t)(json_number_value(time) * 1e9);
        sample->user_ns = (uint64_t)(json_number_value(json_object_get(result, "user")) * 1e9);
        sample->system_ns = (uint64_t)(json_number_value(json_object_get(result, "system")) * 1e9);
        *exit_code = json_is_integer(code) ? (int)json_integer_value(code) : -1;
    }
    json_decref(json);
    return good;
}

uint64_t program_output_checksum(const char *path) {
    char *digits = process_sha256(path);
    if (digits == NULL)
        return 0;
    digits[16] = '\0';
    uint64_t hash = strtoull(digits, NULL, 16);
    free(digits);
    return hash;
}

bool program_output_add(const char *path, const char *text) {
    FILE *file = fopen(path, "ae");
    bool good = file != NULL && fputs(text, file) >= 0;
    return file != NULL && fclose(file) == 0 && good;
}

/* Takes the program's own rate from what it printed. */
static void take_rate(const ProgramSlotRequest *request, const char *output, Sample *sample) {
    const char *rate = request->program->rate;
    FILE *text = rate == NULL ? NULL : fopen(output, "re");
    if (rate == NULL)
        return;
    char *problem = text == NULL ? text_copy("it printed nothing")
                                 : printed_rate_read(rate, text, &sample->operations, &sample->elapsed_ns);
    if (problem != NULL)
        slot_set_failure(sample, SAMPLE_FAILED, problem);
    if (text != NULL)
        fclose(text);
}

/* Runs the program's own check of what it left and adds what that prints to the output. */
static void check(const ProgramSlotRequest *request, const char *output, Sample *sample) {
    const char *command = request->program->check;
    if (command == NULL)
        return;
    TextList words = {0};
    (void)program_words(command, request->scratch, &words);
    char *text;
    int code = process_capture(words.items, CHECK_TIMEOUT_MS, &text);
    if (code != 0 || !program_output_add(output, text))
        slot_set_failure(sample, SAMPLE_WRONG_OUTPUT,
                         text_format("the check of its result (%s) ended with code %d", command, code));
    free(text);
    text_list_release(&words);
}

static void judge(const ProgramSlotRequest *request, const Watched *watched, const char *times, const char *output,
                  Sample *sample) {
    const Tracer *tracer = &watched->tracer;
    int exit_code = 0;
    bool timed = read_times(times, sample, &exit_code);
    /* Where the kernel told how the program ended, that is the truth; else hyperfine's report. */
    int status = tracer->watched_status >= 0 ? tracer->watched_status : tracer->wait_status;
    if (slot_judge_end(watched, status, &request->limits, sample))
        return;
    if (!timed || exit_code != 0) {
        char *line = slot_output_line(watched);
        char *message = timed && exit_code > 0 ? text_format("the program ended with code %d", exit_code)
                        : timed                ? text_copy("the program was ended by a signal")
                                               : text_format("hyperfine gave no time: %s", line == NULL ? "" : line);
        slot_set_failure(sample, timed && exit_code > 0 ? SAMPLE_FAILED : SAMPLE_CRASHED, message);
        free(line);
    } else if (tracer->left_behind[0] != '\0') {
        slot_set_failure(sample, SAMPLE_FAILED,
                         text_format("it ended but left a process behind (%s), which was killed", tracer->left_behind));
    } else if (tracer->active && !tracer->library_seen) {
        slot_set_failure(sample, SAMPLE_PRELOAD_FAILED,
                         text_format("%s was not mapped in the program", request->arm->path));
    } else if (tracer->active && tracer->unproven[0] != '\0') {
        slot_set_failure(
            sample, SAMPLE_PRELOAD_FAILED,
            text_format("%s was not mapped in %s, which the program started", request->arm->path, tracer->unproven));
    } else {
        /* Without ptrace a program may end before its mappings could be read: no proof, and no malloc_library. */
        if (tracer->library_seen)
            sample->malloc_library = text_copy(request->arm->path);
        take_rate(request, output, sample);
        if (request->program->ignore_output)
            (void)unlink(output);
        check(request, output, sample);
        sample->checksum = program_output_checksum(output);
    }
}

static SlotEnd run_timed(const ProgramSlotRequest *request, Sample *sample, StoreError *error) {
    char *hyperfine;
    if (!process_find("hyperfine", &hyperfine)) {
        snprintf(error->text, sizeof error->text, "hyperfine is not installed: apt-get install hyperfine");
        return SLOT_END_IMPOSSIBLE;
    }
    char *times = text_format("%s/slot-times.json", request->scratch);
    char *output = text_format("%s/slot-output", request->scratch);
    char *command = make_command(request);
    (void)unlink(times);
    (void)unlink(output);
    char *argv[] = {hyperfine,       "-N",  "-r",       "1",    "-i",    "--style", "none",
                    "--export-json", times, "--output", output, command, NULL};
    LaunchRequest launch = {
        .argv = argv,
        .settings = "",
        .padding_bytes = request->padding_bytes,
        .thp = request->thp,
        .slot_fd = -1,
    };
    Watched watched;
    cores_stay_off(0);
    SlotEnd end = slot_watch(&launch, NULL, true, request->arm->path, &request->limits, &watched, error);
    if (end == SLOT_END_DONE) {
        const Tracer *tracer = &watched.tracer;
        sample->status = SAMPLE_OK;
        sample->series = watched.series;
        slot_note_cost(&watched, sample);
        sample->minor_faults = tracer->minor_faults;
        sample->major_faults = tracer->major_faults;
        sample->voluntary_switches = tracer->voluntary_switches;
        sample->involuntary_switches = tracer->involuntary_switches;
        sample->peak_is_exact = tracer->peak_rss_bytes > 0;
        sample->peak_rss_bytes = sample->peak_is_exact ? tracer->peak_rss_bytes : watched.peak_seen_bytes;
        judge(request, &watched, times, output, sample);
    } else {
        sample_release(&(Sample){.series = watched.series});
    }
    free(command);
    free(output);
    free(times);
    free(hyperfine);
    return end;
}

/* Runs a command beside the slot; a failure of it is the slot's, unless that has failed before. False when *stop ended
 * it. */
static bool run_beside(const ProgramSlotRequest *request, const char *option, const char *command,
                       const volatile sig_atomic_t *stop, Sample *sample) {
    if (command == NULL)
        return true;
    TextList words = {0};
    (void)program_words(command, request->scratch, &words);
    char *output;
    int code = process_capture_until(words.items, BESIDE_TIMEOUT_MS, stop, &output);
    free(output);
    text_list_release(&words);
    if (code == PROCESS_STOPPED)
        return false;
    if (code == PROCESS_TIMED_OUT && sample->status == SAMPLE_OK)
        slot_set_failure(sample, SAMPLE_FAILED,
                         text_format("%s (%s) did not end within %d s", option, command, BESIDE_TIMEOUT_MS / 1000));
    else if (code != 0 && sample->status == SAMPLE_OK)
        slot_set_failure(sample, SAMPLE_FAILED, text_format("%s (%s) ended with code %d", option, command, code));
    return true;
}

SlotEnd slot_run_program(const ProgramSlotRequest *request, Sample *sample, StoreError *error) {
    const Program *program = request->program;
    const volatile sig_atomic_t *stop = request->limits.stop;
    if (!program_before_slot(program, request->scratch, stop, error))
        return stop != NULL && *stop != 0 ? SLOT_END_INTERRUPTED : SLOT_END_IMPOSSIBLE;
    if (!run_beside(request, "--prepare", program->prepare_command, stop, sample))
        return SLOT_END_INTERRUPTED;
    SlotEnd end = SLOT_END_DONE;
    if (sample->status == SAMPLE_OK)
        end = (program->server != NULL ? slot_run_server : run_timed)(request, sample, error);
    /* However the slot ended, an interruption included: what was prepared is not to stay. */
    (void)run_beside(request, "--cleanup", program->cleanup_command, NULL, sample);
    return end;
}
