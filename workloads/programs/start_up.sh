#!/bin/sh
# Writes start.sh into the folder given. /bin/true, not true: the shell would do that itself.
set -eu
cat >"$1/start.sh" <<'SHELL'
started=0
while [ "$started" -lt 1000 ]; do
    /bin/true
    started=$((started + 1))
done
echo "$started"
SHELL
