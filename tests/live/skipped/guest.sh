#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Kills beside readers of BPF maps, one a CPU: once as oomtrace attaches by itself, once by kprobes, whose programs the
# kernel leaves out then without saying so. Leaves in $OUT NAME.json, .err and .code of oomtrace, and NAME.kernel: how
# many kills the kernel counted in /proc/vmstat.
# shellcheck source=../lib/trace-lib.sh
. ./trace-lib.sh
KILLS=20

kills() {
	sed -n 's/^oom_kill //p' /proc/vmstat
}

scenario() { # NAME OPTION...
	name=$1
	shift
	./oomtrace --output json "$@" >"$OUT/$name.json" 2>"$OUT/$name.err" &
	tracer=$!
	until_true "oomtrace for $name" has "$OUT/$name.json" '"type":"session"'
	./map-reader 0 &
	readers=$!
	./map-reader 1 &
	readers="$readers $!"
	before=$(kills)
	i=0
	while [ $i -lt $KILLS ]; do
		in_cgroup hogs ./limits-workload loop 16
		wait "$pid"
		i=$((i + 1))
	done
	echo $(($(kills) - before)) >"$OUT/$name.kernel"
	# shellcheck disable=SC2086 # a list
	kill $readers
	end_trace
}

mkdir "$TOP/hogs"
echo 8M >"$TOP/hogs/memory.max"
scenario itself
scenario kprobes --force-kprobes
echo "done"
