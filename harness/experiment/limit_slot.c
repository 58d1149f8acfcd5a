/*
 * limit_slot.c - see limit_slot.h.
 */
#include "limit_slot.h"

#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../store/text.h"
#include "cgroup.h"
#include "observer.h"

typedef struct Search {
    const SlotRequest *request;
    LimitMethod method;
    SlotLimits limits; /* of a try */
    uint64_t checksum; /* of the free run */
    uint64_t oom_kills;
    Sample *sample;
    StoreError *error;
} Search;

/* Whether a limit of this resource stops a process from getting private memory: kernels before 4.7 and some sandboxes
 * accept RLIMIT_DATA and do not enforce it. */
static bool is_enforced(int resource) {
    const size_t size = (size_t)256 << 20;
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {size / 4, size / 4};
        if (setrlimit((__rlimit_resource_t)resource, &limit) != 0)
            _exit(1);
        void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        _exit(memory == MAP_FAILED ? 0 : 1);
    }
    int status = -1;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool limit_method_works(LimitMethod method) {
    switch (method) {
    case LIMIT_BY_CGROUP:
        return cgroup_is_available();
    case LIMIT_BY_DATA:
        return is_enforced(RLIMIT_DATA);
    case LIMIT_BY_ADDRESS_SPACE:
        return is_enforced(RLIMIT_AS);
    case LIMIT_BY_NOTHING:
        break;
    }
    return false;
}

LimitMethod limit_method(void) {
    static LimitMethod method;
    static bool known;
    while (!known && method != LIMIT_BY_NOTHING && !limit_method_works(method))
        method++;
    known = true;
    return method;
}

const char *limit_method_name(LimitMethod method) {
    static const char *const names[] = {
        [LIMIT_BY_CGROUP] = "a control group",
        [LIMIT_BY_DATA] = "RLIMIT_DATA",
        [LIMIT_BY_ADDRESS_SPACE] = "RLIMIT_AS",
        [LIMIT_BY_NOTHING] = "nothing",
    };
    return names[method];
}

static uint64_t whole_pages(uint64_t bytes) {
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    return (bytes + page - 1) / page * page;
}

static void note_probe(Sample *sample, uint64_t limit_bytes, uint64_t elapsed_ns) {
    sample->probes = grow(sample->probes, sample->probe_count + 1, sizeof *sample->probes);
    sample->probes[sample->probe_count++] = (LimitProbe){limit_bytes, elapsed_ns};
}

/* After the free run has shown that the process can be started, one that cannot be executed lacks memory, too. */
static SlotEnd run_limited(Search *search, uint64_t limit_bytes, Sample *process) {
    SlotRequest request = *search->request;
    request.limits = search->limits;
    request.observe = 0;
    Cgroup group = {0};
    if (search->method == LIMIT_BY_CGROUP) {
        if (!cgroup_create(limit_bytes, &group, search->error))
            return SLOT_END_IMPOSSIBLE;
        request.conditions.group_file = group.group_file;
    } else {
        request.conditions.limited_resource = search->method == LIMIT_BY_DATA ? RLIMIT_DATA : RLIMIT_AS;
        request.conditions.resource_limit = limit_bytes;
    }
    StoreError refused = {""};
    SlotEnd end = slot_run_workload(&request, process, &refused);
    if (search->method == LIMIT_BY_CGROUP) {
        search->oom_kills += cgroup_oom_kills(&group) > 0 ? 1 : 0;
        if (!cgroup_remove(&group)) {
            snprintf(search->error->text, sizeof search->error->text,
                     "a control group that limited a slot cannot be removed: see 'rmdir' in /sys/fs/cgroup");
            return SLOT_END_IMPOSSIBLE;
        }
    }
    if (end == SLOT_END_IMPOSSIBLE)
        slot_set_failure(process, SAMPLE_OUT_OF_MEMORY, text_copy(refused.text));
    return end == SLOT_END_INTERRUPTED ? end : SLOT_END_DONE;
}

static SlotEnd try_limit(Search *search, uint64_t limit_bytes, bool *completes) {
    Sample process = {0};
    SlotEnd end = run_limited(search, limit_bytes, &process);
    if (end == SLOT_END_DONE) {
        *completes = process.status == SAMPLE_OK && process.checksum == search->checksum;
        note_probe(search->sample, limit_bytes, *completes ? process.elapsed_ns : 0);
        if (process.status == SAMPLE_CORRUPT || (process.status == SAMPLE_OK && !*completes))
            slot_set_failure(search->sample, SAMPLE_CORRUPT,
                             text_format("under a limit of %llu KiB: %s", (unsigned long long)(limit_bytes >> 10),
                                         process.message == NULL ? "another checksum" : process.message));
    }
    sample_release(&process);
    return end;
}

/* Doubles from `upper` until it completes; *upper is 0 when nothing under the cap does. */
static SlotEnd find_upper(Search *search, uint64_t *lower, uint64_t *upper) {
    uint64_t cap = whole_pages(search->request->limits.memory_cap_bytes);
    for (uint64_t limit = *upper < cap ? *upper : cap;; limit = 2 * limit < cap ? 2 * limit : cap) {
        bool completes = false;
        SlotEnd end = try_limit(search, limit, &completes);
        *upper = completes ? limit : 0;
        if (end != SLOT_END_DONE || completes || limit == cap || search->sample->status != SAMPLE_OK)
            return end;
        *lower = limit;
    }
}

static SlotEnd bisect(Search *search, uint64_t *lower, uint64_t *upper) {
    SlotEnd end = SLOT_END_DONE;
    while (end == SLOT_END_DONE && search->sample->status == SAMPLE_OK && *upper - *lower > *upper / LIMIT_RESOLUTION) {
        uint64_t middle = whole_pages(*lower + (*upper - *lower) / 2);
        if (middle >= *upper)
            break; /* less than a page apart */
        bool completes = false;
        end = try_limit(search, middle, &completes);
        *(completes ? upper : lower) = middle;
    }
    return end;
}

/* The smallest limit above this one under which a try completed; 0: none did. */
static uint64_t next_that_completed(const Sample *sample, uint64_t limit_bytes) {
    uint64_t next = 0;
    for (size_t i = 0; i < sample->probe_count; i++) {
        const LimitProbe *probe = &sample->probes[i];
        if (probe->elapsed_ns > 0 && probe->limit_bytes > limit_bytes && (next == 0 || probe->limit_bytes < next))
            next = probe->limit_bytes;
    }
    return next;
}

/* *limit is 0 when none was found; *reason says why then. */
static SlotEnd find_limit(Search *search, uint64_t first, uint64_t *limit, const char **reason) {
    uint64_t lower = 0, upper = first;
    bool completed = false; /* under upper */
    *limit = 0;
    for (int round = 0; round < LIMIT_CONFIRMATIONS; round++) {
        SlotEnd end = completed ? SLOT_END_DONE : find_upper(search, &lower, &upper);
        if (end == SLOT_END_DONE && upper > 0)
            end = bisect(search, &lower, &upper);
        *reason = "the work did not complete under any limit up to the memory cap";
        if (end != SLOT_END_DONE || upper == 0 || search->sample->status != SAMPLE_OK)
            return end;
        bool again = false;
        end = try_limit(search, upper, &again);
        if (end != SLOT_END_DONE || again) {
            *limit = again ? upper : 0;
            return end;
        }
        lower = upper;
        upper = next_that_completed(search->sample, lower);
        completed = upper > 0;
        if (!completed)
            upper = 2 * lower;
    }
    *reason = "near the limit the work now completes and now does not";
    return SLOT_END_DONE;
}

static void keep_memory_only(Sample *sample) {
    sample->elapsed_ns = 0;
    sample->user_ns = sample->system_ns = 0;
    sample->minor_faults = sample->major_faults = 0;
    sample->voluntary_switches = sample->involuntary_switches = 0;
}

SlotEnd limit_search(const SlotRequest *request, LimitMethod method, Sample *sample, StoreError *error) {
    if (method == LIMIT_BY_NOTHING) {
        slot_set_failure(sample, SAMPLE_UNSUPPORTED,
                         text_copy("neither control groups nor RLIMIT_DATA nor RLIMIT_AS limit memory here"));
        return SLOT_END_DONE;
    }
    uint64_t begin_ns = monotonic_ns();
    SlotEnd end = slot_run_workload(request, sample, error);
    uint64_t timeout_ns = 10 * (monotonic_ns() - begin_ns);
    uint64_t elapsed_ns = sample->elapsed_ns;
    keep_memory_only(sample);
    if (end != SLOT_END_DONE || sample->status != SAMPLE_OK)
        return end;
    Search search = {request, method, request->limits, sample->checksum, 0, sample, error};
    timeout_ns = timeout_ns > LIMIT_LEAST_TIMEOUT_NS ? timeout_ns : LIMIT_LEAST_TIMEOUT_NS;
    if (timeout_ns < search.limits.timeout_ns)
        search.limits.timeout_ns = timeout_ns;
    uint64_t limit = 0;
    const char *reason = NULL;
    end = find_limit(&search, whole_pages(sample->peak_rss_bytes), &limit, &reason);
    if (end != SLOT_END_DONE || sample->status != SAMPLE_OK)
        return end;
    sample_add_measure(sample, "memory_limit_bytes", limit > 0 ? (double)limit : NAN, limit > 0 ? NULL : reason);
    sample_add_measure(sample, "limit_by_cgroup", method == LIMIT_BY_CGROUP ? 1 : 0, NULL);
    sample_add_measure(sample, "limit_oom_kills", (double)search.oom_kills, NULL);
    sample_add_measure(sample, "free_run_elapsed_ns", (double)elapsed_ns, NULL);
    slot_set_failure(sample, SAMPLE_OK, text_format("memory limited by %s", limit_method_name(method)));
    return end;
}

SlotEnd slot_run_limit(const SlotRequest *request, Sample *sample, StoreError *error) {
    return limit_search(request, limit_method(), sample, error);
}
