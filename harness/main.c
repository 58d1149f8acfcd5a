/*
 * main.c - the table of subcommands, nothing else.
 */
#include <stdio.h>
#include <string.h>

#include "commands/command.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
    {"run", command_run, "measure workloads under several allocators"},
    {"compare", command_compare, "judge one run, or two against each other"},
    {"charts", command_charts, "draw a run"},
    {"report", command_report, "one HTML page about a run, or its verdicts as dots on the terminal"},
    {"bundle", command_bundle, "pack a run into one file for another machine"},
    {"merge", command_merge, "unite runs of several hosts"},
    {"history", command_history, "follow ratios from commit to commit"},
    {"doctor", command_doctor, "what on this machine will hurt measurements"},
    {"list", command_list, "what can be measured: workloads, allocators, suites, programs"},
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void print_help(FILE *out) {
    fputs("Usage: allocbench COMMAND [OPTION...]\n\n", out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
    fputs("\n'allocbench COMMAND --help' tells more. 'allocbench run' without options takes about three minutes.\n",
          out);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        print_help(stderr);
        return EXIT_CODE_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(stdout);
        return EXIT_CODE_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("allocbench " ALLOCBENCH_VERSION);
        return EXIT_CODE_OK;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }
    return usage_error("'%s' is no command; see 'allocbench --help'", argv[1]);
}
