/*
 * ballast.c - see ballast.h.
 */
#include "ballast.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/text.h"

int ballast_run(const char *mebibytes, char **command) {
    uint64_t size;
    if (!text_to_u64(mebibytes, 1, 1 << 20, &size)) {
        fprintf(stderr, "selftest: ballast %s: must be a number of MiB\n", mebibytes);
        return 2;
    }
    size <<= 20;
    char *ballast = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ballast == MAP_FAILED) {
        fprintf(stderr, "selftest: ballast of %s MiB: %s\n", mebibytes, strerror(errno));
        return 1;
    }
    memset(ballast, 1, size);
    __asm__ volatile("" ::"r"(ballast) : "memory");
    pid_t pid = fork();
    if (pid == 0) {
        execv(command[0], command);
        _exit(127);
    }
    int status = 0;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
