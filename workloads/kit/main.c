/* main.c - the life of a workload process: arguments, slot page, run, report. */
#include <stdio.h>

#include "arguments.h"
#include "counters.h"
#include "describe.h"
#include "probe.h"
#include "report.h"
#include "slot.h"
#include "thread.h"

static int flush_output(void) {
    if (fflush(stdout) == 0 && !ferror(stdout))
        return SLOT_VERDICT_OK;
    perror("cannot write the result");
    return SLOT_VERDICT_UNSUPPORTED;
}

int kit_main(const Workload *workload, int argc, char **argv) {
    Options options;
    slot_open(); /* first, so that bad arguments reach the parent's page too */
    if (!arguments_read(workload, argc, argv, &options)) {
        describe_write(workload, stdout);
        return flush_output();
    }
    slot_set_threads(options.threads);
    slot_enter_phase(SLOT_PHASE_SETUP);
    thread_prepare(&options);
    probe_prepare();
    counters_open();
    kit_note("floor_rss_bytes", slot_resident_bytes());
    workload->run(&options);
    report_write(workload, &options, stdout);
    return flush_output();
}
