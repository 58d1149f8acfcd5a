/*
 * launch.c - see launch.h. Everything the child needs is prepared before fork(); between fork and exec it only makes
 * system calls.
 */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../workloads/kit/slot_protocol.h"
#include "../store/text.h"
#include "cores.h"

#define PADDING_VARIABLE "ALLOCBENCH_PADDING"

static bool same_variable(const char *one, const char *other) {
    size_t length = strcspn(one, "=");
    return strncmp(one, other, length + 1) == 0;
}

/* Takes the string; a variable that is already there is replaced. */
static void set_variable(TextList *list, char *owned) {
    for (size_t i = 0; i < list->count; i++) {
        if (same_variable(owned, list->items[i])) {
            free(list->items[i]);
            list->items[i] = owned;
            return;
        }
    }
    text_list_add(list, owned);
}

static TextList make_environment(const LaunchRequest *request) {
    static const char *const ours[] = {"LD_PRELOAD=", SLOT_FD_ENVIRONMENT "=", PADDING_VARIABLE "="};
    TextList list = {0};
    for (char **variable = environ; *variable != NULL; variable++) {
        bool is_ours = false;
        for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
            is_ours = is_ours || same_variable(ours[i], *variable);
        if (!is_ours)
            text_list_add(&list, text_copy(*variable));
    }
    TextList settings = {0};
    text_list_split(&settings, request->settings, '&');
    for (size_t i = 0; i < settings.count; i++)
        set_variable(&list, text_copy(settings.items[i]));
    text_list_release(&settings);
    if (request->preload != NULL)
        text_list_add(&list, text_format("LD_PRELOAD=%s", request->preload));
    if (request->slot_fd >= 0)
        text_list_add(&list, text_format(SLOT_FD_ENVIRONMENT "=%d", request->slot_fd));
    char *padding = zeroed(request->padding_bytes + 1, 1);
    memset(padding, 'x', request->padding_bytes);
    text_list_add(&list, text_format(PADDING_VARIABLE "=%s", padding));
    free(padding);
    return list;
}

static void write_small_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t done = write(fd, text, strlen(text));
    (void)done; /* a container may refuse: the cap of the observer still holds */
    close(fd);
}

/* False with errno when one of the conditions cannot be met. */
static bool meet(const LaunchConditions *conditions) {
    if (conditions->fixed_addresses && personality(ADDR_NO_RANDOMIZE) < 0)
        return false;
    if (conditions->group_file != NULL) {
        int fd = open(conditions->group_file, O_WRONLY | O_CLOEXEC);
        bool entered = fd >= 0 && write(fd, "0", 1) == 1;
        int failure = errno;
        if (fd >= 0)
            close(fd);
        errno = failure;
        if (!entered)
            return false;
    }
    struct rlimit limit = {conditions->resource_limit, conditions->resource_limit};
    return conditions->resource_limit == 0 || setrlimit((__rlimit_resource_t)conditions->limited_resource, &limit) == 0;
}

static _Noreturn void become(const LaunchRequest *request, char **environment, pid_t parent, int output, int go,
                             int exec_status) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    setpgid(0, 0);
    write_small_file("/proc/self/oom_score_adj", "1000");
    (void)sched_setaffinity(0, sizeof(cpu_set_t), cores_allowed());
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    dup2(output, 1);
    dup2(output, 2);
    if (null > 2)
        close(null);
    if (request->slot_fd >= 0)
        fcntl(request->slot_fd, F_SETFD, 0);
    char byte;
    while (read(go, &byte, 1) < 0 && errno == EINTR)
        continue;
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &request->signal_mask, NULL);
    /* Kept across exec and fork, so it also reaches a program that hyperfine starts. */
    bool ready = request->thp != THP_NEVER || prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0;
    if (ready && meet(&request->conditions))
        execve(request->argv[0], request->argv, environment);
    int failure = errno;
    ssize_t done = write(exec_status, &failure, sizeof failure);
    (void)done;
    _exit(127);
}

bool launch_start(const LaunchRequest *request, Child *child, StoreError *error) {
    int output[2] = {-1, -1}, go[2] = {-1, -1}, status[2] = {-1, -1};
    if (pipe2(output, O_CLOEXEC) != 0 || pipe2(go, O_CLOEXEC) != 0 || pipe2(status, O_CLOEXEC) != 0) {
        snprintf(error->text, sizeof error->text, "cannot open a pipe: %s", strerror(errno));
        int all[] = {output[0], output[1], go[0], go[1], status[0], status[1]};
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
            if (all[i] >= 0)
                close(all[i]);
        }
        return false;
    }
    TextList environment = make_environment(request);
    pid_t parent = getpid();
    (void)cores_allowed(); /* asked for the first time here, not in the child */
    pid_t pid = fork();
    if (pid == 0)
        become(request, environment.items, parent, output[1], go[0], status[1]);
    int failure = errno;
    text_list_release(&environment);
    close(output[1]);
    close(go[0]);
    close(status[1]);
    *child = (Child){.pid = pid, .output_fd = output[0], .go_fd = go[1], .exec_fd = status[0]};
    if (pid < 0) {
        snprintf(error->text, sizeof error->text, "cannot start a process: %s", strerror(failure));
        launch_close(child);
        return false;
    }
    setpgid(pid, pid);
    fcntl(child->output_fd, F_SETFL, O_NONBLOCK);
    return true;
}

bool launch_go(const LaunchRequest *request, Child *child, StoreError *error) {
    while (write(child->go_fd, "g", 1) < 0 && errno == EINTR)
        continue;
    int failure = 0;
    ssize_t got;
    do
        got = read(child->exec_fd, &failure, sizeof failure);
    while (got < 0 && errno == EINTR);
    if (got == (ssize_t)sizeof failure)
        snprintf(error->text, sizeof error->text, "cannot execute %s: %s", request->argv[0], strerror(failure));
    return got == 0;
}

void launch_close(Child *child) {
    close(child->output_fd);
    close(child->go_fd);
    close(child->exec_fd);
}
