/*
 * ini_file.h - reading .ini files by inih without its silences: inih cuts lines over 199 and section names over 49
 * characters without a word and knows no line numbers; here both are errors that name file and line.
 */
#ifndef ALLOCBENCH_EXPERIMENT_INI_FILE_H
#define ALLOCBENCH_EXPERIMENT_INI_FILE_H

#include "../store/run_store.h"

/* One key. Returns false after filling what->text with what is wrong and the cure (file and line are put before it). */
typedef bool (*IniKey)(void *user, const char *section, const char *key, const char *value, StoreError *what);

bool ini_file_read(const char *path, IniKey key, void *user, StoreError *error);

#endif
