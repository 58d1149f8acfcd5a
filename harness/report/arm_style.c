/*
 * arm_style.c - the fixed styles, then the free ones.
 */
#include "arm_style.h"

#include <string.h>

#include "../store/text.h"

typedef struct NamedStyle {
    const char *name;
    ArmStyle style;
} NamedStyle;

/* gnuplot point types: 5 square, 7 circle, 9 triangle, 11 triangle down, 13 diamond, 15 pentagon; even numbers are the
 * hollow ones, used for what is not a usable allocator. */
static const NamedStyle FIXED[] = {
    {"glibc", {0x000000, 7}}, {"jemalloc", {0x0072B2, 5}},  {"mimalloc", {0xE69F00, 9}}, {"tcmalloc", {0x009E73, 11}},
    {"tbb", {0xCC79A7, 15}},  {"minipool", {0xD55E00, 13}}, {"limit", {0x56B4E9, 6}},    {"bump", {0x999999, 4}},
};
static const ArmStyle FREE[] = {
    {0x7F4F24, 5},  {0x5E3C99, 7}, {0x8A8500, 9}, {0x1B4F72, 13}, {0x9B2226, 11},
    {0x4D4D4D, 15}, {0x00798C, 4}, {0x7F4F24, 8}, {0x5E3C99, 12}, {0x8A8500, 6},
};
enum { FIXED_COUNT = sizeof FIXED / sizeof *FIXED, FREE_COUNT = sizeof FREE / sizeof *FREE };

ArmStyle *arm_styles(const RunMeta *meta) {
    ArmStyle *styles = zeroed(meta->arm_count, sizeof *styles);
    size_t next = 0;
    for (size_t arm = 0; arm < meta->arm_count; arm++) {
        size_t i = 0;
        while (i < FIXED_COUNT && strcmp(FIXED[i].name, meta->arms[arm].name))
            i++;
        styles[arm] = i < FIXED_COUNT ? FIXED[i].style : FREE[next++ % FREE_COUNT];
    }
    return styles;
}
