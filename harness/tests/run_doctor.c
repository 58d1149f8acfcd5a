/*
 * run_doctor.c - the doctor's findings on machines made of files, and the command on this one.
 */
#include <jansson.h>

#include "command_testing.h"
#include "experiment/doctor.h"
#include "machine_fixture.h"

static void assert_level(const Diagnosis *diagnosis, const char *id, DoctorLevel level, const char *value) {
    const Finding *finding = diagnosis_find(diagnosis, id);
    if (finding == NULL)
        fail_msg("%s was not examined", id);
    if (finding->level != level)
        fail_msg("%s is %s: %s", id, doctor_level_name(finding->level), finding->finding);
    if (value != NULL)
        assert_string_equal(finding->value, value);
    assert_int_equal(finding->cure == NULL, level == DOCTOR_OK); /* every complaint has a cure */
}

static void a_quiet_machine_is_well(void **state) {
    fixture_quiet_machine(*state);
    Diagnosis diagnosis = doctor_examine(*state, NULL, 0);
    for (size_t i = 0; i < diagnosis.count; i++)
        assert_level(&diagnosis, diagnosis.findings[i].id, DOCTOR_OK, NULL);
    assert_int_equal(diagnosis_worst(&diagnosis), DOCTOR_OK);
    assert_true(diagnosis.count > 20);
    diagnosis_release(&diagnosis);
}

static void a_laptop_saves_power(void **state) {
    const char *root = *state;
    fixture_quiet_machine(root);
    fixture_file(root, "/sys/devices/system/cpu/cpu5/cpufreq/scaling_governor", "powersave\n");
    fixture_file(root, "/sys/devices/system/cpu/intel_pstate/no_turbo", "0\n");
    fixture_file(root, "/sys/devices/system/cpu/smt/active", "1\n");
    fixture_file(root, "/sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "7\n");
    fixture_file(root, "/sys/class/power_supply/AC/online", "0\n");
    fixture_file(root, "/sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n");
    fixture_file(root, "/proc/loadavg", "5.20 3.00 1.00 3/900 4242\n");
    fixture_file(root, "/proc/meminfo",
                 "MemTotal: 16777216 kB\nMemAvailable: 1048576 kB\nSwapTotal: 2097152 kB\nSwapFree: 1048576 kB\n");
    Diagnosis diagnosis = doctor_examine(root, NULL, 0);
    assert_level(&diagnosis, "cpu.governor", DOCTOR_WARNING, "performance, powersave");
    assert_level(&diagnosis, "cpu.turbo", DOCTOR_WARNING, "on");
    assert_non_null(strstr(diagnosis_find(&diagnosis, "cpu.turbo")->cure, "no_turbo"));
    assert_level(&diagnosis, "cpu.smt", DOCTOR_NOTE, "on");
    assert_level(&diagnosis, "cpu.heat", DOCTOR_WARNING, "7");
    assert_level(&diagnosis, "power", DOCTOR_WARNING, "battery");
    assert_level(&diagnosis, "memory.thp", DOCTOR_NOTE, "always");
    assert_level(&diagnosis, "load", DOCTOR_WARNING, "5.20");
    assert_level(&diagnosis, "memory.available", DOCTOR_WARNING, "1.0 GiB");
    assert_level(&diagnosis, "memory.swap", DOCTOR_WARNING, "1.0 GiB of 2.0 GiB used");
    assert_level(&diagnosis, "virtualisation", DOCTOR_OK, NULL);
    diagnosis_release(&diagnosis);
}

static void a_guest_is_stolen_from(void **state) {
    const char *root = *state;
    fixture_quiet_machine(root);
    fixture_file(root, "/proc/cpuinfo", "flags\t\t: fpu hypervisor vme\n");
    fixture_file(root, "/sys/class/dmi/id/sys_vendor", "QEMU\n");
    fixture_file(root, "/proc/stat", "cpu  700 0 200 98000 0 0 0 100 0 0\n");
    fixture_file(root, "/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n");
    fixture_file(root, "/sys/devices/system/cpu/online", "0-1\n");
    fixture_file(root, "/proc/sys/kernel/perf_event_paranoid", "4\n");
    fixture_file(root, "/proc/sys/kernel/yama/ptrace_scope", "3\n");
    fixture_file(root, "/proc/sys/kernel/randomize_va_space", "0\n");
    fixture_file(root, "/proc/sys/vm/overcommit_memory", "2\n");
    fixture_file(root, "/sys/kernel/mm/ksm/run", "1\n");
    char *pressure = text_format("%s/proc/pressure/memory", root);
    char *pmu = text_format("%s/sys/bus/event_source/devices/cpu", root), *type = text_format("%s/type", pmu);
    assert_int_equal(remove(pressure), 0);
    assert_int_equal(remove(type), 0);
    assert_int_equal(remove(pmu), 0);
    Diagnosis diagnosis = doctor_examine(root, NULL, 0);
    assert_level(&diagnosis, "virtualisation", DOCTOR_NOTE, "kvm");
    assert_level(&diagnosis, "cpu.steal", DOCTOR_WARNING, "10.0 % of busy time");
    assert_level(&diagnosis, "clock.source", DOCTOR_WARNING, "hpet");
    assert_level(&diagnosis, "cpu.count", DOCTOR_NOTE, "2");
    assert_level(&diagnosis, "cpu.counters", DOCTOR_NOTE, "no");
    assert_level(&diagnosis, "kernel.perf", DOCTOR_NOTE, "paranoid 4");
    assert_level(&diagnosis, "kernel.ptrace", DOCTOR_NOTE, "3");
    assert_level(&diagnosis, "kernel.psi", DOCTOR_NOTE, "no");
    assert_level(&diagnosis, "kernel.aslr", DOCTOR_WARNING, "0");
    assert_level(&diagnosis, "memory.overcommit", DOCTOR_WARNING, "2");
    assert_level(&diagnosis, "memory.ksm", DOCTOR_WARNING, "on");
    diagnosis_release(&diagnosis);
    free(pressure);
    free(pmu);
    free(type);
}

static void a_container_has_limits(void **state) {
    const char *root = *state;
    fixture_quiet_machine(root);
    fixture_file(root, "/.dockerenv", "");
    fixture_file(root, "/sys/fs/cgroup/memory.max", "1073741824\n");
    fixture_file(root, "/sys/fs/cgroup/cpu.max", "150000 100000\n");
    fixture_file(root, "/sys/fs/cgroup/cpu.stat", "usage_usec 5\nnr_throttled 12\n");
    Diagnosis diagnosis = doctor_examine(root, NULL, 0);
    assert_level(&diagnosis, "virtualisation", DOCTOR_NOTE, "docker");
    assert_level(&diagnosis, "cgroup.memory", DOCTOR_WARNING, "1.0 GiB");
    assert_level(&diagnosis, "cgroup.cpu", DOCTOR_PROBLEM, "1.50 processors, stopped 12 times");
    assert_int_equal(diagnosis_worst(&diagnosis), DOCTOR_PROBLEM);
    diagnosis_release(&diagnosis);
}

static void an_older_container_has_limits(void **state) {
    const char *root = *state;
    fixture_file(root, "/proc/meminfo", "MemTotal: 16777216 kB\nMemAvailable: 204800 kB\n");
    fixture_file(root, "/proc/self/cgroup", "5:cpu,cpuacct:/docker/ab\n4:memory:/docker/ab\n");
    fixture_file(root, "/sys/fs/cgroup/memory/memory.limit_in_bytes", "8589934592\n");
    fixture_file(root, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
    fixture_file(root, "/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    Diagnosis diagnosis = doctor_examine(root, NULL, 0);
    assert_level(&diagnosis, "cgroup.memory", DOCTOR_NOTE, "8.0 GiB");
    assert_level(&diagnosis, "cgroup.cpu", DOCTOR_PROBLEM, "0.50 processors, stopped 0 times");
    assert_level(&diagnosis, "memory.available", DOCTOR_PROBLEM, "200 MiB");
    diagnosis_release(&diagnosis);
}

/* What a machine does not say is unknown, and no reason for a warning. */
static void a_machine_without_files_is_unknown(void **state) {
    Diagnosis diagnosis = doctor_examine(*state, NULL, 0);
    assert_level(&diagnosis, "cpu.governor", DOCTOR_OK, NULL);
    assert_null(diagnosis_find(&diagnosis, "cpu.governor")->value);
    static const char *const unread[] = {"load",        "cpu.steal",  "memory.available",
                                         "memory.swap", "cgroup.cpu", "cgroup.memory"};
    for (size_t i = 0; i < sizeof unread / sizeof unread[0]; i++) {
        assert_level(&diagnosis, unread[i], DOCTOR_NOTE, NULL);
        assert_non_null(strstr(diagnosis_find(&diagnosis, unread[i])->finding, "unknown"));
    }
    assert_null(diagnosis_find(&diagnosis, "kernel.perf")->value);
    assert_true(diagnosis_worst(&diagnosis) <= DOCTOR_NOTE);
    diagnosis_release(&diagnosis);
}

static void the_command_examines_this_machine(void **state) {
    assert_int_equal(setenv("MALLOC_ARENA_MAX", "1", 1), 0);
    assert_int_equal(run_command(command_doctor, "--json", "--out", *state, NULL), 0);
    json_t *array = json_loads(printed, 0, NULL);
    assert_true(json_is_array(array));
    bool environment = false, disk = false;
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *finding = json_array_get(array, i);
        static const char *const keys[] = {"id", "level", "finding", "value", "cure"};
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
            assert_non_null(json_object_get(finding, keys[k]));
        const char *id = json_string_value(json_object_get(finding, "id"));
        disk = disk || strcmp(id, "disk") == 0;
        if (strcmp(id, "environment") == 0) {
            environment = true;
            assert_string_equal(json_string_value(json_object_get(finding, "level")), "warning");
            assert_string_equal(json_string_value(json_object_get(finding, "value")), "MALLOC_ARENA_MAX=1");
        }
    }
    assert_true(environment && disk);
    json_decref(array);

    assert_int_equal(run_command(command_doctor, "--strict", NULL), 8);
    assert_printed("environment (MALLOC_ARENA_MAX=1)");
    assert_printed(" ok, ");
    assert_null(strchr(printed, '\033'));
    for (const char *line = printed; *line != '\0'; line += strcspn(line, "\n") + 1) {
        size_t length = strcspn(line, "\n"), word = 0; /* a path may be longer than a line */
        for (size_t i = 0; i < length; i += strcspn(line + i, " \n") + 1)
            word = strcspn(line + i, " \n") > word ? strcspn(line + i, " \n") : word;
        if (length > 80 && word < 60)
            fail_msg("too wide: %.*s", (int)length, line);
    }
    unsetenv("MALLOC_ARENA_MAX");
    assert_refused(run_command(command_doctor, "--nonsense", NULL), "'--nonsense' is no option");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_quiet_machine_is_well, test_folder_set_up, test_folder_tear_down),
        cmocka_unit_test_setup_teardown(a_laptop_saves_power, test_folder_set_up, test_folder_tear_down),
        cmocka_unit_test_setup_teardown(a_guest_is_stolen_from, test_folder_set_up, test_folder_tear_down),
        cmocka_unit_test_setup_teardown(a_container_has_limits, test_folder_set_up, test_folder_tear_down),
        cmocka_unit_test_setup_teardown(an_older_container_has_limits, test_folder_set_up, test_folder_tear_down),
        cmocka_unit_test_setup_teardown(a_machine_without_files_is_unknown, test_folder_set_up, test_folder_tear_down),
        cmocka_unit_test_setup_teardown(the_command_examines_this_machine, test_folder_set_up, test_folder_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
