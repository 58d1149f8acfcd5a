/*
 * command_testing.h - stored fake runs, and subcommands called in this process with what they print caught.
 */
#ifndef ALLOCBENCH_TESTS_COMMAND_TESTING_H
#define ALLOCBENCH_TESTS_COMMAND_TESTING_H

#include <fcntl.h>

#include "analysis_fake_run.h"
#include "commands/command.h"
#include "testing.h"

static char printed[1 << 18]; /* by the last command, on stdout and stderr */

static inline int run_command(int (*command)(int, char **), ...) {
    char *argv[16] = {(char *)"allocbench"};
    int argc = 1;
    va_list arguments;
    va_start(arguments, command);
    while ((argv[argc] = va_arg(arguments, char *)) != NULL)
        argc++;
    va_end(arguments);

    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stdout);
    int saved[2] = {dup(1), dup(2)};
    dup2(fileno(file), 1);
    dup2(fileno(file), 2);
    int code = command(argc, argv);
    fflush(stdout);
    dup2(saved[0], 1);
    dup2(saved[1], 2);
    close(saved[0]);
    close(saved[1]);
    ssize_t length = pread(fileno(file), printed, sizeof printed - 1, 0);
    printed[length > 0 ? length : 0] = '\0';
    fclose(file);
    return code;
}

/* The same in a process of its own, for what a command ends by exit(); `arguments` is a line for the shell. */
static inline int run_program(const char *arguments) {
    char *command = text_format("%s %s 2>&1", TEST_ALLOCBENCH, arguments);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    printed[fread(printed, 1, sizeof printed - 1, pipe)] = '\0';
    free(command);
    return WEXITSTATUS(pclose(pipe));
}

static inline void assert_printed(const char *part) {
    if (strstr(printed, part) == NULL)
        fail_msg("\"%s\" is not in:\n%s", part, printed);
}

/* One line, as every refusal must be. */
static inline void assert_refused(int code, const char *part) {
    assert_printed(part);
    assert_int_equal(code, EXIT_CODE_USAGE);
    assert_int_equal(strncmp(printed, "allocbench: ", 12), 0);
    assert_ptr_equal(strchr(printed, '\n'), printed + strlen(printed) - 1);
}

static inline void store_run(const Run *run, const char *folder) {
    StoreError error;
    RunWriter *writer = run_writer_create(folder, &run->meta, &error);
    if (writer == NULL)
        fail_msg("%s", error.text);
    for (size_t i = 0; i < run->sample_count; i++)
        assert_true(run_writer_append(writer, &run->samples[i], &error));
    run_writer_close(writer);
}

static inline char *read_whole_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    struct stat status;
    assert_int_equal(fstat(fileno(file), &status), 0);
    char *data = zeroed((size_t)status.st_size + 1, 1);
    *length = fread(data, 1, (size_t)status.st_size, file);
    assert_int_equal(*length, status.st_size);
    fclose(file);
    return data;
}

#endif
