/*
 * cores.c - see cores.h.
 */
#include "cores.h"

#include <stdbool.h>
#include <stdio.h>

#if HAVE_HWLOC
#include <hwloc.h>
#endif

const cpu_set_t *cores_allowed(void) {
    static cpu_set_t allowed;
    static bool known;
    if (!known && sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
        CPU_ZERO(&allowed);
        CPU_SET(0, &allowed);
    }
    known = true;
    return &allowed;
}

uint32_t cores_count(void) {
    return (uint32_t)CPU_COUNT(cores_allowed());
}

#if HAVE_HWLOC
/* Read once: discovery takes milliseconds. Lives as long as the program. */
static hwloc_topology_t topology(void) {
    static hwloc_topology_t loaded;
    static bool tried;
    if (!tried) {
        tried = true;
        if (hwloc_topology_init(&loaded) != 0)
            loaded = NULL;
        else if (hwloc_topology_load(loaded) != 0) {
            hwloc_topology_destroy(loaded);
            loaded = NULL;
        }
    }
    return loaded;
}

/* Removes from `left` what shares a core with a processor in `used`. */
static void remove_siblings(const cpu_set_t *used, cpu_set_t *left) {
    hwloc_topology_t machine = topology();
    if (machine == NULL)
        return;
    int cores = hwloc_get_nbobjs_by_type(machine, HWLOC_OBJ_CORE);
    for (int i = 0; i < cores; i++) {
        hwloc_obj_t core = hwloc_get_obj_by_type(machine, HWLOC_OBJ_CORE, (unsigned)i);
        bool busy = false;
        for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
            busy = busy || (CPU_ISSET(cpu, used) && hwloc_bitmap_isset(core->cpuset, (unsigned)cpu) == 1);
        for (size_t cpu = 0; cpu < CPU_SETSIZE && busy; cpu++) {
            if (hwloc_bitmap_isset(core->cpuset, (unsigned)cpu) == 1)
                CPU_CLR(cpu, left);
        }
    }
}

json_t *cores_describe(void) {
    json_t *object = json_object();
    hwloc_topology_t machine = topology();
    if (machine == NULL)
        return object;
    json_object_set_new(object, "packages", json_integer(hwloc_get_nbobjs_by_type(machine, HWLOC_OBJ_PACKAGE)));
    json_object_set_new(object, "cores", json_integer(hwloc_get_nbobjs_by_type(machine, HWLOC_OBJ_CORE)));
    json_object_set_new(object, "threads", json_integer(hwloc_get_nbobjs_by_type(machine, HWLOC_OBJ_PU)));
    json_object_set_new(object, "numa_nodes", json_integer(hwloc_get_nbobjs_by_type(machine, HWLOC_OBJ_NUMANODE)));
    static const struct {
        const char *name;
        hwloc_obj_type_t type;
    } caches[] = {{"l1d_bytes", HWLOC_OBJ_L1CACHE}, {"l2_bytes", HWLOC_OBJ_L2CACHE}, {"l3_bytes", HWLOC_OBJ_L3CACHE}};
    for (size_t i = 0; i < sizeof caches / sizeof caches[0]; i++) {
        hwloc_obj_t cache = hwloc_get_obj_by_type(machine, caches[i].type, 0);
        if (cache != NULL)
            json_object_set_new(object, caches[i].name, json_integer((json_int_t)cache->attr->cache.size));
    }
    return object;
}
#else
static void remove_siblings(const cpu_set_t *used, cpu_set_t *left) {
    (void)used;
    (void)left;
}

json_t *cores_describe(void) {
    return json_object();
}
#endif

void cores_stay_off(uint32_t threads) {
    const cpu_set_t *allowed = cores_allowed();
    if (threads == 0 || threads >= cores_count()) {
        (void)sched_setaffinity(0, sizeof *allowed, allowed);
        return;
    }
    cpu_set_t used, left = *allowed;
    CPU_ZERO(&used);
    for (size_t cpu = 0; cpu < CPU_SETSIZE && threads > 0; cpu++) {
        if (CPU_ISSET(cpu, allowed)) {
            CPU_SET(cpu, &used);
            CPU_CLR(cpu, &left);
            threads--;
        }
    }
    cpu_set_t quiet = left;
    remove_siblings(&used, &quiet);
    (void)sched_setaffinity(0, sizeof left, CPU_COUNT(&quiet) > 0 ? &quiet : &left);
}
