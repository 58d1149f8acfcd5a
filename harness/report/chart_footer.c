/*
 * chart_footer.c - what stands at the foot of every chart, so that a chart that is passed on still says what it rests
 * on.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart.h"

enum { LINE_LENGTH = 150 }; /* characters of the footer's font that fit a figure's width */

/* Grows *text by a separator and a part; takes the part. */
static void append(char **text, const char *separator, char *part) {
    char *longer = text_format("%s%s%s", *text, **text ? separator : "", part);
    free(*text);
    free(part);
    *text = longer;
}

/* Adds the text in lines that end between words where they can. */
static void add_wrapped(TextList *lines, const char *text) {
    while (strlen(text) > LINE_LENGTH) {
        size_t end = LINE_LENGTH;
        while (end > LINE_LENGTH / 2 && text[end] != ' ')
            end--;
        text_list_add(lines, text_copy_part(text, end));
        text += end + (text[end] == ' ');
    }
    if (*text)
        text_list_add(lines, text_copy(text));
}

/* A text or a whole number of the host record, with a word behind it; owned, "" when it is not there. */
static char *host_value(const json_t *host, const char *key, const char *unit) {
    const json_t *value = json_object_get(host, key);
    if (json_is_string(value))
        return text_format("%s%s", json_string_value(value), unit);
    if (json_is_integer(value))
        return text_format("%lld%s", (long long)json_integer_value(value), unit);
    return text_copy("");
}

/* "a cpu, 2 cores, Linux 6.1" */
static char *host_line(const json_t *host) {
    static const struct {
        const char *key, *unit;
    } parts[] = {{"cpu_model", ""}, {"cpus_allowed", " cores"}, {"kernel", ""}, {"libc", ""}, {"virtualisation", ""}};
    char *text = text_copy("");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *part = host_value(host, parts[i].key, parts[i].unit);
        if (*part && strcmp(part, "none") != 0)
            append(&text, ", ", part);
        else
            free(part);
    }
    return text;
}

/* Of a merged run each host once, in the order of its parts. */
static char *hosts_line(const RunMeta *meta) {
    json_t *json = meta->host_json ? json_loads(meta->host_json, 0, NULL) : NULL;
    char *text = text_copy("");
    if (json_is_array(json)) {
        for (size_t i = 0; i < json_array_size(json); i++) {
            char *host = host_line(json_array_get(json, i));
            if (strstr(text, host))
                free(host);
            else
                append(&text, "; ", host);
        }
    } else if (json) {
        append(&text, "", host_line(json));
    }
    json_decref(json);
    return text;
}

/* Complete blocks that are compared, least and most over the rows. */
static char *blocks_line(const Run *run) {
    BlockTable *tables = block_tables_of_run(run, BLOCKS_COMPARED);
    size_t least = SIZE_MAX, most = 0;
    for (size_t row = 0; row < run->meta.row_count; row++) {
        least = tables[row].blocks < least ? tables[row].blocks : least;
        most = tables[row].blocks > most ? tables[row].blocks : most;
    }
    block_tables_free(tables, run->meta.row_count);
    char *text = most == 0      ? text_copy("no complete block")
                 : least < most ? text_format("%zu to %zu blocks a row", least, most)
                                : text_format("%zu block%s a row", most, most == 1 ? "" : "s");
    append(&text, ", ", text_format("%zu discarded", run->discarded_blocks));
    return text;
}

/* "Not measured: tbb (apt-get install libtbbmalloc2)"; "" when every arm is there. */
static char *missing_arms(const RunMeta *meta) {
    char *text = text_copy("");
    for (size_t arm = 0; arm < meta->arm_count; arm++) {
        const Arm *one = &meta->arms[arm];
        if (!one->available)
            append(&text, "; ",
                   text_format("%s%s%s%s%s", *text ? "" : "Not measured: ", one->name, one->reason ? " (" : "",
                               one->reason ? one->reason : "", one->reason ? ")" : ""));
    }
    return text;
}

TextList chart_footer(const Run *run) {
    TextList lines = {0};
    char *text = missing_arms(&run->meta);
    add_wrapped(&lines, text);
    free(text);
    text = blocks_line(run);
    char *hosts = hosts_line(&run->meta);
    if (*hosts)
        append(&text, ". ", hosts);
    else
        free(hosts);
    add_wrapped(&lines, text);
    free(text);
    return lines;
}
