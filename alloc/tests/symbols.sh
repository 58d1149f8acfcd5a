#!/usr/bin/env bash
# The names that the libraries define for others: exactly the documented ones. A further exported name could capture a
# program's own function; a missing one would send a block to an allocator that never gave it.
#
#   symbols.sh HEADER LIBMINIPOOL.SO LIBMINIPOOL_MP.A
set -euo pipefail
header=$1 shared=$2 archive=$3
command -v nm >/dev/null || { echo "no nm here"; exit 77; }

mp_names=$(grep -oE '\bmp_[a-z_]+ *\(' "$header" | tr -d ' (' | sort -u)
family='malloc calloc realloc free aligned_alloc free_sized free_aligned_sized posix_memalign memalign valloc pvalloc
reallocarray malloc_usable_size malloc_trim mallinfo2'
# operator new and delete, plain and [], with every combination of size, alignment and nothrow
operators='_Znwm _Znam _ZnwmRKSt9nothrow_t _ZnamRKSt9nothrow_t _ZnwmSt11align_val_t _ZnamSt11align_val_t
_ZnwmSt11align_val_tRKSt9nothrow_t _ZnamSt11align_val_tRKSt9nothrow_t _ZdlPv _ZdaPv _ZdlPvm _ZdaPvm
_ZdlPvRKSt9nothrow_t _ZdaPvRKSt9nothrow_t _ZdlPvSt11align_val_t _ZdaPvSt11align_val_t _ZdlPvmSt11align_val_t
_ZdaPvmSt11align_val_t _ZdlPvSt11align_val_tRKSt9nothrow_t _ZdaPvSt11align_val_tRKSt9nothrow_t'

failed=0
compare() { # title expected actual
  diff <(tr ' ' '\n' <<<"$2" | sed '/^$/d' | sort -u) <(sort -u <<<"$3") >/dev/null && return
  echo "$1 (< documented, > defined):"
  diff <(tr ' ' '\n' <<<"$2" | sed '/^$/d' | sort -u) <(sort -u <<<"$3") | grep '^[<>]'
  failed=1
}
compare "$shared" "$mp_names $family $operators" "$(nm -D --defined-only "$shared" | awk '{ print $3 }' | sed 's/@.*//')"

defined=$(nm -g --defined-only "$archive" | awk 'NF == 3 { print $3 }')
for name in $family $operators; do
  if grep -qx "$name" <<<"$defined"; then
    echo "$archive defines $name"
    failed=1
  fi
done
for name in $mp_names; do
  grep -qx "$name" <<<"$defined" || { echo "$archive does not define $name"; failed=1; }
done
exit $failed
