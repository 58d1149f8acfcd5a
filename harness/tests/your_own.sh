#!/bin/sh
# your_own.sh PAGE BUILD COMPILER - does what docs/your-own.md says: writes its files (blocks with a name behind the
# language), then runs its commands (sh blocks without a name), in an empty folder in which `build` is BUILD and `cc` is
# COMPILER, to which warnings are errors. Exit 77 without pkg-config, hyperfine or python3.
set -eu
page=$1 build=$2 compiler=$3
for tool in pkg-config hyperfine python3; do
    command -v $tool >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin" "$scratch/work"
ln -s "$build" "$scratch/work/build"
printf '#!/bin/sh\nexec "%s" -Wall -Wextra -Werror "$@"\n' "$compiler" >"$scratch/bin/cc"
chmod +x "$scratch/bin/cc"
cd "$scratch/work"
awk -v commands="$scratch/commands" '
    /^```/ && inside { inside = 0; close(file); next }
    /^```/ { inside = 1; file = NF > 1 ? $2 : $1 == "```sh" ? commands : "/dev/null"; next }
    inside && file == commands { print >>file; next }
    inside { print >file }' "$page"
unset ALLOCBENCH_WORKLOADS PKG_CONFIG_PATH
HOME=$scratch PATH=$scratch/bin:$PATH sh -ex "$scratch/commands" >"$scratch/output" 2>&1 || {
    cat "$scratch/output"
    echo "a command of $page failed"
    exit 1
}
allocbench=$scratch/allocbench/bin/allocbench
"$allocbench" compare results/latest --format csv >"$scratch/table"
failed=0
for row in "sessions t1" "sessions t2" "large_sessions t2" sort; do
    grep -q "$row.*minipool" "$scratch/table" || { echo "no row '$row' of minipool in the table"; failed=1; }
done
if grep -v "^metric," "$scratch/table" | grep -qE 'unsupported|crashed|corrupt|timeout|preload-failed|out-of-memory|skipped|failed|wrong-output'; then
    echo "a slot failed"
    failed=1
fi
grep -q '^  sessions ' "$scratch/output" || { echo "allocbench list does not know sessions"; failed=1; }
[ $failed = 0 ] || cat "$scratch/output" "$scratch/table"
exit $failed
