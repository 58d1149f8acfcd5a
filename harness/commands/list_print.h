/*
 * list_print.h - what `allocbench list` says of one workload, allocator, suite or program: for a terminal, and as the
 * Markdown of which docs/workloads.md is made. Both come from the same JSON object, which --json prints as it is.
 */
#ifndef ALLOCBENCH_COMMANDS_LIST_PRINT_H
#define ALLOCBENCH_COMMANDS_LIST_PRINT_H

#include <jansson.h>
#include <stdbool.h>

void list_print_workload(const json_t *object, bool verbose);
void list_print_allocator(const json_t *object, bool verbose);
void list_print_suite(const json_t *object, bool verbose);
void list_print_program(const json_t *object, bool verbose);

void list_markdown_workload(const json_t *object);
void list_markdown_allocator(const json_t *object);
void list_markdown_suite(const json_t *object);
void list_markdown_program(const json_t *object);
/* What stands above the first one of a kind. */
void list_markdown_heading(const char *kind, const json_t *objects);

/* "" where there is no such text. */
const char *list_text_of(const json_t *object, const char *key);
/* Of a parameter, as one types it: "64K"; owned. */
char *list_default(const json_t *parameter);
/* "8 to 16M", "lifo, fifo or spsc"; owned. */
char *list_range(const json_t *parameter);
/* What is counted, what fixes the work, and how many threads there are where nobody says; owned. */
char *list_work(const json_t *workload);
/* The numbers of threads of a suite's row, "1,2,4", or ""; owned. */
char *list_threads(const json_t *row);
/* The parameters that a suite's row sweeps, "size=16,64 slots=5,6", or ""; owned. */
char *list_swept(const json_t *row);

#endif
