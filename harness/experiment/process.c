/*
 * process.c - see process.h.
 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../store/text.h"

enum { OUTPUT_LIMIT = 4 << 20, LOOK_AT_STOP_MS = 50 };

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void become(char *const argv[], int out, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(out, 1);
    dup2(null, 2);
    setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(argv[0], argv);
    _exit(127);
}

int process_capture(char *const argv[], int timeout_ms, char **output) {
    return process_capture_until(argv, timeout_ms, NULL, output);
}

int process_capture_until(char *const argv[], int timeout_ms, const volatile sig_atomic_t *stop, char **output) {
    int ends[2];
    *output = text_copy("");
    if (pipe2(ends, O_CLOEXEC) != 0)
        return PROCESS_FAILED;
    pid_t parent = getpid(), child = fork();
    if (child == 0)
        become(argv, ends[1], parent);
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return PROCESS_FAILED;
    }

    char *text = NULL;
    size_t length = 0, capacity = 0;
    bool timed_out = false, stopped = false;
    long long end = now_ms() + timeout_ms;
    for (;;) {
        struct pollfd wait = {.fd = ends[0], .events = POLLIN};
        long long left = end - now_ms(), nap = stop != NULL && left > LOOK_AT_STOP_MS ? LOOK_AT_STOP_MS : left;
        stopped = stop != NULL && *stop != 0;
        if (stopped)
            break;
        int ready = left <= 0 ? 0 : poll(&wait, 1, (int)nap);
        if ((ready < 0 && errno == EINTR) || (ready == 0 && nap < left))
            continue;
        if (ready <= 0) {
            timed_out = true;
            break;
        }
        if (capacity - length < 4096) {
            capacity = capacity == 0 ? 8192 : 2 * capacity;
            text = grow(text, capacity, 1);
        }
        ssize_t got = read(ends[0], text + length, capacity - length - 1);
        if (got <= 0)
            break;
        length += (size_t)got;
        if (length >= OUTPUT_LIMIT)
            break;
    }
    close(ends[0]);
    if (timed_out || stopped)
        kill(-child, SIGKILL);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (text != NULL) {
        text[length] = '\0';
        free(*output);
        *output = text;
    }
    if (timed_out || stopped)
        return timed_out ? PROCESS_TIMED_OUT : PROCESS_STOPPED;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool process_find(const char *name, char **path) {
    if (path != NULL)
        *path = NULL;
    const char *search = getenv("PATH");
    TextList folders = {0};
    text_list_split(&folders, search == NULL ? "/usr/local/bin:/usr/bin:/bin" : search, ':');
    bool found = false;
    for (size_t i = 0; i < folders.count && !found; i++) {
        char *candidate = text_format("%s/%s", folders.items[i], name);
        found = access(candidate, X_OK) == 0;
        if (found && path != NULL)
            *path = candidate;
        else
            free(candidate);
    }
    text_list_release(&folders);
    return found;
}

char *process_sha256(const char *file) {
    if (file == NULL || access(file, R_OK) != 0)
        return NULL;
    char *argv[] = {"sha256sum", "--", (char *)file, NULL};
    char *output;
    int code = process_capture(argv, 60000, &output);
    /* A leading backslash marks a file name with odd characters in it. */
    const char *hash = output[0] == '\\' ? output + 1 : output;
    char *result = code == 0 && strspn(hash, "0123456789abcdef") == 64 ? text_copy_part(hash, 64) : NULL;
    free(output);
    return result;
}

char *process_version(const char *name) {
    if (!process_find(name, NULL))
        return NULL;
    char *argv[] = {(char *)name, "--version", NULL};
    char *output;
    int code = process_capture(argv, 5000, &output);
    output[strcspn(output, "\n")] = '\0';
    char *result = code == 0 ? text_copy(text_trim(output)) : NULL;
    free(output);
    return result;
}
