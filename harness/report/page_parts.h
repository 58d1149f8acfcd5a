/*
 * page_parts.h - the parts of the page. Private to report/.
 */
#ifndef ALLOCBENCH_REPORT_PAGE_PARTS_H
#define ALLOCBENCH_REPORT_PAGE_PARTS_H

#include "html.h"
#include "page.h"

/* What the run is about (metrics_of_run), each metric against the baseline. */
typedef struct PageSource {
    const Run *run;
    Comparison *comparisons[METRIC_COUNT];
    size_t count;
} PageSource;

PageSource page_source(const Run *run);
void page_source_release(PageSource *source);
/* The comparison of this metric; NULL when the run is not about it. */
const Comparison *page_comparison(const PageSource *source, Metric metric);

void page_write_answer(const PageSource *source, FILE *out);
void page_write_verdicts(const PageSource *source, FILE *out);
/* False where there is nothing to compare. */
bool page_has_heat_map(const PageSource *source);
void page_write_heat_map(const PageSource *source, FILE *out);
/* Nothing where the run counted nothing. */
void page_write_counts(const PageSource *source, FILE *out);
void page_write_noise(const PageSource *source, FILE *out);
void page_write_machine(const PageSource *source, FILE *out);
void page_write_commands(const PageSource *source, FILE *out);

/* The answer's sentences without markup: the terminal shows the same. */
typedef struct PageAnswer {
    TextList lead, arms; /* what is best; then one sentence an arm */
} PageAnswer;
PageAnswer page_answer(const PageSource *source);
void page_answer_release(PageAnswer *answer);

/* The class that colours a ratio which is shown to be better or worse, by how far it is from 1. */
const char *page_heat(Metric metric, double ratio);
/* "jemalloc", "limit (a bound)": how tables name an arm. Owned. */
char *page_arm_head(const Arm *arm);

/* The command that measures this row again as the run did; NULL where the run's own command does not say. Owned. */
char *page_row_command(const RunMeta *meta, size_t row);

#endif
