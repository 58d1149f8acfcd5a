/*
 * slot.c - see slot.h.
 *
 * One loop watches the child: it sleeps until something happens to the child or 5 ms have passed, reads memory,
 * enforces time and memory limits and drains the child's output. SIGCHLD is blocked meanwhile and fetched by
 * sigtimedwait, so a stop at the child's exit is answered at once.
 */
#include "slot.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../workloads/kit/slot_protocol.h"
#include "../store/text.h"
#include "cores.h"
#include "launch.h"
#include "observer.h"
#include "pictures.h"

/* How often the OOM killer has struck on this machine or in this container. */
static uint64_t oom_kills(void) {
    FILE *file = fopen("/proc/vmstat", "re");
    char line[128];
    unsigned long long count = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "oom_kill %llu", &count) == 1)
            break;
    }
    if (file != NULL)
        fclose(file);
    return count;
}

static void drain(int fd, Watched *watched) {
    char rest[4096];
    for (;;) {
        size_t room = SLOT_OUTPUT_BYTES - 1 - watched->output_length;
        bool keep = room > 0;
        ssize_t got = read(fd, keep ? watched->output + watched->output_length : rest, keep ? room : sizeof rest);
        if (got <= 0)
            break;
        if (keep)
            watched->output_length += (size_t)got;
    }
    watched->output[watched->output_length] = '\0';
}

static void wait_for_child(uint64_t until_ns) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    uint64_t now = monotonic_ns();
    uint64_t left = until_ns > now ? until_ns - now : 0;
    struct timespec timeout = {(time_t)(left / 1000000000u), (long)(left % 1000000000u)};
    (void)sigtimedwait(&child, NULL, &timeout);
}

static uint64_t thread_cpu_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static SlotEnd watch(Child *child, const SlotPage *page, const SlotGuide *guide, const SlotLimits *limits,
                     Watched *watched) {
    Tracer *tracer = &watched->tracer;
    Observer observer;
    uint64_t begin_ns = monotonic_ns(), begin_cpu_ns = thread_cpu_ns();
    observer_start(&observer, page);
    uint64_t next_ns = observer.start_ns;
    SlotEnd end = SLOT_END_DONE;
    while (true) {
        tracer_handle_events(tracer);
        bool goes_on = guide == NULL || guide->step(guide->user, watched);
        if (tracer->ended || !goes_on)
            break;
        uint64_t now = monotonic_ns();
        if (now >= next_ns) {
            observer_read(&observer, tracer->watched);
            if (!tracer->active)
                tracer_look_for_library(tracer);
            next_ns += ((now - next_ns) / OBSERVER_PERIOD_NS + 1) * OBSERVER_PERIOD_NS;
        }
        drain(child->output_fd, watched);
        if (limits->stop != NULL && *limits->stop != 0) {
            end = SLOT_END_INTERRUPTED;
            break;
        }
        watched->timed_out = now - observer.start_ns > limits->timeout_ns;
        watched->over_cap = observer.rss_bytes > limits->memory_cap_bytes;
        if (watched->timed_out || watched->over_cap)
            break;
        wait_for_child(next_ns);
    }
    tracer_finish(tracer);
    drain(child->output_fd, watched);
    watched->peak_seen_bytes = observer.peak_bytes;
    watched->series = observer_finish(&observer);
    watched->observer_cpu_ns = thread_cpu_ns() - begin_cpu_ns;
    watched->watched_ns = monotonic_ns() - begin_ns;
    return end;
}

static SlotEnd start_and_watch(const LaunchRequest *launch, const SlotPage *page, const SlotGuide *guide,
                               bool descendants, const char *library, const SlotLimits *limits, Watched *watched,
                               StoreError *error) {
    *watched = (Watched){0};
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    LaunchRequest request = *launch;
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigprocmask(SIG_BLOCK, &blocked, &request.signal_mask);
    sigdelset(&request.signal_mask, SIGCHLD);

    uint64_t kills = oom_kills();
    Child child;
    SlotEnd end = SLOT_END_IMPOSSIBLE;
    if (launch_start(&request, &child, error)) {
        tracer_attach(&watched->tracer, child.pid, !request.conditions.traces, descendants, library);
        if (launch_go(&request, &child, error))
            end = watch(&child, page, guide, limits, watched);
        else
            tracer_finish(&watched->tracer);
        launch_close(&child);
    }
    watched->oom_killed = oom_kills() != kills;
    sigprocmask(SIG_SETMASK, &request.signal_mask, NULL);
    return end;
}

SlotEnd slot_watch(const LaunchRequest *launch, const SlotPage *page, bool descendants, const char *library,
                   const SlotLimits *limits, Watched *watched, StoreError *error) {
    return start_and_watch(launch, page, NULL, descendants, library, limits, watched, error);
}

SlotEnd slot_watch_guided(const LaunchRequest *launch, const SlotGuide *guide, const char *library,
                          const SlotLimits *limits, Watched *watched, StoreError *error) {
    return start_and_watch(launch, NULL, guide, false, library, limits, watched, error);
}

void slot_set_failure(Sample *sample, SampleStatus status, char *owned_message) {
    sample->status = status;
    free(sample->message);
    sample->message = owned_message;
}

char *slot_output_line(const Watched *watched) {
    TextList lines = {0};
    text_list_split(&lines, watched->output, '\n');
    char *line = lines.count == 0 ? NULL : text_copy(lines.items[lines.count - 1]);
    text_list_release(&lines);
    if (line != NULL && strlen(line) > 200)
        line[200] = '\0';
    return line;
}

static char *with_output(char *owned_message, const Watched *watched) {
    char *line = slot_output_line(watched);
    if (line == NULL)
        return owned_message;
    char *message = text_format("%s; it said: %s", owned_message, line);
    free(line);
    free(owned_message);
    return message;
}

bool slot_judge_end(const Watched *watched, int status, const SlotLimits *limits, Sample *sample) {
    if (watched->timed_out) {
        slot_set_failure(sample, SAMPLE_TIMEOUT,
                         text_format("did not end within %.3g s", (double)limits->timeout_ns / 1e9));
        return true;
    }
    if (watched->over_cap) {
        slot_set_failure(
            sample, SAMPLE_OUT_OF_MEMORY,
            text_format("its RSS passed the cap of %llu MiB", (unsigned long long)(limits->memory_cap_bytes >> 20)));
        return true;
    }
    if (!WIFSIGNALED(status))
        return false;
    int number = WTERMSIG(status);
    if (number == SIGKILL && watched->oom_killed) {
        slot_set_failure(sample, SAMPLE_OUT_OF_MEMORY, text_copy("ended by the kernel's OOM killer"));
        return true;
    }
    const char *name = sigabbrev_np(number);
    char *message = text_format("ended by SIG%s (%s)", name == NULL ? "?" : name, strsignal(number));
    /* What stands above a program is hyperfine: its words say nothing about the crash. */
    slot_set_failure(sample, SAMPLE_CRASHED, watched->tracer.descendants ? message : with_output(message, watched));
    return true;
}

/* False when malloc did not resolve to the arm's library. A page that was never written proves nothing either way. */
static bool judge_preload(const SlotPage *page, const Arm *arm, const Watched *watched, Sample *sample) {
    if (page->malloc_library[0] == '\0')
        return true;
    sample->malloc_library = text_copy_part(page->malloc_library, SLOT_PATH_BYTES);
    char *problem = NULL;
    if (!same_file(sample->malloc_library, arm->path)) {
        problem = text_format("malloc resolved to %s", sample->malloc_library);
    } else if (page->free_library[0] != '\0') {
        char *free_library = text_copy_part(page->free_library, SLOT_PATH_BYTES);
        if (!same_file(free_library, arm->path))
            problem = text_format("malloc resolved to the library, but free to %s", free_library);
        free(free_library);
    }
    if (problem == NULL)
        return true;
    slot_set_failure(sample, SAMPLE_PRELOAD_FAILED, with_output(problem, watched));
    return false;
}

static void judge_exit(const SlotPage *page, int code, const Watched *watched, Sample *sample) {
    static const SampleStatus by_code[] = {
        [SLOT_VERDICT_USAGE] = SAMPLE_UNSUPPORTED,
        [SLOT_VERDICT_OUT_OF_MEMORY] = SAMPLE_OUT_OF_MEMORY,
        [SLOT_VERDICT_CORRUPT] = SAMPLE_CORRUPT,
        [SLOT_VERDICT_UNSUPPORTED] = SAMPLE_UNSUPPORTED,
    };
    if (code >= SLOT_VERDICT_USAGE && code <= SLOT_VERDICT_UNSUPPORTED) {
        char *message =
            page->message[0] != '\0' ? text_copy_part(page->message, SLOT_MESSAGE_BYTES) : slot_output_line(watched);
        slot_set_failure(sample, by_code[code], message);
    } else if (code == 127) {
        slot_set_failure(sample, SAMPLE_PRELOAD_FAILED,
                         with_output(text_copy("the loader could not start the workload"), watched));
    } else if (code != 0) {
        slot_set_failure(sample, SAMPLE_CRASHED, with_output(text_format("ended with code %d", code), watched));
    } else if (atomic_load_explicit(&page->phase, memory_order_acquire) != SLOT_PHASE_FINISHED) {
        slot_set_failure(sample, SAMPLE_CRASHED, text_copy("ended before its work was done, with code 0"));
    } else if (page->malloc_library[0] == '\0') {
        slot_set_failure(sample, SAMPLE_PRELOAD_FAILED,
                         text_copy("the workload could not tell where malloc comes from"));
    } else if (page->end_ns <= page->begin_ns || page->operations == 0) {
        slot_set_failure(sample, SAMPLE_CRASHED, text_copy("it reports no work or no time"));
    }
}

static void take_counters(const SlotPage *page, Sample *sample) {
    sample->operations = page->operations;
    sample->elapsed_ns = page->end_ns > page->begin_ns ? page->end_ns - page->begin_ns : 0;
    sample->user_ns = page->user_ns;
    sample->system_ns = page->system_ns;
    sample->minor_faults = page->minor_faults;
    sample->major_faults = page->major_faults;
    sample->voluntary_switches = page->voluntary_switches;
    sample->involuntary_switches = page->involuntary_switches;
    sample->checksum = page->checksum;
    sample->start_rss_bytes = page->start_rss_bytes;
    sample->kit_bytes = page->kit_bytes;
}

/* ---- measures and histograms: what the child wrote is checked, for it may have been corrupted ---- */

static bool is_sane_name(const char *name) {
    size_t length = strnlen(name, SLOT_MEASURE_NAME_BYTES);
    return length > 0 && length < SLOT_MEASURE_NAME_BYTES &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

static bool has_measure(const Sample *sample, const char *name) {
    for (size_t i = 0; i < sample->measure_count; i++) {
        if (strcmp(sample->measures[i].name, name) == 0)
            return true;
    }
    return false;
}

/* Printable ASCII, so that it can stand in any file and on any terminal. */
static char *sane_reason(const char *reason) {
    char *text = text_copy_part(reason, strnlen(reason, SLOT_MEASURE_REASON_BYTES));
    for (char *c = text; *c != '\0'; c++) {
        if (*c < ' ' || *c > '~')
            *c = '?';
    }
    return text;
}

static void take_measures(const SlotPage *page, Sample *sample) {
    uint32_t count = atomic_load_explicit(&page->measure_count, memory_order_acquire);
    for (uint32_t i = 0; i < count && i < SLOT_MEASURES; i++) {
        const SlotMeasure *measure = &page->measures[i];
        if (!is_sane_name(measure->name) || has_measure(sample, measure->name))
            continue;
        if (isfinite(measure->value)) {
            sample_add_measure(sample, measure->name, measure->value, NULL);
            continue;
        }
        char *reason = sane_reason(measure->reason);
        sample_add_measure(sample, measure->name, NAN, *reason == '\0' ? "the workload gave no reason" : reason);
        free(reason);
    }
}

/* Takes the histogram that is not empty; one with counts that no slot can reach is left out. */
static void take_histogram(const SlotHistogram *page_histogram, const char *call, const char *method, Sample *sample) {
    const uint64_t *hits = page_histogram->hits;
    size_t used = 0;
    for (uint32_t bucket = 0; bucket < SLOT_HISTOGRAM_BUCKETS; bucket++) {
        if (hits[bucket] >> 53 != 0)
            return;
        used += hits[bucket] > 0 ? 1 : 0;
    }
    if (used == 0)
        return;
    sample->histograms = grow(sample->histograms, sample->histogram_count + 1, sizeof *sample->histograms);
    Histogram *histogram = &sample->histograms[sample->histogram_count++];
    *histogram = (Histogram){
        .name = text_format("%s %s", call, method),
        .bucket = zeroed(used, sizeof *histogram->bucket),
        .hits = zeroed(used, sizeof *histogram->hits),
    };
    for (uint32_t bucket = 0; bucket < SLOT_HISTOGRAM_BUCKETS; bucket++) {
        if (hits[bucket] == 0)
            continue;
        histogram->bucket[histogram->count] = bucket;
        histogram->hits[histogram->count++] = hits[bucket];
    }
}

static void take_histograms(const SlotPage *page, uint32_t observe, Sample *sample) {
    static const char *const calls[SLOT_CALL_COUNT] = {"malloc", "calloc", "realloc", "free", "empty"};
    static const char *const methods[SLOT_METHOD_COUNT] = {"sampled", "chain"};
    if ((observe & SLOT_OBSERVE_LATENCY) == 0)
        return;
    for (size_t method = 0; method < SLOT_METHOD_COUNT; method++) {
        for (size_t call = 0; call < SLOT_CALL_COUNT; call++)
            take_histogram(&page->latency[method][call], calls[call], methods[method], sample);
    }
}

void slot_note_cost(const Watched *watched, Sample *sample) {
    sample_add_measure(sample, "watched_ns", (double)watched->watched_ns, NULL);
    sample_add_measure(sample, "observer_cpu_ns", (double)watched->observer_cpu_ns, NULL);
}

static SlotPage *create_page(int *fd, StoreError *error) {
    *fd = memfd_create("allocbench-slot", MFD_CLOEXEC);
    SlotPage *page = MAP_FAILED;
    if (*fd >= 0 && ftruncate(*fd, sizeof *page) == 0)
        page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    if (page == MAP_FAILED) {
        snprintf(error->text, sizeof error->text, "cannot create the slot page: %s", strerror(errno));
        if (*fd >= 0)
            close(*fd);
        return NULL;
    }
    page->magic = SLOT_MAGIC;
    page->version = SLOT_PROTOCOL_VERSION;
    page->page_bytes = sizeof *page;
    return page;
}

SlotEnd slot_run_workload(const SlotRequest *request, Sample *sample, StoreError *error) {
    int fd;
    SlotPage *page = create_page(&fd, error);
    if (page == NULL)
        return SLOT_END_IMPOSSIBLE;
    page->observe = request->observe;
    char *settings =
        text_format("%s&%s", request->arm->environment, request->settings == NULL ? "" : request->settings);
    LaunchRequest launch = {
        .argv = request->argv,
        .preload = request->tool_preloads ? NULL : request->arm->path,
        .settings = settings,
        .padding_bytes = request->padding_bytes,
        .thp = request->thp,
        .slot_fd = fd,
        .conditions = request->conditions,
    };
    Watched watched;
    cores_stay_off(request->bound_threads);
    SlotEnd end = slot_watch(&launch, page, false, NULL, &request->limits, &watched, error);
    if (end == SLOT_END_DONE) {
        sample->status = SAMPLE_OK;
        sample->series = watched.series;
        take_counters(page, sample);
        slot_note_cost(&watched, sample);
        take_measures(page, sample);
        take_histograms(page, request->observe, sample);
        if ((request->observe & SLOT_OBSERVE_PICTURES) != 0)
            pictures_take(page, sample);
        if (judge_preload(page, request->arm, &watched, sample) &&
            !slot_judge_end(&watched, watched.tracer.wait_status, &request->limits, sample))
            judge_exit(page, WEXITSTATUS(watched.tracer.wait_status), &watched, sample);
        sample->peak_is_exact = true;
        if (page->peak_rss_bytes > 0) {
            sample->peak_rss_bytes = page->peak_rss_bytes;
        } else if (watched.tracer.peak_rss_bytes > 0) {
            sample->peak_rss_bytes = watched.tracer.peak_rss_bytes;
        } else {
            sample->peak_rss_bytes = watched.peak_seen_bytes;
            sample->peak_is_exact = false;
        }
    } else {
        sample_release(&(Sample){.series = watched.series});
    }
    if (request->threads_used != NULL)
        *request->threads_used = page->threads;
    free(settings);
    munmap(page, sizeof *page);
    close(fd);
    return end;
}

void slot_take_outcome(Sample *process, Sample *sample) {
    slot_set_failure(sample, process->status, process->message);
    free(sample->malloc_library);
    sample->malloc_library = process->malloc_library;
    sample->operations = process->operations;
    sample->checksum = process->checksum;
    process->message = NULL;
    process->malloc_library = NULL;
    sample_release(process);
}
