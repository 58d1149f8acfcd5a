/*
 * processors.c - see processors.h.
 */
#include "processors.h"

#include <jansson.h>

#include "../store/text.h"

uint32_t processors_of_row(const RunMeta *meta, size_t row) {
    json_t *json = meta->host_json ? json_loads(meta->host_json, 0, NULL) : NULL;
    const json_t *host = json_is_array(json) ? json_array_get(json, meta->rows[row].host) : json;
    json_int_t allowed = json_integer_value(json_object_get(host, "cpus_allowed"));
    json_decref(json);
    return allowed > 0 && allowed < UINT32_MAX ? (uint32_t)allowed : 0;
}

bool row_is_oversubscribed(const RunMeta *meta, size_t row) {
    uint32_t processors = processors_of_row(meta, row);
    return processors > 0 && meta->rows[row].threads > processors;
}

char *row_title(const RunMeta *meta, size_t row) {
    const char *name = meta->rows[row].name;
    return row_is_oversubscribed(meta, row) ? text_format("%s (oversubscribed)", name) : text_copy(name);
}
