/*
 * machine.c - see machine.h.
 */
#include "machine.h"

#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../store/text.h"

static FILE *open_below(const char *root, const char *path) {
    char *full = text_format("%s%s", root, path);
    FILE *file = fopen(full, "re");
    free(full);
    return file;
}

char *machine_line(const char *root, const char *path) {
    FILE *file = open_below(root, path);
    char *line = NULL, *result = NULL;
    size_t capacity = 0;
    if (file != NULL && getline(&line, &capacity, file) > 0) {
        const char *text = text_trim(line);
        if (*text != '\0')
            result = text_copy(text);
    }
    free(line);
    if (file != NULL)
        fclose(file);
    return result;
}

char *machine_value(const char *root, const char *path, const char *key) {
    FILE *file = open_below(root, path);
    char *line = NULL, *result = NULL;
    size_t capacity = 0, length = strlen(key);
    while (file != NULL && result == NULL && getline(&line, &capacity, file) > 0) {
        if (strncmp(line, key, length) != 0 || strchr(" \t:=", line[length]) == NULL || line[length] == '\0')
            continue;
        char *value = line + length + strspn(line + length, " \t");
        const char *separator = strpbrk(line + length, ":=");
        if (separator != NULL && separator != value)
            continue; /* the key is only the beginning of this one */
        if (separator != NULL)
            value++;
        value = text_trim(value);
        size_t end = strlen(value);
        if (end >= 2 && value[0] == '"' && value[end - 1] == '"') {
            value[end - 1] = '\0';
            value++;
        }
        if (*value != '\0')
            result = text_copy(value);
    }
    free(line);
    if (file != NULL)
        fclose(file);
    return result;
}

char *machine_choice(const char *root, const char *path) {
    char *line = machine_line(root, path);
    const char *open = line == NULL ? NULL : strchr(line, '[');
    if (open == NULL)
        return line;
    char *choice = text_copy_part(open + 1, strcspn(open + 1, "]"));
    free(line);
    return choice;
}

bool machine_number(const char *root, const char *path, int64_t *value) {
    char *line = machine_line(root, path);
    int64_t number;
    bool good = line != NULL && sscanf(line, "%" SCNd64, &number) == 1;
    if (good)
        *value = number;
    free(line);
    return good;
}

bool machine_memory(const char *root, const char *key, uint64_t *bytes) {
    char *text = machine_value(root, "/proc/meminfo", key);
    uint64_t kilobytes;
    bool good = text != NULL && sscanf(text, "%" SCNu64, &kilobytes) == 1;
    if (good)
        *bytes = kilobytes * 1024;
    free(text);
    return good;
}

bool machine_has(const char *root, const char *path) {
    char *full = text_format("%s%s", root, path);
    bool has = access(full, F_OK) == 0;
    free(full);
    return has;
}

uint32_t machine_count_list(const char *root, const char *path) {
    char *line = machine_line(root, path);
    TextList parts = {0};
    uint32_t count = 0;
    text_list_split(&parts, line == NULL ? "" : line, ',');
    for (size_t i = 0; i < parts.count; i++) {
        uint32_t first, last;
        int numbers = sscanf(parts.items[i], "%" SCNu32 "-%" SCNu32, &first, &last);
        if (numbers == 1)
            count++;
        else if (numbers == 2 && last >= first)
            count += last - first + 1;
    }
    text_list_release(&parts);
    free(line);
    return count;
}

char *machine_lines_of_all(const char *root, const char *pattern) {
    char *full = text_format("%s%s", root, pattern);
    glob_t found = {0};
    TextList lines = {0};
    int failed = glob(full, 0, NULL, &found);
    for (size_t i = 0; failed == 0 && i < found.gl_pathc; i++) {
        char *line = machine_line("", found.gl_pathv[i]);
        bool known = line == NULL;
        for (size_t k = 0; k < lines.count && !known; k++)
            known = strcmp(lines.items[k], line) == 0;
        if (known)
            free(line);
        else
            text_list_add(&lines, line);
    }
    globfree(&found);
    free(full);
    char *joined = lines.count == 0 ? NULL : text_copy(lines.items[0]);
    for (size_t i = 1; i < lines.count; i++) {
        char *longer = text_format("%s, %s", joined, lines.items[i]);
        free(joined);
        joined = longer;
    }
    text_list_release(&lines);
    return joined;
}

bool machine_turbo(const char *root, bool *on) {
    int64_t value;
    if (machine_number(root, "/sys/devices/system/cpu/intel_pstate/no_turbo", &value)) {
        *on = value == 0;
        return true;
    }
    if (machine_number(root, "/sys/devices/system/cpu/cpufreq/boost", &value)) {
        *on = value != 0;
        return true;
    }
    return false;
}

bool machine_has_pmu(const char *root) {
    static const char *const patterns[] = {"cpu", "cpu_core", "armv8*", "armv9*"}; /* hybrid processors: cpu_core */
    bool found = false;
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0] && !found; i++) {
        char *full = text_format("%s/sys/bus/event_source/devices/%s", root, patterns[i]);
        glob_t matches = {0};
        found = glob(full, 0, NULL, &matches) == 0;
        globfree(&matches);
        free(full);
    }
    return found;
}

/* The path of this process's group in the hierarchy of `controller` ("" is that of version 2); owned, "/" if unknown.
 */
static char *group_of(const char *root, const char *controller) {
    FILE *file = open_below(root, "/proc/self/cgroup");
    char *line = NULL, *group = NULL;
    size_t capacity = 0;
    while (file != NULL && group == NULL && getline(&line, &capacity, file) > 0) {
        char *names = strchr(line, ':'), *path = names == NULL ? NULL : strchr(names + 1, ':');
        if (path == NULL)
            continue;
        *path++ = '\0';
        TextList list = {0};
        text_list_split(&list, names + 1, ',');
        bool mine = *controller == '\0' && list.count == 0;
        for (size_t i = 0; i < list.count && !mine; i++)
            mine = strcmp(list.items[i], controller) == 0;
        text_list_release(&list);
        if (mine)
            group = text_copy(text_trim(path));
    }
    free(line);
    if (file != NULL)
        fclose(file);
    return group == NULL ? text_copy("/") : group;
}

/* Calls look() for the group's folder and every one above it up to the mount; outside of this process's view of the
 * hierarchy some are not there, and their files cannot be read. */
static void for_each_level(const char *root, const char *mount, const char *controller,
                           void (*look)(const char *root, const char *folder, CgroupLimits *limits),
                           CgroupLimits *limits) {
    char *group = group_of(root, controller);
    for (;;) {
        char *folder = text_format("%s%s", mount, strcmp(group, "/") == 0 ? "" : group);
        look(root, folder, limits);
        free(folder);
        char *slash = strrchr(group, '/');
        if (slash == NULL || group[1] == '\0')
            break;
        slash[slash == group ? 1 : 0] = '\0';
    }
    free(group);
}

static void tighten_memory(CgroupLimits *limits, int64_t bytes) {
    static const int64_t UNLIMITED = INT64_C(1) << 60; /* version 1 writes a huge number */
    if (bytes > 0 && bytes < UNLIMITED && (limits->memory_bytes == 0 || (uint64_t)bytes < limits->memory_bytes))
        limits->memory_bytes = (uint64_t)bytes;
}

static void tighten_cpus(CgroupLimits *limits, int64_t quota, int64_t period) {
    double cpus = quota > 0 && period > 0 ? (double)quota / (double)period : 0;
    if (cpus > 0 && (limits->cpus <= 0 || cpus < limits->cpus))
        limits->cpus = cpus;
}

static bool number_in(const char *root, const char *folder, const char *name, int64_t *value) {
    char *path = text_format("%s/%s", folder, name);
    bool good = machine_number(root, path, value);
    free(path);
    return good;
}

static void note_throttled(const char *root, const char *folder, CgroupLimits *limits) {
    char *path = text_format("%s/cpu.stat", folder), *text = machine_value(root, path, "nr_throttled");
    uint64_t count;
    if (text != NULL && sscanf(text, "%" SCNu64, &count) == 1 && count > limits->throttled)
        limits->throttled = count;
    free(text);
    free(path);
}

static void look_unified(const char *root, const char *folder, CgroupLimits *limits) {
    int64_t bytes, quota, period;
    if (number_in(root, folder, "memory.max", &bytes)) /* "max" is no number: no limit */
        tighten_memory(limits, bytes);
    char *path = text_format("%s/cpu.max", folder), *line = machine_line(root, path);
    if (line != NULL && sscanf(line, "%" SCNd64 " %" SCNd64, &quota, &period) == 2)
        tighten_cpus(limits, quota, period);
    free(line);
    free(path);
    note_throttled(root, folder, limits);
}

static void look_memory(const char *root, const char *folder, CgroupLimits *limits) {
    int64_t bytes;
    if (number_in(root, folder, "memory.limit_in_bytes", &bytes))
        tighten_memory(limits, bytes);
}

static void look_cpu(const char *root, const char *folder, CgroupLimits *limits) {
    int64_t quota, period;
    if (number_in(root, folder, "cpu.cfs_quota_us", &quota) && number_in(root, folder, "cpu.cfs_period_us", &period))
        tighten_cpus(limits, quota, period);
    note_throttled(root, folder, limits);
}

CgroupLimits machine_cgroup(const char *root) {
    CgroupLimits limits = {0};
    if (machine_has(root, "/sys/fs/cgroup/cgroup.controllers")) {
        limits.version = 2;
        for_each_level(root, "/sys/fs/cgroup", "", look_unified, &limits);
    } else if (machine_has(root, "/sys/fs/cgroup/memory") || machine_has(root, "/sys/fs/cgroup/cpu")) {
        limits.version = 1;
        for_each_level(root, "/sys/fs/cgroup/memory", "memory", look_memory, &limits);
        for_each_level(root, "/sys/fs/cgroup/cpu", "cpu", look_cpu, &limits);
    }
    return limits;
}

bool machine_cpu_ticks(const char *root, CpuTicks *ticks) {
    enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, FIELDS }; /* guest time is part of user and nice */
    uint64_t field[FIELDS];
    char *text = machine_value(root, "/proc/stat", "cpu"), *at = text;
    size_t count = 0;
    for (char *end; at != NULL && count < FIELDS; at = end, count++) {
        field[count] = strtoull(at, &end, 10);
        if (end == at)
            break;
    }
    free(text);
    if (count < FIELDS)
        return false;
    *ticks = (CpuTicks){.idle = field[IDLE] + field[IOWAIT], .steal = field[STEAL]};
    for (size_t i = 0; i < FIELDS; i++)
        ticks->total += field[i];
    return true;
}

/* Clouds and emulators name themselves in the firmware's tables. */
static char *vendor_of_guest(const char *root) {
    static const char *const known[][2] = {
        {"QEMU", "kvm"},           {"KVM", "kvm"},           {"Amazon EC2", "amazon"},   {"Google", "google"},
        {"VMware", "vmware"},      {"VirtualBox", "oracle"}, {"Microsoft", "microsoft"}, {"Xen", "xen"},
        {"Parallels", "parallels"}};
    char *vendor = machine_line(root, "/sys/class/dmi/id/sys_vendor");
    char *product = machine_line(root, "/sys/class/dmi/id/product_name");
    char *found = NULL;
    for (size_t i = 0; i < sizeof known / sizeof known[0] && found == NULL; i++) {
        if ((vendor != NULL && strstr(vendor, known[i][0]) != NULL) ||
            (product != NULL && strstr(product, known[i][0]) != NULL))
            found = text_copy(known[i][1]);
    }
    free(vendor);
    free(product);
    return found;
}

char *machine_virtualisation(const char *root) {
    char *flags = machine_value(root, "/proc/cpuinfo", "flags"), *guest = NULL;
    char *padded = text_format(" %s ", flags == NULL ? "" : flags);
    if (strstr(padded, " hypervisor ") != NULL) {
        /* Without the processor's flag a vendor's name means its own hardware. */
        guest = vendor_of_guest(root);
        if (guest == NULL)
            guest = text_copy("a hypervisor");
    }
    free(padded);
    free(flags);
    const char *container = machine_has(root, "/.dockerenv")              ? "docker"
                            : machine_has(root, "/run/.containerenv")     ? "podman"
                            : machine_has(root, "/run/systemd/container") ? "a container"
                                                                          : NULL;
    if (container == NULL)
        return guest;
    char *both = guest == NULL ? text_copy(container) : text_format("%s in %s", container, guest);
    free(guest);
    return both;
}
