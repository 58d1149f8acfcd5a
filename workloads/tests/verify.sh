#!/bin/sh
# verify.sh REFERENCE LIBRARY PROGRAM ARGS... - runs a workload with --verify under an allocator: it must find every block
# intact, must really run under that library, and must make the same requests as under the default allocator.
# LIBRARY is a path or a soname. "default" preloads nothing, runs also without --verify, and writes the result to the
# file REFERENCE, which the others read. Exit 77: the library is not there.
set -eu
file=$1 library=$2
shift 2

field() { printf '%s\n' "$2" | sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }

if [ "$library" = default ]; then
    rm -f "$file"
    reference=$("$@" --json)
    result=$("$@" --json --verify)
else
    reference=$(cat "$file")
    case $library in
    /*) path=$library ;;
    *) path=$(/sbin/ldconfig -p | sed -n "s|^[[:space:]]*$library .*=> ||p" | head -n 1) ;;
    esac
    if [ -z "$path" ] || [ ! -e "$path" ]; then
        echo "skipped: $library is not there"
        exit 77
    fi
    path=$(readlink -f "$path")
    result=$(LD_PRELOAD=$path "$@" --json --verify)
    for symbol in malloc free; do
        found=$(field ${symbol}_library "$result")
        [ "$found" = "$path" ] || { echo "$symbol came from $found, not $path"; exit 1; }
    done
fi
[ "$(field verified "$result")" = true ] || { echo "no verified result: $result"; exit 1; }
for name in operations checksum requested_bytes; do
    want=$(field $name "$reference")
    have=$(field $name "$result")
    [ -n "$want" ] && [ "$want" = "$have" ] || { echo "$name is $have, under the default allocator $want"; exit 1; }
done
[ "$library" != default ] || printf '%s\n' "$reference" >"$file"
