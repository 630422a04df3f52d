#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A process whose command line is swapped out, in a cgroup that may not charge another page: reading it would make the
# kernel kill there. And one that holds the lock of its own memory: reading it would wait for that. See target.c. Two
# oomtraces look on in each, of the machine and of the cgroup; what they leave is trace-lib.sh's. `facts` has what
# somebody who does read comes to, as a control.
#
# And one that is killed long after it was executed: neighbours, and others in its own cgroup, have executed
# OOMTRACE_EXECS programs each meanwhile, more than there are command lines kept.
# shellcheck source=../lib/trace-lib.sh
. ./trace-lib.sh

fact() {
	echo "\"$1\":\"$2\"," >>"$OUT/facts"
}

events() {
	sed -n 's/^oom_kill //p' "$TOP/$1/memory.events"
}

is_said() {
	grep -q . "/tmp/$1.target"
}

target() { # NAME [ARGS]
	name=$1
	[ $# = 1 ] || shift
	in_cgroup "$name" ./target "$@" >"/tmp/$name.target"
	target=$pid
	until_true "the target $name" is_said "$name"
	fact "$name-target" "$(cat "/tmp/$name.target")"
}

# look NAME OPTION...: for two seconds
look() {
	name=$1
	shift
	timeout -s KILL $((60 * SLOW)) ./oomtrace --output json --duration 2s "$@" >"$OUT/$name.json" 2>"$OUT/$name.err"
	echo $? >"$OUT/$name.code"
}

swapped() {
	mkdir $TOP/swapped
	target swapped
	# Pages that are being written have an owner until they are reclaimed.
	echo 0 >$TOP/swapped/memory.high
	sleep 1
	echo 0 >$TOP/swapped/memory.swap.max
	# It charges in batches: what is left of one goes back with this.
	echo 0 >$TOP/swapped/memory.high
	cat $TOP/swapped/memory.current >$TOP/swapped/memory.max
	echo max >$TOP/swapped/memory.high
	fact swapped-before "$(events swapped)"
	look swapped-machine
	look swapped-cgroup --cgroup /swapped
	fact swapped-after "$(events swapped)"
	head -c 4096 "/proc/$target/cmdline" >/dev/null
	wait "$target"
	fact swapped-read "$(events swapped)"
}

# Whether somebody who reads the command line has to wait.
waits() {
	head -c 4096 "/proc/$target/cmdline" >/dev/null 2>&1 &
	reader=$!
	sleep 2
	kill -KILL $reader 2>/dev/null
}

locked() {
	mkdir $TOP/locked
	echo 0 >$TOP/locked/memory.swap.max
	echo 8M >$TOP/locked/memory.high
	target locked
	until_true 'the lock to be held' waits
	look locked-machine
	look locked-cgroup --cgroup /locked
	fact locked-still "$(waits && echo yes)"
	kill -KILL "$target"
}

holds() { # BYTES
	[ "$(cat $TOP/kept/memory.current)" -gt "$1" ]
}

# By then it has read what is in /proc.
confined() {
	grep -q '^NoNewPrivs:.1' "/proc/$tracer/status"
}

kept() {
	mkdir $TOP/kept $TOP/neighbour
	echo 0 >$TOP/kept/memory.swap.max
	start_trace kept
	until_true 'oomtrace to drop privileges' confined
	target kept hold 24
	held=$target
	for where in neighbour kept; do
		in_cgroup $where ./target execs "$OOMTRACE_EXECS"
		wait "$pid" || fail "the programs in $where"
	done
	holds 24000000 || fail 'it has no memory'
	kill -0 "$held" || fail 'the one with the memory has ended'
	echo 8M >$TOP/kept/memory.max
	wait "$held"
	end_trace
}

swapped
[ "$OOMTRACE_LOCKED" = no ] || locked
fact locked "$OOMTRACE_LOCKED"
kept
echo "done"
