#!/usr/bin/env bash
# The instructions of malloc's and free's fast paths, counted on the library as it is built: from the entry to the first
# return. No more than the golden numbers, no call, no saved register, no locked operation. A number that falls is good
# news and is then lowered here.
#
#   fast_path.sh LIBMINIPOOL.SO BUILD_TYPE COMPILER_ID [LTO: ON or nothing]
set -euo pipefail
library=$1 build_type=$2 compiler=$3 lto=${4:-}
[[ $(uname -m) == x86_64 && $build_type == Release ]] || { echo "golden numbers are for x86-64 release builds"; exit 77; }
command -v objdump >/dev/null || { echo "no objdump here"; exit 77; }

failed=0
check() { # function most
  local start path count
  start=$(nm "$library" | awk -v name="$1" '$3 == name { print $1 }')
  path=$(objdump -d --no-show-raw-insn --start-address="0x$start" "$library" | awk -F'\t' 'NF > 1 && !done { print } /\tret/ { done = 1 }')
  count=$(wc -l <<<"$path")
  echo "$1: $count instructions (at most $2)"
  if ((count > $2 || count < 5)) || grep -qE $'\t(call|push|lock)' <<<"$path"; then
    echo "$path"
    failed=1
  fi
}
case $compiler in
  GNU) allocation=15 medium=22 release=20 names='malloc mp_malloc _Znwm free mp_free _ZdlPv heap_allocate_slow' ;;
  Clang) allocation=15 medium=20 release=22 names='malloc mp_malloc free mp_free _ZdlPv heap_allocate_slow' ;;
  *) echo "no golden numbers for $compiler"; exit 77 ;;
esac
for name in $names; do
  case $name in
    heap_allocate_slow) [[ $lto == ON ]] || check "$name" $medium ;; # up to 32 KiB; with LTO a part of others
    *malloc | _Znwm) check "$name" $allocation ;;
    *) check "$name" $release ;;
  esac
done
exit $failed
