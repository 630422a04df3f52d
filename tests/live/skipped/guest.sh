#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Kills beside readers of BPF maps, one a CPU: once as oomtrace attaches by itself, once by kprobes, whose programs the
# kernel leaves out then without saying so. Leaves in $OUT NAME.json, .err and .code of oomtrace, and NAME.kernel: how
# many kills the kernel counted in /proc/vmstat.
TOP=/sys/fs/cgroup
KILLS=20
SLOW=${SLOW:-1}

fail() {
	echo "FAIL $1"
	exit 1
}

# until_true WHAT COMMAND...: waits for COMMAND to succeed.
until_true() {
	what=$1 rounds=0
	shift
	until "$@"; do
		rounds=$((rounds + 1))
		[ $rounds -lt $((900 * SLOW)) ] || fail "waited in vain for $what"
		sleep 0.1
	done
}

kills() {
	sed -n 's/^oom_kill //p' /proc/vmstat
}

hog() {
	(
		echo 0 >$TOP/hogs/cgroup.procs || exit
		exec ./limits-workload loop 16
	) &
	wait $!
}

scenario() { # NAME OPTION...
	name=$1
	shift
	./oomtrace --output json "$@" >"$OUT/$name.json" 2>"$OUT/$name.err" &
	tracer=$!
	until_true "oomtrace for $name" grep -q '"type":"session"' "$OUT/$name.json"
	./map-reader 0 &
	readers=$!
	./map-reader 1 &
	readers="$readers $!"
	before=$(kills)
	i=0
	while [ $i -lt $KILLS ]; do
		hog
		i=$((i + 1))
	done
	echo $(($(kills) - before)) >"$OUT/$name.kernel"
	# shellcheck disable=SC2086 # a list
	kill $readers
	kill -INT $tracer
	wait $tracer
	echo $? >"$OUT/$name.code"
}

mkdir $TOP/hogs
echo 8M >$TOP/hogs/memory.max
scenario itself
scenario kprobes --force-kprobes
echo "done"
