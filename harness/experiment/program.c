/*
 * program.c - see program.h.
 */
#include "program.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wordexp.h>

#include "elf_program.h"
#include "ini_file.h"
#include "places.h"
#include "process.h"
#include "suite.h"

enum { SCRIPT_TIMEOUT_MS = 300000 };

static bool set_number(uint64_t *field, const char *key, const char *value, StoreError *what) {
    if (text_to_u64(value, 1, UINT64_C(1) << 40, field))
        return true;
    snprintf(what->text, sizeof what->text, "%s = '%s': give a whole number above 0", key, value);
    return false;
}

static bool on_key(void *user, const char *section, const char *key, const char *value, StoreError *what) {
    Program *program = user;
    const struct {
        const char *key;
        char **field;
    } fields[] = {
        {"summary", &program->summary}, {"models", &program->models}, {"package", &program->package},
        {"prepare", &program->prepare}, {"before", &program->before}, {"command", &program->command},
        {"server", &program->server},   {"ready", &program->ready},   {"load", &program->load},
        {"metric", &program->metric},   {"check", &program->check},
    };
    if (strcmp(section, "program") != 0) {
        snprintf(what->text, sizeof what->text, "unknown section [%s]; there is only [program]", section);
        return false;
    }
    if (strcmp(key, "requests") == 0)
        return set_number(&program->requests, key, value, what);
    if (strcmp(key, "usual_ms") == 0)
        return set_number(&program->usual_ms, key, value, what);
    if (strcmp(key, "ignore_output") == 0) {
        program->ignore_output = strcmp(value, "yes") == 0;
        return program->ignore_output || strcmp(value, "no") == 0 ||
               store_complain(what, "ignore_output = %s: must be yes or no", value);
    }
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strcmp(fields[i].key, key) != 0)
            continue;
        *fields[i].field = text_copy(value);
        return true;
    }
    snprintf(what->text, sizeof what->text,
             "[program] has no key '%s'; it has summary, models, package, usual_ms, prepare, before, check, "
             "ignore_output and either command or server, ready, load, requests, metric",
             key);
    return false;
}

/* ---- commands ---- */

/* 'text' with every mark replaced; owned. */
static char *replace(const char *text, const char *mark, const char *with) {
    char *result = text_copy("");
    for (const char *found; (found = strstr(text, mark)) != NULL; text = found + strlen(mark)) {
        char *longer = text_format("%s%.*s%s", result, (int)(found - text), text, with);
        free(result);
        result = longer;
    }
    char *whole = text_format("%s%s", result, text);
    free(result);
    return whole;
}

/* The folder is put in after the line was split, so it may hold any character. */
bool program_words(const char *command, const char *scratch, TextList *words) {
    static const char stand_in[] = "\001", stand_in_socket[] = "\001/socket";
    char *marked = replace(command, "{scratch}", stand_in);
    char *line = replace(marked, "{socket}", stand_in_socket);
    wordexp_t expanded;
    int code = wordexp(line, &expanded, WRDE_NOCMD | WRDE_UNDEF);
    for (size_t i = 0; code == 0 && i < expanded.we_wordc; i++)
        text_list_add(words, replace(expanded.we_wordv[i], stand_in, scratch));
    if (code == 0 || code == WRDE_NOSPACE)
        wordfree(&expanded);
    free(line);
    free(marked);
    return code == 0 && words->count > 0;
}

char *program_executable(const char *command) {
    TextList words = {0};
    char *executable = NULL;
    if (program_words(command, "", &words)) {
        size_t i = 0;
        if (strcmp(words.items[0], "env") == 0) {
            for (i = 1; i < words.count && strchr(words.items[i], '=') != NULL; i++)
                continue;
            if (i < words.count && words.items[i][0] == '-') /* an option of env */
                i = 0;
        }
        executable = i < words.count ? text_copy(words.items[i]) : NULL;
    }
    text_list_release(&words);
    return executable;
}

char *program_file(const char *executable) {
    char *file = NULL;
    struct stat status;
    if (strchr(executable, '/') == NULL)
        (void)process_find(executable, &file);
    else if (access(executable, X_OK) == 0)
        file = text_copy(executable);
    if (file != NULL && stat(file, &status) == 0 && S_ISREG(status.st_mode))
        return file;
    free(file);
    return NULL;
}

/* ---- loading ---- */

static const char *missing_key(const Program *program) {
    const struct {
        const char *key;
        bool given;
    } keys[] = {
        {"ready", program->ready != NULL},
        {"load", program->load != NULL},
        {"metric", program->metric != NULL},
        {"requests", program->requests > 0},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (!keys[i].given)
            return keys[i].key;
    }
    return NULL;
}

static bool check_commands(const Program *program, StoreError *error) {
    const struct {
        const char *key, *command;
    } commands[] = {
        {"command", program->server == NULL ? program->command : NULL},
        {"server", program->server},
        {"ready", program->ready},
        {"load", program->load},
        {"check", program->check},
    };
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        char *executable = commands[i].command == NULL ? NULL : program_executable(commands[i].command);
        bool good = commands[i].command == NULL || executable != NULL;
        free(executable);
        if (good)
            continue;
        snprintf(error->text, sizeof error->text,
                 "%s: %s = %s: no command that can be run without a shell; put quotes around special characters",
                 program->path, commands[i].key, commands[i].command);
        return false;
    }
    return true;
}

static bool complete(Program *program, StoreError *error) {
    bool has_command = program->command != NULL && *program->command != '\0';
    bool has_server = program->server != NULL && *program->server != '\0';
    const char *missing = has_server ? missing_key(program) : NULL;
    if (!has_server && (program->ready != NULL || program->load != NULL || program->metric != NULL)) {
        snprintf(error->text, sizeof error->text,
                 "%s: ready, load and metric belong to a server; add 'server = ...' or remove them", program->path);
    } else if (!has_server && !has_command) {
        snprintf(error->text, sizeof error->text,
                 "%s: [program] has no command; add 'command = ...', or 'server = ...' for a server", program->path);
    } else if (has_server && program->command != NULL) {
        snprintf(error->text, sizeof error->text, "%s: [program] has both command and server; remove one",
                 program->path);
    } else if (missing != NULL) {
        snprintf(error->text, sizeof error->text, "%s: a server needs '%s = ...'; add it", program->path, missing);
    } else if (check_commands(program, error)) {
        if (has_server)
            program->command = text_format("%s; %s", program->server, program->load);
        program->unit = has_server ? "requests" : "runs";
        return true;
    }
    return false;
}

/* A script's name is relative to the description. */
static void find_script(char **script, const char *path, size_t folder_length) {
    if (*script == NULL || (*script)[0] == '/')
        return;
    char *full = text_format("%.*s%s", (int)folder_length, path, *script);
    free(*script);
    *script = full;
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
    if (!ini_file_read(path, on_key, program, error) || !complete(program, error)) {
        program_free(program);
        return NULL;
    }
    find_script(&program->prepare, path, (size_t)(file - path));
    find_script(&program->before, path, (size_t)(file - path));
    return program;
}

void program_free(Program *program) {
    if (program == NULL)
        return;
    char *fields[] = {
        program->name,    program->path,    program->summary,         program->models,
        program->package, program->prepare, program->before,          program->check,
        program->command, program->server,  program->ready,           program->load,
        program->metric,  program->rate,    program->prepare_command, program->cleanup_command,
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        free(fields[i]);
    free(program);
}

TextList program_names(void) {
    return suite_list_files(places_programs());
}

/* ---- what it needs ---- */

static char *missing_executable(const Program *program, const char *command) {
    if (command == NULL)
        return NULL;
    char *executable = program_executable(command), *file = program_file(executable), *problem = NULL;
    if (file == NULL)
        problem = text_format("%s is not installed: apt-get install %s", executable,
                              program->package == NULL ? executable : program->package);
    free(file);
    free(executable);
    return problem;
}

/* Why the loader would not preload anything into what is measured. */
static char *closed_to_preload(const char *command) {
    char *executable = program_executable(command), *file = program_file(executable);
    char *problem = elf_program_closed(file);
    free(file);
    free(executable);
    return problem;
}

char *program_unsupported(const Program *program) {
    const char *scripts[] = {program->prepare, program->before};
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        if (scripts[i] != NULL && access(scripts[i], R_OK) != 0)
            return text_format("the script %s is missing; restore it", scripts[i]);
    }
    if (program->server == NULL && !process_find("hyperfine", NULL))
        return text_copy("hyperfine is not installed: apt-get install hyperfine");
    const char *commands[] = {program->server == NULL ? program->command : program->server, program->ready,
                              program->load, program->check};
    char *problem = NULL;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0] && problem == NULL; i++)
        problem = missing_executable(program, commands[i]);
    return problem != NULL ? problem : closed_to_preload(commands[0]);
}

static bool run_script(char *script, const char *scratch, const volatile sig_atomic_t *stop, StoreError *error) {
    if (script == NULL)
        return true;
    char *argv[] = {"sh", script, (char *)scratch, NULL};
    char *output;
    int code = process_capture_until(argv, SCRIPT_TIMEOUT_MS, stop, &output);
    free(output);
    if (code != 0)
        snprintf(error->text, sizeof error->text, "%s failed with code %d; run it by hand: sh %s FOLDER", script, code,
                 script);
    return code == 0;
}

bool program_prepare(const Program *program, const char *scratch, const volatile sig_atomic_t *stop,
                     StoreError *error) {
    return run_script(program->prepare, scratch, stop, error);
}

bool program_before_slot(const Program *program, const char *scratch, const volatile sig_atomic_t *stop,
                         StoreError *error) {
    return run_script(program->before, scratch, stop, error);
}

/* The hashes side by side: each stays checkable with sha256sum. */
char *program_sha256(const Program *program) {
    char *executable = program_executable(program->server == NULL ? program->command : program->server);
    char *file = program_file(executable);
    const char *files[] = {program->path, program->prepare, program->before, file};
    char *all = NULL;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char *one = files[i] == NULL ? NULL : process_sha256(files[i]);
        if (one == NULL)
            continue;
        char *longer = all == NULL ? text_copy(one) : text_format("%s+%s", all, one);
        free(all);
        free(one);
        all = longer;
    }
    free(file);
    free(executable);
    return all;
}
