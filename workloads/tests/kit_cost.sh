#!/bin/sh
# kit_cost.sh SCRIPT BUILD - scripts/kit-cost tells the workload's instructions from the allocator's: a row that computes
# between two calls has many of the one for few of the other, a row of nothing but calls the reverse. Exit 77: no tools.
set -eu
command -v valgrind >/dev/null || { echo "skipped: valgrind is not installed"; exit 77; }
/sbin/ldconfig -p | grep -q 'libjemalloc.so.2 ' || { echo "skipped: libjemalloc.so.2 is not there"; exit 77; }
table=$("$1" "$2" cache_thrash linux_scalability)
printf '%s\n' "$table"
number() { printf '%s\n' "$table" | awk -F'|' -v row=" $1 " -v column="$2" '$2 == row { print $column + 0 }'; }
[ "$(number cache_thrash 3)" -gt 100000 ] && [ "$(number cache_thrash 7)" -ge 99 ]
for column in 5 6; do
    [ "$(number linux_scalability $column)" -gt 10 ] && [ "$(number linux_scalability $column)" -lt 1000 ]
done
[ "$(number linux_scalability 3)" -gt 4 ] && [ "$(number linux_scalability 3)" -lt 100 ]
