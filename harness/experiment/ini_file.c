/*
 * ini_file.c - see ini_file.h. Lines are counted in the reader that inih calls back, so the handler knows where it is.
 */
#include "ini_file.h"

#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "../store/text.h"

enum { LONGEST_LINE = 199, LONGEST_SECTION = 49 };

typedef struct Reading {
    FILE *file;
    const char *path;
    unsigned line;
    bool failed;   /* the first complaint stands in error; the rest of the file is not read */
    TextList seen; /* each "[section] key" */
    IniKey key;
    void *user;
    StoreError *error;
} Reading;

static void complain(Reading *reading, const char *what) {
    if (reading->failed)
        return;
    reading->failed = true;
    snprintf(reading->error->text, sizeof reading->error->text, "%s:%u: %s", reading->path, reading->line, what);
}

static char *next_line(char *buffer, int size, void *stream) {
    Reading *reading = stream;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length = reading->failed ? -1 : getline(&line, &capacity, reading->file);
    if (length < 0) {
        free(line);
        return NULL;
    }
    reading->line++;
    while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
        line[--length] = '\0';
    const char *start = line + strspn(line, " \t");
    bool comment = *start == ';' || *start == '#';
    if ((size_t)length != strlen(line))
        complain(reading, "a NUL byte; this is no text file");
    else if (!comment && length > LONGEST_LINE)
        complain(reading, "the line has over 199 characters; shorten it");
    else if (*start == '[' && strchr(start, ']') == NULL)
        complain(reading, "the section's name lacks its ']'");
    else if (*start == '[' && strcspn(start + 1, "]") > LONGEST_SECTION)
        complain(reading, "the section's name has over 49 characters; shorten it");
    /* inih's buffer holds 199 characters and a NUL; it misses no newline. */
    snprintf(buffer, (size_t)size, "%s\n", comment ? "" : line);
    free(line);
    return reading->failed ? NULL : buffer;
}

/* A key stands once in a section. inih hands on an indented line as one more value of the key above it. */
static void check_is_new(Reading *reading, const char *section, const char *key) {
    char *name = text_format("[%s] %s", section, key);
    for (size_t i = 0; i < reading->seen.count; i++) {
        if (strcmp(reading->seen.items[i], name) != 0)
            continue;
        char *problem = text_format("%s is given twice (an indented line continues the one above it)", name);
        complain(reading, problem);
        free(problem);
    }
    text_list_add(&reading->seen, name);
}

static int on_key(void *user, const char *section, const char *key, const char *value) {
    Reading *reading = user;
    StoreError what = {""};
    check_is_new(reading, section, key);
    if (!reading->failed && !reading->key(reading->user, section, key, value, &what))
        complain(reading, what.text);
    return 1;
}

bool ini_file_read(const char *path, IniKey key, void *user, StoreError *error) {
    Reading reading = {.path = path, .key = key, .user = user, .error = error};
    reading.file = fopen(path, "re");
    if (reading.file == NULL) {
        snprintf(error->text, sizeof error->text, "%s: %s; correct the path", path, strerror(errno));
        return false;
    }
    int bad_line = ini_parse_stream(next_line, &reading, on_key, &reading);
    if (bad_line > 0) {
        reading.line = (unsigned)bad_line;
        complain(&reading, "neither [section] nor key = value; correct the line or start it with ;");
    } else if (!reading.failed && (bad_line < 0 || ferror(reading.file))) {
        reading.failed = true;
        snprintf(error->text, sizeof error->text, "%s: cannot be read: %s; give a text file", path, strerror(errno));
    }
    fclose(reading.file);
    text_list_release(&reading.seen);
    return !reading.failed;
}
