#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# An observer fills a cgroup by looking at a process in it: see observer.c. For each scenario NAME it leaves in $OUT
# NAME.json, .err, .code and .txt (the report) of oomtrace, NAME.events (memory.events), and NAME.who of the observer.
# shellcheck source=../lib/trace-lib.sh
. ./trace-lib.sh

# Whether oomtrace has given up its privileges: the kernel's addresses have been found before that.
confined() {
	grep -q '^NoNewPrivs:.1' "/proc/$1/status"
}

# scenario NAME WAY CGROUP OPTION...: the observer is in CGROUP, ends by itself, and then the kill is to be told.
scenario() {
	name=$1 way=$2 from=$3
	shift 3
	mkdir "$TOP/$name"
	if [ "$way" = fill ]; then
		echo 8M >"$TOP/$name/memory.max"
		echo 0 >"$TOP/$name/memory.swap.max"
	else
		echo 16M >"$TOP/$name/memory.max"
	fi
	start_trace "$name" "$@"
	until_true 'oomtrace to drop privileges' confined "$tracer"
	in_cgroup "$from" ./observer "$TOP/$name" "$way" >"$OUT/$name.who"
	wait "$pid" || fail "observer of $name"
	until_true "the kill in $name" has "$OUT/$name.json" '"type":"oom"'
	end_trace
	./oomtrace report "$OUT/$name.json" >"$OUT/$name.txt"
}

mkdir "$TOP/agent"
scenario fill fill agent --cgroup /fill
scenario swapped swapped agent --cgroup /swapped
scenario machine swapped agent
scenario kprobes swapped agent --cgroup /kprobes --force-kprobes
scenario neighbour fill neighbour --cgroup /neighbour
echo "done"
