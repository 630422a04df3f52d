#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Neighbours flood while OOMTRACE_KILLS processes are killed in each scenario: see flood.c. What oomtrace leaves is
# trace-lib.sh's.
#
#   inside    root lowers the limit of a cgroup below usage, and strangers write limits of their own meanwhile. Now and
#             then the workload itself asks for memory in the middle of that. Then root sets another limit, and a
#             workload grows into it. $OUT/inside.writes has root's writes, each with the time before it (s since boot)
#   grown     processes grow into their limit meanwhile
#   log       the same, and the kernel's log, which oomtrace compares with what it saw, is flooded
# shellcheck source=../lib/trace-lib.sh
. ./trace-lib.sh

confined() {
	grep -q '^NoNewPrivs:.1' "/proc/$tracer/status"
}

trace() {
	start_trace "$@"
	# By then it knows where the kernel's functions are.
	until_true 'oomtrace to drop privileges' confined
}

# Two for each CPU, of any user who has a cgroup of his own.
strangers() {
	floods=
	for n in 1 2 3 4; do
		mkdir -p $TOP/stranger$n
		chown 1000 $TOP/stranger$n/memory.max
		./flood writes $TOP/stranger$n/memory.max 1000 &
		floods="$floods $!"
	done
}

stop_floods() {
	for flood in $floods; do
		kill -0 "$flood" || fail 'a flood has ended by itself'
		kill -KILL "$flood"
		wait "$flood"
	done
}

holds() {
	[ "$(cat "$TOP/$1/memory.current")" -gt "$2" ]
}

# Ends trace NAME while the floods go on.
end() {
	until_true "the kills of $name" has "$OUT/$name.json" '"type":"oom"' "$OOMTRACE_KILLS"
	end_trace
	stop_floods
}

# Each value differs from all others but "max", so that it tells by which write a limit was set.
set_limit() { # BYTES
	echo "$(cut -d' ' -f1 /proc/uptime) $1" >>"$OUT/inside.writes"
	echo "$1" >$TOP/inside/memory.max
}

inside() {
	mkdir $TOP/inside
	trace inside --no-usage
	strangers
	for n in $(seq "$OOMTRACE_KILLS"); do
		set_limit max
		in_cgroup inside ./limits-workload loop 40
		until_true 'the workload to fill' holds inside 41000000
		set_limit $(((1024 + n) * 8192))
		wait "$pid"
		set_limit $(((2048 + n) * 8192))
		in_cgroup inside ./limits-workload loop 40
		wait "$pid"
	done
	end
}

grown() { # NAME
	for n in $(seq "$OOMTRACE_KILLS"); do
		in_cgroup "$1" ./limits-workload loop 24
		wait "$pid"
	done
}

compared() {
	has "$OUT/log.json" '"differences"' "$OOMTRACE_KILLS" || has "$OUT/log.json" '"missed"'
}

echo "$OOMTRACE_KILLS" >"$OUT/kills"
inside
mkdir $TOP/grown
echo 8M >$TOP/grown/memory.max
trace grown --no-usage
strangers
grown grown
end
mkdir $TOP/log
echo 8M >$TOP/log/memory.max
trace log --cgroup /log --kernel-log
./flood kmsg &
floods=$!
grown log
sleep 12 # longer than it waits for a line when there is nothing to read
stop_floods
until_true 'oomtrace to have read the log' compared
floods=
end
echo "done"
