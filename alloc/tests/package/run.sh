#!/usr/bin/env bash
# Installs alloc/ alone into an empty folder, moves that folder, and builds a program outside of it by pkg-config and by
# find_package. Skipped (77) without pkg-config.
#
#   [LDFLAGS=...] run.sh BUILD_FOLDER_OF_ALLOC C_COMPILER
#
# LDFLAGS: where the archives hold a compiler's intermediate code (LTO), the linker that reads it.
set -euo pipefail
build=$1 compiler=$2
source=$(cd "$(dirname "$0")" && pwd)
command -v pkg-config >/dev/null || { echo "no pkg-config here"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cmake --install "$build" --prefix "$scratch/first" >/dev/null
mv "$scratch/first" "$scratch/moved"
prefix=$scratch/moved
find "$prefix" -type f -printf '%P\n' | sort
if grep -rlI "$scratch/first" "$prefix"; then echo "names the folder that it was installed to"; exit 1; fi

expect() { # word program
  local said
  said=$("$2")
  [[ $said == "$1" ]] || { echo "$2 says '$said', not '$1'"; exit 1; }
}

PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name minipool.pc)")
export PKG_CONFIG_PATH
libdir=$(pkg-config --variable=libdir minipool)
# shellcheck disable=SC2046 # flags are words
"$compiler" -o "$scratch/by_pkg_config" "$source/outside.c" $(pkg-config --cflags --libs minipool) -Wl,-rpath,"$libdir" ${LDFLAGS:-}
expect malloc "$scratch/by_pkg_config"
# shellcheck disable=SC2046
"$compiler" -o "$scratch/mp_by_pkg_config" "$source/outside.c" $(pkg-config --cflags --libs minipool_mp) ${LDFLAGS:-}
expect beside "$scratch/mp_by_pkg_config"

cmake -S "$source" -B "$scratch/outside" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$compiler" >/dev/null
cmake --build "$scratch/outside" >/dev/null
expect malloc "$scratch/outside/outside_minipool"
expect malloc "$scratch/outside/outside_minipool_static"
expect beside "$scratch/outside/outside_minipool_mp"
