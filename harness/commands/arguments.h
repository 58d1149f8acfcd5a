/*
 * arguments.h - argp without its own words: every mistake on the line becomes one line on stderr that names it.
 */
#ifndef ALLOCBENCH_COMMANDS_ARGUMENTS_H
#define ALLOCBENCH_COMMANDS_ARGUMENTS_H

#include <argp.h>

/* Reads argv for `command` ("run"); `input` goes to argp's parser. Returns EXIT_CODE_OK, or EXIT_CODE_USAGE after
 * saying which option is unknown or lacks its value. --help and --usage print and leave the process. */
int arguments_parse(const struct argp *argp, const char *command, int argc, char **argv, void *input);

#endif
