/* report.c - the result of a run from the slot page. stdio allocates here, after the peak was read. */
#include "report.h"

#include <inttypes.h>

#include "arguments.h"
#include "json.h"
#include "slot.h"

enum { MAXIMUM_NOTES = 16 };

static struct {
    const char *name;
    uint64_t value;
} notes[MAXIMUM_NOTES];
static size_t note_count;

void kit_note(const char *name, uint64_t value) {
    if (note_count == MAXIMUM_NOTES)
        slot_fail(SLOT_VERDICT_UNSUPPORTED, "more than %d notes", MAXIMUM_NOTES);
    notes[note_count].name = name;
    notes[note_count++].value = value;
}

static void write_line(const Workload *workload, const SlotPage *page, FILE *stream) {
    double elapsed = (double)(page->end_ns - page->begin_ns), operations = (double)page->operations;
    fprintf(stream, "%s: %u thread%s, %" PRIu64 " %s in %.3f s: %.0f/s, %.1f ns each, peak RSS %.1f MiB",
            workload->name, page->threads, page->threads == 1 ? "" : "s", page->operations, workload->unit,
            elapsed / 1e9, elapsed > 0 ? operations / elapsed * 1e9 : 0, operations > 0 ? elapsed / operations : 0,
            (double)page->peak_rss_bytes / (1024 * 1024));
    for (size_t i = 0; i < note_count; i++)
        fprintf(stream, "%s%s %" PRIu64, i == 0 ? " (" : ", ", notes[i].name, notes[i].value);
    fputs(note_count ? ")\n" : "\n", stream);
}

static void write_live(Json *json, const SlotPage *page) {
    int64_t bytes = 0, blocks = 0;
    for (size_t i = 0; i < SLOT_LINES; i++) {
        bytes += atomic_load_explicit(&page->lines[i].live_bytes, memory_order_relaxed);
        blocks += atomic_load_explicit(&page->lines[i].live_blocks, memory_order_relaxed);
    }
    json_bool(json, "count_live", (page->observe & SLOT_OBSERVE_LIVE) != 0);
    json_signed(json, "live_bytes", bytes);
    json_signed(json, "live_blocks", blocks);
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
    json_open(&json, "notes", '{');
    for (size_t i = 0; i < note_count; i++)
        json_number(&json, notes[i].name, notes[i].value);
    json_close(&json, '}');
    json_close(&json, '}');
    fputc('\n', stream);
}

void report_write(const Workload *workload, const Options *options, FILE *stream) {
    if (options->json)
        write_object(workload, options, slot_page(), stream);
    else
        write_line(workload, slot_page(), stream);
}
