/*
 * arguments.c - see arguments.h. argp's parser for the command hangs below one that only notes where argp gave up.
 */
#include "arguments.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"
#include "command.h"

typedef struct Reading {
    void *input; /* of the command's own parser */
    int next;    /* index of the first word that argp had not passed when it gave up */
} Reading;

static error_t note_error(int key, char *text, struct argp_state *state) {
    (void)text;
    Reading *reading = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = reading->input;
        return 0;
    case ARGP_KEY_ERROR:
        reading->next = state->next;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Whether a word asks for help, as argp understands it: abbreviated as well. */
static bool asks_for_help(const char *word) {
    size_t length = strlen(word);
    return strcmp(word, "-?") == 0 ||
           (length > 2 && (strncmp(word, "--help", length) == 0 || strncmp(word, "--usage", length) == 0));
}

static const struct argp_option *next_option(const struct argp_option *option) {
    option++;
    return option->name != NULL || option->doc != NULL ? option : NULL;
}

/* What is wrong with "--name" or "--name=value", which may be abbreviated. */
static const char *problem_of_long(const struct argp_option *options, const char *word) {
    size_t length = strcspn(word, "="), matches = 0;
    const struct argp_option *found = NULL;
    for (const struct argp_option *option = options; option != NULL; option = next_option(option)) {
        if (option->name == NULL || strncmp(option->name, word, length) != 0)
            continue;
        found = option;
        matches++;
        if (strlen(option->name) == length) {
            matches = 1;
            break;
        }
    }
    if (matches == 0)
        return "is no option";
    if (matches > 1)
        return "could be several options";
    return found->arg != NULL ? "needs a value" : "takes no value";
}

/* The same for "-abc"; NULL when argp can have had nothing against it. */
static const char *problem_of_short(const struct argp_option *options, const char *word) {
    for (; *word != '\0'; word++) {
        const struct argp_option *option = options;
        while (option != NULL && option->key != (unsigned char)*word)
            option = next_option(option);
        if (option == NULL)
            return "is no option";
        if (option->arg != NULL)
            return word[1] == '\0' ? "needs a value" : NULL;
    }
    return NULL;
}

static const char *problem_of(const struct argp_option *options, const char *word) {
    if (word[0] != '-')
        return NULL;
    return word[1] == '-' ? problem_of_long(options, word + 2) : problem_of_short(options, word + 1);
}

int arguments_parse(const struct argp *argp, const char *command, int argc, char **argv, void *input) {
    const struct argp_child children[] = {{argp, 0, NULL, 0}, {0}};
    const struct argp root = {NULL, note_error, NULL, NULL, children, NULL, NULL};
    Reading reading = {input, 1};
    /* argp prints nothing at all without its own error messages, not even help; so help is parsed with them. */
    bool help = false;
    for (int i = 1; i < argc; i++)
        help = help || asks_for_help(argv[i]);
    char *name = argv[0], *full_name = text_format("allocbench %s", command);
    argv[0] = full_name;
    error_t failed = argp_parse(&root, argc, argv, help ? 0 : ARGP_NO_ERRS, NULL, &reading);
    argv[0] = name;
    free(full_name);
    if (failed == 0)
        return EXIT_CODE_OK;
    /* argp has passed the word, unless it is a cluster of short options. */
    const char *word = argv[reading.next - 1], *problem = reading.next > 1 ? problem_of(argp->options, word) : NULL;
    if (problem == NULL && reading.next < argc) {
        word = argv[reading.next];
        problem = problem_of(argp->options, word);
    }
    return usage_error("%s: '%s' %s; see 'allocbench %s --help'", command, word,
                       problem == NULL ? "cannot be read" : problem, command);
}
