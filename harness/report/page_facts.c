/*
 * page_facts.c - what stands behind the numbers: noise of the machine, the machine itself, libraries, and how to repeat
 * each row.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "page_parts.h"
#include "wording.h"

/* Of one row, over all its slots that count. */
typedef struct RowNoise {
    size_t discarded;
    uint64_t stolen_ticks, foreign_ticks;
} RowNoise;

static RowNoise *noise_of_rows(const Run *run) {
    RowNoise *noise = zeroed(run->meta.row_count, sizeof *noise);
    for (size_t i = 0; i < run->discarded_blocks; i++)
        if (run->discarded[i].row < run->meta.row_count)
            noise[run->discarded[i].row].discarded++;
    for (size_t i = 0; i < run->sample_count; i++) {
        noise[run->samples[i].row].stolen_ticks += run->samples[i].steal_ticks;
        noise[run->samples[i].row].foreign_ticks += run->samples[i].foreign_ticks;
    }
    return noise;
}

static void put_number(FILE *out, double value, const char *word, const char *more) {
    if (isfinite(value))
        fprintf(out, "<td data-v=\"%.6g\">", value);
    else
        fputs("<td>", out);
    html_put(out, "$ <small>$</small></td>", word, more);
}

static void put_count(FILE *out, uint64_t count) {
    fprintf(out, "<td data-v=\"%llu\">%llu</td>", (unsigned long long)count, (unsigned long long)count);
}

static void put_noise_row(const RunMeta *meta, const ComparisonRow *row, const RowNoise *noise, FILE *out) {
    const Cell *control = comparison_cell(row, meta->baseline, true);
    Interval itself = control ? control->ratio : (Interval){NAN, NAN, NAN};
    char *ratio = word_ratio(itself.estimate), *interval = word_interval(itself);
    char *floor = word_percent(row->noise_floor);
    char *drift = isnan(row->drift) ? text_copy("-") : text_format("%+.2f", row->drift);
    html_put(out, "<tr><th scope=\"row\">$</th>", meta->rows[row->row].name);
    put_number(out, itself.estimate, ratio, interval);
    put_number(out, row->noise_floor, floor, "");
    put_number(out, row->drift, drift, "");
    put_count(out, row->blocks);
    put_count(out, noise->discarded);
    put_count(out, row->disturbed);
    put_count(out, noise->stolen_ticks);
    put_count(out, noise->foreign_ticks);
    html_put(out, "<td>$</td></tr>\n", row->unstable ? "unstable" : "");
    free(ratio);
    free(interval);
    free(floor);
    free(drift);
}

/* The table of the first metric in which this row has a value; NULL when it has none. */
static const ComparisonRow *row_somewhere(const PageSource *source, size_t row) {
    for (size_t i = 0; i < source->count; i++)
        if (source->comparisons[i]->rows[row].applies)
            return &source->comparisons[i]->rows[row];
    return NULL;
}

static void put_reasons(const Run *run, FILE *out) {
    if (run->discarded_blocks == 0)
        return;
    html_fold_begin(out, "Discarded attempts and why");
    fputs("<ul>\n", out);
    for (size_t i = 0; i < run->discarded_blocks; i++) {
        const BlockAttempt *one = &run->discarded[i];
        if (one->row < run->meta.row_count) {
            char *number = text_format("%u", (unsigned)one->block);
            html_put(out, "<li>$, block $: $</li>\n", run->meta.rows[one->row].name, number,
                     one->reason ? one->reason : "no reason on file");
            free(number);
        }
    }
    fputs("</ul>", out);
    html_fold_end(out);
}

void page_write_noise(const PageSource *source, FILE *out) {
    const Run *run = source->run;
    RowNoise *noise = noise_of_rows(run);
    fprintf(out,
            "<section id=\"noise\">\n<h2>Noise</h2>\n<p>In each block the baseline runs twice: what it differs from "
            "itself is the noise floor of the row, and no smaller difference gets a verdict. Discarded are blocks that "
            "the machine disturbed and that were measured again: %zu. Drift is the rank correlation of block and "
            "value. Stolen and foreign are processor time that the hypervisor and other processes took, in hundredths "
            "of a second over all slots.</p>\n",
            run->discarded_blocks);
    if (run->unreadable_lines)
        fprintf(out, "<p class=\"failed\">Unreadable lines in the run's file: %zu.</p>\n", run->unreadable_lines);
    html_fold_begin(out, "Noise row by row");
    fputs("<div class=\"tools\" hidden><label>Show rows that contain "
          "<input type=\"search\" autocomplete=\"off\"></label> <output></output></div>\n<div class=\"scroll\" "
          "tabindex=\"0\" role=\"region\" aria-label=\"noise row by row\"><table class=\"sortable\"><caption>Noise row "
          "by row</caption><thead><tr><th scope=\"col\" data-sort=\"text\">row</th>",
          out);
    static const char *const heads[] = {"A/A ratio", "noise floor",    "drift",  "blocks",
                                        "discarded", "disturbed kept", "stolen", "foreign"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        html_put(out, "<th scope=\"col\" data-sort=\"number\">$</th>", heads[i]);
    fputs("<th scope=\"col\" data-sort=\"text\">row is</th></tr></thead><tbody>\n", out);
    for (size_t row = 0; row < run->meta.row_count; row++) {
        const ComparisonRow *compared = row_somewhere(source, row);
        if (compared)
            put_noise_row(&run->meta, compared, &noise[row], out);
    }
    fputs("</tbody></table></div>", out);
    html_fold_end(out);
    put_reasons(run, out);
    fputs("</section>\n", out);
    free(noise);
}

static void put_arms(const RunMeta *meta, FILE *out) {
    fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"allocators\"><table><caption>Allocators"
          "</caption><thead><tr><th scope=\"col\">arm</th><th scope=\"col\">is</th><th scope=\"col\">settings</th><th "
          "scope=\"col\">library</th><th scope=\"col\">SHA-256</th></tr></thead><tbody>\n",
          out);
    for (size_t arm = 0; arm < meta->arm_count; arm++) {
        const Arm *one = &meta->arms[arm];
        html_put(out, "<tr><th scope=\"row\">$$</th>", one->name, arm == meta->baseline ? " (baseline)" : "");
        if (one->available && !one->broken)
            html_put(out, "<td>$</td>", one->label);
        else
            html_put(out, "<td class=\"failed\">$: $</td>", one->available ? "cannot be preloaded" : "not measured",
                     one->reason);
        html_put(out, "<td>$</td><td><code>$</code></td><td><code title=\"$\">", one->environment, one->path,
                 one->sha256);
        char *part = one->sha256 ? text_copy_part(one->sha256, strnlen(one->sha256, 12)) : NULL;
        html_put(out, "$</code></td></tr>\n", part);
        free(part);
    }
    fputs("</tbody></table></div>\n", out);
}

/* Every scalar of the host record under the path of its keys. */
static void put_host(const json_t *value, const char *path, FILE *out) {
    const char *key;
    json_t *item;
    size_t index;
    const char *between = *path ? "." : "";
    if (json_is_object(value)) {
        json_object_foreach((json_t *)value, key, item) {
            char *below = text_format("%s%s%s", path, between, key);
            put_host(item, below, out);
            free(below);
        }
    } else if (json_is_array(value)) {
        json_array_foreach(value, index, item) {
            char *below = text_format("%s%s%zu", path, between, index + 1);
            put_host(item, below, out);
            free(below);
        }
    } else if (!json_is_null(value)) {
        char *text = json_dumps(value, JSON_ENCODE_ANY);
        html_put(out, "<tr><th scope=\"row\">$</th><td>$</td></tr>\n", path,
                 json_is_string(value) ? json_string_value(value) : text);
        free(text);
    }
}

void page_write_machine(const PageSource *source, FILE *out) {
    const RunMeta *meta = &source->run->meta;
    fputs("<section id=\"machine\">\n<h2>Machine and libraries</h2>\n", out);
    TextList footer = chart_footer(source->run);
    for (size_t i = 0; i < footer.count; i++)
        html_put(out, "<p>$</p>\n", footer.items[i]);
    text_list_release(&footer);
    put_arms(meta, out);
    json_t *host = meta->host_json ? json_loads(meta->host_json, 0, NULL) : NULL;
    if (host) {
        html_fold_begin(out, "The whole record of the machine");
        fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"machine\"><table><tbody>\n", out);
        put_host(host, "", out);
        fputs("</tbody></table></div>", out);
        html_fold_end(out);
    }
    json_decref(host);
    fputs("</section>\n", out);
}

/* The end of the word of a shell command that begins here. */
static size_t word_length(const char *word) {
    size_t length = 0;
    for (bool quoted = false; word[length] && (quoted || word[length] != ' '); length++)
        quoted = quoted != (word[length] == '\'');
    return length;
}

static bool is_flag(const char *word, size_t length, const char *flag, bool *has_value) {
    size_t size = strlen(flag);
    bool same = length >= size && !strncmp(word, flag, size) && (length == size || word[size] == '=');
    *has_value = same && length > size;
    return same;
}

/* The run's command without what chooses rows and folders. Owned; NULL when it measured nothing: that of a merge. */
static char *common_command(const char *command) {
    static const char begin[] = "allocbench run";
    static const char *const dropped[] = {"--workloads", "--threads", "--set", "--out", "-o", "--work-from"};
    if (strncmp(command, begin, sizeof begin - 1) != 0)
        return NULL;
    char *text = text_copy(begin);
    const char *at = command + sizeof begin - 1;
    while (*(at += strspn(at, " "))) {
        size_t length = word_length(at);
        bool drop = length == 8 && !strncmp(at, "--resume", 8), has_value = true;
        for (size_t i = 0; i < sizeof dropped / sizeof *dropped && !drop; i++)
            drop = is_flag(at, length, dropped[i], &has_value);
        if (!drop) {
            char *longer = text_format("%s %.*s", text, (int)length, at);
            free(text);
            text = longer;
        } else if (!has_value) {
            at += length;
            at += strspn(at, " ");
            length = word_length(at);
        }
        at += length;
    }
    return text;
}

/* Cuts `end` from the text when it ends with that. */
static void cut(char *text, const char *end) {
    size_t length = strlen(text), size = strlen(end);
    if (size > 0 && length > size && !strcmp(text + length - size, end))
        text[length - size] = '\0';
}

/* The section of the suite, or the workload, that a row's name begins with (experiment/assemble.c). */
static char *section_of(const Row *row) {
    char *name = text_copy(row->name), *sweep = text_format(" %s", row->sweep ? row->sweep : "");
    char *threads = text_format(" t%u", (unsigned)row->threads);
    cut(name, " thp=inherit");
    cut(name, " thp=never");
    cut(name, threads);
    cut(name, sweep[1] ? sweep : "");
    free(threads);
    free(sweep);
    return name;
}

char *page_row_command(const RunMeta *meta, size_t index) {
    const Row *row = &meta->rows[index];
    char *text = meta->command ? common_command(meta->command) : NULL;
    if (!text)
        return NULL;
    char *section = section_of(row), *longer = text_format("%s --workloads %s", text, section);
    free(section);
    free(text);
    if (row->threads > 0) {
        text = longer;
        longer = text_format("%s --threads %u", text, (unsigned)row->threads);
        free(text);
    }
    TextList values = {0};
    text_list_split(&values, row->sweep ? row->sweep : "", ' ');
    for (size_t i = 0; i < values.count; i++) {
        text = longer;
        longer = text_format("%s --set %s", text, values.items[i]);
        free(text);
    }
    text_list_release(&values);
    return longer;
}

void page_write_commands(const PageSource *source, FILE *out) {
    const RunMeta *meta = &source->run->meta;
    html_put(out, "<section id=\"commands\">\n<h2>Repeat it</h2>\n<p>The whole run:</p>\n<pre tabindex=\"0\">$</pre>\n",
             meta->command);
    char *first = meta->row_count ? page_row_command(meta, 0) : NULL;
    if (first) {
        fputs(
            "<p>One row again, fitted anew; with <code>--work-from RUN</code>, the folder of this run, it does exactly "
            "as many operations:</p>\n",
            out);
        html_fold_begin(out, "Commands row by row");
        fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"commands row by "
              "row\"><table><caption>Commands row by row"
              "</caption><tbody>\n",
              out);
        for (size_t row = 0; row < meta->row_count; row++) {
            char *command = page_row_command(meta, row);
            html_put(out, "<tr><th scope=\"row\">$</th><td><code>$</code></td></tr>\n", meta->rows[row].name, command);
            free(command);
        }
        fputs("</tbody></table></div>", out);
        html_fold_end(out);
    }
    free(first);
    fputs("</section>\n", out);
}
