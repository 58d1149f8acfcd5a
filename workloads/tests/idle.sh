#!/bin/sh
# idle.sh BURST_IDLE LIBBUMP - what stays resident while the process idles is measured: under an allocator that never
# gives anything back all of a burst of 64 MiB; under glibc with a mapping for every block nothing. Exit 77: no library.
set -eu
[ -e "$2" ] || { echo "skipped: $2 is not there"; exit 77; }
libc=$(/sbin/ldconfig -p | sed -n 's|^[[:space:]]*libc.so.6 .*=> ||p' | head -n 1)
[ -e "$libc" ] || { echo "skipped: no libc.so.6"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

burst() {
    "$@" --bytes 64M --min-size 8K --max-size 32K --traffic silent --json
}
mebibytes() { # FILE
    sed -n 's/.*"kit_bytes":\([0-9]*\).*"floor_rss_bytes":\([0-9]*\).*"idle_rss_3s_bytes":\([0-9]*\).*/\3 \1 \2/p' "$1" |
        while read -r resident kit floor; do echo $(((resident - kit - floor) / 1048576)); done
}
burst env LD_PRELOAD="$2" "$1" >"$scratch/never" &
burst env LD_PRELOAD="$libc" MALLOC_MMAP_THRESHOLD_=4096 "$1" >"$scratch/mapped"
wait $!
never=$(mebibytes "$scratch/never")
mapped=$(mebibytes "$scratch/mapped")
echo "kept of 64 MiB after 3 s: never freeing $never MiB, a mapping a block $mapped MiB"
[ "$never" -ge 64 ] && [ "$never" -le 72 ] && [ "$mapped" -ge -1 ] && [ "$mapped" -le 2 ]
