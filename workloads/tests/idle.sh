#!/bin/sh
# idle.sh BURST_IDLE LIBBUMP - under an allocator that never gives memory back, all of a burst of 64 MiB stays resident
# while the process idles; under the default one some of it goes, so the measure tells them apart. Exit 77 without the
# library.
set -eu
[ -e "$2" ] || { echo "skipped: $2 is not there"; exit 77; }
kept() {
    sed -n 's/.*"kit_bytes":\([0-9]*\).*"floor_rss_bytes":\([0-9]*\).*"idle_rss_3s_bytes":\([0-9]*\).*/\3 \1 \2/p' |
        while read -r resident kit floor; do echo $(((resident - kit - floor) >> 20)); done
}
bump=$(LD_PRELOAD=$2 "$1" --bytes 64M --traffic silent --json | kept)
default=$("$1" --bytes 64M --traffic silent --json | kept)
echo "kept of 64 MiB after 3 s: never freeing $bump MiB, default $default MiB"
[ "$bump" -ge 64 ] && [ "$bump" -le 80 ] && [ "$default" -lt 60 ]
