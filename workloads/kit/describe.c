/* describe.c - the --describe object. Its fields are the contract in docs/design.md; "choices" is given for names. */
#include "describe.h"

#include "arguments.h"
#include "json.h"

static void write_parameter(Json *json, const Parameter *parameter) {
    static const char *const yes_no[] = {"no", "yes", NULL};
    static const char *const kinds[] = {
        [PARAMETER_COUNT] = "count",
        [PARAMETER_BYTES] = "bytes",
        [PARAMETER_CHOICE] = "choice",
        [PARAMETER_YES_NO] = "choice",
    };
    char text[32];
    json_open(json, NULL, '{');
    json_text(json, "name", parameter->name);
    json_text(json, "default", arguments_format(parameter, text));
    json_text(json, "kind", kinds[parameter->kind]);
    if (parameter->kind == PARAMETER_COUNT || parameter->kind == PARAMETER_BYTES) {
        json_number(json, "minimum", parameter->minimum);
        json_number(json, "maximum", parameter->maximum);
    } else {
        json_open(json, "choices", '[');
        for (const char *const *choice = parameter->choices ? parameter->choices : yes_no; *choice; choice++)
            json_text(json, NULL, *choice);
        json_close(json, ']');
    }
    json_text(json, "doc", parameter->doc);
    json_close(json, '}');
}

void describe_write(const Workload *workload, FILE *stream) {
    Json json = {stream, false};
    json_open(&json, NULL, '{');
    json_text(&json, "name", workload->name);
    json_text(&json, "summary", workload->summary);
    json_text(&json, "models", workload->models);
    json_text(&json, "published", workload->published);
    json_text(&json, "changed", workload->changed);
    json_text(&json, "unit", workload->unit);
    json_bool(&json, "scaled", !workload->unscaled);
    json_bool(&json, "memory", workload->memory);
    json_number(&json, "default_operations", workload->default_operations);
    json_number(&json, "default_threads", workload->default_threads);
    json_number(&json, "usual_ms", workload->usual_ms);
    json_open(&json, "parameters", '[');
    for (size_t i = 0; i < workload->parameter_count; i++)
        write_parameter(&json, &workload->parameters[i]);
    json_close(&json, ']');
    json_open(&json, "presets", '[');
    for (size_t i = 0; i < workload->preset_count; i++) {
        json_open(&json, NULL, '{');
        json_text(&json, "name", workload->presets[i].name);
        json_text(&json, "arguments", workload->presets[i].arguments);
        json_text(&json, "doc", workload->presets[i].doc);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    fputc('\n', stream);
}
