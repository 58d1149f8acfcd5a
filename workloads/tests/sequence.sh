#!/bin/sh
# sequence.sh CALL_LOG_LIBRARY FREES CHANCE PROGRAM ARGS... - one seed makes the same requests, in the same order in each
# thread, in every run; with FREES "ordered" also the same frees ("raced": who frees what depends on the race). With
# CHANCE "drawn" another seed makes other calls; with "fixed" the seed has no say in them.
set -eu
library=$1 frees=$2 chance=$3
shift 3
log=$(mktemp)
trap 'rm -f "$log"' EXIT

calls() { # SEED PROGRAM ARGS...
    seed=$1
    shift
    CALL_LOG=$log LD_PRELOAD=$library "$@" --seed "$seed" >/dev/null
    sed -n 's/^log.request_sequences //p' "$log"
    [ "$frees" = raced ] || sed -n 's/^log.free_sequences //p' "$log"
}

first=$(calls 1 "$@")
again=$(calls 1 "$@")
other=$(calls 2 "$@")
echo "seed 1: $first; again: $again; seed 2: $other"
grep -q '^log.free [1-9]' "$log" || { echo "no call was logged"; exit 1; }
[ "$first" = "$again" ] || { echo "two runs with one seed differ"; exit 1; }
case $chance in
drawn) [ "$first" != "$other" ] || { echo "two seeds make the same calls"; exit 1; } ;;
fixed) [ "$first" = "$other" ] || { echo "the seed changes calls that have nothing to do with it"; exit 1; } ;;
*) echo "no CHANCE '$chance'" && exit 2 ;;
esac
