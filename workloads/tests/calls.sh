#!/bin/sh
# calls.sh CALL_LOG_LIBRARY CHECK PROGRAM ARGS... - runs a workload under call_log.c and holds the log of its calls
# against its description: CHECK is an awk expression that must be true. In it
#   of("log.malloc")     is a number of the log, of("operations") a number of the workload's result;
#   near(a, b, t)        means that a and b differ by at most t;
#   sizes(m, n)          is the number of blocks with sizes in (2^(m-1), 2^n];
#   each("b c ...", a, t)  means that near(size(b), a, t) for each of these sizes; kinds() is how many sizes there are;
#   size(b), aligned(n)  are those of exactly b bytes (below 256 KiB), and those aligned to 2^n by posix_memalign.
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
    function some(name) { return name in value ? value[name] : 0 }
    function sizes(first, last, sum, i) { for (i = first; i <= last; i++) sum += some("log.octave_" i); return sum }
    function size(bytes) { return some("log.size_" bytes) }
    function aligned(exponent) { return some("log.alignment_" exponent) }
    function each(list, a, t, part, i, all) {
        all = 1
        for (i = split(list, part, " "); i > 0; i--) all = all && near(size(part[i]), a, t)
        return all
    }
    function kinds(name, count) { for (name in value) count += name ~ /^log\.size_/; return count }
    { value[$1] = $2 + 0 }
    END {
        if (('"$check"') && !missing)
            exit 0
        for (name in value)
            if (value[name] != 0 && name !~ /^log\.size_/)
                print name, value[name]
        exit 1
    }' "$folder/log"
