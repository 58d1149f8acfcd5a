/*
 * ballast.h - memory that is resident and of no use, in front of a command: what the command measures of its own
 * children must not know of it.
 */
#ifndef ALLOCBENCH_SELFTEST_BALLAST_H
#define ALLOCBENCH_SELFTEST_BALLAST_H

/* Maps and touches `mebibytes`, runs the command as a child, returns its exit code. */
int ballast_run(const char *mebibytes, char **command);

#endif
