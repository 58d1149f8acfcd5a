/*
 * json.h - writes one JSON object to a stream: just enough to keep commas and quotes right.
 *
 * Numbers that may exceed 2^63 (checksums) are written as hexadecimal text, since many readers have no unsigned type.
 */
#ifndef ALLOCBENCH_KIT_JSON_H
#define ALLOCBENCH_KIT_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct Json {
    FILE *stream;
    bool follows; /* something stands before in the innermost object or array: a comma is due */
} Json;

/* `key` is NULL inside an array and for the outermost value. */
void json_open(Json *json, const char *key, char bracket);
void json_close(Json *json, char bracket);
void json_text(Json *json, const char *key, const char *value);
void json_number(Json *json, const char *key, uint64_t value);
void json_signed(Json *json, const char *key, int64_t value);
void json_hex(Json *json, const char *key, uint64_t value);
/* Not a number and infinity become null. */
void json_real(Json *json, const char *key, double value);
void json_bool(Json *json, const char *key, bool value);

#endif
