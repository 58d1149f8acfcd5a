#!/usr/bin/env bash
# What each option in the environment does to a process, judged without a clock; what is said about bad ones; that a
# privileged process does not listen. PROGRAM is options.c, beside malloc or as malloc.
#
#   options.sh PROGRAM...
set -uo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0
fail() {
  echo "$program: $*"
  failed=1
}
run() { # word variable=value ... -> $out, and what was said on standard error in $said
  out=$(env "${@:2}" "$program" "$1" 2>"$scratch/said") || fail "$*: exit code $?"
  said=$(<"$scratch/said")
}
clock=MINIPOOL_RELEASE_CLOCK soft=MINIPOOL_RELEASE_SOFT_BYTES hard=MINIPOOL_RELEASE_HARD_BYTES
delay=MINIPOOL_RELEASE_DELAY_MS
defaults='0 8388608 41943040 1000 0 0 0'

environment() {
  run values
  [[ $out == "secure 0 $defaults" && -z $said ]] || fail "defaults: $out $said"
  run values $clock=frozen $soft=3K $hard=2g $delay=7 MINIPOOL_HUGE_PAGES=never MINIPOOL_HARDENING=1
  [[ $out == 'secure 0 1 3072 2147483648 7 1 0 1' && -z $said ]] || fail "values: $out $said"
  run odd # the first one counts, as for getenv()
  [[ $out == "secure 0 ${defaults/1000/5}" && -z $said ]] || fail "a variable twice, and one without a value: $out $said"
  run cleared
  [[ $out == 5 && -z $said ]] || fail "no environment: $out $said"
}

one_line() { # expected beginning, expected part, variable=value
  run values "$3"
  [[ $out == "secure 0 $defaults" ]] || fail "$3 changed something: $out"
  [[ $said == "minipool: $1"*"$2"* && $(wc -l <"$scratch/said") == 1 ]] || fail "$3: $said"
}

complaints() {
  one_line "$clock=slow: must be" 'running or frozen' $clock=slow
  one_line "$clock=: must be" 'running or frozen' $clock=
  one_line "$soft=1MB: must be" 'K, M, G or T' $soft=1MB
  one_line "$hard=-1: must be" 'from 0 to 64T' $hard=-1
  one_line "$delay=86400001: must be" '86400000' $delay=86400001
  one_line 'MINIPOOL_HUGE_PAGES=yes: must be' 'system, never or always' MINIPOOL_HUGE_PAGES=yes
  one_line 'MINIPOOL_STATISTICS=on: must be' '0 or 1' MINIPOOL_STATISTICS=on
  one_line 'MINIPOOL_HARDENING=3: must be' '0, 1 or 2' MINIPOOL_HARDENING=3
  one_line 'MINIPOOL_RELEASE: there is no such option' "$clock" MINIPOOL_RELEASE=1
  one_line "$clock=a?b: must be" 'running or frozen' "$clock=a"$'\n'b
  one_line "$soft=$(printf '%0100d' 0): must be" 'K, M, G or T' "$soft=$(printf '%03000dx' 0)"
}

keeps() { # how many MiB at least and at most, variable=value ...
  run leave $clock=frozen "${@:3}"
  local dirty=${out% *}
  ((dirty >= $1 && dirty <= $2)) || fail "${*:3}: $dirty MiB stay free and resident, not $1 to $2"
}

release() {
  keeps 31 34
  local kept=${out#* }
  keeps 0 1 $soft=0 $hard=0
  ((kept - ${out#* } >= 24)) || fail "kept memory: $kept MiB resident, given back: ${out#* } MiB"
  keeps 0 8 $hard=0
  keeps 31 34 $soft=64M $hard=0
  keeps 31 34 $soft=0 $hard=64M
  keeps 0 1 $soft=0 $hard=64M $delay=0
  keeps 0 12 $soft=12M $hard=64M $delay=0
}

time_passes() {
  run wait $clock=frozen $delay=10
  ((out >= 31)) || fail "frozen clock: $out MiB are left"
  run wait $clock=running $delay=10
  ((out <= 8)) || fail "running clock: $out MiB are left"
}

statistics() {
  run hold
  [[ -z $said ]] || fail "statistics without being asked for: $said"
  run hold MINIPOOL_STATISTICS=1
  local names='mapped_bytes metadata_bytes allocated_bytes allocated_blocks span_bytes page_heap_dirty_bytes
    page_heap_clean_bytes thread_caches spans_created spans_adopted released_bytes
    refills_held refills_carved refills_page_heap large_blocks os_calls lock_acquisitions lock_contentions lock_sleeps
    remote_frees atomic_operations'
  local head='minipool: statistics of process [1-9][0-9]*' lines
  lines=$(tail -n +2 "$scratch/said")
  head -n 1 "$scratch/said" | grep -qx "$head" || fail "statistics begin: $said"
  [[ $(awk 'NF == 2 && $2 ~ /^[0-9]+$/ { print $1 }' <<<"$lines" | xargs) == $(xargs <<<"$names") ]] ||
    fail "statistics: $said"
  awk '{ is[$1] = $2 } END { exit !(is["allocated_blocks"] >= 1000 && is["allocated_bytes"] >= 100000 &&
    is["span_bytes"] + is["page_heap_dirty_bytes"] + is["page_heap_clean_bytes"] == is["mapped_bytes"]) }' \
    <<<"$lines" || fail "statistics do not add up: $said"
}

huge_pages() {
  [[ -e /sys/kernel/mm/transparent_hugepage ]] || { echo 'skipped: no huge pages in this kernel'; return; }
  run huge
  [[ $out == 'none none none' ]] || fail "huge pages as the system does: $out"
  run huge MINIPOOL_HUGE_PAGES=always
  [[ $out == 'hg hg hg' ]] || fail "huge pages always: $out"
  run huge MINIPOOL_HUGE_PAGES=never
  [[ $out == 'nh nh nh' ]] || fail "huge pages never: $out"
}

privileged() {
  local original=$program
  program=$scratch/set-user-id
  cp "$original" "$program"
  chmod 755 "$scratch"
  if [[ $(id -u) != 0 ]] || ! chown 65534 "$program" || ! chmod 4755 "$program"; then
    echo 'skipped: only root can make a set-user-ID program of another user'
  else
    # Its other user may not reach the library in a private folder; the statically linked program always runs.
    if [[ $(LC_ALL=C "$program" values 2>&1) == *'cannot open shared object file'* ]]; then
      echo 'skipped: the library is in a folder that other users cannot read'
      program=$original
      return
    fi
    run values $clock=frozen $soft=1M MINIPOOL_STATISTICS=1 MINIPOOL_NONSENSE=1
    case $out in
      'secure 0 '*) echo 'skipped: set-user-ID has no effect here' ;;
      *) [[ $out == "secure 1 $defaults" && -z $said ]] || fail "privileged: $out $said" ;;
    esac
  fi
  program=$original
}

# The pauses' lengths have as many digits, so that reading them takes as many instructions. Counts of executed lines, where
# the library writes such, go nowhere: how much that takes depends on what the file holds.
instructions() { # length of the pauses in microseconds
  env $clock=frozen GCOV_PREFIX=/dev/null valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" churn "$1" 2>&1 |
    sed -n 's/.*Collected : *\([0-9]*\).*/\1/p'
}

frozen_counts() {
  command -v valgrind >/dev/null || { echo 'skipped: no valgrind here'; return; }
  local first second
  first=$(valgrind --tool=none "$program" churn 000001 2>&1 || true)
  if [[ $first == *'corrupted debuginfo'* ]]; then
    echo "skipped: this valgrind cannot read this compiler's debug information"
    return
  fi
  first=$(instructions 000001)
  second=$(instructions 120000)
  [[ -n $first && $first == "$second" ]] || fail "instructions with the frozen clock: '$first', then '$second'"
}

for program in "$@"; do
  environment
  complaints
  release
  time_passes
  statistics
  huge_pages
  privileged
  frozen_counts
done
exit $failed
