/*
 * json.h - the JSON form of a sample and of a run's metadata. Private to store/.
 *
 * Numbers that use all 64 bits (seeds, checksums) are strings "0x...", because JSON readers elsewhere keep 53 bits.
 * Reading is tolerant to keys it does not know and strict about the types of those it does.
 */
#ifndef ALLOCBENCH_STORE_JSON_H
#define ALLOCBENCH_STORE_JSON_H

#include <jansson.h>

#include "run_store.h"

json_t *sample_to_json(const Sample *sample);
/* False when a required key is missing or of the wrong type; *sample is then released and empty. */
bool sample_from_json(const json_t *json, Sample *sample);

json_t *meta_to_json(const RunMeta *meta);
/* On failure *what names the key that is missing or wrong (static storage); *meta is then released and empty. */
bool meta_from_json(const json_t *json, RunMeta *meta, const char **what);

/* Typed access shared by both: a missing key gives the default, a wrong type sets *wrong to the key. */
uint64_t json_get_u64(const json_t *object, const char *key, const char **wrong);
double json_get_real(const json_t *object, const char *key, const char **wrong);
bool json_get_flag(const json_t *object, const char *key, const char **wrong);
char *json_get_text(const json_t *object, const char *key, const char **wrong); /* owned; NULL when absent or null */
void json_set_u64(json_t *object, const char *key, uint64_t value);
void json_set_hex(json_t *object, const char *key, uint64_t value);
uint64_t json_get_hex(const json_t *object, const char *key, const char **wrong);
void json_set_text(json_t *object, const char *key, const char *text); /* NULL is left out */

#endif
