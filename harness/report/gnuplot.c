/*
 * gnuplot.c - one gnuplot process a chart, without the user's own gnuplot settings, so that charts are the same for
 * all.
 */
#include "gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../store/text.h"

extern char **environ;

enum { OUTPUT_BYTES = 4096 };

/* Runs argv in `folder` (NULL: here); stdout and stderr go into `output`, cut and closed with a NUL. Returns the exit
 * code, or -1 when the program could not be started or ended by a signal. */
static int run_quietly(char *const argv[], const char *folder, char output[OUTPUT_BYTES]) {
    output[0] = '\0';
    int file = memfd_create("gnuplot output", MFD_CLOEXEC);
    if (file < 0)
        return -1;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, file, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, file, STDERR_FILENO);
    if (folder)
        posix_spawn_file_actions_addchdir_np(&actions, folder);
    pid_t child;
    int status = 0, started = posix_spawnp(&child, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (started == 0)
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
    ssize_t length = pread(file, output, OUTPUT_BYTES - 1, 0);
    output[length > 0 ? length : 0] = '\0';
    close(file);
    return started == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

char *gnuplot_version(void) {
    char output[OUTPUT_BYTES];
    char *argv[] = {"gnuplot", "--version", NULL};
    if (run_quietly(argv, NULL, output) != 0)
        return NULL;
    output[strcspn(output, "\n")] = '\0';
    return text_copy(text_trim(output));
}

/* folder/below when it holds the scripts; owned, else NULL. */
static char *scripts_below(const char *folder, const char *below) {
    char *scripts = text_format("%s/%s", folder, below), *style = text_format("%s/style.gp", scripts);
    bool found = access(style, R_OK) == 0;
    free(style);
    if (found)
        return scripts;
    free(scripts);
    return NULL;
}

/* Walks up from the program: BUILD/harness/allocbench finds BUILD/scripts/charts, PREFIX/bin/allocbench finds
 * PREFIX/share/allocbench/charts. */
char *gnuplot_scripts_folder(void) {
    enum { LEVELS = 4 };
    char folder[PATH_MAX], *scripts = NULL;
    ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    folder[length > 0 ? length : 0] = '\0';
    for (int level = 0; level < LEVELS && !scripts; level++) {
        char *slash = strrchr(folder, '/');
        if (!slash)
            break;
        *slash = '\0';
        scripts = scripts_below(folder, "scripts/charts");
        if (!scripts)
            scripts = scripts_below(folder, "share/allocbench/charts");
    }
    return scripts;
}

/* A path as a gnuplot string. */
static char *quoted(const char *path) {
    char *text = zeroed(2 * strlen(path) + 3, 1), *end = text;
    *end++ = '\'';
    for (; *path; path++) {
        if (*path == '\'')
            *end++ = '\'';
        *end++ = *path;
    }
    *end = '\'';
    return text;
}

/* What gnuplot says is a line of the script, a caret and the message: people need the last line. */
static char *last_line(char *output) {
    char *text = text_trim(output), *newline = strrchr(text, '\n');
    return text_copy(newline ? newline + 1 : text);
}

char *gnuplot_picture(const char *name, size_t page, const char *format) {
    return page == 1 ? text_format("%s.%s", name, format) : text_format("%s_%zu.%s", name, page, format);
}

bool gnuplot_draw(const char *scripts, const char *folder, const char *name, size_t page, const char *format,
                  char **error) {
    char output[OUTPUT_BYTES];
    char *folder_of_scripts = quoted(scripts), *picture = gnuplot_picture(name, page, format);
    char *variables = text_format("name = '%s'; page = %zu; format = '%s'; picture = '%s'; scripts = %s", name, page,
                                  format, picture, folder_of_scripts);
    char *script = text_format("%s/%s.gp", scripts, name);
    char *argv[] = {"gnuplot", "--default-settings", "-e", variables, script, NULL};
    int code = run_quietly(argv, folder, output);
    *error = code == 0 ? NULL : last_line(output);
    free(folder_of_scripts);
    free(picture);
    free(variables);
    free(script);
    return code == 0;
}
