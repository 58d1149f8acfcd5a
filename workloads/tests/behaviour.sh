#!/bin/sh
# behaviour.sh PROGRAM ARGS... -- CONDITION - runs a workload and judges its numbers by an awk expression, in which
# v["name"] is a number of the result, a measure or a parameter: 'v["end_live_bytes"] == v["bytes"]'. A name that the
# result does not have fails the test. With PRELOAD in the environment it runs under that library. Exit 77: no library.
set -eu
result=$(mktemp)
trap 'rm -f "$result"' EXIT
count=$# condition=""
for argument in "$@"; do
    shift
    count=$((count - 1))
    if [ "$argument" = -- ] && [ "$count" = 1 ]; then
        condition=$1
        shift
        break
    fi
    set -- "$@" "$argument"
done
if [ -n "${PRELOAD-}" ]; then
    [ -e "$PRELOAD" ] || { echo "skipped: $PRELOAD is not there"; exit 77; }
    set -- env LD_PRELOAD="$PRELOAD" "$@"
fi
[ -n "$condition" ] || { echo "no condition: see the head of behaviour.sh"; exit 2; }
"$@" --json >"$result"
for name in $(printf '%s\n' "$condition" | grep -o 'v\["[^"]*"\]' | cut -d'"' -f2 | sort -u); do
    grep -q "\"$name\":" "$result" || { echo "the result has no $name"; exit 1; }
done
tr ',{}' '\n\n\n' <"$result" | sed -n 's/^"\([^"]*\)":"\{0,1\}\([0-9.eE+-]*\)"\{0,1\}$/\1 \2/p' |
    awk "{ v[\$1] = \$2 + 0 } END { exit !($condition) }" || { echo "not so: $condition"; cat "$result"; exit 1; }
