#!/bin/sh
# A repository as it was before gc: a slot packs it, so each gets a copy of its own.
set -eu
rm -rf "$1/copy.git"
cp -R "$1/origin.git" "$1/copy.git"
