#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: test_shape.sh
# Holds the tree against the limits on files, functions and names, and shows that the check fails beyond them.
set -u
export LC_ALL=C

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd) || exit 1
check=$root/scripts/build/check-shape.py
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

lines() { # N: as many lines of code
	seq -f 'int n%g;' "$1"
}

c_function() { # HEAD N: a function in C whose body has N lines, braces included
	printf '%s\n{\n' "$1"
	seq -f '	f(%g);' "$(($2 - 2))"
	printf '}\n'
}

expect() { # NAME CODE TEXT FILE <CONTENT: what the check says of a tree of this file
	local name=$1 code=$2 text=$3 file=$work/tree/$4 out status

	rm -rf "$work/tree"
	mkdir -p "${file%/*}"
	cat >"$file"
	out=$(python3 -B "$check" "$work/tree" 2>&1)
	status=$?
	if [ $status != "$code" ] || [[ $out != *"$text"* ]]; then
		printf 'FAIL %s: exit code %s, expected %s and "%s"; it said:\n%s\n' \
			"$name" $status "$code" "$text" "$out"
		failed=1
	fi
}

expect file 0 "1 files checked, 0 complaints" user/base/a.c < <(lines 600)
expect long_file 1 "user/base/a.c: 601 lines, and 600 are the most" user/base/a.c < <(lines 601)
expect long_bpf 1 "bpf/a.bpf.c: 401 lines, and 400 are the most" bpf/a.bpf.c < <(lines 401)
expect long_header 1 "tests/unit/a.h: 401 lines" tests/unit/a.h < <(lines 401)
expect long_script 1 "tests/live/run: 402 lines" tests/live/run < <(echo '#!/bin/sh' && lines 401)
expect no_code 1 "0 files checked" tests/golden/a.txt < <(lines 900)
expect function 0 "0 complaints" user/base/a.c < <(c_function 'static int f(int a)' 60)
expect long_function 1 "f() has 61 lines, and 60 are the most" user/base/a.c < <(c_function 'static int f(int a)' 61)
expect two_line_head 1 "f() has 61 lines" tests/a.c < <(c_function $'static int f(int a,\n\t     int b)' 61)
expect long_python 1 "f() has 61 lines" scripts/a.py < <(echo 'def f():' && seq -f '    f(%g)' 60)
expect prefix 0 "0 complaints" user/base/a.c < <(c_function 'int a__f(void)' 3)
expect folder_and_file 0 "0 complaints" user/jsonl/file.c < <(c_function 'int jsonl_file__f(void)' 3)
expect other_prefix 1 "user/base/a.c: b__f() hasn't the name of its file as prefix" user/base/a.c \
	< <(c_function 'int b__f(void)' 3)
expect no_prefix 1 "f() hasn't the name of its file" user/base/a.c < <(c_function 'int f(void)' 3)
expect prints 1 "user/base/a.c: prints to stderr" user/base/a.c <<<'int x = f(stderr);'
expect names_stderr 0 "0 complaints" user/base/a.c <<<'/* stderr */ const char *name = "/dev/stderr \" stderr";'
expect command_prints 0 "0 complaints" user/commands/a.c <<<'int x = f(stderr);'

if ! out=$(python3 -B "$check" 2>&1); then
	printf 'FAIL the tree:\n%s\n' "$out"
	failed=1
fi
[ $failed = 0 ] && echo "test_shape: $out"
exit $failed
