#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# same-bytes.sh: builds what is committed in two clones, in folders with names of different lengths, and fails
# unless both give the same build/static/oomtrace.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A cache of objects would answer the second build with the first one's.
compiler=${CC:-gcc}
export CC=${compiler#ccache } CCACHE_DISABLE=1
for folder in one another/with/a/longer/name; do
	git clone -q --shared . "$work/$folder"
	make -s -C "$work/$folder" -j"$(nproc)" STATIC=1 all >"$work/log" 2>&1 || {
		cat "$work/log"
		exit 1
	}
	(cd "$work/$folder" && sha256sum build/static/oomtrace) | tee -a "$work/sums"
done
[ "$(sort -u "$work/sums" | wc -l)" = 1 ] || {
	echo "two folders, two programs: see diffoscope of both, or: cmp -l" >&2
	exit 1
}
