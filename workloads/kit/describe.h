/* describe.h - what --describe prints: one JSON object that says what a workload is and takes. */
#ifndef ALLOCBENCH_KIT_DESCRIBE_H
#define ALLOCBENCH_KIT_DESCRIBE_H

#include <stdio.h>

#include "workload.h"

void describe_write(const Workload *workload, FILE *stream);

#endif
