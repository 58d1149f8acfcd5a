#!/bin/sh
# calls.sh CALL_LOG_LIBRARY CHECK PROGRAM ARGS... - runs a workload under call_log.c and holds the log of its calls
# against its description: CHECK is an awk expression that must be true. In it
#   of("log.malloc")     is a number of the log, of("operations") a number of the workload's result;
#   near(a, b, t)        means that a and b differ by at most t;
#   sizes(m, n)          is the number of blocks with sizes in (2^(m-1), 2^n].
# The whole process is in the log: some dozen calls before and after the workload are others'.
set -eu
library=$1 check=$2
shift 2
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
CALL_LOG=$folder/log LD_PRELOAD=$library "$@" --json >"$folder/json"
# "name":number, one a line, as name and value
grep -oE '"[a-z_0-9]+":-?[0-9.]+(e[+-]?[0-9]+)?' "$folder/json" | tr -d '"' | tr ':' ' ' >>"$folder/log"
awk '
    function of(name) { if (!(name in value)) { print "no number named " name; missing = 1 } return value[name] }
    function near(a, b, tolerance) { return a >= b - tolerance && a <= b + tolerance }
    function sizes(first, last, sum, i) { for (i = first; i <= last; i++) sum += of("log.octave_" i); return sum }
    { value[$1] = $2 + 0 }
    END {
        if (('"$check"') && !missing)
            exit 0
        for (name in value)
            if (value[name] != 0)
                print name, value[name]
        exit 1
    }' "$folder/log"
