/*
 * cgroup.c - see cgroup.h.
 */
#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../store/text.h"

#define GROUP_PREFIX "allocbench-"
#define LIMIT_V1 "memory.limit_in_bytes"
#define LIMIT_V2 "memory.max"

/* Where groups are made; NULL: nowhere. Lives as long as the program. */
static char *place;
static bool unified;

static bool write_value(const char *folder, const char *name, const char *text) {
    char *path = text_format("%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    int failure = errno;
    if (fd >= 0)
        close(fd);
    free(path);
    errno = failure;
    return good;
}

static bool has_file(const char *folder, const char *name) {
    char *path = text_format("%s/%s", folder, name);
    bool there = access(path, F_OK) == 0;
    free(path);
    return there;
}

static bool set_limit(const char *folder, uint64_t bytes) {
    char *text = text_format("%" PRIu64, bytes);
    bool good;
    if (unified) {
        /* Without swap in the kernel there is no such file, and nothing to forbid. */
        good = write_value(folder, LIMIT_V2, text) &&
               (!has_file(folder, "memory.swap.max") || write_value(folder, "memory.swap.max", "0"));
    } else {
        good = write_value(folder, LIMIT_V1, text) && (!has_file(folder, "memory.memsw.limit_in_bytes") ||
                                                       write_value(folder, "memory.memsw.limit_in_bytes", text));
    }
    free(text);
    return good;
}

/* The line of /proc/self/cgroup for v2 ("0::PATH") or for v1's memory ("N:...,memory,...:PATH"); owned, NULL: none. */
static char *own_path(bool of_unified) {
    FILE *file = fopen("/proc/self/cgroup", "re");
    char *line = NULL, *found = NULL;
    size_t capacity = 0;
    while (file != NULL && found == NULL && getline(&line, &capacity, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *path = controllers == NULL ? NULL : strchr(controllers + 1, ':');
        if (path == NULL)
            continue;
        *path++ = '\0';
        TextList list = {0};
        text_list_split(&list, controllers + 1, ',');
        bool wanted = of_unified && list.count == 0;
        for (size_t i = 0; i < list.count && !of_unified; i++)
            wanted = wanted || strcmp(list.items[i], "memory") == 0;
        text_list_release(&list);
        if (wanted)
            found = text_copy(path);
    }
    free(line);
    if (file != NULL)
        fclose(file);
    return found;
}

/* The folder of this process's own group, as mounted here; owned, NULL: not mounted. Fields of mountinfo: ... root (4)
 * mount point (5) ... - type source options. Of a container's mount only the part below its root is visible. */
static char *own_folder(bool of_unified) {
    char *path = own_path(of_unified), *found = NULL, *line = NULL;
    FILE *file = path == NULL ? NULL : fopen("/proc/self/mountinfo", "re");
    size_t capacity = 0;
    while (file != NULL && found == NULL && getline(&line, &capacity, file) > 0) {
        char root[512], point[512], type[64], options[512];
        const char *rest = strstr(line, " - ");
        if (rest == NULL || sscanf(line, "%*s %*s %*s %511s %511s", root, point) != 2 ||
            sscanf(rest, " - %63s %*s %511s", type, options) != 2)
            continue;
        bool wanted = of_unified ? strcmp(type, "cgroup2") == 0
                                 : strcmp(type, "cgroup") == 0 && strstr(options, "memory") != NULL;
        if (!wanted)
            continue;
        size_t hidden = strcmp(root, "/") == 0 ? 0 : strlen(root);
        const char *below = strncmp(path, root, hidden) == 0 ? path + hidden : "";
        found = text_format("%s%s", point, strcmp(below, "/") == 0 ? "" : below);
    }
    free(line);
    free(path);
    if (file != NULL)
        fclose(file);
    return found;
}

static bool remove_folder(const char *folder) {
    /* The kernel lets go of the last process some time after it was reaped. */
    for (int round = 0; round < 1000; round++) {
        if (rmdir(folder) == 0 || errno == ENOENT)
            return true;
        if (errno != EBUSY)
            return false;
        nanosleep(&(struct timespec){0, 2000000}, NULL);
    }
    return false;
}

/* Groups of programs that are no more. */
static void sweep(const char *folder) {
    DIR *directory = opendir(folder);
    struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        int pid;
        if (sscanf(entry->d_name, GROUP_PREFIX "%d-", &pid) == 1 && kill(pid, 0) != 0 && errno == ESRCH)
            (void)unlinkat(dirfd(directory), entry->d_name, AT_REMOVEDIR);
    }
    if (directory != NULL)
        closedir(directory);
}

static bool enter_in_child(const char *group_file) {
    pid_t child = fork();
    if (child == 0) {
        int fd = open(group_file, O_WRONLY | O_CLOEXEC);
        _exit(fd >= 0 && write(fd, "0", 1) == 1 ? 0 : 1);
    }
    int status = -1;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool make_group(const char *folder, uint64_t limit_bytes, Cgroup *group) {
    static unsigned count;
    group->folder = text_format("%s/" GROUP_PREFIX "%d-%u", folder, (int)getpid(), count++);
    group->group_file = text_format("%s/cgroup.procs", group->folder);
    if (mkdir(group->folder, 0755) == 0) {
        if (set_limit(group->folder, limit_bytes))
            return true;
        int failure = errno;
        rmdir(group->folder);
        errno = failure;
    }
    int failure = errno;
    free(group->folder);
    free(group->group_file);
    *group = (Cgroup){0};
    errno = failure;
    return false;
}

/* Takes the folder. */
static bool try_place(char *folder, bool of_unified) {
    Cgroup trial;
    bool good = false;
    unified = of_unified;
    sweep(folder);
    if (make_group(folder, UINT64_C(1) << 30, &trial)) {
        good = enter_in_child(trial.group_file);
        (void)cgroup_remove(&trial);
    }
    if (good)
        place = folder;
    else
        free(folder);
    return good;
}

bool cgroup_is_available(void) {
    static bool tried;
    if (tried)
        return place != NULL;
    tried = true;
    char *folder = own_folder(false);
    if (folder != NULL && try_place(folder, false))
        return true;
    folder = own_folder(true);
    if (folder == NULL)
        return false;
    char *beside = text_format("%s/..", folder);
    /* The parent of the visible root is no group. */
    bool has_parent = has_file(beside, "cgroup.procs");
    if (try_place(folder, true) || (has_parent && try_place(text_copy(beside), true))) {
        free(beside);
        return true;
    }
    free(beside);
    return false;
}

bool cgroup_create(uint64_t limit_bytes, Cgroup *group, StoreError *error) {
    if (cgroup_is_available() && make_group(place, limit_bytes, group))
        return true;
    snprintf(error->text, sizeof error->text, "cannot make a control group in %s: %s",
             place == NULL ? "/sys/fs/cgroup" : place, strerror(errno));
    return false;
}

uint64_t cgroup_oom_kills(const Cgroup *group) {
    char *path = text_format("%s/%s", group->folder, unified ? "memory.events" : "memory.oom_control");
    FILE *file = fopen(path, "re");
    char line[128];
    uint64_t kills = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "oom_kill %" SCNu64, &kills) == 1)
            break;
    }
    if (file != NULL)
        fclose(file);
    free(path);
    return kills;
}

bool cgroup_remove(Cgroup *group) {
    bool gone = group->folder == NULL || remove_folder(group->folder);
    free(group->folder);
    free(group->group_file);
    *group = (Cgroup){0};
    return gone;
}
