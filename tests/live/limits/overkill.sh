#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# overkill.sh [TIMES]. Inside the busybox guest: one write of memory.max below usage over
# processes of known size, TIMES times (3) each, with oomtrace on the cgroup. Leaves
# $OUT/overkill.jsonl, what oomtrace says, and $OUT/overkill.txt, a line for each write: case, kills
# and oom of memory.events. overkill.py makes a table of both (docs/notes/overkill.md).
set -u
times=${1:-3}
O=/sys/fs/cgroup/o

event() {
	sed -n "s/^$1 //p" $O/memory.events
}

# tries SECONDS COMMAND...
tries() {
	n=$(($1 * 20 * ${SLOW:-1}))
	shift
	until "$@" || [ $n = 0 ]; do
		n=$((n - 1))
		sleep 0.05
	done
	[ $n != 0 ] || echo "overkill: $*" >>"$OUT/timeouts"
}

holding() {
	[ "$(grep -c holding /tmp/overkill.who)" = "$1" ]
}

empty() {
	[ -z "$(cat $O/cgroup.procs)" ]
}

reported() {
	[ "$(grep -c '"type":"limit".*memory.max' "$OUT/overkill.jsonl")" -ge "$1" ]
}

writes=0

# overkill LIMIT_MIB HOG_MIB...
overkill() {
	limit=$1
	shift
	: >/tmp/overkill.who
	held=0
	for size; do
		/oomtrace/workload -g $O hog "$size" >>/tmp/overkill.who &
		held=$((held + 1))
		tries 60 holding $held
	done
	kills=$(event oom_kill) ooms=$(event oom)
	# Not by this shell: the SIGCHLD of the first victim would end its write before its time.
	sh -c "echo ${limit}M >$O/memory.max"
	kills=$(($(event oom_kill) - kills)) ooms=$(($(event oom) - ooms))
	echo "$* -> ${limit}M: $kills $ooms" >>"$OUT/overkill.txt"
	echo max >$O/memory.max
	writes=$((writes + 2))
	tries 20 reported $writes
	while read -r pid; do
		kill -KILL "$pid"
	done <$O/cgroup.procs
	tries 20 empty
}

mkdir -p $O
/oomtrace/oomtrace --cgroup $O --output json >"$OUT/overkill.jsonl" 2>"$OUT/overkill.err" &
tracer=$!
tries 60 test -s "$OUT/overkill.jsonl"
while [ "$times" -gt 0 ]; do
	times=$((times - 1))
	overkill 30 16 14 12 10
	overkill 130 60 60 60 60
	overkill 20 8 8 8 8 8 8 8 8
	overkill 100 120 60
done
kill -INT $tracer
wait $tracer
echo $? >"$OUT/overkill.rc"
rmdir $O
