/* json.c - a JSON emitter. See json.h. */
#include "json.h"

#include <inttypes.h>
#include <math.h>

static void write_text(FILE *stream, const char *text) {
    fputc('"', stream);
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at == '"' || *at == '\\')
            fprintf(stream, "\\%c", *at);
        else if (*at < 0x20)
            fprintf(stream, "\\u%04x", *at);
        else
            fputc(*at, stream);
    }
    fputc('"', stream);
}

static void write_key(Json *json, const char *key) {
    if (json->follows)
        fputc(',', json->stream);
    json->follows = true;
    if (key) {
        write_text(json->stream, key);
        fputc(':', json->stream);
    }
}

void json_open(Json *json, const char *key, char bracket) {
    write_key(json, key);
    fputc(bracket, json->stream);
    json->follows = false;
}

void json_close(Json *json, char bracket) {
    fputc(bracket, json->stream);
    json->follows = true;
}

void json_text(Json *json, const char *key, const char *value) {
    write_key(json, key);
    write_text(json->stream, value);
}

void json_number(Json *json, const char *key, uint64_t value) {
    write_key(json, key);
    fprintf(json->stream, "%" PRIu64, value);
}

void json_signed(Json *json, const char *key, int64_t value) {
    write_key(json, key);
    fprintf(json->stream, "%" PRId64, value);
}

void json_hex(Json *json, const char *key, uint64_t value) {
    write_key(json, key);
    fprintf(json->stream, "\"0x%016" PRIx64 "\"", value);
}

void json_real(Json *json, const char *key, double value) {
    write_key(json, key);
    if (!isfinite(value))
        fputs("null", json->stream);
    else if (value == trunc(value) && fabs(value) < 0x1p53)
        fprintf(json->stream, "%.0f", value); /* a count: exact */
    else
        fprintf(json->stream, "%.9g", value);
}

void json_bool(Json *json, const char *key, bool value) {
    write_key(json, key);
    fputs(value ? "true" : "false", json->stream);
}
