#!/bin/sh
# Writes input.c into the folder given: functions of changing shape - loops, switches, structures, calls of the functions
# before them - so that every pass of the compiler has work. It includes no header: those differ between machines.
set -eu
awk 'BEGIN {
    print "typedef struct Node { struct Node *next; int key; long weight[4]; char name[24]; } Node;"
    print "extern int consume(const char *text, long value);"
    print "static unsigned table[512];"
    seed = 4141
    for (f = 0; f < 75; f++) {
        seed = seed * 16807 % 2147483647
        shape = seed % 5; bound = 8 + seed % 57; factor = 3 + seed % 1013
        printf "long step_%d(Node *node, const int *input, int count)\n{\n    long sum = %d;\n", f, factor
        print "    for (int i = 0; i < count; i++) {"
        printf "        switch ((input[i] ^ node->key) %% %d) {\n", 4 + shape
        for (c = 0; c < 4 + shape; c++) {
            seed = seed * 16807 % 2147483647
            printf "        case %d:\n            sum += node->weight[%d] * input[i] + table[(sum + %d) & 511];\n", c, c % 4, seed % 512
            if (seed % 3 == 0)
                printf "            if (sum > %d) node = node->next;\n", seed % 100000
            print "            break;"
        }
        print "        default:\n            sum -= consume(node->name, i);\n        }\n    }"
        printf "    for (unsigned j = 0; j < %d; j++) {\n", bound
        printf "        double scaled = (double)node->weight[j & 3] / (j + %d.5);\n", factor
        printf "        table[(j * %du) & 511] += (unsigned)(scaled * %d.25);\n", factor, bound
        print "        for (int k = 0; k < 24; k++)\n            node->name[k] = (char)(node->name[k] + (sum >> (k & 7)));\n    }"
        if (f > 2)
            printf "    if (count > %d)\n        sum ^= step_%d(node->next, input + 1, count - 1) + step_%d(node, input, count / 2);\n", bound, f - 1 - seed % 3, f - 1
        print "    return sum;\n}\n"
    }
}' </dev/null >"$1/input.c"
