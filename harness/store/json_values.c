/*
 * json_values.c - typed access to JSON objects, shared by samples and metadata.
 */
#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "text.h"

uint64_t json_get_u64(const json_t *object, const char *key, const char **wrong) {
    const json_t *value = json_object_get(object, key);
    if (value == NULL || json_is_null(value))
        return 0;
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        *wrong = key;
        return 0;
    }
    return (uint64_t)json_integer_value(value);
}

double json_get_real(const json_t *object, const char *key, const char **wrong) {
    const json_t *value = json_object_get(object, key);
    if (value == NULL || json_is_null(value))
        return 0;
    if (!json_is_number(value)) {
        *wrong = key;
        return 0;
    }
    return json_number_value(value);
}

bool json_get_flag(const json_t *object, const char *key, const char **wrong) {
    const json_t *value = json_object_get(object, key);
    if (value == NULL || json_is_null(value))
        return false;
    if (!json_is_boolean(value))
        *wrong = key;
    return json_is_true(value);
}

char *json_get_text(const json_t *object, const char *key, const char **wrong) {
    const json_t *value = json_object_get(object, key);
    if (value == NULL || json_is_null(value))
        return NULL;
    if (!json_is_string(value)) {
        *wrong = key;
        return NULL;
    }
    return text_copy(json_string_value(value));
}

void json_set_u64(json_t *object, const char *key, uint64_t value) {
    json_object_set_new(object, key, json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value));
}

void json_set_hex(json_t *object, const char *key, uint64_t value) {
    char text[24];
    snprintf(text, sizeof text, "0x%016" PRIx64, value);
    json_object_set_new(object, key, json_string(text));
}

uint64_t json_get_hex(const json_t *object, const char *key, const char **wrong) {
    const json_t *value = json_object_get(object, key);
    if (value == NULL || json_is_null(value))
        return 0;
    uint64_t number = 0;
    int end = 0;
    const char *text = json_string_value(value);
    if (text == NULL || sscanf(text, "0x%16" SCNx64 "%n", &number, &end) != 1 || text[end] != '\0') {
        *wrong = key;
        return 0;
    }
    return number;
}

void json_set_text(json_t *object, const char *key, const char *text) {
    if (text == NULL)
        return;
    json_t *value = json_string(text);
    /* Captured output of a dying program need not be UTF-8; what is not becomes '?'. */
    if (value == NULL) {
        char *copy = text_copy(text);
        for (char *at = copy; *at != '\0'; at++) {
            if ((unsigned char)*at >= 0x80)
                *at = '?';
        }
        value = json_string(copy);
        free(copy);
    }
    json_object_set_new(object, key, value);
}
