/*
 * tracer.c - see tracer.h.
 */
#include "tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

bool same_file(const char *one, const char *other) {
    struct stat a, b;
    return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

void tracer_attach(Tracer *tracer, pid_t leader, bool allowed, bool descendants, const char *library) {
    *tracer = (Tracer){.leader = leader, .descendants = descendants, .library = library, .watched_status = -1};
    unsigned long options = PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL;
    if (descendants)
        options |= PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
    else
        tracer->watched = leader;
    tracer->active = allowed && ptrace(PTRACE_SEIZE, leader, NULL, (void *)options) == 0;
}

static FILE *open_proc(pid_t pid, const char *name) {
    char path[128];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return fopen(path, "re");
}

static bool has_mapped(pid_t pid, const char *library) {
    FILE *maps = open_proc(pid, "maps");
    if (maps == NULL)
        return false;
    char *line = NULL, last[512] = "";
    size_t capacity = 0;
    ssize_t length;
    bool found = false;
    while ((length = getline(&line, &capacity, maps)) > 0 && !found) {
        char *path = strchr(line, '/');
        if (path == NULL)
            continue;
        line[length - 1] = '\0';
        if (strcmp(path, last) == 0)
            continue;
        snprintf(last, sizeof last, "%s", path);
        found = same_file(path, library);
    }
    free(line);
    fclose(maps);
    return found;
}

void tracer_look_for_library(Tracer *tracer) {
    if (tracer->library != NULL && !tracer->library_seen && tracer->watched != 0)
        tracer->library_seen = has_mapped(tracer->watched, tracer->library);
}

/* Keeps the name of the first process of a kind. */
static void note_name(char *field, size_t size, pid_t pid) {
    FILE *comm = field[0] != '\0' ? NULL : open_proc(pid, "comm");
    if (comm == NULL)
        return;
    if (fgets(field, (int)size, comm) != NULL)
        field[strcspn(field, "\n")] = '\0';
    fclose(comm);
}

/* The process stands still in its exit and still has its memory. */
static void note_end(Tracer *tracer, pid_t pid) {
    if (tracer->ended) {
        note_name(tracer->left_behind, sizeof tracer->left_behind, pid);
        return;
    }
    FILE *status = open_proc(pid, "status");
    if (status == NULL)
        return;
    char line[256];
    unsigned long long value;
    uint64_t peak = 0;
    pid_t group = pid;
    while (fgets(line, sizeof line, status) != NULL) {
        if (sscanf(line, "VmHWM: %llu kB", &value) == 1)
            peak = value * 1024;
        else if (sscanf(line, "Tgid: %llu", &value) == 1)
            group = (pid_t)value;
        else if (sscanf(line, "voluntary_ctxt_switches: %llu", &value) == 1)
            tracer->voluntary_switches = value;
        else if (sscanf(line, "nonvoluntary_ctxt_switches: %llu", &value) == 1)
            tracer->involuntary_switches = value;
    }
    fclose(status);
    if (peak > tracer->peak_rss_bytes)
        tracer->peak_rss_bytes = peak;
    if (group != pid)
        return; /* one thread of several */
    FILE *stat_file = open_proc(pid, "stat");
    char text[1024];
    size_t length = stat_file == NULL ? 0 : fread(text, 1, sizeof text - 1, stat_file);
    if (stat_file != NULL)
        fclose(stat_file);
    text[length] = '\0';
    /* The name in parentheses may hold anything; the fields that follow start behind the last one. */
    const char *fields = strrchr(text, ')');
    unsigned long long minor, major;
    if (fields != NULL && sscanf(fields + 1, " %*c %*d %*d %*d %*d %*d %*u %llu %*u %llu", &minor, &major) == 2) {
        tracer->minor_faults = minor;
        tracer->major_faults = major;
    }
    unsigned long message;
    if (ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message) == 0)
        tracer->watched_status = (int)message;
    if (tracer->library != NULL && has_mapped(pid, tracer->library))
        tracer->library_seen = true;
    else if (tracer->library != NULL && tracer->descendants)
        note_name(tracer->unproven, sizeof tracer->unproven, pid);
    tracer->watched = tracer->descendants ? 0 : pid;
}

static void handle_stop(Tracer *tracer, pid_t pid, int status) {
    unsigned event = (unsigned)status >> 16;
    int signal_number = WSTOPSIG(status);
    long deliver = 0;
    switch (event) {
    case 0:
        deliver = signal_number;
        break;
    case PTRACE_EVENT_EXIT:
        if (!tracer->descendants || pid != tracer->leader)
            note_end(tracer, pid);
        break;
    case PTRACE_EVENT_EXEC:
        if (pid != tracer->leader)
            tracer->watched = pid;
        break;
    case PTRACE_EVENT_STOP:
        if (signal_number == SIGSTOP || signal_number == SIGTSTP || signal_number == SIGTTIN ||
            signal_number == SIGTTOU) {
            /* Stopped by a signal: it stays so until SIGCONT, as it would without us. */
            ptrace(PTRACE_LISTEN, pid, NULL, NULL);
            return;
        }
        break;
    default:
        break;
    }
    ptrace(PTRACE_CONT, pid, NULL, (void *)deliver);
}

/* Without ptrace, the youngest descendant in the line of first children is the program. */
static void find_watched(Tracer *tracer) {
    pid_t pid = tracer->leader;
    for (int depth = 0; depth < 4; depth++) {
        char name[64];
        snprintf(name, sizeof name, "task/%d/children", (int)pid);
        FILE *children = open_proc(pid, name);
        int child = 0;
        bool found = children != NULL && fscanf(children, "%d", &child) == 1;
        if (children != NULL)
            fclose(children);
        if (!found)
            break;
        pid = child;
    }
    if (pid != tracer->leader)
        tracer->watched = pid;
}

void tracer_handle_events(Tracer *tracer) {
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG | __WALL);
        if (pid < 0 && errno == EINTR)
            continue;
        if (pid <= 0)
            break;
        if (WIFSTOPPED(status)) {
            handle_stop(tracer, pid, status);
        } else if (pid == tracer->leader) {
            tracer->ended = true;
            tracer->wait_status = status;
        } else if (pid == tracer->companion) {
            tracer->companion_ended = true;
            tracer->companion_status = status;
        }
    }
    if (!tracer->active && tracer->descendants && !tracer->ended)
        find_watched(tracer);
}

static void kill_children(void) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)gettid());
    FILE *children = fopen(path, "re");
    int pid;
    while (children != NULL && fscanf(children, "%d", &pid) == 1)
        kill(pid, SIGKILL);
    if (children != NULL)
        fclose(children);
}

void tracer_finish(Tracer *tracer) {
    /* A process in an uninterruptible system call cannot be waited for for ever. */
    for (int round = 0; round < 2000; round++) {
        kill(-tracer->leader, SIGKILL);
        tracer_handle_events(tracer);
        if (waitid(P_ALL, 0, &(siginfo_t){0}, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL) != 0 && errno == ECHILD)
            return;
        kill_children();
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
}
