#!/bin/sh
# usage.sh PROGRAM... - bad arguments give exit code 2, one line on stderr that names the flag, nothing on stdout; --help
# has every parameter's default.
set -eu
failed=0

# refuse PROGRAM NAMED ARGS...
refuse() {
    program=$1 named=$2
    shift 2
    code=0
    "$program" "$@" >"$scratch/out" 2>"$scratch/err" || code=$?
    lines=$(wc -l <"$scratch/err")
    if [ "$code" != 2 ] || [ "$lines" != 1 ] || [ -s "$scratch/out" ] || ! grep -qF -e "$named" "$scratch/err"; then
        echo "$program $*: exit code $code, $lines lines, must name '$named' and print nothing: $(cat "$scratch/err")"
        failed=1
    fi
}

scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT

for program in "$@"; do
    for threads in 0 -1 x 1x 4097 99999999999999999999 ''; do
        refuse "$program" --threads --threads "$threads"
    done
    refuse "$program" --threads --threads 0 --describe
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
    # Parameters that the program describes: every one must refuse what is no number of its kind or outside its bounds.
    "$program" --help | tr -s '\n ' ' ' >"$scratch/help"
    "$program" --describe | grep -oE '"name":"[^"]*","default":"[^"]*"' | cut -d'"' -f4,8 | tr '"' ' ' >"$scratch/defaults"
    while read -r flag default; do
        if ! grep -qE -e "--$flag=[^[]*\[$default\]" "$scratch/help"; then
            echo "$program --help: --$flag lacks its default $default"
            failed=1
        fi
    done <"$scratch/defaults"
    "$program" --describe | grep -oE '"name":"[^"]*","default":"[^"]*","(kind":"[a-z]*","minimum":[0-9]*,"maximum":[0-9]*|choices)' |
        sed -E 's/"name":"([^"]*)","default":"[^"]*","/\1 /; s/kind":"([a-z]*)","minimum":([0-9]*),"maximum":([0-9]*)/\1 \2 \3/' \
            >"$scratch/parameters"
    while read -r flag kind minimum maximum; do
        for value in nonsense '' -1 99999999999999999999999 1.5 5x; do
            refuse "$program" "--$flag" "--$flag" "$value"
        done
        refuse "$program" "--$flag" "--$flag"
        [ "$kind" != choices ] || continue
        refuse "$program" "--$flag" "--$flag" $((maximum + 1))
        [ "$minimum" = 0 ] || refuse "$program" "--$flag" "--$flag" $((minimum - 1))
        case $kind in
        bytes) for value in 5KB 5T K 99999999999999G; do refuse "$program" "--$flag" "--$flag" "$value"; done ;;
        *) refuse "$program" "--$flag" "--$flag" 5K ;;
        esac
    done <"$scratch/parameters"
    if grep -q '^min-size ' "$scratch/parameters"; then
        most=$(sed -n 's/^max-size bytes [0-9]* //p' "$scratch/parameters")
        least=$(sed -n 's/^min-size bytes \([0-9]*\) .*/\1/p' "$scratch/parameters")
        refuse "$program" --min-size --min-size "$most" --max-size $((least + 2 < 64 ? 64 : least + 2))
    fi
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
refuse "$folder/producer_consumer" "at most 4096" --producers 4096
refuse "$folder/producer_consumer" "at most 4096" --proxies 2000 --producers 2000 --consumers 2000
refuse "$folder/t_test1" --memory --memory 5G --size 1 --threads 1

# What does not fit into memory: GIB is about what the blocks would take.
memory=$(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)
too_large() { # GIB PROGRAM ARGS...
    needed=$(($1 << 20))
    program=$2
    shift 2
    [ "$needed" -le $((memory + memory / 16)) ] || refuse "$folder/$program" "choose fewer or smaller" "$@"
}
for shape in aligned calloc_zero fifo random_slots larson rptest; do
    too_large 2000000 $shape --slots 10000000 --min-size 200M --max-size 256M --threads 1
done
too_large 28 alloc_test --slots 268435456 --exponent 20
too_large 1000 blowup --bytes 1000G
too_large 1000 burst_idle --bytes 1000G
too_large 1000 idle_threads --bytes 1000G
too_large 1000 frag_first_fit --bytes 500G
too_large 16 frag_per_class --bytes 16G
too_large 64 size_shift --bytes 64G
too_large 3 size_sweep --bytes 3G
too_large 3 soak --bytes 3G
too_large 32 t_test1 --memory 64G
too_large 9000000 lifo --depth 10000000 --min-size 1G --max-size 1G
too_large 15000 glibc_simple --blocks 1000000 --size 16M
too_large 1300 glibc_thread --slots 10000000 --threads 4096
too_large 1800 holes --blocks 2147483648
too_large 180000 malloc_large --live 100000 --min-size 1900M --max-size 2G
too_large 2000 mstress --scale 10000 --threads 4096 --ops 5000
too_large 80000 phong --table 10000000 --min-size 8M --max-size 16M --threads 1
too_large 900000 realloc_growth --buffers 1000000 --min-size 1G --max-size 1G
too_large 90000 threadtest --objects 100000000 --size 1M
too_large 90000 traverse --objects 100000000 --min-size 1M --max-size 1M
too_large 2 sh6bench --calls 100000000
too_large 5 sh8bench --calls 100000000
too_large 20 distribution --preset key_value --threads 4096
too_large 1000000 xmalloc --size 16M --batch 1048576 --limit 65536 --seconds 1
too_large 1000 producer_consumer --outstanding 1000G --limit 65536 --batch 4096 --min-size 1M --max-size 1M
too_large 60000 producer_consumer --topology ring --window 4096 --batch 4096 --min-size 4M --max-size 4M --threads 2
too_large 60000 producer_consumer --topology server --window 4096 --batch 4096 --min-size 4M --max-size 4M --threads 2
exit $failed
