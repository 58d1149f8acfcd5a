/*
 * csv.c - comparisons for spreadsheets and scripts: RFC 4180 quoting, full numbers, an empty field for "unknown".
 */
#include <math.h>
#include <string.h>

#include "processors.h"
#include "table.h"

static void put_text(const char *text, FILE *out) {
    if (!text)
        return;
    if (!strpbrk(text, "\",\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void put_number(double number, FILE *out) {
    fputc(',', out);
    if (!isnan(number))
        fprintf(out, "%.17g", number);
}

static void put_interval(Interval interval, FILE *out) {
    put_number(interval.estimate, out);
    put_number(interval.low, out);
    put_number(interval.high, out);
}

static void put_cell(const Run *run, const Comparison *comparison, const ComparisonRow *row, const Cell *cell,
                     FILE *out) {
    const RunMeta *meta = &run->meta;
    const Row *plan = &meta->rows[row->row];
    const Arm *arm = &meta->arms[cell->arm];
    const uint32_t processors = processors_of_row(meta, row->row);
    fprintf(out, "%s,", metric_info(comparison->metric)->key);
    put_text(plan->name, out);
    fputc(',', out);
    put_text(plan->workload, out);
    fprintf(out, ",%u,", (unsigned)plan->threads);
    put_text(arm->name, out);
    fprintf(out, ",%d,", cell->control);
    put_text(meta->arms[cell->control ? meta->baseline : comparison->reference].name, out);
    fprintf(out, ",%zu,%zu,%zu,%zu,%s,", row->blocks, cell->pairs, cell->ok, cell->failed,
            sample_status_name(cell->worst_status));
    put_text(arm->available ? cell->message : arm->reason, out);
    put_interval(cell->ratio, out);
    put_number(cell->p, out);
    put_interval((Interval){cell->median, cell->median_low, cell->median_high}, out);
    fprintf(out, ",%d,%s,%s,%d,%d", cell->lower_bound, verdict_name(cell->verdict, comparison->metric),
            gate_key(cell->gate), cell->imprecise, row->unstable);
    put_number(row->noise_floor, out);
    put_number(row->drift, out);
    fprintf(out, ",%s", unit_key(metric_info(comparison->metric)->unit));
    put_number(cell->spread, out);
    put_number((double)plan->floor_bytes, out);
    put_number(row->timer_floor_ns, out);
    fprintf(out, ",%zu", row->disturbed);
    if (processors > 0)
        fprintf(out, ",%u,%d,", (unsigned)processors, plan->threads > processors);
    else
        fputs(",,,", out);
    put_text(plan->sweep, out);
    fputs("\r\n", out);
}

void csv_print(const Run *run, const Comparison *const *comparisons, size_t count, FILE *out) {
    fputs(
        "metric,row,workload,threads,arm,control,reference,blocks,pairs,ok,failed,status,message,ratio,ratio_low,"
        "ratio_high,p,median,median_low,median_high,lower_bound,verdict,gate,imprecise,unstable,noise_floor,drift,unit,"
        "spread,floor_bytes,timer_floor_ns,disturbed_blocks,processors,oversubscribed,sweep\r\n",
        out);
    for (size_t i = 0; i < count; i++)
        for (size_t r = 0; r < comparisons[i]->row_count; r++)
            for (size_t c = 0; comparisons[i]->rows[r].applies && c < comparisons[i]->rows[r].cell_count; c++)
                put_cell(run, comparisons[i], &comparisons[i]->rows[r], &comparisons[i]->rows[r].cells[c], out);
}

void csv_print_history(const History *history, FILE *out) {
    fputs("date,commit,dirty,host,machine,suite,mode,run,baseline,metric,arm,row,rows,ratio,ratio_low,ratio_high,"
          "verdict\r\n",
          out);
    for (size_t i = 0; i < history->count; i++) {
        const HistoryEntry *entry = &history->entries[i];
        for (size_t k = 0; k < entry->ratio_count; k++) {
            const HistoryRatio *ratio = &entry->ratios[k];
            const char *const texts[] = {
                entry->date, entry->commit, entry->dirty ? "1" : "0", entry->host,   entry->machine, entry->suite,
                entry->mode, entry->run,    entry->baseline,          ratio->metric, ratio->arm,     ratio->row};
            for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) {
                put_text(texts[t], out);
                fputc(',', out);
            }
            if (!ratio->row)
                fprintf(out, "%zu", ratio->rows);
            put_interval((Interval){ratio->ratio, ratio->low, ratio->high}, out);
            fputc(',', out);
            put_text(ratio->verdict, out);
            fputs("\r\n", out);
        }
    }
}

void csv_print_shifts(const RunShift *const *shifts, size_t count, FILE *out) {
    fputs("metric,row,arm,first_pairs,second_pairs,first_ratio,second_ratio,change,change_low,change_high,p,verdict,"
          "gate,refused,unit,first_value,second_value,exact\r\n",
          out);
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < shifts[i]->cell_count; c++) {
            const ShiftCell *cell = &shifts[i]->cells[c];
            fprintf(out, "%s,", metric_info(shifts[i]->metric)->key);
            put_text(cell->row, out);
            fputc(',', out);
            put_text(cell->arm, out);
            fprintf(out, ",%zu,%zu", cell->first_pairs, cell->second_pairs);
            put_number(cell->first_ratio, out);
            put_number(cell->second_ratio, out);
            put_interval(cell->shift, out);
            put_number(cell->p, out);
            fprintf(out, ",%s,%s,", cell->refused ? "refused" : verdict_name(cell->verdict, shifts[i]->metric),
                    gate_key(cell->gate));
            put_text(cell->refused, out);
            fprintf(out, ",%s", unit_key(metric_info(shifts[i]->metric)->unit));
            put_number(cell->first_value, out);
            put_number(cell->second_value, out);
            fprintf(out, ",%d", cell->exact);
            fputs("\r\n", out);
        }
}
