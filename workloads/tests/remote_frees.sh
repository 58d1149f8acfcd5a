#!/bin/sh
# remote_frees.sh LARSON - the share of blocks freed by another thread than the one that allocated them follows --rounds.
# With R rounds a thread of S slots makes S*R replacements, and the first replacement of a slot is the remote one:
# about S*(1-1/e) of S at R=1 (63 %), and S of S*100 at R=100 (1 %).
set -eu
permille() {
    "$1" --json --threads 2 --slots 1000 --ops 2000000 --rounds "$2" |
        sed -n 's/.*"operations":\([0-9]*\).*"remote_frees":\([0-9]*\).*/\1 \2/p' |
        while read -r operations remote; do echo $((remote * 1000 / operations)); done
}
one=$(permille "$1" 1)
hundred=$(permille "$1" 100)
echo "remote frees: R=1 $one per mille, R=100 $hundred per mille"
[ "$one" -ge 600 ] && [ "$one" -le 665 ] && [ "$hundred" -ge 9 ] && [ "$hundred" -le 10 ]
