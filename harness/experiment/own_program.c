/*
 * own_program.c - see own_program.h.
 */
#include "own_program.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "printed_rate.h"

enum { NAME_LENGTH = 40 };

/* ---- what was given ---- */

const char *own_program_option(const OwnProgram *own) {
    const struct {
        const char *option;
        bool given;
    } options[] = {
        {"--", own->separated},
        {"--server", own->server != NULL},
        {"--ready", own->ready != NULL},
        {"--load", own->load != NULL},
        {"--prepare", own->prepare != NULL},
        {"--cleanup", own->cleanup != NULL},
        {"--check", own->check != NULL},
        {"--metric", own->metric != NULL},
        {"--requests", own->requests > 0},
        {"--ignore-output", own->ignore_output},
        {"--name", own->name != NULL},
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (options[i].given)
            return options[i].option;
    }
    return NULL;
}

static bool fits_together(const OwnProgram *own, StoreError *error) {
    bool has_server = own->server != NULL;
    const char *of_server = own->ready != NULL  ? "--ready"
                            : own->load != NULL ? "--load"
                            : own->requests > 0 ? "--requests"
                                                : NULL;
    if (has_server && own->separated)
        return store_complain(error,
                              "--server and '-- PROGRAM' exclude each other; the server's own arguments stand in "
                              "--server, in quotes");
    if (own->separated && own->word_count == 0)
        return store_complain(error, "nothing stands behind '--'; write the program and its arguments there");
    if (!has_server && of_server != NULL)
        return store_complain(error, "%s belongs to a server; give that by --server, or leave %s out", of_server,
                              of_server);
    if (!has_server && own->word_count == 0)
        return store_complain(error,
                              "%s belongs to a program of yours; write '-- PROGRAM ARGUMENTS' behind all options",
                              own_program_option(own));
    if (has_server && (own->ready == NULL || own->load == NULL))
        return store_complain(error, "--server needs %s CMD as well", own->ready == NULL ? "--ready" : "--load");
    if (has_server && own->ignore_output)
        return store_complain(error, "--ignore-output: what a server prints is not compared anyway; leave it out");
    if (own->requests > 0 && own->metric != NULL)
        return store_complain(error, "--requests and --metric both say what is counted; leave one of the two out");
    return true;
}

/* ---- checks that need the machine ---- */

static bool can_run(const char *option, const char *command, StoreError *error) {
    if (command == NULL)
        return true;
    char *executable = program_executable(command), *file = executable == NULL ? NULL : program_file(executable);
    bool good = file != NULL;
    const char *colon = *option == '\0' ? "" : ": ";
    if (executable == NULL)
        (void)store_complain(error,
                             "%s%s%s is no command that can be run without a shell; put quotes around special "
                             "characters, or write sh -c '...'",
                             option, colon, command);
    else if (file == NULL && strchr(executable, '/') != NULL)
        (void)store_complain(error, "%s%s%s is no program that can be started; correct the path, or chmod +x it",
                             option, colon, executable);
    else if (file == NULL)
        (void)store_complain(error,
                             "%s%s'%s' is in no folder of PATH; install it, or write ./%s for one that lies here",
                             option, colon, executable, executable);
    free(executable);
    free(file);
    return good;
}

static bool is_good_metric(const char *metric, StoreError *error) {
    char *problem = metric == NULL ? NULL : printed_rate_problem(metric);
    if (problem != NULL)
        (void)store_complain(error, "--metric %s: %s", metric, problem);
    free(problem);
    return error->text[0] == '\0';
}

/* Names stand in tables, charts and file names. */
static bool is_good_name(const char *name, StoreError *error) {
    bool good = *name != '\0' && *name != '.' && strlen(name) <= NAME_LENGTH;
    for (const char *c = name; *c != '\0'; c++)
        good = good && *c != '/' && !iscntrl((unsigned char)*c);
    return good || store_complain(error,
                                  "the row cannot be called '%s'; give it by --name another of 1 to %d characters, "
                                  "without '/' and not beginning with a dot",
                                  name, NAME_LENGTH);
}

/* ---- building ---- */

/* Words as one line of shell quoting, which program_words() takes apart again; owned. */
static char *line_of(char *const *words, size_t count) {
    char *line = text_copy("");
    for (size_t i = 0; i < count; i++) {
        char *word = text_shell_word(words[i]), *longer = text_format("%s%s%s", line, i == 0 ? "" : " ", word);
        free(word);
        free(line);
        line = longer;
    }
    return line;
}

static char *base_name(const char *command) {
    char *executable = program_executable(command);
    const char *slash = executable == NULL ? NULL : strrchr(executable, '/');
    char *name = text_copy(slash == NULL ? executable : slash + 1);
    free(executable);
    return name;
}

/* What follows from the rest. */
static void complete(Program *program) {
    bool has_server = program->server != NULL;
    if (has_server)
        program->command = text_format("%s; %s", program->server, program->load);
    if (program->rate != NULL)
        program->ignore_output = true; /* it holds the rate */
    program->unit = program->rate != NULL ? "operations" : program->requests > 0 ? "requests" : "runs";
    if (program->requests == 0)
        program->requests = 1; /* a load as a whole */
}

Program *own_program_create(const OwnProgram *own, StoreError *error) {
    error->text[0] = '\0';
    if (!fits_together(own, error) || !is_good_metric(own->metric, error))
        return NULL;
    Program *program = zeroed(1, sizeof *program);
    *program = (Program){
        .prepare_command = text_copy(own->prepare),
        .cleanup_command = text_copy(own->cleanup),
        .check = text_copy(own->check),
        .rate = text_copy(own->metric),
        .server = text_copy(own->server),
        .ready = text_copy(own->ready),
        .load = text_copy(own->load),
        .requests = own->requests,
        .ignore_output = own->ignore_output,
        .command = own->server != NULL ? NULL : line_of(own->words, own->word_count),
    };
    const char *main_command = own->server != NULL ? own->server : program->command;
    bool good = can_run(own->server != NULL ? "--server" : "", main_command, error) &&
                can_run("--ready", own->ready, error) && can_run("--load", own->load, error) &&
                can_run("--prepare", own->prepare, error) && can_run("--cleanup", own->cleanup, error) &&
                can_run("--check", own->check, error);
    program->name = !good ? NULL : own->name != NULL ? text_copy(own->name) : base_name(main_command);
    if (!good || !is_good_name(program->name, error)) {
        program_free(program);
        return NULL;
    }
    complete(program);
    return program;
}

/* ---- on file ---- */

typedef struct Field {
    const char *key;
    size_t offset; /* of a char * in Program */
} Field;

static const Field fields[] = {
    {"name", offsetof(Program, name)},
    {"command", offsetof(Program, command)},
    {"prepare", offsetof(Program, prepare_command)},
    {"cleanup", offsetof(Program, cleanup_command)},
    {"check", offsetof(Program, check)},
    {"metric", offsetof(Program, rate)},
    {"server", offsetof(Program, server)},
    {"ready", offsetof(Program, ready)},
    {"load", offsetof(Program, load)},
};

static char **field_of(Program *program, const Field *field) {
    return (char **)(void *)((char *)program + field->offset);
}

char *own_program_describe(const Program *program) {
    json_t *object = json_object();
    bool good = true;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const char *text = *field_of((Program *)program, &fields[i]);
        bool derived = program->server != NULL && strcmp(fields[i].key, "command") == 0;
        if (text != NULL && !derived)
            good = json_object_set_new(object, fields[i].key, json_string(text)) == 0 && good;
    }
    if (program->ignore_output)
        json_object_set_new(object, "ignore_output", json_true());
    if (program->server != NULL)
        json_object_set_new(object, "requests", json_integer((json_int_t)program->requests));
    char *text = good ? json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    json_decref(object);
    return text;
}

static Program *read_description(const char *description, StoreError *error) {
    json_t *object = json_loads(description, 0, NULL);
    Program *program = zeroed(1, sizeof *program);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        *field_of(program, &fields[i]) = text_copy(json_string_value(json_object_get(object, fields[i].key)));
    program->ignore_output = json_is_true(json_object_get(object, "ignore_output"));
    json_int_t requests = json_integer_value(json_object_get(object, "requests"));
    program->requests = requests > 1 ? (uint64_t)requests : 0;
    json_decref(object);
    const char *const commands[] = {program->server != NULL ? program->server : program->command,
                                    program->ready,
                                    program->load,
                                    program->prepare_command,
                                    program->cleanup_command,
                                    program->check};
    bool good = program->name != NULL && commands[0] != NULL &&
                (program->server == NULL || (program->ready != NULL && program->load != NULL));
    for (size_t i = 0; i < sizeof commands / sizeof commands[0] && good; i++) {
        char *executable = commands[i] == NULL ? NULL : program_executable(commands[i]);
        good = commands[i] == NULL || executable != NULL;
        free(executable);
    }
    if (!good) {
        (void)store_complain(error, "what run.json says of the program cannot be used; start a new run");
        program_free(program);
        return NULL;
    }
    complete(program);
    return program;
}

Program *own_program_of_row(const Row *row, StoreError *error) {
    return row->own_program != NULL ? read_description(row->own_program, error) : program_load(row->workload, error);
}
