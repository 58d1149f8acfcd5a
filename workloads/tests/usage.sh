#!/bin/sh
# usage.sh PROGRAM... - bad arguments give exit code 2, one line on stderr that names the flag, nothing on stdout.
set -eu
failed=0

# refuse PROGRAM NAMED ARGS...
refuse() {
    program=$1 named=$2
    shift 2
    code=0
    output=$("$program" "$@" 2>&1 >/dev/null) || code=$?
    silent=$("$program" "$@" 2>/dev/null) || true
    lines=$(printf '%s\n' "$output" | wc -l)
    case $output in *"$named"*) names=1 ;; *) names=0 ;; esac
    if [ "$code" != 2 ] || [ "$lines" != 1 ] || [ -z "$output" ] || [ -n "$silent" ] || [ "$names" = 0 ]; then
        echo "$program $*: exit code $code, $lines lines, must name '$named': $output"
        failed=1
    fi
}

for program in "$@"; do
    for threads in 0 -1 x 1x 4097 99999999999999999999 ''; do
        refuse "$program" --threads --threads "$threads"
    done
    for operations in 0 -5 1.5 18446744073709551616 K; do
        refuse "$program" --ops --ops "$operations"
    done
    for seconds in 0 -1 nan inf 1x 100000; do
        refuse "$program" --seconds --seconds "$seconds"
    done
    refuse "$program" --seed --seed abc
    refuse "$program" --ops --ops 5 --seconds 1
    refuse "$program" --ops --ops
    refuse "$program" --verify=1 --verify=1
    refuse "$program" --nonsense --nonsense
    refuse "$program" -z -z
    refuse "$program" nonsense nonsense
    refuse "$program" --preset --preset nonsense
    # Presets and parameters that the program describes: every one must refuse a value outside its bounds.
    for flag in $("$program" --describe | grep -o '"name":"[^"]*","default"' | cut -d'"' -f4); do
        refuse "$program" "--$flag" "--$flag" nonsense
        refuse "$program" "--$flag" "--$flag" 99999999999999999999999
    done
done

folder=$(dirname "$1")
refuse "$folder/larson" --min-size --min-size 100 --max-size 100
refuse "$folder/xmalloc" --threads --threads 3
refuse "$folder/burst_idle" --ops --ops 1000
refuse "$folder/burst_idle" --min-size --min-size 2K
refuse "$folder/burst_idle" --bytes --bytes 64K --threads 100
refuse "$folder/frag_first_fit" --seconds --seconds 1
refuse "$folder/frag_first_fit" --min-size --min-size 128K
refuse "$folder/frag_first_fit" --bytes --bytes 64K --threads 2
refuse "$folder/frag_per_class" --bytes --bytes 64K --threads 3
refuse "$folder/holes" --blocks --blocks 6 --threads 2
refuse "$folder/idle_threads" --bytes --bytes 64K
refuse "$folder/blowup" --bytes --bytes 64K
refuse "$folder/size_shift" --bytes --bytes 64K --threads 2
refuse "$folder/soak" --bytes --bytes 64K
refuse "$folder/soak" --replacements --replacements 100 --threads 2
refuse "$folder/producer_consumer" --consumers --preset server --consumers 1
refuse "$folder/producer_consumer" --threads --threads 4 --preset pc_pair
refuse "$folder/producer_consumer" --threads --threads 1 --preset pc_fan
refuse "$folder/producer_consumer" --producers --topology ring --producers 1
refuse "$folder/producer_consumer" --outstanding --outstanding 10
refuse "$folder/producer_consumer" --min-size --min-size 600
refuse "$folder/producer_consumer" "--queue spsc" --queue spsc --producers 2 --consumers 3
exit $failed
