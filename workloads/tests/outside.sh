#!/bin/sh
# outside.sh CMAKE BUILD SOURCE COMPILER - installs the kit alone into a scratch folder, builds SOURCE against it as a
# user would, and runs the result. Exit 77 without pkg-config.
set -eu
command -v pkg-config >/dev/null || { echo "skipped: no pkg-config"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$1" --install "$2" --component kit --prefix "$scratch/installed" >/dev/null
PKG_CONFIG_PATH=$(dirname "$(find "$scratch" -name allocbench_kit.pc)")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046  # the flags are words
"$4" -O2 -Wall -Wextra -Werror "$3" $(pkg-config --cflags --libs allocbench_kit) -o "$scratch/outside"
"$scratch/outside" --threads 2 --ops 100000 --json | grep -q '"operations":100000'
"$scratch/outside" --describe | grep -q '"name":"outside"'
