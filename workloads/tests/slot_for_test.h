/* slot_for_test.h - a unit test as its own parent: a slot page that asks for `observe`, opened by the kit. */
#ifndef ALLOCBENCH_TESTS_SLOT_FOR_TEST_H
#define ALLOCBENCH_TESTS_SLOT_FOR_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kit/slot.h"

static inline SlotPage *open_slot_observing(uint32_t observe) {
    int file = memfd_create("slot", 0);
    if (file < 0 || ftruncate(file, sizeof(SlotPage)) != 0)
        abort();
    SlotPage *page = mmap(NULL, sizeof(SlotPage), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (page == MAP_FAILED)
        abort();
    page->magic = SLOT_MAGIC;
    page->version = SLOT_PROTOCOL_VERSION;
    page->page_bytes = sizeof(SlotPage);
    page->observe = observe;
    char text[16];
    snprintf(text, sizeof text, "%d", file);
    setenv(SLOT_FD_ENVIRONMENT, text, 1);
    slot_open();
    return page;
}

#endif
