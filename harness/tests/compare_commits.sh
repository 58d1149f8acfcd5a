#!/usr/bin/env bash
# scripts/ci/compare-commits without timing: a repository of a few lines, and an allocbench that says what each case
# wants to hear. The last case hears the real one, about the stored reference run.
#
#   compare_commits.sh SCRIPT PATH_OF_ALLOCBENCH REFERENCE_RUN
set -uo pipefail
script=$1 allocbench=$2 reference=$3
command -v git >/dev/null || { echo "no git here"; exit 77; }

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir -p "$place"/{clone/scripts/ci,build/harness,says,tmp}
cp "$script" "$place/clone/scripts/ci/compare-commits"
for tool in bootstrap build; do
  printf '#!/bin/sh\nexit 0\n' >"$place/clone/scripts/$tool"
  chmod +x "$place/clone/scripts/$tool"
done

cat >"$place/build/harness/allocbench" <<'STUB'
#!/usr/bin/env bash
# run: notes its arguments and makes the folder. compare: says/NAME[-METRIC] holds the exit code and then what to say.
echo "$*" >>"$SAYS/calls"
if [[ $1 == compare && -e $SAYS/real && $* != *instructions* ]]; then
  exec "$(<"$SAYS/real")" "${@/#*runs\/*/$SAYS/run}"
fi
metric='' folder='' format=''
for ((i = 2; i <= $#; i++)); do
  case ${!i} in
    --out) i=$((i + 1)); mkdir "${!i}"; folder=${!i} ;;
    --metric) i=$((i + 1)); metric=-${!i} ;;
    --format) i=$((i + 1)); format=${!i} ;;
    --no-table) ;;
    --*) i=$((i + 1)) ;;
    */*) folder=${!i} ;;
  esac
done
says=$SAYS/$1-${folder##*/}$metric
[[ $1 == run || -d $folder ]] || exit 99
if [[ $format == csv ]]; then
  echo metric,row,workload,threads,arm,control,reference,blocks,pairs,ok,failed,status
  cat "$SAYS/slots" 2>/dev/null
  exit 0
fi
[[ $1 == run ]] || echo "a table of ${folder##*/}$metric"
[[ -e $says ]] || exit 0
tail -n +2 "$says" >&2
exit "$(head -n 1 "$says")"
STUB
chmod +x "$place/build/harness/allocbench"

cd "$place/clone" || exit 1
git init -q . && git config user.name test && git config user.email test@example.org
cat >CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.20)
project(tiny C)
add_library(minipool SHARED minipool.c)
CMAKE
commit() { # tag text-of-minipool.c
  echo "$2" >minipool.c
  date >>note
  git add . && git commit -qm "$1" && git tag "$1" || exit 1
}
commit base 'int answer(void) { return 1; }'
commit same 'int answer(void) { return 1; }'
commit head 'int answer(void) { return 2; }'
commit broken 'int answer(void) { return'

export SAYS=$place/says TMPDIR=$place/tmp
unset GITHUB_STEP_SUMMARY
failed=0
complain() { echo "FAILED, $title: $*"; failed=1; }
code_of() { # "title" arguments... ; what allocbench says was put into says/ before
  title=$1
  shift
  rm -f "$place/summary"
  scripts/ci/compare-commits "$@" --build "$place/build" --summary "$place/summary" >"$place/out" 2>"$place/err"
  code=$?
  [[ -z $(ls -A "$place/tmp") ]] || complain "left behind: $(ls "$place/tmp")"
}
expect() { # code [text in the summary...]
  [[ $code == "$1" ]] || complain "exit code $code, not $1: $(cat "$place/err")"
  shift
  for text in "$@"; do
    grep -qF -- "$text" "$place/summary" || complain "the summary lacks '$text': $(cat "$place/summary")"
  done
}
called() { grep -qE -- "$1" "$SAYS/calls" || complain "no call like '$1': $(cat "$SAYS/calls")"; }
refused() { # text; exit code 2 and one line
  expect 2
  [[ $(wc -l <"$place/err") == 1 ]] || complain "not one line: $(cat "$place/err")"
  grep -qF -- "$1" "$place/err" || complain "'$1' is not in: $(cat "$place/err")"
}
says() { printf '%s\n' "${@:2}" >"$SAYS/$1"; }
forget() { rm -rf "${SAYS:?}"/*; }
met() { echo "allocbench: --fail-if 'head $1': $2, $3: ratio $4"; }
unknown() { echo "allocbench: --fail-if 'head $1': $2, $3: could not be judged: unstable"; }

code_of 'nothing is worse' base head --time 4
expect 0 'minipool: no worse' 'a table of measured-peak_rss' '| throughput | over 4 % less | no worse |'
called '^run gate_instructions --allocators minipool=.*/base/libminipool.so .*/instructions-base'
called '^run gate_instructions --allocators minipool=.*/head/libminipool.so .*/instructions-head'
called '^run gate --allocators base=.*/base/libminipool.so,head=.*/head/libminipool.so --baseline base'
called "minipool more 1%$"
called 'head slower 4%$'
grep -q confirmed "$SAYS/calls" && complain 'a second run without need'

forget
code_of 'a library that is the same to the byte' base same
expect 0 'the same to the byte'
[[ ! -e $SAYS/calls ]] || complain 'it was measured'
code_of 'the same, measured all the same' base same --even-if-same
expect 0 'minipool: no worse'
called '^run gate '

forget
says compare-instructions-head 6 "allocbench: --fail-if 'minipool more 1%': larson t1, instructions: ratio 1.05 [1.05, 1.05]"
code_of 'more instructions' base head
expect 6 'minipool: worse' '**worse** | larson t1 ratio 1.05 [1.05, 1.05]'

forget
says compare-measured-throughput 6 "$(met 'slower 3%' 'larson t1' throughput '0.9 [0.88, 0.92]')"
code_of 'slower in the first run only' base head
expect 0 'no worse | first run only: larson t1 ratio 0.9 [0.88, 0.92]'
called '^run gate .*--workloads larson --seed 2 --work-from .*/measured .*/confirmed'
says compare-confirmed-throughput 6 "$(met 'slower 3%' 'pc_pair' throughput '0.9 [0.88, 0.92]')"
code_of 'another row is slower in the second run' base head
expect 0 'no worse'
says compare-confirmed-throughput 6 "$(met 'slower 3%' 'larson t1' throughput '0.8 [0.7, 0.9]')"
code_of 'slower in both runs' base head
expect 6 'minipool: worse' '**worse** | larson t1 ratio 0.8 [0.7, 0.9], in both runs'
says compare-confirmed-throughput 5 "$(unknown 'slower 3%' 'larson t1' throughput)"
code_of 'the second run says nothing' base head
expect 5 'minipool: could not be judged' 'larson t1: unstable'

forget
says compare-measured-peak_rss 5 "$(unknown 'fatter 5%' 'larson t1' peak_rss)"
code_of 'memory cannot be judged' base head
expect 5 'could not judge | larson t1: unstable'
says compare-measured-minor_faults 6 "$(met 'more 10%' 'larson t1' minor_faults '2 [2, 2]')"
says compare-confirmed-minor_faults 6 "$(met 'more 10%' 'larson t1' minor_faults '2 [2, 2]')"
code_of 'memory cannot be judged, and faults are worse' base head
expect 6 'could not judge' '| page faults | over 10 % more | **worse** |'

forget
says slots 'throughput,larson t1,larson,1,base,0,base,12,12,12,0,ok' 'throughput,larson t1,larson,1,head,0,base,12,0,0,12,crashed' \
  'throughput,pc_pair,x,2,base,0,base,12,0,0,12,timeout' 'throughput,pc_pair,x,2,head,0,base,12,0,0,12,timeout'
says run-measured 3 'allocbench: some slots failed'
code_of 'slots of head crash' base head
expect 6 '**worse** | larson t1: crashed |'

forget
says run-measured 2 'allocbench: it does not go'
code_of 'a run breaks off' base head
expect 1
grep -q 'it does not go' "$place/err" || complain "the reason is missing: $(cat "$place/err")"
forget
says run-instructions-head 130
code_of 'interrupted' base head
expect 130
forget
code_of 'a commit that cannot be built' base broken
expect 1
grep -q 'head, commit .*, cannot be built' "$place/err" || complain "$(cat "$place/err")"

code_of 'a commit that is none' base nowhere
refused "'nowhere' is no commit of this clone"
code_of 'a commit like an option' base --all
refused '--all is no option'
code_of 'one commit' base
refused 'takes two commits, got 1'
code_of 'no number' base head --time slow
refused '--time slow: is no number of percent'
code_of 'no value' base head --memory ''
refused '--memory needs a value'
code_of 'runs that would be overwritten' base head --out "$place/says"
refused 'says exists; choose another --out'
code_of 'runs are kept' base head --out "$place/kept"
expect 0
[[ -d $place/kept/measured ]] || complain 'they are not'

title='without --summary'
{ scripts/ci/compare-commits base same --build "$place/build"; echo "code $?"; } >"$place/out" 2>"$place/err"
grep -q 'minipool: no worse' "$place/out" && grep -q '^code 0' "$place/out" ||
  complain "standard output is: $(cat "$place/out" "$place/err")"
GITHUB_STEP_SUMMARY=$place/step scripts/ci/compare-commits base same --build "$place/build" >"$place/out" 2>&1
grep -q 'minipool: no worse' "$place/step" || complain 'nothing in $GITHUB_STEP_SUMMARY'

# tcmalloc takes more memory than glibc: what the real words are, the script must understand.
forget
cp -r "$reference" "$SAYS/run"
sed -i 's/"name": *"glibc"/"name":"base"/; s/"name": *"tcmalloc"/"name":"head"/' "$SAYS/run/run.json"
echo "$allocbench" >"$SAYS/real"
code_of 'the real words' base head
expect 6 'peak RSS | over 5 % more | **worse** | ' ', in both runs'
exit $failed
