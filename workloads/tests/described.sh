#!/bin/sh
# described.sh SOURCES PROGRAM... - every workload says of itself what docs/workloads.md needs, its source file opens with
# a comment that says the same in short, and its presets can be run.
set -eu
sources=$1
shift
failed=0
lacks() {
    echo "$1"
    failed=1
}

for program in "$@"; do
    name=$(basename "$program")
    text=$("$program" --describe)
    for key in summary models published changed unit; do
        case $text in
            *"\"$key\":\"\""*) lacks "$name --describe: $key is empty" ;;
            *"\"$key\":\""*) ;;
            *) lacks "$name --describe: no $key" ;;
        esac
    done
    case $text in *'"doc":""'*) lacks "$name --describe: a parameter or preset without a doc" ;; esac
    case $text in
        *'"scaled":false'*'"usual_ms":0,'*) lacks "$name: unscaled work without usual_ms, so no run's length can be told" ;;
        *'"scaled":true'*'"usual_ms":0,'* | *'"scaled":false'*) ;;
        *) lacks "$name: usual_ms, but its work is fitted" ;;
    esac
    work="--ops 2000"
    case $text in *'"scaled":false'*) work= ;; esac
    for preset in $(echo "$text" | grep -o '"name":"[^"]*","arguments"' | cut -d'"' -f4); do
        # shellcheck disable=SC2086  # the flags are words
        "$program" --preset "$preset" $work >/dev/null || lacks "$name --preset $preset fails"
        [ "$("$program" --preset "$preset" --describe)" = "$text" ] ||
            lacks "$name --preset $preset --describe: the defaults described are the preset's"
    done
    header=$(sed '/^ \*\/$/q' "$sources/$name.c")
    case $header in "/*
 * $name.c - "*) ;; *) lacks "$name.c does not open with '$name.c - what it is'" ;; esac
    for label in Models Published Changed; do
        case $header in *"
 * $label: "*) ;; *) lacks "$name.c: no '$label:' in the comment at the top" ;; esac
    done
done
exit $failed
