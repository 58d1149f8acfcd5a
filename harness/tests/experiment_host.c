/*
 * experiment_host.c - facts of a machine read below a root, and the host record of this one.
 */
#include <jansson.h>

#include "experiment/host.h"
#include "experiment/machine.h"
#include "machine_fixture.h"

static void values_are_read_or_unknown(void **state) {
    const char *root = *state;
    fixture_quiet_machine(root);
    fixture_file(root, "/etc/os-release", "NAME=x\nPRETTY_NAME=\"An OS 1\"\n");
    char *model = machine_value(root, "/proc/cpuinfo", "model name");
    assert_string_equal(model, "A quiet CPU");
    assert_null(machine_value(root, "/proc/cpuinfo", "model")); /* a whole key, not the beginning of one */
    char *name = machine_value(root, "/etc/os-release", "PRETTY_NAME");
    assert_string_equal(name, "An OS 1");
    char *thp = machine_choice(root, "/sys/kernel/mm/transparent_hugepage/enabled");
    assert_string_equal(thp, "madvise");
    uint64_t bytes;
    assert_true(machine_memory(root, "MemTotal", &bytes));
    assert_int_equal(bytes, UINT64_C(16) << 30);
    assert_false(machine_memory(root, "HugePages_Nothing", &bytes));
    assert_int_equal(machine_count_list(root, "/sys/devices/system/cpu/online"), 8);
    fixture_file(root, "/list", "0-3,8,10-11\n");
    assert_int_equal(machine_count_list(root, "/list"), 7);
    assert_int_equal(machine_count_list(root, "/nothing"), 0);
    fixture_file(root, "/sys/devices/system/cpu/cpu3/cpufreq/scaling_governor", "powersave\n");
    char *governors = machine_lines_of_all(root, "/sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor");
    assert_string_equal(governors, "performance, powersave");
    CpuTicks ticks;
    assert_true(machine_cpu_ticks(root, &ticks));
    assert_int_equal(ticks.total, 100000);
    assert_int_equal(ticks.idle, 98500);
    assert_int_equal(ticks.steal, 0);
    assert_null(machine_virtualisation(root));
    bool on;
    assert_true(machine_turbo(root, &on));
    assert_false(on);
    assert_true(machine_has_pmu(root));
    assert_false(machine_has_pmu("/nonexistent"));
    free(model);
    free(name);
    free(thp);
    free(governors);
}

static void the_tightest_limit_of_a_unified_hierarchy(void **state) {
    const char *root = *state;
    fixture_file(root, "/sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
    fixture_file(root, "/proc/self/cgroup", "0::/machine/box/leaf\n");
    fixture_file(root, "/sys/fs/cgroup/machine/box/leaf/memory.max", "max\n");
    fixture_file(root, "/sys/fs/cgroup/machine/box/leaf/cpu.max", "300000 100000\n");
    fixture_file(root, "/sys/fs/cgroup/machine/box/memory.max", "2147483648\n");
    fixture_file(root, "/sys/fs/cgroup/machine/memory.max", "8589934592\n");
    fixture_file(root, "/sys/fs/cgroup/machine/cpu.max", "150000 100000\n");
    fixture_file(root, "/sys/fs/cgroup/machine/cpu.stat", "usage_usec 5\nnr_throttled 12\n");
    CgroupLimits limits = machine_cgroup(root);
    assert_int_equal(limits.version, 2);
    assert_int_equal(limits.memory_bytes, UINT64_C(2) << 30);
    assert_true(limits.cpus > 1.49 && limits.cpus < 1.51);
    assert_int_equal(limits.throttled, 12);
}

static void limits_of_separate_hierarchies(void **state) {
    const char *root = *state;
    fixture_file(root, "/proc/self/cgroup", "5:cpu,cpuacct:/docker/ab\n4:memory:/docker/ab\n0::/\n");
    fixture_file(root, "/sys/fs/cgroup/memory/memory.limit_in_bytes", "1073741824\n"); /* seen from inside */
    fixture_file(root, "/sys/fs/cgroup/cpu/docker/ab/cpu.cfs_quota_us", "50000\n");
    fixture_file(root, "/sys/fs/cgroup/cpu/docker/ab/cpu.cfs_period_us", "100000\n");
    fixture_file(root, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
    fixture_file(root, "/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    CgroupLimits limits = machine_cgroup(root);
    assert_int_equal(limits.version, 1);
    assert_int_equal(limits.memory_bytes, UINT64_C(1) << 30);
    assert_true(limits.cpus > 0.49 && limits.cpus < 0.51);

    fixture_file(root, "/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"); /* no limit */
    assert_int_equal(machine_cgroup(root).memory_bytes, 0);
    assert_int_equal(machine_cgroup("/nonexistent").version, 0);
}

static void a_guest_and_a_container(void **state) {
    const char *root = *state;
    fixture_file(root, "/proc/cpuinfo", "flags\t\t: fpu hypervisor vme\n");
    char *unknown = machine_virtualisation(root);
    assert_string_equal(unknown, "a hypervisor");
    fixture_file(root, "/sys/class/dmi/id/sys_vendor", "QEMU\n");
    fixture_file(root, "/.dockerenv", "");
    char *both = machine_virtualisation(root);
    assert_string_equal(both, "docker in kvm");
    free(unknown);
    free(both);
}

static void this_machine_has_a_record(void **state) {
    (void)state;
    Arm arms[] = {{.name = (char *)"one", .sha256 = (char *)"00"}, {.name = (char *)"none"}};
    RunMeta run = {.arms = arms, .arm_count = 2};
    char *text = host_record(&run);
    json_t *record = json_loads(text, 0, NULL);
    assert_non_null(record);
    static const char *const keys[] = {"hostname",
                                       "machine_id",
                                       "caches",
                                       "smt",
                                       "turbo",
                                       "governor",
                                       "swap_total",
                                       "cgroup",
                                       "psi",
                                       "mitigations",
                                       "kernel_parameters",
                                       "perf_event_paranoid",
                                       "scaling_driver",
                                       "valgrind",
                                       "strace",
                                       "dirty",
                                       "virtualisation",
                                       "overcommit"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (json_object_get(record, keys[i]) == NULL)
            fail_msg("the record has no %s, not even as unknown", keys[i]);
    }
    const char *id = json_string_value(json_object_get(record, "machine_id"));
    char *secret = machine_line("", "/etc/machine-id");
    if (secret != NULL && id != NULL) {
        assert_int_equal(strlen(id), 16);
        assert_null(strstr(text, secret));
    }
    const json_t *listed = json_object_get(record, "arms");
    assert_int_equal(json_array_size(listed), 2);
    assert_true(json_is_null(json_object_get(json_array_get(listed, 1), "sha256")));

    /* What changes from minute to minute does not make another host of it; a setting does. */
    StoreError what;
    char *later = host_record(NULL);
    assert_true(host_is_same(text, later, &what));
    json_object_set_new(record, "at_start", json_null());
    char *without = json_dumps(record, JSON_COMPACT);
    assert_true(host_is_same(without, later, &what));
    json_object_set_new(record, "machine_id", json_string("another"));
    char *elsewhere = json_dumps(record, JSON_COMPACT);
    assert_int_equal(host_is_same(elsewhere, later, &what), id == NULL);
    json_object_set_new(record, "thp", json_string("otherwise"));
    char *changed = json_dumps(record, JSON_COMPACT);
    assert_false(host_is_same(changed, later, &what));
    assert_string_equal(what.text, "thp");
    free(secret);
    free(later);
    free(without);
    free(elsewhere);
    free(changed);
    free(text);
    json_decref(record);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_are_read_or_unknown, test_folder_set_up, test_folder_tear_down),
        cmocka_unit_test_setup_teardown(the_tightest_limit_of_a_unified_hierarchy, test_folder_set_up,
                                        test_folder_tear_down),
        cmocka_unit_test_setup_teardown(limits_of_separate_hierarchies, test_folder_set_up, test_folder_tear_down),
        cmocka_unit_test_setup_teardown(a_guest_and_a_container, test_folder_set_up, test_folder_tear_down),
        cmocka_unit_test(this_machine_has_a_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
