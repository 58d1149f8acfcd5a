#!/bin/sh
# Writes input, about 14 MB of lines like those of a server's log, into the folder given.
set -eu
awk 'BEGIN {
    split("GET PUT POST DELETE HEAD", verb, " ")
    split("index orders customers invoices images search session", place, " ")
    seed = 4141
    for (i = 0; i < 170000; i++) {
        seed = seed * 16807 % 2147483647
        first = seed
        seed = seed * 16807 % 2147483647
        printf "%08d host-%03d %s /%s/%d?token=%d%d status=%d bytes=%d\n", i, first % 251, verb[first % 5 + 1],
            place[seed % 7 + 1], seed % 9973, first, seed, 200 + first % 4 * 100, seed % 65536
    }
}' </dev/null >"$1/input"
