#!/usr/bin/env bash
# A process that allocates a little reads nothing of the library's read-only data: its pages stay out of the process.
#
#   read_only_data.sh LIBMINIPOOL.SO BUILD_TYPE COMPILER_ID HARDENING [LTO: ON or nothing]
set -euo pipefail
library=$1 build_type=$2 compiler=$3 hardening=$4 lto=${5:-}
[[ $build_type == Release && $compiler == GNU && $hardening == 0 && $lto != ON ]] ||
  { echo "only gcc's release builds are laid out for this"; exit 77; }

# cat shows its own memory: after the library's code, the mapping that is only read.
LD_PRELOAD=$library cat /proc/self/smaps | awk -v name="$(basename "$library")" '
  /^[0-9a-f]+-/ { ours = index($0, name) > 0 && $2 == "r--p" && code; if (index($0, name) && $2 == "r-xp") code = 1 }
  ours && /^Rss:/ && !seen { seen = 1; resident = $2 }
  END {
    if (!seen) { print "there is no mapping of read-only data behind the code"; exit 1 }
    print resident " KiB of the read-only data are resident (must be 0)"
    exit resident != 0
  }'
