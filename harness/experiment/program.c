/*
 * program.c - see program.h.
 */
#include "program.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ini_file.h"
#include "places.h"
#include "process.h"
#include "suite.h"

enum { PREPARE_TIMEOUT_MS = 300000 };

static bool on_key(void *user, const char *section, const char *key, const char *value, StoreError *what) {
    Program *program = user;
    const struct {
        const char *key;
        char **field;
    } fields[] = {
        {"summary", &program->summary},
        {"package", &program->package},
        {"prepare", &program->prepare},
        {"command", &program->command},
    };
    if (strcmp(section, "program") != 0) {
        snprintf(what->text, sizeof what->text, "unknown section [%s]; there is only [program]", section);
        return false;
    }
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strcmp(fields[i].key, key) != 0)
            continue;
        *fields[i].field = text_copy(value);
        return true;
    }
    snprintf(what->text, sizeof what->text, "[program] has no key '%s'; it has summary, package, prepare, command",
             key);
    return false;
}

Program *program_load(const char *name, StoreError *error) {
    char *path = strchr(name, '/') != NULL ? text_copy(name) : suite_find_file(places_programs(), name);
    if (path == NULL) {
        snprintf(error->text, sizeof error->text,
                 "unknown program '%s'; 'allocbench list programs' shows those there are", name);
        return NULL;
    }
    Program *program = zeroed(1, sizeof *program);
    program->path = path;
    const char *slash = strrchr(path, '/');
    const char *file = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(file, '.');
    program->name = text_copy_part(file, dot == NULL ? strlen(file) : (size_t)(dot - file));
    if (!ini_file_read(path, on_key, program, error)) {
        program_free(program);
        return NULL;
    }
    if (program->command == NULL || *program->command == '\0') {
        snprintf(error->text, sizeof error->text, "%s: [program] has no command; add 'command = ...'", path);
        program_free(program);
        return NULL;
    }
    if (program->prepare != NULL && program->prepare[0] != '/') {
        char *script = text_format("%.*s%s", (int)(file - path), path, program->prepare);
        free(program->prepare);
        program->prepare = script;
    }
    return program;
}

void program_free(Program *program) {
    if (program == NULL)
        return;
    free(program->name);
    free(program->path);
    free(program->summary);
    free(program->package);
    free(program->prepare);
    free(program->command);
    free(program);
}

TextList program_names(void) {
    return suite_list_files(places_programs());
}

char *program_executable(const char *command) {
    command += strspn(command, " \t");
    return text_copy_part(command, strcspn(command, " \t"));
}

char *program_unsupported(const Program *program) {
    if (!process_find("hyperfine", NULL))
        return text_copy("hyperfine is not installed: apt-get install hyperfine");
    char *executable = program_executable(program->command);
    bool found = strchr(executable, '/') != NULL ? access(executable, X_OK) == 0 : process_find(executable, NULL);
    char *problem = NULL;
    if (!found)
        problem = text_format("%s is not installed: apt-get install %s", executable,
                              program->package == NULL ? executable : program->package);
    else if (program->prepare != NULL && access(program->prepare, R_OK) != 0)
        problem = text_format("the script %s is missing; restore it", program->prepare);
    free(executable);
    return problem;
}

bool program_prepare(const Program *program, const char *scratch, StoreError *error) {
    if (program->prepare == NULL)
        return true;
    char *argv[] = {"sh", program->prepare, (char *)scratch, NULL};
    char *output;
    int code = process_capture(argv, PREPARE_TIMEOUT_MS, &output);
    free(output);
    if (code != 0)
        snprintf(error->text, sizeof error->text, "%s failed with code %d; run it by hand: sh %s FOLDER",
                 program->prepare, code, program->prepare);
    return code == 0;
}

char *program_sha256(const Program *program) {
    char *description = process_sha256(program->path);
    char *script = program->prepare == NULL ? NULL : process_sha256(program->prepare);
    if (description == NULL || script == NULL) {
        free(script);
        return description;
    }
    /* Both hashes side by side: each stays checkable with sha256sum. */
    char *both = text_format("%s+%s", description, script);
    free(description);
    free(script);
    return both;
}
