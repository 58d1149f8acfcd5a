/* report.c - the result of a run from the slot page. stdio allocates here, after the peak was read. */
#include "report.h"

#include <inttypes.h>

#include "arguments.h"
#include "json.h"
#include "slot.h"

static uint32_t measure_count(const SlotPage *page) {
    return atomic_load_explicit(&page->measure_count, memory_order_relaxed);
}

static void write_line_measures(const SlotPage *page, FILE *stream) {
    for (uint32_t i = 0; i < measure_count(page); i++) {
        const SlotMeasure *measure = &page->measures[i];
        fprintf(stream, "%s%s ", i == 0 ? " (" : ", ", measure->name);
        if (measure->reason[0])
            fprintf(stream, "missing: %s", measure->reason);
        else
            fprintf(stream, "%.10g", measure->value);
    }
    if (measure_count(page))
        fputc(')', stream);
}

static void write_line(const Workload *workload, const SlotPage *page, FILE *stream) {
    double elapsed = (double)(page->end_ns - page->begin_ns), operations = (double)page->operations;
    fprintf(stream, "%s: %u thread%s, %" PRIu64 " %s in %.3f s: %.0f/s, %.1f ns each, peak RSS %.1f MiB",
            workload->name, page->threads, page->threads == 1 ? "" : "s", page->operations, workload->unit,
            elapsed / 1e9, elapsed > 0 ? operations / elapsed * 1e9 : 0, operations > 0 ? elapsed / operations : 0,
            (double)page->peak_rss_bytes / (1024 * 1024));
    write_line_measures(page, stream);
    fputc('\n', stream);
}

static void write_live(Json *json, const SlotPage *page) {
    int64_t bytes = 0, blocks = 0, usable = 0;
    for (size_t i = 0; i < SLOT_LINES; i++) {
        bytes += atomic_load_explicit(&page->lines[i].live_bytes, memory_order_relaxed);
        blocks += atomic_load_explicit(&page->lines[i].live_blocks, memory_order_relaxed);
        usable += atomic_load_explicit(&page->lines[i].usable_bytes, memory_order_relaxed);
    }
    json_bool(json, "count_live", (page->observe & SLOT_OBSERVE_LIVE) != 0);
    json_signed(json, "live_bytes", bytes);
    json_signed(json, "live_blocks", blocks);
    json_signed(json, "usable_bytes", usable);
}

/* What is missing is null among the measures and has its reason beside them. */
static void write_measures(Json *json, const SlotPage *page) {
    json_open(json, "measures", '{');
    for (uint32_t i = 0; i < measure_count(page); i++)
        json_real(json, page->measures[i].name, page->measures[i].value);
    json_close(json, '}');
    json_open(json, "missing", '{');
    for (uint32_t i = 0; i < measure_count(page); i++) {
        if (page->measures[i].reason[0])
            json_text(json, page->measures[i].name, page->measures[i].reason);
    }
    json_close(json, '}');
}

static void write_object(const Workload *workload, const Options *options, const SlotPage *page, FILE *stream) {
    Json json = {stream, false};
    uint64_t elapsed_ns = page->end_ns - page->begin_ns;
    json_open(&json, NULL, '{');
    json_text(&json, "workload", workload->name);
    json_text(&json, "preset", options->preset ? options->preset : "");
    json_text(&json, "unit", workload->unit);
    json_text(&json, "verdict", "ok");
    json_number(&json, "threads", page->threads);
    json_number(&json, "pid", page->pid);
    json_hex(&json, "seed", options->seed);
    json_bool(&json, "verified", options->verify);
    json_number(&json, "operations", page->operations);
    json_number(&json, "begin_ns", page->begin_ns);
    json_number(&json, "end_ns", page->end_ns);
    json_number(&json, "elapsed_ns", elapsed_ns);
    json_real(&json, "operations_per_second", (double)page->operations / (double)elapsed_ns * 1e9);
    json_real(&json, "ns_per_operation", (double)elapsed_ns / (double)page->operations);
    json_hex(&json, "checksum", page->checksum);
    json_number(&json, "requested_bytes", page->requested_bytes);
    json_number(&json, "user_ns", page->user_ns);
    json_number(&json, "system_ns", page->system_ns);
    json_number(&json, "minor_faults", page->minor_faults);
    json_number(&json, "major_faults", page->major_faults);
    json_number(&json, "voluntary_switches", page->voluntary_switches);
    json_number(&json, "involuntary_switches", page->involuntary_switches);
    json_number(&json, "start_rss_bytes", page->start_rss_bytes);
    json_number(&json, "kit_bytes", page->kit_bytes);
    json_number(&json, "peak_rss_bytes", page->peak_rss_bytes);
    write_live(&json, page);
    json_text(&json, "malloc_library", page->malloc_library);
    json_text(&json, "free_library", page->free_library);
    json_open(&json, "parameters", '{');
    for (size_t i = 0; i < workload->parameter_count; i++) {
        char text[32];
        json_text(&json, workload->parameters[i].name, arguments_format(&workload->parameters[i], text));
    }
    json_close(&json, '}');
    write_measures(&json, page);
    json_close(&json, '}');
    fputc('\n', stream);
}

void report_write(const Workload *workload, const Options *options, FILE *stream) {
    if (options->json)
        write_object(workload, options, slot_page(), stream);
    else
        write_line(workload, slot_page(), stream);
}
