#!/bin/sh
# all_are_verified.sh ROWS PROGRAM... - every workload, and every preset that it describes, has a row of its own that is
# verified under all allocators. ROWS is a file of lines "row program arguments".
set -eu
rows=$1
shift
failed=0
for program in "$@"; do
    name=$(basename "$program")
    grep -q "^[^ ]* $name " "$rows" || { echo "$name is not verified under all allocators"; failed=1; }
    for preset in $("$program" --describe | grep -o '"name":"[^"]*","arguments"' | cut -d'"' -f4); do
        grep -q "^[^ ]* $name .*--preset $preset " "$rows" ||
            { echo "--preset $preset of $name is not verified under all allocators"; failed=1; }
    done
done
exit $failed
