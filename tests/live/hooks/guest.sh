#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What the programs in the kernel must not miss, each in a cgroup of its own. For each scenario NAME it leaves in $OUT
# NAME.json, .err and .code of oomtrace, NAME.events (memory.events), and what the scenario's own programs said.
# shellcheck source=../lib/trace-lib.sh
. ./trace-lib.sh

stopped() {
	grep -q '^State:.T' "/proc/$1/status"
}

# trace NAME OPTION...: oomtrace, JSON into NAME.json; $tracer is its pid.
trace() {
	name=$1
	shift
	./oomtrace --output json "$@" >"$OUT/$name.json" 2>"$OUT/$name.err" &
	tracer=$!
	until_true "oomtrace for $name" has "$OUT/$name.json" '"type":"session"'
	case "$*" in
	*--no-usage*) ;;
	*--cgroup*) until_true "usage in $name" has "$OUT/$name.json" '"type":"usage"' ;;
	esac
}

# hog NAME MIB: until it is killed
hog() {
	in_cgroup "$1" ./limits-workload loop "$2"
	wait $pid
}

# Ends of processes: the code that wait(2) gives, once each.
exits() {
	mkdir $TOP/exits
	echo 64M >$TOP/exits/memory.max
	trace exits --cgroup /exits --no-usage
	for kind in zombie zombie-code zombie-hog code threads threads threads threads threads threads; do
		./exits $TOP/exits $kind >>"$OUT/exits.who"
	done
	until_true 'the ends' has "$OUT/exits.json" '"type":"exit"' 8
	end_trace
}

# Held back by memory.high, where the kernel doesn't count stalls: psi=1 isn't on its command line.
throttle() {
	mkdir $TOP/throttle
	cat /proc/pressure/memory >"$OUT/throttle.psi" 2>/dev/null
	echo 16M >$TOP/throttle/memory.high
	trace throttle --cgroup /throttle
	from=$(cut -d' ' -f1 /proc/uptime)
	in_cgroup throttle ./limits-workload loop 24
	until_true 'being held back' has "$OUT/throttle.json" '"kind":"throttle"' 5
	kill -KILL $pid
	wait $pid
	echo "$from $(cut -d' ' -f1 /proc/uptime)" >"$OUT/throttle.took"
	end_trace
}

exits
throttle
echo "done"
