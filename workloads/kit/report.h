/* report.h - what a finished workload prints: a line for people or one JSON object. */
#ifndef ALLOCBENCH_KIT_REPORT_H
#define ALLOCBENCH_KIT_REPORT_H

#include <stdio.h>

#include "workload.h"

void report_write(const Workload *workload, const Options *options, FILE *stream);

#endif
