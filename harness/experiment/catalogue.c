/*
 * catalogue.c - see catalogue.h.
 */
#include "catalogue.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../store/text.h"
#include "places.h"
#include "process.h"
#include "sweep.h"

enum { DESCRIBE_TIMEOUT_MS = 5000 };

static json_t *describe(const char *path) {
    char *argv[] = {(char *)path, "--describe", NULL};
    char *output;
    int code = process_capture(argv, DESCRIBE_TIMEOUT_MS, &output);
    json_t *json = code == 0 ? json_loads(output, 0, NULL) : NULL;
    free(output);
    if (json != NULL && json_is_string(json_object_get(json, "name")) &&
        json_is_string(json_object_get(json, "unit")) && json_is_array(json_object_get(json, "parameters")))
        return json;
    json_decref(json);
    return NULL;
}

static bool is_listed(const Catalogue *catalogue, const char *name) {
    for (size_t i = 0; i < catalogue->count; i++) {
        if (strcmp(catalogue->entries[i].name, name) == 0)
            return true;
    }
    return false;
}

static void consider(Catalogue *catalogue, char *path) {
    struct stat status;
    json_t *json = NULL;
    if (stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0)
        json = describe(path);
    const char *name = json_string_value(json_object_get(json, "name"));
    const char *file = strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;
    bool own_name = json != NULL && strcmp(name, file) == 0;
    if (json != NULL && !own_name)
        fprintf(stderr, "allocbench: %s calls itself '%s' and is left out: give its Workload the name '%s'\n", path,
                name, file);
    if (!own_name || is_listed(catalogue, name)) {
        json_decref(json);
        free(path);
        return;
    }
    catalogue->entries = grow(catalogue->entries, catalogue->count + 1, sizeof *catalogue->entries);
    catalogue->entries[catalogue->count++] = (CatalogueEntry){
        .name = text_copy(name),
        .path = path,
        .unit = text_copy(json_string_value(json_object_get(json, "unit"))),
        .scaled = json_is_true(json_object_get(json, "scaled")),
        .memory = json_is_true(json_object_get(json, "memory")),
        .default_operations = (uint64_t)json_integer_value(json_object_get(json, "default_operations")),
        .usual_ns = (uint64_t)json_integer_value(json_object_get(json, "usual_ms")) * 1000000,
        .description = json,
    };
}

static int by_name(const void *one, const void *other) {
    return strcmp(((const CatalogueEntry *)one)->name, ((const CatalogueEntry *)other)->name);
}

Catalogue catalogue_load(void) {
    Catalogue catalogue = {0};
    TextList folders = places_workloads();
    for (size_t i = 0; i < folders.count; i++) {
        DIR *folder = opendir(folders.items[i]);
        for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
            if (strchr(entry->d_name, '.') == NULL)
                consider(&catalogue, text_format("%s/%s", folders.items[i], entry->d_name));
        }
        if (folder != NULL)
            closedir(folder);
    }
    text_list_release(&folders);
    if (catalogue.count > 0)
        qsort(catalogue.entries, catalogue.count, sizeof *catalogue.entries, by_name);
    return catalogue;
}

void catalogue_release(Catalogue *catalogue) {
    for (size_t i = 0; i < catalogue->count; i++) {
        CatalogueEntry *entry = &catalogue->entries[i];
        free(entry->name);
        free(entry->path);
        free(entry->unit);
        json_decref(entry->description);
    }
    free(catalogue->entries);
    *catalogue = (Catalogue){0};
}

const CatalogueEntry *catalogue_find(const Catalogue *catalogue, const char *name, const char **preset) {
    *preset = NULL;
    for (size_t i = 0; i < catalogue->count; i++) {
        if (strcmp(catalogue->entries[i].name, name) == 0)
            return &catalogue->entries[i];
    }
    for (size_t i = 0; i < catalogue->count; i++) {
        const json_t *presets = json_object_get(catalogue->entries[i].description, "presets");
        for (size_t p = 0; p < json_array_size(presets); p++) {
            const char *preset_name = json_string_value(json_object_get(json_array_get(presets, p), "name"));
            if (preset_name != NULL && strcmp(preset_name, name) == 0) {
                *preset = preset_name;
                return &catalogue->entries[i];
            }
        }
    }
    return NULL;
}

static const json_t *parameter_of(const CatalogueEntry *entry, const char *text, size_t length) {
    const json_t *parameters = json_object_get(entry->description, "parameters");
    for (size_t i = 0; i < json_array_size(parameters); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(parameters, i), "name"));
        if (name != NULL && strlen(name) == length && strncmp(name, text, length) == 0)
            return json_array_get(parameters, i);
    }
    return NULL;
}

const json_t *catalogue_parameter(const CatalogueEntry *entry, const char *name) {
    return parameter_of(entry, name, strlen(name));
}

char *catalogue_nearest(const CatalogueEntry *const *entries, size_t count, const char *name) {
    const char *nearest = NULL, *owner = NULL;
    size_t smallest = strlen(name) / 2 + 1; /* half of a name is no slip of the finger */
    for (size_t e = 0; e < count; e++) {
        const json_t *parameters = json_object_get(entries[e]->description, "parameters");
        for (size_t i = 0; i < json_array_size(parameters); i++) {
            const char *known = json_string_value(json_object_get(json_array_get(parameters, i), "name"));
            size_t distance = known == NULL ? SIZE_MAX : sweep_distance(name, known);
            if (distance < smallest) {
                smallest = distance;
                nearest = known;
                owner = entries[e]->name;
            }
        }
    }
    return nearest == NULL ? text_copy("'allocbench list workloads -v' shows the parameters there are")
                           : text_format("did you mean '%s' of %s?", nearest, owner);
}

static bool is_word(const char *word, size_t length, const char *const *words) {
    for (; *words != NULL; words++) {
        if (strlen(*words) == length && strncmp(*words, word, length) == 0)
            return true;
    }
    return false;
}

bool catalogue_check_arguments(const CatalogueEntry *entry, const char *arguments, StoreError *error) {
    static const char *const ours[] = {"threads", "ops", "seconds", "seed", "json", "describe", "pin", NULL};
    static const char *const common[] = {"verify", "preset", NULL};
    TextList words = {0};
    text_list_split(&words, arguments, ' ');
    bool good = true;
    for (size_t i = 0; i < words.count && good; i++) {
        if (strncmp(words.items[i], "--", 2) != 0)
            continue;
        const char *flag = words.items[i] + 2;
        size_t length = strcspn(flag, "=");
        if (parameter_of(entry, flag, length) != NULL || is_word(flag, length, common))
            continue;
        good = false;
        if (is_word(flag, length, ours))
            snprintf(error->text, sizeof error->text,
                     "--%.*s is set by the harness; remove it from the arguments (threads, operations and pin are keys "
                     "of the suite)",
                     (int)length, flag);
        else
            snprintf(error->text, sizeof error->text,
                     "workload %s has no parameter --%.*s; 'allocbench list workloads -v' shows those it has",
                     entry->name, (int)length, flag);
    }
    text_list_release(&words);
    return good;
}
