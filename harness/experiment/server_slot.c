/*
 * server_slot.c - see server_slot.h.
 *
 * slot_watch_guided() watches the server; between its looks step() goes through the phases: ask until the server
 * answers, see whose malloc it calls, run the load, run the check, stop it. Clients are children of this process, one
 * at a time and in process groups of their own. Server and clients die with this process (launch.h), and nothing of
 * them is left when slot_watch_guided() returns.
 */
#include "server_slot.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../store/text.h"
#include "cores.h"
#include "launch.h"
#include "observer.h"
#include "printed_rate.h"
#include "process.h"
#include "resolution.h"

#define MS UINT64_C(1000000)
#define READY_WITHIN_NS (10000 * MS) /* or half the slot's time limit, where that is less */
#define ASK_AGAIN_NS (20 * MS)
#define STOP_WITHIN_NS (5000 * MS)
enum { CLIENT_OUTPUT_BYTES = 16384 };

typedef enum Phase { PHASE_ASKING, PHASE_LOADING, PHASE_CHECKING, PHASE_STOPPING } Phase;

typedef struct Client {
    bool running;
    Child child;
    char output[CLIENT_OUTPUT_BYTES]; /* the first part of it, NUL terminated */
    size_t length;
} Client;

typedef struct Drive {
    const ProgramSlotRequest *request;
    Phase phase;
    Client client;
    uint64_t begin_ns, next_ns; /* of the server; when to ask again, or when it must have stopped */
    uint64_t user_ns, system_ns;
    uint64_t load_begin_ns, operations, elapsed_ns;
    char *answer;         /* of the check */
    char *malloc_library; /* proof of preload */
    SampleStatus status;
    char *message; /* why the slot failed; NULL: not by what was seen while it ran */
} Drive;

/* ---- the client's report ---- */

/* The next field of a CSV line: from *rest, which moves on; NULL behind the last. In place. */
static char *next_field(char **rest) {
    char *field = *rest, *to = field;
    if (field == NULL)
        return NULL;
    bool inside = false;
    char *from = field;
    for (; *from != '\0' && (inside || *from != ','); from++) {
        if (*from == '"')
            inside = !inside;
        else
            *to++ = *from;
    }
    *rest = *from == '\0' ? NULL : from + 1;
    *to = '\0';
    return field;
}

/* The field's number, or -1. */
static int find_field(char *line, const char *name) {
    int index = 0;
    for (char *field; (field = next_field(&line)) != NULL; index++) {
        if (strcmp(field, name) == 0)
            return index;
    }
    return -1;
}

bool server_read_report(const char *csv, const char *column, uint64_t requests, uint64_t *operations,
                        uint64_t *elapsed_ns) {
    TextList lines = {0};
    text_list_split(&lines, csv, '\n');
    int index = -1;
    bool good = true;
    double seconds = 0;
    *operations = 0;
    for (size_t i = 0; i < lines.count && good; i++) {
        if (index < 0) {
            index = find_field(lines.items[i], column);
            continue;
        }
        char *rest = lines.items[i], *field = next_field(&rest);
        for (int skip = index; skip > 0 && field != NULL; skip--)
            field = next_field(&rest);
        double rate;
        good = field != NULL && text_to_double(field, 1e-6, 1e12, &rate);
        seconds += good ? (double)requests / rate : 0;
        *operations += requests;
    }
    text_list_release(&lines);
    *elapsed_ns = (uint64_t)(seconds * 1e9);
    return good && *operations > 0 && *elapsed_ns > 0;
}

/* ---- clients ---- */

/* Takes the message; always false, for step(). */
static bool fail(Drive *drive, SampleStatus status, char *owned_message) {
    if (drive->message == NULL) {
        drive->status = status;
        drive->message = owned_message;
    } else {
        free(owned_message);
    }
    return false;
}

/* The path of the program is looked up, so that launch_start() can execute it. */
static bool find_words(const ProgramSlotRequest *request, const char *command, TextList *words) {
    char *path;
    if (!program_words(command, request->scratch, words))
        return false;
    if (strchr(words->items[0], '/') != NULL)
        return true;
    if (!process_find(words->items[0], &path))
        return false;
    free(words->items[0]);
    words->items[0] = path;
    return true;
}

static bool start_client(Drive *drive, Tracer *tracer, const char *command) {
    Client *client = &drive->client;
    TextList words = {0};
    StoreError error = {"not found"};
    bool good = find_words(drive->request, command, &words);
    LaunchRequest launch = {.argv = words.items, .settings = "", .slot_fd = -1};
    sigprocmask(SIG_BLOCK, NULL, &launch.signal_mask);
    sigdelset(&launch.signal_mask, SIGCHLD);
    client->length = 0;
    client->output[0] = '\0';
    if (good && launch_start(&launch, &client->child, &error)) {
        client->running = true;
        tracer->companion = client->child.pid;
        tracer->companion_ended = false;
        good = launch_go(&launch, &client->child, &error);
    } else {
        good = false;
    }
    text_list_release(&words);
    return good || fail(drive, SAMPLE_CRASHED, text_format("cannot run '%s': %s", command, error.text));
}

static void read_client(Client *client) {
    char rest[4096];
    for (;;) {
        size_t room = sizeof client->output - 1 - client->length;
        ssize_t got = read(client->child.output_fd, room > 0 ? client->output + client->length : rest,
                           room > 0 ? room : sizeof rest);
        if (got <= 0)
            break;
        client->length += room > 0 ? (size_t)got : 0;
    }
    client->output[client->length] = '\0';
}

static void end_client(Client *client) {
    if (!client->running)
        return;
    read_client(client);
    launch_close(&client->child);
    client->running = false;
}

/* The last line of what it printed, for a message; owned. */
static char *last_words(const char *output) {
    TextList lines = {0};
    text_list_split(&lines, output, '\n');
    char *line = lines.count == 0 ? text_copy("nothing") : text_copy_part(lines.items[lines.count - 1], 160);
    text_list_release(&lines);
    return line;
}

static bool client_failed(Drive *drive, SampleStatus status, const char *command, const char *what) {
    char *words = last_words(drive->client.output);
    (void)fail(drive, status, text_format("'%s' %s; it said: %s", command, what, words));
    free(words);
    return false;
}

/* ---- phases ---- */

/* Servers may measure their blocks by malloc_usable_size(), which must be of the allocator that made them. */
static bool prove_preload(Drive *drive, pid_t server) {
    static const char *const symbols[] = {"malloc", "free", "malloc_usable_size"};
    const char *path = drive->request->arm->path;
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        char *file;
        Resolution resolution = resolution_of(server, symbols[i], &file);
        if (i == 0 && resolution == RESOLUTION_ABSENT && drive->request->program->path != NULL)
            return fail(drive, SAMPLE_PRELOAD_FAILED,
                        text_copy("the server does not call malloc by that name: its allocator cannot be replaced"));
        bool good = file == NULL || same_file(file, path);
        if (!good)
            (void)fail(drive, SAMPLE_PRELOAD_FAILED, text_format("the server's %s resolved to %s", symbols[i], file));
        else if (i == 0 && file != NULL)
            drive->malloc_library = text_copy(file);
        free(file);
        if (!good)
            return false;
    }
    return true;
}

static void note_cpu_time(Drive *drive, pid_t server) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)server);
    FILE *file = fopen(path, "re");
    size_t length = file == NULL ? 0 : fread(text, 1, sizeof text - 1, file);
    if (file != NULL)
        fclose(file);
    text[length] = '\0';
    /* The name in parentheses may hold anything; the fields that follow start behind the last one. */
    const char *fields = strrchr(text, ')');
    unsigned long long user, system;
    long ticks = sysconf(_SC_CLK_TCK);
    if (fields == NULL || ticks <= 0 ||
        sscanf(fields + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system) != 2)
        return;
    drive->user_ns = user * (UINT64_C(1000000000) / (uint64_t)ticks);
    drive->system_ns = system * (UINT64_C(1000000000) / (uint64_t)ticks);
}

static bool stop_server(Drive *drive, pid_t server) {
    note_cpu_time(drive, server);
    drive->phase = PHASE_STOPPING;
    drive->next_ns = monotonic_ns() + STOP_WITHIN_NS;
    kill(server, SIGTERM);
    return true;
}

/* How much the load was and how long it took: by its table, by the rate that it printed, or by our clock. */
static bool take_report(Drive *drive) {
    const Program *program = drive->request->program;
    char *output = drive->client.output;
    if (program->metric != NULL)
        return server_read_report(output, program->metric, program->requests, &drive->operations, &drive->elapsed_ns) ||
               client_failed(drive, SAMPLE_FAILED, program->load, "gave no table with the metric's column");
    if (program->rate != NULL) {
        FILE *text = drive->client.length == 0 ? NULL : fmemopen(output, drive->client.length, "r");
        char *problem = text == NULL ? text_copy("printed nothing")
                                     : printed_rate_read(program->rate, text, &drive->operations, &drive->elapsed_ns);
        if (text != NULL)
            fclose(text);
        bool good = problem == NULL || client_failed(drive, SAMPLE_FAILED, program->load, problem);
        free(problem);
        return good;
    }
    drive->operations = program->requests;
    drive->elapsed_ns = monotonic_ns() - drive->load_begin_ns;
    return true;
}

/* The client of this phase has ended well or not: what comes next. */
static bool go_on(Drive *drive, Tracer *tracer, int status) {
    const Program *program = drive->request->program;
    bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    switch (drive->phase) {
    case PHASE_ASKING:
        if (!good) {
            drive->next_ns = monotonic_ns() + ASK_AGAIN_NS;
            return true;
        }
        drive->phase = PHASE_LOADING;
        if (!prove_preload(drive, tracer->leader))
            return false;
        drive->load_begin_ns = monotonic_ns();
        return start_client(drive, tracer, program->load);
    case PHASE_LOADING:
        if (!good)
            return client_failed(drive, SAMPLE_FAILED, program->load, "failed");
        if (!take_report(drive))
            return false;
        drive->phase = PHASE_CHECKING;
        return program->check == NULL ? stop_server(drive, tracer->leader)
                                      : start_client(drive, tracer, program->check);
    case PHASE_CHECKING:
        if (!good)
            return client_failed(drive, SAMPLE_WRONG_OUTPUT, program->check, "failed");
        drive->answer = text_copy(drive->client.output);
        return stop_server(drive, tracer->leader);
    case PHASE_STOPPING:
        break;
    }
    return true;
}

static bool is_late(Drive *drive, uint64_t now) {
    uint64_t half_ns = drive->request->limits.timeout_ns / 2;
    uint64_t within_ns = half_ns < READY_WITHIN_NS ? half_ns : READY_WITHIN_NS;
    if (drive->phase == PHASE_ASKING && now - drive->begin_ns > within_ns) {
        char *words = last_words(drive->client.output);
        (void)fail(drive, SAMPLE_TIMEOUT,
                   text_format("the server did not answer '%s' within %.3g s; that said: %s",
                               drive->request->program->ready, (double)within_ns / 1e9, words));
        free(words);
        return true;
    }
    if (drive->phase == PHASE_STOPPING && now > drive->next_ns) {
        (void)fail(drive, SAMPLE_CRASHED,
                   text_format("the server did not end within %.3g s of SIGTERM and was killed",
                               (double)STOP_WITHIN_NS / 1e9));
        return true;
    }
    return false;
}

/* The server has ended. Its children became those of this process; whoever of them still runs was left behind. */
static void look_for_leftovers(Drive *drive) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)gettid());
    FILE *children = fopen(path, "re");
    int pid;
    while (children != NULL && fscanf(children, "%d", &pid) == 1) {
        if (drive->client.running && pid == drive->client.child.pid)
            continue;
        char name[64] = "", state = 'Z';
        snprintf(path, sizeof path, "/proc/%d/stat", pid);
        FILE *stat_file = fopen(path, "re");
        if (stat_file != NULL && fscanf(stat_file, "%*d (%63[^)]) %c", name, &state) == 2 && state != 'Z' &&
            state != 'X')
            (void)fail(drive, SAMPLE_CRASHED,
                       text_format("the server ended but left a process behind (%s), which was killed", name));
        if (stat_file != NULL)
            fclose(stat_file);
    }
    if (children != NULL)
        fclose(children);
}

static bool step(void *user, Watched *watched) {
    Drive *drive = user;
    Tracer *tracer = &watched->tracer;
    Client *client = &drive->client;
    uint64_t now = monotonic_ns();
    if (drive->begin_ns == 0)
        drive->begin_ns = now;
    if (tracer->ended) {
        look_for_leftovers(drive);
        return true;
    }
    if (is_late(drive, now))
        return false;
    if (client->running) {
        read_client(client);
        if (!tracer->companion_ended)
            return true;
        end_client(client);
        return go_on(drive, tracer, tracer->companion_status);
    }
    if (drive->phase == PHASE_ASKING && now >= drive->next_ns)
        return start_client(drive, tracer, drive->request->program->ready);
    return true;
}

/* ---- the slot ---- */

static void judge(const Drive *drive, const Watched *watched, Sample *sample) {
    static const char *const during[] = {
        [PHASE_ASKING] = "before it answered",
        [PHASE_LOADING] = "under load",
        [PHASE_CHECKING] = "before its check",
        [PHASE_STOPPING] = "on SIGTERM",
    };
    const Tracer *tracer = &watched->tracer;
    int status = tracer->wait_status;
    if (drive->phase == PHASE_STOPPING && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM)
        status = 0; /* to have no handler is a way to obey */
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    char *line = slot_output_line(watched);
    sample->malloc_library = text_copy(drive->malloc_library);
    if (drive->message != NULL) {
        slot_set_failure(sample, drive->status, text_copy(drive->message));
    } else if (slot_judge_end(watched, status, &drive->request->limits, sample)) {
        /* said already */
    } else if (drive->phase != PHASE_STOPPING || code != 0) {
        slot_set_failure(sample, SAMPLE_CRASHED,
                         text_format("the server ended with code %d %s; it said: %s", code, during[drive->phase],
                                     line == NULL ? "nothing" : line));
    } else if (drive->malloc_library == NULL && tracer->active && !tracer->library_seen) {
        slot_set_failure(sample, SAMPLE_PRELOAD_FAILED,
                         text_format("%s was not mapped in the server", drive->request->arm->path));
    }
    free(line);
}

static bool note_answer(const Drive *drive, Sample *sample) {
    if (drive->answer == NULL)
        return true;
    char *path = text_format("%s/slot-output", drive->request->scratch);
    (void)unlink(path);
    bool good = program_output_add(path, drive->answer);
    sample->checksum = good ? program_output_checksum(path) : 0;
    free(path);
    return good;
}

static void fill(const Drive *drive, const Watched *watched, Sample *sample) {
    const Tracer *tracer = &watched->tracer;
    sample->status = SAMPLE_OK;
    sample->series = watched->series;
    slot_note_cost(watched, sample);
    sample->operations = drive->operations;
    sample->elapsed_ns = drive->elapsed_ns;
    sample->user_ns = drive->user_ns;
    sample->system_ns = drive->system_ns;
    sample->minor_faults = tracer->minor_faults;
    sample->major_faults = tracer->major_faults;
    sample->voluntary_switches = tracer->voluntary_switches;
    sample->involuntary_switches = tracer->involuntary_switches;
    sample->peak_is_exact = tracer->peak_rss_bytes > 0;
    sample->peak_rss_bytes = sample->peak_is_exact ? tracer->peak_rss_bytes : watched->peak_seen_bytes;
    judge(drive, watched, sample);
    if (!note_answer(drive, sample))
        slot_set_failure(sample, SAMPLE_CRASHED, text_copy("the check's answer cannot be written"));
}

SlotEnd slot_run_server(const ProgramSlotRequest *request, Sample *sample, StoreError *error) {
    const Program *program = request->program;
    char *socket = text_format("%s/socket", request->scratch);
    size_t room = sizeof((struct sockaddr_un *)NULL)->sun_path;
    bool fits = strlen(socket) < room;
    (void)unlink(socket);
    free(socket);
    TextList words = {0};
    if (!fits)
        snprintf(error->text, sizeof error->text,
                 "%s: the path of a Unix socket in it would pass %zu characters; point TMPDIR to a folder with a "
                 "shorter name",
                 request->scratch, room - 1);
    else if (!find_words(request, program->server, &words))
        snprintf(error->text, sizeof error->text, "%s: cannot be run: %s", program->name, program->server);
    else
        error->text[0] = '\0';
    if (error->text[0] != '\0') {
        text_list_release(&words);
        return SLOT_END_IMPOSSIBLE;
    }
    LaunchRequest launch = {
        .argv = words.items,
        .preload = request->arm->path,
        .settings = request->arm->environment,
        .padding_bytes = request->padding_bytes,
        .thp = request->thp,
        .slot_fd = -1,
    };
    Drive drive = {.request = request};
    SlotGuide guide = {step, &drive};
    Watched watched;
    cores_stay_off(0);
    SlotEnd end = slot_watch_guided(&launch, &guide, request->arm->path, &request->limits, &watched, error);
    end_client(&drive.client);
    if (end == SLOT_END_DONE)
        fill(&drive, &watched, sample);
    else
        sample_release(&(Sample){.series = watched.series});
    free(drive.answer);
    free(drive.malloc_library);
    free(drive.message);
    text_list_release(&words);
    return end;
}
