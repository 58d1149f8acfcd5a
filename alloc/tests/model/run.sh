#!/usr/bin/env bash
# span.pml, searched by Spin through every interleaving: for several shapes of threads and objects no assertion may fail
# and together they must reach every statement; then each deliberate fault of the model must be found.
set -uo pipefail
folder=$(cd "$(dirname "$0")" && pwd) || exit 1
for tool in spin cc; do
  command -v $tool >/dev/null || { echo "no $tool here"; exit 77; }
done
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cp "$folder/span.pml" "$scratch" && cd "$scratch" || exit 1
failed=0
fail() {
  echo "FAILED: $*"
  failed=1
}

# Labels and inlines are functions of the allocator, but for those of the model's own making.
while read -r name; do
  grep -qE "\b$name\(" "$folder"/../../src/*.[ch] || fail "span.pml has steps of $name(), alloc/src has no such function"
done < <(sed -nE 's/^([a-z_]+):$/\1/p; s/^inline ([a-z_]+)\(.*/\1/p' span.pml | grep -vxE 'idle|done|set_control|choose|quiet')

search() { # the compiler's option, definitions... -> what the verifier says, in the file `said`
  rm -f pan pan.* ./*.trail
  spin "${@:2}" -a span.pml >said 2>&1 && cc "$1" -w -DSAFETY -DCOLLAPSE -DMEMLIM=2048 -o pan pan.c >>said 2>&1 &&
    ./pan -m1000000 -w22 >said 2>&1
}

shapes=0
shape() { # threads strangers classes objects words threshold event
  local definitions=(-DTHREADS="$1" -DSTRANGERS="$2" -DCLASSES="$3" -DOBJECTS="$4" -DWORDS="$5" -DTHRESHOLD="$6" -DEVENT="$7")
  search -O1 "${definitions[@]}"
  if ! grep -q 'errors: 0$' said || grep -qE 'not completed|too small' said; then
    fail "${definitions[*]}"
    cat said
    [[ ! -e span.pml.trail ]] || spin "${definitions[@]}" -t -p -g span.pml | tail -n 200
    return
  fi
  echo "threads $1, strangers $2, classes $3, objects $4, words $5, threshold $6: $(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1 states/p' said)"
  # The end of a thread that goes on for ever is not meant to be reached.
  grep -v '"-end-"$' said | grep -oE '^\sspan.pml:[0-9]+, state [0-9]+' >"unreached.$shapes"
  ((shapes += 1))
}
shape 2 0 2 2 1 1 1
shape 2 0 1 3 1 2 2
shape 1 1 1 4 2 2 1
shape 1 2 1 2 1 1 1

if ((shapes > 0)); then
  sort unreached.* | uniq -c | awk -v shapes=$shapes '$1 == shapes' >never
  [[ ! -s never ]] || { fail "statements that no shape reaches:"; cat never; }
fi

mapfile -t faults < <(grep -oE '\bFAULT_[A-Z_]+' span.pml | sort -u)
((${#faults[@]} >= 3)) || fail "span.pml has ${#faults[@]} deliberate faults"
for fault in "${faults[@]}"; do
  search -O0 "-D$fault"
  if grep -q 'errors: 1$' said; then
    echo "$fault: $(grep -m 1 '^pan:1:' said)"
  else
    fail "$fault is not found"
    cat said
  fi
done
exit $failed
