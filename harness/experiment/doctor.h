/*
 * doctor.h - what on a machine will hurt measurements, with the cure. Only reads, changes nothing.
 */
#ifndef ALLOCBENCH_EXPERIMENT_DOCTOR_H
#define ALLOCBENCH_EXPERIMENT_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

typedef enum DoctorLevel {
    DOCTOR_OK,
    DOCTOR_NOTE,    /* good to know: something cannot be measured here, or is part of every result */
    DOCTOR_WARNING, /* makes intervals wider or results harder to repeat */
    DOCTOR_PROBLEM, /* makes results wrong, or the run fail */
} DoctorLevel;

/* "ok", "note", "warning", "problem" */
const char *doctor_level_name(DoctorLevel level);

typedef struct Finding {
    const char *id; /* stable: "cpu.governor" */
    DoctorLevel level;
    char *finding; /* for people, one line */
    char *value;   /* what was read; NULL where this machine does not say */
    char *cure;    /* a command or what to do; NULL where there is nothing to do */
} Finding;

typedef struct Diagnosis {
    Finding *findings;
    size_t count;
} Diagnosis;

/* `root`: "" for this machine, else a folder with the /proc and /sys of another, of which only files are judged;
 * `results`: where runs will be stored, or NULL. On this machine it also looks at tools, allocators and the environment
 * and watches the processors for `watch_ms`. */
Diagnosis doctor_examine(const char *root, const char *results, unsigned watch_ms);
void diagnosis_release(Diagnosis *diagnosis);

/* The finding of that id; NULL when it was not examined. */
const Finding *diagnosis_find(const Diagnosis *diagnosis, const char *id);
DoctorLevel diagnosis_worst(const Diagnosis *diagnosis);

#endif
