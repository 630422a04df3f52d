#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Kills beside readers of BPF maps, one a CPU: once as oomtrace attaches by itself, once by kprobes, whose programs the
# kernel leaves out then without saying so. Leaves in $OUT NAME.json, .err and .code of oomtrace, and NAME.kernel: how
# many kills the kernel counted in /proc/vmstat. NAME.sent: pids that killer.c sent SIGKILL to.
# shellcheck source=../lib/trace-lib.sh
. ./trace-lib.sh
KILLS=20

kills() {
	sed -n 's/^oom_kill //p' /proc/vmstat
}

# Whether oomtrace has given up its privileges: the kernel's addresses have been found before that.
confined() {
	grep -q '^NoNewPrivs:.1' "/proc/$1/status"
}

hogs() {
	i=0
	while [ $i -lt $KILLS ]; do
		in_cgroup hogs ./limits-workload loop 16
		wait "$pid"
		i=$((i + 1))
	done
}

# Ends of runs go by unseen, and then the same thread sends SIGKILL.
killer() {
	./killer "$TOP/killed" $KILLS >"$OUT/$name.sent"
}

scenario() { # NAME WORK OPTION...
	name=$1 work=$2
	shift 2
	start_trace "$name" "$@"
	until_true 'oomtrace to drop privileges' confined "$tracer"
	./map-reader 0 &
	readers=$!
	./map-reader 1 &
	readers="$readers $!"
	before=$(kills)
	$work
	echo $(($(kills) - before)) >"$OUT/$name.kernel"
	# shellcheck disable=SC2086 # a list
	kill $readers
	end_trace
}

mkdir "$TOP/hogs"
echo 8M >"$TOP/hogs/memory.max"
mkdir "$TOP/killed"
scenario itself hogs
scenario kprobes hogs --force-kprobes
# The first kills of a trace: that no run has been seen to begin is no reason to think that one is an early one.
KILLS=2
for n in 1 2 3 4 5 6 7 8; do
	scenario first-$n hogs --force-kprobes
done
KILLS=20
scenario killer killer --force-kprobes --cgroup /killed --no-usage
echo "done"
