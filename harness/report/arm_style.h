/*
 * arm_style.h - one colour and one mark per allocator, the same in every chart of every run.
 *
 * Colours are those of Okabe and Ito (2008), which people with any kind of colour vision tell apart; the mark says the
 * same again for print and for thumbnails. Names that are not known take the next free pair in the order of the run.
 */
#ifndef ALLOCBENCH_REPORT_ARM_STYLE_H
#define ALLOCBENCH_REPORT_ARM_STYLE_H

#include "../store/sample.h"

typedef struct ArmStyle {
    unsigned colour; /* 0xRRGGBB */
    int mark;        /* gnuplot point type */
} ArmStyle;

/* One style an arm, in the order of meta->arms; owned. */
ArmStyle *arm_styles(const RunMeta *meta);

#endif
