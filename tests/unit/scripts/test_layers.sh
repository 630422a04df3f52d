#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: test_layers.sh
# Holds user/ against the order of its folders, and shows that the check fails where the order is broken.
set -u
export LC_ALL=C

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd) || exit 1
check=$root/scripts/build/check-layers.py
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

expect() { # NAME CODE TEXT [FILE CONTENT]...: what the check says of a tree of these files
	local name=$1 code=$2 text=$3 out status

	shift 3
	rm -rf "$work/user"
	mkdir -p "$work/user"
	while [ $# -gt 0 ]; do
		mkdir -p "$work/user/${1%/*}"
		printf '%s\n' "$2" >"$work/user/$1"
		shift 2
	done
	out=$(python3 -B "$check" "$work/user" 2>&1)
	status=$?
	if [ $status != "$code" ] || [[ $out != *"$text"* ]]; then
		printf 'FAIL %s: exit code %s, expected %s and "%s"; it said:\n%s\n' \
			"$name" $status "$code" "$text" "$out"
		failed=1
	fi
}

expect forward 0 "1 files checked, 0 includes" model/a.c '#include "base/a.h"'
expect own_folder 0 "0 includes" model/a.c '#include "model/a.h"'
expect system_header 0 "0 includes" base/a.c '#include <commands/a.h>'
expect backward 1 "base/a.c includes commands/b.h: commands/ comes after base/" base/a.c '#include "commands/b.h"'
expect from_a_header 1 "record/a.h includes trace/b.h: trace/ comes after record/" record/a.h '#include "trace/b.h"'
expect below_a_folder 1 "report/html/a.c includes commands/b.h" report/html/a.c '#include "commands/b.h"'
expect indented 1 "base/a.c includes commands/b.h" base/a.c '# include "commands/b.h"'
expect without_path 1 "isn't named by its path" base/a.c '#include "a.h"'
expect events 0 "0 includes" model/a.c '#include "event.h"'
expect events_elsewhere 1 "output/a.c includes event.h: only host" output/a.c '#include "event.h"'
expect unknown_folder 1 "misc/a.c: its folder has no place" misc/a.c ''
expect nothing_there 1 "0 files checked"

if ! out=$(python3 -B "$check" 2>&1); then
	printf 'FAIL user/:\n%s\n' "$out"
	failed=1
fi
[ $failed = 0 ] && echo "test_layers: $out"
exit $failed
