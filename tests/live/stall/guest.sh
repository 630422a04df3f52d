#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Cgroups that are stuck at their limits, or not; the status line on terminals; OOMTRACE_CGROUPS cgroups that come and
# go. For each scenario NAME it leaves in $OUT NAME.json, .err and .code of oomtrace, and NAME.events (memory.events).
# shellcheck source=../lib/trace-lib.sh
. ./trace-lib.sh

# trace NAME OPTION...: oomtrace on cgroup NAME, JSON into NAME.json; $tracer is its pid.
trace() {
	name=$1
	shift
	./oomtrace --cgroup "/$name" --output json "$@" >"$OUT/$name.json" 2>"$OUT/$name.err" &
	tracer=$!
	until_true "oomtrace on $name" has "$OUT/$name.json" '"type":"usage"'
}

pressure() { # us that some task of the cgroup has waited for memory: the kernel's own measure
	sed -n 's/^some.*total=//p' "$TOP/$1/memory.pressure"
}

# Held back by memory.high, until that is raised.
throttled() {
	mkdir $TOP/throttled
	echo 32M >$TOP/throttled/memory.high
	echo 0 >$TOP/throttled/memory.swap.max # reclaim would get on with its work
	trace throttled
	in_cgroup throttled ./limits-workload loop 48
	until_true 'a stall at memory.high' has "$OUT/throttled.json" '"type":"stall"' 3
	pressure throttled >"$OUT/throttled.pressure"
	grep '"type":"stall"' "$OUT/throttled.json" | tail -n 1 >"$OUT/throttled.last"
	echo max >$TOP/throttled/memory.high
	until_true 'the end of the stall' has "$OUT/throttled.json" '"over":true'
	kill $pid
	end_trace
}

# Needs more than memory.max, and the rest is in swap.
swapping() {
	mkdir $TOP/swapping
	echo 32M >$TOP/swapping/memory.max
	trace swapping
	in_cgroup swapping ./limits-workload loop 64
	sleep 15
	pressure swapping >"$OUT/swapping.pressure"
	kill $pid
	end_trace
}

# At its limit, but it has all that it needs: page cache fills the rest.
content() {
	mkdir $TOP/content
	echo 32M >$TOP/content/memory.max
	# Before the trace: while the cache turns over, reclaim may well take most of the time.
	in_cgroup content dd if=/dev/vda of=/dev/null bs=1M count=64
	wait $pid
	trace content
	in_cgroup content ./limits-workload loop 20
	sleep 5
	kill $pid
	end_trace
}

confined() {
	grep -q '^NoNewPrivs:.1' "/proc/$tracer/status"
}

# One after another is killed: no stall. What memory held is known on 6.11 and later from when addresses have been
# found, which is before privileges are dropped.
killed() {
	mkdir $TOP/killed
	echo 16M >$TOP/killed/memory.max
	echo 0 >$TOP/killed/memory.swap.max
	trace killed
	until_true 'oomtrace to drop privileges' confined
	for _ in 1 2 3 4 5; do
		in_cgroup killed ./limits-workload loop 32
		wait $pid
	done
	end_trace
}

# The same without usage: no history, and nothing of usage in the output.
without() {
	mkdir $TOP/without
	echo 16M >$TOP/without/memory.max
	echo 0 >$TOP/without/memory.swap.max
	./oomtrace --cgroup /without --no-usage --output json >"$OUT/without.json" 2>"$OUT/without.err" &
	tracer=$! name=without
	until_true 'oomtrace without usage' has "$OUT/without.json" '"type":"session"'
	sleep 1
	in_cgroup without ./limits-workload loop 32
	wait $pid
	until_true 'the kill without usage' has "$OUT/without.json" '"type":"oom"'
	end_trace
}

# On terminals that change their width; with a kill, keys, and at the end.
terminal() {
	mkdir $TOP/terminal
	echo 32M >$TOP/terminal/memory.max
	echo 0 >$TOP/terminal/memory.swap.max
	LANG=C.UTF-8 TERM=xterm ./pty 100 7:40 9:160 10:=- 11:=y 12:=s 12:=3 12:=2 "14:=M
" 16:=q -- ./oomtrace --cgroup /terminal --interactive --duration 60s >"$OUT/terminal.tty" &
	tracer=$!
	until_true 'a status line' has "$OUT/terminal.tty" '0 kills'
	in_cgroup terminal ./limits-workload loop 48
	wait $pid
	in_cgroup terminal ./limits-workload loop 24
	wait $tracer
	kill $pid
	LANG=C NO_COLOR=1 TERM=xterm ./pty 80 -- ./oomtrace --duration 2s >"$OUT/machine.tty"
	TERM=dumb ./pty 80 -- ./oomtrace --duration 2s >"$OUT/dumb.tty"
	./oomtrace --cgroup /terminal --duration 2s >"$OUT/pipe.text" 2>&1
}

# Many cgroups come and go; what oomtrace takes of memory meanwhile.
churn() {
	mkdir $TOP/churn
	echo '+memory' >$TOP/churn/cgroup.subtree_control
	echo 256M >$TOP/churn/memory.max
	trace churn
	./limits-workload churn $TOP/churn 500 || fail 'churn'
	sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' /proc/$tracer/status >"$OUT/churn.rss"
	./limits-workload churn $TOP/churn "$1" || fail 'churn'
	sleep 1
	sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' /proc/$tracer/status >>"$OUT/churn.rss"
	end_trace
}

throttled
swapping
content
killed
without
terminal
churn "$OOMTRACE_CGROUPS"
echo "done"
