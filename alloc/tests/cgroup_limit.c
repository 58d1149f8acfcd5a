/*
 * cgroup_limit.c - the memory limit of a control group, as containers have. There nothing refuses memory: the kernel
 * ends who has too much resident. A process with LIVE bytes, all written, lives on under a limit of LIVE, half of that
 * and what the PageHeap keeps at most, however the sizes change; one that holds more than the limit is ended, which
 * shows that the limit was one.
 *
 * Needs the right to make a control group (77: there is none).
 */
#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MIB = 1 << 20, LIVE = 40 * MIB, KEPT = 48 * MIB, LIMIT = LIVE + LIVE / 2 + KEPT };

static char group[256];

static int write_to(const char *name, const char *text) {
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", group, name);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    int done = write(file, text, strlen(text)) == (ssize_t)strlen(text);
    close(file);
    return done;
}

/* 0: not here. Version 2 has one hierarchy, version 1 one for memory. */
static int make_group(void) {
    static const struct {
        const char *root, *limit, *swap;
    } versions[] = {
        {"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"},
        {"/sys/fs/cgroup", "memory.max", "memory.swap.max"},
    };
    char limit[32];
    snprintf(limit, sizeof(limit), "%d", LIMIT);
    for (size_t version = 0; version < 2; version++) {
        snprintf(group, sizeof(group), "%s/minipool-test-%d", versions[version].root, (int)getpid());
        if (mkdir(group, 0700) != 0)
            continue;
        if (write_to(versions[version].limit, limit)) {
            write_to(versions[version].swap, version == 0 ? limit : "0"); /* not where there is no swap */
            return 1;
        }
        rmdir(group);
    }
    return 0;
}

/* As many blocks of the size as are LIVE bytes, written whole, and all freed. */
static void fill(size_t size) {
    size_t count = LIVE / size;
    void **blocks = mp_malloc(count * sizeof(*blocks));
    CHECK(blocks != NULL, "%zu pointers", count);
    for (size_t i = 0; i < count; i++) {
        blocks[i] = mp_malloc(size);
        CHECK(blocks[i] != NULL, "block %zu of %zu bytes", i, size);
        memset(blocks[i], 0x5a, size);
    }
    for (size_t i = 0; i < count; i++)
        mp_free(blocks[i]);
    mp_free(blocks);
}

static void sizes_change(void) {
    static const size_t sizes[] = {64, 40 * MIB, 3000, 500000, 200, 100000, 5 * MIB, 1024, 12 * MIB, 30000};
    for (size_t round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
            fill(sizes[(i * 7 + round) % (sizeof(sizes) / sizeof(sizes[0]))]);
    mp_check();
}

static void too_much(void) {
    for (size_t held = 0; held < 2 * (size_t)LIMIT; held += MIB) {
        char *block = mp_malloc(MIB);
        CHECK(block != NULL, "after %zu bytes", held);
        memset(block, 0x5a, MIB);
    }
}

static int status_of(void (*work)(void)) {
    pid_t child = fork();
    CHECK(child >= 0, "fork");
    if (child == 0) {
        CHECK(write_to("cgroup.procs", "0"), "errno %d on entering %s", errno, group);
        work();
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child, "waitpid");
    return status;
}

int main(void) {
    size_t hardening = 1;
    CHECK(mp_option_get(MP_OPTION_HARDENING, &hardening) == 0, "level of hardening");
    if (hardening != 0 || !make_group()) {
        fprintf(stderr, "skipped: %s\n", hardening != 0 ? "hardened blocks take more" : "no control group can be made");
        return 77;
    }
    int fits = status_of(sizes_change), exceeds = status_of(too_much);
    rmdir(group);
    CHECK(fits == 0, "%d bytes under a limit of %d: status %#x", LIVE, LIMIT, (unsigned)fits);
    CHECK(WIFSIGNALED(exceeds) && WTERMSIG(exceeds) == SIGKILL, "more than the limit: status %#x", (unsigned)exceeds);
    return 0;
}
