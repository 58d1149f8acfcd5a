#!/bin/sh
# timed_loops.sh PROGRAM... - the measured loops, functions named timed_*, really call malloc and free: compilers that
# know these functions delete or merge pairs of calls.
set -eu
failed=0
for program in "$@"; do
    calls=$(objdump -d --no-show-raw-insn "$program" |
        awk '/^[0-9a-f]+ <.*>:$/ { inside = ($2 ~ /^<timed_/) } inside && /call|jmp/' |
        grep -oE '<(malloc|free|calloc|realloc|posix_memalign)(@[^>]*)?>' | sed 's/[<>]//g; s/@.*//' | sort | uniq -c)
    echo "$(basename "$program"):" $calls
    case $calls in *alloc* | *memalign*) ;; *) echo "no call that allocates in a timed loop" && failed=1 ;; esac
    case $calls in *free*) ;; *) echo "no call of free in a timed loop" && failed=1 ;; esac
done
exit $failed
