/*
 * page.h - docs/selftest.md, whole, from results alone.
 */
#ifndef ALLOCBENCH_SELFTEST_PAGE_H
#define ALLOCBENCH_SELFTEST_PAGE_H

#include <jansson.h>

/* Markdown; owned. */
char *page_of_results(const json_t *results);

#endif
